"""Some rows of a table, column by column; a process of its own may have made them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.importing import csv_rows
from kam_expert.importing.subprocess_worker import apart, cores

if TYPE_CHECKING:
    from collections.abc import Iterator

Rows = list[list[str]]
#: It takes a moment to start a process, which reads so many bytes meanwhile.
APART_FROM = 4_000_000


class Chunk:
    """Rows that follow each other.

    Attributes:
        many: How many there are.
        odd: By number of a row how many cells it has, where these are too many or too few; all its
            cells are empty then.
    """

    def __init__(self, rows: Rows, width: int) -> None:
        self.many = len(rows)
        self.odd = {i: len(row) for i, row in enumerate(rows) if len(row) != width}
        if self.odd:
            rows = [[""] * width if i in self.odd else row for i, row in enumerate(rows)]
        self._rows = rows

    def cells(self, index: int, unknown: frozenset[str]) -> list[str | None]:
        """Return a column without spaces around its cells, None for each cell that is unknown."""
        cells: list[str | None] = [row[index].strip() for row in self._rows]
        if not unknown.isdisjoint(cells):
            return [None if cell in unknown else cell for cell in cells]
        return cells

    def days(self, index: int, unknown: frozenset[str]) -> list[str | None]:
        """Return a column of dates without the time of day."""
        return [c and csv_rows.without_time(c) for c in self.cells(index, unknown)]

    def plain(self, index: int) -> bool:  # noqa: ARG002 -- others know
        """Return whether it is known that a column is printable and has no long texts."""
        return False


class _Sent(Chunk):
    """Rows that another process read, and took the unknown cells from."""

    def __init__(
        self,
        many: int,
        odd: dict[int, int],
        columns: dict[int, tuple[csv_rows.Packed, bool]],
        days: dict[int, csv_rows.Packed],
    ) -> None:
        self.many, self.odd, self._columns, self._days = many, odd, columns, days

    def cells(self, index: int, unknown: frozenset[str]) -> list[str | None]:  # noqa: ARG002 -- it was used there
        return csv_rows.unpacked(self._columns[index][0]) if self.many else []

    def days(self, index: int, unknown: frozenset[str]) -> list[str | None]:
        if index in self._days:
            return csv_rows.unpacked(self._days[index])
        return super().days(index, unknown)

    def plain(self, index: int) -> bool:
        return bool(self.many) and self._columns[index][1]


def chunks(layout: csv_rows.CsvFormat) -> Iterator[Chunk]:
    """Yield the rows of a CSV file; a long one is parted on another core.

    Raises:
        KamError: The file cannot be parted into rows, or has other letters than it should.
    """
    done = 0
    try:
        if Path(layout.path).stat().st_size >= APART_FROM and cores() > 1:
            try:
                for sent in _apart(layout):
                    yield sent
                    done += 1
            except (OSError, EOFError):
                pass  # what is left of it is read here
            else:
                return
        for rows in islice(csv_rows.row_batches(layout), done, None):
            yield Chunk(rows, layout.width)
    except csv_rows.UnreadableError as error:
        raise KamError(f"{Path(layout.path).name}{error}") from None


def _apart(layout: csv_rows.CsvFormat) -> Iterator[Chunk]:
    with apart(csv_rows.__file__, csv_rows.order(layout)) as sent:
        for columns in csv_rows.received(sent):
            yield _Sent(*columns)
