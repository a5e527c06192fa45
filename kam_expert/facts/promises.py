"""What the plan of an account tells of promises: how many were made, are open and were kept.

A plan need not name every promise. So these numbers are used only where nobody answered the
question, and the strict reading does not rely on them. Where the plan names no promise of a side,
it tells nothing of that side: unknown is not zero.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kam_expert.facts.case import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.fact_documents import FromPlanDoc


def promised(entries: Iterable[PlanEntry], base: KnowledgeBase, day: date) -> Mapping[str, Answer]:
    """Return the answers that a plan gives on a day, by fact.

    Args:
        entries: The plan.
        base: The rule base, whose facts say what they count.
        day: What was agreed or done later is not seen.
    """
    promises = [entry for entry in entries if entry.due is not None and _made(entry, day) <= day]
    if not promises:
        return {}
    counted = {name: _counted(promises, doc, day) for name, doc in base.from_plan.items()}
    return {name: Answer(value) for name, value in counted.items() if value is not None}


def _made(entry: PlanEntry, day: date) -> date:
    """Return the day of a promise: when it was agreed, else the first day that it names.

    A promise without a day of agreement was made by *day*.
    """
    if entry.agreed_on is not None:
        return entry.agreed_on
    named = (entry.begin, entry.due, entry.done_on)
    return min(day, *(one for one in named if one is not None))


def _counted(promises: Iterable[PlanEntry], doc: FromPlanDoc, day: date) -> int | None:
    mine = [entry for entry in promises if entry.side == doc.side]
    if not mine:
        return None
    since = day - timedelta(days=doc.days)
    if doc.counts == "made":
        return sum(_made(entry, day) >= since for entry in mine) or None
    if doc.counts == "open":
        return sum(_is_open(entry, day) for entry in mine)
    come = [
        entry
        for entry in mine
        if entry.status != "dropped"
        and entry.due is not None
        and entry.due >= since
        and (entry.due < day or not _is_open(entry, day))
    ]
    kept = sum(_is_kept(entry, day) for entry in come)
    # Rounded to whole numbers, halves up.
    return (200 * kept + len(come)) // (2 * len(come)) if come else None


def _is_open(entry: PlanEntry, day: date) -> bool:
    return entry.is_open or (entry.done_on is not None and entry.done_on > day)


def _is_kept(entry: PlanEntry, day: date) -> bool:
    return not _is_open(entry, day) and entry.kept() is True
