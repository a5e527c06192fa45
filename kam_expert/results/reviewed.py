"""What happened since the last meeting: promises, findings, and what the plan now changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.results.inquiry import Comparison
    from kam_expert.results.plan import Move


@dataclass(frozen=True)
class MissingSign:
    """An entry of the plan that is done, and whose success is not seen in time.

    Attributes:
        by: The day by which the sign was to be seen.
        known: Whether it is known not to be there; otherwise nobody has answered.
    """

    entry: PlanEntry
    by: date
    known: bool


@dataclass(frozen=True)
class Promises:
    """The entries of the plan, grouped by their results.

    Attributes:
        done: Done since.
        late: Open, and the day on which they were due has passed.
        open: Open and not late, agreed before.
        agreed: Open and not late, agreed since.
        dropped: Dropped since.
        removed: Taken out of the plan since.
        unseen: Done at any time, and the sign of their success is missing.
    """

    done: tuple[PlanEntry, ...]
    late: tuple[PlanEntry, ...]
    open: tuple[PlanEntry, ...]
    agreed: tuple[PlanEntry, ...]
    dropped: tuple[PlanEntry, ...]
    removed: tuple[PlanEntry, ...]
    unseen: tuple[MissingSign, ...]


@dataclass(frozen=True)
class MovedPlace:
    """A move that had another place before."""

    move: Move
    before: int


@dataclass(frozen=True)
class PlanChanges:
    """The moves that the plan has now and had not then, the other way round, and new places."""

    came: tuple[Move, ...]
    went: tuple[Move, ...]
    moved: tuple[MovedPlace, ...]


@dataclass(frozen=True)
class Review:
    """What happened between two days.

    Attributes:
        since: The day of the last meeting.
        day: Today.
        comparison: The difference between the diagnoses of the two days.
    """

    since: date
    day: date
    promises: Promises
    plan: PlanChanges
    comparison: Comparison
