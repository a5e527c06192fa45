"""One account or many: every engine gives the same result, down to steps and open questions.

With --all more random accounts and days, and a further engine.
"""

import itertools
import json
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from agreement import DAY, differences, random_accounts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from property_search import examples
from random_rules import random_base

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import ForwardChainingEngine, engine_of
from kam_expert.engines.portfolio.judging.column_cases import run_cases
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import Place
from kam_expert.facts.case import Case
from kam_expert.facts.case_reader import build_case
from kam_expert.knowledge.base import KnowledgeBase
from kam_expert.knowledge.conditions import operators
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.fact_terms import Value
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.yaml_reader import read_text
from tests.shipped import shipped_base, shipped_engine

BASE = shipped_base()


@pytest.mark.every_method
def test_random_accounts_with_missing_facts_are_judged_alike(
    base: KnowledgeBase, *, every: bool
) -> None:
    number = examples(30 if every else 8)
    cases = random_accounts(base, Random(20261101), number)

    # In two chunks, which make no difference either.
    assert differences(cases, base, engine_of(base), chunk=number * 5 // 6) == []


def test_a_computed_place_forgets_what_voids_the_stated_one() -> None:
    said: tuple[dict[str, str], ...] = ({"as_of": "2026-01-01"}, {}, {"as_of": "2026-10-01"})
    cases = {
        f"a{number}": {
            "kam": 1,
            "account": {"id": f"a{number}"},
            "facts": {
                "revenue_12m": number + 1,
                "special_demands_rank_pct": 90,
                **{
                    name: {"value": 40, "by": "p0", **said[number % 3]}
                    for name in ("revenue_rank_pct", "sales_share_pct")
                },
            },
            "people": [{"id": "p0", "is_main_contact": "yes"}],
            "events": [{"kind": "person_left", "day": "2026-06-01", "person": "p0"}],
        }
        for number in range(9)
    }

    assert differences(cases, BASE, PlainEngine()) == []


def test_each_side_states_a_day_to_come_for_itself(*, every: bool) -> None:
    known = operators.Test("not", (date(2027, 1, 15),))
    some = next(r for r in BASE.rules if r.kind == "account" and not r.about_knowledge)
    rules = [
        replace(
            some,
            name=f"reads_{side}",
            when=Leaf(Value(Ref("next_tender", side)), (known,)),
            unless=None,
            finding=finding,
            strength="establishes",
            thresholds=(),
            cases=(),
        )
        for side, finding in (
            ("ours", "they_warn_late"),
            ("theirs", "access_open"),
            ("bare", "not_buying"),
        )
    ]
    base = replace(BASE, rules=(*BASE.rules, *rules))
    days = ("2027-03-01", "2027-01-15", "none", None)
    event = {"id": "e0", "event_kind": "tender_opens", "event_day": "2027-02-10"}
    cases: dict[str, dict[str, Any]] = {}
    stated = [*itertools.product(days, days, ([], [event]))]
    for ours, theirs, events in stated if every else stated[::3]:
        name = f"a{len(cases)}"
        cases[name] = {
            "kam": 1,
            "account": {"id": name},
            "facts": {"next_tender": ours} if ours else {},
            "customer": {"next_tender": theirs} if theirs else {},
            "events": events,
        }

    assert differences(cases, base, PlainEngine()) == []


@pytest.mark.every_method
def test_every_rule_case_holds_on_columns(base: KnowledgeBase) -> None:
    runs = list(run_cases(base))

    assert len(runs) == sum(len(rule.cases) for rule in base.rules)
    assert [f"{run.rule.name}: {run.case.name}" for run in runs if not run.passed] == []


@pytest.mark.every_method
@settings(max_examples=examples(1), deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_random_rule_bases_mean_the_same_on_every_engine(
    base: KnowledgeBase, seed: int, *, every: bool
) -> None:
    random = Random(seed)
    rules = random_base(base, random)
    cases = random_accounts(rules, random, 12 if every else 6)

    assert differences(cases, rules, ForwardChainingEngine(rules), PlainEngine()) == []


def test_a_survivable_loss_is_a_contradiction_where_every_live_tie_leads_to_one(
    *, every: bool
) -> None:
    def account(survivable: str, tied: int, days: int = 5) -> dict[str, Any]:
        return {
            "kam": 1,
            "account": {"id": f"{survivable}-{tied}-{days}"},
            "facts": {"main_contact_loss_survivable": survivable},
            "people": [{"id": f"p{n}", "is_main_contact": "no" if n else "yes"} for n in range(3)],
            "team": [{"id": "m1"}],
            "links": [
                {"member": "m1", "person": f"p{n}", "link_last_two_way_days": days}
                for n in range(tied)
            ],
        }

    def read(case: dict[str, Any]) -> Case:
        return build_case(read_text(json.dumps(case), "case"), BASE, Place("case"))

    # Without any live tie they say nothing about what a loss would change.
    clear = [account("yes", 2), account("no", 1), account("doubtful", 1), account("yes", 1, 400)]
    accounts = [account("yes", 1), *clear]
    cases = {str(case["account"]["id"]): case for case in accounts}
    found = {
        name: [
            contradiction.name
            for contradiction in diagnose(read(case), BASE, DAY, shipped_engine()).contradictions
        ]
        for name, case in cases.items()
    }

    assert list(found.values()) == [["loss_survivable_yet_no_other_tie"], [], [], [], []]
    assert differences(cases, BASE, PlainEngine(), *([shipped_engine()] if every else [])) == []
