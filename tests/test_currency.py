"""Amounts of money are shown in the currency of their account and never compared with another."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from random_cases import built

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.portfolio.reading import ranks
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import KamError, Place
from kam_expert.facts.answer_text import AnswerText
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.change_text import read_change
from kam_expert.facts.currency import currency_of
from kam_expert.facts.given_answers import given_edits
from kam_expert.facts.workbook_reader import read_workbook
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.outputs.case_workbook import case_workbook
from kam_expert.outputs.value_words import ValueWords
from kam_expert.terminal.typed_answer import NotUnderstoodError, read_answer
from kam_expert.web.answer_form import read_value
from tests.privacy.editions import report
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case

BASE = shipped_base()
DAY = date(2026, 11, 23)
REVENUE = BASE.facts["revenue_12m"]


def account(currency: str | None = "UAH", **facts: Any) -> Case:
    named = {"currency": currency} if currency else {}
    return built({"kam": 1, "account": {"id": "a", "name": "A"}, "facts": named | facts}, BASE)


@pytest.mark.parametrize(
    ("currency", "uk", "en"),
    [
        ("UAH", "1 500 000 ₴", "UAH 1,500,000"),
        ("EUR", "1 500 000 EUR", "€1,500,000"),
        ("USD", "1 500 000 USD", "$1,500,000"),
        (None, "1 500 000", "1,500,000"),
    ],
)
def test_an_amount_has_the_currency_of_its_account(currency: str | None, uk: str, en: str) -> None:
    case = account(currency)

    for lang, expected in (("uk", uk), ("en", en)):
        words = ValueWords(BASE, case, lang)
        assert words.value("revenue_12m", 1_500_000).replace("\u00a0", " ") == expected
        assert words.value("gross_margin_pct", 20).replace("\u00a0", " ") in ("20%", "20 %")
        assert words.value("people_known", 3) == "3"


def test_both_ends_of_a_band_have_it() -> None:
    words = ValueWords(BASE, account("EUR"), "en")

    assert words.value("revenue_12m", "1000..2000") == "€1,000 to €2,000"


@pytest.mark.parametrize(("lang", "shown"), [("uk", "2 500 000 ₴"), ("en", "UAH 2,500,000")])
def test_reports_of_our_side_show_it_and_the_customers_does_not(lang: str, shown: str) -> None:
    costs: dict[str, Any] = {"gross_margin_pct": 20, "cost_to_serve_known": "measured"}
    case = account(revenue_12m=10_000_000, cost_to_serve_12m=2_500_000, **costs)
    assert diagnose(case, BASE, DAY, PlainEngine()).finding("measured_loss")

    pages = {
        edition: [
            report(case, lang, edition=edition).text(form).replace("\u00a0", " ")
            for form in ("html", "text", "json")
        ]
        for edition in Edition
    }

    for edition in (Edition.CONSULTANT, Edition.CLIENT):
        assert all(shown in page for page in pages[edition][:2])
    for page in pages[Edition.CUSTOMER]:
        assert not any(word in page for word in (shown, "UAH", "₴", "hryvnia", "гривня"))


def test_it_is_written_and_read_again(tmp_path: Path) -> None:
    case = account(revenue_12m=5)
    path = tmp_path / "a.xlsx"
    path.write_bytes(case_workbook(BASE, "uk", case))

    again = build_case(read_text(case_text(case), "case"), BASE, Place("case"))

    for read in (again, read_workbook(path, BASE)):
        assert currency_of(read, BASE) == "UAH"


@pytest.mark.parametrize("said", ["грн", "₴", "uah", "гривня", "Hryvnia"])
def test_it_is_read_as_people_write_it(said: str) -> None:
    assert AnswerText(BASE.facts["currency"]).read(said).value == "UAH"


def test_another_code_is_an_error_with_the_nearest() -> None:
    with pytest.raises(KamError, match=r'"UAN" is not a value of currency.*UAH'):
        account("UAN")


def test_an_amount_in_another_currency_is_refused_on_every_way_in() -> None:
    case = account("UAH")
    own = currency_of(case, BASE)
    text = "kam: 1\naccount: {id: a}\nfacts: {currency: UAH, revenue_12m: 100 USD}"

    with pytest.raises(KamError, match=r"100 USD.*USD.*are in UAH"):
        read_change("revenue_12m=100 USD", case, BASE, DAY)
    with pytest.raises(NotUnderstoodError):
        read_answer("100 USD", REVENUE, (), "en", own)
    with pytest.raises(KamError, match="100 USD"):
        read_value(REVENUE, ["100 USD"], "en", own)
    with pytest.raises(KamError, match=r"USD.*are in UAH"):
        build_case(read_text(text, "case"), BASE, Place("case"), exact=False)
    nodes = read_text("[{fact: revenue_12m, value: 100 USD}]", "answers")
    with pytest.raises(KamError, match=r"USD.*are in UAH"):
        given_edits(nodes, case, BASE, DAY)


def test_an_amount_in_its_own_currency_is_read_on_every_way_in() -> None:
    case = account("UAH")
    own = currency_of(case, BASE)
    text = "kam: 1\naccount: {id: a}\nfacts: {currency: UAH, revenue_12m: 100 грн}"

    assert read_change("revenue_12m=100 UAH", case, BASE, DAY)[1] == 100
    assert read_answer("100 грн", REVENUE, (), "en", own) == 100
    assert read_value(REVENUE, ["100 ₴"], "en", own) == 100
    read = build_case(read_text(text, "case"), BASE, Place("case"), exact=False)
    assert read.account.ours["revenue_12m"][0].value == 100


def test_accounts_are_ranked_among_those_of_their_currency() -> None:
    count = ranks.ENOUGH
    revenue = [*range(1, count + 1), *range(1000, 1000 + count), 7.0]
    currency = [*["EUR"] * count, *["UAH"] * count, None]
    columns = {name: pl.Series([None] * len(revenue), dtype=pl.Float64)
               for name in ranks.read_by(BASE)}  # fmt: skip
    frame = pl.DataFrame(columns | {"revenue_12m": revenue, "currency": currency}, strict=False)

    made = ranks.ranked(ranks.basis(frame, BASE), ranks.shares(BASE))["revenue_rank_pct"].to_list()

    assert made[:count] == made[count:-1] == [100 * n / count for n in range(1, count + 1)]
    assert made[-1] is None
