"""Rows of the sheets of an Excel workbook."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.facts.workbook_parts import TABLES, Parts, open_checked, parts_of
from kam_expert.importing.chunk import Chunk
from kam_expert.importing.table import SourceTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.importing.csv_rows import Rows

_BATCH = 4096


def excel_tables(path: Path) -> list[SourceTable]:
    """Return the tables of a workbook: each sheet with its first row as header.

    Raises:
        KamError: The file is not a workbook, is too large, or python-calamine is missing.
    """
    try:
        import python_calamine as calamine  # noqa: PLC0415 -- only workbooks need it
    except ImportError:
        raise KamError(
            f"{path.name}: reading a workbook needs python-calamine: pip install kam-expert[excel]"
        ) from None
    sheets: list[tuple[str, Rows]] = []
    try:
        with open_checked(path, path.name, TABLES) as file:
            parts = parts_of(file, path.name, TABLES)
            file.seek(0)
            with calamine.CalamineWorkbook.from_filelike(file) as book:
                for about in book.sheets_metadata:
                    if about.typ is calamine.SheetTypeEnum.WorkSheet:
                        cells = book.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
                        sheets.append((about.name, _rows(cells, parts, path.name, about.name)))
    except (calamine.CalamineError, ValueError, OSError) as error:
        what = shortened(" ".join(str(error).split()), 80)
        raise KamError(f"{path.name}: the workbook cannot be read ({what})") from None
    except BaseException as error:
        # A bug of the library raises PanicException, which is not an Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise KamError(f"{path.name}: the workbook cannot be read; save it again") from None
    full = [(name, rows) for name, rows in sheets if rows]
    return [_table(path, name, rows, alone=len(full) == 1) for name, rows in full]


def _rows(cells: list[list[Any]], parts: Parts, file: str, sheet: str) -> Rows:
    for (row, column), what in parts.spoiled.get(sheet, {}).items():
        # An error such as #N/A means unknown; a formula without a value does not.
        if "formula" in what:
            raise KamError(f"{file}:{sheet}, row {row}, column {column}: {what}")
    rows = [[_text(cell) for cell in row] for row in cells]
    for row, column in parts.percents.get(sheet, ()):
        if row <= len(cells) and column <= len(cells[row - 1]):
            value = cells[row - 1][column - 1]
            if isinstance(value, float):
                rows[row - 1][column - 1] = f"{value * 100:.10g}%"
    return [row for row in rows if any(row)]


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)  # noqa: PLR2004 -- floats are exact up to here
    return cell.isoformat() if isinstance(cell, date | datetime) else str(cell)


def _table(path: Path, name: str, rows: Rows, *, alone: bool) -> SourceTable:
    header = [cell.strip() for cell in rows[0]]

    def batches() -> Iterator[Chunk]:
        for start in range(1, len(rows), _BATCH):
            yield Chunk(rows[start : start + _BATCH], len(header))

    names = (name, path.stem) if alone else (name,)
    return SourceTable(names, f"{path.name}:{name}", header, batches, "Excel")
