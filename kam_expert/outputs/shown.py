"""The pieces of a page as a reader sees them: alike ones put together, facts in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter

    from kam_expert.diagnosis import About, NextStep, Reason


@dataclass(frozen=True)
class Evidence:
    """A premise in words: what was asked about, what was found, where that came from.

    Attributes:
        each: What was found of each of several people instead.
    """

    subject: str
    found: str
    origin: str
    asked: str
    each: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shared:
    """What one rule says of several people or decisions.

    Attributes:
        reason: The reason about the first of them.
        each: What each is about, with its evidence.
        same: The only fact asked of all of them and the test, when they share both.
    """

    reason: Reason
    each: tuple[tuple[About, list[Evidence]], ...]
    same: tuple[str, str] | None


@dataclass(frozen=True)
class StepShown:
    """A step as the report shows it: once, with all that it is about."""

    number: int
    steps: tuple[NextStep, ...]
    because: tuple[str, ...]

    @property
    def first(self) -> NextStep:
        """Give the step, the first of several."""
        return self.steps[0]

    @property
    def abouts(self) -> tuple[About, ...]:
        """Give what the step is about, where that is not the account."""
        return tuple(step.about for step in self.steps if step.about.kind != "account")


@dataclass(frozen=True)
class QuestionShown:
    """A question as the report shows it: once, with all it is asked about."""

    fact: str
    abouts: tuple[About, ...]
    could_change: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """Their functions by our functions, with the number of active ties in each cell."""

    ours: tuple[str | None, ...]
    theirs: tuple[str | None, ...]
    ties: Counter[tuple[str | None, str | None]]
    unsure: frozenset[tuple[str | None, str | None]]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Fired:
    """A rule that held or was assumed, for the appendix."""

    rule: str
    cites: tuple[str, ...]
    strength: str
    outcomes: tuple[str, ...]
    finding: str
