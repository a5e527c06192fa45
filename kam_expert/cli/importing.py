"""``kam import``: accounts from what lies in another system."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.cli.options import EXIT_FOUND, lang_option, load_base, rules_option
from kam_expert.errors import KamError, shortened

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kam_expert.importing.imported_accounts import ImportedAccounts
    from kam_expert.importing.workbooks import Workbooks


@click.command("import")
@click.argument("system")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the cases or tables; it is made here.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["cases", "tables"]),
    help="A case file an account, or the tables that kam portfolio reads; cases by default.",
)
@click.option(
    "--tables",
    type=click.Choice(["parquet", "csv"]),
    help="Write tables, as Parquet or CSV; Parquet by default.",
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="File that says which column is which fact, for the system csv.",
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
    help="What comes first in 03/04/2026: the day or the month.",
)
@click.option(
    "--decimal", type=click.Choice(["point", "comma"]), help="What parts decimals in numbers."
)
@click.option("--encoding", metavar="NAME", help="Of text files, where it cannot be told.")
@click.option(
    "--keep", metavar="REASON", multiple=True, help="Keep rows that may be, say, a household."
)
@click.option("--leave-out", metavar="REASON", multiple=True, help="Leave such rows out.")
@click.option("--skip-bad", is_flag=True, help="Leave faulty rows out; rejected.jsonl lists them.")
@click.option("--explain", is_flag=True, help="Print the file, row and column of each fact.")
@lang_option
@rules_option
def import_(
    system: str,
    source: Path,
    output: Path,
    form: str | None,
    tables: str | None,
    mapping: Path | None,
    day: str | None,
    dates: str | None,
    decimal: str | None,
    encoding: str | None,
    keep: tuple[str, ...],
    leave_out: tuple[str, ...],
    skip_bad: bool,
    explain: bool,
    lang: str,
    rules_dir: Path | None,
) -> None:
    """Import accounts from SYSTEM: salesforce, npsp, hubspot, csv with --mapping, or workbook.

    SOURCE is a folder or zip of the export's files, or one file: CSV, TSV, JSON or Excel; for
    workbook, what kam template wrote and people filled in. Every row is used, rejected or left out
    for a named reason, and counted. If rows were rejected, the exit status is 1.
    """
    from kam_expert.importing.importer import import_source
    from kam_expert.importing.mapping import WORKBOOK, load_mapping, load_shared
    from kam_expert.importing.reading import ImportOptions
    from kam_expert.importing.workbooks import import_workbooks
    from kam_expert.outputs.imported import explained, summary, write_imported

    if form == "cases" and tables:
        raise KamError("--tables is for --format tables; leave one of them out")
    write = _writer(tables or "parquet") if form == "tables" or tables else None
    base = load_base(rules_dir)
    if system == WORKBOOK:
        told = {"--mapping": mapping, "--date": day, "--dates": dates, "--decimal": decimal,
                "--encoding": encoding, "--keep": keep, "--leave-out": leave_out}  # fmt: skip
        if given := [name for name, value in told.items() if value]:
            raise KamError(f"{given[0]} is for exports; a workbook says itself what is what")
        shared = load_shared()
        imported = import_workbooks(source, shared, base, skip_bad=skip_bad)
    else:
        wishes = ImportOptions(_day(day), dates, decimal, encoding, keep, leave_out)
        chosen = load_mapping(system, mapping, base)
        shared = chosen.shared
        imported = import_source(source, chosen, base, wishes, skip_bad=skip_bad)
    write_imported(imported, output, write)
    if explain:
        for line in explained(imported):
            click.echo(line)
    click.echo(summary(imported, shared, base, output, lang), nl=False, err=explain)
    if imported.rejected:
        raise SystemExit(EXIT_FOUND)


def _writer(form: str) -> Callable[[ImportedAccounts | Workbooks, Path], None]:
    try:
        from kam_expert.engines.portfolio.writing.imported_tables import write_tables
    except ModuleNotFoundError as missing:
        raise KamError(
            f"tables need {missing.name}, which is not installed: pip install kam-expert[portfolio]"
        ) from None
    return partial(write_tables, form=form)


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
