"""A better answer never makes the stage worse, and raises no obstacle without a reason.

With --all on further examples.
"""

from __future__ import annotations

import copy
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
from kam_expert.facts.changes import Slot
from kam_expert.knowledge.integrity import sweep
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.yaml_reader import Map, Seq, read_file
from kam_expert.outputs.stage_words import other_stages
from kam_expert.outputs.wording import Words
from kam_expert.resources import methods_folder, rules_folder
from kam_expert.results.diagnosis import Hinge
from kam_expert.workshop.improvements import Improvements, Worsening, explained_by
from kam_expert.workshop.tried_accounts import TriedAccount, tried_accounts
from tests.sampling import few_of
from tests.shipped import EXAMPLES, NAMES, example, shipped_base
from tests.test_properties import DAY

if TYPE_CHECKING:
    from pathlib import Path

BASE = shipped_base()
FRESH = 5
QUALITY = methods_folder() / "relationship_quality"


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


def rank(settlement: Settlement) -> int | None:
    """Return the place of the stage; None while it is undetermined."""
    names = BASE.stage_model.names
    return names.index(settlement.verdict) if settlement.verdict in names else None


def assert_no_better_answer_is_worse(case: dict[str, Any]) -> None:
    account = TriedAccount("a", built(case, BASE), DAY)
    worse = Improvements(BASE).worsenings([account])

    assert [str(w) for w in worse if explained_by(w, BASE) is None] == []


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


@pytest.mark.parametrize("name", few_of(NAMES, 4))
def test_a_better_answer_never_makes_the_stage_of_an_example_worse(name: str) -> None:
    assert_no_better_answer_is_worse(as_data(name))


@pytest.mark.parametrize(
    ("rules", "examples_in", "number"),
    [
        pytest.param(rules_folder(), EXAMPLES, 300, marks=pytest.mark.long),
        (QUALITY, QUALITY / "examples", 60),
    ],
    ids=["built in", "second method"],
)
def test_what_a_better_answer_makes_worse_is_explained_and_every_reason_is_needed(
    rules: Path, examples_in: Path, number: int
) -> None:
    base = load_knowledge_base(rules)
    accounts = [
        *tried_accounts([examples_in], rules, base, DAY),
        *tried_accounts([], rules, base, DAY),
        *(
            TriedAccount(f"random {n}", built(random_case(base, Random(n)), base), DAY)
            for n in range(number)
        ),
    ]
    improvements = Improvements(base)
    worse = list(improvements.worsenings(accounts))

    assert improvements.tried > 400
    assert [str(w) for w in worse if explained_by(w, base) is None] == []
    needed = {(w.what, explained_by(w, base)) for w in worse}
    given = {(n, key) for n, doc in base.findings.items() for key in doc.raised_by_better}
    assert given == needed


def test_every_answer_in_order_that_a_rule_reads_says_which_way_is_better() -> None:
    for base in (BASE, load_knowledge_base(QUALITY)):
        silent = {
            name
            for name, fact in base.facts.items()
            if fact.doc.type in ("ordered", "integer", "number", "yes_no")
            and fact.doc.context is None
            and fact.doc.better is None
        }
        assert silent == set()


def test_a_wrong_direction_is_found(rules_copy: Path) -> None:
    facts = rules_copy / "facts.yaml"
    text = facts.read_text(encoding="utf-8")
    text = text.replace("better: [no, yes]", "better: [no, yse]")
    facts.write_text(text.replace("better: [nobody, account_manager]", "better: up"), "utf-8")

    assert sorted(str(p) for p in sweep(load_knowledge_base(rules_copy)) if "better" in str(p)) == [
        "rules/facts.yaml: flow_owner: better: list its values from worse to better",
        'rules/facts.yaml: incident_report_sent: better: unknown value "yse". Did you mean "yes"?',
    ]


def test_a_rule_that_turns_the_wrong_way_is_found_and_named(rules_copy: Path) -> None:
    rule = rules_copy / "butterfly" / "customer_rates_trust_low.yaml"
    text = rule.read_text(encoding="utf-8")
    assert text.count("at_most: $low") == 1
    rule.write_text(text.replace("at_most: $low", "at_least: $low"), encoding="utf-8")
    base = load_knowledge_base(rules_copy)
    case = {"kam": 1, "account": {"id": "a"}, "customer": {"trust_other": 1}}
    account = TriedAccount("a", built(case, base), DAY)

    [found] = [w for w in Improvements(base).worsenings([account]) if w.what == "trust_barricade"]

    assert str(found) == (
        "a: theirs.trust_other: 1 -> 2 makes trust_barricade established, not open"
    )
    assert explained_by(found, base) is None


def test_a_reason_for_any_answer_does_not_speak_for_what_a_rule_of_the_finding_reads() -> None:
    def key(fact: str) -> str | None:
        slot = Slot("account", "a", fact)
        change = ("absent", "likely")
        return explained_by(Worsening("a", slot, 1, 2, "sponsors_unconfirmed", change), BASE)

    assert (key("trust_self"), key("exec_sponsor_ours")) == ("any", None)


@pytest.mark.parametrize("status", [*BASE.facts["account_status"].words(), None])
@pytest.mark.parametrize("name", few_of(NAMES, 1))
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
@pytest.mark.parametrize("name", few_of(NAMES, 4))
def test_what_more_answers_could_lead_to_is_never_too_little_known(name: str, lang: str) -> None:
    base, case = BASE, example(name)
    found = diagnose(case, base, DAY, PlainEngine()).stage
    said = other_stages(found, Words(base, case, lang, DAY))
    nothing = base.stage_model.undetermined_title.get(lang)

    assert nothing not in said
    assert bool(said) is bool(set(found.could_be) - {found.verdict})
