"""What an edit changes, to detect conflicts between two editors.

The name of a thing leads from the whole to the part: an entity, a fact of it, one side's answer.
To remove an entity is to change all of its parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import KamError, unknown_name
from kam_expert.facts.case import ENDED, LISTS, link_id
from kam_expert.facts.edits import (
    AddEntity,
    AddPlanEntry,
    ChangePlanEntry,
    RemoveEntity,
    RemovePlanEntry,
    Rename,
    SetAccount,
    SetAnswer,
    SetBelongs,
    SetComments,
    SetComplete,
    SetListed,
    SetStepNote,
    SetStrategy,
    SetTarget,
)
from kam_expert.facts.plan_entries import ONLY_WHEN
from kam_expert.facts.plan_subjects import SUBJECTS, subjects_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.edits import Edit

Thing = tuple[str, ...]


def touches(case: Case, edit: Edit) -> frozenset[Thing]:
    """Return the things that *edit* of *case* changes. A thing contains those that extend it.

    An entity is a thing, and each of its answers is a part of it.
    """
    match edit:
        case SetAnswer():
            slot = edit.slot
            return _parts(case, slot.kind, slot.id, slot.fact, slot.side)
        case AddEntity():
            identity = link_id(*edit.ends) if edit.kind == "link" and edit.ends else edit.id.strip()
            whole = {(edit.kind, identity), ("list", list_of(edit.kind), identity)}
            ends = {(*end, edit.kind, identity) for end in ends_of(edit.ends)}
            return frozenset(whole | ends | _belonging(identity, edit.decisions))
        case RemoveEntity():
            tied = tied_to(case, edit.kind, edit.id)
            gone = {(edit.kind, edit.id), *((entity.kind, entity.id) for entity in tied)}
            belonging = {
                ("person", person.id, "decisions")
                for person in case.people or ()
                if edit.kind == "decision" and edit.id in (person.decisions or ())
            }
            lists = {("list", list_of(kind), name) for kind, name in gone}
            planned = {
                ("plan", entry.id, "about")
                for entry in case.plan
                if edit.kind in SUBJECTS.values() and edit.id in entry.about
            }
            return frozenset(gone | lists | belonging | planned)
        case Rename():
            return frozenset({(edit.kind, edit.id, "name")})
        case SetBelongs():
            to = _belonging(edit.person, edit.decisions)
            return frozenset({("person", edit.person, "decisions"), *to})
        case SetComplete():
            return frozenset({("complete", edit.list)})
        case SetListed():
            return frozenset({("list", edit.list)})
        case SetAccount():
            names = ("name", "owner", "segment")
            return frozenset({("head", name) for name in names if getattr(edit, name) is not None})
        case SetComments():
            return frozenset({("comments",)})
        case SetStepNote():
            return frozenset({("step", edit.step)})
        case SetTarget():
            return frozenset({("target",)})
        case SetStrategy():
            return frozenset({("strategy",)})
        case AddPlanEntry():
            entry = edit.entry
            return frozenset({("plan", entry.id.strip()), *_planned(case, entry.id, entry.about)})
        case ChangePlanEntry():
            values = dict(edit.values)
            keys = {*values, *(ONLY_WHEN if "status" in values else ())}
            about = _planned(case, edit.id, values.get("about", ()))
            return frozenset({*(("plan", edit.id, key) for key in keys), *about})
        case RemovePlanEntry():
            return frozenset({("plan", edit.id)})


def meet(one: frozenset[Thing], other: frozenset[Thing]) -> bool:
    """Return whether a thing of one set equals, contains or is part of a thing of the other."""
    return any(a[: len(b)] == b[: len(a)] for a in one for b in other)


def _parts(case: Case, kind: str, identity: str, *part: str) -> frozenset[Thing]:
    things: set[Thing] = {(kind, identity, *part)}
    if kind in ENDED:
        # Removing a person removes the links to it, and so what is said about them.
        for entity in case.entities(kind):
            if entity.id == identity:
                things |= {(*end, kind, identity, *part) for end in ends_of(entity.ends)}
    return frozenset(things)


def _belonging(person: str, decisions: frozenset[str] | None) -> set[Thing]:
    return {("decision", name, "person", person) for name in decisions or ()}


def _planned(case: Case, entry: str, about: Iterable[str]) -> set[Thing]:
    """Return the parts of people, members and decisions that an entry of the plan is about."""
    kinds = subjects_of(case)
    return {(kind, name, "plan", entry) for name in about for kind in kinds.get(name, ())}


def list_of(kind: str) -> str:
    """Return the name of the list that holds entities of *kind*. Raises KamError."""
    for name, member in LISTS.items():
        if member == kind:
            return name
    raise KamError(unknown_name("kind", kind, LISTS.values()))


def ends_of(ends: tuple[str, str] | None) -> tuple[tuple[str, str], ...]:
    """Return the kinds and ids of the ends of a link or an event."""
    pairs = zip(("member", "person"), ends or (), strict=False)
    return tuple((kind, end) for kind, end in pairs if end)


def tied_to(case: Case, kind: str, identity: str) -> list[Entity]:
    """Return the links that lead to a person or a member, and the events that concern them."""
    return [
        entity
        for of in ENDED
        for entity in case.entities(of)
        if (kind, identity) in ends_of(entity.ends)
    ]
