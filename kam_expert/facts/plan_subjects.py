"""Whom and what the entries of a plan are about, and steps that the rule base does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import Place, Problem, did_you_mean, nearest, shortened

if TYPE_CHECKING:
    from collections.abc import Collection

    from kam_expert.facts.case import Case
    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.base import KnowledgeBase

#: The lists with the entities that an entry can be about.
SUBJECTS = {"people": "person", "team": "member", "decisions": "decision"}


def subjects_of(case: Case) -> dict[str, list[str]]:
    """Return the kinds of the people, members and decisions of *case* by id."""
    found: dict[str, list[str]] = {}
    for name, kind in SUBJECTS.items():
        for entity in getattr(case, name) or ():
            found.setdefault(entity.id, []).append(kind)
    return found


def owner_named(case: Case, name: str) -> str:
    """Return the id of the member or person with that name; other text unchanged."""
    name = name.strip()
    for entity in (*(case.team or ()), *(case.people or ())):
        if entity.name and entity.name.casefold() == name.casefold():
            return entity.id
    return name


def stranger(case: Case, entry: PlanEntry) -> str | None:
    """Return the name nearest to an owner whom the case does not have; empty if none is near.

    Returns:
        None if the owner is somebody of the case, or nobody of the side that acts is listed.
    """
    listed = (case.people if entry.side == "theirs" else case.team) or ()
    known = {entity.id for entity in (*(case.team or ()), *(case.people or ()))}
    if not entry.owner or not listed or owner_named(case, entry.owner) in known:
        return None
    return nearest(entry.owner, [entity.name or entity.id for entity in listed])


def unknown_subject(identity: object, known: Collection[str]) -> str:
    """Return the message for an id in ``about`` that the case does not have."""
    near = did_you_mean(identity, known)
    where = "it is not in people, team or decisions"
    return f'unknown id "{shortened(identity)}" in "about:"; {where}.{near}'


def warnings(case: Case, base: KnowledgeBase) -> tuple[Problem, ...]:
    """Return what is doubtful in the plan of *case*, without being a mistake.

    A step that the rule base does not have is such a doubt: a rule base of another version has it.
    So is an owner whose name is almost that of somebody in the case. A name that is like no other
    may be that of anybody.
    """
    found = []
    for entry in case.plan:
        if entry.step and entry.step not in base.steps:
            near = did_you_mean(entry.step, base.steps)
            what = f'the step "{shortened(entry.step)}" of the plan, which the rules do not have'
            found.append(Problem(entry.place or Place("plan"), f"{what}, is kept.{near}"))
        if meant := stranger(case, entry):
            what = f'the case lists nobody as "{shortened(entry.owner)}", and the owner is kept'
            found.append(Problem(entry.place or Place("plan"), f'{what}. Did you mean "{meant}"?'))
    return tuple(found)
