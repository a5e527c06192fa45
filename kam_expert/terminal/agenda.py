"""The next question: the first in rank that can be answered here and was not skipped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kam_expert.engines.inquiry.ask import ask

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.inquiry import NextQuestion, Questioning

#: Lists of people, who can be added one by one; a tie needs people on both lists first.
_PEOPLE = ("people", "team")
Key = tuple[object, ...]
#: A question that was skipped once comes again; an answered one counts as skipped twice.
_ONCE, _ANSWERED = 1, 2


def open_questions(case: Case, base: KnowledgeBase, day: date) -> Questioning:
    """Return the open questions by rank."""
    return ask(case, base, day)


def key_of(question: NextQuestion) -> Key:
    """Return what identifies a question after other answers."""
    return question.fact, question.of, question.about, question.side


@dataclass
class Agenda:
    """Chooses the next question and remembers those that were skipped.

    Attributes:
        skips: How often each question was skipped. An answered question counts as skipped for
            good, even if its answer is a band that leaves it open.
        repeat: A question to ask again at once.
    """

    skips: dict[Key, int]
    repeat: NextQuestion | None = None

    def next(self, case: Case, found: Questioning) -> NextQuestion | None:
        """Return the next question; a skipped one comes again once, at the end."""
        if self.repeat is not None:
            question, self.repeat = self.repeat, None
            return question
        asked = [_answerable(q, case) for q in (*found.questions, *found.waiting)]
        open_ = {key_of(question): question for question in reversed(asked) if question}
        left = [open_[key] for key in reversed(open_) if self.skips.get(key, 0) <= _ONCE]
        return min(left, key=lambda q: self.skips.get(key_of(q), 0), default=None)

    def skip(self, question: NextQuestion) -> None:
        """Leave a question for the end."""
        self.skips[key_of(question)] = self.skips.get(key_of(question), 0) + 1

    def answer(self, question: NextQuestion) -> None:
        """Mark a question as answered."""
        self.skips[key_of(question)] = _ANSWERED

    def reopen(self, question: NextQuestion) -> None:
        """Ask a question again at once, as if it had not been skipped or answered."""
        self.skips.pop(key_of(question), None)
        self.repeat = question


def _answerable(question: NextQuestion, case: Case) -> NextQuestion | None:
    """Return *question*, or the one to ask before it; None if it cannot be answered here."""
    if question.of is None or question.of in _PEOPLE:
        return question
    if question.of != "links":
        return None
    for name in _PEOPLE:
        if not getattr(case, name):
            # If a list is known to be empty, there are no ties to ask about.
            return replace(question, of=name) if getattr(case, name) is None else None
    return question
