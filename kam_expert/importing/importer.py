"""Import a source: read its tables in the order of their references."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.gc_pause import gc_paused
from kam_expert.importing.cell_values import read_day
from kam_expert.importing.correspondence import Sides
from kam_expert.importing.duplicate_detection import DuplicateDetection
from kam_expert.importing.entity_tables import ListReader
from kam_expert.importing.import_result import Imported
from kam_expert.importing.imported_accounts import ImportedAccounts
from kam_expert.importing.mapped_facts import MappedFacts
from kam_expert.importing.pairs import PairReader
from kam_expert.importing.person_references import name_people
from kam_expert.importing.plan_rows import PlanReader
from kam_expert.importing.reading import ImportOptions, Lookup, Reading
from kam_expert.importing.row_counts import RowCounts
from kam_expert.importing.source_tables import tables_in
from kam_expert.importing.table import UNSEEN, USED, named, plain_name
from kam_expert.importing.text_rows import TextOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.importing.mapping import SystemMapping
    from kam_expert.importing.mapping_documents import ActivitiesDoc
    from kam_expert.knowledge.base import KnowledgeBase


def import_source(
    source: Path,
    mapping: SystemMapping,
    base: KnowledgeBase,
    options: ImportOptions,
    *,
    skip_bad: bool = False,
) -> Imported:
    """Import a source.

    Args:
        source: A folder, a zip or a file.
        mapping: The meaning of its tables.
        base: The rule base that declares the facts.
        options: The options of the user.
        skip_bad: Skip faulty rows instead of rejecting the source.

    Raises:
        KamError: The source cannot be read, or the user must choose an option.
        SourceError: All faults of its rows, unless *skip_bad*.
    """
    with gc_paused(), tempfile.TemporaryDirectory(prefix="kam_") as temporary:
        return _import(source, Path(temporary), mapping, base, options, skip_bad=skip_bad)


def _import(  # noqa: PLR0913 -- those of `import_source` and a folder for unpacked zips
    source: Path,
    temporary: Path,
    mapping: SystemMapping,
    base: KnowledgeBase,
    options: ImportOptions,
    *,
    skip_bad: bool,
) -> Imported:
    doc = mapping.doc
    # Any text in a mapping may be a column.
    columns = {plain_name(part) for text in _texts(doc.model_dump()) for part in text.split("|")}
    domains = {domain.lower().lstrip("@") for domain in (*options.our_domains, *doc.our_domains)}
    sides = Sides(frozenset(domains), options.opted_out)
    asked = TextOptions(frozenset(columns), options.encoding, sides, options.day)
    tables, unread = tables_in(source, doc.files, asked, temporary)
    row_counts = RowCounts(options.keep, options.leave_out)
    reading = Reading(tables, mapping, base, options, row_counts)
    if not any(named(tables, accounts.from_) for accounts in doc.accounts):
        wanted = ", ".join(name for accounts in doc.accounts for name in accounts.from_)
        there = ", ".join(table.names[0] for table in tables[:20])
        raise KamError(f"{source}: no table of accounts ({wanted}); there is {there}")
    _read_lookups(reading)
    _read_elsewhere(reading)
    facts = MappedFacts(reading)
    lists, pairs = ListReader(reading, facts), PairReader(reading, facts)
    for team in doc.team:
        lists.team(team)
    for accounts in doc.accounts:
        lists.accounts(accounts)
    for people in doc.people:
        lists.people(people)
    name_people(reading)
    for relations in doc.relations:
        pairs.relations(relations)
    for roles in doc.roles:
        pairs.roles(roles)
    for events in doc.events:
        pairs.events(events)
    for activities in (*doc.activities, *_of_mail(reading)):
        pairs.activities(activities)
    plans = PlanReader(reading)
    for rows in doc.plan:
        plans.rows(rows)
    _leave_out_the_rest(reading)
    facts.ask()
    row_counts.ask() if skip_bad else row_counts.complain()
    day = options.day or reading.store.newest
    made = ImportedAccounts(reading.store, mapping, base, day)
    made.settle(row_counts)
    _settle_lookups(reading)
    return Imported(
        made,
        day,
        [row_counts.counts(table) for table in tables],
        row_counts.rejected,
        reading.store.flags,
        DuplicateDetection(reading.store, mapping),
        unread,
        row_counts.cells,
        facts.titles,
        {table: sorted(names) for table, names in reading.lacking.items()},
    )


def _texts(data: Any) -> Iterator[str]:
    """Yield all texts in *data*."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        yield from data
        for part in data.values():
            yield from _texts(part)
    elif isinstance(data, list):
        for part in data:
            yield from _texts(part)


def _read_lookups(reading: Reading) -> None:
    for name, doc in reading.doc.lookups.items():
        lookup = reading.lookups[name] = Lookup()
        lookup.whole = bool(named(reading.tables, doc.from_)) and doc.optional is None
        for _, batch in reading.batches(doc):
            keys = reading.column(batch, doc.key, needed=True) or []
            values = reading.column(batch, doc.value) or [None] * len(keys)
            for i, (key, value) in enumerate(zip(keys, values, strict=True)):
                if key is not None and batch.live[i]:
                    plain, row = reading.keys([key])[0], (batch.table, batch.start + i)
                    if doc.take and _later(value, lookup.values.get(plain), reading):
                        lookup.rows[plain], lookup.values[plain] = row, str(value)
                    lookup.rows.setdefault(plain, row)
                    if value is not None:
                        lookup.values.setdefault(plain, value)


def _later(value: str | None, other: str | None, reading: Reading) -> bool:
    """Return whether *value* is a day, and *other* is none or an earlier one."""
    if value is None or other is None:
        return value is not None
    days = [read_day(text, reading.dates) for text in (value, other)]
    return all(isinstance(day, date) for day in days) and days[0] > days[1]  # type: ignore[operator] # both are dates


def _read_elsewhere(reading: Reading) -> None:
    for reason, doc in reading.doc.elsewhere.items():
        keys: set[str] = set()
        for table in named(reading.tables, doc.from_):
            for start, rows in table.batches():
                batch = reading.bare(table, start, rows)
                cells = reading.column(batch, doc.id, needed=True) or []
                keys.update(reading.keys([cell for cell in cells if cell is not None]))
                table.mark_all(start, rows.many, reading.row_counts.code(reason))
        reading.elsewhere[reason] = keys, tuple(doc.begins or ())


def _leave_out_the_rest(reading: Reading) -> None:
    """Count the rows of tables that the mapping leaves out or does not name."""
    for reason, names in reading.doc.left_out.items():
        for table in named(reading.tables, names):
            _all(reading, table, reason)
    mapped = {
        id(table)
        for doc in (*_docs(reading), *_of_mail(reading))
        for table in named(reading.tables, doc.from_)
    }
    for table in reading.tables:
        if id(table) not in mapped:
            _all(reading, table, "not_in_the_mapping")


def _of_mail(reading: Reading) -> list[ActivitiesDoc]:
    """Return how mail and calendars are read, if the mapping does not say it."""
    told = {name for doc in reading.doc.activities for name in doc.from_}
    return [doc for doc in reading.mapping.shared.activities if told.isdisjoint(doc.from_)]


def _docs(reading: Reading) -> Iterator[Any]:
    doc = reading.doc
    for block in (
        doc.accounts, doc.people, doc.team, doc.relations, doc.roles, doc.events, doc.activities,
        doc.plan,
    ):  # fmt: skip
        yield from block
    yield from doc.lookups.values()


def _all(reading: Reading, table: Any, reason: str) -> None:
    code = reading.row_counts.code(reason)
    for start, rows in table.batches():
        for i in range(rows.many):
            if table.outcomes[start + i] == UNSEEN:
                table.outcomes[start + i] = code


def _settle_lookups(reading: Reading) -> None:
    """Mark the rows that were looked up as used, and the rest as left out."""
    for lookup in reading.lookups.values():
        for key in lookup.asked & lookup.rows.keys():
            table, row = lookup.rows[key]
            table.mark(row, USED)
    for doc in reading.doc.lookups.values():
        for table in named(reading.tables, doc.from_):
            code = reading.row_counts.code("not_asked_for")
            for row, outcome in enumerate(table.outcomes):
                if outcome == UNSEEN:
                    table.mark(row, code)
