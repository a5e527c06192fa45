"""Import a source: read its tables in the order in which they refer to each other, and settle."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kam_expert.errors import KamError
from kam_expert.gc_pause import gc_paused
from kam_expert.importing.duplicate_detection import DuplicateDetection
from kam_expert.importing.entity_tables import ListReader
from kam_expert.importing.imported_accounts import Made
from kam_expert.importing.pairs import PairReader
from kam_expert.importing.reading import ImportOptions, Lookup, Reading
from kam_expert.importing.row_counts import Counts, Rejected, RowCounts
from kam_expert.importing.source_tables import tables_in
from kam_expert.importing.table import UNSEEN, USED, named, plain_name
from kam_expert.importing.text_rows import TextOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from kam_expert.importing.mapping import SystemMapping
    from kam_expert.importing.mapping_documents import MappingDoc
    from kam_expert.importing.workbooks import Workbooks
    from kam_expert.knowledge.base import KnowledgeBase

_UNMATCHED_SHOWN = 8
#: Where a mapping names a column for its day.
_DAYS = ("recorded", "as_of", "date")


class Alike(Protocol):
    """What finds things that look alike."""

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups, as data."""
        ...


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes:
        made: The accounts.
        day: The day of the export; None where nothing needed it.
        counts: What became of the rows of each table.
        rejected: The faults of rows that were skipped.
        flags: What needs a look, as data.
        alike: What looks alike, while it may still be looked for.
        unread: Files that hold no table.
        unmatched: By fact, values that stand in no list of the mapping.
        lacking: By table, columns that the mapping names and the table does not have.
    """

    made: Made | Workbooks
    day: date | None
    counts: list[Counts]
    rejected: list[Rejected]
    flags: list[dict[str, Any]]
    alike: Alike
    unread: list[str]
    unmatched: dict[str, list[str]]
    lacking: dict[str, list[str]]

    @cached_property
    def candidates(self) -> list[dict[str, Any]]:
        """Return what looks alike or needs a look, as data."""
        return [*self.flags, *self.alike.groups()]


def import_source(
    source: Path,
    mapping: SystemMapping,
    base: KnowledgeBase,
    wishes: ImportOptions,
    *,
    skip_bad: bool = False,
) -> Imported:
    """Read a source by a mapping.

    Args:
        source: A folder, a zip or a file.
        mapping: Which table is what.
        base: Whose vocabulary the facts are of.
        wishes: What the user said on how to read it.
        skip_bad: Leave faulty rows out instead of refusing the source.

    Raises:
        KamError: The source cannot be read, or something must be asked first.
        SourceError: All faults of its rows, unless *skip_bad*.
    """
    with gc_paused(), tempfile.TemporaryDirectory(prefix="kam_") as aside:
        return _import(source, Path(aside), mapping, base, wishes, skip_bad=skip_bad)


def _import(  # noqa: PLR0913 -- that of `import_source`, and where zips are unpacked
    source: Path,
    aside: Path,
    mapping: SystemMapping,
    base: KnowledgeBase,
    wishes: ImportOptions,
    *,
    skip_bad: bool,
) -> Imported:
    doc = mapping.doc
    asked = TextOptions(*_columns(doc), mapping.unknown(), wishes.encoding)
    tables, unread = tables_in(source, doc.files, asked, aside)
    ledger = RowCounts(wishes.keep, wishes.leave_out)
    reading = Reading(tables, mapping, base, wishes, ledger)
    if not any(named(tables, accounts.from_) for accounts in doc.accounts):
        wanted = ", ".join(name for accounts in doc.accounts for name in accounts.from_)
        there = ", ".join(table.names[0] for table in tables[:20])
        raise KamError(f"{source}: no table of accounts ({wanted}); there is {there}")
    _read_lookups(reading)
    _read_elsewhere(reading)
    lists, pairs = ListReader(reading), PairReader(reading)
    for team in doc.team:
        lists.team(team)
    for accounts in doc.accounts:
        lists.accounts(accounts)
    for people in doc.people:
        lists.people(people)
    for relations in doc.relations:
        pairs.relations(relations)
    for roles in doc.roles:
        pairs.roles(roles)
    for activities in doc.activities:
        pairs.activities(activities)
    _leave_out_the_rest(reading)
    if not skip_bad:
        ledger.complain()
    day = wishes.day or reading.store.newest
    made = Made(reading.store, mapping, base, day)
    made.settle(ledger)
    _settle_lookups(reading)
    return Imported(
        made,
        day,
        [ledger.counts(table) for table in tables],
        ledger.rejected,
        reading.store.flags,
        DuplicateDetection(reading.store, mapping),
        unread,
        {
            fact: [cell for cell, _ in reader.unmatched.most_common(_UNMATCHED_SHOWN)]
            for fact, reader in reading.unmatched.items()
            if reader.unmatched
        },
        {table: sorted(names) for table, names in reading.lacking.items()},
    )


def _columns(doc: MappingDoc) -> tuple[frozenset[str], frozenset[str]]:
    """Return the columns that a mapping names, and those of them that it names as days only."""
    plain: set[str] = set()
    days: set[str] = set()
    # Whatever text stands in it may be a column.
    for text, day in _texts(doc.model_dump()):
        (days if day else plain).update(map(plain_name, text.split("|")))
    return frozenset(plain | days), frozenset(days - plain)


def _texts(data: Any, *, day: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the texts in *data*, each with whether it stands where a day is meant."""
    if isinstance(data, str):
        yield data, day
    elif isinstance(data, dict):
        # Of a key that is looked up, or what is tested, the day is not enough.
        day = day and data.keys() == {"column", "lookup"} and data["lookup"] is None
        for key, part in data.items():
            yield key, False
            yield from _texts(part, day=day or key in _DAYS)
    elif isinstance(data, list):
        for part in data:
            yield from _texts(part, day=day)


def _read_lookups(reading: Reading) -> None:
    for name, doc in reading.doc.lookups.items():
        lookup = reading.lookups[name] = Lookup()
        there = named(reading.tables, doc.from_)
        lookup.whole = bool(there) and doc.optional is None
        for table in there:
            for start, rows in table.batches():
                batch = reading.bare(table, start, rows)
                keys = reading.column(batch, doc.key, needed=True) or []
                values = reading.column(batch, doc.value) or [None] * len(keys)
                for i, (key, value) in enumerate(zip(keys, values, strict=True)):
                    if key is not None and batch.live[i]:
                        plain = reading.keys([key])[0]
                        lookup.rows.setdefault(plain, (table, start + i))
                        if value is not None:
                            lookup.values.setdefault(plain, value)


def _read_elsewhere(reading: Reading) -> None:
    for reason, doc in reading.doc.elsewhere.items():
        keys: set[str] = set()
        for table in named(reading.tables, doc.from_):
            for start, rows in table.batches():
                batch = reading.bare(table, start, rows)
                cells = reading.column(batch, doc.id, needed=True) or []
                keys.update(reading.keys([cell for cell in cells if cell is not None]))
                table.mark_all(start, rows.many, reading.ledger.code(reason))
        reading.elsewhere[reason] = keys, tuple(doc.begins or ())


def _leave_out_the_rest(reading: Reading) -> None:
    """Count the rows of tables that the mapping leaves out, or does not name."""
    for reason, names in reading.doc.left_out.items():
        for table in named(reading.tables, names):
            _all(reading, table, reason)
    mapped = {id(table) for doc in _docs(reading) for table in named(reading.tables, doc.from_)}
    for table in reading.tables:
        if id(table) not in mapped:
            _all(reading, table, "not_in_the_mapping")


def _docs(reading: Reading) -> Iterator[Any]:
    doc = reading.doc
    for block in (doc.accounts, doc.people, doc.team, doc.relations, doc.roles, doc.activities):
        yield from block
    yield from doc.lookups.values()


def _all(reading: Reading, table: Any, reason: str) -> None:
    code = reading.ledger.code(reason)
    for start, rows in table.batches():
        for i in range(rows.many):
            if table.outcomes[start + i] == UNSEEN:
                table.outcomes[start + i] = code


def _settle_lookups(reading: Reading) -> None:
    """Call those rows used that were looked up, and the rest left out."""
    for lookup in reading.lookups.values():
        for key in lookup.asked & lookup.rows.keys():
            table, row = lookup.rows[key]
            table.mark(row, USED)
    for doc in reading.doc.lookups.values():
        for table in named(reading.tables, doc.from_):
            code = reading.ledger.code("not_asked_for")
            for row, outcome in enumerate(table.outcomes):
                if outcome == UNSEEN:
                    table.mark(row, code)
