"""Find the differences between two versions of a case, and apply some of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import LISTS, each_entity
from kam_expert.facts.changes import Slot
from kam_expert.facts.edit_things import ends_of
from kam_expert.facts.ordering import plan_in_order
from kam_expert.facts.plan_edits import without_strangers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kam_expert.facts.case import Case, Entity


@dataclass(frozen=True)
class CaseDifference:
    """One difference between two versions of a case.

    Attributes:
        what: ``answer``; ``added`` or ``removed``, of an entity; ``listed``, whether a list is
            given at all; ``complete``, whether it is; ``belongs``, a person's decisions; ``plan``,
            an entry of the plan.
        slot: Of an answer.
        kind: Of an entity; for a list its name.
        id: Of an entity.
        before: The answers or the statement in the older case.
        after: Likewise in the newer case.
    """

    what: str
    slot: Slot | None
    kind: str
    id: str
    before: Any = field(compare=False)
    after: Any = field(compare=False)


def differences(old: Case, new: Case) -> tuple[CaseDifference, ...]:
    """Return the differences between *old* and *new* in the parts that rules read."""
    return tuple(_differences(old, new))


def _differences(old: Case, new: Case) -> Iterator[CaseDifference]:
    yield from _answers(old.account, new.account)
    for name, kind in LISTS.items():
        was, now = getattr(old, name), getattr(new, name)
        if (was is None) != (now is None):
            yield CaseDifference("listed", None, name, "", was is not None, now is not None)
        before = {entity.id: entity for entity in was or ()}
        after = {entity.id: entity for entity in now or ()}
        for identity in dict.fromkeys((*before, *after)):
            if identity not in after:
                yield CaseDifference("removed", None, kind, identity, before[identity], None)
            elif identity in before and before[identity].ends != after[identity].ends:
                yield CaseDifference("removed", None, kind, identity, before[identity], None)
                yield CaseDifference("added", None, kind, identity, None, after[identity])
            elif identity not in before:
                yield CaseDifference("added", None, kind, identity, None, after[identity])
            else:
                yield from _answers(before[identity], after[identity])
                was_in, is_in = before[identity].decisions, after[identity].decisions
                if was_in != is_in:
                    yield CaseDifference("belongs", None, kind, identity, was_in, is_in)
    for name in LISTS:
        said = old.complete.get(name), new.complete.get(name)
        if said[0] != said[1]:
            yield CaseDifference("complete", None, name, "", *said)
    was_planned, planned = ({entry.id: entry for entry in case.plan} for case in (old, new))
    for identity in dict.fromkeys((*was_planned, *planned)):
        entries = was_planned.get(identity), planned.get(identity)
        if entries[0] != entries[1]:
            yield CaseDifference("plan", None, "plan", identity, *entries)


def _answers(old: Entity, new: Entity) -> Iterator[CaseDifference]:
    for side in ("ours", "theirs"):
        was, now = getattr(old, side), getattr(new, side)
        for fact in dict.fromkeys((*was, *now)):
            before, after = was.get(fact, ()), now.get(fact, ())
            if before != after:
                slot = Slot(new.kind, new.id if new.kind != "account" else old.id, fact, side)
                yield CaseDifference("answer", slot, new.kind, new.id, before, after)


def merged(old: Case, new: Case, parts: Collection[CaseDifference]) -> Case:
    """Return *old* with some of the differences to *new* applied.

    A link or an event whose person or member is not there is left out, as is a decision that a
    person would belong to.
    """
    chosen = frozenset(part.slot for part in parts if part.slot is not None)
    sets: dict[str, Any] = {"account": _merge(old.account, new.account, chosen)}
    keys = {(part.what, part.kind, part.id) for part in parts if part.slot is None}
    for name, kind in LISTS.items():
        sets[name] = _list(old, new, (name, kind), keys, chosen)
    complete = dict(old.complete)
    for name in LISTS:
        if ("complete", name, "") in keys:
            complete.pop(name, None)
            if name in new.complete:
                complete[name] = new.complete[name]
    plan = {entry.id: entry for entry in old.plan}
    for part in parts:
        if part.what == "plan":
            plan.pop(part.id, None)
            if part.after is not None:
                plan[part.id] = part.after
    return _whole(replace(old, **sets, complete=complete, plan=plan_in_order(plan.values())))


def _list(
    old: Case,
    new: Case,
    of: tuple[str, str],
    keys: Collection[tuple[str, str, str]],
    chosen: frozenset[Slot],
) -> tuple[Entity, ...] | None:
    name, kind = of
    was, now = getattr(old, name), getattr(new, name)
    after = {entity.id: entity for entity in now or ()}
    kept = []
    for entity in was or ():
        if ("removed", kind, entity.id) in keys:
            continue
        other = after.get(entity.id)
        one = entity if other is None else _merge(entity, other, chosen)
        if other is not None and ("belongs", kind, entity.id) in keys:
            one = replace(one, decisions=other.decisions)
        kept.append(one)
    there = {entity.id for entity in kept}
    added = [after[i] for i in after if ("added", kind, i) in keys and i not in there]
    listed = now is not None if ("listed", name, "") in keys else was is not None
    if not kept and not added and not listed:
        return None
    order = {entity.id: i for i, entity in enumerate((*(now or ()), *(was or ())))}
    return tuple(sorted((*kept, *added), key=lambda e: order[e.id]))


def _merge(old: Entity, new: Entity, chosen: frozenset[Slot]) -> Entity:
    sides: dict[str, Any] = {}
    for side in ("ours", "theirs"):
        mine = dict(getattr(old, side))
        for fact in (*mine, *getattr(new, side)):
            if Slot(old.kind, old.id, fact, side) in chosen:
                mine[fact] = getattr(new, side).get(fact, ())
        sides[side] = {fact: answers for fact, answers in mine.items() if answers}
    return replace(old, **sides)


def _whole(case: Case) -> Case:
    ids = {(e.kind, e.id) for e in each_entity(case)}
    parts: dict[str, Any] = {}
    if case.links is not None:
        parts["links"] = tuple(link for link in case.links if ids.issuperset(ends_of(link.ends)))
    if case.events is not None:
        parts["events"] = tuple(e for e in case.events if ids.issuperset(ends_of(e.ends)))
    if case.people is not None:
        decisions = frozenset(identity for kind, identity in ids if kind == "decision")
        parts["people"] = tuple(
            p if p.decisions is None else replace(p, decisions=p.decisions & decisions)
            for p in case.people
        )
    return without_strangers(replace(case, **parts))
