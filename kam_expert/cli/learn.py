"""``kam learn``."""

from __future__ import annotations

from pathlib import Path

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
from kam_expert.extras import needs

#: The endings of the forms that can be written.
_FORMS = (".html", ".json", ".txt")


@click.command()
@click.argument("source")
@click.option(
    "--outcomes",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="CSV with account,day,outcome: renewed, lost or grew.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File: a page (HTML), JSON or text."
)
@lang_option
@date_option
@thresholds_option
@rules_option
def learn(
    source: str,
    outcomes: Path | None,
    as_json: bool,
    output: Path | None,
    lang: str,
    day: str | None,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Count what steps were followed by, over many accounts.

    SOURCE is a database of accounts, or a folder of folders named YYYY-MM-DD with case files or
    runs of kam portfolio. It shows what came after, never what caused it.
    """
    with needs("learn", "kam learn"):
        from kam_expert.app.learning_source import read_outcomes, snapshots
        from kam_expert.engines.learning import learn as learned
    from kam_expert.outputs.files import write_whole
    from kam_expert.outputs.learned_text import learned_json, learned_page, learned_text

    form = _form(output, as_json)
    base = load_base(rules_dir, thresholds)
    ended = read_outcomes(outcomes) if outcomes is not None else None
    found = learned(snapshots(source, base, day_of(day)), ended)
    if form == ".json":
        text = learned_json(found)
    else:
        text = (learned_page if form == ".html" else learned_text)(found, base, lang)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_whole(output, text)
        click.echo(str(output), err=True)


def _form(output: Path | None, as_json: bool) -> str:
    """Return the ending of the form that is asked for."""
    if output is None:
        return ".json" if as_json else ".txt"
    form = {".htm": ".html"}.get(output.suffix.lower(), output.suffix.lower())
    if form not in _FORMS:
        raise KamError(f'"{output.name}" has no known ending; write {", ".join(_FORMS)}')
    if as_json and form != ".json":
        raise KamError("--json writes to a file that ends in .json, or to standard output")
    return form
