"""``kam diagnose``: one report for each case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import (
    date_option,
    day_of,
    lang_option,
    load_base,
    rules_option,
    thresholds_option,
)
from kam_expert.errors import KamError

if TYPE_CHECKING:
    from kam_expert.diagnosis import Diagnosis
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


@click.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File; a folder for several cases."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "json", "text"]),
    help="By the output's ending; else text.",
)
@lang_option
@date_option
@thresholds_option
@rules_option
def diagnose(
    cases: tuple[Path, ...],
    output: Path | None,
    form: str | None,
    lang: str,
    day: str | None,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Diagnose accounts: one CASE file each, YAML or JSON; one report each."""
    from kam_expert.engines.assemble import diagnose as judge
    from kam_expert.engines.session import SessionEngine
    from kam_expert.facts.case_reader import read_case
    from kam_expert.outputs.files import write_whole

    when = day_of(day)
    form = form or _form_of(output)
    targets = _targets(cases, output, form)
    base = load_base(rules_dir, thresholds)
    read = []
    problems = []
    for path in cases:
        try:
            read.append(read_case(path, base))
        except KamError as error:
            problems.append(str(error))
    if problems:
        # A batch with a bad case writes no report that could be taken for the whole.
        raise KamError("\n".join(problems))
    engine = SessionEngine(base)
    for case, target in zip(read, targets, strict=True):
        text = _render(judge(case, base, when, engine), case, base, form=form, lang=lang)
        if target is None:
            click.echo(text, nl=False)
        else:
            write_whole(target, text)
            click.echo(str(target), err=True)


def _render(diagnosis: Diagnosis, case: Case, base: KnowledgeBase, *, form: str, lang: str) -> str:
    if form == "json":
        from kam_expert.outputs.json_document import render_json

        return render_json(diagnosis, case, base)
    if form == "text":
        from kam_expert.outputs.text import render_text

        return render_text(diagnosis, case, base, lang)
    from kam_expert.outputs.html import render_report

    return render_report(diagnosis, case, base, lang)


def _form_of(output: Path | None) -> str:
    endings = {".html": "html", ".htm": "html", ".json": "json", ".txt": "text"}
    if output is None:
        return "text"
    return endings.get(output.suffix.lower(), "html")


def _targets(cases: tuple[Path, ...], output: Path | None, form: str) -> list[Path | None]:
    if output is None:
        if len(cases) > 1 and form != "text":
            raise KamError(f"several cases as {form} need -o FOLDER")
        return [None] * len(cases)
    if len(cases) == 1 and not output.is_dir():
        return _not_over_a_case([output], cases)
    if not output.is_dir():
        raise KamError(f"{output}: no such folder; several cases need a folder that is there")
    ending = {"html": ".html", "json": ".json", "text": ".txt"}[form]
    targets: list[Path | None] = [output / f"{path.stem}{ending}" for path in cases]
    if len(set(targets)) < len(targets):
        raise KamError("two cases have the same file name and would overwrite each other's report")
    return _not_over_a_case(targets, cases)


def _not_over_a_case(targets: list[Path | None], cases: tuple[Path, ...]) -> list[Path | None]:
    sources = {path.resolve() for path in cases}
    for target in targets:
        if target is not None and target.resolve() in sources:
            raise KamError(f"{target}: is a case itself; the report would overwrite it")
    return targets
