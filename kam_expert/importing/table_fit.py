"""Which kind of rows each table of a source holds, by the columns that shipped mappings name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kam_expert.importing.mapping_documents import PeopleDoc
from kam_expert.importing.table import named, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.importing.mapping_documents import MappingDoc, ProposalDoc, TableDoc, Words
    from kam_expert.importing.table import SourceTable

#: The system of the names that tables of one’s own have.
OWN = "tables of one’s own"
KINDS = ("team", "accounts", "people", "relations", "activities")
#: The parts of a table's rows that are columns, in the order of the draft.
ROLES = (
    "id",
    "name",
    "owner",
    "segment",
    "domain",
    "email",
    "account",
    "person",
    "member",
    "date",
    "as_of",
)
_NEEDED = {
    "team": ("id", "name"), "accounts": ("name",), "people": ("name", "account"),
    "activities": ("person", "date"), "relations": ("person", "account"),
}  # fmt: skip
#: Columns that a table of anything has; alone they do not say what its rows are.
_OF_ANYTHING = set(
    map(plain_name, ("id", "name", "attributesreferenceid", "code", "код", "назва", "найменування"))
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass
class Fit:
    """A table as rows of one kind, by the document of a shipped mapping.

    Attributes:
        doc: The document as plain data.
        merit: The number of columns that fit, more if the table has such a name.
        is_named: Whether the table has the name of such rows.
        more: The document of one’s own tables that fits the table best.
    """

    table: SourceTable
    kind: str
    system: str
    doc: dict[str, Any]
    merit: float
    is_named: bool
    more: dict[str, Any] = field(default_factory=dict)

    def found(self, role: str) -> list[str]:
        """Return the columns of the table that the document names for a role."""
        return [
            self.table.header[index]
            for names in columns_of(self.doc.get(role, ()))
            if (index := self.table.column(names)) is not None
        ]

    def candidates(self, role: str) -> list[str]:
        """Return all columns of the table that may have a role, those of ``A|B`` too."""
        given = (self.doc.get(role, ()), self.more.get(role, ()))
        parts = [part for names in columns_of(given) for part in names.split("|")]
        there = [index for part in parts if (index := self.table.column(part)) is not None]
        return [self.table.header[index] for index in dict.fromkeys(there)]

    def by_domain(self, role: str) -> bool:
        """Return whether the column of a role refers by the domain of an address."""
        given = self.doc.get(role)
        return isinstance(given, dict) and given.get("by") == "domain"

    def tells(self) -> bool:
        """Return whether the columns or the name say what the rows are."""
        if self.is_named or self.kind not in ("accounts", "team"):
            return True
        if self.kind == "team":
            return False
        roles = ("id", "name", "owner", "segment", "domain", "facts")
        names = {plain_name(column) for role in roles for column in self.found(role)}
        return bool(names - _OF_ANYTHING)


class ShippedNames:
    """The names of tables and columns in the mappings that come with the program.

    Attributes:
        best: The system whose names the tables have most, after they were chosen.
    """

    def __init__(self, mappings: dict[str, MappingDoc], own: ProposalDoc) -> None:
        self.mappings: dict[str, MappingDoc | ProposalDoc] = dict(mappings)
        self.own = own
        self.mappings[OWN] = own
        self.best = ""

    def documents(self) -> Iterator[tuple[str, str, TableDoc]]:
        """Yield the system, the kind and the document of each table.

        Those of people who only have addresses are not among them: any people have addresses.
        """
        for system, mapping in self.mappings.items():
            for kind in KINDS:
                for doc in getattr(mapping, kind):
                    if not (isinstance(doc, PeopleDoc) and doc.account.by == "domain"):
                        yield system, kind, doc

    def columns(self) -> set[str]:
        """Return the normalized names of all columns."""
        return {
            plain_name(part)
            for _, _, doc in self.documents()
            for names in columns_of(doc.model_dump(by_alias=True, exclude_defaults=True))
            for part in names.split("|")
        }

    def recorded(self) -> list[str]:
        """Return the names of columns that date a record."""
        return [name for mapping in self.mappings.values() for name in mapping.recorded]

    def _completed(self, fit: Fit) -> Fit:
        """Return *fit* with the columns that only tables of one’s own name so."""
        own = [
            self._fit(fit.table, fit.system, kind, doc)
            for system, kind, doc in self.documents()
            if kind == fit.kind and system == OWN
        ]
        best = max(own, key=lambda other: other.merit, default=None)
        if best is None or best.doc == fit.doc:
            return fit
        roles = {role: best.doc[role] for role in ROLES if not fit.found(role) and best.found(role)}
        facts = dict(fit.doc.get("facts", {}))
        for name, value in best.doc.get("facts", {}).items():
            if not any(fit.table.column(c) is not None for c in columns_of(facts.get(name, ()))):
                facts[name] = value
        return replace(fit, doc={**fit.doc, **roles, "facts": facts}, more=best.doc)

    def chosen(self, tables: list[SourceTable]) -> tuple[list[Fit], dict[str, list[SourceTable]]]:
        """Return the kinds of rows of the tables, and by reason the tables to leave out."""
        out: dict[str, list[SourceTable]] = {}
        for reason, names in self.own.left_out.items():
            if gone := [table for table in tables if self._is_called(table, names)]:
                out.setdefault(reason, []).extend(gone)
        gone_by_name = {id(table) for listed in out.values() for table in listed}
        fits = [
            self._fit(table, system, kind, doc)
            for table in tables
            if id(table) not in gone_by_name
            for system, kind, doc in self.documents()
        ]
        chosen = _best(fits)
        self.best = best_system(fits)
        if chosen:
            best = self.mappings[self.best]
            for reason, names in best.left_out.items():
                there = [table for table in named(tables, names) if id(table) not in gone_by_name]
                if there:
                    out.setdefault(reason, []).extend(there)
                    gone_by_name |= {id(table) for table in there}
        kept = [self._completed(fit) for fit in chosen if id(fit.table) not in gone_by_name]
        return kept, out

    def by_domain(self, table: SourceTable) -> Iterator[Fit]:
        """Yield a table as people of whom only the address says where they work."""
        for doc in self.own.people:
            if doc.account.by == "domain":
                fit = self._fit(table, OWN, "people", doc)
                if fit.merit:
                    yield fit

    def _fit(self, table: SourceTable, system: str, kind: str, doc: TableDoc) -> Fit:
        data = doc.model_dump(by_alias=True, exclude_defaults=True)
        is_named = bool(named([table], doc.from_)) or self._is_called(table, doc.from_)
        return Fit(
            table,
            kind,
            system,
            data,
            _merit(table, data, kind, system, is_named=is_named),
            is_named,
        )

    def are_people(self, name: str) -> bool:
        """Return whether tables of people of one's own have such a name."""
        return any(self._is_word(name, doc.from_) for doc in self.own.people[:1])

    def _is_called(self, table: SourceTable, names: Words) -> bool:
        """Return whether the last telling word of a table's name is one of *names*."""
        return any(self._is_word(name, names) for name in table.names)

    def _is_word(self, name: str, names: Words) -> bool:
        filler = set(self.own.filler)
        words = [
            word for word in _WORD.findall(_CAMEL.sub(" ", name).casefold()) if word not in filler
        ]
        return bool(words) and _singular(words[-1]) in {_singular(n.casefold()) for n in names}


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word.removesuffix("s")


def keys_named_after(table: SourceTable) -> set[str]:
    """Return normalized names of columns that refer to a table, such as ``company_id``."""
    found = set()
    for name in table.names:
        plain = plain_name(name)
        found |= {f"{plain}id", f"{_singular(plain)}id"}
    return found


def _merit(
    table: SourceTable, data: dict[str, Any], kind: str, system: str, *, is_named: bool
) -> float:
    """Return how well a table fits a document; 0 if a part that it needs is missing."""
    for role in _NEEDED[kind]:
        if role in data and not any(table.column(c) is not None for c in columns_of(data[role])):
            return 0
    names = list(columns_of({key: data[key] for key in (*ROLES, "facts") if key in data}))
    found: float = sum(table.column(name) is not None for name in names)
    # A table of one's own needs the columns that tell its kinds of rows apart.
    tests = [name for row in data.get("leave_out", {}).values() for test in row for name in test]
    tested = sum(table.column(name) is not None for name in tests)
    if system == OWN and tests and not tested:
        return 0
    found += tested / 4
    # A table of people has the name of its firm as well, so the more telling kind goes first.
    extra = 4 if is_named else 0
    return found + extra + (0.1 if system in ("salesforce", "hubspot") else 0)


def _best(fits: list[Fit]) -> list[Fit]:
    """Return for each table the kinds of rows that it holds, by the system that fits best."""
    of_system: dict[str, float] = {}
    for fit in fits:
        of_system[fit.system] = of_system.get(fit.system, 0) + fit.merit
    best: dict[tuple[int, str], Fit] = {}
    for fit in sorted(fits, key=lambda fit: (-fit.merit, -of_system[fit.system])):
        if fit.merit >= 2:  # noqa: PLR2004 -- one column alone says nothing
            best.setdefault((id(fit.table), fit.kind), fit)
    chosen = []
    for (table, kind), fit in best.items():
        rivals = [other for (one, _), other in best.items() if one == table]
        strongest = max(rival.merit for rival in rivals)
        shared = any(
            rival is not fit and rival.system == fit.system and rival.doc["from"] == fit.doc["from"]
            for rival in rivals
        )
        if fit.merit == strongest or (shared and {kind} < {"accounts", "people"}):
            chosen.append(fit)
    return sorted(chosen, key=lambda fit: KINDS.index(fit.kind))


def best_system(fits: Iterable[Fit]) -> str:
    """Return the system whose names the tables have most; empty if there is no table."""
    merit: dict[str, dict[int, float]] = {}
    for fit in fits:
        of_table = merit.setdefault(fit.system, {})
        of_table[id(fit.table)] = max(fit.merit, of_table.get(id(fit.table), 0))
    return max(merit, key=lambda name: sum(merit[name].values()), default="")


def columns_of(data: Any) -> Iterator[str]:
    """Yield the names of columns in a part of a document."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list | tuple):
        for part in data:
            yield from columns_of(part)
    elif isinstance(data, dict):
        if "column" in data or "days_since" in data:
            yield from columns_of(data.get("column") or data["days_since"])
        else:
            for part in data.values():
                yield from columns_of(part)
