"""The plan of an account: few moves, what is left for later, what waits, what goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.about import About


@dataclass(frozen=True)
class Move:
    """A step of the plan, about one or more entities.

    Attributes:
        place: From 1.
        steps: The step, then those that are one move with it.
        because: The findings that it answers.
        begin: The day to begin.
        due: The day by which it is done.
        effort: Half days.
        by: What decided its place, a key of the texts of the plan.
        finding: The worst finding that no earlier move answers, if any.
        day: The day of the event that sets its time, if any.
        cause: The main cause behind what it answers, if any.
        entry: What was agreed about it, if anything.
    """

    place: int
    steps: tuple[str, ...]
    about: tuple[About, ...]
    because: tuple[str, ...]
    begin: date
    due: date
    effort: int
    by: str
    finding: str | None = None
    day: date | None = None
    cause: str | None = None
    entry: PlanEntry | None = None

    @property
    def step(self) -> str:
        """Return the step that names the move."""
        return self.steps[0]


@dataclass(frozen=True)
class LeftStep:
    """A step that is not in the plan.

    Attributes:
        steps: The step, then those that are one move with it.
        reason: Why it is left for later, a key of the texts of the plan; None for one that waits.
        waits_for: The findings that hold it back.
    """

    steps: tuple[str, ...]
    about: tuple[About, ...]
    because: tuple[str, ...]
    reason: str | None = None
    waits_for: tuple[str, ...] = ()

    @property
    def step(self) -> str:
        """Return the step that names it."""
        return self.steps[0]


@dataclass(frozen=True)
class KeptStep:
    """A step that has succeeded and goes on.

    Attributes:
        every: How often, in days.
    """

    step: str
    about: tuple[About, ...]
    every: int


@dataclass(frozen=True)
class Plan:
    """What to do in the next quarter.

    Attributes:
        capacity: The half days that it may take.
        moves: In order; what was agreed comes first.
        own: What we agreed to do and the rule base does not propose; each takes the room of a move.
        done: What was done, the latest first.
        dropped: What was dropped.
        later: What is left for later, in order.
        waits: What is held back, in order.
        agreed: All that was agreed, of both sides, as it is in the case.
        keep_doing: What has succeeded and goes on, in the order of the rule base.
    """

    capacity: int = 0
    moves: tuple[Move, ...] = ()
    own: tuple[PlanEntry, ...] = ()
    done: tuple[PlanEntry, ...] = ()
    dropped: tuple[PlanEntry, ...] = ()
    later: tuple[LeftStep, ...] = ()
    waits: tuple[LeftStep, ...] = ()
    keep_doing: tuple[KeptStep, ...] = ()
    agreed: tuple[PlanEntry, ...] = ()

    @property
    def effort(self) -> int:
        """Return the half days of all moves."""
        return sum(move.effort for move in self.moves)
