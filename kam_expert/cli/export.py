"""``kam export``: diagnoses for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from kam_expert.errors import KamError
from kam_expert.extras import needs
from kam_expert.knowledge.audience import Edition

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.results.diagnosis import Diagnosis

_TABLES = ("accounts", "findings", "plan", "steps", "questions")
_TASKS = ("salesforce", "hubspot")
_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_ENDINGS = {
    **dict.fromkeys(_TABLES, (".xlsx", ".csv", ".jsonl", ".parquet")),
    "salesforce": (".csv",),
    "hubspot": (".csv", ".xlsx"),
    "calendar": (".ics",),
    "all": (".xlsx",),
}


@click.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="File; its suffix selects the format: .xlsx, .csv, .jsonl, .parquet or .ics.",
)
@click.option(
    "--what",
    type=click.Choice([*_TABLES, *_TASKS, "calendar"]),
    help="A table of the diagnosis, or the moves of the plan as tasks for a CRM or as a calendar.",
)
@click.option(
    "--everything",
    is_flag=True,
    help="Tasks and dates for every step that can be taken now, not only for the moves.",
)
@click.option(
    "--separator",
    type=click.Choice(["comma", "semicolon", "tab"]),
    default="comma",
    show_default=True,
    help="Between the cells of CSV; many spreadsheets of Europe expect a semicolon.",
)
@edition_option
@lang_option
@date_option
@thresholds_option
@rules_option
def export(
    cases: tuple[Path, ...],
    output: Path,
    what: str | None,
    everything: bool,
    separator: str,
    edition: str,
    lang: str,
    day: str | None,
    thresholds: Path | None,
    rules_dir: Path | None,
) -> None:
    """Diagnose accounts and write tables, tasks or dates for other programs.

    By default a workbook has all tables, one per sheet, .ics is a calendar, and the other formats
    have the table of findings.
    """
    from kam_expert.outputs.files import write_whole

    ending = output.suffix.lower()
    what = what or {".ics": "calendar", ".xlsx": "all"}.get(ending, "findings")
    if ending not in _ENDINGS[what]:
        known = ", ".join(_ENDINGS[what])
        raise KamError(f'{output}: "{what}" is written as {known}, not as {ending or "no suffix"}')
    if output.resolve() in {path.resolve() for path in cases}:
        raise KamError(f"{output}: is a case itself; the export would overwrite it")
    when = day_of(day)
    if everything and what not in (*_TASKS, "calendar"):
        raise KamError(
            f'--everything belongs to tasks and calendars; "{what}" has every row anyway'
        )
    judged = _judged(cases, lang, when, Edition(edition), (rules_dir, thresholds))
    comma = _SEPARATORS[separator]
    text = _rendered(judged, what, ending, when, lang, comma, everything=everything)
    write_whole(output, text)
    click.echo(f"{output}: {_count(judged, what, everything=everything)}", err=True)


@dataclass(frozen=True)
class _DiagnosedCase:
    diagnosis: Diagnosis
    tables: dict[str, list[dict[str, Any]]]

    def to_do(self, *, everything: bool) -> list[dict[str, Any]]:
        """Return the rows that become tasks and dates."""
        from kam_expert.outputs.crm_tasks import to_do

        return to_do(self.tables, everything=everything)


def _judged(
    cases: tuple[Path, ...],
    lang: str,
    when: date,
    edition: Edition,
    files: tuple[Path | None, Path | None],
) -> list[_DiagnosedCase]:
    from kam_expert.app.edition_maker import EditionMaker
    from kam_expert.engines.forward_chaining import engine_of
    from kam_expert.facts.case_file import read_any_case
    from kam_expert.outputs.diagnosis_tables import diagnosis_tables

    base = load_base(*files)
    read, problems = {}, []
    for path in cases:
        try:
            case = read_any_case(path, base)
        except KamError as error:
            problems.append(str(error))
            continue
        if case.account.id in read:
            problems.append(f'{path}: another case is about the account "{case.account.id}" too')
        read[case.account.id] = case
    if problems:
        # One invalid case stops the export, so that it is never incomplete.
        raise KamError("\n".join(problems))
    privacy = load_privacy_of(files[0], base)
    maker = EditionMaker(base, when, engine_of(base), privacy, edition)
    judged = []
    for case in read.values():
        made = maker.made(case, lang)
        tables = diagnosis_tables(made.diagnosis, made.case, base, lang)
        judged.append(_DiagnosedCase(made.diagnosis, tables))
    return judged


def _rendered(
    judged: list[_DiagnosedCase],
    what: str,
    ending: str,
    when: date,
    lang: str,
    separator: str,
    *,
    everything: bool,
) -> str | bytes:
    from kam_expert.outputs.crm_tasks import COLUMNS, tasks
    from kam_expert.outputs.diagnosis_tables import TABLES
    from kam_expert.outputs.table_files import csv_text, json_lines, tables_workbook

    if what == "calendar":
        from kam_expert.outputs.step_calendar import step_calendar

        steps = [
            (j.diagnosis.account_name, row)
            for j in judged
            for row in j.to_do(everything=everything)
        ]
        return step_calendar(steps, when, lang)
    if what == "all":
        every = {name: [row for j in judged for row in j.tables[name]] for name in _TABLES}
        return tables_workbook(every, {name: list(TABLES[name]) for name in _TABLES}, when)
    if what in _TASKS:
        rows = [
            row for j in judged for row in tasks(what, j.diagnosis, j.to_do(everything=everything))
        ]
        columns = list(COLUMNS[what])
    else:
        rows = [row for j in judged for row in j.tables[what]]
        columns = list(TABLES[what])
    if ending == ".xlsx":
        return tables_workbook({what: rows}, {what: columns}, when)
    if ending == ".parquet":
        return _parquet(rows, TABLES[what])
    return csv_text(rows, columns, separator) if ending == ".csv" else json_lines(rows, columns)


def _parquet(rows: list[dict[str, Any]], columns: dict[str, type]) -> bytes:
    with needs("portfolio", "Parquet"):
        from kam_expert.engines.portfolio.writing.plain_table import parquet
    return parquet(rows, columns)


def _count(judged: list[_DiagnosedCase], what: str, *, everything: bool) -> str:
    """Return what was written, with the number of steps that were left out."""
    if what in _TABLES:
        return f"{sum(len(j.tables[what]) for j in judged)} {what}"
    if what == "all":
        return ", ".join(f"{sum(len(j.tables[t]) for j in judged)} {t}" for t in _TABLES)
    written = sum(len(j.to_do(everything=everything)) for j in judged)
    steps = [row for j in judged for row in j.tables["steps"]]
    if not everything:
        others = sum(row["place"] is None for row in steps)
        return f"{written} moves; {others} more steps are not in the plan and are left out"
    waiting = sum(bool(row["held_back_by"]) for row in steps)
    return f"{written} steps; {waiting} more wait and are left out"
