"""The unknown answers that keep a condition from being true or false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.facts.changes import Slot, slot_of
from kam_expert.facts.computed import form_of, has_basis, is_listed
from kam_expert.knowledge.conditions.base import OpenList, Ref
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.readings import EntityView
    from kam_expert.knowledge.conditions.base import Condition


@dataclass(frozen=True)
class Grows:
    """A list that may have members nobody named; *said* where somebody called it incomplete."""

    of: str
    said: bool


def unknowns(condition: Condition, view: EntityView) -> Iterator[Slot | Grows]:
    """Yield what is not known and could make *condition* true or false, in the reading of *view*.

    Nothing is yielded for a part that is true or false already, as it does not matter.
    """
    for unknown in condition.unknown(view):
        if isinstance(unknown, OpenList):
            yield _grows(unknown.view, unknown.of)
        else:
            yield from of_fact(unknown.ref, unknown.view)


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


def _grows(view: EntityView, of: str) -> Grows:
    said = view.readings.case.complete.get(of) is False
    return Grows(of, said)
