"""What to do with an account at all, and how it selects and orders the next steps."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from random_cases import built, random_case

from kam_expert.cli import kam
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.inquiry.compare import what_if
from kam_expert.engines.inquiry.counterfactual import strategy_path
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.writing.run import judge
from kam_expert.engines.privacy.editions import edition_of
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import KamError, RuleBaseError
from kam_expert.facts.case import StrategyNote
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.changes import Slot
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edit_data import edit_from_data, edit_to_data
from kam_expert.facts.edits import SetStrategy
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.portfolio_view import load_portfolio_view
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.outputs.html import render_report
from kam_expert.outputs.json_document import render_json
from kam_expert.outputs.text import render_text
from tests.shipped import EXAMPLES, shipped_base, shipped_engine, shipped_privacy

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.results.diagnosis import Diagnosis, StrategyResult

BASE = shipped_base()
DAY = date(2026, 11, 1)
ORDER = [strategy.id for strategy in BASE.strategies]
#: An account of which enough is known, and which no early strategy fits.
PLAIN: dict[str, Any] = {
    "account_status": "established", "account_attractiveness": "high", "tenure_months": 60,
    "power_balance": "balanced", "effort_balance": "balanced",
}  # fmt: skip


def account(**facts: Any) -> Case:
    return built({"kam": 1, "account": {"id": "a"}, "facts": {**PLAIN, **facts}}, BASE)


def judged(case: Case) -> Diagnosis:
    return diagnose(case, BASE, DAY, PlainEngine())


def strategy_of(case: Case) -> StrategyResult:
    found = judged(case).strategy
    assert found is not None
    return found


def example(name: str) -> Case:
    return read_case(EXAMPLES / f"{name}.yaml", BASE)


# Which strategy


@pytest.mark.parametrize(
    ("facts", "strategy"),
    [
        ({"account_status": "lost", "complaints_open": 2}, "out_of_scope"),
        (
            {
                "account_attractiveness": "low",
                "cost_to_serve_known": "measured",
                "net_profit_rank_pct": 5,
            },
            "leave",
        ),
        ({"power_balance": "they_dictate", "effort_balance": "only_us"}, "limit"),
        ({"award_rules": "public_law"}, "stay"),
        ({"award_rules": "own_policy", "tenure_months": 6}, "young"),
        ({"power_balance": "we_dictate"}, "level"),
        ({}, "find_out"),
    ],
)
def test_the_strategy_is_the_first_whose_condition_holds(
    facts: dict[str, Any], strategy: str
) -> None:
    assert strategy_of(account(**facts)).found.id == strategy


def test_later_strategies_that_fit_too_are_passed_over() -> None:
    found = strategy_of(account(power_balance="they_dictate", effort_balance="only_us"))

    assert found.found.id == "limit"
    assert "level" in found.passed_over
    assert "limit" not in found.passed_over


def test_an_unsettled_earlier_strategy_makes_it_provisional_and_is_possible() -> None:
    facts = {**PLAIN, "award_rules": "public_law"}
    del facts["account_status"]
    case = built({"kam": 1, "account": {"id": "a"}, "facts": facts}, BASE)

    found = strategy_of(case)

    assert found.found.id == "stay"
    assert (found.found.status, found.found.firm) == ("likely", False)
    assert found.could_be[0] == "out_of_scope"
    assert found.could_be[-1] == "stay"


def test_a_certain_strategy_rules_out_all_later_ones() -> None:
    found = strategy_of(account(account_status="prospect"))

    assert (found.could_be, found.found.firm) == (("out_of_scope",), True)


@pytest.mark.parametrize("seed", range(12))
def test_one_strategy_is_given_and_it_is_firm_just_when_no_other_is_possible(seed: int) -> None:
    case = built(random_case(BASE, Random(seed), rich=True), BASE)

    found = strategy_of(case)

    assert found.found.id in found.could_be
    assert found.found.firm is (len(found.could_be) == 1)
    assert list(found.could_be) == sorted(found.could_be, key=ORDER.index)
    assert all(ORDER.index(name) > ORDER.index(found.found.id) for name in found.passed_over)


def test_both_engines_for_one_account_agree() -> None:
    for name in ("large_and_unprofitable", "friendly_single_thread", "public_buyer"):
        case = example(name)

        assert diagnose(case, BASE, DAY, shipped_engine()) == judged(case)


def test_no_strategy_is_among_the_findings() -> None:
    found = judged(example("large_and_unprofitable"))

    assert not {f.id for f in found.findings} & BASE.strategy_findings


def test_a_question_names_the_strategies_that_read_its_fact_and_no_bare_condition() -> None:
    found = judged(example("almost_nothing_known"))

    could_change = {q.fact: set(q.could_change) for q in found.open_questions}
    assert could_change["account_attractiveness"] >= {"leave", "defend"}
    assert not BASE.strategy_conditions & set().union(*could_change.values())


# The next steps


def test_no_step_is_proposed_that_the_strategy_does_not_allow() -> None:
    for name in ("large_and_unprofitable", "public_buyer", "diamond_with_conductor"):
        diagnosis = judged(example(name))
        assert diagnosis.strategy is not None
        model = BASE.strategy(diagnosis.strategy.effective)
        assert model is not None

        purposes = {BASE.steps[step.id].purpose for step in diagnosis.next_steps}

        assert purposes <= model.allowed


def test_who_is_let_go_gets_terms_or_an_end_and_nothing_about_the_relationship() -> None:
    case = account(
        account_attractiveness="low", cost_to_serve_known="measured", net_profit_rank_pct=5
    )

    steps = {step.id for step in judged(case).next_steps}

    assert {"reprice_at_contract_date", "end_in_good_order"} <= steps
    assert "record_decision_to_stay" not in steps


def test_under_procurement_law_no_step_goes_outside_the_procedure() -> None:
    facts = {"access_to_others": "free", "main_contact_loss_survivable": "no"}
    free, bound = (
        {BASE.steps[s.id].purpose for s in judged(account(**facts, award_rules=rule)).next_steps}
        for rule in ("free", "public_law")
    )

    assert "tie" in free
    assert not bound & {"rules", "rival", "tie", "joint", "bind", "sponsor"}


def test_the_purposes_of_the_strategy_come_first_in_their_order() -> None:
    diagnosis = judged(example("large_and_unprofitable"))
    model = BASE.strategy("limit")
    assert model is not None

    purposes = [BASE.steps[step.id].purpose for step in diagnosis.next_steps]

    filled = [purpose for purpose in model.first if purpose in purposes]
    assert len(filled) > 1
    assert purposes[: len(filled)] == filled  # one step for each


def test_a_step_that_goes_with_another_one_comes_after_all_others() -> None:
    for name in ("barricaded_butterfly", "doubled_channel", "one_sided_partnership"):
        steps = judged(example(name)).next_steps

        free = [step for step in steps if not step.held_back_by]
        support = [BASE.steps[step.id].purpose == "support" for step in free]

        assert any(support)
        assert support == sorted(support)


# A strategy of one’s own


def chosen(case: Case, strategy: str) -> Case:
    note = StrategyNote(strategy, "so agreed in the review")
    return replace(case, notes=replace(case.notes, strategy=note))


def test_a_chosen_strategy_selects_the_steps_and_that_of_the_rules_is_kept() -> None:
    case = example("friendly_single_thread")

    found = judged(chosen(case, "leave"))

    assert found.strategy is not None
    assert (found.strategy.effective, found.strategy.found.id) == ("leave", "defend")
    steps = [step.id for step in found.next_steps]
    assert "end_in_good_order" in steps
    assert "add_backup_pair" not in steps
    assert "add_backup_pair" in [step.id for step in judged(case).next_steps]


def test_reports_say_that_a_strategy_was_chosen_and_what_the_rules_say() -> None:
    case = chosen(example("friendly_single_thread"), "leave")
    diagnosis = judged(case)

    text = render_text(diagnosis, case, BASE, "en")
    page = render_report(diagnosis, case, BASE, "en")

    for shown in (text, page):
        assert "New terms or part" in shown
        assert "so agreed in the review" in shown
        assert "Defend" in shown


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("defend", '"strategy:" needs a reason beside the id, such as {id: defend, reason: …}'),
        ({"id": "defend"}, '"strategy: defend" needs a reason'),
        ({"id": "defned", "reason": "x"}, 'unknown strategy "defned". Did you mean "defend"?'),
        ({"id": "defend", "raeson": "x"}, 'unknown key "raeson". Did you mean "reason"?'),
    ],
)
def test_a_faulty_strategy_of_a_case_is_named(given: Any, message: str) -> None:
    with pytest.raises(KamError) as caught:
        built({"kam": 1, "account": {"id": "a"}, "strategy": given}, BASE)

    assert message in str(caught.value)


def test_a_case_with_a_strategy_is_written_and_read_back(tmp_path: Path) -> None:
    case = chosen(example("doubled_channel"), "keep")
    path = tmp_path / "case.yaml"
    path.write_text(case_text(case), encoding="utf-8")

    assert read_case(path, BASE).notes == case.notes


def test_a_strategy_is_set_and_taken_back_by_edits() -> None:
    case = account()
    edit = SetStrategy("defend", "a rival came")

    made = apply_edit(case, edit_from_data(edit_to_data(edit), BASE), BASE)

    assert made.notes.strategy == StrategyNote("defend", "a rival came")
    assert apply_edit(made, SetStrategy(None), BASE) == case
    with pytest.raises(KamError, match="needs a reason"):
        apply_edit(case, SetStrategy("defend", " "), BASE)


def test_a_table_of_notes_sets_a_strategy_and_asks_for_a_reason(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "account,account_status\na,established\nb,established\nc,established\n", "utf-8"
    )
    (tmp_path / "notes.csv").write_text(
        "account,kind,key,value\na,strategy,defend,a rival\nb,strategy,defend,\n"
        "c,strategy,defned,x\n",
        "utf-8",
    )

    with open_source(tmp_path, BASE, DAY) as source:
        [(_, tables)] = list(judge(source, BASE, DAY))
        frames = dict(tables) if not isinstance(tables, dict) else tables
        reasons = sorted(str(fault["reason"]) for fault in source.rejected)

    rows = frames["accounts"].select("account", "strategy", "strategy_chosen").rows()
    assert rows == [("a", "find_out", "defend")]
    assert reasons == [
        "a strategy needs a reason", 'unknown strategy. Did you mean "defend"?',
    ]  # fmt: skip


# Outputs and inquiry


def test_json_has_the_strategy_of_the_rules_and_the_chosen_one() -> None:
    case = chosen(example("friendly_single_thread"), "keep")

    data = json.loads(render_json(judged(case), case, BASE))["strategy"]

    assert (data["id"], data["status"], data["firm"]) == ("defend", "likely", False)
    assert data["chosen"] == {"id": "keep", "reason": "so agreed in the review"}
    assert [reason["rule"] for reason in data["reasons"]] == ["defend"]
    assert data["could_be"] == ["limit", "repair", "stay", "level", "defend"]


def test_a_customer_reads_neither_the_strategy_nor_steps_of_one() -> None:
    case = chosen(example("large_and_unprofitable"), "leave")

    edition = edition_of(case, BASE, DAY, PlainEngine(), shipped_privacy(), Edition.CUSTOMER)
    shown = render_text(edition.diagnosis, edition.case, BASE, "en", edition)

    assert edition.diagnosis.strategy is None
    assert edition.case.notes.strategy is None
    assert not {"end_in_good_order", "reprice_at_contract_date", "limit_exposure"} & {
        step.id for step in edition.diagnosis.next_steps
    }
    assert not any(BASE.strategies[place].name.en in shown for place in (1, 2))
    assert "Strategy" not in shown


def test_what_if_names_the_change_of_strategy_and_its_cause() -> None:
    case = example("friendly_single_thread")
    slot = Slot("account", case.account.id, "account_attractiveness")

    change = what_if(Variants(case, BASE, DAY), {slot: "low"}).strategy

    assert change is not None
    assert (change.before, change.after) == ("defend", "stay")
    assert [part.fact for part in change.because] == ["account_attractiveness"]


def test_a_path_leads_to_a_strategy() -> None:
    case = example("friendly_single_thread")

    found = strategy_path(Variants(case, BASE, DAY), "develop")

    assert (found.verdict, found.target, found.proved) == ("defend", "develop", True)
    assert [[change.fact for change in way] for way in found.ways] == [
        ["main_contact_loss_survivable"]
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["why", "defend"], "dependence on one person"),
        (["why-not", "level"], "unequal say"),
        (["path", "--to", "develop"], "From Defend to Develop"),
    ],
)
def test_commands_answer_about_a_strategy_by_its_id(arguments: list[str], said: str) -> None:
    command, *rest = arguments
    path = str(EXAMPLES / "friendly_single_thread.yaml")

    result = CliRunner().invoke(
        kam, [command, path, *rest, "--date", DAY.isoformat(), "--lang", "en"]
    )

    assert result.exit_code == 0, result.output
    assert said in result.output


def test_a_portfolio_must_order_every_strategy_once(tmp_path: Path) -> None:
    (tmp_path / "portfolio.yaml").write_text(
        "facts: {attractiveness: account_attractiveness, competitor: competitor_presence,"
        " size: revenue_12m}\norder: [repair, repair, levle]\n",
        encoding="utf-8",
    )

    with pytest.raises(RuleBaseError) as caught:
        load_portfolio_view(tmp_path, BASE)

    said = [problem.message for problem in caught.value.problems]
    assert 'unknown strategy "levle". Did you mean "level"?' in said
    assert '"order" must name the strategy repair once' in said
    assert '"order" must name the strategy limit once' in said


@pytest.mark.parametrize("seed", range(25))
def test_fewer_than_eight_facts_name_no_stage(seed: int) -> None:
    random = Random(seed)
    case = random_case(BASE, random, rich=False)
    sides = [(side, fact) for side in ("facts", "customer") for fact in case.get(side, {})]
    kept = random.sample(sides, min(6, len(sides)))
    few = {
        "account": case["account"],
        **{
            side: {fact: case[side][fact] for of, fact in kept if of == side}
            for side in ("facts", "customer")
        },
    }
    # Without a fact about contacts no stage is named anyway.
    few["facts"]["access_to_others"] = "free"

    found = judged(built(few, BASE))

    assert found.stage.verdict == UNDETERMINED
    strategy = found.strategy
    assert strategy
    assert ORDER.index(strategy.found.id) <= ORDER.index("find_out")
