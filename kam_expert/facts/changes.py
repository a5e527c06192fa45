"""Hypothetical changes: the slot of an answer, and a case with other answers in some slots.

A change is an answer of the day: it follows earlier dated answers, so that a trend sees both, and
replaces answers without a date, which hold now too. Nothing here is saved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from kam_expert.facts.case import LISTS, Answer, Case, Entity
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kam_expert.facts.readings import EntityView
    from kam_expert.knowledge.conditions.condition import Ref


class Slot(NamedTuple):
    """The slot of an answer: a fact of one entity, answered by one side.

    Attributes:
        kind: account, person, member, link or decision.
        id: Of the entity.
        fact: Its name.
        side: ours or theirs.
    """

    kind: str
    id: str
    fact: str
    side: str = "ours"


Changes = "Mapping[Slot, Any]"


def slot_of(ref: Ref, view: EntityView) -> Slot:
    """Return the slot that a condition reads; for a bare fact, of the answer that counts."""
    here = view.holder(ref)
    return Slot(here.entity.kind, here.entity.id, ref.name, view.side_of(ref))


def answers_in(case: Case, slot: Slot) -> tuple[Answer, ...]:
    """Return the answers in *slot*, oldest first."""
    entity = case.entity(slot.kind, slot.id)
    if entity is None:
        return ()
    return (entity.ours if slot.side == "ours" else entity.theirs).get(slot.fact, ())


def changed(case: Case, changes: Mapping[Slot, Any], day: date) -> Case:
    """Return *case* with other answers on *day*.

    Args:
        case: It is not modified.
        changes: The new value for each slot; UNKNOWN removes the answers up to the day. A slot
            of an entity that the case does not have is ignored.
        day: The day on which the new answers are given.
    """
    of: dict[tuple[str, str], list[tuple[Slot, Any]]] = {}
    for slot, value in changes.items():
        of.setdefault((slot.kind, slot.id), []).append((slot, value))
    parts: dict[str, Any] = {}
    if mine := of.get(("account", case.account.id)):
        parts["account"] = _with(case.account, mine, day)
    kinds = {kind for kind, _ in of}
    for name, kind in LISTS.items():
        entities = getattr(case, name)
        if kind in kinds and entities:
            parts[name] = tuple(
                _with(e, of[kind, e.id], day) if (kind, e.id) in of else e for e in entities
            )
    return replace(case, **parts)


def _with(entity: Entity, changes: list[tuple[Slot, Any]], day: date) -> Entity:
    sides = {"ours": dict(entity.ours), "theirs": dict(entity.theirs)}
    for slot, value in changes:
        answers = sides[slot.side]
        after = _after(answers.get(slot.fact, ()), value, day)
        if after:
            answers[slot.fact] = after
        else:
            answers.pop(slot.fact, None)
    return replace(entity, ours=sides["ours"], theirs=sides["theirs"])


def _after(answers: tuple[Answer, ...], value: Any, day: date) -> tuple[Answer, ...]:
    later = tuple(a for a in answers if a.as_of is not None and a.as_of > day)
    if value is UNKNOWN:
        return later
    earlier = tuple(a for a in answers if a.as_of is not None and a.as_of < day)
    return (*earlier, Answer(value, as_of=day), *later)
