"""One table of a source: its header, its rows batch by batch, and what became of each row."""

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
    """Return a name without what differs from one export to the next: case, spaces, underscores."""
    return _PLAIN.sub("", text).casefold()


@dataclass
class SourceTable:
    """A table as it lies in the source.

    Attributes:
        names: What a mapping may call it: the file’s name, the sheet’s, the object’s.
        shown: Its name in messages and origins.
        header: The names of its columns.
        open: Gives its rows anew, in batches.
        how: How its file is written, for the summary.
        outcomes: A byte a row: what became of it.
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
            KamError: The column is there twice.
        """
        for name in names.split("|"):
            there = [i for i, n in enumerate(self.header) if n == name]
            there = there or self._plain.get(plain_name(name), [])
            if len(there) > 1:
                raise KamError(f'{self.shown}: the column "{shortened(name)}" is there twice')
            if there:
                return there[0]
        return None

    def lacks(self, names: str) -> Problem:
        """Return the problem that no column is called so."""
        near = did_you_mean(names.partition("|")[0], filter(None, self.header))
        wanted = " or ".join(f'"{name}"' for name in names.split("|"))
        return Problem(TableCell(self.shown), f"no column is called {wanted}.{near}")

    def batches(self) -> Iterator[tuple[int, Chunk]]:
        """Yield the rows with the number of the first of each batch, from 0; counts them once."""
        start = 0
        for rows in self.open():
            if not self.counted:
                self.outcomes.extend(bytes(rows.many))
            yield start, rows
            start += rows.many
        self.counted = True

    def mark(self, row: int, code: int) -> None:
        """Note what became of a row: a rejected row stays so, then a used one, then a reason."""
        before = self.outcomes[row]
        if before == UNSEEN or code == REJECTED or (code == USED and before != REJECTED):
            self.outcomes[row] = code

    def mark_all(self, start: int, many: int, code: int = USED) -> None:
        """Note what became of rows that come one after the other."""
        if self.outcomes.find(b"\1", start, start + many) < 0 and not any(
            self.outcomes[start : start + many]
        ):
            self.outcomes[start : start + many] = bytes((code,)) * many
        else:
            for row in range(start, start + many):
                self.mark(row, code)

    def place(self, row: int, names: str = "") -> TableCell:
        """Return the place of a cell; *row* is counted from 0, and shown from 1."""
        index = self.column(names) if names else None
        return TableCell(self.shown, row + 1, header="" if index is None else self.header[index])


def named(tables: Sequence[SourceTable], names: Words) -> list[SourceTable]:
    """Return the tables that are called one of *names*, in which a star stands for anything."""
    patterns = [
        re.compile(".*".join(re.escape(p.casefold()) for p in name.split("*")) + r"\Z")
        for name in names
    ]
    return [
        table
        for table in tables
        if any(pattern.match(name.casefold()) for pattern in patterns for name in table.names)
    ]
