"""Numbers with their nouns, as each language says them."""

from datetime import date

import pytest
from random_cases import built

from kam_expert.knowledge.base import KnowledgeBase
from kam_expert.outputs.value_words import ValueWords


def words(base: KnowledgeBase, lang: str) -> ValueWords:
    case = built({"kam": 1, "account": {"id": "a", "name": "A"}}, base)
    return ValueWords(base, case, lang, date(2026, 11, 1))


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
