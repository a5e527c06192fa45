"""The shipped rule base: every rule's cases on both engines, and the checks of the whole base.

With --all the cases of every rule by forward chaining too, else of each fifth one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from random_cases import built

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.rule_cases import CASE_DATE, CaseRun, missing_cases, run_cases
from kam_expert.engines.settling import PlainEngine
from kam_expert.knowledge.integrity import sweep
from kam_expert.knowledge.rule import DERIVED
from tests.shipped import shipped_base, shipped_engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.engines.settling import Engine
    from kam_expert.knowledge.documents import Text

BASE = shipped_base()
DATA = Path(__file__).parent / "data"
STATUSES = ("established", "likely", "possible")


WRITTEN = [rule.name for rule in BASE.rules if rule.status != DERIVED]


@pytest.mark.parametrize("engine", ["plain", "experta"])
def test_every_case_of_each_rule_comes_out_as_it_says(engine: str, *, every: bool) -> None:
    named: Engine = PlainEngine() if engine == "plain" else shipped_engine()
    rules = WRITTEN if every or engine == "plain" else WRITTEN[::5]
    runs = list(run_cases(BASE, {engine: named}, frozenset(rules)))

    assert {run.rule.name for run in runs if isinstance(run, CaseRun)} >= {*rules}
    assert [run for run in runs if not (isinstance(run, CaseRun) and run.passed)] == []


def test_a_reviewed_rule_has_cases_on_both_sides_of_each_border() -> None:
    assert [missing for rule in BASE.rules for missing in missing_cases(rule, BASE)] == []


def test_the_rule_base_as_a_whole_has_no_problems() -> None:
    assert [str(problem) for problem in sweep(BASE)] == []


def test_a_rule_that_establishes_by_a_fact_that_grows_stale_is_reported() -> None:
    fresh = [name for name, fact in BASE.facts.items() if fact.doc.fresh_days]
    rule, fact = next((r, name) for r in BASE.rules for name in fresh if r.reads(name))
    rules = [replace(r, strength="establishes") if r is rule else r for r in BASE.rules]

    problems = [str(problem) for problem in sweep(replace(BASE, rules=tuple(rules)))]

    message = f"{rule.file}: establishes, yet {fact} grows stale (fresh_days); write suggests"
    assert message in problems


def test_every_published_name_is_there() -> None:
    """Case files, rules of others and documents read by machines use these names."""
    published = yaml.safe_load((DATA / "published_names.yaml").read_text(encoding="utf-8"))
    kinds = {name: statement.kind for name, statement in BASE.statements.statements.items()}

    assert set(published["facts"]) - set(BASE.facts) == set()
    assert set(published["findings"]) - set(BASE.findings) == set()
    assert set(published["steps"]) - set(BASE.steps) == set()
    assert {name: kinds.get(name) for name in published["statements"]} == published["statements"]


def texts() -> dict[str, Text]:
    """Return every text of the rule base by its place."""
    found: dict[str, Text] = {}
    for name, doc in BASE.findings.items():
        found[f"{name}.name"], found[f"{name}.means"] = doc.name, doc.means
        for status in STATUSES:
            found[f"{name}.{status}"] = getattr(doc.headline, status)
    for name, step in BASE.steps.items():
        for part in ("name", "who", "do", "success"):
            found[f"{name}.{part}"] = getattr(step, part)
    for name, kind in BASE.step_book.kinds.items():
        found[f"{name}.kind"] = kind.name
    for name, title in BASE.themes.items():
        found[f"{name}.theme"] = title
    for rule in BASE.rules:
        found[f"{rule.name}.explains"] = rule.explains
    for name, fact in BASE.facts.items():
        found[f"{name}.ask"], found[f"{name}.help"] = fact.doc.ask, fact.doc.help
    return found


TEXTS = texts()
CYRILLIC = "[А-Яа-яІіЇїЄєҐґ]"


def naming(pattern: str, lang: str) -> list[str]:
    """Return the texts in which *pattern* is found, with their places."""
    found = re.compile(pattern, re.IGNORECASE)
    said = {name: text.get(lang) for name, text in TEXTS.items()}
    return [f"{name}: {text}" for name, text in said.items() if found.search(text)]


def test_every_text_is_in_its_language() -> None:
    for name, text in TEXTS.items():
        uk, en = re.sub(r"\{[^}]*\}", "", text.uk), text.en
        assert re.search(CYRILLIC, uk), name
        assert not re.search(f"{CYRILLIC}[A-Za-z]|[A-Za-z]{CYRILLIC}", uk), f"{name}: {uk}"
        assert not re.search(CYRILLIC, en), f"{name}: {en}"
    assert naming("[ыэъё]", "uk") == []


def test_no_text_names_anyone_an_enemy() -> None:
    assert naming(r"ворог|против[но]ик|блокувальник|супротивник", "uk") == []
    assert naming(r"\b(enemy|enemies|blocker|opponent|adversary)\b", "en") == []


def test_no_advice_needs_somebody_not_to_know() -> None:
    assert naming(r"таємно|потай|нишком|за спиною|щоб .{0,30} не (знав|дізнав)", "uk") == []
    assert naming(r"secretly|behind .{0,20} back|without .{0,25} knowing|deniab", "en") == []


def test_the_three_headlines_of_a_finding_differ_and_the_weak_ones_are_hedged() -> None:
    hedges = (
        r"likely|may|might|perhaps|possib|probabl|points? to|seems?|appears?|suggest|could|signs?"
        r"|reason to|indicat|as far as we (know|see)"
    )
    for name, doc in BASE.findings.items():
        if name in BASE.strategy_findings:
            continue  # a strategy has one name, and its status is given next to it
        said = [getattr(doc.headline, status) for status in STATUSES]
        for lang in ("uk", "en"):
            assert len({text.get(lang) for text in said}) == len(STATUSES), name
        for weak in said[1:]:
            assert re.search(hedges, weak.en, re.IGNORECASE), f"{name}: {weak.en}"


def test_steps_of_access_wait_while_the_barricade_stands() -> None:
    assert "barricade" in BASE.step_book.kinds["access"].held_back_by


def proposed(facts: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Return the steps proposed on an account, each with what holds it back."""
    case = built({"kam": 1, "account": {"id": "a"}, **facts}, BASE)
    steps = diagnose(case, BASE, CASE_DATE, PlainEngine()).next_steps
    return {step.id: step.held_back_by for step in steps}


def test_persuasion_waits_while_nobody_has_named_a_decision() -> None:
    people = [{"id": "p1", "open_to_us": 4, "dynamism": 3}]
    known = {"id": "d1", "dmu_size_estimate": 1, "decision_path": "partly_known"}

    unnamed = proposed({"people": people})
    named = proposed({"people": [{**people[0], "dmu_reason": ["involved"]}], "decisions": [known]})

    assert unnamed["equip_champion"] == ("dmu_unmapped",)
    assert named["equip_champion"] == ()


@pytest.mark.parametrize(
    ("open_to_us", "dynamism", "asked"),
    [(2, 2, {"bring_next_level"}), (3, 1, set()), (1, 2, set())],
)
def test_only_one_who_might_speak_for_us_is_asked_to_bring_the_next_level(
    open_to_us: int, dynamism: int, asked: set[str]
) -> None:
    person = {
        "id": "p1", "dmu_reason": ["involved"], "authority": "advises",
        "open_to_us": open_to_us, "dynamism": dynamism,
    }  # fmt: skip

    assert {"bring_next_level"} & {*proposed({"people": [person]})} == asked


@pytest.mark.parametrize(
    "facts", [{"account_attractiveness": "low"}, {"account_status": "prospect"}]
)
def test_no_plan_towards_partnership_is_made_where_none_is_wanted(facts: dict[str, str]) -> None:
    young = {"tenure_months": 18}

    assert "plan_over_years" in proposed({"facts": young})
    assert "plan_over_years" not in proposed({"facts": young | facts})


def test_advice_to_gather_allies_tells_the_main_contact_first() -> None:
    for step in BASE.steps.values():
        gathers = {"no_ally", "contacts_missing", "single_thread", "access_open"} & {*step.answers}
        if gathers and step.kind == "access":
            assert {"main_contact_first", "main_contact_keeps_lead"} & set(step.cautions)


def test_the_title_of_the_main_contact_is_no_evidence_for_a_stage() -> None:
    features = set(BASE.stage_model.findings_read)
    for rule in BASE.rules:
        if rule.finding in features:
            assert not rule.reads("main_contact_title"), rule.name


# Steps under conditions ------------------------------------------------------------------------


BYPASSED = {
    "id": "p1", "is_main_contact": "yes", "dmu_reason": ["involved"],
    "friction_event": ["bypassed"],
}  # fmt: skip
MAPPED = {"id": "d1", "dmu_size_estimate": 4, "decision_path": "nobody_knows"}


def test_what_needs_the_main_contact_waits_for_the_apology_and_the_rest_does_not() -> None:
    facts = {"needs_basis": "assumed_by_us", "contact_register": "none"}

    steps = proposed({"facts": facts, "people": [BYPASSED], "decisions": [MAPPED]})

    assert steps["settle_with_main_contact"] == ()
    assert "main_contact_ego_risk" in steps["talk_beyond_purchasing"]
    assert "main_contact_ego_risk" in steps["trace_last_decisions"]
    assert (steps["map_decision_unit"], steps["share_contacts_in_team"]) == ((), ())


def test_two_steps_that_are_one_move_part_where_one_of_them_waits() -> None:
    calm = {**BYPASSED, "friction_event": []}

    def shown(person: Mapping[str, object]) -> dict[str, list[str]]:
        facts = {"kam": 1, "account": {"id": "a"}, "people": [person], "decisions": [MAPPED]}
        plan = diagnose(built(facts, BASE), BASE, CASE_DATE, PlainEngine()).plan
        listed = [found.steps for found in plan.moves]
        listed += [found.steps for found in (*plan.later, *plan.waits)]
        return {steps[0]: list(steps[1:]) for steps in listed}

    together, apart = shown(calm), shown(BYPASSED)

    assert together["trace_last_decisions"] == ["map_decision_unit"]
    assert "map_decision_unit" not in together
    assert apart["trace_last_decisions"] == apart["map_decision_unit"] == []


def test_an_adviser_is_asked_for_the_next_level_only_where_nobody_who_decides_is_in_contact() -> (
    None
):
    adviser = {"id": "p1", "dmu_reason": ["involved"], "authority": "advises", "open_to_us": 2}
    decider = {"id": "p2", "authority": "decides_alone", "last_two_way_days": 20}
    known = {**MAPPED, "decision_path": "partly_known"}

    silent = {"people": [adviser, {**decider, "last_two_way_days": 120}], "decisions": [known]}
    reached = {"people": [adviser, decider], "decisions": [known]}
    no_say = {"people": [{**adviser, "dmu_reason": ["none"]}], "decisions": [known]}

    assert "bring_next_level" in proposed(silent)
    assert "bring_next_level" not in proposed(reached)
    assert "bring_next_level" not in proposed(no_say)


def test_an_offence_to_somebody_else_holds_back_steps_about_that_person_only() -> None:
    hurt = {"id": "p2", "is_main_contact": "no", "friction_event": ["bypassed"], "open_to_us": 3}
    other = {"id": "p3", "is_main_contact": "no", "friction_event": [], "open_to_us": 3}

    case = built({"kam": 1, "account": {"id": "a"}, "people": [hurt, other]}, BASE)
    steps = diagnose(case, BASE, CASE_DATE, PlainEngine()).next_steps
    held = {step.about.id: step.held_back_by for step in steps if step.id == "ask_for_advice"}

    assert held == {"p2": ("ego_risk",), "p3": ()}


def test_nothing_that_procurement_law_forbids_is_proposed() -> None:
    facts = {
        "needs_basis": "told_by_buyer",
        "access_to_others": "free",
        "offer_basis": "current_catalogue",
    }
    barred = {name for name, step in BASE.steps.items() if step.under["public_law"] == "no"}

    free = proposed({"facts": facts | {"award_rules": "free"}})
    bound = proposed({"facts": facts | {"award_rules": "public_law"}})

    assert barred & {*free}
    assert not barred & {*bound}
    assert "prepare_next_tender" in bound


def test_off_the_key_list_the_decision_comes_first_and_the_others_wait_for_it() -> None:
    facts = {"joint_value_goal": "none", "agreed_measures": 0, "access_to_others": "free"}

    steps = proposed({"facts": facts | {"on_key_list": "no"}})

    assert next(iter(steps)) == "confirm_key_status"
    assert {"agree_measures", "use_open_access"} <= {*steps}
    free = {"confirm_key_status", "ask_open_questions"}  # to ask needs no decision
    assert {held for name, held in steps.items() if name not in free} == {("not_on_key_list",)}


def test_a_trial_that_the_customer_asks_for_is_passed_in_place_of_outside_proof() -> None:
    asked = {"proof_requested": ["trial", "technical_data"], "account_status": "new_under_12m"}

    assert "pass_trial" in proposed({"facts": asked})
    assert "bring_outside_proof" not in proposed({"facts": asked})
    assert "bring_outside_proof" in proposed(
        {"facts": asked | {"proof_requested": ["references", "technical_data"]}}
    )


def test_every_open_complaint_leads_to_a_step() -> None:
    satisfied = {"complaint_recovered": "yes", "satisfaction_rating": 5}

    assert (
        proposed({"facts": {"complaints_open": 1}, "customer": satisfied})["clear_failures"] == ()
    )
    assert "clear_failures" not in proposed(
        {"facts": {"complaints_open": 0}, "customer": satisfied}
    )


def test_what_is_due_in_half_a_year_says_whether_it_is_for_a_young_account() -> None:
    for name, step in BASE.steps.items():
        assert step.within_days < 180 or "young" in step.under, name


def test_a_step_that_says_nothing_of_the_award_rules_is_a_problem() -> None:
    silent = BASE.steps["hear_complaint"].model_copy(update={"under": {}})
    book = BASE.step_book.model_copy(update={"steps": {**BASE.steps, "hear_complaint": silent}})

    problems = [str(problem) for problem in sweep(replace(BASE, step_book=book))]

    assert any("hear_complaint does not say" in problem for problem in problems)


def test_our_question_to_the_customer_speaks_of_us_and_you() -> None:
    docs = {name: fact.doc for name, fact in BASE.facts.items() if fact.doc.asked_of != "us"}
    of_us = {name for name, doc in docs.items() if doc.ask_by_us is not None}
    third, first = r"\b(the|this) (supplier|customer)", r"\b(we|us|ours?)\b"
    first_uk = r"\b(ми|нас|нам|нами|наш\w*)\b"

    assert {n for n, doc in docs.items() if re.search(third, doc.question_by_us.en)} == set()
    assert {n for n in of_us if not re.search(first, docs[n].question_by_us.en)} == set()
    assert {n for n in of_us if not re.search(first_uk, docs[n].question_by_us.uk.lower())} == set()
