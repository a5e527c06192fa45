"""Which question comes next: the most telling one that can be answered and was not passed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Case
    from kam_expert.results.diagnosis import OpenQuestion

Key = tuple[object, ...]
_ONCE, _ANSWERED = 1, 2


def key_of(question: OpenQuestion) -> Key:
    """Return what makes a question the same one after other answers."""
    return question.fact, question.of, question.about, question.side


@dataclass
class Agenda:
    """Chooses questions and remembers those that were passed over.

    Attributes:
        passed: How often each question was passed over; so often that it never comes again when
            it was answered, though a band may leave it open.
        again: A question to come back to at once.
    """

    passed: dict[Key, int]
    again: OpenQuestion | None = None

    def next(self, case: Case, found: Iterable[OpenQuestion]) -> OpenQuestion | None:
        """Return the next question; one that was passed over comes again at the end, once."""
        if self.again is not None:
            question, self.again = self.again, None
            return question
        asked = [q for q in found if _is_answerable(q, case)]
        left = [q for q in asked if self.passed.get(key_of(q), 0) <= _ONCE]
        return min(left, key=lambda q: self.passed.get(key_of(q), 0), default=None)

    def pass_over(self, question: OpenQuestion) -> None:
        """Leave a question for the end."""
        self.passed[key_of(question)] = self.passed.get(key_of(question), 0) + 1

    def answer(self, question: OpenQuestion) -> None:
        """Have done with a question."""
        self.passed[key_of(question)] = _ANSWERED

    def take_up(self, question: OpenQuestion) -> None:
        """Come back to a question, as if it had not been passed over or answered."""
        self.passed.pop(key_of(question), None)
        self.again = question


def _is_answerable(question: OpenQuestion, case: Case) -> bool:
    """Return whether there can be an answer: where nobody is on a side, there are no ties."""
    return question.of != "links" or bool(case.people and case.team)
