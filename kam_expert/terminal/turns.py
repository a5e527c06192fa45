"""Whose turn it is among the questions of the agenda: new ones, then those that were skipped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kam_expert.facts.changes import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.app.agenda import Item
    from kam_expert.results.diagnosis import OpenQuestion

#: A question that was skipped once comes again; an answered one counts as skipped twice.
_ONCE, _ANSWERED = 1, 2


def place_of(question: OpenQuestion) -> Slot | str:
    """Return the slot or the list that a question is about."""
    if question.fact is None:
        return question.of or ""
    return Slot(question.about.kind, question.about.id, question.fact, question.side)


def as_asked(item: Item) -> OpenQuestion:
    """Return the question of an item as it is put here: to us if the customer is not here."""
    question = item.question
    if question.side == "theirs" and "theirs" not in item.sides:
        return replace(question, side="ours", asked_of="us")
    return question


def _places(question: OpenQuestion) -> tuple[Slot | str, ...]:
    """Return the place of each side that a question is put to."""
    place = place_of(question)
    if question.asked_of == "both" and isinstance(place, Slot) and place.side == "theirs":
        return place, place._replace(side="ours")
    return (place,)


@dataclass
class Turns:
    """Chooses the next question and remembers those that were skipped.

    Attributes:
        skips: How often each place was skipped. An answered one counts as skipped for good, even
            if its answer is a band that leaves it open.
        repeat: A question to ask again at once.
        first: Questions to ask before all others, such as those about a step that was just done.
    """

    skips: dict[Slot | str, int]
    repeat: OpenQuestion | None = None
    first: tuple[OpenQuestion, ...] = ()

    def next(self, items: Iterable[Item]) -> OpenQuestion | None:
        """Return the next question; a skipped one comes again once, at the end."""
        if self.repeat is not None:
            question, self.repeat = self.repeat, None
            return question
        if self.first:
            question, *rest = self.first
            self.first = tuple(rest)
            return question
        asked = map(as_asked, items)
        return min(asked, key=lambda q: self.skips.get(place_of(q), 0), default=None)

    def closed(self, place: Slot | str) -> bool:
        """Return whether a place was answered, or skipped twice."""
        return self.skips.get(place, 0) > _ONCE

    def skip(self, question: OpenQuestion) -> None:
        """Leave a question for the end."""
        for place in _places(question):
            self.skips[place] = self.skips.get(place, 0) + 1

    def answer(self, question: OpenQuestion) -> None:
        """Mark a question as answered by every side that was asked."""
        for place in _places(question):
            self.skips[place] = _ANSWERED

    def reopen(self, question: OpenQuestion) -> None:
        """Ask a question again at once, as if it had not been skipped or answered."""
        place = place_of(question)
        self.skips.pop(place, None)
        if isinstance(place, Slot):
            self.skips.pop(place._replace(side="ours"), None)
        self.repeat = question
