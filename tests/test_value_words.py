"""Numbers with their nouns, as each language says them."""

import re
from datetime import date
from pathlib import Path

import pytest
from random_cases import built

from kam_expert.knowledge.about import About
from kam_expert.knowledge.base import KnowledgeBase
from kam_expert.outputs.condition_words import ConditionWords
from kam_expert.outputs.value_words import ValueWords
from tests.command import run_kam


def words(base: KnowledgeBase, lang: str) -> ConditionWords:
    case = built({"kam": 1, "account": {"id": "a", "name": "A"}}, base)
    return ConditionWords(base, case, lang, date(2026, 11, 1))


@pytest.mark.parametrize(
    ("number", "uk", "en"),
    [
        (1, "1 день", "1 day"),
        (2, "2 дні", "2 days"),
        (5, "5 днів", "5 days"),
        (11, "11 днів", "11 days"),
        (21, "21 день", "21 days"),
        (31.5, "31,5 дня", "31.5 days"),
        (0.5, "0,5 дня", "0.5 days"),
        (30.96, "31 день", "31 days"),
        (1.98, "2 дні", "2 days"),
    ],
)
def test_days_have_the_form_of_their_number(
    base: KnowledgeBase, number: float, uk: str, en: str
) -> None:
    assert words(base, "uk").days(number) == uk
    assert words(base, "en").days(number) == en


@pytest.mark.parametrize(
    ("number", "uk"), [(1, "1 місяць"), (3, "3 місяці"), (7.5, "7,5 місяця"), (12, "12 місяців")]
)
def test_months_have_the_form_of_their_number(base: KnowledgeBase, number: float, uk: str) -> None:
    assert words(base, "uk").value("tenure_months", number) == uk


@pytest.mark.parametrize(
    ("band", "uk", "en"),
    [("2..3", "2–3 місяці", "2 to 3 months"), ("3..", "3 місяці або більше", "3 months or more")],
)
def test_a_band_has_the_form_of_its_higher_end(
    base: KnowledgeBase, band: str, uk: str, en: str
) -> None:
    assert words(base, "uk").value("tenure_months", band) == uk
    assert words(base, "en").value("tenure_months", band) == en


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_a_stage_is_named_as_the_rule_base_names_it(base: KnowledgeBase, lang: str) -> None:
    said = words(base, lang)

    for stage in base.stage_model.names:
        title = base.stage_model.title(stage).get(lang)
        assert title != stage
        assert said.value("stage", stage) == title
        assert said.test("stage", {"is": [stage]}) == title


@pytest.mark.parametrize("name", ["yes", "no"])
def test_only_the_stage_has_stages_for_values(base: KnowledgeBase, name: str) -> None:
    said = words(base, "uk")

    assert said.value("complete", name) == {"yes": "так", "no": "ні"}[name]
    assert said.value("complete", "butterfly") == "butterfly"


def test_the_stage_has_a_name_of_its_own_among_facts_and_findings(base: KnowledgeBase) -> None:
    assert words(base, "en").fact("stage") == "stage of the relationship"
    assert words(base, "uk").finding("stage") == "стадія відносин"


@pytest.mark.parametrize(
    ("lang", "called"),
    [
        ("en", ["Helen", "quality, director", "finance, p3", "finance, p4", "p5"]),
        ("uk", ["Helen", "якість, директор напряму", "фінанси, p3", "фінанси, p4", "p5"]),
    ],
)
def test_who_has_no_name_is_called_by_the_role(
    base: KnowledgeBase, lang: str, called: list[str]
) -> None:
    people = [
        {"id": "p1", "name": "Helen", "function": "procurement"},
        {"id": "p2", "function": "quality", "seniority": "director"},
        {"id": "p3", "function": "finance"},
        {"id": "p4", "function": "finance"},
        {"id": "p5"},
    ]
    case = built({"kam": 1, "account": {"id": "a", "name": "A"}, "people": people}, base)
    found = ValueWords(base, case, lang)

    assert [found.about(About("person", p.id)) for p in case.people or ()] == called


def test_every_output_calls_somebody_without_a_name_by_the_role(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "kam: 1\naccount: {id: a, name: A}\n"
        "people: [{id: p77, function: quality, is_main_contact: yes}]\n"
        "team: [{id: m77, member_function: sales}]\n"
        "links: [{member: m77, person: p77, link_last_two_way_days: 3, link_exchanges_90d: 9}]\n"
        "plan: [{id: one, text: Lunch, owner: m77, about: [p77], due: 2026-11-20}]\n",
        encoding="utf-8",
    )
    day = ["--lang", "en", "--date", "2026-11-23"]
    page = tmp_path / "a.html"
    told = [
        run_kam("diagnose", file, *day).out,
        run_kam("plan", file, *day).out,
        run_kam("ask", file, "--top", "60", *day).out,
        run_kam("review", file, "--since", "2026-11-10", *day).out,
        run_kam("session", file, *day, lines="plan\nstop\n").out,
    ]
    assert run_kam("diagnose", file, *day, "-o", page).status == 0
    shown = re.sub(r"<[^>]*>", " ", page.read_text(encoding="utf-8").split("<body", 1)[1])

    assert [text for text in [*told, shown] if re.search(r"\b[pm]77\b", text)] == []
    assert all("quality" in text for text in [*told[:1], told[2], told[4], shown])
