"""Why a rule holds, is assumed or is open: what it asked, what it found, what would reverse it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.diagnosis import About, Assumption, Premise, Reason, Reversal
from kam_expert.engines.settling import truth_of
from kam_expert.facts.case import plain_value
from kam_expert.knowledge.condition import (
    Any_,
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
    Trend,
    refs,
)
from kam_expert.knowledge.status import Outcome, at_least_likely, combined
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kam_expert.facts.case import Entity
    from kam_expert.facts.readings import EntityView, Readings
    from kam_expert.knowledge.rule import Rule

_FACT_NODES = (FactTest, Comparison, DaysAgo, LastTwo, Trend, IsUnknown)
#: At most so many members of a list stand as premises of their own; the count has them all.
_MEMBERS_SHOWN = 6


def about_of(readings: Readings, entity: Entity) -> About:
    """Give what an entity's findings are about: for a gap, the account and the fact."""
    if entity.kind == "gap":
        gap = readings.base.gaps[entity.id]
        name = gap.ours if gap.ours == gap.theirs else entity.id
        return About("account", readings.case.account.id, name)
    return About(entity.kind, entity.id)


def reason_of(rule: Rule, outcome: Outcome, readings: Readings, entity: Entity) -> Reason:
    """Give the reason that a rule is for the finding it concludes about *entity*."""
    view = readings.view(entity, strict=False)
    premises = list(_premises(rule.when, view, alternative=False))
    if rule.unless is not None:
        premises += [
            replace(p, exception=True) for p in _premises(rule.unless, view, alternative=False)
        ]
    if rule.kind == "gap":
        premises = [*_gap_premises(readings, entity)]
    return Reason(
        rule.name, rule.cites, rule.strength, outcome.word, tuple(dict.fromkeys(premises))
    )


def _premises(condition: Condition, view: EntityView, *, alternative: bool) -> Iterator[Premise]:
    if isinstance(condition, _FACT_NODES):
        yield from _fact_premises(condition, view, alternative=alternative)
    elif isinstance(condition, Count | Every):
        yield from _list_premises(condition, view)
    elif isinstance(condition, FindingTest):
        for name in condition.names:
            truth = view.finding(name)
            about = _finding_about(name, view)
            yield Premise(
                about, None, name, None, _Data(condition.asks), None, truth, alternative=alternative
            )
    elif isinstance(condition, FindingCount):
        tally = plain_value(condition.tally(view))
        truth = condition.evaluate(view)
        name = f"count:{condition.label}"
        yield Premise(
            _about(view), name, None, None, _Data(condition.asks), tally, truth, alternative=True
        )
    elif isinstance(condition, StageTest):
        truth = condition.evaluate(view)
        yield Premise(
            _about(view), "stage", None, None, _Data(condition.asks), None, truth,
            alternative=alternative,
        )  # fmt: skip
    else:
        loose = alternative or isinstance(condition, Any_ | NoneOf)
        for child in condition.children():
            yield from _premises(child, view, alternative=loose)


class _Data(dict[str, Any]):
    """A test or an origin as data that can stand in a set."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(sorted(self.items(), key=str)))


def _about(view: EntityView) -> About:
    return about_of(view.readings, view.entity)


def _finding_about(name: str, view: EntityView) -> About:
    if view.readings.base.findings[name].about == "account":
        return About("account", view.readings.case.account.id)
    return _about(view)


def _fact_premises(condition: Any, view: EntityView, *, alternative: bool) -> Iterator[Premise]:
    truth = condition.evaluate(view)
    refs = [condition.ref]
    if isinstance(condition, Comparison):
        refs.append(condition.other)
    for ref in refs:
        about, side, origin = origin_of(ref, view)
        value = view.read(ref)
        if isinstance(condition, LastTwo | Trend):
            actual: Any = [plain_value(v) for _, v in view.dated(ref)[-2:]] or None
        elif isinstance(condition, DaysAgo) and value is not UNKNOWN:
            days = view.days_since(ref)
            actual = plain_value(value) if days is None or days is UNKNOWN else days
        else:
            actual = None if value is UNKNOWN else plain_value(value)
        if isinstance(actual, list):
            actual = tuple(actual)
        asks = condition.asks if ref is condition.ref else {}
        yield Premise(
            about, ref.name, None, side, _Data(asks), actual, truth, origin, alternative=alternative
        )


def origin_of(ref: Ref, view: EntityView) -> tuple[About, str | None, _Data | None]:
    """Give what a fact is about, whose answer counts, and where that answer came from."""
    if ref.name in ENGINE_FACTS:
        return _about(view), None, None
    here = view._here(ref)  # noqa: SLF001 -- the explanation follows the reading
    about = _about(here)
    bare = Ref(ref.name, ref.side)
    if here.is_computed(ref.name) and here.computed(ref.name) is not UNKNOWN:
        return about, None, _Data(computed=True)
    side = here.side_of(bare)
    answer = here.answer(bare)
    if answer is None:
        return about, side, None
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
    return about, side, _Data(origin)


def _list_premises(condition: Count | Every, view: EntityView) -> Iterator[Premise]:
    truth = condition.evaluate(view)
    members, _ = view.group(condition.of)
    if isinstance(condition, Count):
        actual = plain_value(condition.tally(view))
    else:
        actual = len(members)
    if getattr(view.readings.case, condition.of) is None:
        actual = None
    yield Premise(
        _about(view), f"count:{condition.of}", None, None, _Data(condition.asks), actual, truth,
        alternative=True,
    )  # fmt: skip
    shown = 0
    for member in members:
        passes = condition.where.evaluate(member)
        if isinstance(condition, Every):
            passes = passes is not False and condition.satisfies.evaluate(member)
        if passes is True and shown < _MEMBERS_SHOWN:
            shown += 1
            yield from _premises(condition.where, member, alternative=True)


def _gap_premises(readings: Readings, entity: Entity) -> Iterator[Premise]:
    gap = readings.base.gaps[entity.id]
    view = readings.view(readings.case.account, strict=False)
    for side, name in (("ours", gap.ours), ("theirs", gap.theirs)):
        ref = Ref(name, side)
        about, _, origin = origin_of(ref, view)
        value = view.read(ref)
        actual = None if value is UNKNOWN else plain_value(value)
        actual = tuple(actual) if isinstance(actual, list) else actual
        asks = _Data(apart=gap.threshold.value)
        yield Premise(
            about, name, None, side, asks, actual, None if actual is None else True, origin
        )


def assumptions_of(rule: Rule, readings: Readings, entity: Entity) -> Iterator[Assumption]:
    """Give what an assumed rule takes as given."""
    working = readings.view(entity, strict=False)
    strict = readings.view(entity, strict=True)
    about = about_of(readings, entity)
    if rule.unless is not None and rule.unless.evaluate(strict) is not False:
        yield Assumption("exception_absent", rule.name, about)
    yield from _assumed(rule.when, working, strict)


def _assumed(condition: Condition, working: EntityView, strict: EntityView) -> Iterator[Assumption]:
    if condition.evaluate(working) is not True or condition.evaluate(strict) is True:
        return
    about = _about(working)
    if isinstance(condition, FindingTest):
        for name in condition.names:
            if working.finding(name) is True and strict.finding(name) is not True:
                yield Assumption("finding", name, _finding_about(name, working))
    elif isinstance(condition, Count | Every):
        if strict.group(condition.of)[1] and not working.group(condition.of)[1]:
            yield Assumption("list_complete", condition.of, about)
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
    """Give the single changes of a fact that would take a likely conclusion back.

    Each is tried: the rules of the finding are evaluated again with the fact changed and all else,
    other findings included, as it is.
    """
    found: dict[Reversal, None] = {}
    for rule, outcome in rules:
        if outcome.working is not True:
            continue
        view = readings.view(entity, strict=False)
        conditions = [rule.when] if rule.unless is None else [rule.when, rule.unless]
        for leaf, where in _leaves(conditions, view):
            for value, asks in _alternatives(leaf, where):
                if not _still_said(rules, readings, entity, (leaf.ref, where, value)):
                    about, side, _ = origin_of(leaf.ref, where)
                    found[Reversal(about, leaf.ref.name, side, _Data(asks))] = None
                    break
    return tuple(found)


def _leaves(
    conditions: Sequence[Condition], view: EntityView
) -> Iterator[tuple[FactTest, EntityView]]:
    for condition in conditions:
        if isinstance(condition, FactTest):
            if condition.ref.name not in ENGINE_FACTS:
                yield condition, view
        else:
            yield from _leaves(condition.children(), view)


def _alternatives(leaf: FactTest, view: EntityView) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Give values on the other side of each border, with the border in words of a test."""
    fact = view.readings.base.facts[leaf.ref.name]
    now = leaf.check(view.read(leaf.ref))
    for test in leaf.tests:
        limit = test.operand
        match test.op:
            case "at_least" | "below":
                yield (limit - 1, {"below": limit}) if now else (limit, {"at_least": limit})
                yield (limit, {"at_least": limit}) if now else (limit - 1, {"below": limit})
            case "at_most" | "above":
                yield (limit + 1, {"above": limit}) if now else (limit, {"at_most": limit})
                yield (limit, {"at_most": limit}) if now else (limit + 1, {"above": limit})
    if fact.doc.type in ("choice", "ordered", "yes_no"):
        others = [word for word in fact.words() if leaf.check(word) is not now]
        if others:
            yield others[0], {"is": tuple(others)}
    elif fact.is_number and any(test.op == "is" for test in leaf.tests):
        limit = leaf.tests[0].operand[0]
        yield (limit + 1, {"not": limit}) if now else (limit, {"is": (limit,)})
    elif fact.doc.type == "set":
        for value, asks in (
            (frozenset(), {"size": 0}),
            (frozenset(fact.doc.values), {"contains_all": tuple(fact.doc.values)}),
        ):
            if leaf.check(value) is not now:
                yield value, asks


def _still_said(
    rules: Sequence[tuple[Rule, Outcome]],
    readings: Readings,
    entity: Entity,
    change: tuple[Ref, EntityView, Any],
) -> bool:
    ref, view, value = change
    changed = _same_answer(ref, view, rules)
    before = {other: view.read(other) for other in changed}
    view._read.update(dict.fromkeys(changed, value))  # noqa: SLF001 -- put back below
    try:
        held = [
            (rule.strength, rule.fact_names, outcome.strict is True)
            for rule, outcome in rules
            if truth_of(rule, readings, entity, strict=False) is True
        ]
    finally:
        view._read.update(before)  # noqa: SLF001 -- as above
    return at_least_likely(combined(held))


def _same_answer(
    ref: Ref, view: EntityView, rules: Sequence[tuple[Rule, Outcome]]
) -> tuple[Ref, ...]:
    """Give every way in which the rules read the answer that *ref* reads."""
    side = view.side_of(ref)
    named = {
        other
        for rule, _ in rules
        for condition in rule.conditions()
        for other in refs(condition)
        if other.name == ref.name and not other.path
    }
    return (ref, *(other for other in named if other != ref and view.side_of(other) == side))
