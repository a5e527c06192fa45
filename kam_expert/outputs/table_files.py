"""Plain rows as CSV, JSON lines and workbooks."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.facts.csv_cells import guarded
from kam_expert.outputs.excel import FORBIDDEN, MAX_CHARACTERS, MAX_ROWS, new_workbook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = dict[str, Any]


#: By this mark a spreadsheet knows that a CSV file is UTF-8.
_MARK = "\ufeff"


def csv_text(rows: Sequence[Row], columns: Sequence[str], separator: str = ",") -> str:
    """Return rows as CSV that a spreadsheet opens as it is.

    It begins with a byte order mark. Lists are separated by semicolons, formulas are guarded.

    Args:
        rows: The rows.
        columns: Their columns, in order.
        separator: Between cells. Where the decimal separator is a comma, spreadsheets expect a
            semicolon.
    """
    memory = io.StringIO()
    memory.write(_MARK)
    writer = csv.writer(memory, delimiter=separator, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row.get(column)) for column in columns] for row in rows)
    return memory.getvalue()


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | date):
        return value.isoformat() if isinstance(value, date) else str(value)
    return guarded(";".join(value) if isinstance(value, list) else str(value))


def json_lines(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return rows as JSON lines: one object each, dates as text, empty cells as null."""
    lines = [
        json.dumps({key: row.get(key) for key in columns}, ensure_ascii=False, default=str)
        for row in rows
    ]
    return "".join(f"{line}\n" for line in lines)


def tables_workbook(
    tables: Mapping[str, Sequence[Row]], columns: Mapping[str, Sequence[str]], day: date
) -> bytes:
    """Return tables as the sheets of a workbook; text is never a formula.

    Args:
        tables: Rows by name, which is the title of the sheet.
        columns: The headings of each table.
        day: The creation date in the file, so that the same rows give the same bytes.

    Raises:
        KamError: XlsxWriter is not installed, or a table has more rows than a sheet.
    """
    memory = io.BytesIO()
    book = new_workbook(memory, day, "excel", in_memory=True)
    head = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    dated = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
    for name, rows in tables.items():
        if len(rows) >= MAX_ROWS:  # one row is for the headings
            raise KamError(f"{len(rows):,} {name} do not fit into a sheet; write .csv or .parquet")
        sheet = book.add_worksheet(name)
        for column, title in enumerate(columns[name]):
            sheet.write_string(0, column, title, head)
            sheet.set_column(column, column, 40 if title in ("text", "do", "success") else 18)
        for number, row in enumerate(rows, 1):
            for column, title in enumerate(columns[name]):
                _write(sheet, (number, column), row.get(title), wrapped, dated)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(columns[name]) - 1)
    book.close()
    return memory.getvalue()


def _write(sheet: Any, at: tuple[int, int], value: Any, text: Any, dated: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(*at, value)
    elif isinstance(value, int | float):
        sheet.write_number(*at, value)
    elif isinstance(value, date) and value.year > 1900:  # noqa: PLR2004 -- Excel has no earlier dates
        sheet.write_datetime(*at, datetime(value.year, value.month, value.day), dated)  # noqa: DTZ001 -- as above
    else:
        joined = "; ".join(value) if isinstance(value, list) else str(value)
        clean = FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", joined)
        sheet.write_string(*at, clean[:MAX_CHARACTERS], text)
