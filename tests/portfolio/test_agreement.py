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
        for number in range(24)
    }

    assert differences(cases, BASE, PlainEngine()) == []


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
