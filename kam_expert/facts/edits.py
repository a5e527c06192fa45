"""Permanent changes of a case, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.changes import Slot
    from kam_expert.facts.plan_entries import PlanEntry


@dataclass(frozen=True)
class SetAnswer:
    """Set an answer.

    A dated answer replaces the one of that date and an undated one; an undated answer replaces an
    undated one. UNKNOWN ("not known") removes the answer of its date, or all answers if it has
    no date.

    Attributes:
        value: As `Fact.read` returns it, or UNKNOWN.
        source: observed, said, reported, assumed, or None.
    """

    slot: Slot
    value: Any
    source: str | None = None
    by: str | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class AddEntity:
    """Add a person, member, decision, event or link.

    The id of a link follows from its *ends*. Those of an event are whom it concerns, if anybody.
    """

    kind: str
    id: str = ""
    name: str = ""
    ends: tuple[str, str] | None = None
    decisions: frozenset[str] | None = None


@dataclass(frozen=True)
class RemoveEntity:
    """Remove a person, member, decision, event or link, with the links to it and its events.

    A list that loses its last member becomes unknown, because an empty list must be stated.
    """

    kind: str
    id: str


@dataclass(frozen=True)
class Rename:
    """Rename a person, member or decision."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True)
class SetBelongs:
    """Set the decisions that a person belongs to; None means all."""

    person: str
    decisions: frozenset[str] | None


@dataclass(frozen=True)
class SetComplete:
    """Set whether ``people``, ``team`` or ``links`` is complete; None: unknown."""

    list: str
    complete: bool | None


@dataclass(frozen=True)
class SetListed:
    """Set whether a list without members is empty (True) or unknown (False)."""

    list: str
    listed: bool


@dataclass(frozen=True)
class SetAccount:
    """Set name, owner and segment of the account; None keeps the value."""

    name: str | None = None
    owner: str | None = None
    segment: str | None = None


@dataclass(frozen=True)
class SetComments:
    """Set the comments of the consultant."""

    comments: tuple[str, ...]


@dataclass(frozen=True)
class SetStepNote:
    """Set the note on a step; without content the note is removed."""

    step: str
    owner: str | None = None
    due: date | None = None
    hide: bool = False


@dataclass(frozen=True)
class SetTarget:
    """Set the target stage; None for none."""

    stage: str | None


@dataclass(frozen=True)
class SetStrategy:
    """Set a strategy in place of the one that the rules give; None for that of the rules."""

    strategy: str | None
    reason: str = ""


@dataclass(frozen=True)
class AddPlanEntry:
    """Add an entry to the plan."""

    entry: PlanEntry


@dataclass(frozen=True)
class ChangePlanEntry:
    """Change keys of an entry of the plan.

    A new status removes what does not belong to it, such as the day of an entry that was done.

    Attributes:
        values: The new value of each key, as `PlanEntry` has it.
    """

    id: str
    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class RemovePlanEntry:
    """Remove an entry from the plan, as if it had never been agreed."""

    id: str


Edit = (
    SetAnswer
    | AddEntity
    | RemoveEntity
    | Rename
    | SetBelongs
    | SetComplete
    | SetListed
    | SetAccount
    | SetComments
    | SetStepNote
    | SetStrategy
    | SetTarget
    | AddPlanEntry
    | ChangePlanEntry
    | RemovePlanEntry
)
