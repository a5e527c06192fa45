"""Why a step has its place in a plan: frozen data, no wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.knowledge.about import About
    from kam_expert.results.diagnosis import Reversal
    from kam_expert.results.plan import Move


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
            ``not_allowed`` under the strategy, ``dropped`` because of a finding, or
            ``not_needed``, because no finding that it answers is likely.
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
