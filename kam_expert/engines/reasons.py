"""Why a rule holds, is assumed or is open: what it asked, what it found, what would reverse it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import plain_value
from kam_expert.knowledge.about import About
from kam_expert.knowledge.condition import (
    AnyOf,
    Comparison,
    Condition,
    Count,
    DaysAgo,
    Every,
    FactTest,
    FindingCount,
    FindingTest,
    IsUnknown,
    LastTwo,
    NoneOf,
    Ref,
    StageTest,
    Test,
    Trend,
    refs,
)
from kam_expert.knowledge.rule import rule_truth
from kam_expert.knowledge.status import Outcome, at_least_likely, combined
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.vocabulary import ENGINE_FACTS
from kam_expert.results.diagnosis import Assumption, Premise, Reason, Reversal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kam_expert.facts.case import Entity
    from kam_expert.facts.readings import EntityView, Readings
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.values import Truth

_FACT_NODES = (FactTest, Comparison, DaysAgo, LastTwo, Trend, IsUnknown)
#: At most so many members of a list stand as premises of their own; the count has them all.
_MEMBERS_SHOWN = 6
#: Tests that take several operands, of which one is enough.
_ONE_OF_SEVERAL = ("is", "contains_any")


def reason_of(rule: Rule, outcome: Outcome, readings: Readings, entity: Entity) -> Reason:
    """Return the reason that a rule is for the finding it concludes about *entity*."""
    view = readings.view(entity, strict=False)
    if rule.kind == "gap":
        premises = [*gap_premises(readings, entity)]
    else:
        premises = [*premises_of(rule.when, view, alternative=False)]
        if rule.unless is not None:
            excepted = premises_of(rule.unless, view, alternative=False)
            premises += [replace(premise, exception=True) for premise in excepted]
    return Reason(
        rule.name, rule.cites, rule.strength, outcome.word, tuple(dict.fromkeys(premises))
    )


def premises_of(condition: Condition, view: EntityView, *, alternative: bool) -> Iterator[Premise]:
    """Yield everything that *condition* asks, with what was found in the reading of *view*."""
    if isinstance(condition, _FACT_NODES):
        yield from _fact_premises(condition, view, alternative=alternative)
    elif isinstance(condition, Count | Every):
        yield from _list_premises(condition, view)
    elif isinstance(condition, FindingTest):
        for name in condition.names:
            truth = view.finding(name)
            about = _finding_about(name, view)
            yield Premise(
                about,
                None,
                name,
                None,
                _HashableDict(condition.asks),
                None,
                truth,
                alternative=alternative,
            )
    elif isinstance(condition, FindingCount):
        tally = plain_value(condition.tally(view))
        truth = condition.evaluate(view)
        name = f"count:{condition.label}"
        yield Premise(
            view.about,
            name,
            None,
            None,
            _HashableDict(condition.asks),
            tally,
            truth,
            alternative=True,
        )
    elif isinstance(condition, StageTest):
        truth = condition.evaluate(view)
        yield Premise(
            view.about, "stage", None, None, _HashableDict(condition.asks), None, truth,
            alternative=alternative,
        )  # fmt: skip
    else:
        loose = alternative or isinstance(condition, AnyOf | NoneOf)
        for child in condition.children():
            yield from premises_of(child, view, alternative=loose)


class _HashableDict(dict[str, Any]):
    """A test, an origin or a value as data that can stand in a set."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self))  # values may be lists; keys tell most of them apart


def plain_found(value: Any) -> Any:
    """Return a value as plain data that can stand in a set; None for UNKNOWN."""
    if value is UNKNOWN:
        return None
    plain = plain_value(value)
    if isinstance(plain, list):
        return tuple(plain)
    return _HashableDict(plain) if isinstance(plain, dict) else plain


def _finding_about(name: str, view: EntityView) -> About:
    if view.readings.base.findings[name].about == "account":
        return About("account", view.readings.case.account.id)
    return view.about


def _fact_premises(condition: Any, view: EntityView, *, alternative: bool) -> Iterator[Premise]:
    truth = condition.evaluate(view)
    asks = condition.asks
    compared = isinstance(condition, Comparison)
    for ref in (condition.ref, condition.other) if compared else (condition.ref,):
        about, side, origin = origin_of(ref, view)
        if isinstance(condition, LastTwo | Trend):
            actual: Any = tuple(plain_found(value) for _, value in view.dated(ref)[-2:]) or None
        else:
            value = view.read(ref)
            if isinstance(condition, DaysAgo) and value is not UNKNOWN:
                days = view.days_since(ref)
                value = value if days is None or days is UNKNOWN else days
            actual = plain_found(value)
        yield Premise(
            about,
            ref.name,
            None,
            side,
            _HashableDict(asks),
            actual,
            truth,
            origin,
            alternative=alternative,
        )
        asks = {}  # the test stands with the fact that it is about


def origin_of(ref: Ref, view: EntityView) -> tuple[About, str | None, _HashableDict | None]:
    """Return what a fact is about, whose answer counts, and where that answer came from."""
    if ref.name in ENGINE_FACTS:
        return view.about, None, None
    here = view.holder(ref)
    bare = Ref(ref.name, ref.side) if ref.path else ref
    if here.is_computed(ref.name) and here.computed(ref.name) is not UNKNOWN:
        return here.about, None, _HashableDict(computed=True)
    side, answer = here.answer_of_side(bare)
    if answer is None:
        return here.about, side, None
    origin: dict[str, Any] = {}
    if answer.source:
        origin["source"] = answer.source
    if answer.by:
        origin["by"] = answer.by
    if answer.as_of:
        origin["as_of"] = answer.as_of.isoformat()
    if answer.place:
        origin["file"] = answer.place.file.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
        origin["line"] = answer.place.line
    return here.about, side, _HashableDict(origin)


def _list_premises(condition: Count | Every, view: EntityView) -> Iterator[Premise]:
    members, _ = view.group(condition.of)
    actual = None
    if getattr(view.readings.case, condition.of) is not None:
        tally = condition.tally(view) if isinstance(condition, Count) else len(members)
        actual = plain_value(tally)
    yield Premise(
        view.about, f"count:{condition.of}", None, None, _HashableDict(condition.asks), actual,
        condition.evaluate(view), alternative=True,
    )  # fmt: skip
    shown = 0
    for member in members:
        passes = condition.where.evaluate(member)
        if isinstance(condition, Every):
            passes = passes is not False and condition.satisfies.evaluate(member)
        if passes is True:
            yield from premises_of(condition.where, member, alternative=True)
            shown += 1
            if shown == _MEMBERS_SHOWN:
                return


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


def assumptions_of(rule: Rule, readings: Readings, entity: Entity) -> Iterator[Assumption]:
    """Yield what an assumed rule takes as given."""
    working = readings.view(entity, strict=False)
    strict = readings.view(entity, strict=True)
    if rule.unless is not None and rule.unless.evaluate(strict) is not False:
        yield Assumption("exception_absent", rule.name, working.about)
    yield from _assumed(rule.when, working, strict)


def _assumed(condition: Condition, working: EntityView, strict: EntityView) -> Iterator[Assumption]:
    if condition.evaluate(working) is not True or condition.evaluate(strict) is True:
        return
    if isinstance(condition, FindingTest):
        for name in condition.names:
            if working.finding(name) is True and strict.finding(name) is not True:
                yield Assumption("finding", name, _finding_about(name, working))
    elif isinstance(condition, Count | Every):
        if strict.group(condition.of)[1] and not working.group(condition.of)[1]:
            yield Assumption("list_complete", condition.of, working.about)
        for mine, theirs in zip(
            working.group(condition.of)[0], strict.group(condition.of)[0], strict=True
        ):
            yield from _assumed(condition.where, mine, theirs)
    elif isinstance(condition, _FACT_NODES):
        yield from _assumed_fact(condition.ref, working, strict)
        if isinstance(condition, Comparison):
            yield from _assumed_fact(condition.other, working, strict)
    else:
        for child in condition.children():
            yield from _assumed(child, working, strict)


def _assumed_fact(ref: Ref, working: EntityView, strict: EntityView) -> Iterator[Assumption]:
    if ref.name in ENGINE_FACTS:
        return
    about, side, origin = origin_of(ref, working)
    fact = working.readings.base.facts[ref.name]
    if origin is not None and origin.get("computed"):
        form = fact.doc.computed or {}
        lists = [form[key] for key in form if form[key] in ("people", "team", "links")]
        yield Assumption("list_complete", lists[0] if lists else ref.name, about)
    elif fact.doc.computed is not None and "rank" not in fact.doc.computed:
        yield Assumption("stated_total", ref.name, about)
    elif side == "ours" and fact.doc.asked_of == "both":
        yield Assumption("our_answer", ref.name, about)
    elif strict.read(ref) is UNKNOWN:
        yield Assumption("still_fresh", ref.name, about)


def reversals_of(
    rules: Sequence[tuple[Rule, Outcome]], readings: Readings, entity: Entity
) -> tuple[Reversal, ...]:
    """Return the single changes of a fact that would take a likely conclusion back.

    Each is tried: the rules of the finding are evaluated again with the fact changed and all else,
    other findings included, as it is.
    """
    view = readings.view(entity, strict=False)
    read = [frozenset(ref for part in rule.conditions() for ref in refs(part)) for rule, _ in rules]
    named = frozenset().union(*read)
    found: dict[Reversal, None] = {}
    leaves = {
        leaf: None
        for rule, outcome in rules
        if outcome.working is True
        for leaf in _leaves(rule.conditions())
    }
    for leaf in leaves:
        same = _same_answer(leaf.ref, view, named)
        # Only a rule that reads the answer can come out otherwise.
        concerned = [not same.isdisjoint(mine) for mine in read]
        for op, values in _alternatives(leaf, view):
            operands = tuple(
                operand
                for value, operand in values
                if not _still_said(rules, concerned, view.changed(dict.fromkeys(same, value)))
            )
            if operands:
                about, side, _ = origin_of(leaf.ref, view)
                to = _HashableDict({op: operands if op in _ONE_OF_SEVERAL else operands[0]})
                found[Reversal(about, leaf.ref.name, side, to)] = None
                break
    return tuple(found)


def _leaves(conditions: Sequence[Condition]) -> Iterator[FactTest]:
    for condition in conditions:
        if isinstance(condition, FactTest):
            if condition.ref.name not in ENGINE_FACTS:
                yield condition
        else:
            yield from _leaves(condition.children())


def _alternatives(leaf: FactTest, view: EntityView) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    """Yield ways to the other side of the test's border, the smallest change first.

    Yields:
        The operator that words the change, and values to try, each with its operand.
    """
    fact = view.readings.base.facts[leaf.ref.name]
    value = view.read(leaf.ref)
    now = leaf.check(value)
    for test in leaf.tests:
        if test.op in ("at_least", "below", "at_most", "above"):
            yield from _over_the_limit(test, value)
    if fact.doc.type in ("choice", "ordered", "yes_no"):
        yield "is", [(word, word) for word in fact.words() if leaf.check(word) is not now]
    elif fact.is_number and any(test.op == "is" for test in leaf.tests):
        limit = leaf.tests[0].operand[0]
        yield ("not", [(limit + 1, limit)]) if now else ("is", [(limit, limit)])
    elif fact.doc.type == "set":
        for op, values in _other_sets(value, tuple(fact.doc.values)):
            yield op, [pair for pair in values if leaf.check(pair[0]) is not now]


def _over_the_limit(test: Test, value: Any) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    limit = test.operand
    now = test.check(value)
    ways = {"at_least": limit, "below": limit - 1}
    if test.op in ("at_most", "above"):
        ways = {"at_most": limit, "above": limit + 1}
    # Of a number that is not known, what the test asks for is tried first.
    for op in sorted(ways, key=lambda op: op != test.op):
        if test.check(ways[op]) is not now:
            yield op, [(ways[op], limit)]


def _other_sets(
    value: Any, allowed: tuple[str, ...]
) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    """Yield sets with one element more, with one element less, with none and with all."""
    if isinstance(value, frozenset):
        yield "contains_any", [(value | {word}, word) for word in allowed if word not in value]
        less = [tuple(word for word in allowed if word in value - {one}) for one in allowed]
        yield "is", [(frozenset(rest), rest) for rest in less if rest and len(rest) < len(value)]
    yield "size", [(frozenset(), 0)]
    yield "contains_all", [(frozenset(allowed), allowed)]


def _still_said(
    rules: Sequence[tuple[Rule, Outcome]], concerned: Sequence[bool], changed: EntityView
) -> bool:
    """Return whether the rules still make the finding likely when those concerned see *changed*."""
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
    """Return every way in which the rules read the answer that *ref* reads."""
    side = view.side_of(ref)
    return frozenset(
        other
        for other in named
        if other == ref
        or (other.name == ref.name and not other.path and view.side_of(other) == side)
    )
