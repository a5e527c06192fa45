"""One account or many: every engine gives the same result, down to steps and open questions."""

from random import Random

from agreement import differences, random_accounts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from property_search import examples
from random_rules import random_base

from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.engines.portfolio.judging.column_cases import run_cases
from kam_expert.engines.settling import PlainEngine
from tests.shipped import shipped_base, shipped_engine

BASE = shipped_base()


def test_random_accounts_with_missing_facts_are_judged_alike() -> None:
    cases = random_accounts(BASE, Random(20261101), 150)

    assert differences(cases, BASE, shipped_engine()) == []


def test_chunks_make_no_difference() -> None:
    cases = random_accounts(BASE, Random(7), 12)

    assert differences(cases, BASE, PlainEngine(), chunk=7) == []


def test_every_rule_case_holds_on_columns() -> None:
    runs = list(run_cases(BASE))

    assert len(runs) == sum(len(rule.cases) for rule in BASE.rules)
    assert [f"{run.rule.name}: {run.case.name}" for run in runs if not run.passed] == []


@settings(max_examples=examples(5), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_random_rule_bases_mean_the_same_on_every_engine(seed: int) -> None:
    random = Random(seed)
    base = random_base(BASE, random)
    cases = random_accounts(base, random, 12)

    assert differences(cases, base, ForwardChainingEngine(base), PlainEngine()) == []
