"""The review of an account: what was promised, what changed, and what the plan changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.inquiry.compare import compare
from kam_expert.engines.plan_signs import missing_signs
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.known_on import known_on
from kam_expert.facts.readings import Readings
from kam_expert.results.reviewed import MovedPlace, PlanChanges, Promises, Review

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.plan import Plan


def review(old: Case, new: Case, base: KnowledgeBase, days: tuple[date, date]) -> Review:
    """Return what happened since a day.

    Args:
        old: The account as it was; the same case as *new* if there is no earlier version. What was
            answered, agreed or done after the first day is left out.
        new: The account as it is.
        base: The rule base for both.
        days: The day of the last meeting, and today.
    """
    since, day = days
    earlier, now = known_on(old, base, since, day), known_on(new, base, day, day)
    found = compare(earlier, now, base, days)
    versions = ((earlier, since), (now, day))
    plans = [diagnose(case, base, on, PlainEngine()).plan for case, on in versions]
    changes = plan_changes(*plans)
    return Review(since, day, promises(earlier, now, base, day), changes, found)


def plan_changes(before: Plan, after: Plan) -> PlanChanges:
    """Return what the plan now changes: the moves that came, went, or have another place."""
    was = {move.step: move for move in before.moves}
    now = {move.step for move in after.moves}
    return PlanChanges(
        came=tuple(move for move in after.moves if move.step not in was),
        went=tuple(move for move in before.moves if move.step not in now),
        moved=tuple(
            MovedPlace(move, was[move.step].place)
            for move in after.moves
            if move.step in was and was[move.step].place != move.place
        ),
    )


def promises(old: Case, new: Case, base: KnowledgeBase, day: date) -> Promises:
    """Return the entries of the plan by their results; both cases as they were known."""
    before = {entry.id: entry for entry in old.plan}
    now = {entry.id for entry in new.plan}
    was_open = {name for name, entry in before.items() if entry.is_open}
    ended = [entry for entry in new.plan if entry.id not in before or entry.id in was_open]
    on_time = [entry for entry in new.plan if entry.is_open and not entry.is_late(day)]
    return Promises(
        done=tuple(entry for entry in ended if entry.status == "done"),
        late=tuple(entry for entry in new.plan if entry.is_late(day)),
        open=tuple(entry for entry in on_time if entry.id in before),
        agreed=tuple(entry for entry in on_time if entry.id not in before),
        dropped=tuple(entry for entry in ended if entry.status == "dropped"),
        removed=tuple(entry for entry in old.plan if entry.id not in now),
        unseen=missing_signs(Readings(new, base, day)),
    )
