"""People and team members for whom every condition has the same truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.facts.events import Event


def alike(case: Case, happened: Sequence[Event]) -> dict[int, Entity]:
    """Return the first of those who are alike, for all but the first, by identity.

    They have the same answers, decisions and events that void answers. Nobody with a tie, or of
    whom an event tells, is like anybody.

    Args:
        case: The facts.
        happened: The events that void answers.
    """
    found: dict[int, Entity] = {}
    for of, end in ((case.team, 0), (case.people, 1)):
        tied = {
            entity.ends[end]
            for entity in (*(case.links or ()), *(case.events or ()))
            if entity.ends is not None
        }
        firsts: dict[object, list[Entity]] = {}
        for entity in of or ():
            if entity.id in tied:
                continue
            voids = tuple(event.whom.get((entity.kind, entity.id)) for event in happened)
            key = _values(entity.ours), _values(entity.theirs), entity.decisions, voids
            like = firsts.setdefault(key, [])
            first = next((e for e in like if _same(e, entity)), None)
            if first is None:
                like.append(entity)
            else:
                found[id(entity)] = first
    return found


def _values(told: Mapping[str, Sequence[Answer]]) -> object:
    """Return the values of answers: those who are alike have the same, and few others do."""
    return tuple((fact, *(answer.value for answer in answers)) for fact, answers in told.items())


def _same(one: Entity, other: Entity) -> bool:
    return one.ours == other.ours and one.theirs == other.theirs
