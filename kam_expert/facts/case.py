"""The facts about one account, as given."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kam_expert.facts.plan_entries import entry_data
from kam_expert.knowledge.values import Interval, SetBounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.errors import Place
    from kam_expert.facts.plan_entries import PlanEntry

LISTS = {
    "people": "person",
    "team": "member",
    "links": "link",
    "decisions": "decision",
    "events": "event",
}
#: The kinds of entities with two ends, a member and a person. An event can lack either.
ENDED = ("link", "event")


@dataclass(frozen=True)
class Answer:
    """One value of a fact, with its origin.

    Attributes:
        value: Never UNKNOWN; an unknown value has no answer.
        as_of: The date of the value; None if unknown.
        source: observed, said, reported, assumed, or None.
        by: The person or document that gave it.
        place: Its place in a file.
    """

    value: Any
    as_of: date | None = None
    source: str | None = None
    by: str | None = None
    place: Place | None = field(default=None, compare=False)

    def origin(self) -> dict[str, Any]:
        """Return how it is known, who said it, when, and its place in a file, as far as known."""
        told: dict[str, Any] = {"source": self.source, "by": self.by}
        told["as_of"] = self.as_of and self.as_of.isoformat()
        if self.place:
            told |= {"file": self.place.name, "line": self.place.line}
        return {key: value for key, value in told.items() if value}


@dataclass(frozen=True)
class Entity:
    """An account, person, team member, link, decision or event with its answers.

    Attributes:
        ours: Our side's answers by fact, each oldest first (undated ones last).
        theirs: The customer's answers.
        decisions: For a person, the decisions they belong to; None means all.
        ends: For a link, the ids of the member and the person; for an event, of whom it concerns,
            empty for nobody.
    """

    kind: str
    id: str
    name: str = ""
    ours: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    theirs: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    decisions: frozenset[str] | None = None
    ends: tuple[str, str] | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class StepNote:
    """The consultant’s note on a step: owner, due date, whether to hide it."""

    owner: str | None = None
    due: date | None = None
    hide: bool = False


@dataclass(frozen=True)
class StrategyNote:
    """The strategy that the consultant sets in place of the one that the rules give."""

    id: str
    reason: str


@dataclass(frozen=True)
class Notes:
    """Notes for reports; rules do not read them. The strategy decides on steps and their order."""

    comments: tuple[str, ...] = ()
    steps: Mapping[str, StepNote] = field(default_factory=dict)
    target_stage: str | None = None
    strategy: StrategyNote | None = None


@dataclass(frozen=True)
class Case:
    """One account.

    Attributes:
        people, team, links, decisions, events: None if the list is missing, so unknown.
        complete: Whether a list is complete; lists without such a statement are left out.
        plan: The plan that was agreed; empty if there is none.
        owner, segment: Texts for reports; rules do not read them.
    """

    account: Entity
    people: tuple[Entity, ...] | None = None
    team: tuple[Entity, ...] | None = None
    links: tuple[Entity, ...] | None = None
    decisions: tuple[Entity, ...] | None = None
    events: tuple[Entity, ...] | None = None
    complete: Mapping[str, bool] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    plan: tuple[PlanEntry, ...] = ()
    owner: str = ""
    segment: str = ""

    def entities(self, kind: str) -> tuple[Entity, ...]:
        """Return the entities of one kind."""
        if kind == "account":
            return (self.account,)
        for name, member in LISTS.items():
            if member == kind:
                return getattr(self, name) or ()
        return ()

    def entity(self, kind: str, identity: str) -> Entity | None:
        """Return an entity; None if there is none with this id."""
        return self._by_id.get((kind, identity))

    @cached_property
    def _by_id(self) -> dict[tuple[str, str], Entity]:
        return {(e.kind, e.id): e for e in each_entity(self)}

    def digest(self) -> str:
        """Return the digest of the facts, which does not depend on their order."""
        data: dict[str, Any] = {
            "account": _entity(self.account),
            "complete": dict(sorted(self.complete.items())),
            **{
                name: sorted((_entity(e) for e in listed), key=_key)
                for name in LISTS
                if (listed := getattr(self, name)) is not None
            },
        }
        if self.plan:
            data["plan"] = sorted((entry_data(entry) for entry in self.plan), key=_key)
        return hashlib.sha256(_key(data).encode()).hexdigest()


def _key(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain_value(value: Any) -> Any:
    """Return a value as plain data.

    Returns:
        Sets sorted, dates as text, intervals as ``low..high``, partly known sets as
        ``{"sure": [...], "possible": [...]}`` with None for "anything"; else the value itself.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    if value == math.inf:
        return "never"
    if isinstance(value, Interval):
        return f"{value.low:g}..{'' if value.high is None else format(value.high, 'g')}"
    if isinstance(value, SetBounds):
        possible = None if value.possible is None else sorted(value.possible)
        return {"sure": sorted(value.sure), "possible": possible}
    return value


def _entity(entity: Entity) -> dict[str, Any]:
    return {
        "id": entity.id,
        "name": entity.name,
        "ours": _answers(entity.ours),
        "theirs": _answers(entity.theirs),
        "decisions": None if entity.decisions is None else sorted(entity.decisions),
        "ends": entity.ends,
    }


def _answers(answers: Mapping[str, tuple[Answer, ...]]) -> dict[str, Any]:
    return {
        name: [
            [plain_value(a.value), a.as_of and a.as_of.isoformat(), a.source, a.by] for a in given
        ]
        for name, given in sorted(answers.items())
        if given
    }


def link_id(member: str, person: str) -> str:
    """Return the id of the link between two ids.

    An arrow in an id is doubled, so that different pairs never have the same link id.
    """
    return "→".join(end.replace("→", "→→") for end in (member, person))


def sorted_answers(answers: list[Answer]) -> tuple[Answer, ...]:
    """Return answers oldest first; undated ones, which hold now, come last."""
    return tuple(sorted(answers, key=lambda a: (a.as_of is None, a.as_of or date.min)))


def each_entity(case: Case) -> Iterator[Entity]:
    """Yield every entity of *case*, the account first."""
    yield case.account
    for name in LISTS:
        yield from getattr(case, name) or ()
