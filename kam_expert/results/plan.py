"""The plan of an account: few moves, what is left for later, what waits, what goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.knowledge.about import About
    from kam_expert.results.diagnosis import Reversal


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
        moves: In order.
        later: What is left for later, in order.
        waits: What is held back, in order.
        keep_doing: What has succeeded and goes on, in the order of the rule base.
    """

    capacity: int = 0
    moves: tuple[Move, ...] = ()
    later: tuple[LeftStep, ...] = ()
    waits: tuple[LeftStep, ...] = ()
    keep_doing: tuple[KeptStep, ...] = ()

    @property
    def effort(self) -> int:
        """Return the half days of all moves."""
        return sum(move.effort for move in self.moves)


@dataclass(frozen=True)
class Ahead:
    """Of two steps the one that comes first, with what decided.

    Attributes:
        step: The step that comes first.
        other: The step that comes after it.
        by: A key of the texts of the plan.
        finding, cause, day: As of a `Move`.
    """

    step: str
    other: str
    by: str
    finding: str | None = None
    cause: str | None = None
    day: date | None = None


@dataclass(frozen=True)
class Answering:
    """A step that answers a finding, with its place in the plan; None if it has none."""

    step: str
    place: int | None


@dataclass(frozen=True)
class Hold:
    """A finding that holds a step back.

    Attributes:
        status: Its status; ``open`` while the step waits for an answer.
        about: Whom it is about.
        freed_by: The proposed steps that answer it, those of the plan first.
        reversed_by: Single changes that would take it back.
    """

    finding: str
    status: str
    about: tuple[About, ...]
    freed_by: tuple[Answering, ...]
    reversed_by: tuple[Reversal, ...]


@dataclass(frozen=True)
class StepPlace:
    """Why a step has its place in the plan, or what would have to be for it to come first.

    Attributes:
        state: ``move``, ``later``, ``waits``, ``keep_doing``, ``done``, ``hidden``,
            ``not_allowed`` under the strategy, ``dropped`` while a finding stands, or
            ``not_needed``, because nothing that it answers stands.
        place: Of the move; ``moves`` is how many there are.
        move: The move, if it is one.
        reason: Why it is left for later.
        ahead: How the neighbours and the first move compare with it, in their order.
        answered_by: The moves that answer the same, with what they answer.
        room: The moves and half days with which it would be in the plan; None if no room is enough.
        holds: What holds it back.
        first_under: The strategies under which it would come first.
        needs: For a step that is not proposed: the findings that it answers, or that drop it.
        every: The rhythm of what goes on, in days.
    """

    step: str
    state: str
    strategy: str | None
    place: int | None = None
    moves: int = 0
    move: Move | None = None
    reason: str | None = None
    ahead: tuple[Ahead, ...] = ()
    answered_by: tuple[tuple[Answering, tuple[str, ...]], ...] = ()
    room: tuple[int, int] | None = None
    holds: tuple[Hold, ...] = ()
    first_under: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    every: int | None = None
