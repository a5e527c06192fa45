"""A case as it was known on an earlier day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import LISTS, Answer, Case, Entity, each_entity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.knowledge.base import KnowledgeBase


def known_on(case: Case, base: KnowledgeBase, day: date, now: date) -> Case:
    """Return *case* without what was answered, happened, was agreed or was done after *day*.

    What has no date is kept: nobody said when it became known. So is an event that is still to
    come.

    Args:
        case: The facts.
        base: The rule base, which says which fact is the day of an event.
        day: The last day of which something is known.
        now: The day on which *case* is read.
    """
    parts: dict[str, Any] = {}
    for name in LISTS:
        listed = getattr(case, name)
        if listed is not None:
            parts[name] = tuple(
                _until(entity, day) for entity in listed if not _is_later(entity, base, day, now)
            )
    plan = (entry.on(day) for entry in case.plan)
    return replace(
        case,
        account=_until(case.account, day),
        plan=tuple(entry for entry in plan if entry is not None),
        **parts,
    )


def last_entered(case: Case, base: KnowledgeBase, before: date) -> date | None:
    """Return the last day before *before* on which something was entered; None if unknown."""
    days = [answer.as_of for entity in each_entity(case) for answer in _answers(entity)]
    days += [_day_of(event, base) for event in case.events or ()]
    days += [day for entry in case.plan for day in (entry.agreed_on, entry.done_on)]
    return max((day for day in days if day is not None and day < before), default=None)


def _until(entity: Entity, day: date) -> Entity:
    def past(told: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
        left = {
            fact: tuple(a for a in answers if a.as_of is None or a.as_of <= day)
            for fact, answers in told.items()
        }
        return {fact: answers for fact, answers in left.items() if answers}

    return replace(entity, ours=past(entity.ours), theirs=past(entity.theirs))


def _is_later(entity: Entity, base: KnowledgeBase, day: date, now: date) -> bool:
    """Return whether an event happened later, so that nobody knew of it."""
    on = _day_of(entity, base) if entity.kind == "event" else None
    return on is not None and day < on <= now


def _day_of(event: Entity, base: KnowledgeBase) -> date | None:
    if base.events is None:
        return None
    told = event.ours.get(base.events.keys.day, ())
    value = told[-1].value if told else None
    return value if isinstance(value, date) else None


def _answers(entity: Entity) -> Iterator[Answer]:
    for told in (entity.ours, entity.theirs):
        for answers in told.values():
            yield from answers
