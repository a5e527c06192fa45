"""Read the tables of a source by a mapping: what all kinds of tables share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.importing.batch import Batch, Cells
from kam_expert.importing.cell_values import FactReader, Memo, read_day
from kam_expert.importing.chunk import without_time
from kam_expert.importing.collected import Collected, Values
from kam_expert.importing.mapping_documents import ColumnDoc
from kam_expert.importing.references import AMBIGUOUS, Keys, NameIndex
from kam_expert.importing.table import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from kam_expert.importing.chunk import Chunk
    from kam_expert.importing.mapping import SystemMapping
    from kam_expert.importing.mapping_documents import RefDoc, TableDoc, ValueDoc
    from kam_expert.importing.row_counts import RowCounts
    from kam_expert.importing.table import SourceTable
    from kam_expert.knowledge.base import KnowledgeBase

_NEAREST_FOR, _NEAREST_AMONG = 20, 2000
NOWHERE = -1


@dataclass(frozen=True)
class ImportOptions:
    """The options of an import.

    Attributes:
        day: The day of the export; None to take it from the records.
        dates: dmy or mdy.
        decimal: point or comma.
        encoding: The encoding of text files.
        keep, leave_out: The reasons of the mapping's `ask` by the user's decision.
    """

    day: date | None = None
    dates: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    keep: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()


class Lookup:
    """The rows of a lookup table by key.

    Attributes:
        asked: The keys that were looked up.
        whole: Whether every key must be present.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.rows: dict[str, tuple[SourceTable, int]] = {}
        self.asked: set[str] = set()
        self.whole = False


class Reading:
    """The state of an import while its tables are read.

    Attributes:
        gone: By list and key of a left-out or rejected row, the code of the reason.
        elsewhere: By reason, the keys and prefixes of keys outside of the import.
        unmatched: By fact, its reader, which counts values that no list of the mapping has.
        lacking: By table, columns of the mapping that it does not have.
    """

    def __init__(
        self,
        tables: list[SourceTable],
        mapping: SystemMapping,
        base: KnowledgeBase,
        options: ImportOptions,
        row_counts: RowCounts,
    ) -> None:
        self.tables, self.mapping, self.doc = tables, mapping, mapping.doc
        self.base, self.options, self.row_counts = base, options, row_counts
        self.unknown = mapping.unknown()
        self.dates = options.dates or self.doc.dates
        self.decimal = options.decimal or self.doc.decimal
        self.store = Collected(tables)
        self.keys = Keys(self.doc.ids, self.doc.reference_mark)
        mail = frozenset(mapping.shared.free_mail)
        lists = {"accounts": self.store.accounts, "people": self.store.people,
                 "team": self.store.team}  # fmt: skip
        self.names = {name: NameIndex(listed, mail) for name, listed in lists.items()}
        self.gone: dict[str, dict[str, int]] = {name: {} for name in lists}
        self.lookups: dict[str, Lookup] = {}
        self.elsewhere: dict[str, tuple[set[str], tuple[str, ...]]] = {}
        self.unmatched: dict[str, FactReader] = {}
        self.lacking: dict[str, set[str]] = {}
        self.days = Memo(lambda cell: read_day(cell, self.dates))
        self._readers: dict[tuple[int, str], FactReader] = {}

    def batches(self, doc: TableDoc) -> Iterator[tuple[int, Batch]]:
        """Yield the rows of the tables that *doc* names, without those it leaves out.

        Each batch comes with the index of its table. Rows that need a decision of the user are
        faults until it is made.
        """
        for table in named(self.tables, doc.from_):
            number = self.tables.index(table)
            for start, rows in table.batches():
                batch = self.bare(table, start, rows)
                self._note_newest(batch)
                for reason, condition in doc.leave_out.items():
                    code = self.row_counts.code(reason)
                    for i in batch.matching(condition, self._tested):
                        self._out(batch, i, doc, code)
                for reason, condition in doc.ask.items():
                    if reason not in self.options.keep:
                        self._ask(batch, reason, condition, doc)
                yield number, batch

    def bare(self, table: SourceTable, start: int, rows: Chunk) -> Batch:
        """Return rows as a batch without leaving any out."""
        return Batch(table, start, rows, self.unknown, self.row_counts)

    def _out(self, batch: Batch, i: int, doc: TableDoc, code: int) -> None:
        batch.leave_out(i, code)
        identity = getattr(doc, "id", None)
        kind = type(doc).__name__.removesuffix("Doc").lower()
        if identity is not None and kind in self.gone:
            cells = self.looked_up(batch, identity)
            if cells is not None and (cell := cells[i]) is not None:
                self.gone[kind][self.keys([cell])[0]] = code

    def _ask(self, batch: Batch, reason: str, condition: Any, doc: TableDoc) -> None:
        for i in batch.matching(condition, self._tested):
            if reason in self.options.leave_out:
                self._out(batch, i, doc, self.row_counts.code(reason))
            else:
                names = next(iter(condition[0]))
                value = (batch.cells(names) or [None] * (i + 1))[i]
                what = f"may be a {reason}: choose --leave-out {reason} or --keep {reason}"
                batch.fail(i, names, value, what)

    def _note_newest(self, batch: Batch) -> None:
        for names in self.doc.recorded:
            for day in set(batch.days(names) or ()) - {None}:
                read = self.days[day]
                if not hasattr(read, "message") and (
                    self.store.newest is None or read > self.store.newest
                ):
                    self.store.newest = read

    def column(self, batch: Batch, names: str, *, needed: bool = False) -> Cells | None:
        """Return a column of a batch; None if it is optional and missing.

        Raises:
            KamError: A required column is missing.
        """
        return batch.cells(names) if self._has(batch, names, needed=needed) else None

    def _has(self, batch: Batch, names: str, *, needed: bool = False) -> bool:
        if batch.table.column(names) is not None:
            return True
        if needed or self.doc.missing_columns == "error":
            raise KamError(str(batch.table.lacks(names)))
        self.lacking.setdefault(batch.table.shown, set()).add(names)
        return False

    def _tested(self, batch: Batch, names: str) -> Cells | None:
        # Without the column there is nothing to leave out.
        return batch.cells(names) or (
            None if self.doc.missing_columns == "allowed" else self.column(batch, names)
        )

    def looked_up(self, batch: Batch, doc: ColumnDoc, *, needed: bool = False) -> Cells | None:
        """Return a column, or the values of its lookup."""
        cells = self.column(batch, doc.column, needed=needed)
        if cells is None or doc.lookup is None:
            return cells
        lookup = self.lookups[doc.lookup]
        different = list(set(cells))
        keys = dict(zip(different, self.keys([cell or "" for cell in different]), strict=True))
        if lookup.whole and not lookup.rows.keys() >= set(keys.values()):
            for i, cell in enumerate(cells):
                if (
                    cell
                    and keys[cell] not in lookup.rows
                    and batch.live[i]
                    and not self._gone_to(cell)
                ):
                    what = f'"{shortened(cell)}" is not in {doc.lookup}'
                    batch.fail(i, doc.column, cell, what)
        lookup.asked.update(keys.values())
        said = {cell: lookup.values.get(key) for cell, key in keys.items()}
        return [said[cell] for cell in cells]

    def day_column(self, batch: Batch, doc: ColumnDoc | None) -> Sequence[date | None]:
        """Return the dates of a column; None for each row if the column is missing."""
        if doc is None or not self._has(batch, doc.column):
            return [None] * batch.many
        if doc.lookup:
            days = [cell and without_time(cell) for cell in self.looked_up(batch, doc) or []]
        else:
            days = batch.days(doc.column) or []
        return batch.read(doc.column, days, self.days)

    def facts(self, batch: Batch, number: int, facts: dict[str, ValueDoc]) -> dict[str, Values]:
        """Return the values of all rows of a batch by fact."""
        found = {}
        for name, doc in facts.items():
            memo = self._reader(number, name, doc).memo
            if doc.column is None:
                found[name] = Values([memo[doc.is_]] * batch.many, ("",))
                continue
            read = []
            for names in doc.column:
                cells = self.looked_up(batch, ColumnDoc(column=names, lookup=doc.lookup))
                if cells is not None:
                    if 0 in batch.live:
                        cells = [c if live else None
                                 for c, live in zip(cells, batch.live, strict=True)]  # fmt: skip
                    header = batch.table.place(0, names).header
                    read.append((header, batch.read(names, cells, memo)))
            if len(read) == 1:
                found[name] = Values(read[0][1], (read[0][0],))
            elif read:
                found[name] = _first_known(read)
        return found

    def _reader(self, number: int, name: str, doc: ValueDoc) -> FactReader:
        reader = self._readers.get((number, name))
        if reader is None:
            words = self.mapping.words(doc.named) if doc.named else {}
            fact = self.base.facts[name]
            reader = FactReader(fact, doc, words, self.dates, self.decimal)
            self._readers[number, name] = self.unmatched[name] = reader
        return reader

    def places(self, batch: Batch, doc: RefDoc, kind: str, missing: str | None) -> list[list[int]]:
        """Return the positions that each row refers to; none for a row that is left out.

        Args:
            batch: The rows.
            doc: The column with the references.
            kind: accounts, people or team.
            missing: The reason to leave out a row without a reference; None keeps it.
        """
        cells = self.looked_up(batch, doc) or [None] * batch.many
        found: list[list[int]] = []
        known: dict[str | None, int] = {}
        for i, cell in enumerate(cells):
            parts = [cell] if cell is None or doc.split is None else cell.split(doc.split)
            places: list[int] = []
            reasons: list[int] = []
            for part in parts:
                place = known.get(part, NOWHERE) if batch.live[i] else NOWHERE
                if place == NOWHERE:
                    place = self.place(batch, i, doc, kind, part and part.strip())
                if place >= 0:
                    known[part] = place
                (places if place >= 0 else reasons).append(place)
            found.append(places)
            if not places and batch.live[i]:
                code = next((-r for r in reasons if r < AMBIGUOUS), None)
                if code is not None:
                    batch.leave_out(i, code)
                elif missing is not None:
                    batch.leave_out(i, self.row_counts.code(missing))
        return found

    def place(self, batch: Batch, i: int, doc: RefDoc, kind: str, cell: str | None) -> int:
        """Return the position that a cell refers to, -1 for none, or minus the code of a reason."""
        if not cell or not batch.live[i]:
            return NOWHERE
        names = self.names[kind]
        place = key = None
        for how in ("id", "email", "name") if doc.by == "any" else (doc.by,):
            tried = self.keys([cell])[0] if how == "id" else names.plain(how, cell)
            key = key or tried
            if tried is not None and (place := names.by(how).get(tried)) is not None:
                break
        if key is None:
            return NOWHERE
        if place is not None and place >= 0:
            return place
        if place == AMBIGUOUS:
            what = f'ambiguous {doc.by} "{shortened(cell)}" in the {kind}; refer by id'
            batch.fail(i, doc.column, cell, what)
            return NOWHERE
        code = self.gone[kind].get(key) or self._gone_to(cell)
        if code is not None:
            return -code
        near = ""
        if len(self.row_counts.rejected) < _NEAREST_FOR:
            # The search for the nearest name is slow, and nobody reads thousands of messages.
            known = names.by("id" if doc.by == "any" else doc.by)
            near = did_you_mean(cell, islice(known, _NEAREST_AMONG))
        batch.fail(i, doc.column, cell, f'unknown reference "{shortened(cell)}" to {kind}.{near}')
        return NOWHERE

    def _gone_to(self, cell: str) -> int | None:
        """Return the code of the reason if a reference leads outside of the import, else None."""
        key = self.keys([cell])[0]
        for reason, (keys, begins) in self.elsewhere.items():
            if key in keys or cell.startswith(begins):
                return self.row_counts.code(reason)
        return None

    def has_team(self) -> bool:
        """Return whether the source has a table of the team."""
        return any(named(self.tables, doc.from_) for doc in self.doc.team)

    def make_members(self, batch: Batch, doc: RefDoc) -> None:
        """Create members of the team from the names in *doc*, if no table lists them."""
        cells = self.looked_up(batch, doc) or []
        for i, cell in enumerate(batch.texts(doc.column, cells)):
            if cell is not None and batch.live[i]:
                key = self.keys([cell])[0]
                if key not in self.store.team.index:
                    row = [batch.start + i]
                    number = self.tables.index(batch.table)
                    more: dict[str, Sequence[Any]] = {
                        "email": [cell if doc.by == "email" else None],
                        "made": [True],
                    }
                    shown = self.keys.shown([cell])
                    self.store.team.enter([key])
                    self.store.team.add(shown, shown, number, row, [None], {}, more)


def _first_known(read: list[tuple[str, list[Any]]]) -> Values:
    """Return for each row the value of the first column that has one."""
    values, which = list(read[0][1]), bytearray(len(read[0][1]))
    for column, (_, more) in enumerate(read[1:], 1):
        for i, value in enumerate(values):
            if value is None and more[i] is not None:
                values[i], which[i] = more[i], column
    return Values(values, tuple(header for header, _ in read), which)
