"""``kam plan``: the few moves of the next quarter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kam_expert.cli.options import (
    date_option,
    day_of,
    edition_option,
    lang_option,
    load_base,
    load_privacy_of,
    rules_option,
    thresholds_option,
)
from kam_expert.errors import KamError, shortened
from kam_expert.knowledge.audience import Edition

_TASKS = ("salesforce", "hubspot")


@click.command("plan")
@click.argument("path", metavar="CASE", type=click.Path(path_type=Path))
@click.argument("step", required=False)
@click.option("--moves", type=click.IntRange(min=1), help="The most moves; 5 by default.")
@click.option(
    "--capacity",
    type=click.IntRange(min=0),
    help="Half days that we have in the quarter; 20 by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File; its suffix selects the form: .html, .pdf, .xlsx, .csv, .ics, .json or .txt.",
)
@click.option(
    "--tasks", type=click.Choice(_TASKS), help="With .csv or .xlsx: tasks in the columns of a CRM."
)
@click.option("--theme", type=click.Path(path_type=Path), help="File with the theme of your firm.")
@edition_option
@lang_option
@date_option
@thresholds_option
@rules_option
def plan(
    path: Path,
    step: str | None,
    moves: int | None,
    capacity: int | None,
    as_json: bool,
    output: Path | None,
    tasks: str | None,
    theme: Path | None,
    **options: Any,
) -> None:
    """Show the plan of an account: the moves of the next quarter, and why they come in this order.

    With STEP: why this step has its place, or what would have to be for it to come first.
    """
    from kam_expert.app.edition_maker import EditionMaker
    from kam_expert.app.plan_output import PlanOutput, place_in_plan
    from kam_expert.engines.forward_chaining import engine_of
    from kam_expert.engines.planning import PlanLimits
    from kam_expert.facts.case_file import read_any_case
    from kam_expert.knowledge.by_name import by_name, steps_named
    from kam_expert.outputs.theme import PLAIN, read_theme

    form = _form(path, output, tasks, as_json=as_json)
    if step is not None and form not in ("text", "json"):
        raise KamError(f"{output}: the place of one step is written as .txt or .json")
    edition = Edition(options["edition"])
    if step is not None and edition is not Edition.CONSULTANT:
        raise KamError("--edition belongs to the whole plan, not to the place of one step")
    when = day_of(options["day"])
    chosen = read_theme(theme) if theme else PLAIN
    base = load_base(options["rules_dir"], options["thresholds"])
    if step is not None:
        step = by_name(step, steps_named(base), f'unknown step "{shortened(step)}".')
    case, engine = read_any_case(path, base), engine_of(base)
    limits, lang = PlanLimits(moves, capacity), options["lang"]
    if step is None:
        privacy = load_privacy_of(options["rules_dir"], base)
        maker = EditionMaker(base, when, engine, privacy, edition)
        found = PlanOutput.of(case, maker, limits, lang, chosen)
        _write(found.written(form, tasks), output)
    else:
        _write(place_in_plan(case, base, when, engine, step, limits, form, lang), output)


def _form(path: Path, output: Path | None, tasks: str | None, *, as_json: bool) -> str:
    from kam_expert.app.plan_output import FORMS

    if output is None:
        if tasks:
            raise KamError("--tasks needs -o FILE.csv or -o FILE.xlsx")
        return "json" if as_json else "text"
    form = FORMS.get(output.suffix.lower())
    if form is None:
        raise KamError(
            f"{output}: a plan is written as {', '.join(FORMS)}, "
            f"not as {output.suffix or 'no suffix'}"
        )
    if as_json and form != "json":
        raise KamError(f"{output}: --json writes .json, not {output.suffix}")
    if tasks and form not in ("csv", "xlsx"):
        raise KamError(f"{output}: tasks are written as .csv or .xlsx, not as {output.suffix}")
    if output.resolve() == path.resolve():
        raise KamError(f"{output}: is the case itself; the plan would overwrite it")
    return form


def _write(content: str | bytes, output: Path | None) -> None:
    from kam_expert.outputs.files import write_whole

    if output is None:
        click.echo(content, nl=False)
    else:
        write_whole(output, content)
        click.echo(str(output), err=True)
