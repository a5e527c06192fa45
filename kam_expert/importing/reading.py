"""Read the tables of a source by a mapping: what all kinds of tables share."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.facts.answer_text import Style
from kam_expert.facts.date_text import date_order
from kam_expert.facts.number_text import decimal_sign
from kam_expert.facts.plain_text import folded
from kam_expert.importing.batch import Batch, Cells
from kam_expert.importing.cell_values import Bad, Memo, read_day
from kam_expert.importing.chunk import without_time
from kam_expert.importing.collected import Collected
from kam_expert.importing.mapping_documents import ColumnDoc, RefDoc
from kam_expert.importing.references import Keys, NameIndex
from kam_expert.importing.row_references import RowReferences
from kam_expert.importing.table import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from kam_expert.importing.chunk import Chunk
    from kam_expert.importing.mapping import SystemMapping
    from kam_expert.importing.mapping_documents import SharedDoc, TableDoc
    from kam_expert.importing.row_counts import RowCounts
    from kam_expert.importing.table import SourceTable
    from kam_expert.knowledge.base import KnowledgeBase

_ADDRESS = re.compile(r"(?<![^\s<>,;:@\"'])[^\s<>,;:@\"']+@[^\s<>,;:@\"']+\.[^\s<>,;:@\"']+")


@dataclass(frozen=True)
class ImportOptions:
    """The options of an import.

    Attributes:
        day: The day of the export; None to take it from the records.
        dates: dmy or mdy.
        decimal: point or comma.
        encoding: The encoding of text files.
        percent: ``whole`` if 0.4 is 0.4 %, ``fraction`` if it is 40 %.
        our_domains: The domains of our mail.
        opted_out: E-mail addresses of people about whom nothing may be kept.
        currency: The code of the one currency to read; amounts in others stay unknown.
        corrected: By fact and folded text, what a person put in its place.
        keep, leave_out: The reasons of the mapping's `ask` by the user's decision.
    """

    day: date | None = None
    dates: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    percent: str | None = None
    currency: str | None = None
    our_domains: tuple[str, ...] = ()
    opted_out: frozenset[str] = frozenset()
    corrected: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
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


def totals_in(shared: SharedDoc) -> re.Pattern[str]:
    """Return the pattern of the first cell of a line of totals."""
    words = "|".join(re.escape(word) for word in shared.totals)
    return re.compile(rf"(?:{words})s?(?!\w)[\W\d]*?(?:\([^)]*\))?", re.IGNORECASE)


class Reading(RowReferences):
    """The state of an import while its tables are read.

    Attributes:
        gone: By list and key of a left-out or rejected row, the code of the reason.
        elsewhere: By reason, the keys and prefixes of keys outside of the import.
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
        self.corrected = options.corrected.get("", {})
        self.unknown = mapping.unknown()
        self.totals = totals_in(mapping.shared)
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
        self.lacking: dict[str, set[str]] = {}
        self._days: dict[tuple[int, str], Memo] = {}
        self._styles: dict[tuple[int, tuple[str, ...]], Style] = {}

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

    def own_name(self, table: SourceTable) -> str:
        """Return the name of a table that no other table has."""
        name = table.names[-1]
        alone = sum(name in other.names for other in self.tables) == 1
        return name if alone else table.shown

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
            memo = self.days(batch.table, names)
            for day in set(batch.days(names) or ()) - {None}:
                read = memo[day]
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

    def days(self, table: SourceTable, names: str) -> Memo:
        """Return a reader of the dates of a column; the whole column shows their order."""
        key = (self.tables.index(table), names)
        if key not in self._days:

            def order() -> str | None:
                return self.style_of(table, (names,)).dates

            put = self.corrected
            self._days[key] = Memo(
                lambda cell: read_day(put.get(folded(cell), cell), self.dates, order)
            )
        return self._days[key]

    def style_of(self, table: SourceTable, columns: tuple[str, ...]) -> Style:
        """Return how columns write dates and numbers, judged by all of their cells."""
        key = (self.tables.index(table), columns)
        if key not in self._styles:
            cells: set[str] = set()
            for names in columns:
                if (index := table.column(names)) is not None:
                    for rows in table.open():
                        cells.update(c for c in rows.cells(index, self.unknown) if c)
            orders = {order for cell in cells if (order := date_order(cell[:10]))}
            signs = {sign for cell in cells if (sign := decimal_sign(cell))}
            self._styles[key] = Style(
                self.dates or (orders.pop() if len(orders) == 1 else None),
                self.decimal or (signs.pop() if len(signs) == 1 else None),
            )
        return self._styles[key]

    def looked_up(
        self, batch: Batch, doc: ColumnDoc, *, needed: bool = False, belongs: bool = False
    ) -> Cells | None:
        """Return a column, or the values of its lookup.

        Args:
            batch: The rows.
            doc: The column.
            needed: Whether the column must exist.
            belongs: Whether a key that is not in the lookup rejects its row.
        """
        cells = self.column(batch, doc.column, needed=needed and not doc.otherwise)
        for names in doc.otherwise:
            cells = _filled(cells, batch.cells(names))
        if cells is None and doc.otherwise and needed:
            raise KamError(str(batch.table.lacks(doc.column)))
        if isinstance(doc, RefDoc) and doc.only is not None and cells is not None:
            passed = set(batch.matching(doc.only, self._tested))
            cells = [cell if i in passed else None for i, cell in enumerate(cells)]
        if cells is not None and doc.take is not None:
            cells = [cell and _taken(cell, doc.take) for cell in cells]
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
                    if belongs:
                        batch.fail(i, doc.column, cell, what)
                    else:
                        batch.miss(i, doc.column, cell, Bad(what))
        lookup.asked.update(keys.values())
        said = {cell: lookup.values.get(key) for cell, key in keys.items()}
        return [said[cell] for cell in cells]

    def day_column(self, batch: Batch, doc: ColumnDoc | None) -> Sequence[date | None]:
        """Return the dates of a column; None for each row if the column is missing."""
        there = doc is not None and any(batch.table.column(n) is not None for n in doc.otherwise)
        if doc is None or not (there or self._has(batch, doc.column)):
            return [None] * batch.many
        if doc.lookup:
            days = [cell and without_time(cell) for cell in self.looked_up(batch, doc) or []]
        else:
            days = batch.days(doc.column) or [None] * batch.many
            for names in doc.otherwise:
                days = _filled(days, batch.days(names)) or days
        return batch.read(doc.column, days, self.days(batch.table, doc.column))


def _filled(cells: Cells | None, others: Cells | None) -> Cells | None:
    """Return *cells* with those of *others* in the rows where there is none."""
    if cells is None or others is None:
        return others if cells is None else cells
    return [other if cell is None else cell for cell, other in zip(cells, others, strict=True)]


def _taken(cell: str, take: str) -> str | None:
    """Return the part of a cell that a mapping asks for, None if there is none."""
    if take == "email":
        found = _ADDRESS.search(cell)
        return found[0] if found else None
    try:
        data = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    value = data.get(take.removeprefix("json.")) if isinstance(data, dict) else None
    return None if value is None or isinstance(value, dict | list) else str(value)
