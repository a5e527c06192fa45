"""Read a case from a workbook and report every mistake with its cell.

The cells are converted to the mapping that a case file has, and the case reader reads it. So a
workbook accepts the same values as a case file and has the same error messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import CaseError, shortened, unknown_name, unknown_word
from kam_expert.facts.answer_schema import SOURCES
from kam_expert.facts.case import LISTS, link_id
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.plain_text import folded
from kam_expert.facts.plan_entries import CHOICES
from kam_expert.facts.workbook_form import (
    COMPLETE,
    KIND_OF,
    LISTED,
    MARK,
    NOTES,
    ORIGIN,
    OWN,
    SHEETS,
    SUBJECTS,
    SheetCell,
    items_of,
    word_of,
)
from kam_expert.facts.workbook_sheets import Row, Sheets, as_text
from kam_expert.facts.workbook_values import CellValues
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kam_expert.errors import Place
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

_NOTE = ("owner", "due", "hide")
_STRATEGY = ("strategy", "strategy_reason")


def read_workbook(path: Path, base: KnowledgeBase, shown: str | None = None) -> Case:
    """Read the case in the workbook at *path*, a filled-in template of `kam template`.

    Args:
        path: An .xlsx file.
        base: The rule base that declares the facts.
        shown: The file's name in messages and origins; the path by default.

    Returns:
        The case.

    Raises:
        KamError: The file cannot be read, or python-calamine is not installed.
        CaseError: Every mistake found, each with its sheet and cell.
    """
    name = shown or str(path)
    sheets = Sheets(path, name, base)
    reader = _WorkbookReader(sheets, base)
    node = reader.case()
    problems = sheets.faults.problems
    try:
        case = build_case(node, base, node.place, exact=False)
    except CaseError as error:
        raise CaseError([*problems, *error.problems]) from None
    if problems:
        raise CaseError(problems)
    return case


class _WorkbookReader:
    """Converts the sheets of a workbook to the mapping that a case file has."""

    def __init__(self, sheets: Sheets, base: KnowledgeBase) -> None:
        self.sheets = sheets
        self.file = sheets.file
        self.base = base
        self.faults = sheets.faults
        self.values = CellValues(base, sheets.faults)
        #: The mappings that hold answers, by kind (or ``facts``, ``customer``) and id.
        self.holders: dict[tuple[str, str], Map] = {}
        self.decisions: set[str] = set()
        self._steps = {
            folded(said): name
            for name, doc in base.steps.items()
            for said in (doc.name.uk, doc.name.en)
        }
        #: The fact by kind and short name; None if the name is ambiguous.
        self._named: dict[tuple[str, str], Fact | None] = {}
        for fact in base.facts.values():
            for said in {folded(fact.doc.short.uk), folded(fact.doc.short.en)}:
                key = (fact.kind, said)
                self._named[key] = None if key in self._named else fact

    def case(self) -> Map:
        """Return the mapping of a case file; mistakes in cells are added to the faults."""
        node = Map(SheetCell(self.file))
        listed = self._account(node)
        for sheet in ("facts", "customer"):
            holder = Map(node.place)
            self.holders[sheet, ""] = holder
            for row in self.sheets.rows(sheet):
                self._fact_row(row, sheet)
            node.put(sheet, holder, node.place)
        for table, kind in KIND_OF.items():
            self._list(node, table, kind, listed)
        for row in self.sheets.rows("more"):
            self._more(row)
        self._notes(node)
        self._plan(node)
        return node

    # Cells as what a case file has

    def _word(self, row: Row, column: str, known: Iterable[str]) -> str:
        """Return the word of the form in a cell; empty if there is none, which is reported."""
        words = tuple(known)
        word = word_of(row.text(column), words)
        if word not in words:
            name = "subject" if column == "of" else column
            what = unknown_word(name, word, words) if word else f"the {name} is missing"
            self.faults.add(row.at(column), what)
            return ""
        return word

    def _put_text(self, node: Map, key: str, row: Row, column: str) -> None:
        if column in row:
            text = row.text(column)
            node.put(key, text, row.at(column), text)

    # The sheets

    def _account(self, node: Map) -> dict[str, str]:
        account, complete, listed = Map(node.place), Map(node.place), {}
        strategy = Map(node.place)
        known = [
            *OWN,
            "target_stage",
            *_STRATEGY,
            *(f"{COMPLETE}{n}" for n in ("people", "team", "links")),
        ]
        known += [f"{LISTED}{name}" for name in LISTS]
        seen: set[str] = set()
        for row in self.sheets.rows("account"):
            key = row.text("key")
            if key and key not in known:
                self.faults.add(row.at("key"), unknown_name("key", key, known))
            elif key in seen:
                self.faults.add(row.at("key"), f'duplicate key "{key}"')
            elif key in OWN:
                account.places[key] = row.at("value")
                self._put_text(account, key, row, "value")
            elif key and row.text("value").strip():
                word = word_of(row.text("value"), ("yes", "no", "unknown"))
                if key == "target_stage":
                    node.put(key, self._stage(row), row.at("value"))
                elif key == "strategy":
                    strategy.put("id", self._strategy(row), row.at("value"))
                elif key == "strategy_reason":
                    self._put_text(strategy, "reason", row, "value")
                elif key.startswith(COMPLETE):
                    complete.put(key.removeprefix(COMPLETE), word, row.at("value"))
                elif word not in ("yes", "no"):
                    self.faults.add(row.at("value"), f'"{key}" is yes or no')
                else:
                    listed[key.removeprefix(LISTED)] = word
            seen.add(key)
        if "account" not in self.sheets.titles:
            what = f'the sheet of the account ("{MARK}account" in its first cell) is missing'
            self.faults.add(node.place, what)
        else:
            node.put("account", account, node.place)
        account.place = node.at("account")
        node.put("complete", complete, node.place)
        if strategy:
            node.put("strategy", strategy, strategy.at("id"))
        return listed

    def _stage(self, row: Row) -> str:
        text = row.text("value").strip()
        model = self.base.stage_model
        for name in model.names:
            title = model.title(name)
            if folded(text) in (folded(name), folded(title.uk), folded(title.en)):
                return name
        return text

    def _strategy(self, row: Row) -> str:
        text = row.text("value").strip()
        for found in self.base.strategies:
            if folded(text) in (folded(found.id), folded(found.name.uk), folded(found.name.en)):
                return found.id
        return text

    def _fact_row(self, row: Row, sheet: str) -> None:
        name = row.text("fact").strip()
        if not name:
            if "answer" in row:
                self.faults.add(
                    row.at("answer"), "this row has an answer and no fact in its first cell"
                )
            return
        self._answer(row, (sheet, ""), self._fact(name, "account"), name)

    def _answer(self, row: Row, of: tuple[str, str], fact: Fact | None, name: str) -> None:
        """Add the answer in a row to its entity; the case reader checks the fact."""
        holder = self.holders[of]
        if fact is None:
            self.faults.foresee(row.at("fact"), f'unknown fact "{shortened(name)}"')
        if "answer" not in row:
            if fact is None:
                holder.put(name, None, row.at("fact"))
            return
        value, place = row["answer"]
        read, raw = (
            (value, as_text(value)) if fact is None else self.values.value(fact, value, place)
        )
        key = name if fact is None else fact.name
        told = Map(row.place)
        for column in ORIGIN:
            if column in row:
                text = row.text(column)
                said = word_of(text, SOURCES) if column == "source" else text
                if said.strip():
                    told.put(column, said.strip(), row.at(column), text)
        self._put_answer(holder, key, (read, raw, place), told)

    @staticmethod
    def _put_answer(holder: Map, key: str, answer: tuple[Any, str, Place], told: Map) -> None:
        value, raw, place = answer
        if key not in holder and not told:
            holder.put(key, value, place, raw)
            return
        answers = holder.get(key)
        if not (isinstance(answers, Seq) and answers and isinstance(answers[0], Map)):
            answers = Seq(place)
            if key in holder:
                first = Map(holder.at(key))
                first.put("value", holder[key], holder.at(key), holder.raw[key])
                answers.put(first, holder.at(key))
        told.put("value", value, place, raw)
        answers.put(told, place)
        holder.put(key, answers, holder.at(key) if key in holder else place)

    def _fact(self, name: str, kind: str) -> Fact | None:
        """Return the fact that a cell names, by its name or its short name in either language."""
        if name in self.base.facts:
            return self.base.facts[name]
        return self._named.get((kind, folded(name)))

    def _list(self, node: Map, table: str, kind: str, listed: Mapping[str, str]) -> None:
        title = self.sheets.titles.get(table, "")
        items, own = Seq(SheetCell.of(self.file, title) if title else node.place), SHEETS[table]
        for row in self.sheets.rows(table):
            item = Map(row.place)
            for column, (value, place) in row.items():
                if column == "decisions":
                    item.put(column, self._belongs(value, place), place)
                elif column in own:
                    self._put_text(item, column, row, column)
                elif (fact := self.base.facts.get(column)) and fact.kind == kind:
                    read, raw = self.values.value(fact, value, place)
                    item.put(column, read, place, raw)
            identity = row.text("id").strip()
            if kind == "link":
                self._ends(row)
                identity = link_id(row.text("member").strip(), row.text("person").strip())
            elif not identity and kind != "event":
                self.faults.add(row.place, f"this {kind} has no id")
                continue
            self.holders.setdefault((kind, identity), item)
            items.put(item, row.place)
        if kind == "decision":
            self.decisions = {str(item.get("id", "")).strip() for item in items}
        if items and listed.get(table) == "no":
            self.faults.add(items.place, f'"{LISTED}{table}" says no, and there are rows')
        if items or listed.get(table) == "yes":
            node.put(table, items, items.place)

    def _ends(self, row: Row) -> None:
        for end in ("member", "person"):
            if (end, row.text(end).strip()) not in self.holders:
                self.faults.foresee(row.at(end), "unknown end of the link")

    def _belongs(self, value: Any, place: Place) -> Seq:
        text, items = as_text(value), Seq(place)
        for name in [text.strip()] if text.strip() in self.decisions else items_of(text):
            if name not in self.decisions:
                self.faults.foresee(place, f'unknown decision "{shortened(name)}"')
            items.put(name, place, name)
        return items

    def _more(self, row: Row) -> None:
        of = self._word(row, "of", SUBJECTS)
        name, identity = row.text("fact").strip(), row.text("id").strip()
        if not of:
            return
        if not name:
            self.faults.add(row.place, "this row has no fact")
            return
        key = (of, identity)
        kind = "account" if of in ("facts", "customer") else of
        if kind == "account":
            key = (of, "")
            if identity:
                self.faults.add(row.at("id"), "an answer about the account has no id")
        if key not in self.holders:
            self.faults.add(
                row.at("id"), unknown_name(of, identity, [i for k, i in self.holders if k == of])
            )
            return
        self._answer(row, key, self._fact(name, kind), name)

    def _notes(self, node: Map) -> None:
        comments, steps = Seq(node.place), Map(node.place)
        for row in self.sheets.rows("notes"):
            kind = self._word(row, "kind", NOTES)
            allowed = ("kind", "text") if kind == "comment" else ("kind", "key", *_NOTE)
            for column in row:
                if kind and column not in allowed:
                    self.faults.add(row.at(column), f"a {kind} has no {column}")
            if kind == "comment":
                text = row.text("text")
                comments.put(text, row.at("text"), text)
            elif kind == "step":
                self._step(row, steps)
        node.put("comments", comments, comments.place)
        node.put("steps", steps, steps.place)

    def _step(self, row: Row, steps: Map) -> None:
        name = row.text("key").strip()
        if not name:
            self.faults.add(row.place, "this row has no step")
            return
        name = self._steps.get(folded(name), name)
        if name not in self.base.steps:
            self.faults.foresee(row.at("key"), f'unknown step "{shortened(name)}"')
        if name in steps:
            self.faults.add(row.at("key"), f'duplicate step "{shortened(name)}"')
            return
        note = Map(row.place)
        for column in _NOTE:
            text = row.text(column)
            if text.strip():
                said = word_of(text, ("yes", "no")) if column == "hide" else text.strip()
                note.put(column, said, row.at(column), text)
        steps.put(name, note, row.at("key"))

    def _plan(self, node: Map) -> None:
        entries = Seq(node.place)
        for row in self.sheets.rows("plan"):
            entry = Map(row.place)
            for column, (value, place) in row.items():
                text = as_text(value)
                if column == "about":
                    names = Seq(place)
                    for name in items_of(text):
                        names.put(name, place, name)
                    entry.put(column, names, place)
                    continue
                said = text.strip()
                if column == "step":
                    said = self._steps.get(folded(said), said)
                elif column in CHOICES:
                    said = word_of(said, CHOICES[column])
                entry.put(column, said, place, said)
            entries.put(entry, row.place)
        node.put("plan", entries, entries.place)
