"""The pieces of a page as a reader sees them: alike ones put together, facts in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter

    from kam_expert.knowledge.about import About
    from kam_expert.outputs.evidence import Evidence, Origin
    from kam_expert.results.diagnosis import NextStep, Reason


@dataclass(frozen=True)
class Shared:
    """What one rule says of several people or decisions.

    Attributes:
        reason: The reason about the first of them.
        each: What each is about, with its evidence.
        same: Whether all meet the same conditions by one plain value each.
        everybody: Whether no other rule speaks of any of them, and this one of all.
    """

    reason: Reason
    each: tuple[tuple[About, list[Evidence]], ...]
    same: bool
    everybody: bool

    @property
    def conditions(self) -> list[Evidence]:
        """Return the conditions that any of them meets, each once."""
        return list({e.key: e for _, found in reversed(self.each) for e in found}.values())

    @property
    def rows(self) -> list[tuple[About, list[Evidence | None]]]:
        """Return each with its evidence in the order of the conditions; None where it has none."""
        keys = [condition.key for condition in self.conditions]
        return [
            (about, [next((e for e in found if e.key == key), None) for key in keys])
            for about, found in self.each
        ]

    @property
    def origins(self) -> list[Origin]:
        """Return where the values came from, in the order of those they are about."""
        origins = (o for _, es in self.each for e in es for f in e.found for _, o in f.of if o)
        return list(dict.fromkeys(origins))


@dataclass(frozen=True)
class StepShown:
    """A step as the report shows it: once, with all that it is about."""

    number: int
    steps: tuple[NextStep, ...]
    because: tuple[str, ...]

    @property
    def first(self) -> NextStep:
        """Return the step, the first of several."""
        return self.steps[0]

    @property
    def abouts(self) -> tuple[About, ...]:
        """Return what the step is about, where that is not the account."""
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
    finding: str


@dataclass(frozen=True)
class ThresholdShown:
    """A number of ours with its reason, and the thresholds that are this number for it."""

    value: float
    reason: str
    overridden: bool
    names: tuple[str, ...]
