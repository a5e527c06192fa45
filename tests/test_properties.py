"""What must be so for every case: random cases with missing facts, the shipped rule base."""

from __future__ import annotations

import copy
from datetime import date
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from property_search import examples
from random_cases import built, extended, random_case

from kam_expert.engines.assemble import assemble, diagnose
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.engines.settling import PlainEngine, Settlement, settle_case
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import leaves
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.results.diagnosis import Diagnosis, Reversal

DAY = date(2026, 11, 1)
BASE = shipped_base()
PLAIN = PlainEngine()
seeds = st.integers(min_value=0, max_value=2**40)
often = settings(max_examples=examples(16), suppress_health_check=[HealthCheck.too_slow])
#: For properties that judge an account again for each change of it.
seldom = settings(often, max_examples=examples(4))


def settled(case: dict[str, Any], base: KnowledgeBase = BASE) -> Settlement:
    return settle_case(built(case, base), base, DAY, PLAIN)


@pytest.mark.every_method
@often
@given(seed=seeds)
def test_what_is_firm_stays_whatever_becomes_known(base: KnowledgeBase, seed: int) -> None:
    random = Random(seed)
    case = random_case(base, random)
    before = settled(case, base)
    after = settled(extended(case, base, random), base)

    for key, found in before.findings.items():
        if found.firm:
            assert after.findings[key].status == found.status, key
    if assemble(before, base).stage.firm:
        assert after.verdict == before.verdict


@pytest.mark.every_method
@often
@given(seed=seeds)
def test_a_truth_of_the_strict_reading_is_one_of_the_working_reading(
    base: KnowledgeBase, seed: int
) -> None:
    settlement = settled(random_case(base, Random(seed)), base)

    for key, outcomes in settlement.outcomes.items():
        for rule, outcome in outcomes:
            if outcome.strict is not None and not rule.about_knowledge:
                assert outcome.working is outcome.strict, (key, rule.name)


@pytest.mark.every_method
@often
@given(seed=seeds)
def test_experta_and_plain_evaluation_give_the_same_diagnosis(
    base: KnowledgeBase, seed: int
) -> None:
    case = built(random_case(base, Random(seed)), base)

    assert diagnose(case, base, DAY, engine_of(base)) == diagnose(case, base, DAY, PLAIN)


@pytest.mark.every_method
@often
@given(seed=seeds)
def test_unknown_and_absent_are_the_same(base: KnowledgeBase, seed: int) -> None:
    random = Random(seed)
    case = random_case(base, random)
    said = copy.deepcopy(case)
    for fact in base.facts.values():
        if fact.kind == "account" and fact.doc.asked_of != "customer":
            said["facts"].setdefault(fact.name, random.choice(["unknown", None]))
        if fact.kind == "person":
            for person in said.get("people", []):
                person.setdefault(fact.name, "unknown")

    assert diagnosis_of(said, base) == diagnosis_of(case, base)


@pytest.mark.every_method
@often
@given(seed=seeds)
def test_order_of_people_and_keys_does_not_matter(base: KnowledgeBase, seed: int) -> None:
    random = Random(seed)
    case = random_case(base, random)
    mixed = {key: case[key] for key in random.sample(list(case), len(case))}
    for block in ("people", "team", "links"):
        if block in mixed:
            mixed[block] = [
                {key: item[key] for key in random.sample(list(item), len(item))}
                for item in random.sample(case[block], len(case[block]))
            ]
    mixed["facts"] = {
        key: case["facts"][key] for key in random.sample(list(case["facts"]), len(case["facts"]))
    }

    assert diagnosis_of(mixed, base) == diagnosis_of(case, base)


def diagnosis_of(case: dict[str, Any], base: KnowledgeBase = BASE) -> Diagnosis:
    return diagnose(built(case, base), base, DAY, PLAIN)


@often
@given(seeds)
def test_the_leaves_of_every_reason_are_facts_of_the_case(seed: int) -> None:
    case = random_case(BASE, Random(seed))

    for fact, about, side in answers_read(diagnosis_of(case)):
        if side == PLANNED:
            assert case["plan"]
            assert fact in BASE.from_plan
            continue
        assert any(fact in block for block in blocks(case, about, side)), (fact, about)


#: In place of a side: the agreed plan answers what nobody answered.
PLANNED = "plan"


def answers_read(diagnosis: Diagnosis) -> Iterator[tuple[str, Any, str | None]]:
    for finding in diagnosis.findings:
        for reason in finding.reasons:
            for premise in reason.premises:
                if premise.origin and not premise.origin.get("computed"):
                    assert premise.fact is not None
                    side = PLANNED if premise.origin.get("planned") else premise.side
                    yield premise.fact, premise.about, side


def blocks(case: dict[str, Any], about: Any, side: str | None) -> list[dict[str, Any]]:
    if about.kind == "account":
        return [case["customer"] if side == "theirs" else case["facts"]]
    if about.kind == "decision":
        return [case["decision"]]
    if about.kind == "link":
        return [link for link in case["links"] if f"{link['member']}→{link['person']}" == about.id]
    if about.kind == "event":
        return [event for event in case["events"] if event["id"] == about.id]
    listed = case["people"] if about.kind == "person" else case["team"]
    return [item for item in listed if item["id"] == about.id]


@seldom
@given(seeds)
def test_without_a_fact_that_every_reason_needs_a_conclusion_is_open_or_absent(seed: int) -> None:
    case = random_case(BASE, Random(seed))

    @cache
    def without(fact: str, about: About) -> Settlement:
        poorer = copy.deepcopy(case)
        for side in ("ours", "theirs"):
            for block in blocks(poorer, about, side):
                block.pop(fact, None)
        if fact in BASE.from_plan:
            poorer.pop("plan", None)  # it would answer in place of the fact
        return settled(poorer)

    for finding in diagnosis_of(case).concluded():
        if BASE.findings[finding.id].about_knowledge or finding.about.fact:
            continue
        for fact, about in needed_by_all(finding):
            key = finding.id, finding.about.kind, finding.about.id
            left = without(fact, about).findings[key]

            assert left.status in ("open", "absent"), (finding.id, fact)


def needed_by_all(finding: Any) -> set[tuple[str, Any]]:
    needs = [
        {
            (p.fact, p.about)
            for p in reason.premises
            if p.fact in BASE.facts
            and not p.alternative
            and not p.exception
            and not (p.origin or {}).get("computed")
        }
        for reason in finding.reasons
        if reason.outcome != "open"
    ]
    return set.intersection(*needs) if needs else set()


@seldom
@given(seeds)
def test_each_reversal_takes_the_conclusion_back(seed: int) -> None:
    case = random_case(BASE, Random(seed))
    known: dict[str, Settlement] = {}

    def after(fact: str, about: About, side: str | None, value: Any) -> Settlement:
        key = f"{fact} {about} {side} {value}"
        if key not in known:
            changed = copy.deepcopy(case)
            for block in blocks(changed, about, side):
                block[fact] = value
            known[key] = settled(changed)
        return known[key]

    for finding in diagnosis_of(case).findings:
        if not stands_on_single_values(finding.id) or finding.about.kind == "decision":
            continue
        for reversal in finding.reversed_by:
            fact = BASE.facts[reversal.fact]
            if reversal.about.kind not in ("account", "person", "member") or fact.doc.computed:
                continue
            for value in values_that(fact, reversal, case):
                key = finding.id, finding.about.kind, finding.about.id
                left = after(fact.name, reversal.about, reversal.side, value).findings[key]

                assert left.status not in ("likely", "established"), (finding.id, reversal)


def stands_on_single_values(finding: str) -> bool:
    """Return whether the rules of *finding* read plain answers only: no findings, lists, dates."""
    conditions = [part for rule in BASE.rules_for(finding) for part in rule.conditions()]
    return all(leaf.term.by_value for part in conditions for leaf in leaves(part))


def values_that(fact: Fact, reversal: Reversal, case: dict[str, Any]) -> list[Any]:
    """Return every answer that *reversal* speaks of."""
    [(op, operand)] = reversal.to.items()
    match op:
        case "is":
            return [list(item) if isinstance(item, tuple) else item for item in operand]
        case "contains_any":
            return [[*present(fact, reversal, case), word] for word in operand]
        case "below":
            return [operand - 1]
        case "above" | "not":
            return [operand + 1]
        case "size":
            return [[]]
        case "contains_all":
            return [list(operand)]
    return [operand]


def present(fact: Fact, reversal: Reversal, case: dict[str, Any]) -> frozenset[str]:
    readings = Readings(built(case, BASE), BASE, DAY)
    [entity] = [e for e in readings.entities(reversal.about.kind) if e.id == reversal.about.id]
    value = readings.view(entity, strict=False).read(Ref(fact.name, reversal.side or "bare"))
    assert isinstance(value, frozenset)
    return value
