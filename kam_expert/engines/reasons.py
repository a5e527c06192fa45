"""Why a rule holds, is assumed or is open: its tests, the values found, what would reverse it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from kam_expert.engines.truths import Truths
from kam_expert.facts.case import plain_value
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import Leaf, leaves, refs
from kam_expert.knowledge.conditions.logic import All
from kam_expert.knowledge.conditions.member_terms import ListTerm
from kam_expert.knowledge.rule import rule_truth
from kam_expert.knowledge.status import Outcome, at_least_likely, combined
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.vocabulary import ENGINE_FACTS
from kam_expert.results.diagnosis import Assumption, Premise, Reason, Reversal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kam_expert.facts.case import Entity
    from kam_expert.facts.readings import EntityView, Readings
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.conditions.operators import Test
    from kam_expert.knowledge.conditions.terms import Shown
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.values import Truth

#: The maximum of list members with premises of their own; the count covers all members.
_MEMBERS_SHOWN = 6
#: Tests with several operands, one of which is enough.
_ONE_OF_SEVERAL = ("is", "contains_any")


class Explainer:
    """Explains the conclusions about one settled case.

    Args:
        readings: The case, its findings and stage settled.
    """

    def __init__(self, readings: Readings) -> None:
        self.readings = readings
        self.truths = Truths()

    def reason(self, rule: Rule, outcome: Outcome, entity: Entity) -> Reason:
        """Return a rule as the reason for its finding about *entity*."""
        view = self.readings.view(entity, strict=False)
        if rule.kind == "gap":
            premises = [*gap_premises(self.readings, entity)]
        else:
            premises = [*self.premises(rule.when, view)]
            if rule.unless is not None:
                excepted = self.premises(rule.unless, view)
                premises += [replace(premise, exception=True) for premise in excepted]
        unique = tuple(dict.fromkeys(premises))
        return Reason(rule.name, rule.cites, rule.strength, outcome.word, unique)

    def premises(
        self, condition: Condition, view: EntityView, *, alternative: bool = False
    ) -> Iterator[Premise]:
        """Yield every test of *condition* with the value in the reading of *view*."""
        if not isinstance(condition, Leaf):
            loose = alternative or not isinstance(condition, All)
            for child in condition.children():
                yield from self.premises(child, view, alternative=loose)
            return
        term, asks = condition.term, condition.asks
        truth = self.truths.of(condition, view)
        for shown in term.shown(view):
            found = self._counted(term, view) if isinstance(term, ListTerm) else shown.value
            premise = _premise(shown, found, view, (_HashableDict(asks), truth))
            yield replace(premise, alternative=alternative or term.counted)
            if len(term.refs) > 1:
                asks = {}  # the test is shown with the fact that it is about
        if isinstance(term, ListTerm):
            for member in islice(term.meant(view, self.truths.of), _MEMBERS_SHOWN):
                yield from self.premises(term.where, member, alternative=True)

    def _counted(self, term: ListTerm, view: EntityView) -> Any:
        """Return the number of members that count; None without a list."""
        listed = getattr(self.readings.case, term.of) is not None
        return term.value(view, self.truths.of) if listed else None

    def assumptions(self, rule: Rule, entity: Entity) -> Iterator[Assumption]:
        """Yield the assumptions of an assumed rule."""
        working = self.readings.view(entity, strict=False)
        strict = self.readings.view(entity, strict=True)
        if rule.unless is not None and self.truths.of(rule.unless, strict) is not False:
            yield Assumption("exception_absent", rule.name, working.about)
        yield from self._assumed(rule.when, working, strict)

    def _assumed(
        self, condition: Condition, working: EntityView, strict: EntityView
    ) -> Iterator[Assumption]:
        if self.truths.of(condition, working) is not True:
            return
        if self.truths.of(condition, strict) is True:
            return
        if not isinstance(condition, Leaf):
            for child in condition.children():
                yield from self._assumed(child, working, strict)
            return
        term = condition.term
        for ref in term.refs:
            yield from _assumed_fact(ref, working, strict)
        for name in () if term.counted else term.findings:
            if working.finding(name) is True and strict.finding(name) is not True:
                yield Assumption("finding", name, _finding_about(name, working))
        if term.members is not None:
            of, where = term.members.of, term.members.where
            mine, theirs = working.group(of), strict.group(of)
            if theirs[1] and not mine[1]:
                yield Assumption("list_complete", of, working.about)
            for one, other in zip(mine[0], theirs[0], strict=True):
                yield from self._assumed(where, one, other)


def _premise(
    shown: Shown, found: Any, view: EntityView, answer: tuple[_HashableDict, Truth]
) -> Premise:
    asks, truth = answer
    if shown.finding is not None:
        about = _finding_about(shown.finding, view)
        holds = view.finding(shown.finding)
        return Premise(about, None, shown.finding, None, asks, None, holds)
    if shown.ref is not None:
        about, side, origin = origin_of(shown.ref, view)
        return Premise(about, shown.fact, None, side, asks, plain_found(found), truth, origin)
    actual = None if found is None else plain_value(found)
    return Premise(view.about, shown.fact, None, None, asks, actual, truth)


class _HashableDict(dict[str, Any]):
    """A test, an origin or a value as data that can be in a set."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self))  # values may be lists; the keys are distinct enough


def plain_found(value: Any) -> Any:
    """Return a value as plain data that can be in a set; None for UNKNOWN and for no values."""
    if value is UNKNOWN:
        return None
    if isinstance(value, tuple):
        return tuple(plain_found(each) for each in value) or None
    plain = plain_value(value)
    if isinstance(plain, list):
        return tuple(plain)
    return _HashableDict(plain) if isinstance(plain, dict) else plain


def _finding_about(name: str, view: EntityView) -> About:
    if view.readings.base.findings[name].about == "account":
        return About("account", view.readings.case.account.id)
    return view.about


def origin_of(ref: Ref, view: EntityView) -> tuple[About, str | None, _HashableDict | None]:
    """Return the subject of a fact, the side whose answer counts, and the origin of the answer."""
    if ref.name in ENGINE_FACTS:
        return view.about, None, None
    here = view.holder(ref)
    bare = Ref(ref.name, ref.side) if ref.path else ref
    counted = here.is_computed(ref.name) and here.computed(ref.name) is not UNKNOWN
    if counted or here.parts_answered(bare):
        return here.about, None, _HashableDict(computed=True)
    side, answer = here.answer_of_side(bare)
    if answer is None:
        return here.about, side, None
    if answer is view.readings.promised.get(ref.name):
        return here.about, side, _HashableDict(planned=True)
    return here.about, side, _HashableDict(answer.origin())


def gap_premises(readings: Readings, entity: Entity) -> Iterator[Premise]:
    """Yield the two answers of a gap."""
    gap = readings.base.gaps[entity.id]
    view = readings.view(readings.case.account, strict=False)
    for side, name in (("ours", gap.ours), ("theirs", gap.theirs)):
        ref = Ref(name, side)
        about, _, origin = origin_of(ref, view)
        actual = plain_found(view.read(ref))
        asks = _HashableDict(apart=gap.threshold.value)
        yield Premise(
            about, name, None, side, asks, actual, None if actual is None else True, origin
        )


def _assumed_fact(ref: Ref, working: EntityView, strict: EntityView) -> Iterator[Assumption]:
    if ref.name in ENGINE_FACTS:
        return
    parts = working.holder(ref).parts_answered(Ref(ref.name, ref.side))
    if parts:
        for part in parts:
            yield from _assumed_fact(part, working, strict)
        return
    if ref.name in working.readings.base.facts and working.readings.base.facts[ref.name].doc.parts:
        yield Assumption("still_fresh", ref.name, working.holder(ref).about)
        return
    about, side, origin = origin_of(ref, working)
    fact = working.readings.base.facts[ref.name]
    if origin is not None and origin.get("computed"):
        form = fact.doc.computed or {}
        lists = [form[key] for key in form if form[key] in ("people", "team", "links")]
        yield Assumption("list_complete", lists[0] if lists else ref.name, about)
    elif origin is not None and origin.get("planned"):
        yield Assumption("plan_complete", ref.name, about)
    elif fact.doc.from_lists:
        yield Assumption("stated_total", ref.name, about)
    elif side == "ours" and fact.doc.asked_of == "both":
        yield Assumption("our_answer", ref.name, about)
    elif strict.read(ref) is UNKNOWN:
        yield Assumption("still_fresh", ref.name, about)


def reversals_of(
    rules: Sequence[tuple[Rule, Outcome]], readings: Readings, entity: Entity
) -> tuple[Reversal, ...]:
    """Return the single changes of a fact that would reverse a likely conclusion.

    For each change, the rules of the finding are evaluated again with everything else, including
    other findings, unchanged.
    """
    view = readings.view(entity, strict=False)
    read = [frozenset(ref for part in rule.conditions() for ref in refs(part)) for rule, _ in rules]
    named = frozenset().union(*read)
    found: dict[Reversal, None] = {}
    tested = dict.fromkeys(
        (leaf, leaf.term.refs[0])
        for rule, outcome in rules
        if outcome.working is True
        for condition in rule.conditions()
        for leaf in leaves(condition, members=False)
        if leaf.term.by_value
    )
    for leaf, ref in tested:
        if ref.name in ENGINE_FACTS:
            continue
        same = _same_answer(ref, view, named)
        # Only a rule that reads the answer can have another result.
        concerned = [not same.isdisjoint(mine) for mine in read]
        for op, values in _alternatives(leaf, ref, view):
            operands = tuple(
                operand
                for value, operand in values
                if not _still_said(rules, concerned, view.changed(dict.fromkeys(same, value)))
            )
            if operands:
                about, side, _ = origin_of(ref, view)
                to = _HashableDict({op: operands if op in _ONE_OF_SEVERAL else operands[0]})
                found[Reversal(about, ref.name, side, to)] = None
                break
    return tuple(found)


def _alternatives(
    leaf: Leaf, ref: Ref, view: EntityView
) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    """Yield values on the other side of the test's limit, the smallest change first.

    Yields:
        The operator that words the change, and values to try, each with its operand.
    """
    fact = view.readings.base.facts[ref.name]
    value = view.read(ref)
    now = leaf.check(value)
    for test in leaf.tests:
        for limit, side in test.edges():
            yield from _over_the_limit(test, value, limit, side)
    if fact.doc.type in ("choice", "ordered", "yes_no"):
        yield "is", [(word, word) for word in fact.words() if leaf.check(word) is not now]
    elif fact.is_number and (exact := [test for test in leaf.tests if test.op == "is"]):
        limit = exact[0].operand[0]
        yield ("not", [(limit + 1, limit)]) if now else ("is", [(limit, limit)])
    elif fact.doc.type == "set":
        for op, values in _other_sets(value, tuple(fact.doc.values)):
            yield op, [pair for pair in values if leaf.check(pair[0]) is not now]


def _over_the_limit(
    test: Test, value: Any, limit: float, side: int
) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    now = test.check(value)
    ways = {"at_least": limit, "below": limit - 1}
    if side > 0:
        ways = {"at_most": limit, "above": limit + 1}
    # For an unknown number, the value of the test is tried first.
    for op in sorted(ways, key=lambda op: op != test.op):
        if test.check(ways[op]) is not now:
            yield op, [(ways[op], limit)]


def _other_sets(
    value: Any, allowed: tuple[str, ...]
) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    """Yield sets with one element more, one less, none, and all."""
    if isinstance(value, frozenset):
        yield "contains_any", [(value | {word}, word) for word in allowed if word not in value]
        less = [tuple(word for word in allowed if word in value - {one}) for one in allowed]
        yield "is", [(frozenset(rest), rest) for rest in less if rest and len(rest) < len(value)]
    yield "size", [(frozenset(), 0)]
    yield "contains_all", [(frozenset(allowed), allowed)]


def _still_said(
    rules: Sequence[tuple[Rule, Outcome]], concerned: Sequence[bool], changed: EntityView
) -> bool:
    """Return whether the finding is still likely when the rules in question read *changed*."""
    held = [
        (rule.strength, rule.fact_names, outcome.strict is True)
        for (rule, outcome), again in zip(rules, concerned, strict=True)
        if (_truth(rule, changed) if again else outcome.working) is True
    ]
    return at_least_likely(combined(held))


def _truth(rule: Rule, view: EntityView) -> Truth:
    when = rule.when.evaluate(view)
    unless = False if rule.unless is None else rule.unless.evaluate(view)
    return rule_truth(when, unless, strict=view.strict)


def _same_answer(ref: Ref, view: EntityView, named: frozenset[Ref]) -> frozenset[Ref]:
    """Return every reference of the rules to the answer that *ref* reads."""
    side = view.side_of(ref)
    return frozenset(
        other
        for other in named
        if other == ref
        or (other.name == ref.name and not other.path and view.side_of(other) == side)
    )
