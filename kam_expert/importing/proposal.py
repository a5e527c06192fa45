"""Draft a mapping for files that nobody has seen before, with a reason for each line.

The shipped mappings say how systems name their columns, so together they are the list of names that
a column of some role can have. The cells then say how the files write dates, numbers and amounts.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.importing.column_judgement import Judgement, judged
from kam_expert.importing.correspondence import Sides
from kam_expert.importing.mapping import load_mapping, load_shared, systems
from kam_expert.importing.mapping_documents import MappingDoc
from kam_expert.importing.source_tables import tables_in
from kam_expert.importing.table import named, plain_name
from kam_expert.importing.text_rows import TextOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.importing.mapping_documents import ProposalDoc, TableDoc
    from kam_expert.importing.table import SourceTable
    from kam_expert.knowledge.base import KnowledgeBase

_KINDS = ("team", "accounts", "people", "relations", "activities")
#: The parts of a table's rows that are columns, in the order of the draft.
_ROLES = (
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
)
_NEEDED = {
    "team": ("id", "name"), "accounts": ("name",), "people": ("name", "account"),
    "activities": ("person", "date"), "relations": ("person", "account"),
}  # fmt: skip


@dataclass
class Proposal:
    """A draft.

    Attributes:
        text: The mapping as YAML.
        questions: What a person has to decide before it is used.
    """

    text: str
    questions: list[str] = field(default_factory=list)


@dataclass
class _Fit:
    """A table as rows of one kind, by the document of a shipped mapping."""

    table: SourceTable
    kind: str
    system: str
    doc: dict[str, Any]
    merit: float


def propose(source: Path, base: KnowledgeBase) -> Proposal:
    """Look at the files of a source and draft a mapping.

    Raises:
        KamError: The source cannot be read, or no table looks like one of accounts or people.
    """
    shipped: list[tuple[str, MappingDoc | ProposalDoc]] = [
        (name, load_mapping(name, None, base).doc) for name in systems()
    ]
    shipped.append(("tables of one’s own", load_shared().proposal))
    known = {
        plain_name(part)
        for _, mapping in shipped
        for kind in _KINDS
        for doc in getattr(mapping, kind)
        for columns in _columns(doc.model_dump(by_alias=True, exclude_defaults=True))
        for part in columns.split("|")
    } | {plain_name(label) for fact in base.facts.values() for label in _labels(fact)}
    with tempfile.TemporaryDirectory(prefix="kam_") as temporary:
        asked = TextOptions(frozenset(known), sides=Sides(frozenset({"invalid"})), every=True)
        tables, unread = tables_in(source, {}, asked, Path(temporary))
        fits = [
            _Fit(table, kind, system, doc.model_dump(by_alias=True, exclude_defaults=True),
                 _merit(table, doc, kind, system))
            for table in tables
            for system, mapping in shipped
            for kind in _KINDS
            for doc in getattr(mapping, kind)
        ]  # fmt: skip
        chosen = _chosen(fits)
        best = dict(shipped)[_best_system(chosen)] if chosen else None
        for names in getattr(best, "left_out", {}).values():
            gone = {id(table) for table in named(tables, names)}
            chosen = [fit for fit in chosen if id(fit.table) not in gone]
        if not any(fit.kind == "people" for fit in chosen) and not any(
            fit.kind == "accounts" for fit in chosen
        ):
            there = ", ".join(table.names[0] for table in tables[:20])
            raise KamError(f"{source}: no table looks like accounts or people; there is {there}")
        draft = _Draft(base, tables, chosen, unread, _best_system(chosen))
        draft.contact = _contact_line(mapping for _, mapping in shipped)
        return draft.proposal()


def _contact_line(shipped: Iterable[MappingDoc | ProposalDoc]) -> list[str]:
    """Return the line on facts computed from meetings, as the shipped mappings have it."""
    for mapping in shipped:
        if isinstance(mapping, MappingDoc) and mapping.contact.days is not None:
            told = mapping.contact.model_dump(exclude_none=True)
            return [f"contact: {{{', '.join(f'{key}: {value}' for key, value in told.items())}}}"]
    return []


def _merit(table: SourceTable, doc: TableDoc, kind: str, system: str) -> float:
    """Return how well a table fits a document; 0 if a part that it needs is missing."""
    data = doc.model_dump(by_alias=True, exclude_defaults=True)
    for role in _NEEDED[kind]:
        if role in data and not any(table.column(c) is not None for c in _columns(data[role])):
            return 0
    columns = list(_columns({key: data[key] for key in (*_ROLES, "facts") if key in data}))
    found: float = sum(table.column(names) is not None for names in columns)
    by_name = bool(named([table], doc.from_))
    tests = [names for row in data.get("leave_out", {}).values() for test in row for names in test]
    found += sum(table.column(names) is not None for names in tests) / 4
    # A table of people has the name of its firm as well, so the more telling kind goes first.
    extra = 4 if by_name else 0
    return found + extra + (0.1 if system in ("salesforce", "hubspot") else 0)


def _chosen(fits: list[_Fit]) -> list[_Fit]:
    """Return for each table the kinds of rows that it holds, by the system that fits best."""
    of_system: dict[str, float] = {}
    for fit in fits:
        of_system[fit.system] = of_system.get(fit.system, 0) + fit.merit
    best: dict[tuple[int, str], _Fit] = {}
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
    return sorted(chosen, key=lambda fit: _KINDS.index(fit.kind))


def _best_system(chosen: list[_Fit]) -> str:
    merit: dict[str, float] = {}
    for fit in chosen:
        merit[fit.system] = merit.get(fit.system, 0) + fit.merit
    return max(merit, key=lambda name: merit[name])


def _columns(data: Any) -> Iterator[str]:
    """Yield the names of columns in a part of a document."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for part in data:
            yield from _columns(part)
    elif isinstance(data, dict):
        if "column" in data or "days_since" in data:
            yield from _columns(data.get("column") or data["days_since"])
        else:
            for part in data.values():
                yield from _columns(part)


def _labels(fact: Any) -> tuple[str, str, str]:
    return fact.name, fact.doc.short.uk, fact.doc.short.en


class _Draft:
    """Writes the draft."""

    def __init__(
        self,
        base: KnowledgeBase,
        tables: list[SourceTable],
        chosen: list[_Fit],
        unread: list[str],
        system: str,
    ) -> None:
        self.contact: list[str] = []
        self.base, self.tables, self.chosen = base, tables, chosen
        self.unread, self.system = unread, system
        self.questions: list[str] = []
        self.judgements: dict[tuple[int, str], Judgement] = {}

    def proposal(self) -> Proposal:
        body = [line for kind in _KINDS for line in self._kind(kind)]
        top = ["# A draft by `kam import --propose`. Read it through before it is used.",
               f"# The names of the columns are most like those of {self.system}.",
               "system: draft", "missing_columns: allowed", *self._forms()]  # fmt: skip
        mapped = {id(fit.table) for fit in self.chosen}
        rest = [table.names[0] for table in self.tables if id(table) not in mapped]
        if rest:
            names = json.dumps(rest, ensure_ascii=False)
            body.append("# No column of these tables says whom they are about.")
            body.append(f"left_out: {{not_understood: {names}}}")
        if self.unread:
            body.append(f"# Not read: {', '.join(self.unread)}")
        body.extend(self.contact)
        asked = [f"# ASK: {question}" for question in self.questions]
        return Proposal("\n".join([*top, *asked, "", *body, ""]), self.questions)

    def _forms(self) -> Iterator[str]:
        """Yield how dates and numbers are written, where the columns agree."""
        for key, values, option in (
            ("dates", ("dmy", "mdy"), "order of dates"),
            ("decimal", ("point", "comma"), "decimal separator"),
        ):
            shown = {
                value: column
                for (_, column), judgement in self.judgements.items()
                for value in getattr(judgement, key)
                if value in values
            }
            if len(shown) == 1:
                ((value, column),) = shown.items()
                yield f'{key}: {value}  # the column "{column}" shows it'
            elif shown:
                where = ", ".join(f'"{column}": {value}' for value, column in shown.items())
                self.questions.append(f"columns disagree about the {option} ({where})")

    def _kind(self, kind: str) -> Iterator[str]:
        fits = [fit for fit in self.chosen if fit.kind == kind]
        if kind == "accounts" and not fits:
            people = [fit for fit in self.chosen if fit.kind == "people"]
            yield "accounts:"
            for fit in people:
                yield from self._firms_of_people(fit)
            return
        if fits:
            yield f"{kind}:"
        for fit in fits:
            yield from self._table(fit)

    def _firms_of_people(self, fit: _Fit) -> Iterator[str]:
        column = self._header(fit.table, fit.doc["account"])
        yield f"  # {fit.table.shown} names the firm of each person; there is no table of firms."
        yield f"  - from: {_quoted(fit.table.names[-1])}"
        yield f"    id: {_quoted(column)}"
        yield f"    name: {_quoted(column)}"
        yield "    repeated: yes"
        yield f"    leave_out: {{no_firm: {{{_quoted(column)}: {{empty: yes}}}}}}"

    def _table(self, fit: _Fit) -> Iterator[str]:
        table, doc = fit.table, fit.doc
        line = f", heading in line {table.heading}" if table.heading > 1 else ""
        yield f"  # {table.shown}{line}: named as in {fit.system}"
        yield f"  - from: {_quoted(table.names[-1])}"
        for role in _ROLES:
            if role in doc:
                yield from self._role(table, role, doc[role])
        if "repeated" in doc:
            yield "    repeated: yes"
        left_out = list(self._left_out(table, doc.get("leave_out", {})))
        if left_out:
            yield "    leave_out:"
            yield from left_out
        if fit.kind not in ("activities", "relations"):
            facts = list(self._facts(table, doc, fit.kind))
            if facts:
                yield "    facts:"
                yield from facts

    def _role(self, table: SourceTable, role: str, given: Any) -> Iterator[str]:
        found = [
            table.header[index]
            for names in _columns(given)
            if (index := table.column(names)) is not None
        ]
        if not found:
            return
        seen = self._seen(table, found[0])
        if role == "id" and seen.shortened:
            self.questions.append(
                f'{table.shown}, column "{found[0]}": a spreadsheet shortened the ids; export again'
            )
        if role == "name":
            shown = f"[{', '.join(map(_quoted, found))}]" if len(found) > 1 else _quoted(found[0])
            yield f"    name: {shown}"
            return
        more = {
            k: v
            for k, v in (given.items() if isinstance(given, dict) else ())
            if k in ("split", "unknown")
        }
        if role in ("owner", "account", "person", "member"):
            more = {"by": "any", **more}
            if seen.separator and role in ("account", "person", "member"):
                more["split"] = seen.separator
        if role == "person":
            more["unknown"] = "leave_out"
        parts = "".join(f", {key}: {_quoted(value)}" for key, value in more.items())
        value = f"{{column: {_quoted(found[0])}{parts}}}" if more else _quoted(found[0])
        yield f"    {role}: {value}{_reason(seen)}"

    def _left_out(self, table: SourceTable, reasons: dict[str, Any]) -> Iterator[str]:
        for reason, rows in reasons.items():
            kept = [row for row in rows if all(table.column(names) is not None for names in row)]
            if kept:
                tests = [
                    {self._header(table, names): test for names, test in row.items()}
                    for row in kept
                ]
                yield f"      {reason}: {json.dumps(tests, ensure_ascii=False)}"

    def _facts(self, table: SourceTable, doc: dict[str, Any], kind: str) -> Iterator[str]:
        told: set[str] = set()
        for name, value in doc.get("facts", {}).items():
            since = "days_since" in value
            columns = value.get("column") or value.get("days_since", [])
            there = [
                self._header(table, names) for names in columns if table.column(names) is not None
            ]
            if not there or "lookup" in value:
                continue
            told.add(name)
            rest = {k: v for k, v in value.items() if k not in ("column", "lookup", "days_since")}
            parts = "".join(f", {k}: {json.dumps(v, ensure_ascii=False)}" for k, v in rest.items())
            seen, source = self._seen(table, there[0]), "column"
            if since and seen.is_date:
                source = "days_since"
            shown = json.dumps(there, ensure_ascii=False)
            yield f"      {name}: {{{source}: {shown}{parts}}}{_reason(seen)}"
            self._ask_about(table, there[0], name)
        of = {"accounts": "account", "people": "person", "team": "member"}[kind]
        for fact in self.base.facts.values():
            if fact.kind != of or fact.name in told or fact.doc.asked_of == "customer":
                continue
            header = next((h for h in map(table.column, _labels(fact)) if h is not None), None)
            if header is None:
                continue
            column = table.header[header]
            seen = self._seen(table, column)
            source = "days_since" if fact.doc.unit == "days" and seen.is_date else "column"
            yield f"      {fact.name}: {{{source}: {_quoted(column)}}}{_reason(seen)}"
            self._ask_about(table, column, fact.name)

    def _ask_about(self, table: SourceTable, column: str, name: str) -> None:
        seen, unit = self._seen(table, column), self.base.facts[name].doc.unit
        where = f'{table.shown}, column "{column}"'
        if unit == "percent" and seen.fractions:
            self.questions.append(
                f"{where}: percent or fractions of one? say percent: whole or fraction"
            )
        if unit == "money" and len(seen.currencies) > 1:
            self.questions.append(
                f"{where}: amounts in {', '.join(sorted(seen.currencies))}; say currency"
            )
        if len(seen.dates) > 1:
            self.questions.append(f"{where}: dates in two orders")

    def _header(self, table: SourceTable, given: Any) -> str:
        for names in _columns(given):
            if (index := table.column(names)) is not None:
                return table.header[index]
        return ""

    def _seen(self, table: SourceTable, column: str) -> Judgement:
        key = (self.tables.index(table), column)
        if key not in self.judgements:
            self.judgements[key] = judged(table, column)
        return self.judgements[key]


def _options(given: Any) -> dict[str, str]:
    """Return how a column of a shipped mapping is read besides its name."""
    told = given if isinstance(given, dict) else {}
    return {key: told[key] for key in ("split", "unknown") if key in told}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _reason(seen: Judgement) -> str:
    return f"  # {seen.words}" if seen.words else ""
