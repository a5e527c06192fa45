"""All that can be asked about an account, in the order in which pages show it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.facts.case import plain_value
from kam_expert.facts.changes import Slot, told
from kam_expert.facts.computed import has_basis
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.about import About
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.web.answer_form import (
    Question,
    cell_of,
    choices_of,
    form_of,
    question_id,
    told_of,
    typed_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.outputs.wording import Words
    from kam_expert.results.diagnosis import OpenQuestion
    from kam_expert.web.answer_form import AnswerInWords

_KINDS = ("account", "decision", "person", "member", "link")
#: So many statements of the source stand behind "why do you ask".
_STATEMENTS = 3


@dataclass(frozen=True)
class Asking:
    """A fact of one entity, with the question to each side that is asked."""

    fact: str
    whose: str
    questions: tuple[Question, ...]

    @property
    def open(self) -> bool:
        """Return whether somebody has not answered yet."""
        return any(question.open for question in self.questions)


@dataclass(frozen=True)
class QuestionTheme:
    """The questions of a theme, and how many of them nobody has answered."""

    name: str
    askings: tuple[Asking, ...]
    open: int
    total: int


@dataclass(frozen=True)
class Because:
    """Why something is asked: what it could settle, and what the method says of it."""

    findings: tuple[str, ...]
    statements: tuple[str, ...]
    context: bool


class QuestionBook:
    """The questions about one account in one language.

    Args:
        case: The facts.
        base: The rule base.
        words: Of the page.
        readers: The rules that read each fact.
        in_vain: What was answered by "not known".
    """

    def __init__(
        self,
        case: Case,
        base: KnowledgeBase,
        words: Words,
        readers: Mapping[str, tuple[Rule, ...]],
        in_vain: frozenset[Slot | str] = frozenset(),
    ) -> None:
        self.case = case
        self.base = base
        self.words = words
        self._readers = readers
        self._in_vain = in_vain

    @functools.cached_property
    def _readings(self) -> Readings:
        return Readings(self.case, self.base, self.words.day)

    def question(self, slot: Slot) -> Question:
        """Return a question. Raises KeyError for what is no fact or entity of this account."""
        fact = self.base.facts[slot.fact]
        entity = next((e for e in self.case.entities(slot.kind) if e.id == slot.id), None)
        if entity is None or fact.kind != slot.kind or slot.side not in self.sides(fact):
            raise KeyError(slot)
        return self._question(fact, entity, slot.side)

    def sides(self, fact: Fact) -> tuple[str, ...]:
        """Return the sides that a fact is asked of."""
        asked_of = {"us": ("ours",), "customer": ("theirs",)}
        return asked_of.get(fact.doc.asked_of, ("ours", "theirs"))

    def _question(self, fact: Fact, entity: Entity, side: str) -> Question:
        doc, lang = fact.doc, self.words.lang
        slot = Slot(entity.kind, entity.id, fact.name, side)
        answers = told(self.case, slot)
        past = [a for a in answers if a.as_of is None or a.as_of <= self.words.day]
        value = past[-1].value if past else UNKNOWN
        limits = doc.range
        ask = doc.ask_customer if side == "theirs" and doc.ask_customer else doc.ask
        return Question(
            id=question_id(slot),
            slot=slot,
            text=ask.get(lang),
            help=doc.help.get(lang),
            short=doc.short.get(lang),
            whose=""
            if entity.kind == "account"
            else self.words.about(About(entity.kind, entity.id)),
            form=form_of(fact),
            choices=choices_of(fact, value, self.words),
            typed=typed_of(fact, value),
            cell=cell_of(value),
            low="" if limits is None or limits.min is None else f"{limits.min:g}",
            high="" if limits is None or limits.max is None else f"{limits.max:g}",
            whole=doc.type == "integer",
            unit=doc.unit or "",
            told=told_of(past[-1], fact, self.words) if past else None,
            earlier=self._earlier(past, fact),
            in_vain=slot in self._in_vain and not past,
            counted=self._counted(fact, entity),
        )

    def _earlier(self, past: list[Answer], fact: Fact) -> tuple[AnswerInWords, ...]:
        return tuple(told_of(answer, fact, self.words) for answer in reversed(past[:-1]))

    def _counted(self, fact: Fact, entity: Entity) -> str:
        if fact.doc.computed is None:
            return ""
        view = self._readings.view(entity, strict=False)
        if not view.is_computed(fact.name) or not has_basis(view, fact.name):
            return ""
        return self.words.value(fact.name, plain_value(view.computed(fact.name)))

    # Groups of questions

    def about(self, entity: Entity, names: Iterable[str] | None = None) -> tuple[Asking, ...]:
        """Return the questions about one entity; those named, or all."""
        chosen = self.base.facts if names is None else [n for n in names if n in self.base.facts]
        return tuple(
            self._asking(self.base.facts[n], entity)
            for n in chosen
            if self.base.facts[n].kind == entity.kind
        )

    def asking(self, slot: Slot) -> Asking | None:
        """Return a fact with the questions to each side; None for what is there no more."""
        entity = next((e for e in self.case.entities(slot.kind) if e.id == slot.id), None)
        fact = self.base.facts.get(slot.fact)
        return None if entity is None or fact is None else self._asking(fact, entity)

    def _asking(self, fact: Fact, entity: Entity) -> Asking:
        whose = "" if entity.kind == "account" else self.words.about(About(entity.kind, entity.id))
        questions = tuple(self._question(fact, entity, side) for side in self.sides(fact))
        return Asking(fact.name, whose, questions)

    def themes(self) -> list[tuple[str, int, int]]:
        """Return each theme with the number of its open questions and of all."""
        counted: dict[str, list[int]] = {}
        for fact, entity in self._places():
            numbers = counted.setdefault(fact.doc.theme, [0, 0])
            for side in self.sides(fact):
                slot = Slot(entity.kind, entity.id, fact.name, side)
                numbers[0] += not told(self.case, slot) and not self._counted(fact, entity)
                numbers[1] += 1
        return [(theme, open_, total) for theme, (open_, total) in counted.items()]

    def theme(self, name: str, *, only_open: bool) -> tuple[Asking, ...]:
        """Return the questions of a theme."""
        found = (self._asking(f, e) for f, e in self._places() if f.doc.theme == name)
        return tuple(asking for asking in found if asking.open or not only_open)

    def everything(self) -> Iterator[Asking]:
        """Return every question that can be asked."""
        return (self._asking(fact, entity) for fact, entity in self._places())

    def _places(self) -> Iterator[tuple[Fact, Entity]]:
        for kind in _KINDS:
            for entity in self.case.entities(kind):
                for fact in self.base.facts.values():
                    if fact.kind == kind:
                        yield fact, entity

    # Why

    def because(self, fact: str) -> Because:
        """Return why a fact is asked: the findings that read it, and what the method says."""
        rules = self._readers.get(fact, ())
        findings = dict.fromkeys(rule.finding for rule in rules)
        cited = dict.fromkeys(name for rule in rules for name in rule.cites)
        statements = self.base.statements.statements
        return Because(
            tuple(findings),
            tuple(statements[n].says.get(self.words.lang) for n in list(cited)[:_STATEMENTS]),
            context=self.base.facts[fact].doc.context is not None,
        )

    def next_slot(self, question: OpenQuestion) -> Slot | str:
        """Return the slot that an open question asks for, or the list."""
        if question.fact is None:
            return question.of or ""
        return Slot(question.about.kind, question.about.id, question.fact, question.side)

    def to_ask(self, questions: Iterable[OpenQuestion]) -> list[OpenQuestion]:
        """Return the questions in order, without those answered today or in vain.

        An answer may be too little for a rule to be sure, as a total is without its list: asking
        again would bring no more.
        """
        found = []
        for question in questions:
            place = self.next_slot(question)
            if place not in self._in_vain and not self._answered(place):
                found.append(question)
        return found

    def _answered(self, place: Slot | str) -> bool:
        if isinstance(place, str):
            return place in self.case.complete
        # Where answers grow old, one without a date is worth asking for again.
        undated = () if self.base.facts[place.fact].doc.fresh_days else (None,)
        return any(a.as_of in (self.words.day, *undated) for a in told(self.case, place))
