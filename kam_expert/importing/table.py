"""One table of a source: its header, its rows in batches, and the outcome of each row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, Problem, did_you_mean, shortened
from kam_expert.facts.number_text import heading_unit
from kam_expert.facts.plain_text import shape
from kam_expert.facts.row_reader import TableCell
from kam_expert.facts.workbook_form import SheetCell
from kam_expert.importing.cell_values import LONGEST, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kam_expert.importing.chunk import Chunk
    from kam_expert.importing.mapping_documents import Words

UNSEEN, USED, REJECTED, FIRST_REASON = 0, 1, 2, 3
_MOST_COLUMNS = 5000
_THREE = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}\Z")
_PLAIN = re.compile(r"[\W_]+")


def plain_float(text: str) -> str:
    """Return a number of a program as text that does not look like thousands: 1.234 as 1.2340."""
    return f"{text}0" if _THREE.match(text) else text


def plain_name(text: str) -> str:
    """Return a normalized name: without case, spaces and punctuation, which vary by export.

    Letters of another alphabet that look the same do not matter.
    """
    return _PLAIN.sub("", shape(text))


def names_of(heading: str) -> set[str]:
    """Return the normalized names that a heading answers to: with its unit and without."""
    return {plain_name(heading), plain_name(heading_unit(heading)[0])} - {""}


@dataclass
class SourceTable:
    """A table of the source.

    Attributes:
        names: Its names in a mapping: of the file, the sheet, the object.
        shown: Its name in messages and origins.
        header: The names of its columns.
        open: Returns its rows in batches, from the start.
        how: How its file is written, for the summary.
        lines: Returns the line of the file, or the row of the sheet, of each row; None if the
            rows have none.
        sheet: The file and the sheet, if it is one.
        heading: The line with the names of the columns; 0 if there is none.
        outcomes: One byte per row.
        counted: Whether all rows were read once.
    """

    names: tuple[str, ...]
    shown: str
    header: list[str]
    open: Callable[[], Iterator[Chunk]]
    how: str = ""
    lines: Callable[[], Sequence[int]] | None = None
    sheet: tuple[str, str] | None = None
    heading: int = 0
    outcomes: bytearray = field(default_factory=bytearray)
    counted: bool = False

    def __post_init__(self) -> None:
        if len(self.header) > _MOST_COLUMNS:
            raise KamError(f"{self.shown}: more than {_MOST_COLUMNS} columns")
        self.names = tuple(tidy(name)[:LONGEST] for name in self.names)
        self.shown = tidy(self.shown)[:LONGEST]
        self.header = [tidy(name) for name in self.header]
        self._lines: Sequence[int] | None = None
        self._found: dict[str, int | None] = {}
        self._plain: dict[str, list[int]] = {}
        self._bare: dict[str, list[int]] = {}
        for index, name in enumerate(self.header):
            self._plain.setdefault(plain_name(name), []).append(index)
            bare, unit = heading_unit(name)
            if unit:
                self._bare.setdefault(plain_name(bare), []).append(index)

    def column(self, names: str) -> int | None:
        """Return the index of the first of ``A|B`` that the header has, None if it has none.

        Raises:
            KamError: Several columns have that name.
        """
        if names not in self._found:
            self._found[names] = self._column(names)
        return self._found[names]

    def _column(self, names: str) -> int | None:
        for name in names.split("|"):
            there = [i for i, n in enumerate(self.header) if n == name]
            plain = plain_name(name)
            there = there or self._plain.get(plain) or self._bare.get(plain, [])
            if len(there) > 1:
                raise KamError(f'{self.shown}: duplicate column "{shortened(name)}"')
            if there:
                return there[0]
        return None

    def lacks(self, names: str) -> Problem:
        """Return the problem that there is no such column."""
        near = did_you_mean(names.partition("|")[0], filter(None, self.header))
        wanted = " or ".join(f'"{name}"' for name in names.split("|"))
        return Problem(TableCell(self.shown, seen=self.heading), f"no column {wanted}.{near}")

    def batches(self) -> Iterator[tuple[int, Chunk]]:
        """Yield the index of the first row of each batch, and the batch; count the rows once."""
        start = 0
        for rows in self.open():
            if not self.counted:
                self.outcomes.extend(bytes(rows.many))
            yield start, rows
            start += rows.many
        self.counted = True

    def mark(self, row: int, code: int) -> None:
        """Set the outcome of a row: rejected overrides used, used overrides a reason."""
        before = self.outcomes[row]
        if before == UNSEEN or code == REJECTED or (code == USED and before != REJECTED):
            self.outcomes[row] = code

    def mark_all(self, start: int, many: int, code: int = USED) -> None:
        """Set the outcome of rows that follow each other."""
        if self.outcomes.find(b"\1", start, start + many) < 0 and not any(
            self.outcomes[start : start + many]
        ):
            self.outcomes[start : start + many] = bytes((code,)) * many
        else:
            for row in range(start, start + many):
                self.mark(row, code)

    def line(self, row: int) -> int:
        """Return the line of the file, or the row of the sheet, of a row; 0 if it has none."""
        if self._lines is None:
            self._lines = () if self.lines is None else self.lines()
        return self._lines[row] if row < len(self._lines) else 0

    def place(self, row: int, names: str = "", *, exact: bool = False) -> TableCell | SheetCell:
        """Return the place of a cell.

        Args:
            row: The row from 0.
            names: The column; empty for the whole row.
            exact: Whether to find the line of the file, for which the file is read again once.
        """
        index = self.column(names) if names else None
        if self.sheet is not None:
            return SheetCell.of(*self.sheet, self.line(row), 0 if index is None else index + 1)
        header = "" if index is None else self.header[index]
        return TableCell(self.shown, row + 1, header=header, seen=self.line(row) if exact else 0)

    def shown_column(self, names: str) -> str:
        """Return the name of a column as the header has it; empty if there is none."""
        index = self.column(names) if names else None
        return "" if index is None else self.header[index]


def named(tables: Sequence[SourceTable], names: Words) -> list[SourceTable]:
    """Return the tables with one of *names*, in which a star matches any text.

    Where tables share a name, the one in messages tells them apart: ``export.json:contacts``.
    """
    patterns = [
        re.compile(".*".join(re.escape(p.casefold()) for p in name.split("*")) + r"\Z")
        for name in names
    ]
    whole = {name.casefold() for name in names}
    return [
        table
        for table in tables
        if table.shown.casefold() in whole
        or any(pattern.match(name.casefold()) for pattern in patterns for name in table.names)
    ]
