"""One table of a source: its header, its rows in batches, and the outcome of each row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, Problem, did_you_mean, shortened
from kam_expert.facts.row_reader import TableCell
from kam_expert.importing.cell_values import LONGEST, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kam_expert.importing.chunk import Chunk
    from kam_expert.importing.mapping_documents import Words

UNSEEN, USED, REJECTED, FIRST_REASON = 0, 1, 2, 3
_MOST_COLUMNS = 5000
_PLAIN = re.compile(r"[\W_]+")


def plain_name(text: str) -> str:
    """Return a normalized name: without case, spaces and punctuation, which vary by export."""
    return _PLAIN.sub("", text).casefold()


@dataclass
class SourceTable:
    """A table of the source.

    Attributes:
        names: Its names in a mapping: of the file, the sheet, the object.
        shown: Its name in messages and origins.
        header: The names of its columns.
        open: Returns its rows in batches, from the start.
        how: How its file is written, for the summary.
        outcomes: One byte per row.
        counted: Whether all rows were read once.
    """

    names: tuple[str, ...]
    shown: str
    header: list[str]
    open: Callable[[], Iterator[Chunk]]
    how: str = ""
    outcomes: bytearray = field(default_factory=bytearray)
    counted: bool = False

    def __post_init__(self) -> None:
        if len(self.header) > _MOST_COLUMNS:
            raise KamError(f"{self.shown}: more than {_MOST_COLUMNS} columns")
        self.names = tuple(tidy(name)[:LONGEST] for name in self.names)
        self.shown = tidy(self.shown)[:LONGEST]
        self.header = [tidy(name) for name in self.header]
        self._plain: dict[str, list[int]] = {}
        for index, name in enumerate(self.header):
            self._plain.setdefault(plain_name(name), []).append(index)

    def column(self, names: str) -> int | None:
        """Return the index of the first of ``A|B`` that the header has, None if it has none.

        Raises:
            KamError: Several columns have that name.
        """
        for name in names.split("|"):
            there = [i for i, n in enumerate(self.header) if n == name]
            there = there or self._plain.get(plain_name(name), [])
            if len(there) > 1:
                raise KamError(f'{self.shown}: duplicate column "{shortened(name)}"')
            if there:
                return there[0]
        return None

    def lacks(self, names: str) -> Problem:
        """Return the problem that there is no such column."""
        near = did_you_mean(names.partition("|")[0], filter(None, self.header))
        wanted = " or ".join(f'"{name}"' for name in names.split("|"))
        return Problem(TableCell(self.shown), f"no column {wanted}.{near}")

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

    def place(self, row: int, names: str = "") -> TableCell:
        """Return the place of a cell; *row* counts from 0."""
        index = self.column(names) if names else None
        return TableCell(self.shown, row + 1, header="" if index is None else self.header[index])


def named(tables: Sequence[SourceTable], names: Words) -> list[SourceTable]:
    """Return the tables with one of *names*, in which a star matches any text."""
    patterns = [
        re.compile(".*".join(re.escape(p.casefold()) for p in name.split("*")) + r"\Z")
        for name in names
    ]
    return [
        table
        for table in tables
        if any(pattern.match(name.casefold()) for pattern in patterns for name in table.names)
    ]
