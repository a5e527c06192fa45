"""The next question: the first in rank that can be answered here and was not skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Case
    from kam_expert.results.diagnosis import OpenQuestion

Key = tuple[object, ...]
#: A question that was skipped once comes again; an answered one counts as skipped twice.
_ONCE, _ANSWERED = 1, 2


def key_of(question: OpenQuestion) -> Key:
    """Return what identifies a question after other answers."""
    return question.fact, question.of, question.about, question.side


@dataclass
class Agenda:
    """Chooses the next question and remembers those that were skipped.

    Attributes:
        skips: How often each question was skipped. An answered question counts as skipped for
            good, even if its answer is a band that leaves it open.
        repeat: A question to ask again at once.
        first: Questions to ask before all others, such as those about a step that was just done.
    """

    skips: dict[Key, int]
    repeat: OpenQuestion | None = None
    first: tuple[OpenQuestion, ...] = ()

    def next(self, case: Case, found: Iterable[OpenQuestion]) -> OpenQuestion | None:
        """Return the next question; a skipped one comes again once, at the end."""
        if self.repeat is not None:
            question, self.repeat = self.repeat, None
            return question
        if self.first:
            question, *rest = self.first
            self.first = tuple(rest)
            return question
        asked = [q for q in found if _is_answerable(q, case)]
        left = [q for q in asked if self.skips.get(key_of(q), 0) <= _ONCE]
        return min(left, key=lambda q: self.skips.get(key_of(q), 0), default=None)

    def skip(self, question: OpenQuestion) -> None:
        """Leave a question for the end."""
        self.skips[key_of(question)] = self.skips.get(key_of(question), 0) + 1

    def answer(self, question: OpenQuestion) -> None:
        """Mark a question as answered."""
        self.skips[key_of(question)] = _ANSWERED

    def reopen(self, question: OpenQuestion) -> None:
        """Ask a question again at once, as if it had not been skipped or answered."""
        self.skips.pop(key_of(question), None)
        self.repeat = question


def _is_answerable(question: OpenQuestion, case: Case) -> bool:
    """Return whether a question can be answered: ties need people on both sides."""
    return question.of != "links" or bool(case.people and case.team)
