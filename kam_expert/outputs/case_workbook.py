"""A workbook for one account: questions, allowed answers, and the answers known so far.

`kam_expert.facts.workbook_reader` reads the workbook back; `kam_expert.facts.workbook_form`
defines the layout of both. Answers are in text cells, so that Excel does not turn what is typed or
pasted there into a formula or a different number.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import ENDED, LISTS
from kam_expert.facts.plan_entries import CHOICES, DATES
from kam_expert.facts.workbook_form import (
    COMPLETE,
    HEAD_ROWS,
    KIND_OF,
    LISTED,
    NOTES,
    OPTIONS,
    OWN,
    SHEETS,
    SUBJECTS,
    listed,
    said,
)
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.excel import new_workbook
from kam_expert.outputs.form_sheets import FormSheets, fitting
from kam_expert.outputs.plan_words import key_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

#: Number of rows of a list that have drop-downs.
_ROWS = 300
#: Characters of a question that fit into one line.
_LINE_LENGTH = 66
#: Fixed creation date, so that the same case gives the same bytes.
_CREATED = date(2000, 1, 1)


def case_workbook(
    base: KnowledgeBase,
    lang: str,
    case: Case | None = None,
    identity: str = "",
    edition: Edition = Edition.CONSULTANT,
) -> bytes:
    """Return the workbook as bytes.

    Args:
        base: The rule base with the questions.
        lang: ``uk`` or ``en``, for questions and labels; answers are accepted in both.
        case: The answers so far; reading the workbook returns the same case.
        identity: The id of a new account, if there is no case.
        edition: For whom it is; the *case* is one that this reader may see. Questions, steps and
            strategies that are not for them are left out.

    Raises:
        KamError: XlsxWriter is not installed, or a text does not fit into a cell.
    """
    memory = io.BytesIO()
    book = new_workbook(memory, _CREATED, "excel", in_memory=True)
    with_stage = edition.may_see(base.readers.stage)
    _CaseWorkbook(book, _words_for(edition, base), lang).write(case, identity, stage=with_stage)
    book.close()
    return memory.getvalue()


def _words_for(edition: Edition, base: KnowledgeBase) -> KnowledgeBase:
    """Return the facts, steps and strategies that a reader may read of; nothing is judged by it."""
    readers = base.readers
    steps = {n: doc for n, doc in base.steps.items() if edition.may_see(readers.steps[n])}
    return replace(
        base,
        facts={n: fact for n, fact in base.facts.items() if edition.may_see(readers.facts[n])},
        step_book=base.step_book.model_copy(update={"steps": steps}),
        strategies=tuple(s for s in base.strategies if edition.may_see(readers.findings[s.id])),
    )


class _CaseWorkbook(FormSheets):
    def write(self, case: Case | None, identity: str, *, stage: bool) -> None:
        """Write all sheets, filled with the answers of *case*; with *stage*, the one aimed at."""
        self._read_me()
        titles = self._titles()
        for name in SHEETS:
            self._sheets[name] = self.book.add_worksheet(titles[name])
        self._options = self.book.add_worksheet(OPTIONS)
        self._options.hide()
        self._account(case, identity, stage=stage)
        for side in ("facts", "customer"):
            answers = {} if case is None else case.account.ours
            if side == "customer" and case is not None:
                answers = case.account.theirs
            self._facts(side, answers)
        more: list[Sequence[Any]] = []
        for table in KIND_OF:
            more += self._list(table, () if case is None else getattr(case, table) or ())
        self._more(more)
        self._notes(case)
        self._plan(case)
        self._sheets["facts"].activate()

    def _read_me(self) -> None:
        sheet = self.book.add_worksheet(self._("How to fill it in"))
        sheet.set_column(0, 0, 110, self.plain)
        titles = self._titles()
        lines = [
            self._("Answer what you know and leave the rest empty: unknown does not mean no."),
            self._(
                "Choose from the list in a cell, or write the word. Separate several answers "
                "with semicolons; “none” says that none does."
            ),
            self._("A number may be a range: 3..5. Dates are YYYY-MM-DD or real dates."),
            self._(
                "Beside an answer you may say how it is known, by whom, and on which day it held."
            ),
            self._(
                "An earlier value goes into the sheet “%(more)s”, or into a further row with the "
                "same name in the first column.",
                more=titles["more"],
            ),
            self._(
                "People, team and contacts: one row each. A role will do instead of a name; the id "
                "is any short word, the same in every sheet."
            ),
            self._(
                "Leave the small grey names in the first row and in the first column of questions "
                "as they are: programs read them. Sheets of your own are not read."
            ),
            self._("A mark in the corner of a cell shows help when you point at it."),
        ]
        sheet.write_string(0, 0, self._("How to fill it in"), self.theme)
        for number, line in enumerate(lines, 1):
            sheet.write_string(number, 0, line, self.plain)

    # Sheets

    def _account(self, case: Case | None, identity: str, *, stage: bool) -> None:
        sheet = self._heads("account", [self._head(name) for name in SHEETS["account"]])
        yes_no = [said("yes", self.lang), said("no", self.lang)]
        model, titles = self.base.stage_model, self._titles()
        stages = [model.title(name).get(self.lang) for name in model.names]
        own = {"id": identity, "name": identity}
        if case is not None:
            own = {"id": case.account.id, "name": case.account.name}
            own |= {"owner": case.owner, "segment": case.segment}
        labels = {
            "id": self._("Short name (id) of the account"),
            "name": self._("Name of the account"),
            "owner": self._("Who looks after it (reports carry it, rules do not read it)"),
            "segment": self._("Segment (likewise)"),
        }
        rows: list[tuple[str, str, str, list[str]]] = [
            (key, labels[key], own.get(key, ""), []) for key in OWN
        ]
        target = case.notes.target_stage if case else None
        title = model.title(target).get(self.lang) if target else ""
        if stage:
            rows.append(("target_stage", self._("Target stage"), title, stages))
        chosen = case.notes.strategy if case else None
        strategies = {
            strategy.id: strategy.name.get(self.lang) for strategy in self.base.strategies
        }
        label = self._("Strategy, where it differs from the rules")
        text = strategies.get(chosen.id, chosen.id) if chosen else ""
        if strategies:
            rows.append(("strategy", label, text, [*strategies.values()]))
            label = self._("Why this strategy")
            rows.append(("strategy_reason", label, chosen.reason if chosen else "", []))
        for name in ("people", "team", "links"):
            complete = case.complete.get(name) if case else None
            text = "" if complete is None else said("yes" if complete else "no", self.lang)
            label = self._("Does the sheet “%(sheet)s” name all there are?", sheet=titles[name])
            rows.append((COMPLETE + name, label, text, yes_no))
        for name in LISTS:
            empty = case is not None and getattr(case, name) == ()
            label = self._(
                "The sheet “%(sheet)s” is empty. Is it known that there is nothing to name?",
                sheet=titles[name],
            )
            rows.append((LISTED + name, label, said("yes", self.lang) if empty else "", yes_no[:1]))
        for number, (key, label, value, choices) in enumerate(rows, HEAD_ROWS):
            sheet.write_string(number, 0, key, self.grey)
            sheet.write_string(number, 1, label, self.plain)
            self._write(sheet, number, 2, value, self.text)
            self._dropdown(sheet, (number, 2, number, 2), choices)

    def _facts(self, side: str, answers: Any) -> None:
        columns = SHEETS[side]
        sheet = self._heads(side, [self._head(name) for name in columns])
        without = "us" if side == "customer" else "customer"
        facts = [
            fact
            for fact in self.base.facts.values()
            if fact.kind == "account" and fact.doc.asked_of != without
            if not fact.doc.parts or answers.get(fact.name)
        ]
        row = HEAD_ROWS
        for theme, title in self.base.themes.items():
            grouped = [fact for fact in facts if fact.doc.theme == theme]
            if grouped:
                sheet.write_string(row, 1, title.get(self.lang), self.theme)
                row += 1
            for fact in grouped:
                for answer in answers.get(fact.name) or (None,):
                    self._fact_row(sheet, row, fact, answer, customer=side == "customer")
                    row += 1
        self._origin_rules(sheet, columns, (HEAD_ROWS, row))

    def _fact_row(
        self, sheet: Any, row: int, fact: Fact, answer: Answer | None, *, customer: bool
    ) -> None:
        question = fact.doc.question_for("customer" if customer else "us").get(self.lang)
        # Excel adjusts the height of a row only when somebody edits it.
        sheet.set_row(row, 15 * -(-len(question) // _LINE_LENGTH))
        sheet.write_string(row, 0, fact.name, self.grey)
        sheet.write_string(row, 1, question, self.plain)
        sheet.write_comment(row, 1, fitting(self._help(fact)), {"x_scale": 2.6, "y_scale": 2.6})
        value = None if answer is None else self._cell_of(fact, answer.value)
        self._write(sheet, row, 2, value, self._shape(fact))
        self._dropdown(sheet, (row, 2, row, 2), self.labels[fact.name].choices(self.lang))
        for column, text in enumerate(self._origin(answer), 3):
            self._write(sheet, row, column, text, self.day if column == 5 else self.text)  # noqa: PLR2004 -- the last is the day

    def _origin(self, answer: Answer | None) -> Sequence[Any]:
        if answer is None:
            return (None, None, None)
        source = said(answer.source, self.lang) if answer.source else None
        return (source, answer.by, answer.as_of)

    def _list(self, table: str, entities: Sequence[Entity]) -> list[Sequence[Any]]:
        """Write the sheet of a list. Return the answers that belong on the sheet of more values."""
        kind, own = KIND_OF[table], SHEETS[table]
        facts = [fact for fact in self.base.facts.values() if fact.kind == kind]
        asked = [
            (f.name, f.doc.short.get(self.lang), f"{f.doc.ask.get(self.lang)}\n{self._help(f)}")
            for f in facts
        ]
        sheet = self._heads(table, [*(self._head(name) for name in own), *asked])
        last = HEAD_ROWS + max(_ROWS, len(entities)) - 1
        for column, name in enumerate(own):
            self._column(sheet, column, name, self.text)
        for column, fact in enumerate(facts, len(own)):
            choices = self.labels[fact.name].choices(self.lang)
            self._dropdown(sheet, (HEAD_ROWS, column, last, column), choices)
            sheet.set_column(column, column, 24, self._shape(fact))
        if kind in ENDED:
            for column, name in enumerate(("team", "people"), own.index("member")):
                title = self._titles()[name].replace("'", "''")
                source = f"='{title}'!$A${HEAD_ROWS + 1}:$A${HEAD_ROWS + _ROWS}"
                self._refer(sheet, (HEAD_ROWS, column, last, column), source)
        more: list[Sequence[Any]] = []
        for row, entity in enumerate(entities, HEAD_ROWS):
            told = {"id": entity.id, "name": entity.name}
            told |= dict(zip(("member", "person"), entity.ends or (), strict=False))
            for column, text in enumerate(told.get(name, "") for name in own):
                self._write(sheet, row, column, text)
            if entity.decisions is not None:
                self._write(sheet, row, own.index("decisions"), listed(sorted(entity.decisions)))
            for column, fact in enumerate(facts, len(own)):
                answers = entity.ours.get(fact.name, ())
                here = [a for a in answers if not any((a.source, a.by, a.as_of))]
                if len(answers) == 1 and here:
                    value = self._cell_of(fact, here[0].value)
                    self._write(sheet, row, column, value, self._shape(fact))
                else:
                    more += [(kind, entity, fact, answer) for answer in answers]
        return more

    def _more(self, rows: Sequence[Sequence[Any]]) -> None:
        columns = SHEETS["more"]
        sheet = self._heads("more", [self._head(name) for name in columns])
        last = HEAD_ROWS + max(_ROWS, len(rows)) - 1
        subjects = [said(word, self.lang) for word in SUBJECTS]
        self._dropdown(sheet, (HEAD_ROWS, 0, last, 0), subjects)
        self._dropdown(sheet, (HEAD_ROWS, 2, last, 2), list(self.base.facts))
        self._origin_rules(sheet, columns, (HEAD_ROWS, last))
        for column in range(len(columns)):
            shape = self.day if columns[column] == "as_of" else self.text
            self._column(sheet, column, columns[column], shape)
        for number, (kind, entity, fact, answer) in enumerate(rows, HEAD_ROWS):
            cells = [said(kind, self.lang), entity.id, fact.name]
            for column, text in enumerate(cells):
                self._write(sheet, number, column, text)
            self._write(sheet, number, 3, self._cell_of(fact, answer.value), self._shape(fact))
            for column, text in enumerate(self._origin(answer), 4):
                self._write(sheet, number, column, text)

    def _notes(self, case: Case | None) -> None:
        columns = SHEETS["notes"]
        sheet = self._heads("notes", [self._head(name) for name in columns])
        for column, name in enumerate(columns):
            shape = self.day if name == "due" else self.text
            self._column(sheet, column, name, shape)
        last = HEAD_ROWS + _ROWS - 1
        self._dropdown(sheet, (HEAD_ROWS, 0, last, 0), [said(word, self.lang) for word in NOTES])
        self._dropdown(sheet, (HEAD_ROWS, 1, last, 1), list(self.base.steps))
        self._dropdown(sheet, (HEAD_ROWS, 5, last, 5), [said(w, self.lang) for w in ("yes", "no")])
        rows: list[Sequence[Any]] = []
        if case is not None:
            comment, step = said("comment", self.lang), said("step", self.lang)
            yes = said("yes", self.lang)
            rows += [(comment, None, text) for text in case.notes.comments]
            rows += [
                (step, name, None, note.owner, note.due, yes if note.hide else None)
                for name, note in case.notes.steps.items()
            ]
        for number, row in enumerate(rows, HEAD_ROWS):
            for column, value in enumerate(row):
                if value is not None:
                    self._write(sheet, number, column, value)

    def _plan(self, case: Case | None) -> None:
        columns, titles = SHEETS["plan"], key_names(self.lang)
        sheet = self._heads("plan", [(name, titles[name], "") for name in columns])
        last = HEAD_ROWS + _ROWS - 1
        choices = {key: [said(word, self.lang) for word in words] for key, words in CHOICES.items()}
        choices["step"] = list(self.base.steps)
        for column, name in enumerate(columns):
            self._column(sheet, column, name, self.day if name in DATES else self.text)
            self._dropdown(sheet, (HEAD_ROWS, column, last, column), choices.get(name, ()))
        for number, entry in enumerate(() if case is None else case.plan, HEAD_ROWS):
            for column, name in enumerate(columns):
                value = getattr(entry, name)
                if name in CHOICES and value:
                    value = said(value, self.lang)
                if name == "about":
                    value = listed(value) if value else None
                if value:
                    self._write(sheet, number, column, value)
