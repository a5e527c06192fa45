"""``kam template``: a workbook with the questions about one account."""

from __future__ import annotations

from pathlib import Path

import click

from kam_expert.cli.options import (
    date_option,
    day_of,
    edition_option,
    lang_option,
    load_base,
    load_privacy_of,
    rules_option,
)
from kam_expert.errors import KamError
from kam_expert.knowledge.audience import Edition


@click.command()
@click.argument("path", metavar="FILE.xlsx", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    metavar="CASE",
    type=click.Path(path_type=Path),
    help="Case with the answers for the workbook.",
)
@edition_option
@lang_option
@date_option
@rules_option
def template(
    path: Path,
    source: Path | None,
    edition: str,
    lang: str,
    day: str | None,
    rules_dir: Path | None,
) -> None:
    """Write a workbook with the questions about one account, to fill in and diagnose."""
    from kam_expert.app.edition_maker import EditionMaker
    from kam_expert.engines.settling import PlainEngine
    from kam_expert.facts.case_file import read_any_case
    from kam_expert.outputs.case_workbook import case_workbook
    from kam_expert.outputs.files import write_whole

    if path.suffix.lower() != ".xlsx":
        raise KamError(f"{path}: a workbook’s name ends in .xlsx")
    base, reader = load_base(rules_dir), Edition(edition)
    case = None if source is None else read_any_case(source, base)
    if case is not None and reader is not Edition.CONSULTANT:
        privacy = load_privacy_of(rules_dir, base)
        case = EditionMaker(base, day_of(day), PlainEngine(), privacy, reader).made(case, lang).case
    identity = "".join(c if c.isalnum() or c in "-_" else "-" for c in path.stem) or "account"
    write_whole(path, case_workbook(base, lang, case, identity, reader), new=True)
    click.echo(str(path), err=True)
