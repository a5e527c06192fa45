"""The unknown answers that keep a condition from being true or false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.facts.changes import Slot, slot_of
from kam_expert.facts.computed import form_of, has_basis, is_listed
from kam_expert.knowledge.condition import (
    Comparison,
    Condition,
    Count,
    DaysAgo,
    Every,
    FactTest,
    LastTwo,
    Ref,
    Trend,
)
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.readings import EntityView


@dataclass(frozen=True)
class Grows:
    """A list that may have members nobody named; *said* where somebody called it incomplete."""

    of: str
    said: bool


def unknowns(condition: Condition, view: EntityView) -> Iterator[Slot | Grows]:
    """Yield what is not known and could make *condition* true or false, in the reading of *view*.

    What stands below a part that is true or false already does not matter and is left out.
    """
    if condition.evaluate(view) is not None:
        return
    if isinstance(condition, FactTest | DaysAgo | LastTwo | Trend):
        yield from of_fact(condition.ref, view)
    elif isinstance(condition, Comparison):
        for ref in (condition.ref, condition.other):
            yield from of_fact(ref, view)
    elif isinstance(condition, Count | Every):
        yield from _of_list(condition, view)
    else:
        for child in condition.children():
            yield from unknowns(child, view)


def of_fact(ref: Ref, view: EntityView) -> Iterator[Slot | Grows]:
    """Yield what is to be told for an unknown fact to be known in the reading of *view*."""
    if ref.name in ENGINE_FACTS:
        return
    here = view.holder(ref)
    plain = Ref(ref.name, ref.side)
    if not here.is_computed(ref.name):
        yield slot_of(plain, here)
        return
    if not has_basis(here, ref.name):
        yield slot_of(plain, here)  # what is stated counts there
    if is_listed(here, ref.name):
        yield from _of_computed(ref.name, here)


def _of_computed(name: str, view: EntityView) -> Iterator[Slot | Grows]:
    base = view.readings.base
    declared = base.facts[name].doc.computed or {}
    form, of = form_of(declared)
    members, more = view.group(of)
    if more:
        yield _grows(view, of)
    where = base.computed_where.get(name)
    path, _, fact = str(declared.get("of", "")).rpartition(".")
    for member in members:
        truth = True if where is None else where.evaluate(member)
        if truth is None and where is not None:
            yield from unknowns(where, member)
        if fact and form != "percent" and truth is not False:
            ref = Ref(fact, path=path)
            if member.read(ref) is UNKNOWN:
                yield from of_fact(ref, member)
    if form == "percent" and view.read(Ref(fact)) is UNKNOWN:
        yield from of_fact(Ref(fact), view)


def _of_list(condition: Count | Every, view: EntityView) -> Iterator[Slot | Grows]:
    members, more = view.group(condition.of)
    if more:
        yield _grows(view, condition.of)
    for member in members:
        yield from unknowns(condition.where, member)
        if isinstance(condition, Every):
            yield from unknowns(condition.satisfies, member)
        by = condition.by if isinstance(condition, Count) else None
        if by is not None and member.read(by) is UNKNOWN:
            yield from of_fact(by, member)


def _grows(view: EntityView, of: str) -> Grows:
    said = view.readings.case.complete.get(of) is False
    return Grows(of, said)
