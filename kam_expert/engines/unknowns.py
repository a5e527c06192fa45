"""The unknown answers that keep a condition from being true or false."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.facts.changes import Slot, slot_of
from kam_expert.facts.columns import COMPLETE
from kam_expert.facts.computed import form_of, has_basis, is_listed
from kam_expert.knowledge.conditions.condition import OpenList, Ref
from kam_expert.knowledge.conditions.terms import is_exact
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.readings import EntityView
    from kam_expert.knowledge.conditions.condition import Condition

#: A missing answer: its slot, or the name of a list that may have further members.
Unknown = Slot | str
#: The lists of those whom ties are between.
ENDS = ("people", "team")


def unknowns(condition: Condition, view: EntityView) -> Iterator[Unknown]:
    """Yield the answers that make *condition* true or false, in the reading of *view*.

    A part that is true or false already does not matter and yields nothing. An answer that several
    parts wait for is yielded several times.
    """
    for unknown in condition.unknown(view):
        if isinstance(unknown, OpenList):
            yield from _growing(unknown.of, unknown.view)
        else:
            yield from of_fact(unknown.ref, unknown.view)


def _growing(of: str, view: EntityView) -> Iterator[str]:
    """Yield a list that may have unknown members.

    Nobody can complete a list that is called incomplete. Ties can be given
    when people of both sides are named, so these are asked for first.
    """
    case = view.readings.case
    if of in COMPLETE and view.group(of)[1] and case.complete.get(of) is not False:
        ends = ENDS if of == "links" else ()
        yield from [end for end in ends if getattr(case, end) is None] or [of]


def _unless_exact(ref: Ref, view: EntityView) -> Iterator[Unknown]:
    if not is_exact(view.read(ref)):
        yield from of_fact(ref, view)


def of_fact(ref: Ref, view: EntityView) -> Iterator[Unknown]:
    """Yield the answers that make an unknown fact known in the reading of *view*."""
    if ref.name == "gap":
        gap = view.readings.base.gaps[view.entity.id]
        account = view.readings.view(view.readings.case.account, strict=view.strict)
        for part in (Ref(gap.ours, "ours"), Ref(gap.theirs, "theirs")):
            yield from _unless_exact(part, account)
    if ref.name in ENGINE_FACTS:
        return
    here = view.holder(ref)
    plain = Ref(ref.name, ref.side)
    parts = here.readings.base.facts[ref.name].doc.parts
    if parts:
        for name in parts:
            yield from _unless_exact(Ref(name, ref.side), here)
        return
    before = here.readings.base.facts[ref.name].doc.asked_after
    if before is not None:  # so that it weighs as much and comes first
        yield from _unless_exact(Ref(before, ref.side), here)
    if not here.is_computed(ref.name):
        yield slot_of(plain, here)
        return
    # Without the lists, the working reading uses a stated total.
    working = here.readings.view(here.entity, strict=False)
    if not has_basis(here, ref.name) and working.stated(plain) is UNKNOWN:
        yield slot_of(plain, here)
    yield from _of_computed(ref.name, here)


def _of_computed(name: str, view: EntityView) -> Iterator[Unknown]:
    base = view.readings.base
    declared = base.facts[name].doc.computed or {}
    form, of = form_of(declared)
    yield from _growing(of, view)
    if not is_listed(view, name):
        return
    where = base.computed_where.get(name)
    path, _, fact = str(declared.get("of", "")).rpartition(".")
    for member in view.group(of)[0]:
        truth = True if where is None else where.evaluate(member)
        if truth is None and where is not None:
            yield from unknowns(where, member)
        if fact and form != "percent" and truth is not False:
            yield from _unless_exact(Ref(fact, path=path), member)
    if form == "percent":
        yield from _unless_exact(Ref(fact), view)
