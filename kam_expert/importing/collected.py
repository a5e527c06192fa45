"""What was read so far: accounts, people, team, who belongs where, meetings and messages.

Each list keeps its columns apart, since an export has a million rows and few columns that matter.
"""

from __future__ import annotations

import operator
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from kam_expert.importing.table import SourceTable


class CellOrigin(NamedTuple):
    """Where a value stands: the number of the table, the row from 0, the column’s name."""

    table: int
    row: int
    column: str


class Values(NamedTuple):
    """The values of a fact in rows, with the columns they stood in: *which* says which in a row."""

    values: Sequence[Any]
    headers: tuple[str, ...]
    which: Sequence[int] | None = None


class CellValue(NamedTuple):
    """A value of a fact with its origin; *rows* is how many rows it was worked out from."""

    fact: str
    value: Any
    as_of: date | None
    origin: CellOrigin
    rows: int = 1


@dataclass
class EntityColumns:
    """Accounts, people or members of the team, a place in each column for each.

    Attributes:
        facts: By fact its values; None where nothing was said.
        headers: By table and fact the columns that the value may have stood in.
        which: By fact, where there are several such columns, which of them it was.
        runs: The numbers of the tables in their order, each with its first place and the last + 1.
    """

    ids: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    tables: array[int] = field(default_factory=lambda: array("H"))
    rows: array[int] = field(default_factory=lambda: array("I"))
    as_of: list[date | None] = field(default_factory=list)
    facts: dict[str, list[Any]] = field(default_factory=dict)
    headers: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)
    which: dict[str, bytearray] = field(default_factory=dict)
    runs: list[tuple[int, int, int]] = field(default_factory=list)
    _index: dict[str, int] = field(default_factory=dict)
    #: Keys that came in order, so that none is there twice, and are not in the index yet.
    _ordered: list[str] = field(default_factory=list)
    #: Further columns: what accounts and people have besides.
    more: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def index(self) -> dict[str, int]:
        """Return the place of each by its id, as ids are compared."""
        if self._ordered:
            self._index = {key: place for place, key in enumerate(self._ordered)}
            self._ordered = []
        return self._index

    def enter(self, keys: Sequence[str]) -> bool:
        """Put the keys of the rows that are added next into the index, unless one is there twice.

        Returns:
            Whether each is there once; else the index stays as it was.
        """
        # Most exports are in the order of their ids, and many are never referred to by id.
        if len(self._ordered) == len(self.ids) and all(
            map(operator.lt, [*self._ordered[-1:], *keys], keys[not self._ordered :])
        ):
            self._ordered.extend(keys)
            return True
        index, before, size = self.index, len(self.ids), len(self.index)
        places = list(map(index.setdefault, keys, range(before, before + len(keys))))
        if len(index) == size + len(keys):
            return True
        for key, place in zip(keys, places, strict=True):
            if place >= before:
                index.pop(key, None)
        return False

    def add(  # noqa: PLR0913 -- the columns of a list
        self,
        ids: Sequence[str],
        names: Sequence[str],
        table: int,
        rows: Sequence[int],
        as_of: Sequence[date | None],
        facts: dict[str, Values],
        more: dict[str, Sequence[Any]],
    ) -> None:
        """Add rows that are sound; all columns are equally long."""
        before = len(self.ids)
        if self.runs and self.runs[-1][0] == table:
            self.runs[-1] = (table, self.runs[-1][1], before + len(ids))
        else:
            self.runs.append((table, before, before + len(ids)))
        self.ids.extend(ids)
        self.names.extend(names)
        self.tables.extend([table] * len(ids))
        self.rows.extend(rows)
        self.as_of.extend(as_of)
        values = {fact: said.values for fact, said in facts.items()}
        for columns, given in ((self.facts, values), (self.more, more)):
            for name in [name for name in given if name not in columns]:
                columns[name] = [None] * before
            for name, column in columns.items():
                column.extend(given.get(name) or [None] * len(ids))
        for fact, said in facts.items():
            self.headers[table, fact] = said.headers
            if said.which is not None:
                self.which.setdefault(fact, bytearray(before))
        for fact, which in self.which.items():
            which.extend((facts[fact].which if fact in facts else None) or bytes(len(ids)))

    def header(self, fact: str, place: int) -> str:
        """Return the column that the value of a fact stood in."""
        headers = self.headers[self.tables[place], fact]
        return headers[self.which[fact][place] if len(headers) > 1 else 0]

    def told(self, place: int) -> Iterator[CellValue]:
        """Yield what was said of the one at *place*."""
        table, row, as_of = self.tables[place], self.rows[place], self.as_of[place]
        for fact, values in self.facts.items():
            if (value := values[place]) is not None:
                yield CellValue(
                    fact, value, as_of, CellOrigin(table, row, self.header(fact, place))
                )


@dataclass
class Meetings:
    """Meetings and messages that may count, a place in each column for each."""

    accounts: array[int] = field(default_factory=lambda: array("i"))
    people: array[int] = field(default_factory=lambda: array("i"))
    members: array[int] = field(default_factory=lambda: array("i"))
    days: array[int] = field(default_factory=lambda: array("i"))
    tables: array[int] = field(default_factory=lambda: array("H"))
    rows: array[int] = field(default_factory=lambda: array("I"))
    columns: dict[int, str] = field(default_factory=dict)


@dataclass
class Collected:
    """Everything that was read.

    Attributes:
        belongs: The accounts of people besides their own, with what was said of the pair.
        lone: Of people without an account of their own the code of the reason.
        newest: The newest day on which a record was made or changed, None if none says.
    """

    tables: list[SourceTable]
    accounts: EntityColumns = field(default_factory=EntityColumns)
    people: EntityColumns = field(default_factory=EntityColumns)
    team: EntityColumns = field(default_factory=EntityColumns)
    belongs: dict[tuple[int, int], list[CellValue]] = field(default_factory=dict)
    said_of_pairs: dict[tuple[int, int], list[CellValue]] = field(default_factory=dict)
    lone: dict[int, int] = field(default_factory=dict)
    meetings: Meetings = field(default_factory=Meetings)
    newest: date | None = None
    flags: list[dict[str, Any]] = field(default_factory=list)
