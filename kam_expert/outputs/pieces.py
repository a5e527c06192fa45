"""Parts of the report, with equal ones grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter

    from kam_expert.knowledge.about import About
    from kam_expert.outputs.evidence import Evidence, Origin
    from kam_expert.results.diagnosis import Reason


@dataclass(frozen=True)
class Shared:
    """The reasons of one rule about several people or decisions.

    Attributes:
        reason: The reason about the first entity.
        each: Each entity with its evidence.
        same: Whether all meet the same conditions with one plain value each.
        everybody: Whether this rule, and no other, is about all of them.
    """

    reason: Reason
    each: tuple[tuple[About, list[Evidence]], ...]
    same: bool
    everybody: bool

    @property
    def conditions(self) -> list[Evidence]:
        """Return the distinct conditions that any of them meets."""
        return list({e.key: e for _, found in reversed(self.each) for e in found}.values())

    @property
    def rows(self) -> list[tuple[About, list[Evidence | None]]]:
        """Return each entity with its evidence by condition; None without evidence."""
        keys = [condition.key for condition in self.conditions]
        return [
            (about, [next((e for e in found if e.key == key), None) for key in keys])
            for about, found in self.each
        ]

    @property
    def origins(self) -> list[Origin]:
        """Return the distinct origins of the values, in the order of the entities."""
        origins = (o for _, es in self.each for e in es for f in e.found for _, o in f.of if o)
        return list(dict.fromkeys(origins))


@dataclass(frozen=True)
class QuestionShown:
    """A question with all the entities it is about."""

    fact: str
    abouts: tuple[About, ...]
    could_change: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """Number of active ties between each of their functions and each of ours."""

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
    """A number that we chose, its reason, and the thresholds that share both."""

    value: float
    reason: str
    overridden: bool
    names: tuple[str, ...]
