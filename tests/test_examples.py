"""Each example reads without error and tells the story that its head comment promises."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.facts.case_reader import read_case
from tests.shipped import shipped_base, shipped_engine

if TYPE_CHECKING:
    from kam_expert.results.diagnosis import Diagnosis

EXAMPLES = Path(__file__).parents[1] / "examples"
DAY = date(2026, 11, 23)

VERDICTS = {
    "almost_nothing_known": "undetermined",
    "barricaded_butterfly": "butterfly",
    "diamond_with_conductor": "partnership",
    "diamond_without_conductor": "transition",
    "doubled_channel": "transition",
    "friendly_single_thread": "transition",
    "large_and_unprofitable": "butterfly",
    "one_sided_partnership": "transition",
    "public_buyer": "butterfly",
    "two_sides_disagree": "butterfly",
}
FINDINGS = {
    "almost_nothing_known": {"profit_unknown": "established", "guarded_contacts": "likely"},
    "barricaded_butterfly": {
        "barricade": "established",
        "dmu_unmapped": "established",
        "single_thread": "established",
        "gatekeeper": "likely",
    },
    "diamond_with_conductor": {
        "coordinated": "established",
        "depth_shield": "likely",
        "team_skill_gap": "established",
    },
    "diamond_without_conductor": {
        "uncoordinated_contacts": "established",
        "access_open": "established",
        "main_contact_ego_risk": "established",
    },
    "doubled_channel": {
        "too_early_to_judge": "likely",
        "access_open": "established",
        "volume_lens": "established",
    },
    "friendly_single_thread": {
        "single_thread": "established",
        "cosy_risk": "established",
        "dependence_risk": "established",
    },
    "large_and_unprofitable": {
        "large_unprofitable": "established",
        "over_served": "established",
        "unequal": "established",
    },
    "one_sided_partnership": {
        "one_sided": "established",
        "coordinated": "established",
        "sponsors_unconfirmed": "likely",
    },
    "public_buyer": {
        "awards_by_rule": "established",
        "price_only": "established",
        "procurement_law": "established",
    },
    "two_sides_disagree": {
        "trust_barricade": "established",
        "price_only": "established",
        "perception_gap": "established",
    },
}
TOLD = [(name, found, status) for name, told in FINDINGS.items() for found, status in told.items()]
COMPUTED_FROM_LINKS = {
    "active_contacts_customer",
    "active_contacts_supplier",
    "cross_links",
    "top_pair_share_pct",
    "functions_reached",
}


@cache
def diagnosed(name: str) -> Diagnosis:
    case = read_case(EXAMPLES / f"{name}.yaml", shipped_base())
    return diagnose(case, shipped_base(), DAY, shipped_engine())


def test_every_example_has_its_story_told_here() -> None:
    files = {path.stem for path in EXAMPLES.glob("*.yaml")}

    assert files == set(VERDICTS) == set(FINDINGS)


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_an_example_reads_without_error(name: str) -> None:
    assert read_case(EXAMPLES / f"{name}.yaml", shipped_base()).account.id


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_an_example_says_what_it_shows_in_both_languages(name: str) -> None:
    english, ukrainian = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[:2]

    assert re.fullmatch(r"# [A-Z][^А-яІіЇїЄєҐґ]+\.", english)
    assert re.fullmatch(r"# [А-ЯІЇЄҐ][^A-Za-z]+\.", ukrainian)


@pytest.mark.parametrize(("name", "verdict"), sorted(VERDICTS.items()))
def test_an_example_is_in_the_stage_of_its_story(name: str, verdict: str) -> None:
    assert diagnosed(name).stage.verdict == verdict


@pytest.mark.parametrize(("name", "found", "status"), TOLD)
def test_an_example_shows_the_findings_of_its_story(name: str, found: str, status: str) -> None:
    finding = diagnosed(name).finding(found)

    assert finding is not None
    assert finding.status == status


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_an_example_states_no_total_that_its_links_give(name: str) -> None:
    case = read_case(EXAMPLES / f"{name}.yaml", shipped_base())

    assert not COMPUTED_FROM_LINKS & set(case.account.ours)


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_an_example_dates_its_answers_before_november(name: str) -> None:
    account = read_case(EXAMPLES / f"{name}.yaml", shipped_base()).account
    answers = [
        a for side in (account.ours, account.theirs) for given in side.values() for a in given
    ]
    days = [answer.as_of for answer in answers if answer.as_of]

    assert days
    assert all(date(2026, 1, 1) <= day < date(2026, 11, 1) for day in days)


@pytest.mark.parametrize("name", sorted(set(VERDICTS) - {"almost_nothing_known"}))
def test_a_full_example_answers_at_least_fifty_facts(name: str) -> None:
    account = read_case(EXAMPLES / f"{name}.yaml", shipped_base()).account

    assert len(set(account.ours) | set(account.theirs)) >= 50


def test_the_conducted_diamond_is_a_firm_partnership_without_a_veto() -> None:
    stage = diagnosed("diamond_with_conductor").stage

    assert stage.firm
    assert stage.reached["partnership"][0] >= 8
    assert all(veto.status == "absent" for veto in stage.vetoes)


def test_the_barricaded_butterfly_shows_at_least_seven_of_ten_features() -> None:
    stage = diagnosed("barricaded_butterfly").stage

    assert stage.firm
    assert stage.reached["butterfly"][0] >= 7


def test_a_barricade_holds_back_every_access_step_and_begins_with_trust() -> None:
    steps = diagnosed("barricaded_butterfly").next_steps
    access = [step for step in steps if step.kind == "access"]

    assert access
    assert all("barricade" in step.held_back_by for step in access)
    assert (steps[0].kind, steps[0].held_back_by) == ("trust", ())


def test_only_its_veto_keeps_the_one_sided_account_from_partnership() -> None:
    stage = diagnosed("one_sided_partnership").stage
    seen, needed = stage.reached["partnership"]

    assert seen >= needed
    assert [veto.finding for veto in stage.vetoes if veto.status != "absent"] == ["one_sided"]


def test_the_account_of_which_almost_nothing_is_known_leans_nowhere() -> None:
    diagnosis = diagnosed("almost_nothing_known")

    assert diagnosis.stage.leaning is None
    assert diagnosis.open_questions


def test_an_award_by_law_is_no_reproach_to_the_public_buyer() -> None:
    guarded = diagnosed("public_buyer").finding("guarded_contacts")

    assert guarded is not None
    assert guarded.severity == "info"


def test_the_two_sides_judge_our_word_and_more_than_ten_other_things_differently() -> None:
    gaps = {
        f.about.fact
        for f in diagnosed("two_sides_disagree").concluded()
        if f.id == "perception_gap"
    }

    assert "our_word" in gaps
    assert len(gaps) > 10


@pytest.mark.parametrize("name", sorted(set(VERDICTS) - {"two_sides_disagree"}))
def test_no_other_example_contradicts_itself(name: str) -> None:
    assert not diagnosed(name).contradictions


def test_the_side_that_says_trust_rises_is_contradicted_by_its_own_ratings() -> None:
    contradictions = diagnosed("two_sides_disagree").contradictions

    assert "trust_trend_unlike_the_ratings" in {found.name for found in contradictions}
