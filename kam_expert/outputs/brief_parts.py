"""The parts of the first page of a report: what is said of the why, of each move, and the whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_WORD = re.compile(r"\w[\w’'ʼ.-]*")
#: Two sentences say the same if they share this part of the beginnings of their longer words.
_ALIKE, _STEM = 0.7, 5


@dataclass(frozen=True)
class Details:
    """How much of a page is shown.

    Attributes:
        evidence: How many reasons have their evidence, what is concrete first.
        because: How many of the first moves say why.
        moves: How many moves there are; None for all.
    """

    evidence: int
    because: int
    moves: int | None = None


@dataclass(frozen=True)
class ReasonTold:
    """A reason: a sentence, and the sentences of its evidence, which may be left out."""

    says: str
    evidence: str = ""

    @property
    def is_repeated(self) -> bool:
        """Return whether the evidence begins with the words of the sentence and no number."""
        said, more = (_stems(text) for text in (self.says, _sentence(self.evidence)))
        alike = len(said & more) >= _ALIKE * max(1, min(len(said), len(more)))
        return alike and not self.has_figure

    @property
    def is_concrete(self) -> bool:
        """Return whether the evidence has a figure, a day or the words of an answer."""
        return self.has_figure or any(mark in self.evidence for mark in "“«")

    @property
    def has_figure(self) -> bool:
        """Return whether the evidence has a number or a day."""
        return any(letter.isdigit() for letter in self.evidence)


@dataclass(frozen=True)
class MoveTold:
    """A move: what to do, why as a clause that may be left out, and who does it by when.

    Attributes:
        place: The id of its place in the report.
    """

    what: str
    because: str
    who: str
    place: str

    @property
    def says(self) -> str:
        """Return it in sentences: what to do and why, then who does it."""
        return f"{self.task} {self.done}".strip()

    @property
    def task(self) -> str:
        """Return what to do, and why."""
        return f"{self.what}, {self.because}." if self.because else f"{self.what}."

    @property
    def done(self) -> str:
        """Return who does it by when; empty if neither is known."""
        return f"{self.who[:1].upper()}{self.who[1:]}." if self.who else ""


@dataclass(frozen=True)
class Brief:
    """The first page in words.

    Attributes:
        verdict: Strategy and stage by their names, each with its certainty; empty for the customer.
        lead: The sentence that says what the relationship is and what to do with it.
        cause: The sentence on the main cause; empty if there is none.
        moves: What to do.
        find_out: The sentence on the one thing to find out.
        joint: Whether it is for the customer. Then *reasons* say where both sides agree.
        differences: Where the two sides see things differently, for the customer.
    """

    verdict: str
    lead: str
    cause: str
    reasons: tuple[ReasonTold, ...]
    moves: tuple[MoveTold, ...]
    find_out: str
    joint: bool = False
    differences: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        """Return the number of words, without the headings."""
        said = [self.verdict, self.lead, self.cause, self.find_out, *(m.says for m in self.moves)]
        said += self.differences
        said += [text for reason in self.reasons for text in (reason.says, reason.evidence)]
        return sum(len(_WORD.findall(text)) for text in said)

    def without_evidence(self, places: Collection[int]) -> Brief:
        """Return the page without the evidence of the reasons at some places."""
        kept = (
            replace(reason, evidence="") if number in places else reason
            for number, reason in enumerate(self.reasons)
        )
        return replace(self, reasons=tuple(kept))

    def with_details(self, details: Details) -> Brief:
        """Return the page with some of its evidence and some of why the moves are made."""
        moves = (
            replace(move, because="") if number >= details.because else move
            for number, move in enumerate(self.moves[: details.moves])
        )
        # A figure, a day or an answer says more than other words.
        places = range(len(self.reasons))
        ranked = sorted(places, key=lambda n: (not self.reasons[n].is_concrete, n))
        page = self.without_evidence(ranked[details.evidence :])
        return replace(page, moves=tuple(moves))


def _stems(text: str) -> set[str]:
    """Return the beginnings of the words of a text that have more than three letters."""
    return {word[:_STEM] for word in _WORD.findall(text.lower()) if len(word) > 3}  # noqa: PLR2004


def _sentence(text: str) -> str:
    """Return the first sentence of a text."""
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
