"""Changes of a case that are meant to stay, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.changes import Slot


@dataclass(frozen=True)
class SetAnswer:
    """An answer given.

    A dated answer takes the place of the one of that date and of one without a date; an answer
    without a date takes the place of one without. UNKNOWN ("not known") takes away the answer of
    its date, and all of them when it has none.

    Attributes:
        value: As `Fact.read` gives it, or UNKNOWN.
        source: observed, said, reported, assumed, or None.
    """

    slot: Slot
    value: Any
    source: str | None = None
    by: str | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class AddEntity:
    """A person, member, decision or link added; the id of a link follows from its *ends*."""

    kind: str
    id: str = ""
    name: str = ""
    ends: tuple[str, str] | None = None
    decisions: frozenset[str] | None = None


@dataclass(frozen=True)
class RemoveEntity:
    """A person, member, decision or link removed, with the links to it.

    A list that loses its last member says nothing any more: that it is empty has to be said.
    """

    kind: str
    id: str


@dataclass(frozen=True)
class Rename:
    """Another name for a person, member or decision."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True)
class SetBelongs:
    """The decisions that a person belongs to; None means all."""

    person: str
    decisions: frozenset[str] | None


@dataclass(frozen=True)
class SetComplete:
    """What was said about ``people``, ``team`` or ``links`` being complete; None: nothing."""

    list: str
    complete: bool | None


@dataclass(frozen=True)
class SetListed:
    """A list without members known to be empty (True), or nothing said about it (False)."""

    list: str
    listed: bool


@dataclass(frozen=True)
class SetAccount:
    """Name, owner and segment of the account; None leaves one as it is."""

    name: str | None = None
    owner: str | None = None
    segment: str | None = None


@dataclass(frozen=True)
class SetComments:
    """All comments of the consultant."""

    comments: tuple[str, ...]


@dataclass(frozen=True)
class SetStepNote:
    """What is noted for a step; without anything, the note is taken away."""

    step: str
    owner: str | None = None
    due: date | None = None
    hide: bool = False


@dataclass(frozen=True)
class SetTarget:
    """The stage aimed at; None for none."""

    stage: str | None


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
    | SetTarget
)
