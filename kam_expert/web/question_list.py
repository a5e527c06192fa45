"""All questions about an account, in the order in which pages show them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kam_expert.facts.case import plain_value
from kam_expert.facts.changes import Slot, answers_in
from kam_expert.facts.computed import has_basis
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.about import About
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.web.answer_form import (
    Question,
    answer_in_words,
    asked_sides,
    cell_of,
    choices_of,
    form_of,
    question_id,
    typed_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.outputs.wording import Words
    from kam_expert.web.answer_form import AnswerInWords

_KINDS = ("account", "decision", "person", "member", "link", "event")
#: Statements of the source that explain why a question is asked.
_STATEMENTS = 3


@dataclass(frozen=True)
class FactQuestions:
    """A fact of one entity, with the question to each side that is asked."""

    fact: str
    entity_name: str
    questions: tuple[Question, ...]

    @property
    def open(self) -> bool:
        """Return whether a question has no answer."""
        return any(question.open for question in self.questions)


@dataclass(frozen=True)
class Purpose:
    """Why a fact is asked.

    Attributes:
        findings: Those whose rules read the fact.
        statements: What the source says about them.
        context: Whether no rule reads the fact, and the report shows it as context.
    """

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
        not_known: The slots and lists whose last answer is "not known".
        for_customer: Whether the customer reads the answers.
    """

    def __init__(  # noqa: PLR0913 -- the facts, the rules about them, and who reads
        self,
        case: Case,
        base: KnowledgeBase,
        words: Words,
        readers: Mapping[str, tuple[Rule, ...]],
        not_known: frozenset[Slot | str] = frozenset(),
        *,
        for_customer: bool = False,
    ) -> None:
        self.case = case
        self.base = base
        self.words = words
        self._readers = readers
        self._in_vain = not_known
        self._for_customer = for_customer

    @functools.cached_property
    def _readings(self) -> Readings:
        return Readings(self.case, self.base, self.words.day)

    def question(self, slot: Slot) -> Question:
        """Return a question. Raises KeyError for an unknown fact, entity or side."""
        fact = self.base.facts[slot.fact]
        entity = self.case.entity(slot.kind, slot.id)
        if entity is None or fact.kind != slot.kind or slot.side not in asked_sides(fact):
            raise KeyError(slot)
        return self._question(fact, entity, slot.side)

    def _question(self, fact: Fact, entity: Entity, side: str) -> Question:
        doc, lang = fact.doc, self.words.lang
        slot = Slot(entity.kind, entity.id, fact.name, side)
        answers = answers_in(self.case, slot)
        past, _ = self._readings.standing(entity, fact.name, answers)
        gone = [a for a in answers if a not in past and a.as_of and a.as_of <= self.words.day]
        value = past[-1].value if past else UNKNOWN
        limits = doc.range
        name = self._entity_name(entity)
        return Question(
            id=question_id(slot),
            slot=slot,
            text=doc.question_about(name, side, lang),
            names_entity=bool(name) and doc.ask_named is not None,
            help=(doc.help_customer or doc.help if side == "theirs" else doc.help).get(lang),
            short=doc.short.get(lang),
            entity_name=name,
            form=form_of(fact),
            choices=choices_of(fact, value, self.words, side),
            typed=typed_of(fact, value),
            cell=cell_of(value),
            low="" if limits is None or limits.min is None else f"{limits.min:g}",
            high="" if limits is None or limits.max is None else f"{limits.max:g}",
            whole=doc.type == "integer",
            unit=doc.unit or "",
            answer=self._in_words(past[-1], fact) if past else None,
            earlier=self._earlier([*gone, *past[:-1]], fact),
            not_known=slot in self._in_vain and not past,
            computed=self._computed(fact, entity),
        )

    def _entity_name(self, entity: Entity) -> str:
        return "" if entity.kind == "account" else self.words.about(About(entity.kind, entity.id))

    def _earlier(self, past: list[Answer], fact: Fact) -> tuple[AnswerInWords, ...]:
        return tuple(self._in_words(answer, fact) for answer in reversed(past))

    def _in_words(self, answer: Answer, fact: Fact) -> AnswerInWords:
        said = answer_in_words(answer, fact, self.words)
        own = fact.doc.labels_customer.get(str(answer.value)) if self._for_customer else None
        return said if own is None else replace(said, value=own.get(self.words.lang))

    def _computed(self, fact: Fact, entity: Entity) -> str:
        if fact.doc.computed is None:
            return ""
        view = self._readings.view(entity, strict=False)
        if not view.is_computed(fact.name) or not has_basis(view, fact.name):
            return ""
        return self.words.value(fact.name, plain_value(view.computed(fact.name)))

    # Groups of questions

    def about(
        self, entity: Entity, names: Iterable[str] | None = None
    ) -> tuple[FactQuestions, ...]:
        """Return the questions about one entity: about the named facts, or about all."""
        chosen = self.base.facts if names is None else [n for n in names if n in self.base.facts]
        return tuple(
            self._fact_questions(self.base.facts[n], entity)
            for n in chosen
            if self.base.facts[n].kind == entity.kind
        )

    def fact_questions(self, slot: Slot) -> FactQuestions | None:
        """Return the questions about a fact of an entity; None if it was removed."""
        entity = self.case.entity(slot.kind, slot.id)
        fact = self.base.facts.get(slot.fact)
        return None if entity is None or fact is None else self._fact_questions(fact, entity)

    def _fact_questions(self, fact: Fact, entity: Entity) -> FactQuestions:
        questions = tuple(self._question(fact, entity, side) for side in asked_sides(fact))
        return FactQuestions(fact.name, self._entity_name(entity), questions)

    def themes(self) -> list[tuple[str, int, int]]:
        """Return each theme with the numbers of its open questions and of all."""
        counted = {theme: [0, 0] for theme in self.base.themes}
        for fact, entity in self._fact_entities():
            numbers = counted[fact.doc.theme]
            for side in asked_sides(fact):
                slot = Slot(entity.kind, entity.id, fact.name, side)
                numbers[0] += not answers_in(self.case, slot) and not self._computed(fact, entity)
                numbers[1] += 1
        return [(theme, open_, total) for theme, (open_, total) in counted.items() if total]

    def theme(self, name: str, *, only_open: bool) -> tuple[FactQuestions, ...]:
        """Return the questions of a theme."""
        found = (
            self._fact_questions(f, e) for f, e in self._fact_entities() if f.doc.theme == name
        )
        return tuple(questions for questions in found if questions.open or not only_open)

    def all_questions(self) -> Iterator[FactQuestions]:
        """Return all questions about the account."""
        return (self._fact_questions(fact, entity) for fact, entity in self._fact_entities())

    def _fact_entities(self) -> Iterator[tuple[Fact, Entity]]:
        for kind in _KINDS:
            for entity in self.case.entities(kind):
                for fact in self.base.facts.values():
                    told = fact.name in entity.ours or fact.name in entity.theirs
                    if fact.kind == kind and (told or not fact.doc.parts):
                        yield fact, entity

    # Purpose, and what is not asked again

    def purpose(self, fact: str) -> Purpose:
        """Return why a fact is asked."""
        rules = self._readers.get(fact, ())
        findings = dict.fromkeys(rule.finding for rule in rules)
        cited = dict.fromkeys(name for rule in rules for name in rule.cites)
        statements = self.base.statements.statements
        return Purpose(
            tuple(findings),
            tuple(statements[n].says.get(self.words.lang) for n in list(cited)[:_STATEMENTS]),
            context=self.base.facts[fact].doc.context is not None,
        )

    def closed(self, place: Slot | str) -> bool:
        """Return whether a slot or a list was answered today, or is known to be unknown.

        An answer may not suffice for a rule, as a total does not without its list: the same
        question again would bring no more.
        """
        if place in self._in_vain:
            return True
        if isinstance(place, str):
            return place in self.case.complete
        answers = answers_in(self.case, place)
        if not answers:
            return False
        # If answers can become stale, an undated one is worth asking for again.
        undated = () if self.base.facts[place.fact].doc.fresh_days else (None,)
        return any(a.as_of in (self.words.day, *undated) for a in answers)
