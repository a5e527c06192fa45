"""The session: ask, read a line, save the answer, show what it changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.app.agenda import Agenda, AgendaMaker
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.engines.inquiry.ask import effect_of
from kam_expert.engines.inquiry.boundary_values import Borders
from kam_expert.engines.inquiry.review import promises
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.plan_signs import sign_questions, unmet
from kam_expert.errors import KamError, shortened
from kam_expert.facts.changes import Slot
from kam_expert.facts.currency import currency_of
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edits import AddEntity, SetAnswer
from kam_expert.facts.known_on import known_on, last_entered
from kam_expert.facts.readings import Readings
from kam_expert.facts.workbook_form import said
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.outputs.review_words import PromiseWords
from kam_expert.outputs.value_words import ValueWords
from kam_expert.terminal.list_answers import list_edits
from kam_expert.terminal.plan_commands import PlanCommands
from kam_expert.terminal.turns import Turns, place_of
from kam_expert.terminal.typed_answer import (
    AlreadyThereError,
    NotUnderstoodError,
    OfferedAnswer,
    choices,
    read_answer,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis, OpenQuestion
    from kam_expert.results.inquiry import AnswerEffect
    from kam_expert.terminal.screen import Screen

_HELP = ("?", "help", "довідка", "допомога")
_WHY = ("why", "why?", "чому", "чому?")
_BACK = ("back", "назад")
_NOT_KNOWN = ("not known", "unknown", "don't know", "невідомо", "не знаю")
_STOP = ("stop", "стоп", "quit", "exit")
#: Begins an answer of our side to a question to the customer.
_WE = ("we:", "ми:")


#: A prompt that was copied with the answer: “> 3”, “kam> 3”.
_PROMPT = re.compile(r"\s*(?:kam\s*)?>\s*", re.IGNORECASE)


@dataclass(frozen=True)
class _Answered:
    """A question that "back" undoes, with the case before its answer; None if it was skipped."""

    question: OpenQuestion
    before: Case | None


class Session:
    """A session about one account.

    Args:
        case: The case at the start.
        base: The rule base.
        day: The date of the diagnosis and of the answers.
        screen: Shows the output.
        save: Saves the case after each answer, or raises KamError.
        with_customer: Whether somebody of the customer is here to answer.
    """

    def __init__(  # noqa: PLR0913 -- the account, how it is judged, shown and saved, who is here
        self,
        case: Case,
        base: KnowledgeBase,
        day: date,
        screen: Screen,
        save: Callable[[Case], None],
        *,
        with_customer: bool = False,
    ) -> None:
        self.case = case
        self._base = base
        self._engine = engine_of(base)
        self._day = day
        self._screen = screen
        self._save = save
        self._with_customer = with_customer
        self._turns = Turns({})
        self._chapter = ""
        self._plan: PlanCommands
        self._answered: list[_Answered] = []
        self._diagnosis = self._judged(case)
        self._settled = False

    def run(self, read: Callable[[], str | None]) -> None:
        """Ask until everything is answered, the user stops, or *read* returns None at the end.

        Raises:
            KamError: An answer cannot be saved. All earlier ones are.
        """
        read = _without_prompt(read)
        self._screen.header(self.case, self._diagnosis)
        self._plan = PlanCommands(self._screen, read)
        self._review()
        while True:
            if self._diagnosis.stage.firm and not self._settled:
                self._settled = True
                self._say("The stage is settled; further answers make other conclusions certain.")
            agenda = self._agenda()
            question = self._turns.next(agenda.items)
            if question is None:
                self._end(agenda)
                return
            self._go_on_to(question)
            if not self._ask(question, read):
                self._say("Stopped; all answers are saved.")
                return

    def _agenda(self) -> Agenda:
        maker = AgendaMaker(
            self._base, self.case, with_customer=self._with_customer, closed=self._turns.closed
        )
        return maker.agenda(self._diagnosis.open_questions, self._chapter)

    def _go_on_to(self, question: OpenQuestion) -> None:
        """Say the bridge where a question is of another chapter."""
        chapters = self._base.chapters
        chapter = chapters.of.get(question.of or question.fact or "", "")
        if chapter and chapter != self._chapter:
            self._screen.bridge(chapters.docs[chapter].bridge.get(self._screen.lang))
        self._chapter = chapter

    def _end(self, agenda: Agenda) -> None:
        if agenda.among_us:
            text = self._screen.tr("Questions that wait until you are among yourselves: {number}.")
            self._screen.say(text.format(number=len(agenda.among_us)))
        if not agenda.for_customer:
            self._say("There is nothing more to ask.")
            return
        names = dict.fromkeys(q.fact or "" for q in agenda.for_customer)
        self._say("Enough for today. Only the customer can answer what is left:")
        self._screen.facts(tuple(names), self.case)

    def _ask(self, question: OpenQuestion, read: Callable[[], str | None]) -> bool:
        """Ask until the question is answered or skipped; return False at the end of the session."""
        offered = self._offered(question)
        again = place_of(question) in self._turns.skips
        self._screen.question(question, self.case, offered, again=again)
        while True:
            typed = read()
            if typed is None:
                return False
            command = " ".join(typed.casefold().split())
            if command in _STOP:
                return False
            if command in _HELP:
                self._screen.help(question, offered)
            elif command in _WHY:
                self._screen.why(self._effect(question), self.case)
            elif command in _BACK:
                if self._go_back():
                    return True
            elif self._plan.is_command(typed, self.case):
                if self._change_plan(typed):
                    return True
            elif command in _NOT_KNOWN:
                self._turns.skip(question)
                self._answered.append(_Answered(question, None))
                return True
            elif command and self._record(question, typed.strip(), offered):
                return True

    def _review(self) -> None:
        """Open with what was promised by the last meeting, if something had been agreed by then."""
        since = last_entered(self.case, self._base, self._day)
        if since is None or not any(entry.on(since) for entry in self.case.plan):
            return
        days = (since, self._day)
        old = known_on(self.case, self._base, since, self._day)
        now = known_on(self.case, self._base, self._day, self._day)
        found = promises(old, now, self._base, self._day)
        words = PromiseWords(now, old, self._base, self._screen.lang, days)
        self._screen.meeting(words.section(found), words.words.dated(since))

    def _change_plan(self, typed: str) -> bool:
        """Do what a command about the plan says; return whether another question may come first.

        What is marked as done is followed by the questions about its success.
        """
        before = self.case
        try:
            edits = self._plan.edits(typed, self.case, self._diagnosis)
            after = self.case
            for edit in edits:
                after = apply_edit(after, edit, self._base)
        except KamError as error:
            self._screen.say(str(error), 2)
            return False
        if not edits:
            return False
        words = PlanWords(ValueWords(self._base, before, self._screen.lang, self._day))
        for edit in edits:
            self._screen.say(words.change(edit), 2)
        self._replace_case(after)
        self._screen.warn(edits, before)
        self._say_unmet(before)
        was_done = {entry.id for entry in before.plan if entry.status == "done"}
        readings = Readings(self.case, self._base, self._day)
        for entry in self.case.plan:
            if entry.status == "done" and entry.id not in was_done:
                self._turns.first += sign_questions(entry, readings)
        return True

    def _say_unmet(self, before: Case) -> None:
        """Say what is now closed as “worked” although its sign is known not to be there."""
        earlier, now = (
            unmet(Readings(case, self._base, self._day)) for case in (before, self.case)
        )
        known = {entry.id for entry in earlier}
        words = PlanWords(ValueWords(self._base, self.case, self._screen.lang, self._day))
        for entry in now:
            if entry.id not in known:
                text = self._screen.tr(
                    "“{move}” is closed with the result “{result}”, although by the answers so "
                    "far its sign is not met: {sign}"
                )
                sign = self._base.steps[entry.step].success.get(self._screen.lang)
                told = {"move": words.title(entry), "sign": sign}
                result = said(entry.result, self._screen.lang)
                self._screen.say(text.format(**told, result=result), 2)

    def _record(
        self, question: OpenQuestion, typed: str, offered: tuple[OfferedAnswer, ...]
    ) -> bool:
        try:
            edits = self._edits(question, typed, offered)
            after = self.case
            for edit in edits:
                after = apply_edit(after, edit, self._base)
        except NotUnderstoodError as error:
            self._reject(question, error, offered)
            return False
        except KamError as error:
            self._screen.say(str(error), 2)
            return False
        before = self.case
        self._replace_case(after)
        self._screen.warn(edits, before)
        self._say_unmet(before)
        self._answered.append(_Answered(question, before))
        self._update_agenda(question, edits[0])
        return True

    def _update_agenda(self, question: OpenQuestion, edit: Edit) -> None:
        if isinstance(edit, AddEntity):
            self._turns.repeat = question  # there may be others to add
        elif isinstance(edit, SetAnswer) and edit.slot.side != question.side:
            self._turns.skip(question)  # the customer's answer is still open
        else:
            self._turns.answer(question)

    def _edits(
        self, question: OpenQuestion, typed: str, offered: tuple[OfferedAnswer, ...]
    ) -> list[Edit]:
        if question.fact is None:
            return list_edits(typed, question.of or "", self.case)
        fact = self._base.facts[question.fact]
        side = question.side
        if question.asked_of == "both" and typed.casefold().startswith(_WE):
            side, typed = "ours", typed.partition(":")[2].strip()
        value = read_answer(
            typed, fact, offered, self._screen.lang, currency_of(self.case, self._base)
        )
        slot = Slot(question.about.kind, question.about.id, fact.name, side)
        return [SetAnswer(slot, value, source="said", as_of=self._day)]

    def _reject(
        self, question: OpenQuestion, error: NotUnderstoodError, offered: tuple[OfferedAnswer, ...]
    ) -> None:
        tr = self._screen.tr
        known = isinstance(error, AlreadyThereError)
        message = tr("“{typed}” is there already.") if known else tr("“{typed}” is not understood.")
        message = message.format(typed=shortened(error.typed))
        if error.near:
            message += " " + tr("Did you mean “{near}”?").format(near=error.near)
        self._screen.say(message, 2)
        if question.fact is None:
            self._screen.help(question, offered)
        elif not error.near:
            self._screen.say(self._screen.expected(self._base.facts[question.fact], offered), 2)

    def _go_back(self) -> bool:
        if not self._answered:
            self._say("There is no answer to undo.")
            return False
        last = self._answered.pop()
        if last.before is not None:
            self._replace_case(last.before)
        self._turns.reopen(last.question)
        return True

    def _replace_case(self, case: Case) -> None:
        self._save(case)
        was = self._diagnosis
        self.case, self._diagnosis = case, self._judged(case)
        self._screen.changes(was, self._diagnosis, case)

    def _judged(self, case: Case) -> Diagnosis:
        return diagnose(case, self._base, self._day, self._engine)

    def _effect(self, question: OpenQuestion) -> AnswerEffect:
        variants = Variants(self.case, self._base, self._day)
        return effect_of(question, variants, Borders(self._base))

    def _offered(self, question: OpenQuestion) -> tuple[OfferedAnswer, ...]:
        if question.fact is None:
            return ()
        words = ValueWords(self._base, self.case, self._screen.lang)
        yes_no = (words.value("", "yes"), words.value("", "no"))
        return choices(self._base.facts[question.fact], self._screen.lang, yes_no)

    def _say(self, text: str) -> None:
        self._screen.say(self._screen.tr(text))


def _without_prompt(read: Callable[[], str | None]) -> Callable[[], str | None]:
    """Return *read* without a prompt that was copied with the line."""

    def line() -> str | None:
        typed = read()
        if typed is None:
            return None
        prompt = _PROMPT.match(typed)
        return typed[prompt.end() :] if prompt else typed

    return line
