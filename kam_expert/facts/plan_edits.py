"""Edits of the plan: how they change a case, and those that mark an entry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.facts.edits import AddPlanEntry, ChangePlanEntry, RemovePlanEntry
from kam_expert.facts.ordering import plan_in_order
from kam_expert.facts.plan_entries import (
    KEYS,
    TEXTS,
    PlanEntry,
    changed,
    entry_id,
    mistakes,
    plain,
    value_of,
)
from kam_expert.facts.plan_subjects import owner_named, subjects_of, unknown_subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kam_expert.facts.case import Case

PlanEdit = AddPlanEntry | ChangePlanEntry | RemovePlanEntry


def agreed(case: Case, entry: PlanEntry) -> AddPlanEntry:
    """Return the edit that adds an entry, with an id of its own.

    The owner may be the name of a member or a person.
    """
    taken = {other.id for other in case.plan}
    name = entry.step or ("promise" if entry.side == "theirs" else "move")
    owner = owner_named(case, entry.owner)
    return AddPlanEntry(replace(entry, id=entry_id(name, taken), owner=owner))


def agreed_again(
    case: Case, entry: PlanEntry, owner: str = "", due: date | None = None
) -> ChangePlanEntry | None:
    """Return the edit that gives an agreed entry another owner or day; None if nothing is new.

    Args:
        case: The facts.
        entry: The entry.
        owner: The name or id of who takes it now; empty keeps the owner.
        due: The last day; None keeps it. A later first day becomes the same.
    """
    values: dict[str, Any] = {
        "owner": owner_named(case, owner) or entry.owner,
        "begin": min(entry.begin, due) if entry.begin and due else entry.begin,
        "due": due or entry.due,
    }
    new = tuple((key, value) for key, value in values.items() if value != getattr(entry, key))
    return ChangePlanEntry(entry.id, new) if new else None


def begun(identity: str) -> ChangePlanEntry:
    """Return the edit that marks an entry as begun."""
    return ChangePlanEntry(identity, (("status", "begun"),))


def done(identity: str, day: date, result: str = "", evidence: str = "") -> ChangePlanEntry:
    """Return the edit that marks an entry as done.

    Args:
        identity: Of the entry.
        day: On which it was done.
        result: ``worked``, ``partly`` or ``not``; empty if nobody says.
        evidence: What shows it; empty keeps what is there.
    """
    values = [("status", "done"), ("done_on", day), ("result", result), ("evidence", evidence)]
    return ChangePlanEntry(identity, tuple((key, value) for key, value in values if value))


def dropped(identity: str, reason: str, day: date | None = None) -> ChangePlanEntry:
    """Return the edit that marks an entry as dropped, which needs a reason."""
    values: tuple[tuple[str, Any], ...] = (("status", "dropped"), ("reason", reason))
    return ChangePlanEntry(identity, values if day is None else (*values, ("done_on", day)))


def entry_of(case: Case, identity: str) -> PlanEntry:
    """Return the entry with that id. Raises KamError with the nearest one."""
    for entry in case.plan:
        if entry.id == identity:
            return entry
    near = did_you_mean(identity, [entry.id for entry in case.plan])
    raise KamError(f'the plan has no entry "{shortened(identity)}".{near}')


def with_plan(case: Case, edit: PlanEdit, text: Callable[[str], str]) -> Case:
    """Return *case* with an edit of its plan applied.

    Args:
        case: The facts.
        edit: The edit.
        text: Returns a text if its characters are valid.

    Raises:
        KamError: The edit is invalid.
    """
    match edit:
        case AddPlanEntry():
            entry = _checked(case, replace(edit.entry, place=None), text)
            if any(other.id == entry.id for other in case.plan):
                raise KamError(f'duplicate entry "{shortened(entry.id)}" of the plan')
            return replace(case, plan=plan_in_order((*case.plan, entry)))
        case ChangePlanEntry():
            before = entry_of(case, edit.id)
            values = dict(edit.values)
            if "id" in values:
                raise KamError("the id of an entry of the plan does not change")
            for key in values:
                if key not in KEYS:
                    near = did_you_mean(key, KEYS)
                    raise KamError(f'an entry of the plan has no "{shortened(key)}".{near}')
            after = _checked(case, changed(before, values), text)
            others = (after if entry is before else entry for entry in case.plan)
            return replace(case, plan=tuple(others))
        case RemovePlanEntry():
            gone = entry_of(case, edit.id)
            return replace(case, plan=tuple(entry for entry in case.plan if entry is not gone))


def without_strangers(case: Case) -> Case:
    """Return *case* without ids in its plan of people, members and decisions that are gone."""
    known = subjects_of(case)
    entries = (
        replace(entry, about=tuple(name for name in entry.about if name in known))
        for entry in case.plan
    )
    return replace(case, plan=tuple(entries))


def _checked(case: Case, entry: PlanEntry, text: Callable[[str], str]) -> PlanEntry:
    """Return *entry* if a case file can hold it."""
    told: dict[str, Any] = {key: text(getattr(entry, key)).strip() for key in TEXTS}
    entry = replace(entry, **told)
    known = subjects_of(case)
    for name in entry.about:
        if name not in known:
            raise KamError(unknown_subject(name, known))
    try:
        for key in KEYS:
            value_of(key, plain(getattr(entry, key)))
    except ValueError as error:
        raise KamError(str(error)) from None
    for _, message in mistakes(entry):
        raise KamError(message)
    return entry
