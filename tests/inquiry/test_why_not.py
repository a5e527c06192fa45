"""What a why-not lists is what failed, and its sets of facts bring the conclusion about."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from property_search import examples
from small_accounts import every_change, small

from kam_expert.engines.inquiry.boundary_values import Borders
from kam_expert.engines.inquiry.memo_table import Landscape
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.inquiry.why_not import stage_not, why_not
from kam_expert.engines.reasons import plain_found
from kam_expert.facts.changes import Slot
from kam_expert.knowledge.status import rank

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.inquiry import FactSet

DAY = date(2026, 11, 1)
ALL = ("ours", "theirs", "joint", "time", "none")


def changes_of(way: tuple[FactSet, ...], variants: Variants) -> dict[Slot, Any]:
    borders = Borders(variants.base)
    found = {}
    for change in way:
        slot = Slot(change.about.kind, change.about.id, change.fact, change.side)
        values = borders.values(slot, variants)
        found[slot] = next(value for value in values if plain_found(value) == change.to)
    return found


@pytest.mark.every_method
@settings(max_examples=examples(6))
@given(seed=st.integers(0, 100_000))
def test_a_set_once_satisfied_yields_the_conclusion(base: KnowledgeBase, seed: int) -> None:
    variants = small(base, seed, rules=12)
    for key, settled in variants.now.findings.items():
        if settled.working is True:
            continue
        for rule in why_not(variants, key).rules:
            for way in rule.sets:
                after = variants.settled(changes_of(way, variants))
                outcomes = {r.name: outcome for r, outcome in after.outcomes[key]}
                assert outcomes[rule.rule].working is True
                assert rank(after.findings[key].status) >= rank("possible")
            if rule.sets:
                first = variants.settled(changes_of(rule.sets[0], variants))
                assert first.findings[key].status == rule.would_be


def reads_stage(variants: Variants, rule: str) -> bool:
    """Return whether a rule reads the stage itself or through the findings that it reads."""
    reads = Landscape(variants, ()).reads
    first = variants.base.rule(rule)
    names = {name for read in first.findings_read() for name in reads(read)}
    rules = (other for name in names for other in variants.base.rules_for(name))
    return first.reads_stage() or any(other.reads_stage() for other in rules)


@pytest.mark.every_method
@settings(max_examples=examples(6))
@given(seed=st.integers(0, 100_000))
def test_a_rule_that_one_fact_would_make_true_has_that_set(base: KnowledgeBase, seed: int) -> None:
    variants = small(base, seed, rules=8)
    near: dict[tuple[Any, str], set[Slot]] = {}
    for change in every_change(variants, 1, ALL):
        after = variants.settled(change)
        for key, outcomes in after.outcomes.items():
            for rule, outcome in outcomes:
                if outcome.working is True:
                    near.setdefault((key, rule.name), set()).update(change)

    for key, settled in variants.now.findings.items():
        if settled.working is True or base.findings[key[0]].about_knowledge:
            continue
        for found in why_not(variants, key).rules:
            singles = near.get((key, found.rule), set())
            # No change is looked for that works by another stage, also through other findings.
            if reads_stage(variants, found.rule) or not singles:
                continue
            assert found.sets
            assert all(len(way) == 1 for way in found.sets)
            assert {slot for way in found.sets for slot in changes_of(way, variants)} <= singles


def test_the_number_that_is_missing_is_named(
    base: KnowledgeBase, build: Callable[[str], Case]
) -> None:
    case = build("""
        facts: {introductions_asked_12m: 1, introductions_granted_12m: 0, access_to_others: blocked}
    """)
    variants = Variants(case, base, DAY)

    found = why_not(variants, ("gatekeeper", "account", "a"))

    refused = next(rule for rule in found.rules if rule.rule == "introductions_refused")
    failed = {f.premise.fact: (f.by, f.unit) for f in refused.failed}
    assert failed == {"introductions_asked_12m": (1, "number")}


def test_an_exception_that_is_so_is_named(
    base: KnowledgeBase, build: Callable[[str], Case]
) -> None:
    case = build("""
        facts: {introductions_asked_12m: 3, introductions_granted_12m: 0, access_to_others: free}
    """)
    variants = Variants(case, base, DAY)

    found = why_not(variants, ("gatekeeper", "account", "a"))

    refused = next(rule for rule in found.rules if rule.rule == "introductions_refused")
    assert [premise.fact for premise in refused.excepted] == ["access_to_others"]
    assert refused.failed == ()


@pytest.mark.parametrize("stage", ["butterfly", "partnership"])
def test_a_stage_names_what_is_missing_and_what_bars_it(
    base: KnowledgeBase, build: Callable[[str], Case], stage: str
) -> None:
    case = build("facts: {access_to_others: free, effort_balance: only_us}")
    variants = Variants(case, base, DAY)
    model = next(s for s in base.stage_model.stages if s.name == stage)

    found = stage_not(variants, stage)

    assert found.seen + len(found.missing) == len(model.features)
    assert {why.finding for why in found.missing} <= set(model.features)
    assert found.needed == model.needed
    assert ("one_sided" in found.barring) is (stage == "partnership")
