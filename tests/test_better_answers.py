"""A better answer never makes the stage worse: from loose to close, with the shipped rule base."""

from __future__ import annotations

import copy
import json
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from property_search import examples
from random_cases import a_value, built, random_case

from kam_expert.engines.assemble import assemble, diagnose
from kam_expert.engines.settling import PlainEngine, Settlement, settle_case
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.yaml_reader import Map, Seq, read_file
from kam_expert.outputs.stage_words import other_stages
from kam_expert.outputs.wording import Words
from kam_expert.resources import rules_folder
from kam_expert.results.diagnosis import Hinge
from tests.sampling import few_of
from tests.shipped import EXAMPLES, NAMES, example, shipped_base
from tests.test_properties import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = shipped_base()
#: Answers from worse to better, of either side.
WORDS = {
    "access_to_others": (
        "blocked", "only_through_buyer", "buyer_present", "free_with_notice", "free",
    ),
    "needs_basis": ("assumed_by_us", "told_by_buyer", "validated_with_users"),
    "offer_basis": ("current_catalogue", "adapted", "co_developed"),
    "presentation_focus": ("our_capacity", "our_products", "their_problem", "joint_plan"),
    "trust_trend": ("falling", "flat", "rising"),
    "bad_news_shared": ("hidden", "late", "on_time", "early"),
    "joint_value_goal": ("none", "talked_about", "written", "measured"),
    "informal_contact": ("none", "rare", "monthly", "weekly"),
    "vendor_rating": ("none", "informal", "formal_one_sided", "formal_shared"),
    "main_contact_stance": ("challenges_us", "neutral", "develops_us"),
    "effort_balance": ("only_us", "mostly_us", "balanced"),
    "power_balance": ("they_dictate", "they_lead", "balanced"),
    "notes_go_to": ("nobody", "our_side", "both_sides"),
    "flow_owner": ("nobody", "account_manager"),
    "price_formula": ("spot", "annual_negotiation", "multi_year_formula"),
    "decision_rules_shared": ("no", "yes"),
}  # fmt: skip
#: Numbers of which more, or less, is better.
MORE = (
    "introductions_granted_12m", "pct_about_customer", "trust_other", "notes_written_pct",
    "agreed_measures", "supplier_development_12m", "commitments_ours_kept_pct",
    "commitments_theirs_kept_pct",
)  # fmt: skip
LESS = (
    "price_moves_24m",
    "contradictory_messages_12m",
    "rival_quotes_last_award",
    "price_weight_pct",
)
FRESH = 5


def near_an_example(seed: int) -> dict[str, Any]:
    """Return an example with some answers replaced, some left out and some ties dead."""
    random = Random(seed)
    case = copy.deepcopy(as_data(random.choice(NAMES)))
    share = random.choice((0.05, 0.15, 0.3))
    for block in ("facts", "customer"):
        for name in list(case.get(block, {})):
            if random.random() < share:
                case[block][name] = a_value(BASE.facts[name], random)
            elif random.random() < share / 2:
                del case[block][name]
    dead = random.random()
    for link in case.get("links", ()):
        if random.random() < dead:
            link["link_last_two_way_days"] = 400
    return case


@cache
def as_data(name: str) -> dict[str, Any]:
    """Return an example as plain data; a yes is a word."""

    def plain(node: Any) -> Any:
        if isinstance(node, Map):
            return {key: plain(node[key]) for key in node}
        return [plain(item) for item in node] if isinstance(node, Seq) else node

    data: dict[str, Any] = plain(read_file(EXAMPLES / f"{name}.yaml"))
    return data


def improved(case: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the case with each answer one step better, and with each tie alive."""
    for block in ("facts", "customer"):
        for name, answer in case.get(block, {}).items():
            for value in better(name, answer):
                more = copy.deepcopy(case)
                more[block][name] = value
                yield f"{block}.{name}: {json.dumps(answer)} -> {json.dumps(value)}", more
    for place, link in enumerate(case.get("links", ())):
        more = copy.deepcopy(case)
        more["links"][place]["link_last_two_way_days"] = FRESH
        yield f"a tie alive: {link}", more


def better(name: str, answer: Any) -> Iterator[Any]:
    """Yield the answer with its newest value one step better."""
    if isinstance(answer, list):
        dated = all(isinstance(item, dict) for item in answer) and answer
        if dated:
            newest = max(range(len(answer)), key=lambda place: str(answer[place].get("as_of")))
            for value in better(name, answer[newest]):
                yield [*answer[:newest], value, *answer[newest + 1 :]]
        return
    if isinstance(answer, dict):
        if "value" in answer:
            for value in better(name, answer["value"]):
                yield {**answer, "value": value}
        return
    words = WORDS.get(name, ())
    if answer in words[:-1]:
        yield words[words.index(answer) + 1]
    if not isinstance(answer, int):
        return
    limits = BASE.facts[name].doc.range
    if name in MORE and (limits is None or limits.max is None or answer < limits.max):
        yield answer + 1
    if name in LESS and answer > 0:
        yield answer - 1


def rank(settlement: Settlement) -> int | None:
    """Return the place of the stage; None while it is undetermined."""
    names = BASE.stage_model.names
    return names.index(settlement.verdict) if settlement.verdict in names else None


def assert_no_better_answer_is_worse(case: dict[str, Any]) -> None:
    before = rank(settled(case))
    if not before:  # no stage, or the loosest one
        return
    for change, more in improved(case):
        after = rank(settled(more))
        assert after is None or after >= before, change


def settled(case: dict[str, Any]) -> Settlement:
    return settle_case(built(case, BASE), BASE, DAY, PlainEngine())


@settings(max_examples=examples(10), suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_a_better_answer_never_makes_the_stage_of_a_random_account_worse(seed: int) -> None:
    assert_no_better_answer_is_worse(random_case(BASE, Random(seed)))


@settings(max_examples=examples(10), suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_a_better_answer_never_makes_the_stage_near_an_example_worse(seed: int) -> None:
    assert_no_better_answer_is_worse(near_an_example(seed))


@pytest.mark.parametrize("name", NAMES)
def test_a_better_answer_never_makes_the_stage_of_an_example_worse(name: str) -> None:
    assert_no_better_answer_is_worse(as_data(name))


@pytest.mark.parametrize("status", [*BASE.facts["account_status"].words(), None])
@pytest.mark.parametrize("name", few_of(NAMES, 3))
def test_nobody_in_contact_is_never_better_than_one_pair(name: str, status: str | None) -> None:
    nobody = copy.deepcopy(as_data(name))
    nobody["facts"].pop("account_status", None)
    if status is not None:
        nobody["facts"]["account_status"] = status
    for link in nobody.get("links", ()):
        link["link_last_two_way_days"] = 400
    before = rank(settled(nobody)) or 0

    for place in range(len(nobody.get("links", ()))):
        one_pair = copy.deepcopy(nobody)
        one_pair["links"][place]["link_last_two_way_days"] = FRESH
        assert (rank(settled(one_pair)) or 0) >= before


@pytest.mark.parametrize("status", BASE.facts["account_status"].words())
def test_nobody_in_contact_is_no_partnership(status: str) -> None:
    case = copy.deepcopy(as_data("diamond_with_conductor"))
    assert settled(case).verdict == "partnership"
    case["facts"]["account_status"] = status
    for link in case["links"]:
        link["link_last_two_way_days"] = 400

    assert settled(case).verdict == "transition"


def cored(**core: Any) -> Settlement:
    """Return an account with enough features of partnership, none of its core unless given.

    A fact given as None is unknown.
    """
    facts = {
        "account_status": "established", "active_contacts_customer": 4,
        "active_contacts_supplier": 3, "cross_links": 5, "top_pair_share_pct": 30,
        "access_to_others": "free", "flow_owner": "account_manager",
        "contradictory_messages_12m": 0, "notes_written_pct": 80, "notes_go_to": "both_sides",
        "informal_contact": "weekly", "vendor_rating": "formal_shared", "agreed_measures": 3,
        "review_cadence_months": 3, "price_formula": "multi_year_formula", "price_moves_24m": 0,
        "effort_balance": "balanced", "power_balance": "balanced", "share_of_wallet_pct": 40,
        "main_contact_stance": "neutral", "joint_value_goal": "none", "info_given": ["problems"],
        "info_received": ["problems"], "supplier_development_12m": 0,
    }  # fmt: skip
    customer = {"trust_trend": "rising", "trust_other": 4, "info_given": [], "info_received": []}
    account = {"id": "a", "name": "А"}
    known = {name: value for name, value in {**facts, **core}.items() if value is not None}
    return settled({"kam": 1, "account": account, "facts": known, "customer": customer})


def test_good_contact_without_joint_value_is_no_partnership() -> None:
    found, last = cored(), BASE.stage_model.stages[-1]
    seen = [name for name in last.features if found.findings[name, "account", "a"].working]

    assert (len(seen) >= last.needed, found.verdict) == (True, "transition")
    assert cored(joint_value_goal="talked_about").verdict == "transition"
    assert cored(joint_value_goal="written").verdict == "partnership"


def test_a_stage_says_on_which_limit_of_ours_it_hangs(tmp_path: Path) -> None:
    help_from_them = {
        "joint_value_goal": None,
        "main_contact_stance": "develops_us", "supplier_development_12m": 1,
    }  # fmt: skip
    found = assemble(cored(**help_from_them), BASE).stage
    limit = "main_contact_develops_us.once"
    (moved := tmp_path / "limits.yaml").write_text(f"thresholds: {{{limit}: 2}}", "utf-8")
    other = load_knowledge_base(rules_folder(), moved)
    case = cored(**help_from_them).readings.case

    assert (found.verdict, found.margin) == ("partnership", 0)
    assert found.hangs_on == (Hinge("supplier_development", "transition", (limit,)),)
    assert settle_case(case, other, DAY, PlainEngine()).verdict == "transition"


def test_a_stage_with_help_to_spare_hangs_on_no_limit() -> None:
    more = cored(main_contact_stance="develops_us", supplier_development_12m=4)

    assert [hinge.thresholds for hinge in assemble(more, BASE).stage.hangs_on] == [()]


def test_a_reached_stage_without_its_core_says_what_it_lacks() -> None:
    found = assemble(cored(), BASE).stage

    assert found.lacks_core == BASE.stage_model.stages[-1].core
    assert assemble(cored(joint_value_goal="written"), BASE).stage.lacks_core == ()


@pytest.mark.parametrize("lang", ["uk", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_what_more_answers_could_lead_to_is_never_too_little_known(name: str, lang: str) -> None:
    base, case = BASE, example(name)
    found = diagnose(case, base, DAY, PlainEngine()).stage
    said = other_stages(found, Words(base, case, lang, DAY))
    nothing = base.stage_model.undetermined_title.get(lang)

    assert nothing not in said
    assert bool(said) is bool(set(found.could_be) - {found.verdict})
