"""The first page of a report: what it says, how long it is, and that both languages say as much.

With --all of every example and whole account.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import cache
from html import unescape
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from random_cases import built, random_case

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.knowledge.accounts import WholeAccount, read_accounts
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.brief import MOST_WORDS, brief_of
from kam_expert.outputs.brief_parts import Brief, ReasonTold
from kam_expert.outputs.diagnosis_tables import diagnosis_tables
from kam_expert.outputs.html import render_report
from kam_expert.outputs.json_document import as_data
from kam_expert.outputs.text import render_text
from kam_expert.outputs.wording import Words
from kam_expert.resources import rules_folder
from tests.privacy.editions import maker_for, report
from tests.sampling import few_of
from tests.shipped import NAMES, example, shipped_base, shipped_engine, shipped_privacy

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.results.diagnosis import Diagnosis

BASE = shipped_base()
DAY = date(2026, 11, 23)
LANGUAGES = ("uk", "en")
EXPECTED: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "data" / "briefs.yaml").read_text(encoding="utf-8")
)
#: Examples, and whole accounts whose author had seen the rules.
CASES = (*NAMES, *sorted(path.stem for path in (rules_folder() / "accounts").glob("*.yaml")))


@cache
def accounts() -> dict[str, WholeAccount]:
    """Return the whole accounts by name."""
    return {account.name: account for account in read_accounts(rules_folder(), BASE)[0]}


@cache
def case_of(name: str) -> tuple[Case, date]:
    if name in NAMES:
        return example(name), DAY
    account = accounts()[name]
    return built(account.case, BASE), account.day


@cache
def diagnosed(name: str) -> Diagnosis:
    case, day = case_of(name)
    return diagnose(case, BASE, day, PlainEngine())


def brief(name: str, lang: str) -> Brief:
    return brief_of(diagnosed(name), case_of(name)[0], BASE, lang)


def said(page: Brief) -> str:
    told = [page.verdict, page.lead, page.cause, page.find_out]
    told += [f"{reason.says} {reason.evidence}" for reason in page.reasons]
    return "\n".join([*told, *(move.says for move in page.moves)])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", EXPECTED)
def test_the_first_page_says_what_a_consultant_would(name: str, lang: str) -> None:
    expected, page = EXPECTED[name], brief(name, lang)
    words = Words(BASE, case_of(name)[0], lang)
    stage = expected.get("differs", {}).get("stage", expected["stage"])

    assert words.finding(expected["strategy"]) in page.verdict
    assert words.stage(stage) in page.verdict
    for wanted in expected["causes"]:
        names = [wanted] if isinstance(wanted, str) else wanted
        assert any(words.finding(cause) in page.cause for cause in names)
    moves = [move.says for move in page.moves]
    for number, wanted in enumerate(expected["moves"]):
        titles = [BASE.steps[step].name.get(lang) for step in wanted]
        assert any(moves[number].startswith(title) for title in titles)


@pytest.mark.parametrize("name", few_of(CASES, 20))
def test_the_first_page_is_short_and_says_as_much_in_both_languages(name: str) -> None:
    pages = [brief(name, lang) for lang in LANGUAGES]

    for page in pages:
        assert page.words <= MOST_WORDS
        assert page.lead.endswith(".")
        assert 1 <= len(page.reasons) <= 3
    assert len({_shape(page) for page in pages}) == 1


def _shape(page: Brief) -> tuple[object, ...]:
    evidence = tuple(bool(reason.evidence) for reason in page.reasons)
    moves = tuple((move.place, bool(move.because)) for move in page.moves)
    return evidence, moves, bool(page.cause)


def test_sides_that_agree_on_everything_read_no_zero() -> None:
    leads = {}
    for lang in LANGUAGES:
        made = maker_for(Edition.CUSTOMER).made(example("diamond_with_conductor"), lang)
        leads[lang] = brief_of(made.diagnosis, made.case, BASE, lang).lead

    assert leads["en"] == "Both sides answered 30 questions, and all answers agree."
    assert leads["uk"] == "Обидві сторони відповіли на 30 запитань, і всюди однаково."


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("edition", Edition)
def test_the_text_form_begins_with_it(edition: Edition, lang: str) -> None:
    made = maker_for(edition).made(example("two_sides_disagree"), lang)
    page = brief_of(made.diagnosis, made.case, BASE, lang)
    text = render_text(made.diagnosis, made.case, BASE, lang, made.edition)
    first, _, rest = " ".join(text.split()).partition(page.find_out)

    assert max(map(len, text.split("\n"))) <= 80
    assert rest
    told = [page.lead, page.cause, page.verdict, *(move.says for move in page.moves)]
    told += [r.says for r in page.reasons] + [r.evidence for r in page.reasons]
    for sentence in (*told, *page.differences):
        assert " ".join(sentence.split()) in first


@pytest.mark.parametrize("name", few_of(CASES, 20))
def test_no_evidence_repeats_its_reason(name: str) -> None:
    for lang in LANGUAGES:
        assert not any(r.evidence and r.is_repeated for r in brief(name, lang).reasons)


@pytest.mark.parametrize(
    ("says", "evidence", "repeated"),
    [
        ("It is likely that meeting notes do not reach the customer.",
         "Meeting notes do not reach the customer.", True),
        ("Імовірно, про спільну мету говорили, але її не записано.",
         "Про спільну мету говорили, але цифр не записано.", True),
        ("Meeting notes are seldom written.", "Meeting notes are seldom written: 10%.", False),
        ("The customer has complained.", "Complaints of the customer that are open: 2.", False),
        ("The customer has complained.", "", False),
    ],
)  # fmt: skip
def test_evidence_is_repeated_if_it_has_the_same_words(
    says: str, evidence: str, *, repeated: bool
) -> None:
    assert ReasonTold(says, evidence).is_repeated == repeated


def test_days_have_their_year_if_one_is_of_another_year() -> None:
    moves = [move.says for move in brief("barricaded_butterfly", "en").moves]
    later = [move.says for move in brief("diamond_with_conductor", "en").moves]

    assert all(re.search(r"by \d+ (November|December)\.$", text) for text in moves)
    assert all(re.search(r"by \d+ \w+ 202[67]\.$", text) for text in later)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_day_to_come_and_a_limit_are_told_in_a_reason(lang: str) -> None:
    ending = {"event_kind": "contract_ends", "event_day": "2027-01-05"}
    case = built({"kam": 1, "account": {"id": "a", "name": "A"}, "events": [ending]}, BASE)
    page = brief_of(diagnose(case, BASE, DAY, PlainEngine()), case, BASE, lang)
    ends = "\n".join(reason.evidence for reason in page.reasons)
    recent = said(brief("cold_store_incident_last_week", lang))

    assert {"uk": "5 січня 2027", "en": "5 January 2027"}[lang] in ends
    assert {"uk": "За останні 60 днів", "en": "Within the last 60 days"}[lang] in recent


def test_a_difference_of_view_names_what_it_is_about_and_both_answers() -> None:
    [reason] = [
        reason for reason in brief("two_sides_judge_differently", "en").reasons
        if "differently" in reason.says
    ]  # fmt: skip

    assert reason.says == (
        "We and the customer answer the same questions differently: access to other people, agreed "
        "measures, owner of the information flow and 4 more."
    )
    assert reason.evidence == (
        "Access to other people: our answer is “free”, the customer’s is “only through the buyer”."
    )


@pytest.mark.parametrize(("lang", "name"), [("uk", "Наскільки ми дотримуємо слова"),
                                            ("en", "How far we keep our word")])  # fmt: skip
def test_answers_to_two_facts_are_compared_under_one_name(lang: str, name: str) -> None:
    made = maker_for(Edition.CUSTOMER).made(example("barricaded_butterfly"), lang)
    [told] = brief_of(made.diagnosis, made.case, BASE, lang).differences

    assert told.startswith(f"{name}: ")
    assert {n for n, gap in BASE.gaps.items() if gap.name is None and gap.ours != gap.theirs} == (
        set()
    )


def test_every_finding_that_a_step_answers_says_why_the_step_is_taken() -> None:
    answered = {name for step in BASE.steps.values() for name in step.answers}

    assert [name for name in sorted(answered) if BASE.findings[name].because is None] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_move_names_its_reason_and_who_of_ours_makes_it(lang: str) -> None:
    decision = {"id": "d1", "name": "Робочий одяг", "decision_path": "nobody_knows"}
    person = {"id": "p1", "name": "Олена", "contact_owner": "m1"}
    leaves = {"id": "e1", "event_kind": "person_left", "event_day": "2026-12-20", "person": "p1"}
    data = {
        "kam": 1, "account": {"id": "a", "name": "A"}, "people": [person], "events": [leaves],
        "team": [{"id": "m1", "name": "Тарас"}], "decisions": [decision],
    }  # fmt: skip
    case = built(data, BASE)

    page = brief_of(diagnose(case, BASE, DAY, PlainEngine()), case, BASE, lang)
    moves = "\n".join(move.says for move in page.moves)

    who = {"uk": "бо ця людина скоро піде. Тарас, до", "en": "will leave soon. Тарас, by"}[lang]
    assert who in moves
    assert {"uk": "рішення «Робочий одяг»", "en": "the decision “Робочий одяг”"}[lang] in moves


def test_no_certainty_is_named_for_a_stage_that_is_not_known() -> None:
    for lang, words in (("uk", ("остаточно", "попередньо")), ("en", ("firm", "provisional"))):
        assert not any(word in brief("almost_nothing_known", lang).verdict for word in words)


@pytest.mark.parametrize("seed", range(8))
def test_a_random_account_has_a_first_page(seed: int) -> None:
    random = Random(seed)
    case = built(random_case(BASE, random, contacts=random.randrange(9)), BASE)

    page = brief_of(diagnose(case, BASE, DAY, PlainEngine()), case, BASE, "uk")

    assert page.words <= MOST_WORDS


@pytest.mark.parametrize("name", few_of(CASES, 20))
def test_the_first_move_says_why_it_is_made(name: str) -> None:
    for lang in LANGUAGES:
        moves = brief(name, lang).moves
        assert not moves or moves[0].because


@pytest.mark.parametrize("name", few_of(CASES, 20))
def test_no_name_is_cut(name: str) -> None:
    for lang in LANGUAGES:
        assert "…" not in said(brief(name, lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_long_ukrainian_names_are_whole(lang: str) -> None:
    person = "Олександра-Вікторія Володимирівна Перехрестенко-Загоруйко"
    owner = "Станіслав-Казимир Всеволодович Криворученко-Підгородецький"
    decision = "Постачання промислових холодильних установок для розподільчих центрів у 2027 році"
    data = {
        "kam": 1, "account": {"id": "a", "name": "А"},
        "people": [{"id": "p1", "name": person, "contact_owner": "m1"}],
        "team": [{"id": "m1", "name": owner, "customer_facing": "yes", "briefed_on_account": "no"}],
        "events": [{"event_kind": "person_left", "event_day": "2026-12-20", "person": "p1"}],
        "decisions": [{"id": "d1", "name": decision, "decision_path": "nobody_knows"}],
    }  # fmt: skip
    case = built(data, BASE)

    page = brief_of(diagnose(case, BASE, DAY, PlainEngine()), case, BASE, lang)

    for name in (person, owner, decision):
        assert name in said(page)
    assert "…" not in said(page)
    assert page.words <= MOST_WORDS
    assert page.moves[0].because


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["а" * 300, "дуже довга назва " * 20])
def test_long_names_do_not_make_it_longer(name: str, lang: str) -> None:
    people = [{"id": f"p{n}", "name": name} for n in range(9)]
    team = [
        {"id": f"m{n}", "name": name, "customer_facing": "yes", "briefed_on_account": "no"}
        for n in range(9)
    ]
    data = {"kam": 1, "account": {"id": "a", "name": name}, "people": people, "team": team}
    case = built(data, BASE)

    page = brief_of(diagnose(case, BASE, DAY, PlainEngine()), case, BASE, lang)

    assert page.words <= MOST_WORDS
    assert page.moves[0].because
    assert max(map(len, said(page).split("\n"))) < 900


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_account_without_any_fact_has_a_first_page(lang: str) -> None:
    case = built({"kam": 1, "account": {"id": "a", "name": "A"}}, BASE)

    page = brief_of(diagnose(case, BASE, DAY, PlainEngine()), case, BASE, lang)

    assert Words(BASE, case, lang).stage("undetermined") in page.verdict
    assert page.cause == ""
    assert page.reasons
    assert page.find_out


def test_a_chosen_strategy_is_named_with_its_reason() -> None:
    data = {
        "kam": 1, "account": {"id": "a", "name": "A"},
        "strategy": {"id": "defend", "reason": "the board wants it"},
    }  # fmt: skip
    case = built(data, BASE)

    page = brief_of(diagnose(case, BASE, DAY, PlainEngine()), case, BASE, "en")

    assert "Defend (chosen)" in page.verdict
    assert page.lead.endswith("the strategy chosen is “Defend”: the board wants it.")


def test_a_method_without_openings_names_stage_and_strategy() -> None:
    model = replace(BASE.stage_model, undetermined_opening=None)
    strategies = tuple(replace(strategy, opening=None) for strategy in BASE.strategies)
    base = replace(BASE, stage_model=model, strategies=strategies)
    case = built({"kam": 1, "account": {"id": "a", "name": "A"}}, base)

    page = brief_of(diagnose(case, base, DAY, PlainEngine()), case, base, "en")

    assert page.lead == (
        "The stage of the relationship is “Undetermined”; the strategy is “Find out”."
    )


@pytest.mark.parametrize("name", few_of(CASES, 20))
def test_a_report_tells_as_much_in_both_languages(name: str) -> None:
    case, _ = case_of(name)
    pages = [render_report(diagnosed(name), case, BASE, lang) for lang in LANGUAGES]

    ukrainian, english = map(_marks, pages)

    assert ukrainian == english


@pytest.mark.long
@pytest.mark.parametrize("edition", Edition)
def test_every_edition_tells_as_much_in_both_languages(edition: Edition) -> None:
    for name in (*NAMES, *accounts()):
        case, day = case_of(name)
        maker = EditionMaker(BASE, day, shipped_engine(), shipped_privacy(), edition)

        ukrainian, english = (Report.of(case, maker, lang).text("html") for lang in LANGUAGES)

        assert _marks(ukrainian) == _marks(english), name


def _marks(page: str) -> list[str]:
    """Return the tags of a page in order with ids and links, and its signs, without pictures.

    A conclusion, a reason, an instruction and a threshold each have a tag or sign of their own.
    """
    page = re.sub(r"<svg.*?</svg>", "", page[page.index("<main") :], flags=re.DOTALL)
    return re.findall(r"<[^>]*?(?: aria-label=|>)|[↺≈✓⚠]", page)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["two_sides_disagree", "one_sided_partnership"])
def test_the_customers_page_names_agreement_difference_and_joint_moves(
    name: str, lang: str
) -> None:
    case = example(name)
    page = report(case, lang, edition=Edition.CUSTOMER).text("html")
    first = page[page.index('<section id="brief">') :].partition("</section>")[0]
    text = unescape(re.sub(r"<svg.*?</svg>|<[^>]*>", " ", first, flags=re.DOTALL))
    words = Words(BASE, case, lang)
    differ = {"uk": "Що ми бачимо по-різному", "en": "Where we see things differently"}[lang]

    assert {"uk": "У чому ми згодні", "en": "Where we agree"}[lang] in text
    assert (differ in text) == any(
        found.about.fact is not None for found in diagnosed(name).concluded()
    )
    for stage in BASE.stage_model.names:
        assert words.stage(stage) not in text
    for strategy in BASE.strategies:
        assert strategy.name.get(lang) not in text
        assert strategy.opening is None or strategy.opening.get(lang) not in text
    assert len(text.split()) <= MOST_WORDS


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
@pytest.mark.parametrize("name", few_of(NAMES, 3))
def test_every_question_in_the_customers_edition_is_put_to_the_customer(
    name: str, lang: str
) -> None:
    made = maker_for(Edition.CUSTOMER).made(example(name), lang)
    diagnosis, case = made.diagnosis, made.case
    asked = [BASE.facts[q.name].doc.question_by_us.get(lang) for q in diagnosis.open_questions]

    page = unescape(report(example(name), lang, edition=Edition.CUSTOMER).text("html"))

    assert asked
    assert {q.asked_of for q in diagnosis.open_questions} <= {"customer", "both"}
    assert asked[0] in brief_of(diagnosis, case, BASE, lang).find_out
    assert page.count(asked[0]) == 2
    rows = as_data(diagnosis, case, BASE)["open_questions"]
    assert [row["texts"][lang] for row in rows] == asked
    table = diagnosis_tables(diagnosis, case, BASE, lang)["questions"]
    assert [row["question"] for row in table] == asked


def test_names_of_rules_and_lines_are_only_in_the_appendix() -> None:
    case = example("barricaded_butterfly")
    page = render_report(diagnosed("barricaded_butterfly"), case, BASE, "en")
    body, _, appendix = page.partition("<section id=appendix>")

    assert [rule.name for rule in BASE.rules if f">{rule.name}<" in body] == []
    assert not re.search(r"\bl\.\s\d", body)
    assert any(f">{rule.name}<" in appendix for rule in BASE.rules)
    assert re.search(r"\bl\.\s\d", appendix)
