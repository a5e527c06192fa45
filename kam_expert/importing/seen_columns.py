"""The cells of tables, as a draft of a mapping looks at them: what they are, what they refer to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from kam_expert.facts.answer_text import UNKNOWN_WORDS
from kam_expert.importing.batch import passes
from kam_expert.importing.column_judgement import judged
from kam_expert.importing.equal_texts import domain_of
from kam_expert.importing.references import plain_text
from kam_expert.importing.table import plain_name
from kam_expert.importing.table_fit import keys_named_after

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kam_expert.importing.column_judgement import Judgement
    from kam_expert.importing.mapping_documents import TestDoc
    from kam_expert.importing.table import SourceTable
    from kam_expert.importing.table_fit import Fit

_MOST_ROWS = 200_000
_HALF = 0.5


@dataclass(frozen=True)
class Reference:
    """A column that refers to rows of other tables.

    Attributes:
        many: The number of different cells.
        found: How many of them are an id, a name or an e-mail address there.
        mark: A sign before the references that the ids do not have; empty if there is none.
    """

    column: str
    many: int = 0
    found: int = 0
    mark: str = ""

    @property
    def leads(self) -> bool:
        """Return whether most cells lead to a row."""
        return self.found > _HALF * self.many


class SeenColumns:
    """The cells of the tables of a source; each column is read once.

    Args:
        free_mail: Domains of mail that anybody has.
        totals: The pattern of the first cell of a line of totals.
    """

    def __init__(self, free_mail: frozenset[str], totals: re.Pattern[str]) -> None:
        self._totals = totals
        self._free_mail = {plain_text(domain) for domain in free_mail}
        self._judgements: dict[tuple[int, str], Judgement] = {}
        self._identities: dict[int, set[str]] = {}

    def judged(self, table: SourceTable, column: str) -> Judgement:
        """Return what the cells of a column show."""
        key = (id(table), column)
        if key not in self._judgements:
            self._judgements[key] = judged(table, column)
        return self._judgements[key]

    def reference(self, fit: Fit, role: str, targets: list[Fit]) -> Reference | None:
        """Return the column of a role that refers to most rows of *targets*; None without one.

        The candidates are the columns that the document names, and those that are named after a
        table and its key. The latter count only if they lead somewhere.
        """
        if fit.by_domain(role):
            domains: set[str | None] = set().union(*(self._domains(target) for target in targets))
            return self._by_domain(fit.table, fit.found(role)[0], domains)
        given = fit.candidates(role)
        known = set().union(*(self._identity(target) for target in targets))
        keys = set().union(*(keys_named_after(target.table) for target in targets))
        named = [
            column
            for column in fit.table.header
            if column not in given and plain_name(column) in keys
        ]
        tried = [self._tried(fit.table, column, known) for column in given]
        tried += [one for column in named if (one := self._tried(fit.table, column, known)).leads]
        leading = max(tried, key=lambda reference: reference.found, default=None)
        if leading is None or leading.leads:
            return leading
        # Nothing leads anywhere: a name says more than a number.
        words = [one for one in tried if one.many and not self._is_number(fit.table, one.column)]
        return (words or tried)[0]

    def _is_number(self, table: SourceTable, column: str) -> bool:
        return self.judged(table, column).words == "numbers"

    def _tried(self, table: SourceTable, column: str, known: set[str]) -> Reference:
        cells = self._cells(table, column)
        found = sum(cell in known for cell in cells)
        signs = {cell[0] for cell in cells}
        if not found and len(signs) == 1 and not (sign := signs.pop()).isalnum():
            bare = sum(cell[1:] in known for cell in cells)
            if bare:
                return Reference(column, len(cells), bare, sign)
        return Reference(column, len(cells), found)

    def leads(self, fit: Fit, targets: list[Fit], role: str = "account") -> bool:
        """Return whether most cells of a role refer to rows of *targets*."""
        reference = self.reference(fit, role, targets)
        return reference is not None and reference.leads

    def _by_domain(self, table: SourceTable, column: str, known: set[str | None]) -> Reference:
        domains = {domain_of(cell) for cell in self._cells(table, column)} - self._free_mail
        return Reference(column, len(domains), len(domains & known))

    def _domains(self, fit: Fit) -> set[str | None]:
        cells = (c for column in fit.found("domain")[:1] for c in self._cells(fit.table, column))
        return {domain_of(cell) for cell in cells} - {None, ""}

    def _cells(self, table: SourceTable, column: str) -> set[str]:
        """Return the different cells of a column, each of several values by itself."""
        found: set[str] = set()
        for (cell,) in _rows(table, [column]):
            if not self._totals.fullmatch(cell):
                found.update(plain_text(part) for part in cell.split(";"))
        return found - {""} - UNKNOWN_WORDS

    def _identity(self, fit: Fit) -> set[str]:
        """Return the ids, names and e-mail addresses of the rows of a table."""
        if id(fit) not in self._identities:
            found: set[str] = set()
            for role in ("id", "name", "email"):
                columns = fit.found(role)
                rows = _rows(fit.table, columns if role == "name" else columns[:1])
                found.update(plain_text(" ".join(filter(None, row))) for row in rows)
            # Some systems show a reference as the id and the name.
            shown = _rows(fit.table, [*fit.found("id")[:1], *fit.found("name")])
            found.update(plain_text(" ".join(filter(None, row))) for row in shown)
            self._identities[id(fit)] = found - {""}
        return self._identities[id(fit)]

    def has_ids_of(self, fit: Fit, lengths: tuple[int, ...]) -> bool:
        """Return whether the ids of a table have only these lengths."""
        ids = set().union(*(self._cells(fit.table, column) for column in fit.found("id")[:1]))
        return bool(ids) and all(len(key) in lengths for key in ids)

    def addresses(self, table: SourceTable) -> str:
        """Return the first column of e-mail addresses; empty if there is none."""
        shown = (c for c in table.header if c and self.judged(table, c).words == "e-mail addresses")
        return next(shown, "")

    def passing(self, table: SourceTable, column: str, test: TestDoc) -> int:
        """Return the number of rows whose cell in a column passes a test."""
        return sum(many for (cell,), many in _rows(table, [column]).items() if passes(test, cell))

    def repeated_ids(self, fits: list[Fit]) -> Iterator[tuple[Fit, Fit, int]]:
        """Yield pairs of tables of one kind with the number of ids that both have."""
        ids = [(fit, self._cells(fit.table, fit.found("id")[0])) for fit in fits if fit.found("id")]
        for at, (fit, own) in enumerate(ids):
            for other, theirs in ids[at + 1 :]:
                if other.kind == fit.kind and (both := len(own & theirs)):
                    yield fit, other, both


def _rows(table: SourceTable, columns: list[str]) -> Counter[tuple[str, ...]]:
    """Return the different rows of some columns, each with its number."""
    places = [place for column in columns if (place := table.column(column)) is not None]
    rows = (
        tuple(cell or "" for cell in row)
        for chunk in table.open()
        for row in zip(*(chunk.cells(place, frozenset()) for place in places), strict=True)
    )
    return Counter(islice(rows, _MOST_ROWS) if places else ())
