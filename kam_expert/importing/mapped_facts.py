"""The columns of a source that hold facts: their values, and what has to be asked about them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, Problem, shortened
from kam_expert.facts.answer_text import Style
from kam_expert.facts.number_text import heading_unit
from kam_expert.facts.row_reader import TableCell
from kam_expert.importing.cell_values import FactReader
from kam_expert.importing.collected import Values
from kam_expert.importing.mapping_documents import ColumnDoc
from kam_expert.importing.titles import Titles

if TYPE_CHECKING:
    from kam_expert.importing.batch import Batch, Cells
    from kam_expert.importing.mapping_documents import ValueDoc
    from kam_expert.importing.reading import Reading
    from kam_expert.importing.table import SourceTable


class MappedFacts:
    """Reads the values of facts.

    Attributes:
        titles: What the titles gave.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading, self._base, self._options = reading, reading.base, reading.options
        self._row_counts, self._store = reading.row_counts, reading.store
        titles = reading.mapping.shared.titles
        self.titles = Titles(titles, {name: reading.mapping.words(name) for name in titles.lists})
        self._readers: dict[tuple[int, str], FactReader] = {}
        self._columns: dict[tuple[int, str], tuple[str, ...]] = {}
        self._titled: set[tuple[int, str, int]] = set()

    def values(self, batch: Batch, number: int, facts: dict[str, ValueDoc]) -> dict[str, Values]:
        """Return the values of all rows of a batch by fact."""
        found = {}
        for name, doc in facts.items():
            columns = doc.column or doc.days_since
            reader = self._reader(batch.table, number, name, doc)
            if columns is None:
                found[name] = Values([reader.memo[doc.is_]] * batch.many, ("",))
                continue
            read = []
            for names in columns:
                cells = self._reading.looked_up(batch, ColumnDoc(column=names, lookup=doc.lookup))
                if cells is not None:
                    if 0 in batch.live:
                        cells = [c if live else None
                                 for c, live in zip(cells, batch.live, strict=True)]  # fmt: skip
                    if doc.named in self.titles.doc.lists:
                        self._count_titles(batch, number, names, cells)
                    header = batch.table.shown_column(names)
                    read.append((header, batch.read(names, cells, reader.memo, name)))
                    self._row_counts.cells.skip(batch.live.count(0))
            if len(read) == 1:
                found[name] = Values(read[0][1], (read[0][0],))
            elif read:
                found[name] = _first_known(read)
        return found

    def _count_titles(self, batch: Batch, number: int, names: str, cells: Cells) -> None:
        key = (number, names, batch.start)
        if key not in self._titled:
            self._titled.add(key)
            self.titles.count(Counter(cells))

    def _reader(self, table: SourceTable, number: int, name: str, doc: ValueDoc) -> FactReader:
        reader = self._readers.get((number, name))
        if reader is None:
            columns = () if doc.lookup else tuple(doc.column or doc.days_since or ())
            percent = self._options.percent or self._reading.doc.percent
            if doc.percent is None and percent is not None:
                doc = doc.model_copy(update={"percent": percent})
            titled = None
            if doc.named in self.titles.doc.lists:
                listed = doc.named

                def titled(title: str) -> str | None:
                    return self.titles.value(title, listed, name)

            elif doc.named is not None:
                doc = doc.model_copy(
                    update={"words": {**self._reading.mapping.words(doc.named), **doc.words}}
                )
            reader = FactReader(
                self._base.facts[name],
                doc,
                Style(self._reading.dates, self._reading.decimal),
                lambda: self._reading.style_of(table, columns),
                titled,
                self._options.corrected.get(name),
                self._options.currency or self._reading.doc.currency,
                self._unit(table, name, columns),
            )
            self._readers[number, name] = reader
            self._columns[number, name] = columns
        return reader

    def _unit(self, table: SourceTable, name: str, columns: tuple[str, ...]) -> str:
        """Return the unit of money that the headings of a fact’s columns name."""
        if self._base.facts[name].doc.unit != "money":
            return ""
        shown = [header for names in columns if (header := table.shown_column(names))]
        units = {heading_unit(header)[1] for header in shown}
        if len(units) > 1:
            raise KamError(
                f"{table.shown}: the columns of {name} are in different units "
                f"({', '.join(shown)}); map one of them"
            )
        return units.pop() if units else ""

    def ask(self) -> None:
        """Add the questions about columns as a whole: percentages and currencies."""
        ask = self._row_counts.questions.append
        seen: dict[str, tuple[TableCell, str]] = {}
        for (number, name), reader in self._readers.items():
            table = self._reading.tables[number]
            column = next(iter(self._columns[number, name]), "")
            place = TableCell(table.shown, header=table.shown_column(column))
            if reader.fractions is not None:
                ask(
                    Problem(
                        place,
                        "every value without a percent sign lies between 0 and 1, such as "
                        f'"{reader.fractions}": percent or a fraction of one? choose: '
                        "--percent whole or --percent fraction",
                    )
                )
            for code, cell in reader.currencies.items():
                seen.setdefault(code, (place, cell))
        if len(seen) > 1:
            where = ", ".join(f'{code} ("{cell}" in {at})' for code, (at, cell) in seen.items())
            place, _ = next(iter(seen.values()))
            ask(
                Problem(
                    place,
                    f"amounts in different currencies: {where}; choose the one to read: "
                    f"--currency {next(iter(seen))}",
                )
            )
        if seen:
            code, (place, cell) = next(iter(seen.items()))
            self._name_currency(code, place, cell)
        self._store.assumed = {key for key, reader in self._readers.items() if reader.assumed}

    def _name_currency(self, code: str, place: TableCell, cell: str) -> None:
        """Note the currency that cells name for accounts without one; ask where it is another."""
        self._store.currency = code
        fact, accounts = self._base.currency, self._store.accounts
        if fact is None or code not in self._base.facts[fact].doc.values:
            return
        named = accounts.facts.setdefault(fact, [None] * len(accounts.ids))
        money = [
            values
            for name, values in accounts.facts.items()
            if self._base.facts[name].doc.unit == "money"
        ]
        for at, known in enumerate(named):
            if all(values[at] is None for values in money):
                continue
            if known is None:
                named[at] = code
                accounts.headers.setdefault((accounts.tables[at], fact), (place.header,))
            elif known != code:
                self._row_counts.questions.append(
                    Problem(
                        place,
                        f'"{cell}" is in {code}, and the amounts of account '
                        f'"{shortened(accounts.ids[at])}" are in {known}; map one of the two',
                    )
                )
                return


def _first_known(read: list[tuple[str, list[Any]]]) -> Values:
    """Return for each row the value of the first column that has one."""
    values, which = list(read[0][1]), bytearray(len(read[0][1]))
    for column, (_, more) in enumerate(read[1:], 1):
        for i, value in enumerate(values):
            if value is None and more[i] is not None:
                values[i], which[i] = more[i], column
    return Values(values, tuple(header for header, _ in read), which)
