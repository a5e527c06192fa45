"""A batch of rows of a table, read column by column."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any, TypeVar

from kam_expert.facts.number_text import NotAValueError, amount
from kam_expert.importing.cell_values import LONGEST, Bad, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kam_expert.importing.cell_values import Memo
    from kam_expert.importing.chunk import Chunk
    from kam_expert.importing.mapping_documents import TestDoc
    from kam_expert.importing.row_counts import RowCounts
    from kam_expert.importing.table import SourceTable

Cells = list[str | None]
T = TypeVar("T")


class Batch:
    """Rows that follow each other.

    Attributes:
        start: The index of the first row in its table.
        many: The number of rows.
        live: One byte per row: 1 while the row is neither left out nor rejected.
    """

    def __init__(
        self,
        table: SourceTable,
        start: int,
        rows: Chunk,
        unknown: frozenset[str],
        row_counts: RowCounts,
    ) -> None:
        self.table, self.start, self.row_counts, self.unknown = table, start, row_counts, unknown
        self.rows, self.many, self.live = rows, rows.many, bytearray(b"\1") * rows.many
        self._cells: dict[str, Cells | None] = {}
        self._days: dict[str, Cells | None] = {}
        for i in range(rows.many - rows.closing, rows.many):
            self.leave_out(i, row_counts.code("closing_line"))
        for i, many in rows.odd.items():
            self.fail(i, "", None, f"has {many} cells; the header has {len(table.header)}")

    def fail(self, i: int, names: str, value: str | None, why: str) -> None:
        """Reject row *i* of the batch."""
        self.live[i] = 0
        self.row_counts.reject(self.table, self.start + i, names, value, why)

    def leave_out(self, i: int, code: int) -> None:
        """Leave out row *i* of the batch for the reason with that code."""
        self.live[i] = 0
        self.table.mark(self.start + i, code)

    def cells(self, names: str) -> Cells | None:
        """Return a column with None for unknown cells; None if there is no such column."""
        if names not in self._cells:
            index = self.table.column(names)
            if index is None:
                self._cells[names] = None
            else:
                self._cells[names] = self.rows.cells(index, self.unknown)
        return self._cells[names]

    def days(self, names: str) -> Cells | None:
        """Return a column of dates without the time of day; None if there is no such column."""
        if names not in self._days:
            index = self.table.column(names)
            self._days[names] = None if index is None else self.rows.days(index, self.unknown)
        return self._days[names]

    def miss(self, i: int, names: str, value: str | None, bad: Bad, fact: str = "") -> None:
        """Note that a cell of row *i* was not understood; the row stays."""
        self.row_counts.cells.add(self.table, self.start + i, names, fact, value or "", bad)

    def read(self, names: str, cells: Cells, memo: Memo, fact: str = "") -> list[Any]:
        """Return the values of a column; note the cells that were not understood.

        Args:
            names: The column.
            cells: Its cells.
            memo: Reads a cell.
            fact: The fact whose values they are, if they are; its cells are counted.
        """
        values = list(map(memo.__getitem__, cells))
        bad = []
        if memo.faulty:
            bad = [i for i, value in enumerate(values) if type(value) is Bad]
            for i in bad:
                value, values[i] = values[i], None
                if self.live[i] and not value.title:
                    self.miss(i, names, cells[i], value, fact)
        if fact:
            # Words for unknown are read as None, as empty cells are.
            none = values.count(None)
            self.row_counts.cells.count(len(cells), len(cells) - none, none - len(bad))
        return values

    def texts(self, names: str, cells: Cells, *, needed: bool = False) -> Cells:
        """Return a column of texts as single lines.

        A text too long for a name is left out and noted; if it is *needed*, its row is rejected.
        """
        if not "".join(filter(None, cells)).isprintable():
            cells = [cell if cell is None or cell.isprintable() else tidy(cell) or None
                     for cell in cells]  # fmt: skip
        if max(map(len, filter(None, cells)), default=0) > LONGEST:
            why = f"is longer than {LONGEST} characters"
            for i, cell in enumerate(cells):
                if cell is not None and len(cell) > LONGEST and self.live[i]:
                    if needed:
                        self.fail(i, names, cell, why)
                    else:
                        self.miss(i, names, cell, Bad(why))
            if not needed:
                cells = [None if cell and len(cell) > LONGEST else cell for cell in cells]
        return cells

    def living(self, column: Sequence[T]) -> Sequence[T]:
        """Return the values of a column in the live rows."""
        if 0 in self.live:
            return list(compress(column, self.live))
        return column

    def row_numbers(self) -> Sequence[int]:
        """Return the indexes of the live rows in their table."""
        return self.living(range(self.start, self.start + self.many))

    def matching(
        self, condition: list[dict[str, TestDoc]], column: Callable[[Batch, str], Cells | None]
    ) -> list[int]:
        """Return the live rows that pass all tests of at least one mapping.

        Args:
            condition: Mappings from columns to tests.
            column: Returns a column, or None for an optional column that is missing.
        """
        nothing: Cells = [None] * self.many
        every_row = set(range(self.many))
        hits: set[int] = set()
        for every in condition:
            left: set[int] | None = None
            for names, test in every.items():
                cells = column(self, names)
                others = column(self, test.same_as) if test.same_as else None
                if cells is None and others is None:
                    # Most tests name columns that the table does not have.
                    there = every_row if passes(test, None) else set[int]()
                else:
                    there = _where(test, cells or nothing, others)
                left = there if left is None else left & there
                if not left:
                    break
            hits |= left or set()
        return [i for i in sorted(hits) if self.live[i]]


def _where(test: TestDoc, cells: Cells, others: Cells | None) -> set[int]:
    """Return the rows that pass a test. In most batches no row does."""
    if others is None:
        meant = {cell for cell in set(cells) if passes(test, cell)}
        return {i for i, cell in enumerate(cells) if cell in meant} if meant else set()
    pairs = list(zip(cells, others, strict=True))
    true = {pair for pair in set(pairs) if passes(test, *pair)}
    return {i for i, pair in enumerate(pairs) if pair in true} if true else set()


def passes(test: TestDoc, cell: str | None, other: str | None = None) -> bool:
    """Return whether a cell passes a test; *other* is the cell of `same_as`."""
    if test.empty is not None and (cell is None) != (test.empty == "yes"):
        return False
    if cell is None:
        return all(
            said is None
            for said in (
                test.is_, test.not_, test.begins, test.ends, test.contains, test.same_as,
                test.at_least, test.at_most,
            )
        )  # fmt: skip
    if (test.at_least is not None or test.at_most is not None) and not _fits(test, cell):
        return False
    text = cell.casefold()
    return (
        (test.is_ is None or text in map(str.casefold, test.is_))
        and (test.not_ is None or text not in map(str.casefold, test.not_))
        and (test.begins is None or text.startswith(tuple(map(str.casefold, test.begins))))
        and (test.ends is None or text.endswith(tuple(map(str.casefold, test.ends))))
        and (test.contains is None or any(word.casefold() in text for word in test.contains))
        and (test.same_as is None or text == (other or "").casefold())
    )


def _fits(test: TestDoc, cell: str) -> bool:
    try:
        number = amount(cell, None).value
    except NotAValueError:
        return False
    low = test.at_least is None or number >= test.at_least
    return low and (test.at_most is None or number <= test.at_most)
