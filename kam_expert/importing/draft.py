"""Writes a draft of a mapping, with a reason for each line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.importing.mapping_documents import MappingDoc, TestDoc
from kam_expert.importing.table import named
from kam_expert.importing.table_fit import KINDS, ROLES, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.importing.column_judgement import Judgement
    from kam_expert.importing.seen_columns import Reference, SeenColumns
    from kam_expert.importing.table import SourceTable
    from kam_expert.importing.table_fit import Fit, ShippedNames
    from kam_expert.knowledge.base import KnowledgeBase

_LONGEST_LIST = 12
#: If hardly any firm that people name is in a table of firms, their column is the table of firms.
_FEW = 0.1
_OF = {"accounts": "account", "people": "person", "team": "member"}
#: What the columns of a role refer to.
_REFER_TO = {"owner": "team", "account": "accounts", "person": "people", "member": "team"}


@dataclass
class Proposal:
    """A draft.

    Attributes:
        text: The mapping as YAML.
        questions: What a person has to decide before it is used.
        ready: The system whose shipped mapping reads such tables; empty if there is none.
    """

    text: str
    questions: list[str] = field(default_factory=list)
    ready: str = ""


class Draft:
    """A draft of a mapping for the tables of a source.

    Args:
        base: The rule base with the facts.
        shipped: The shipped mappings.
        tables: All tables of the source.
        chosen: The kinds of rows that they hold.
        left_out: By reason, tables that are named like something else.
        unread: The names of files without a table.
        seen: The cells of the tables.
    """

    def __init__(  # noqa: PLR0913 -- all that is known of a source
        self,
        base: KnowledgeBase,
        shipped: ShippedNames,
        tables: list[SourceTable],
        chosen: list[Fit],
        left_out: dict[str, list[SourceTable]],
        unread: list[str],
        seen: SeenColumns,
    ) -> None:
        self.base, self.shipped, self.tables, self.chosen = base, shipped, tables, chosen
        self.left_out, self.unread, self.seen = left_out, unread, seen
        self.system = shipped.best
        self.questions: list[str] = []
        self.marks: set[str] = set()
        self.since_a_date = False
        #: The columns that the draft uses.
        self.used: list[tuple[str, Judgement]] = []

    def proposal(self) -> Proposal:
        """Return the draft as text."""
        body = [line for kind in KINDS for line in self._kind(kind)]
        recorded = self._recorded()
        top = ["# A draft by `kam import --propose`. Read it through before it is used.",
               f"# The names of the columns are most like those of {self.system}."]  # fmt: skip
        ready = self._ready()
        if ready:
            top.append(f"# `kam import {ready}` reads such tables without a draft.")
        top += ["system: draft", "missing_columns: allowed", *self._forms(), *recorded]
        for fit, other, many in self.seen.repeated_ids(self.chosen):
            self.questions.append(
                f"{fit.table.shown} and {other.table.shown}: ids in both: {many}; "
                "if they are versions of one list, leave one of them out"
            )
        body += [*self._unused([*body, *recorded]), *self._rest()]
        body += self._contact()
        asked = [f"# ASK: {question}" for question in self.questions]
        return Proposal("\n".join([*top, *asked, "", *body, ""]), self.questions, ready)

    def _ready(self) -> str:
        """Return the system whose mapping names the tables of accounts and of people."""
        mapping = self.shipped.mappings[self.system]
        if not isinstance(mapping, MappingDoc):
            return ""
        there = all(
            any(
                any(fit.table in named(self.tables, doc.from_) for doc in getattr(mapping, kind))
                for fit in self.chosen
                if fit.kind == kind
            )
            for kind in ("accounts", "people")
        )
        return self.system if there else ""

    def _rest(self) -> Iterator[str]:
        """Yield the tables that are left out, and the files that are not read."""
        mapped = {id(fit.table) for fit in self.chosen}
        out = {reason: list(listed) for reason, listed in self.left_out.items()}
        known = mapped | {id(table) for listed in out.values() for table in listed}
        rest = [table for table in self.tables if id(table) not in known]
        if rest:
            out["not_understood"] = rest
            yield "# No column of the tables under not_understood says whom they are about."
        if out:
            yield "left_out:"
        for reason, listed in out.items():
            names = json.dumps([self._name(table) for table in listed], ensure_ascii=False)
            yield f"  {reason}: {names}"
        if self.unread:
            yield f"# Not read: {', '.join(self.unread)}"

    def _unused(self, body: list[str]) -> Iterator[str]:
        """Yield the columns of each table that the draft does not use."""
        text = "\n".join(body)
        for table in {id(fit.table): fit.table for fit in self.chosen}.values():
            unused = [c for c in table.header if c and _quoted(c) not in text]
            if unused:
                more = ", …" if len(unused) > _LONGEST_LIST else ""
                yield f"# Not used of {table.shown}: {', '.join(unused[:_LONGEST_LIST])}{more}"

    def _contact(self) -> Iterator[str]:
        """Yield the line on facts computed from meetings, as the shipped mappings have it."""
        for mapping in self.shipped.mappings.values():
            if isinstance(mapping, MappingDoc) and mapping.contact.days is not None:
                told = mapping.contact.model_dump(exclude_none=True)
                yield f"contact: {{{', '.join(f'{key}: {value}' for key, value in told.items())}}}"
                return

    def _name(self, table: SourceTable) -> str:
        """Return a name of a table that no other table of the source has."""
        name = table.names[-1]
        alone = sum(name.casefold() in map(str.casefold, t.names) for t in self.tables) == 1
        return name if alone and "*" not in name else table.shown

    def _forms(self) -> Iterator[str]:
        """Yield how dates, numbers and ids are written, where the columns agree."""
        for key, values, option in (
            ("dates", ("dmy", "mdy"), "order of dates"),
            ("decimal", ("point", "comma"), "decimal separator"),
        ):
            shown = {
                value: column
                for column, judgement in self.used
                for value in getattr(judgement, key)
                if value in values
            }
            if len(shown) == 1:
                ((value, column),) = shown.items()
                yield f'{key}: {value}  # the column "{column}" shows it'
            elif shown:
                where = ", ".join(f'"{column}": {value}' for value, column in shown.items())
                self.questions.append(f"columns disagree about the {option} ({where})")
        if len(self.marks) == 1:
            yield f"reference_mark: {_quoted(*self.marks)}  # before references; the ids lack it"
        best = self.shipped.mappings[self.system]
        if isinstance(best, MappingDoc) and best.ids is not None:
            ids, lengths = best.ids, (best.ids.of, best.ids.first)
            if any(self.seen.has_ids_of(fit, lengths) for fit in self.chosen):
                yield f"ids: {{of: {ids.of}, first: {ids.first}}}  # as in {self.system}"

    def _recorded(self) -> list[str]:
        """Return the line with the columns that date the records."""
        there = [
            table.header[index]
            for table in {id(fit.table): fit.table for fit in self.chosen}.values()
            for name in self.shipped.recorded()
            if (index := table.column(name)) is not None
            and self.seen.judged(table, table.header[index]).is_date
        ]
        if there:
            return [f"recorded: {json.dumps(list(dict.fromkeys(there)), ensure_ascii=False)}"]
        if self.since_a_date or any(fit.kind == "activities" for fit in self.chosen):
            self.questions.append(
                "no column says when records were changed; give the day of the export: --date"
            )
        return []

    def _kind(self, kind: str) -> Iterator[str]:
        fits = [fit for fit in self.chosen if fit.kind == kind]
        firms: list[tuple[Fit, str]] = []
        if kind == "accounts":
            # Where people name firms that are in no table, their column is the table of firms.
            for fit in self.chosen:
                if fit.kind == "people":
                    reference = self._reference(fit, "account")
                    if reference is not None and reference.found <= _FEW * reference.many:
                        firms.append((fit, reference.column))
                        if fits and reference.many:
                            self.questions.append(
                                f'{fit.table.shown}, column "{reference.column}": of '
                                f"{reference.many} firms {reference.found} are in a table; the "
                                "others become accounts of their own"
                            )
                    elif reference is not None and reference.found < reference.many:
                        self.questions.append(
                            f'{fit.table.shown}, column "{reference.column}": of '
                            f"{reference.many} firms {reference.found} are in a table; "
                            "people of the others are rejected"
                        )
        if fits or firms:
            yield f"{kind}:"
        for fit in fits:
            yield from self._table(fit)
        for fit, column in firms:
            yield from self._firms_of_people(fit, column)

    def _firms_of_people(self, fit: Fit, column: str) -> Iterator[str]:
        yield f"  # {fit.table.shown} names the firm of each person; no table of firms has them."
        yield f"  - from: {_quoted(self._name(fit.table))}"
        yield f"    id: {_quoted(column)}"
        yield f"    name: {_quoted(column)}"
        yield "    repeated: yes"
        yield f"    leave_out: {{no_firm: {{{_quoted(column)}: {{empty: yes}}}}}}"

    def _ask_about_records_inside(self, table: SourceTable) -> None:
        """Ask about people who are records inside of the records of a JSON file."""
        inside = {column.rpartition(".")[0] for column in table.header if "." in column}
        for part in sorted(inside):
            if self.shipped.are_people(part.rpartition(".")[2]):
                self.questions.append(
                    f"{table.shown}: the records have records inside ({part}); to read people from "
                    "them, write them as a file of their own, each with the id of its account"
                )

    def _table(self, fit: Fit) -> Iterator[str]:
        table, doc = fit.table, fit.doc
        if fit.kind == "accounts":
            self._ask_about_records_inside(table)
        line = f", heading in line {table.heading}" if table.heading > 1 else ""
        yield f"  # {table.shown}{line}: named as in {fit.system}"
        body: list[str] = []
        for role in ROLES:
            if role in _REFER_TO:
                body += self._reference_line(fit, role)
            else:
                body += self._role(fit, role)
        if "repeated" in doc:
            body.append("    repeated: yes")
        for key, tests in (
            ("leave_out", self._tests(table, doc.get("leave_out", {}))),
            ("ask", self._asked(table, doc.get("ask", {}))),
        ):
            if lines := list(tests):
                body += [f"    {key}:", *lines]
        if fit.kind in _OF:
            facts = list(self._facts(table, doc, fit.kind))
            if facts:
                body += ["    facts:", *facts]
        yield f"  - from: {_quoted(self._name(table))}"
        yield from body

    def _role(self, fit: Fit, role: str) -> Iterator[str]:
        found = fit.found(role)
        if not found and role == "email" and fit.kind in ("people", "team"):
            found = [column] if (column := self.seen.addresses(fit.table)) else []
        if not found:
            return
        seen = self._judged(fit.table, found[0])
        if role == "as_of" and not seen.is_date:
            return
        if role == "id" and seen.shortened:
            self.questions.append(
                f'{fit.table.shown}, column "{found[0]}": a spreadsheet shortened the ids; '
                "export again"
            )
        if role == "name":
            shown = f"[{', '.join(map(_quoted, found))}]" if len(found) > 1 else _quoted(found[0])
            yield f"    name: {shown}"
            return
        yield f"    {role}: {_quoted(found[0])}{_reason(seen)}"

    def _reference(self, fit: Fit, role: str) -> Reference | None:
        targets = [other for other in self.chosen if other.kind == _REFER_TO[role]]
        return self.seen.reference(fit, role, targets)

    def _reference_line(self, fit: Fit, role: str) -> Iterator[str]:
        """Yield the line of a column that refers to rows of other tables."""
        if role not in fit.doc and not (role == "owner" and fit.kind == "accounts"):
            return
        reference = self._reference(fit, role)
        if reference is None:
            return
        if reference.mark:
            self.marks.add(reference.mark)
        seen = self._judged(fit.table, reference.column)
        given = fit.doc.get(role)
        more = {"by": "domain" if fit.by_domain(role) else "any"}
        if isinstance(given, dict):
            more |= {key: given[key] for key in ("split", "unknown") if key in given}
        if seen.separator and role != "owner":
            more["split"] = seen.separator
        if role == "person":
            more["unknown"] = "leave_out"
        parts = "".join(f", {key}: {_quoted(value)}" for key, value in more.items())
        words = [seen.words] if seen.words else []
        if 0 < reference.found < reference.many:
            words.append(f"{reference.found} of {reference.many} are known there")
        reason = f"  # {'; '.join(words)}" if words else ""
        yield f"    {role}: {{column: {_quoted(reference.column)}{parts}}}{reason}"

    def _tests(self, table: SourceTable, reasons: dict[str, Any]) -> Iterator[str]:
        for reason, rows in reasons.items():
            kept = [row for row in rows if all(table.column(names) is not None for names in row)]
            if kept:
                tests = [
                    {self._header(table, names): test for names, test in row.items()}
                    for row in kept
                ]
                yield f"      {reason}: {json.dumps(tests, ensure_ascii=False)}"

    def _asked(self, table: SourceTable, reasons: dict[str, Any]) -> Iterator[str]:
        """Yield the tests of rows that a person decides on, if there are such rows."""
        for reason, rows in reasons.items():
            there = [
                (self._header(table, names), test)
                for row in rows
                for names, test in row.items()
                if len(row) == 1 and table.column(names) is not None
            ]
            many = sum(
                self.seen.passing(table, c, TestDoc.model_validate(test)) for c, test in there
            )
            if many:
                self.questions.append(
                    f"{table.shown}: rows that may be a {reason}: {many}; "
                    f"choose --leave-out {reason} or --keep {reason}"
                )
                yield from self._tests(table, {reason: rows})

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
            seen, source = self._judged(table, there[0]), "column"
            if since and seen.words != "numbers":
                source = "days_since"
                self.since_a_date = True
            shown = json.dumps(there, ensure_ascii=False)
            yield f"      {name}: {{{source}: {shown}{parts}}}{_reason(seen)}"
            self._ask_about(table, there[0], name)
        for fact in self.base.facts.values():
            if fact.kind != _OF[kind] or fact.name in told or fact.doc.asked_of == "customer":
                continue
            labels = (fact.name, fact.doc.short.uk, fact.doc.short.en)
            header = next((h for h in map(table.column, labels) if h is not None), None)
            if header is None:
                continue
            column = table.header[header]
            seen = self._judged(table, column)
            source = "days_since" if fact.doc.unit == "days" and seen.is_date else "column"
            self.since_a_date |= source == "days_since"
            yield f"      {fact.name}: {{{source}: {_quoted(column)}}}{_reason(seen)}"
            self._ask_about(table, column, fact.name)

    def _ask_about(self, table: SourceTable, column: str, name: str) -> None:
        seen, unit = self._judged(table, column), self.base.facts[name].doc.unit
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

    def _judged(self, table: SourceTable, column: str) -> Judgement:
        """Return what the cells of a column that the draft uses show."""
        judgement = self.seen.judged(table, column)
        self.used.append((column, judgement))
        return judgement

    def _header(self, table: SourceTable, given: Any) -> str:
        for names in columns_of(given):
            if (index := table.column(names)) is not None:
                return table.header[index]
        return ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _reason(seen: Judgement) -> str:
    return f"  # {seen.words}" if seen.words else ""
