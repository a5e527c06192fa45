"""The signs by which one sees that the steps of an agreed plan succeeded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kam_expert.facts.plan_subjects import subjects_of
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import answers_read
from kam_expert.knowledge.values import UNKNOWN, all_of
from kam_expert.results.diagnosis import OpenQuestion
from kam_expert.results.reviewed import MissingSign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Case
    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.facts.readings import EntityView, Readings
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.values import Truth


def subjects(entry: PlanEntry, case: Case, base: KnowledgeBase) -> tuple[About, ...]:
    """Return what a step of the plan is about, of the kind that the step asks for.

    A step about a decision that names none is about all of them.
    """
    doc = base.steps.get(entry.step)
    if doc is None:
        return ()
    if doc.about == "account":
        return (About("account", case.account.id),)
    kinds = subjects_of(case)
    named = [name for name in entry.about if doc.about in kinds.get(name, ())]
    if not named and doc.about == "decision":
        named = [decision.id for decision in case.decisions or ()]
    return tuple(About(doc.about, name) for name in named)


def sign(entry: PlanEntry, readings: Readings) -> Truth:
    """Return whether the sign of an entry's success is seen, in the working reading.

    Returns:
        Unknown for a step without a sign, and for a move in words.
    """
    condition = readings.base.done_when.get(entry.step)
    about = subjects(entry, readings.case, readings.base)
    if condition is None or not about:
        return None
    return all_of(condition.evaluate(_view(one, readings)) for one in about)


def missing_signs(readings: Readings) -> tuple[MissingSign, ...]:
    """Return the entries that are done, and whose time for success passed without the sign.

    The time of a step counts from the day on which it was done. The sign may be known not to be
    there, or nobody has answered the questions about it.
    """
    base, found = readings.base, []
    for entry in readings.case.plan:
        if entry.status != "done" or entry.done_on is None or entry.step not in base.done_when:
            continue
        days = timedelta(days=base.steps[entry.step].within_days)
        seen = sign(entry, readings)
        if entry.done_on + days < readings.day and seen is not True:
            found.append(MissingSign(entry, entry.done_on + days, known=seen is False))
    return tuple(found)


def unmet(readings: Readings) -> tuple[PlanEntry, ...]:
    """Return the entries that are said to have worked, and whose sign is known not to be there."""
    return tuple(
        entry
        for entry in readings.case.plan
        if entry.result == "worked" and sign(entry, readings) is False
    )


def sign_questions(entry: PlanEntry, readings: Readings) -> tuple[OpenQuestion, ...]:
    """Return the questions to ask when an entry is marked as done.

    They are those of the facts in the sign of its step, answered or not: the step may have changed
    the answers. What is counted from lists is not asked.
    """
    condition = readings.base.done_when.get(entry.step)
    if condition is None:
        return ()
    found: dict[OpenQuestion, None] = {}
    for about in subjects(entry, readings.case, readings.base):
        view = _view(about, readings)
        for ref in answers_read(condition):
            found |= dict.fromkeys(_asked(ref, view))
    return tuple(found)


def _asked(ref: Ref, view: EntityView) -> Iterator[OpenQuestion]:
    fact = view.readings.base.facts.get(ref.name)
    if fact is None or fact.doc.from_lists or fact.doc.privacy == "assessment":
        return
    if ref.path or fact.kind not in ("account", view.entity.kind):
        return
    for part in fact.doc.parts:
        yield from _asked(Ref(part, ref.side), view)
    if fact.doc.parts:
        return
    sides = {"us": "ours", "customer": "theirs"}
    side = sides.get(fact.doc.asked_of, "theirs" if ref.side == "bare" else ref.side)
    asked_of = "us" if side == "ours" else "customer"
    if fact.doc.asked_of == "both" and ref.side == "bare":
        asked_of = "both"
    here = view.holder(ref)
    why = "open" if here.stated(Ref(ref.name, ref.side)) is UNKNOWN else "not_firm"
    about = About(here.entity.kind, here.entity.id)
    yield OpenQuestion(ref.name, about, asked_of, (), side=side, why=why)


def _view(about: About, readings: Readings) -> EntityView:
    entity = next(e for e in readings.entities(about.kind) if e.id == about.id)
    return readings.view(entity, strict=False)
