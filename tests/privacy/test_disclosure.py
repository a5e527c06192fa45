"""An edition depends on nothing that its reader may not see."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from edition_pairs import random_pair
from property_search import examples
from random_cases import built

from kam_expert.engines.privacy.disclosure import check_disclosure
from kam_expert.errors import KamError
from kam_expert.facts.case import StrategyNote
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.redacted import Redaction
from kam_expert.knowledge.audience import Edition
from kam_expert.resources import rules_folder
from tests.privacy.canaries import files
from tests.privacy.editions import report
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.facts.case import Answer, Case
    from kam_expert.knowledge.base import KnowledgeBase

OTHERS = (Edition.CLIENT, Edition.CUSTOMER)
FORMS = ("html", "json", "text")
#: What nobody at the customer may learn, each as another supplier would have it.
OURS: tuple[dict[str, Any], ...] = (
    {"retention_cost_12m": 311_000, "acquisition_cost_ref": 92_000},
    {"retention_cost_12m": 20, "acquisition_cost_ref": 92_000},
    {"account_attractiveness": "low"},
    {"account_attractiveness": "high", "we_want_more": "yes"},
    {"competitor_presence": "displacing_us"},
    {"account_status": "lost", "on_key_list": "no"},
    {"cost_to_serve_known": "measured", "revenue_12m": 100, "cost_to_serve_12m": 99},
)


def two_contacts(authority: str, **ours: Any) -> Case:
    """Return an account with two contacts, of whom the first has an authority."""
    person = {"is_main_contact": "no", "dmu_reason": ["involved"], "stated_priority": "cost",
              "motive_evidence": "said_by_colleague", "open_to_us": 1}  # fmt: skip
    data = {
        "account": {"id": "pair", "name": "Пара"},
        "facts": {"account_status": "established", "tenure_months": 30, **ours},
        "people": [
            {"id": "p1", "name": "Ada", "function": "procurement", **person,
             "is_main_contact": "yes", "authority": authority},
            {"id": "p2", "name": "Bo", "function": "quality", **person, "authority": "can_veto"},
        ],
        "team": [{"id": "m1", "name": "Cy", "member_function": "account_manager"}],
        "complete": {"people": "yes", "team": "yes"},
        "decisions": [{"id": "d1", "name": "Tender", "dmu_size_estimate": 2}],
    }  # fmt: skip
    return built(data, shipped_base())


@pytest.mark.parametrize("edition", OTHERS)
def test_whether_both_of_two_contacts_have_a_say_is_in_no_edition(edition: Edition) -> None:
    cases = [two_contacts("none"), two_contacts("can_veto")]
    inside = [report(case, edition=Edition.CONSULTANT).text("json") for case in cases]
    assert inside[0].split('"findings"')[1] != inside[1].split('"findings"')[1]

    for lang in ("uk", "en"):
        first, second = (report(case, lang, edition=edition) for case in cases)
        for form in FORMS:
            assert first.text(form) == second.text(form), (lang, form)


@pytest.fixture(scope="module")
def for_the_customer() -> dict[str, str]:
    """The report for the customer in each form, with nothing that is ours alone."""
    made = report(two_contacts("none"), "en", edition=Edition.CUSTOMER)
    return {form: made.text(form) for form in FORMS}


@pytest.mark.parametrize("ours", OURS, ids=lambda ours: next(iter(ours)))
def test_what_is_ours_alone_changes_nothing_for_the_customer(
    ours: Mapping[str, Any], for_the_customer: dict[str, str]
) -> None:
    made = report(two_contacts("none", **ours), "en", edition=Edition.CUSTOMER)

    for form, text in for_the_customer.items():
        assert made.text(form) == text, form


def test_no_file_for_the_customer_depends_on_economics_rivals_or_strategy() -> None:
    every = {name: value for ours in OURS[:2] + OURS[4:] for name, value in ours.items()}
    every["account_attractiveness"] = "low"
    case, other = two_contacts("none"), two_contacts("none", **every)
    leave = StrategyNote("leave", "the margin does not cover the service")
    other = replace(other, notes=replace(other.notes, strategy=leave))

    pairs = zip(
        *(files(each, Edition.CUSTOMER, "uk", shipped_base()) for each in (case, other)),
        strict=True,
    )
    assert [name for (name, one), (_, two) in pairs if one != two] == []
    inside = [report(each, edition=Edition.CLIENT).text("json") for each in (case, other)]
    assert inside[0] != inside[1]


def test_the_client_reads_the_economics_and_the_strategy() -> None:
    case = two_contacts("none", retention_cost_12m=311_000, acquisition_cost_ref=92_000)
    told = json.loads(report(case, "en").text("json"))

    assert "retention_too_dear" in {found["id"] for found in told["findings"]}
    assert told["strategy"] is not None


def test_the_customer_reads_no_stage_strategy_or_effort_of_ours() -> None:
    case = read_case(rules_folder().parent / "examples/two_sides_disagree.yaml", shipped_base())
    told = json.loads(report(case, "en", edition=Edition.CUSTOMER).text("json"))
    readers = shipped_base().readers

    assert told["strategy"] is None
    assert (told["stage"]["verdict"], told["stage"]["features"]) == ("undetermined", [])
    assert told["plan"]["moves"]
    assert {move["effort"] for move in told["plan"]["moves"]} == {0}
    assert {readers.findings[found["id"]] for found in told["findings"]} == {"joint"}
    assert {readers.steps[move["step"]] for move in told["plan"]["moves"]} == {"joint"}
    assert "perception_gap" in {found["id"] for found in told["findings"]}


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_the_customer_reads_no_advice_to_our_own_people(lang: str) -> None:
    case = read_case(rules_folder().parent / "examples/two_sides_disagree.yaml", shipped_base())
    cautions = [text.get(lang) for text in shipped_base().step_book.cautions.values()]
    told = {
        edition: unescape(report(case, lang, edition=edition).text("html")) for edition in OTHERS
    }

    assert [text for text in cautions if text in told[Edition.CLIENT]]
    assert [text for text in cautions if text in told[Edition.CUSTOMER]] == []


def test_the_customer_reads_no_threshold_of_the_stage() -> None:
    titles = {Edition.CLIENT: True, Edition.CUSTOMER: False}
    case = two_contacts("none")

    for edition, shown in titles.items():
        page = report(case, "en", edition=edition).text("html")
        assert ("Thresholds beside the rules" in page) == shown


def test_our_view_of_the_customer_needs_their_own_answer() -> None:
    alone = built({"account": {"id": "a"}, "facts": {"trust_other": 1}}, shipped_base())
    both = built(
        {"account": {"id": "a"}, "facts": {"trust_other": 1}, "customer": {"trust_other": 4}},
        shipped_base(),
    )
    redaction = Redaction(shipped_base(), Edition.CUSTOMER)

    assert redaction.ours(alone.account) == {}
    assert set(redaction.ours(both.account)) == {"trust_other"}


def test_the_customer_reads_their_own_commitments_and_none_of_our_moves() -> None:
    case = built(
        {
            "account": {"id": "a"},
            "people": [{"id": "p1", "name": "Ірина Кордон"}],
            "plan": [
                {"id": "1", "text": "Прогноз надсилає Ірина Кордон", "side": "theirs",
                 "due": "2026-12-01", "status": "agreed"},
                {"id": "2", "text": "Підготувати відхід", "due": "2026-12-01", "status": "agreed"},
            ],
        },
        shipped_base(),
    )  # fmt: skip
    told = report(case, edition=Edition.CUSTOMER).text("text")

    assert "Прогноз надсилає […]" in " ".join(told.split())
    assert "відхід" not in told


def test_the_customer_reads_of_no_step_about_a_decision() -> None:
    entry = {"id": "1", "step": "pass_trial", "about": ["d1"], "status": "agreed"}
    decisions = [{"id": "d1", "name": "Tender"}]
    case = built({"account": {"id": "a"}, "decisions": decisions, "plan": [entry]}, shipped_base())

    assert json.loads(report(case, edition=Edition.CUSTOMER).text("json"))["plan"]["own"] == []
    assert json.loads(report(case).text("json"))["plan"]["own"] != []


@pytest.mark.every_method
@pytest.mark.parametrize("edition", OTHERS)
def test_random_pairs_that_differ_in_what_is_hidden_give_the_same_bytes(
    base: KnowledgeBase, edition: Edition
) -> None:
    random = Random(11)
    for _ in range(examples(2)):
        pair = random_pair(base, edition, random)
        assert pair[0].digest() != pair[1].digest()

        first, second = (report(case, base=base, edition=edition).text("json") for case in pair)
        assert first == second


class Leaking(Redaction):
    """A redaction with one fact too many."""

    def __init__(self, fact: str) -> None:
        super().__init__(shipped_base(), Edition.CLIENT)
        self.fact = fact

    def _bare(self, answers: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
        more = {name: given for name, given in answers.items() if name == self.fact}
        return {**super()._bare(answers), **more}


@pytest.mark.parametrize("fact", ["authority", "open_to_us", "short_goal_due", "dmu_reason"])
def test_an_edition_that_depends_on_something_hidden_is_refused(fact: str) -> None:
    case = two_contacts("none")
    redaction = Leaking(fact)

    def seen(case: Case) -> object:
        order = {kind: [e.id for e in case.entities(kind)]
                 for kind in ("person", "member", "decision")}  # fmt: skip
        return redaction.redacted(case, order).case

    with pytest.raises(KamError, match=f"the client edition would depend on {fact} of person p1"):
        check_disclosure(case, redaction, seen)
