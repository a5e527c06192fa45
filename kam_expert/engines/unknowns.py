"""The unknown answers that keep a condition from being true or false."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from kam_expert.facts.changes import Slot, slot_of
from kam_expert.facts.columns import COMPLETE
from kam_expert.facts.computed import form_of, has_basis, is_listed
from kam_expert.knowledge.conditions.condition import OpenList, Ref, UnknownFact, UnknownMember
from kam_expert.knowledge.conditions.terms import is_exact
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.engines.truths import Truths
    from kam_expert.facts.readings import EntityView
    from kam_expert.knowledge.conditions.condition import Condition

#: A missing answer: its slot, or the name of a list that may have further members.
Unknown = Slot | str
#: The missing answers of one fact, list or member, and how often each is waited for: the same
#: object wherever the same is read.
Group = Mapping[Unknown, int]
#: The lists of the two ends of ties.
ENDS = ("people", "team")


class Unknowns:
    """What the conditions about a settled case wait for.

    A fact of the account is read by the rules of each person, and what is missing of it may be an
    answer about every person. So it is found once, and all rules share the group. Conditions and
    views are compared by identity, as in `Truths`.

    Of people who are alike, the first one represents all: what is missing of them as members of a
    list is counted as often as there are of them.

    Args:
        truths: Of the conditions.
        alike: How many are like an entity, itself counted, by identity; 0 where another is
            for it, and 1 by default.
    """

    def __init__(self, truths: Truths, alike: Mapping[int, int] = MappingProxyType({})) -> None:
        self._truths = truths
        self._alike = alike
        self._facts: dict[tuple[str, str, int], Group] = {}
        self._lists: dict[tuple[str, int], Group] = {}
        self._members: dict[tuple[int, int], Group] = {}

    def of(self, condition: Condition, view: EntityView) -> Iterator[Group]:
        """Yield the answers that make *condition* true or false, in the reading of *view*.

        A part that is true or false already does not matter and yields nothing. An answer that
        several parts wait for is counted several times.
        """
        for unknown in condition.unknown(view, self._truths.of):
            match unknown:
                case OpenList():
                    yield self._growing(unknown.of, unknown.view)
                case UnknownMember():
                    if self._is_first(unknown.view):
                        yield self._of_member(unknown.condition, unknown.view)
                case UnknownFact():
                    if unknown.view is view:
                        yield self.of_fact(unknown.ref, view)
                    elif self._is_first(unknown.view):
                        group = self.of_fact(unknown.ref, unknown.view)
                        yield _joined([group], self._times(unknown.view))

    def _times(self, member: EntityView) -> int:
        return self._alike.get(id(member.entity), 1)

    def _is_first(self, member: EntityView) -> bool:
        """Return whether a member of a list represents itself and those who are alike."""
        return self._times(member) > 0

    def _of_member(self, condition: Condition, member: EntityView) -> Group:
        """Return what a condition about a member waits for, for all who are like the member."""
        key = (id(condition), id(member))
        found = self._members.get(key)
        if found is None:
            groups = self.of(condition, member)
            found = self._members[key] = _joined(groups, self._times(member))
        return found

    def of_fact(self, ref: Ref, view: EntityView) -> Group:
        """Return the answers that make an unknown fact known in the reading of *view*."""
        if ref.name in ENGINE_FACTS:
            return _joined(self._of_gap(view)) if ref.name == "gap" else {}
        here = view.holder(ref)
        key = (ref.name, ref.side, id(here))
        found = self._facts.get(key)
        if found is None:
            found = self._facts[key] = _joined(self._of_held(Ref(ref.name, ref.side), here))
        return found

    def _growing(self, of: str, view: EntityView) -> Group:
        """Return a list that may have unknown members; nothing if there can be none.

        A list declared incomplete is not asked for, because nobody can complete it. Ties need named
        people on both sides, so the lists of people are asked for first.
        """
        key = (of, id(view))
        found = self._lists.get(key)
        if found is None:
            case = view.readings.case
            names: list[str] = []
            if of in COMPLETE and view.group(of)[1] and case.complete.get(of) is not False:
                ends = ENDS if of == "links" else ()
                names = [end for end in ends if getattr(case, end) is None] or [of]
            found = self._lists[key] = dict.fromkeys(names, 1)
        return found

    def _of_gap(self, view: EntityView) -> Iterator[Group]:
        gap = view.readings.base.gaps[view.entity.id]
        account = view.readings.view(view.readings.case.account, strict=view.strict)
        for part in (Ref(gap.ours, "ours"), Ref(gap.theirs, "theirs")):
            yield self._unless_exact(part, account)

    def _unless_exact(self, ref: Ref, view: EntityView) -> Group:
        return {} if is_exact(view.read(ref)) else self.of_fact(ref, view)

    def _of_held(self, ref: Ref, here: EntityView) -> Iterator[Group]:
        """Yield the answers that make a fact of the entity of *here* known."""
        doc = here.readings.base.facts[ref.name].doc
        if doc.parts:
            for name in doc.parts:
                yield self._unless_exact(Ref(name, ref.side), here)
            return
        if doc.asked_after is not None:  # so that it weighs as much and comes first
            yield self._unless_exact(Ref(doc.asked_after, ref.side), here)
        if not here.is_computed(ref.name):
            yield {slot_of(ref, here): 1}
            return
        # Without the lists, the working reading uses a stated total.
        working = here.readings.view(here.entity, strict=False)
        if not has_basis(here, ref.name) and working.stated(ref) is UNKNOWN:
            yield {slot_of(ref, here): 1}
        yield from self._of_computed(ref.name, here)

    def _of_computed(self, name: str, view: EntityView) -> Iterator[Group]:
        base = view.readings.base
        declared = base.facts[name].doc.computed or {}
        form, of = form_of(declared)
        yield self._growing(of, view)
        if not is_listed(view, name):
            return
        where = base.computed_where.get(name)
        path, _, fact = str(declared.get("of", "")).rpartition(".")
        for member in filter(self._is_first, view.group(of)[0]):
            truth = True if where is None else self._truths.of(where, member)
            if truth is None and where is not None:
                yield self._of_member(where, member)
            if fact and form != "percent" and truth is not False:
                group = self._unless_exact(Ref(fact, path=path), member)
                yield _joined([group], self._times(member))
        if form == "percent":
            yield self._unless_exact(Ref(fact), view)


def _joined(groups: Iterable[Group], times: int = 1) -> Group:
    """Return several groups as one, waited for a number of times."""
    found: dict[Unknown, int] = {}
    for group in groups:
        for unknown, count in group.items():
            found[unknown] = found.get(unknown, 0) + count * times
    return found
