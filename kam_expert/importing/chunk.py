"""Rows of a table, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.importing.csv_rows import Rows

Cells = list[str | None]
#: Separates the cells of a packed column.
_BETWEEN = "\x1f"


class Chunk:
    """Rows that follow each other.

    Attributes:
        many: The number of rows.
        odd: By row, the number of its cells where that is too many or too few; all cells of such
            a row are empty. Empty cells at the end of a row do not count.
        closing: The number of rows at the end that are no records but lines below the table.
    """

    def __init__(self, rows: Rows, width: int, closing: int = 0) -> None:
        self.many, self.closing = len(rows), closing
        self.odd: dict[int, int] = {}
        uneven = [i for i, row in enumerate(rows) if len(row) != width]
        if uneven:
            rows = list(rows)
        for i in uneven:
            row = rows[i]
            if len(row) > width and not any(row[width:]):
                rows[i] = row[:width]
                continue
            if i < self.many - closing:
                self.odd[i] = len(row)
            rows[i] = [""] * width
        columns: Iterable[Sequence[str]] = zip(*rows, strict=True) if rows else [()] * width
        self._columns: dict[int, Sequence[str]] = dict(enumerate(columns))

    def pack(self, wanted: Iterable[int]) -> None:
        """Make the chunk quick to pickle: keep some columns only, each as one text if possible."""
        self._columns = {
            index: text if text.count(_BETWEEN) == self.many - 1 else self._columns[index]
            for index in wanted
            for text in [_BETWEEN.join(map(str.strip, self._columns[index]))]
        }

    def cells(self, index: int, unknown: frozenset[str]) -> Cells:
        """Return a column without spaces around its cells, None for each unknown cell."""
        column = self._columns[index]
        cells: Cells
        if isinstance(column, str):
            cells = list(column.split(_BETWEEN))
        else:
            cells = list(map(str.strip, column))
        if unknown.isdisjoint(cells):
            return cells
        return [None if cell in unknown else cell for cell in cells]

    def days(self, index: int, unknown: frozenset[str]) -> Cells:
        """Return a column of dates without the time of day, None for each unknown cell."""
        return [
            cell[:10] if cell and cell[10:11] in ("T", " ") else cell
            for cell in self.cells(index, unknown)
        ]


def without_time(cell: str) -> str:
    """Return a date without the time of day."""
    return cell[:10] if cell[10:11] in ("T", " ") else cell
