"""What one can answer to a question, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kam_expert.facts.case import Case, Entity
from kam_expert.outputs.answer_words import answers_said
from kam_expert.outputs.value_words import ValueWords
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from tests.conftest import MakeCase

BASE = shipped_base()
CASE = Case(Entity("account", "acme"))


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_every_value_is_named_and_what_is_to_be_typed_for_it(lang: str) -> None:
    words = ValueWords(BASE, CASE, lang)

    for name, fact in BASE.facts.items():
        doc = fact.doc
        said = answers_said(name, words)
        assert said, name
        for word, label in ({} if doc.names else {**doc.values, **doc.also}).items():
            assert label.get(lang) in said, (name, word)
            assert f"[{word}]" in said or label.get(lang).casefold() == word, (name, word)
        for number, label in doc.anchors.items():
            assert f"{number} – {label.get(lang)}" in said, (name, number)


@pytest.mark.parametrize(
    ("lang", "percent", "days"),
    [
        ("en", "from 0 to 100, in percent", "in days"),
        ("uk", "від 0 до 100, у відсотках", "у днях"),
    ],
)
def test_a_number_has_its_limits_and_its_unit(lang: str, percent: str, days: str) -> None:
    words = ValueWords(BASE, CASE, lang)

    assert answers_said("notes_written_pct", words).endswith(percent)
    in_days = [f.name for f in BASE.facts.values() if f.is_number and f.doc.unit == "days"]
    assert in_days
    assert all(days in answers_said(name, words) for name in in_days)


def test_an_amount_has_the_currency_of_the_account(build: MakeCase) -> None:
    money = next(name for name, fact in BASE.facts.items() if fact.doc.unit == "money")
    case = build("facts: {currency: EUR}")

    assert answers_said(money, ValueWords(BASE, case, "en")).endswith("in EUR")
    assert "in " not in answers_said(money, ValueWords(BASE, CASE, "en"))
