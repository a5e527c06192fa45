"""One reader of answers: what every way in makes of a text."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam_expert.engines.portfolio.reading.cell_columns import Cells, converted
from kam_expert.errors import CaseError, KamError, Place
from kam_expert.facts.answer_text import AnswerText, Style, written
from kam_expert.facts.case import Case, Entity, plain_value
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.change_text import read_change
from kam_expert.facts.number_text import NotAValueError, plain_number
from kam_expert.facts.plain_text import mixed_word, one_alphabet
from kam_expert.facts.tables import case_of
from kam_expert.facts.workbook_sheets import WorkbookErrors
from kam_expert.facts.workbook_values import CellValues
from kam_expert.importing.campaign_answers import CampaignFacts, ReturnReading
from kam_expert.importing.cell_values import Bad, FactReader
from kam_expert.importing.mapping_documents import ValueDoc
from kam_expert.knowledge.values import UNKNOWN, Interval
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.results.campaign import Campaign
from kam_expert.terminal.typed_answer import NotUnderstoodError as NotTyped
from kam_expert.terminal.typed_answer import choices, read_answer
from kam_expert.web.answer_form import read_value
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.knowledge.base import KnowledgeBase

BASE = shipped_base()
DAY = date(2026, 11, 1)
#: What a way in says of a text that it does not take.
REFUSED = "refused"
FLAG, SHARE, MONEY, SINCE, LAST = (
    "on_key_list", "share_of_wallet_pct", "revenue_12m", "partnership_start", "payment_late_days",
)  # fmt: skip
CHOICE, SET, SCORE = "main_contact_title", "proof_requested", "trust_self"


def by_import(name: str, text: str) -> Any:
    reader = FactReader(BASE.facts[name], ValueDoc(column=["c"]), Style(), Style)
    value = reader.memo[text]
    return REFUSED if isinstance(value, Bad) else UNKNOWN if value is None else value


def of_case(case: Case, name: str) -> Any:
    answers = case.account.ours.get(name, ())
    return answers[0].value if answers else UNKNOWN


def by_workbook(name: str, text: str) -> Any:
    place = Place("acme.xlsx", 1, 1)
    read, raw = CellValues(BASE, WorkbookErrors("acme.xlsx")).value(BASE.facts[name], text, place)
    node = read_text("{account: {id: a}, facts: {}}", "acme.xlsx")
    facts = node["facts"]
    facts[name], facts.raw[name], facts.places[name] = read, raw, place
    try:
        return of_case(build_case(node, BASE, place, exact=False), name)
    except CaseError:
        return REFUSED


def by_rows(name: str, text: str) -> Any:
    try:
        return of_case(case_of({"accounts": [{"account": "a", name: text}]}, BASE), name)
    except CaseError:
        return REFUSED


def by_columns(name: str, text: str) -> Any:
    fact = BASE.facts[name]
    made = converted(pl.DataFrame({name: [text]}), [Cells(fact, name, name, banded=True)], DAY)
    if made.faults:
        return REFUSED
    row = made.frame.row(0, named=True)
    if fact.doc.type == "set":
        flags = [value for value in fact.doc.values if row[f"{name}__is__{value}"]]
        return UNKNOWN if None in row.values() else frozenset(flags)
    low, high, word = row[name], row.get(f"{name}__hi"), row.get(f"{name}__word")
    if word is not None or low is None:
        return UNKNOWN if word is None else word
    if fact.doc.type == "date":
        return date.fromordinal(DAY.toordinal() - low)
    return Interval(low, high) if high is not None and high != low else low


def by_case_file(name: str, text: str) -> Any:
    """Return the value that a case file takes, or the one that its message tells to write."""
    source = f"account: {{id: a}}\nfacts:\n  {name}: {json.dumps(text, ensure_ascii=False)}\n"
    try:
        return of_case(build_case(read_text(source, "c"), BASE, Place("c")), name)
    except CaseError as error:
        _, told, words = str(error).partition("; write ")
        if not told:
            return REFUSED
        again = f"account: {{id: a}}\nfacts:\n  {name}: {words}\n"
        return of_case(build_case(read_text(again, "c"), BASE, Place("c")), name)


def by_session(name: str, text: str) -> Any:
    fact = BASE.facts[name]
    try:
        return read_answer(text, fact, choices(fact, "en", ("yes", "no")), "en")
    except NotTyped:
        return REFUSED


def by_page(name: str, text: str) -> Any:
    sent = (
        [item.strip() for item in text.split(";")] if BASE.facts[name].doc.type == "set" else [text]
    )
    try:
        return read_value(BASE.facts[name], sent, "en")
    except KamError:
        return REFUSED


def by_what_if(name: str, text: str) -> Any:
    try:
        return read_change(f"ours.{name}={text}", Case(Entity("account", "a")), BASE, DAY)[1]
    except KamError:
        return REFUSED


RETURNED = ReturnReading(
    "r.xlsx", Campaign("c", DAY, DAY, DAY, DAY, {}, "", "", {}), CampaignFacts(BASE), DAY, DAY
)


def by_campaign(name: str, text: str) -> Any:
    try:
        return RETURNED.value(name, "ours", text)
    except ValueError:
        return REFUSED


WAYS: dict[str, Callable[[str, str], Any]] = {
    "import": by_import, "workbook": by_workbook, "rows": by_rows, "columns": by_columns,
    "case file": by_case_file, "session": by_session, "page": by_page, "what-if": by_what_if,
    "campaign": by_campaign,
}  # fmt: skip
#: Fact, text, value: what each way in reads.
ANSWERS = [
    *[(FLAG, text, "yes") for text in ("yes", "Yes", "так", "ТАК", "TRUE", "✓", "Y", "тaк")],
    *[(FLAG, text, "yes") for text in ("ІСТИНА", "уes")],
    *[(FLAG, text, "no") for text in ("no", "ні", "Ні", "FALSE", "false", "хибність")],
    *[(FLAG, text, REFUSED) for text in ("maybe", "7", "ніби")],
    (SCORE, "4", 4), (SCORE, "Сходяться завжди", 5), (SCORE, "it varies", 3),
    (SCORE, "often", REFUSED),
    (SHARE, " 42 ", 42), (SHARE, "nan", UNKNOWN), (SINCE, "2024-1-10", date(2024, 1, 10)),
    (SET, "none; audit", REFUSED), (SHARE, "42,5", 42.5), (SHARE, "42.5", 42.5),
    (SHARE, "42 %", 42), (SHARE, "42%", 42),
    (SHARE, "40..50", Interval(40, 50)), (SHARE, "40–50", Interval(40, 50)),
    (SHARE, "40-50 %", Interval(40, 50)), (SHARE, "від 40 до 50", Interval(40, 50)),
    (SHARE, "from 40 to 50", Interval(40, 50)), (SHARE, "up to 10", Interval(0, 10)),
    (SHARE, "понад 90", Interval(90, 100)), (SHARE, "120", REFUSED), (SHARE, "50 UAH", REFUSED),
    (MONEY, "1 250 000", 1_250_000), (MONEY, "1\u00a0250\u202f000", 1_250_000),
    (MONEY, "1,250,000", 1_250_000), (MONEY, "1.250.000", 1_250_000), (MONEY, "1’250", 1250),
    (MONEY, "1.250,50", 1250.5), (MONEY, "1,250.50", 1250.5), (MONEY, "1 250 000 грн", 1_250_000),
    (MONEY, "UAH 125000", 125_000), (MONEY, "₴125 000", 125_000), (MONEY, "1,2 млн", 1_200_000),
    (MONEY, "15 тис. грн", 15_000), (MONEY, "1,25,000", REFUSED), (MONEY, "12 34", REFUSED),
    (MONEY, "−500", REFUSED), (MONEY, "42%", REFUSED), (MONEY, "1.2.3", REFUSED),
    (SINCE, "2025-10-12", date(2025, 10, 12)), (SINCE, "12.10.2025", date(2025, 10, 12)),
    (SINCE, "25/10/2025", date(2025, 10, 25)), (SINCE, "12 жовтня 2025", date(2025, 10, 12)),
    (SINCE, "Oct 12, 2025", date(2025, 10, 12)), (SINCE, "none", "none"), (SINCE, "немає", "none"),
    (SINCE, "31.02.2025", REFUSED), (SINCE, "12.10.25", REFUSED), (SINCE, "soon", REFUSED),
    (LAST, "5 днів", 5), (LAST, "5 days", 5), (LAST, "3 місяці", REFUSED),
    (CHOICE, "category_manager", "category_manager"),
    (CHOICE, "Category manager", "category_manager"),
    (CHOICE, "сategory_manager", "category_manager"), (CHOICE, "boss", REFUSED),
    (SET, "audit; trial", frozenset({"audit", "trial"})), (SET, "none", frozenset()),
    (SET, "audit; gossip", REFUSED),
    *[(fact, text, UNKNOWN) for fact in (FLAG, SHARE, SINCE, CHOICE)
      for text in ("н/д", "N/A", "невідомо", "не знаю", "немає даних", "unknown", "-", "?", "…")],
]  # fmt: skip


def plain(value: Any) -> Any:
    return value if value in (REFUSED, UNKNOWN) else plain_value(value)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_reads_the_same(way: str) -> None:
    read = {(fact, text): plain(WAYS[way](fact, text)) for fact, text, _ in ANSWERS}

    assert read == {(fact, text): plain(value) for fact, text, value in ANSWERS}


def test_labels_of_both_languages_are_read_everywhere(base: KnowledgeBase) -> None:
    for fact in base.facts.values():
        for word, label in {**fact.doc.values, **fact.doc.also}.items():
            for text in (word, label.uk, label.en, label.uk.upper(), f" {label.en}\u200b "):
                read = AnswerText(fact).read(text).value
                wanted = fact.read([word] if fact.doc.type == "set" else word)
                assert read == wanted, (fact.name, text)


@pytest.mark.parametrize("way", ["import", "workbook", "rows", "columns", "case file", "what-if"])
@pytest.mark.parametrize("text", ["1,234", "1.234", "12,345"])
def test_thousands_that_may_be_decimals_are_asked_about(way: str, text: str) -> None:
    # In a case file and a table 1.234 is a number of a program.
    wanted = 1.234 if text == "1.234" and way in ("rows", "columns", "what-if") else REFUSED

    assert WAYS[way](MONEY, text) == wanted


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1,234", "comma", 1.234), ("1,234", "point", 1234), ("1.234", "comma", 1234),
        ("1.234", "point", 1.234), ("0,125", None, 0.125), ("-7", None, -7),
        ("(1 250)", None, -1250),
        ("1234,567", None, 1234.567), ("1e3", None, 1000),
        ("100000000000000001", None, 100000000000000001),
    ],
)  # fmt: skip
def test_a_stated_decimal_separator_settles_a_number(
    text: str, decimal: str | None, number: float
) -> None:
    assert plain_number(text, decimal) == number


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("1.5", "comma"), ("1,5", "point"), ("1.234,5", "point"), ("12,34,567", "point")],
)
def test_a_number_with_the_other_separator_is_no_number(text: str, decimal: str) -> None:
    # Read by force, 1.5 would become 15.
    with pytest.raises(NotAValueError):
        plain_number(text, decimal)


def forms(number: float) -> st.SearchStrategy[str]:
    """Return ways to write a number with at most two decimals."""
    whole, _, part = f"{number:.2f}".partition(".")
    groups = f"{int(whole):,}"
    shapes = [f"{whole}.{part}", f"{whole},{part}"]
    shapes += [groups.replace(",", by) + "," + part for by in (" ", "\u00a0", "\u202f", "’", ".")]
    shapes += [f"{groups}.{part}", groups.replace(",", " ") + "." + part]
    if part == "00":
        shapes += [whole, groups, groups.replace(",", "."), groups.replace(",", " ")]
    around = ["{}", " {}", "{} грн", "UAH {}", "{}|UAH", "₴{}", "{} UAH", "\u200b{}"]
    return st.builds(str.format, st.sampled_from(around), st.sampled_from(shapes))


@given(st.data())
def test_no_number_changes_by_a_power_of_ten(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, 10**11)) / 100
    text = data.draw(forms(number))
    for name, way in WAYS.items():
        read = way(MONEY, text)
        if name == "session" and read is not REFUSED:
            # In the session the language says what a comma is.
            assert read == number or "," in text
        else:
            assert read in (number, REFUSED), (name, text)


BANDS = ["{}..{}", "{}–{}", "{} - {}", "від {} до {}", "from {} to {}", "{}\u00a0–\u00a0{} %"]


@given(st.integers(0, 99), st.integers(1, 100), st.sampled_from(BANDS))
def test_a_band_is_read_as_written(low: int, width: int, form: str) -> None:
    high = min(low + width, 100)

    for name, way in WAYS.items():
        assert way(SHARE, form.format(low, high)) == Interval(low, high), name


FORMS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"]


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.sampled_from(FORMS))
def test_a_date_is_read_as_written_or_asked_about(day: date, form: str) -> None:
    for name, way in WAYS.items():
        read = way(SINCE, day.strftime(form))
        right = read in (day, REFUSED)
        # In the session a date begins with the day.
        assert right or (name == "session" and form == "%m/%d/%Y")


@given(st.sampled_from([(fact, word) for fact in BASE.facts.values() for word in fact.doc.values]))
def test_forms_of_unicode_do_not_matter(pair: tuple[Any, str]) -> None:
    fact, word = pair
    label = fact.doc.values[word].uk
    spelt = {unicodedata.normalize(form, label) for form in ("NFC", "NFD")}
    spelt |= {label.replace(" ", "\u00a0"), label.replace("’", "'"), label.swapcase()}

    assert {written_as(AnswerText(fact).read(text).value) for text in spelt} == {
        written_as(fact.read([word] if fact.doc.type == "set" else word))
    }


def written_as(value: Any) -> str:
    return json.dumps(written(value))


def test_letters_of_two_alphabets_are_told_with_their_place() -> None:
    found = mixed_word("відділ закупiвель")

    assert str(found) == '"закупiвель" has a Latin "i" as letter 6'
    assert one_alphabet("закупiвель IТ Acmе") == "закупівель ІТ Acme"
    with pytest.raises(NotAValueError, match='has a Latin "i" as letter 6'):
        AnswerText(BASE.facts[CHOICE]).read("закупiвельнiк")


def test_two_currencies_in_one_case_are_asked_about() -> None:
    rows = {"accounts": [{"account": "a", MONEY: "100 UAH", "credit_limit": "5 USD"}]}

    with pytest.raises(CaseError, match="amounts in two currencies"):
        case_of(rows, BASE)
