"""Which question comes next: the most telling one that can be answered and was not passed over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Case
    from kam_expert.results.diagnosis import OpenQuestion

#: Lists to which people can be added one by one; ties need people on both sides first.
_PEOPLE = ("people", "team")
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
        asked = [_answerable(q, case) for q in found]
        open_: dict[Key, OpenQuestion] = {}
        for here in filter(None, asked):
            open_.setdefault(key_of(here), here)
        left = [q for key, q in open_.items() if self.passed.get(key, 0) <= _ONCE]
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


def _answerable(question: OpenQuestion, case: Case) -> OpenQuestion | None:
    """Return *question*, the one that has to come before it, or None if nobody can answer it here."""
    if question.of is None or question.of in _PEOPLE:
        return question
    if question.of != "links":
        return None
    for name in _PEOPLE:
        if not getattr(case, name):
            # Known to be empty: then there are no ties to ask about.
            return replace(question, of=name) if getattr(case, name) is None else None
    return question
