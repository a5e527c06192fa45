"""The rows read so far: accounts, people, team, relations, meetings and messages.

They are stored by column, because an export has a million rows and few columns that matter.
"""

from __future__ import annotations

import operator
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.importing.table import SourceTable


class CellOrigin(NamedTuple):
    """The place of a value: index of the table, index of the row, name of the column."""

    table: int
    row: int
    column: str


class Values(NamedTuple):
    """The values of a fact by row, with their columns; *which* has the index of the column."""

    values: Sequence[Any]
    headers: tuple[str, ...]
    which: Sequence[int] | None = None


class CellValue(NamedTuple):
    """A value of a fact with its origin, computed from *rows* rows."""

    fact: str
    value: Any
    as_of: date | None
    origin: CellOrigin
    rows: int = 1


@dataclass
class EntityColumns:
    """Accounts, people or members of the team; each has one position in every column.

    Attributes:
        facts: Values by fact; None if unknown.
        headers: By table and fact, the columns that the value can come from.
        which: By fact with several such columns, the index of the column.
        runs: Table index, first position and end position of the rows of each table, in order.
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
    #: Keys in ascending order, so without duplicates, that are not in the index yet.
    _ordered: list[str] = field(default_factory=list)
    #: Other columns of accounts and people.
    more: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def index(self) -> dict[str, int]:
        """Return the positions by normalized id."""
        if self._ordered:
            self._index = {key: place for place, key in enumerate(self._ordered)}
            self._ordered = []
        return self._index

    def enter(self, keys: Sequence[str]) -> bool:
        """Put the keys of the rows that are added next into the index.

        Returns:
            Whether there is no duplicate key; if there is, the index does not change.
        """
        # Most exports are sorted by id, and many are never referred to by id.
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
        """Add valid rows; all columns have the same length."""
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
        """Return the column of the value of a fact."""
        headers = self.headers[self.tables[place], fact]
        return headers[self.which[fact][place] if len(headers) > 1 else 0]

    def values_at(self, place: int) -> Iterator[CellValue]:
        """Yield the values of the entity at *place*."""
        table, row, as_of = self.tables[place], self.rows[place], self.as_of[place]
        for fact, values in self.facts.items():
            if (value := values[place]) is not None:
                yield CellValue(
                    fact, value, as_of, CellOrigin(table, row, self.header(fact, place))
                )


@dataclass
class Meetings:
    """Meetings and messages that may count; each has one position in every column."""

    accounts: array[int] = field(default_factory=lambda: array("i"))
    people: array[int] = field(default_factory=lambda: array("i"))
    members: array[int] = field(default_factory=lambda: array("i"))
    days: array[int] = field(default_factory=lambda: array("i"))
    tables: array[int] = field(default_factory=lambda: array("H"))
    rows: array[int] = field(default_factory=lambda: array("I"))
    columns: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EventRow:
    """An event of an account; *member* and *person* are positions, negative for nobody."""

    id: str
    member: int
    person: int
    told: list[CellValue]


@dataclass(frozen=True)
class ImportedTask:
    """An entry of the plan of an account, as far as its row says.

    Attributes:
        entry: Its owner is text; whom it is about is in *people*.
        owner: The position of the member of the team who owns it, negative for nobody.
        people: The positions of people of the account.
        table, row: Where it is.
        within_days: How long before the export it may have been done.
    """

    entry: PlanEntry
    owner: int
    people: tuple[int, ...]
    table: int
    row: int
    within_days: int


@dataclass
class Collected:
    """All rows read so far.

    Attributes:
        belongs: Values by account and person, for the accounts of people besides their own.
        said_of_pairs: Values by account and person.
        events: By account.
        plan: By account, the entries of its plan.
        lone: By person without an account of their own, the code of the reason.
        assumed: By table index and fact, where values rest on words found in cells.
        currency: The code of the currency of amounts; empty if no cell names one.
        newest: The latest day on which a record was created or changed; None if unknown.
    """

    tables: list[SourceTable]
    accounts: EntityColumns = field(default_factory=EntityColumns)
    people: EntityColumns = field(default_factory=EntityColumns)
    team: EntityColumns = field(default_factory=EntityColumns)
    belongs: dict[tuple[int, int], list[CellValue]] = field(default_factory=dict)
    said_of_pairs: dict[tuple[int, int], list[CellValue]] = field(default_factory=dict)
    lone: dict[int, int] = field(default_factory=dict)
    plan: dict[int, list[ImportedTask]] = field(default_factory=dict)
    events: dict[int, list[EventRow]] = field(default_factory=dict)
    meetings: Meetings = field(default_factory=Meetings)
    assumed: set[tuple[int, str]] = field(default_factory=set)
    currency: str = ""
    newest: date | None = None
    flags: list[dict[str, Any]] = field(default_factory=list)
