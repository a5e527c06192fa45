"""Rows of the sheets of a workbook: Excel, old Excel, OpenDocument, or a web page called .xls."""

from __future__ import annotations

import re
from datetime import date, datetime
from itertools import zip_longest
from typing import IO, TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.extras import needs
from kam_expert.facts.open_document import check_open_document
from kam_expert.facts.workbook_form import SheetCell
from kam_expert.facts.workbook_parts import TABLES, Parts, open_checked, parts_of
from kam_expert.importing.chunk import Chunk
from kam_expert.importing.page_rows import page_rows
from kam_expert.importing.table import SourceTable, plain_float
from kam_expert.importing.text_rows import below, heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kam_expert.importing.mapping_documents import FileDoc

_BATCH, _LOOK_AT = 4096, 20
#: The first bytes of a workbook of Excel before 2007.
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PAGE = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html|<meta|<head|<body|<table|<style)",
    re.IGNORECASE,
)


def excel_tables(path: Path, columns: frozenset[str], doc: FileDoc) -> list[SourceTable]:
    """Return the tables of a workbook, one for each sheet.

    Args:
        path: The workbook.
        columns: The names of columns that the mapping knows, by which the heading is found.
        doc: How the file is written, according to the mapping.

    Raises:
        KamError: The file is not a workbook, is too large, or python-calamine is missing.
    """
    if is_page(path):
        sheets = [
            (f"table {number}", {n: row for n, row in enumerate(rows, 1) if any(row)})
            for number, rows in enumerate(page_rows(path), 1)
        ]
    else:
        sheets = _sheets(path)
    full = [(name, rows) for name, rows in sheets if rows]
    return [_table(path, name, rows, columns, doc, alone=len(full) == 1) for name, rows in full]


def is_page(path: Path) -> bool:
    """Return whether a file is a web page, whatever its name says."""
    with path.open("rb") as file:
        return bool(_PAGE.match(file.read(1000)))


def _sheets(path: Path) -> list[tuple[str, dict[int, list[str]]]]:
    """Return the sheets of a workbook, each with the rows that are not empty."""
    with needs("excel", f"{path.name}: reading a workbook"):
        import python_calamine as calamine  # noqa: PLC0415 -- only workbooks need it
    sheets: list[tuple[str, dict[int, list[str]]]] = []
    try:
        with open_checked(path, path.name, TABLES) as file:
            parts = _checked(file, path)
            file.seek(0)
            with calamine.CalamineWorkbook.from_filelike(file) as book:
                for about in book.sheets_metadata:
                    if about.typ is calamine.SheetTypeEnum.WorkSheet:
                        sheet = book.get_sheet_by_name(about.name)
                        if sheet.total_height * sheet.total_width > TABLES.cells:
                            what = f"more than {TABLES.cells:,} cells, which is too large"
                            raise KamError(f"{path.name}: the sheet {about.name} has {what}")  # noqa: TRY301 -- as others below
                        cells = sheet.to_python(skip_empty_area=False)
                        _spread(cells, sheet.merged_cell_ranges or ())
                        sheets.append((about.name, _rows(cells, parts, path.name, about.name)))
    except (calamine.CalamineError, ValueError, OSError) as error:
        what = shortened(" ".join(str(error).split()), 80)
        raise KamError(f"{path.name}: the workbook cannot be read ({what})") from None
    except BaseException as error:
        # A bug of the library raises PanicException, which is not an Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise KamError(f"{path.name}: the workbook cannot be read; save it again") from None
    return sheets


def _checked(file: IO[bytes], path: Path) -> Parts:
    """Return the cells that need care; of old workbooks only the size is known."""
    ending = path.suffix.lower()
    if ending == ".ods":
        check_open_document(file, path.name)
        return Parts()
    if ending == ".xls" and file.read(len(_OLD)) == _OLD:
        return Parts()
    file.seek(0)
    return parts_of(file, path.name, TABLES)


def _spread(cells: list[list[Any]], ranges: Iterable[Any]) -> None:
    """Put the value of each merged cell into all rows that it spans."""
    for (top, left), (bottom, _) in ranges:
        if top < len(cells) and left < len(cells[top]):
            for row in cells[top + 1 : bottom + 1]:
                if left < len(row):
                    row[left] = cells[top][left]


def _rows(cells: list[list[Any]], parts: Parts, file: str, sheet: str) -> dict[int, list[str]]:
    """Return the rows that are not empty, by the number that the sheet shows."""
    for at, what in parts.spoiled.get(sheet, {}).items():
        # An error such as #N/A means unknown; a formula without a value does not.
        if "formula" in what:
            raise KamError(f"{SheetCell.of(file, sheet, *at)}: {what}")
    rows = [[_text(cell) for cell in row] for row in cells]
    for row, column in parts.percents.get(sheet, ()):
        if row <= len(cells) and column <= len(cells[row - 1]):
            value = cells[row - 1][column - 1]
            if isinstance(value, float):
                rows[row - 1][column - 1] = f"{value * 100:.10g}%"
    return {number: row for number, row in enumerate(rows, 1) if any(row)}


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:  # noqa: PLR2004 -- floats are exact up to here
            return str(int(cell))
        return plain_float(repr(cell))
    return cell.isoformat() if isinstance(cell, date | datetime) else str(cell)


def _closing(numbers: list[int], rows: list[list[str]]) -> int:
    """Return the number of rows of one cell below an empty row at the end, which are no records."""
    many = 0
    for row in reversed(rows):
        if len(row) == 1 or sum(map(bool, row)) != 1:
            break
        many += 1
    while many and many < len(rows) and numbers[-many] == numbers[-many - 1] + 1:
        many -= 1
    return many


def _is_heading_too(header: list[str], row: list[str]) -> bool:
    """Return whether a row goes on with the heading: half of it are merged cells of the heading."""
    filled = [at for at, cell in enumerate(row) if cell.strip()]
    same = sum(at < len(header) and row[at].strip() == header[at] for at in filled)
    return bool(same) and 2 * same >= len(filled)


def _joined(upper: list[str], lower: list[str]) -> list[str]:
    """Return a heading of two lines as one: the lower cell, with the upper one if need be."""
    header, group = [], ""
    for above, below_it in zip_longest(upper, lower, fillvalue=""):
        group = above or group
        alone = not below_it or below_it == above or lower.count(below_it) == 1
        header.append((below_it or above) if alone else f"{group} {below_it}")
    return header


def _table(  # noqa: PLR0913 -- a sheet and how to find its heading
    path: Path,
    name: str,
    rows: dict[int, list[str]],
    columns: frozenset[str],
    doc: FileDoc,
    *,
    alone: bool,
) -> SourceTable:
    numbers, cells = list(rows), list(rows.values())
    stated = None if doc.header is None else sum(n <= doc.header for n in numbers) - 1
    at = heading(cells[:_LOOK_AT], columns, stated) or 0
    header = [cell.strip() for cell in cells[at]]
    first = at
    if at + 1 < len(cells) and _is_heading_too(header, cells[at + 1]):
        at += 1
        header = _joined(header, [cell.strip() for cell in cells[at]])
    closing = _closing(numbers[at + 1 :], cells[at + 1 :])

    def batches() -> Iterator[Chunk]:
        for start in range(at + 1, len(cells), _BATCH):
            part = cells[start : start + _BATCH]
            beyond = start + len(part) - (len(cells) - closing)
            yield Chunk(part, len(header), min(max(beyond, 0), len(part)))

    return SourceTable(
        (name, path.stem) if alone else (name,),
        f"{path.name}:{name}",
        header,
        batches,
        f"Excel{below(first)}",
        lines=lambda: numbers[at + 1 :],
        sheet=(path.name, name),
        heading=numbers[at],
    )
