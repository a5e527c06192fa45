"""``kam import``: accounts from exports of other systems."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import EXIT_FOUND, lang_option, load_base, rules_option
from kam_expert.errors import KamError, shortened
from kam_expert.extras import needs

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kam_expert.importing.imported_accounts import ImportedAccounts
    from kam_expert.importing.workbook_accounts import Workbooks
    from kam_expert.knowledge.base import KnowledgeBase


@click.command("import")
@click.argument("system", required=False)
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.option(
    "--propose",
    metavar="SOURCE",
    type=click.Path(path_type=Path),
    help="Draft a mapping for the files of SOURCE instead; -o is the file to write.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder to create for the cases or tables.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["cases", "tables"]),
    help="One case file per account, or tables for kam portfolio; cases by default.",
)
@click.option(
    "--tables",
    type=click.Choice(["parquet", "csv"]),
    help="Write tables, as Parquet or CSV; Parquet by default.",
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="File that maps columns to facts, for the system csv.",
)
@click.option(
    "--date",
    "day",
    metavar="YYYY-MM-DD|today",
    help="Date of the export; by default that of its newest record.",
)
@click.option(
    "--dates",
    type=click.Choice(["dmy", "mdy"]),
    help="Whether 03/04/2026 begins with the day or the month.",
)
@click.option(
    "--decimal", type=click.Choice(["point", "comma"]), help="Decimal separator in numbers."
)
@click.option(
    "--percent",
    type=click.Choice(["whole", "fraction"]),
    help="Whether 0.4 in a column of percentages is 0.4 % or 40 %.",
)
@click.option(
    "--currency", metavar="CODE", help="The currency to read; amounts in others stay unknown."
)
@click.option(
    "--our-domain",
    metavar="DOMAIN",
    multiple=True,
    help="The domain of our mail, to tell the sides of messages and meetings apart.",
)
@click.option(
    "--opted-out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File of e-mail addresses, one per line, whose mail and meetings are left out.",
)
@click.option(
    "--corrections",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file that an earlier import wrote, corrected: not_understood.csv or titles.csv.",
)
@click.option(
    "--encoding", metavar="NAME", help="Encoding of text files, if it cannot be detected."
)
@click.option(
    "--keep", metavar="REASON", multiple=True, help="Keep rows with this reason, such as household."
)
@click.option(
    "--leave-out", metavar="REASON", multiple=True, help="Leave out rows with this reason."
)
@click.option("--skip-bad", is_flag=True, help="Leave out invalid rows; rejected.jsonl lists them.")
@click.option("--explain", is_flag=True, help="Print the file, row and column of each fact.")
@lang_option
@rules_option
def import_(
    system: str | None,
    source: Path | None,
    propose: Path | None,
    output: Path,
    form: str | None,
    tables: str | None,
    mapping: Path | None,
    day: str | None,
    dates: str | None,
    decimal: str | None,
    percent: str | None,
    currency: str | None,
    our_domain: tuple[str, ...],
    opted_out: Path | None,
    corrections: tuple[Path, ...],
    encoding: str | None,
    keep: tuple[str, ...],
    leave_out: tuple[str, ...],
    skip_bad: bool,
    explain: bool,
    lang: str,
    rules_dir: Path | None,
) -> None:
    """Import accounts from SYSTEM.

    SYSTEM is salesforce, npsp, hubspot, dynamics, pipedrive, zoho, odoo, suitecrm, bitrix24,
    google-contacts, outlook-contacts, csv with --mapping, or workbook.
    SOURCE is a folder or zip of the export's files, or one file: CSV, TSV, JSON or Excel; for
    workbook, filled-in workbooks of kam template. Every row is counted as used, rejected or left
    out for a named reason. If rows were rejected, the exit status is 1.
    """
    from kam_expert.importing.corrections import read_corrections
    from kam_expert.importing.importer import import_source
    from kam_expert.importing.mapping import WORKBOOK, load_mapping, load_shared
    from kam_expert.importing.reading import ImportOptions
    from kam_expert.importing.workbooks import import_workbooks
    from kam_expert.outputs.imported import explained, summary, write_imported

    if propose is not None:
        _propose(propose, output, load_base(rules_dir))
        return
    if system is None or source is None:
        raise click.UsageError("a SYSTEM and a SOURCE are needed, or --propose SOURCE")
    if form == "cases" and tables:
        raise KamError("--tables is for --format tables; leave one of them out")
    write = _writer(tables or "parquet") if form == "tables" or tables else None
    base = load_base(rules_dir)
    if system == WORKBOOK:
        unused = {"--mapping": mapping, "--date": day, "--dates": dates, "--decimal": decimal,
                  "--percent": percent, "--currency": currency, "--corrections": corrections,
                  "--our-domain": our_domain, "--opted-out": opted_out,
                  "--encoding": encoding, "--keep": keep, "--leave-out": leave_out}  # fmt: skip
        if given := [name for name, value in unused.items() if value]:
            raise KamError(f"{given[0]} is for exports; leave it out for workbooks")
        shared = load_shared()
        imported = import_workbooks(source, shared, base, skip_bad=skip_bad)
    else:
        options = ImportOptions(
            day=_day(day),
            dates=dates,
            decimal=decimal,
            encoding=encoding,
            percent=percent,
            currency=currency and currency.upper(),
            our_domains=our_domain,
            opted_out=_addresses(opted_out),
            corrected=read_corrections(corrections, base, encoding),
            keep=keep,
            leave_out=leave_out,
        )
        chosen = load_mapping(system, mapping, base)
        shared = chosen.shared
        imported = import_source(source, chosen, base, options, skip_bad=skip_bad)
    write_imported(imported, output, write)
    if explain:
        for line in explained(imported):
            click.echo(line)
    click.echo(summary(imported, shared, base, output, lang), nl=False, err=explain)
    if imported.rejected:
        raise SystemExit(EXIT_FOUND)


def _writer(form: str) -> Callable[[ImportedAccounts | Workbooks, Path], None]:
    with needs("portfolio", "writing tables"):
        from kam_expert.engines.portfolio.writing.imported_tables import write_tables
    return partial(write_tables, form=form)


def _propose(source: Path, output: Path, base: KnowledgeBase) -> None:
    from kam_expert.importing.proposal import propose
    from kam_expert.outputs.files import write_whole

    if output.suffix.lower() not in (".yaml", ".yml"):
        raise KamError(f"{output}: a mapping ends in .yaml")
    draft = propose(source, base)
    write_whole(output, draft.text, new=True)
    if draft.ready:
        click.echo(f"`kam import {draft.ready}` reads such tables without a draft", err=True)
    click.echo(f"{output}: questions to answer in it: {len(draft.questions)}", err=True)
    for question in draft.questions:
        click.echo(f"  {question}", err=True)


def _addresses(path: Path | None) -> frozenset[str]:
    """Return the e-mail addresses in a file, one per line."""
    from kam_expert.knowledge.yaml_reader import decode

    if path is None:
        return frozenset()
    try:
        text = decode(path.read_bytes(), str(path))
    except OSError as error:
        raise KamError(f"{path}: cannot be read ({error.strerror or error})") from None
    lines = [line.strip().lower() for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines, 1):
        if "@" not in line:
            raise KamError(f'{path}:{number}: "{shortened(line)}" is not an e-mail address')
    return frozenset(lines)


def _day(text: str | None) -> date | None:
    from kam_expert.cli.options import day_of
    from kam_expert.knowledge.documents import parse_date

    if text is None:
        return None
    if text == "today":
        return day_of(None)
    day = parse_date(text)
    if day is None:
        raise KamError(f'--date takes YYYY-MM-DD or today, not "{shortened(text)}"')
    return day
