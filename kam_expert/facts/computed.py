"""Facts computed from people, team, links and other facts, as ``facts.yaml`` declares them.

The forms; the first six are over one list and (where given) its members that satisfy ``where``:

- ``{count: list}``: the number of members.
- ``{distinct: links, by: person|member}``: the number of different ends.
- ``{set: links, of: person.fact}``: the values that occur.
- ``{minimum: links, of: fact}``: the smallest value.
- ``{largest_share: links, of: fact}``: 100 x the largest value / the sum.
- ``{percent: people, of: fact}``: 100 x the number / the value of a fact of the entity.
- ``{next: events, of: fact, else: word}``: the earliest day that has not passed; a stated day
  counts where the list has none, and *else*, if it is given, where nobody stated one.
- ``{rank: …}``: the place among the accounts of a portfolio; not computed for one account.
- ``{share: fact}``: the part in the sum over the accounts of a portfolio; likewise.
- ``{lowest: [fact, …]}``: the lowest value of several facts of the entity.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from kam_expert.knowledge.conditions.condition import Ref, View
from kam_expert.knowledge.values import UNKNOWN, Interval, SetBounds, bounds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.values import Truth
    from kam_expert.knowledge.vocabulary import Fact

FORMS = ("count", "distinct", "set", "minimum", "largest_share", "percent", "next")


class HasLists(Protocol):
    """A case and the rule base that declares its facts."""

    @property
    def case(self) -> Case:
        """Return the case."""

    @property
    def base(self) -> KnowledgeBase:
        """Return the rule base."""

    @property
    def day(self) -> date:
        """Return the day of the diagnosis."""


class ListsView(View, Protocol):
    """One entity in one reading, with the lists that facts are computed from."""

    @property
    def readings(self) -> HasLists:
        """Return the case and its rule base."""

    @property
    def entity(self) -> Entity:
        """Return the entity."""


def form_of(declared: dict[str, Any]) -> tuple[str, str]:
    """Return the form and the list of a declared computation."""
    form = next(name for name in FORMS if name in declared)
    return form, declared[form]


def is_share(declared: dict[str, Any]) -> bool:
    """Return whether a declared computation gives a share, which people round."""
    return form_of(declared)[0] in ("percent", "largest_share")


def is_listed(view: ListsView, name: str) -> bool:
    """Return whether the list from which a fact is computed is given."""
    declared = view.readings.base.facts[name].doc.computed
    assert declared is not None  # noqa: S101 -- asked of computed facts only
    return getattr(view.readings.case, form_of(declared)[1]) is not None


def otherwise(view: ListsView, name: str) -> Any:
    """Return the word for a day that nobody stated, unless a member may have it."""
    base = view.readings.base
    declared, where = base.facts[name].doc.computed or {}, base.computed_where.get(name)
    word = declared.get("else", UNKNOWN)
    for member in view.group(form_of(declared)[1])[0]:
        truth = True if where is None else member.truth_of(where)
        if truth is None or (truth is True and member.read(_ref(declared["of"])) is UNKNOWN):
            return UNKNOWN
    return word


def has_basis(view: ListsView, name: str) -> bool:
    """Return whether all lists and facts that a computation needs are given."""
    declared = view.readings.base.facts[name].doc.computed
    assert declared is not None  # noqa: S101 -- asked of computed facts only
    if not is_listed(view, name):
        return False
    form = form_of(declared)[0]
    if form == "next":
        return compute(view, name) is not UNKNOWN
    return form != "percent" or view.read(Ref(declared["of"])) is not UNKNOWN


def compute(view: ListsView, name: str) -> Any:
    """Return the value of a computed fact in the reading of *view*, UNKNOWN without a basis."""
    declared = view.readings.base.facts[name].doc.computed
    assert declared is not None  # noqa: S101 -- asked of computed facts only
    form, of = form_of(declared)
    if not is_listed(view, name) if form == "next" else not has_basis(view, name):
        return UNKNOWN
    members, more = view.group(of)
    where = view.readings.base.computed_where.get(name)
    meant = [(m, True if where is None else m.truth_of(where)) for m in members]
    meant = [(member, truth) for member, truth in meant if truth is not False]
    match form:
        case "count":
            return _tally([truth for _, truth in meant], more=more)
        case "distinct":
            return _distinct(meant, 0 if declared["by"] == "member" else 1, more=more)
        case "set":
            return _set(meant, _ref(declared["of"]), closed=not more, strict=view.strict)
        case "percent":
            return _percent(view, meant, Ref(declared["of"]), more=more)
        case "next":
            days = [m.read(_ref(declared["of"])) for m, truth in meant if truth is True]
            to_come = [d for d in days if isinstance(d, date) and d >= view.readings.day]
            return min(to_come, default=UNKNOWN)
    return _numbers(form, meant, _ref(declared["of"]), closed=not more)


def lowest(fact: Fact, values: Sequence[Any]) -> Any:
    """Return the lowest of *values* of an ordered fact; UNKNOWN if an unknown one may be lower."""
    known = [value for value in values if value is not UNKNOWN]
    least = min(known, key=lambda value: fact.rank(value) or 0, default=UNKNOWN)
    return least if len(known) == len(values) or fact.rank(least) == 0 else UNKNOWN


def _ref(text: str) -> Ref:
    path, _, name = text.rpartition(".")
    return Ref(name, path=path)


def _tally(truths: Sequence[Truth], *, more: bool) -> Any:
    sure = sum(truth is True for truth in truths)
    return Interval(sure, None if more else len(truths)).settled()


def _distinct(meant: Sequence[tuple[ListsView, Truth]], end: int, *, more: bool) -> Any:
    sure, possible = set(), set()
    for member, truth in meant:
        ends = member.entity.ends or ("", "")
        possible.add(ends[end])
        if truth is True:
            sure.add(ends[end])
    return Interval(len(sure), None if more else len(possible)).settled()


def _set(meant: Sequence[tuple[ListsView, Truth]], ref: Ref, *, closed: bool, strict: bool) -> Any:
    sure, possible, blank = set(), set(), False
    for member, truth in meant:
        value = member.read(ref)
        if value is UNKNOWN:
            blank = True
            continue
        possible.add(value)
        if truth is True:
            sure.add(value)
    if strict and not closed:
        return UNKNOWN
    bounds = None if blank or not closed else frozenset(possible)
    return SetBounds(frozenset(sure), bounds).settled()


def _numbers(form: str, meant: Sequence[tuple[ListsView, Truth]], ref: Ref, *, closed: bool) -> Any:
    if not closed or any(truth is not True for _, truth in meant):
        return UNKNOWN
    values = [bounds_of(member.read(ref)) for member, _ in meant]
    exact = [value[0] for value in values if value is not None and value[0] == value[1]]
    if form == "minimum" and not values:
        # An empty complete list means that the event never happened.
        return math.inf
    if len(exact) < len(values) or not exact:
        return UNKNOWN
    if form == "minimum":
        return min(exact)
    total = sum(exact)
    return UNKNOWN if total == 0 else 100 * max(exact) / total


def _percent(
    view: ListsView, meant: Sequence[tuple[ListsView, Truth]], ref: Ref, *, more: bool
) -> Any:
    whole = bounds_of(view.read(ref))
    if whole is None or whole[0] != whole[1] or not whole[0]:
        return UNKNOWN
    if more and view.strict:
        return UNKNOWN
    sure = sum(truth is True for _, truth in meant)
    high = 100.0 if more else min(100.0, 100 * len(meant) / whole[0])
    return Interval(min(100.0, 100 * sure / whole[0]), high).settled()
