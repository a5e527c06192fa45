"""The format of ``events.yaml``, as pydantic models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kam_expert.knowledge.audience import Audience
from kam_expert.knowledge.documents import Doc, Text, Yes


class EventKeysDoc(Doc):
    """The facts of an event, by the keys that a case file has for them."""

    kind: str
    day: str
    note: str


class VoidsDoc(Doc):
    """Which older answers no longer hold after an event.

    Attributes:
        about: Whether those about the person or member concerned.
        by: Whether those that the person concerned gave.
        themes: All those to facts of these themes about the account and its decisions.
        facts: All those to these facts.
        besides: Facts of the themes whose answers still hold.
        marked: Whether themes and facts count only where the person concerned has the mark.
    """

    about: Yes | None = None
    by: Yes | None = None
    themes: list[str] = Field(default_factory=list)
    facts: list[str] = Field(default_factory=list)
    besides: list[str] = Field(default_factory=list)
    marked: Yes | None = None


class EventKindDoc(Doc):
    """A kind of event; its name is the value of the fact that says the kind.

    Attributes:
        whom: Whether an event of this kind must say which person or member it concerns.
    """

    whom: Literal["needed", "optional"]
    ask: Text
    voids: VoidsDoc = VoidsDoc()
    audience: Audience | None = None

    @property
    def readers(self) -> Audience:
        """Return who may read of an event of this kind: our side, unless it says otherwise."""
        return self.audience or ("consultant" if self.whom == "needed" else "supplier")


class SameAsDoc(Doc):
    """An answer that tells of an event without its day.

    Attributes:
        value: The answer.
        kind: The kind of event that it tells of, about the person that has the mark.
        or_kinds: Other kinds that tell of the same change.
        days: The event happened at most this number of days before the answer.
    """

    value: str
    kind: str
    or_kinds: list[str] = Field(default_factory=list)
    days: Annotated[int, Field(gt=0)]


class EventsDoc(Doc):
    """``events.yaml``; *mark* is a yes-or-no fact about a person."""

    keys: EventKeysDoc
    mark: str
    kinds: dict[str, EventKindDoc]
    same_as: dict[str, SameAsDoc] = Field(default_factory=dict)

    @property
    def told_by(self) -> frozenset[str]:
        """Return the facts that tell of events, and whom they concern."""
        return self.lasting | {self.keys.kind, self.keys.day}

    @property
    def lasting(self) -> frozenset[str]:
        """Return the facts whose answers no event voids, because they tell of events."""
        return frozenset((self.mark, *self.same_as))
