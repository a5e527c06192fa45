"""A workbook for one account: it is read as written, and mistakes are reported with their cells."""

from __future__ import annotations

import io
import random
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter
from click.testing import CliRunner
from fuzz_workbook import BREAKS, packed, sound_workbook
from hypothesis import given, settings
from hypothesis import strategies as st
from property_search import examples
from python_calamine import CalamineWorkbook
from random_cases import built, random_case

from kam_expert.cli import kam
from kam_expert.errors import KamError
from kam_expert.facts.case import Answer, Case, StepNote
from kam_expert.facts.case_file import read_any_case
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.workbook_form import Labels, SheetCell, items_of, listed
from kam_expert.facts.workbook_reader import read_workbook
from kam_expert.knowledge.values import Interval
from kam_expert.outputs.case_workbook import case_workbook
from kam_expert.resources import rules_folder
from tests.sampling import few_of

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

EXAMPLES = sorted((rules_folder().parent / "examples").glob("*.yaml"))
INJECTIONS = ("=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1+1", "http://example.org/")

#: What a cell can hold.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"))
Fill = Callable[..., Path]
HEADS = {
    "account": ["kam:account", "label", "value"],
    "facts": ["kam:facts", "question", "answer", "source", "by", "as_of"],
    "customer": ["kam:customer", "question", "answer", "source", "by", "as_of"],
    "people": ["kam:people", "name", "decisions", "function"],
    "team": ["kam:team", "name"],
    "links": ["kam:links", "person", "link_exchanges_90d"],
    "more": ["kam:more", "id", "fact", "answer", "source", "by", "as_of"],
    "notes": ["kam:notes", "key", "text", "owner", "due", "hide"],
}


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Write a workbook with the rows given, as a person could have filled it in."""

    def filled(hide: str = "", **rows: list[list[Any]]) -> Path:
        path = tmp_path / "acme.xlsx"
        with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            percent = book.add_format({"num_format": "0%"})
            for name, below in {"account": [["id", "", "acme"]], **rows}.items():
                sheet = book.add_worksheet(name.capitalize())
                if name == hide:
                    sheet.hide()
                for number, row in enumerate([HEADS[name], [], *below]):
                    for column, value in enumerate(row):
                        if isinstance(value, date):
                            sheet.write_datetime(number, column, _moment(value), day)
                        elif isinstance(value, Percent):
                            sheet.write_number(number, column, value, percent)
                        elif isinstance(value, Formula):
                            sheet.write_formula(number, column, *value)
                        elif value != "":
                            sheet.write(number, column, value)
        return path

    return filled


def _moment(day: date) -> datetime:
    return datetime.combine(day, time())


class Percent(float):
    """A number in a cell that shows per cent."""


class Formula(tuple[str, None, Any]):
    """A formula, and what it came to."""

    __slots__ = ()


def complaints(path: Path, base: KnowledgeBase) -> list[str]:
    with pytest.raises(KamError) as raised:
        read_workbook(path, base, "acme.xlsx")
    return str(raised.value).splitlines()


def written(case: Case, base: KnowledgeBase, lang: str, folder: Path) -> Path:
    path = folder / "case.xlsx"
    path.write_bytes(case_workbook(base, lang, case))
    return path


# Round trips


@pytest.mark.parametrize("lang", ["uk", "en"])
@pytest.mark.every_example(4)
def test_an_example_in_a_workbook_is_the_same_case(
    path: Path, lang: str, base: KnowledgeBase, tmp_path: Path
) -> None:
    case = read_case(path, base)

    assert read_workbook(written(case, base, lang, tmp_path), base) == case


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_the_consultants_own_strategy_is_in_the_workbook(
    lang: str, base: KnowledgeBase, tmp_path: Path
) -> None:
    given = {"id": "limit", "reason": "Банк вимагає"}
    case = built({"account": {"id": "acme"}, "strategy": given}, base)

    again = read_workbook(written(case, base, lang, tmp_path), base)

    assert again.notes.strategy == case.notes.strategy
    assert again.notes.strategy
    assert again.notes.strategy.reason == "Банк вимагає"


def test_a_strategy_is_read_by_its_name_and_needs_a_reason(fill: Fill, base: KnowledgeBase) -> None:
    name = next(s.name.uk for s in base.strategies if s.id == "keep")
    reason = ["strategy_reason", "", "Власник так вирішив"]

    case = read_workbook(fill(account=[["id", "", "acme"], ["strategy", "", name], reason]), base)

    assert case.notes.strategy
    assert (case.notes.strategy.id, case.notes.strategy.reason) == ("keep", "Власник так вирішив")
    assert complaints(
        fill(account=[["id", "", "acme"], ["strategy", "", "kep"], reason]), base
    ) == ['acme.xlsx: Account!C4: unknown strategy "kep". Did you mean "keep"?']
    without = fill(account=[["id", "", "acme"], ["strategy", "", name]])
    assert complaints(without, base) == ['acme.xlsx: Account!C4: "strategy: keep" needs a reason']


@pytest.mark.every_method
@settings(max_examples=examples(5))
@given(seed=st.integers(0, 100_000), lang=st.sampled_from(("uk", "en")))
def test_any_case_in_a_workbook_is_the_same_case(
    base: KnowledgeBase, seed: int, lang: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    case = built(random_case(base, random.Random(seed), rich=True), base)

    again = read_workbook(written(case, base, lang, tmp_path_factory.mktemp("case")), base)

    assert again == case
    assert again.digest() == case.digest()


@settings(max_examples=examples(5))
@given(texts=st.lists(TEXTS, min_size=5))
def test_any_text_comes_back(
    base: KnowledgeBase, texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    case = read_case(EXAMPLES[0], base)
    text = texts[0]
    fact = next(f.name for f in base.facts.values() if f.doc.type == "text" and f.kind == "person")
    assert case.people
    person = case.people[0]
    told = {**person.ours, fact: (Answer(text),)} if text.strip() else person.ours
    case = replace(
        case,
        people=(replace(person, name=text.strip(), ours=told), *case.people[1:]),
        notes=replace(case.notes, comments=tuple(texts)),
    )

    assert read_workbook(written(case, base, "uk", tmp_path_factory.mktemp("c")), base) == case


@pytest.mark.parametrize("text", ["немає", "none", "невідомо", '"немає"', "null", "12.50"])
def test_a_text_that_says_what_is_a_label_stays_a_text(
    text: str, base: KnowledgeBase, tmp_path: Path
) -> None:
    fact = next(f for f in base.facts.values() if f.doc.type == "text" and f.doc.also)
    case = read_case(EXAMPLES[0], base)
    assert case.people
    person = replace(case.people[0], ours={fact.name: (Answer(text),)})
    case = replace(case, people=(person, *case.people[1:]))

    again = read_workbook(written(case, base, "uk", tmp_path), base)

    assert again.people
    assert again.people[0].ours == person.ours


@pytest.mark.parametrize("value", [1 / 3, 1e22, 10**17 + 1, Interval(1e-7, 1e15), -0.1])
def test_a_number_keeps_every_digit(value: Any, base: KnowledgeBase, tmp_path: Path) -> None:
    fact = next(f for f in base.facts.values() if f.doc.type == "number" and f.kind == "account")
    case = read_case(EXAMPLES[0], base)
    told = {fact.name: (Answer(value),)}
    case = replace(case, account=replace(case.account, ours=told))
    data = case_workbook(replace_range(base, fact.name), "en", case)
    (tmp_path / "case.xlsx").write_bytes(data)

    again = read_workbook(tmp_path / "case.xlsx", replace_range(base, fact.name))

    assert again.account.ours == told


def replace_range(base: KnowledgeBase, name: str) -> KnowledgeBase:
    """Return the rule base with a fact that takes any number."""
    fact = base.facts[name]
    free = replace(fact, doc=fact.doc.model_copy(update={"range": None, "type": "number"}))
    return replace(base, facts={**base.facts, name: free})


@pytest.mark.parametrize("text", ["[" * 30_000, '["a"', "[1]", '[["a"]]', "[]x"])
def test_a_list_in_a_cell_that_is_none_is_a_word(text: str) -> None:
    assert items_of(text) == [text]


@given(items=st.lists(st.text(min_size=1).map(str.strip).filter(bool)))
def test_any_list_in_a_cell_is_read_again(items: list[str]) -> None:
    assert items_of(listed(items)) == items


def test_a_workbook_written_twice_is_the_same_bytes(base: KnowledgeBase) -> None:
    case = read_case(EXAMPLES[0], base)

    assert case_workbook(base, "uk", case) == case_workbook(base, "uk", case)


# What the template offers


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_an_empty_template_is_a_case_that_says_nothing(
    lang: str, base: KnowledgeBase, tmp_path: Path
) -> None:
    path = tmp_path / "acme.xlsx"
    path.write_bytes(case_workbook(base, lang, None, "acme"))

    case = read_workbook(path, base)

    assert case.account.id == "acme"
    assert case == Case(replace(case.account, ours={}, theirs={}))


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_every_fact_is_asked_in_the_language_of_the_reader(
    lang: str, base: KnowledgeBase, tmp_path: Path
) -> None:
    path = tmp_path / "acme.xlsx"
    path.write_bytes(case_workbook(base, lang, None, "acme"))

    with CalamineWorkbook.from_path(path) as book:
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    rows = {sheet[0][0]: sheet for sheet in sheets.values() if sheet and sheet[0]}
    asked = {row[0]: row[1] for row in rows["kam:facts"][2:] if row[0]}
    of_customer = {row[0]: row[1] for row in rows["kam:customer"][2:] if row[0]}
    heads = {
        name
        for kind in ("people", "team", "links", "decisions", "events")
        for name in rows[f"kam:{kind}"][0]
    }

    for fact in base.facts.values():
        if fact.kind != "account":
            assert fact.name in heads
            continue
        if fact.doc.parts:
            assert fact.name not in asked | of_customer
            continue
        if fact.doc.asked_of != "customer":
            assert asked[fact.name] == fact.doc.ask.get(lang)
        if fact.doc.asked_of != "us":
            assert of_customer[fact.name] == (fact.doc.ask_customer or fact.doc.ask).get(lang)


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_every_choice_of_a_drop_down_can_be_read(lang: str, base: KnowledgeBase) -> None:
    for fact in base.facts.values():
        labels = Labels(fact)
        choices = labels.choices(lang)

        assert len(set(choices)) == len(choices)
        assert all(labels.word(choice) for choice in choices)


def test_every_drop_down_points_at_what_it_offers(base: KnowledgeBase) -> None:
    with zipfile.ZipFile(io.BytesIO(case_workbook(base, "uk"))) as file:
        sheets = [file.read(n).decode() for n in file.namelist() if "worksheets/sheet" in n]
    rules = [rule for text in sheets for rule in re.findall(r"<formula1>([^<]*)</formula1>", text)]

    fixed = sum(bool(Labels(f).choices("uk")) for f in base.facts.values())
    assert len(rules) > fixed
    assert all(re.match(r"(lists|'[^']+')!\$[A-Z]+\$\d+:\$[A-Z]+\$\d+\Z", rule) for rule in rules)


# Formulas, in either direction


def test_no_text_of_a_case_becomes_a_formula_or_a_link(base: KnowledgeBase) -> None:
    case = read_case(EXAMPLES[0], base)
    for text in INJECTIONS:
        named = replace(
            case,
            account=replace(case.account, name=text.strip()),
            owner=text.strip(),
            notes=replace(case.notes, comments=(text,)),
        )

        with zipfile.ZipFile(io.BytesIO(case_workbook(base, "en", named))) as file:
            names = file.namelist()
            sheets = b"".join(file.read(n) for n in names if "worksheets/sheet" in n)
            relations = b"".join(file.read(n) for n in names if "worksheets/_rels" in n)

        assert b"<f>" not in sheets
        assert b"hyperlink" not in sheets + relations
        assert not any("external" in name.lower() or "vba" in name.lower() for name in names)


def test_a_formula_is_read_as_what_it_came_to(fill: Fill, base: KnowledgeBase) -> None:
    path = fill(facts=[["introductions_asked_12m", "", Formula(("=1+2", None, 3))]])

    case = read_workbook(path, base)

    assert case.account.ours["introductions_asked_12m"][0].value == 3


def test_a_formula_that_nobody_calculated_and_an_error_are_no_missing_answers(
    fill: Fill, base: KnowledgeBase
) -> None:
    path = fill(
        facts=[
            ["introductions_asked_12m", "", Formula(("=1/0", None, "#DIV/0!"))],
            ["introductions_granted_12m", "", Formula(("=A9", None, 0))],
        ]
    )
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    sheet = "xl/worksheets/sheet2.xml"
    path.write_bytes(packed({**parts, sheet: parts[sheet].replace(b"<v>0</v>", b"")}))

    assert complaints(path, base) == [
        "acme.xlsx: Facts!C3: this cell holds the error #DIV/0!; put a value there",
        "acme.xlsx: Facts!C4: this cell holds a formula without a value; put a value there",
    ]


# What people write


def told(case: Case) -> dict[str, Any]:
    return {name: answers[0].value for name, answers in case.account.ours.items()}


def test_words_are_read_by_their_labels_in_either_language(fill: Fill, base: KnowledgeBase) -> None:
    path = fill(
        facts=[
            ["access_to_others", "", " Лише через  закупівельника"],
            ["strategy_sources", "", "Users;  фінанси ;owner_board"],
            ["proof_requested", "", "немає"],
            ["on_key_list", "", "Так"],
            ["decision_rules_shared", "", False],
            ["account_status", "", "невідомо"],
            ["revenue_rank_pct", "", "largest fifth"],
            ["partnership_start", "", "no partnership declared"],
        ],
    )

    assert told(read_workbook(path, base)) == {
        "access_to_others": "only_through_buyer",
        "strategy_sources": frozenset(("users", "finance", "owner_board")),
        "proof_requested": frozenset(),
        "on_key_list": "yes",
        "decision_rules_shared": "no",
        "revenue_rank_pct": Interval(80, 100),
        "partnership_start": "none",
    }


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (12, 12),
        (12.5, 12.5),
        ("12,5", 12.5),
        ("12.5", 12.5),
        (" 1\u00a0234,5", None),
        ("12%", 12),
        ("12,5 %", 12.5),
        (Percent(0.12), 12),
        ("3..5", Interval(3, 5)),
        ("2,5–3", Interval(2.5, 3)),
        ("0,125", 0.125),
    ],
)
def test_a_number_is_read_as_people_write_it(
    cell: Any, value: Any, fill: Fill, base: KnowledgeBase
) -> None:
    path = fill(facts=[["share_of_wallet_pct", "", cell]])

    if value is None:
        assert "to 100, not 1234.5" in complaints(path, base)[0]
    else:
        assert told(read_workbook(path, base)) == {"share_of_wallet_pct": value}


def test_a_number_that_can_be_read_in_two_ways_is_asked_about(
    fill: Fill, base: KnowledgeBase
) -> None:
    path = fill(facts=[["revenue_12m", "", "1,234"], ["cost_to_serve_12m", "", "1,234,567"]])

    assert complaints(path, base) == ['acme.xlsx: Facts!C3: "1,234" is ambiguous: 1234 or 1.234']


def test_a_date_is_a_real_one_or_a_text(fill: Fill, base: KnowledgeBase) -> None:
    path = fill(
        facts=[
            ["introductions_asked_12m", "", 3, "observed", "Олена", date(2026, 3, 1)],
            ["introductions_asked_12m", "", 5, "бачили самі", "", "2026-09-01"],
            ["partnership_start", "", date(2025, 1, 2)],
        ]
    )

    facts = read_workbook(path, base).account.ours

    assert facts["introductions_asked_12m"] == (
        Answer(3, date(2026, 3, 1), "observed", "Олена"),
        Answer(5, date(2026, 9, 1), "observed"),
    )
    assert facts["partnership_start"][0].value == date(2025, 1, 2)


def test_people_links_and_further_values_are_put_together(fill: Fill, base: KnowledgeBase) -> None:
    stage = base.stage_model.names[0]
    path = fill(
        account=[
            ["id", "", "acme"],
            ["complete.team", "", "так"],
            ["target_stage", "", base.stage_model.title(stage).uk],
        ],
        people=[[1, "Ірина", "", "quality"], ["p2", "", "", "Фінанси"]],
        team=[["m1", "Олена"]],
        links=[["m1", 1, 9]],
        more=[
            ["людина клієнта", 1, "function", "finance", "said", "", date(2026, 1, 1)],
            ["наша відповідь", "", "introductions_asked_12m", 2, "", "", "2026-01-01"],
            ["link", "m1→1", "link_last_two_way_days", 3, "", "Олена"],
        ],
        notes=[
            ["коментар", "", "=not a formula"],
            ["step", next(iter(base.steps)), "", "Олена", date(2026, 12, 1)],
        ],
    )

    case = read_workbook(path, base)

    assert case.people
    assert [person.id for person in case.people] == ["1", "p2"]
    assert [answer.value for answer in case.people[0].ours["function"]] == ["finance", "quality"]
    assert case.people[1].ours["function"][0].value == "finance"
    assert case.links
    assert case.links[0].ends == ("m1", "1")
    assert case.links[0].ours["link_exchanges_90d"] == (Answer(9),)
    assert case.links[0].ours["link_last_two_way_days"] == (Answer(3, by="Олена"),)
    assert told(case) == {"introductions_asked_12m": 2}
    assert case.complete == {"team": True}
    assert case.notes.target_stage == stage
    assert case.notes.comments == ("=not a formula",)
    assert case.notes.steps == {next(iter(base.steps)): StepNote("Олена", date(2026, 12, 1))}


# Mistakes


def test_every_mistake_is_told_at_once_with_its_sheet_and_cell(
    fill: Fill, base: KnowledgeBase
) -> None:
    path = fill(
        account=[["id", "", "acme"], ["ownr", "", "x"], ["complete.people", "", "perhaps"]],
        facts=[
            ["introductions_askd_12m", "", 3],
            ["access_to_others", "", "only_thru_buyer"],
            ["introductions_asked_12m", "", "many"],
            ["introductions_granted_12m", "", 1, "rumour", "", "soon"],
            ["trust_other", "", 9],
        ],
        people=[["p1", "", "d9", "qualty"], ["p1"], ["", "Nobody"]],
        team=[["m1", "", "extra"]],
        links=[["m1", "p7"]],
        more=[["persn", "p1", "function", "quality"], ["person", "p8", "function", "quality"]],
        notes=[["comment", "", "text", "owner"], ["step", "no_such_step"]],
    )

    said = complaints(path, base)

    for start in (
        'acme.xlsx: Account!A4: unknown key "ownr". Did you mean "owner"?',
        'acme.xlsx: Account!C5: "people" is complete: yes or no',
        'acme.xlsx: Facts!C3: unknown fact "introductions_askd_12m". Did you mean "introductions_a',
        'acme.xlsx: Facts!C4: "only_thru_buyer" is not a value of access_to_others',
        'acme.xlsx: Facts!C5: introductions_asked_12m takes a number, not "many"',
        'acme.xlsx: Facts!D6: unknown source "rumour"; it is one of observed',
        'acme.xlsx: Facts!F6: "as_of" is a date as YYYY-MM-DD, not "soon"',
        "acme.xlsx: Facts!C7: trust_other takes a number from 1 to 5, not 9",
        'acme.xlsx: People!C3: unknown decision "d9"',
        'acme.xlsx: People!D3: "qualty" is not a value of function',
        'acme.xlsx: People!A4: duplicate id "p1" in "people:"',
        "acme.xlsx: People!A5: this person has no id",
        "acme.xlsx: Team!C3: this column is not part of the form",
        'acme.xlsx: Links!B3: unknown person "p7"; it is not an id in "people:"',
        'acme.xlsx: More!A3: unknown subject "persn"; it is one of',
        'acme.xlsx: More!B4: unknown person "p8".',
        "acme.xlsx: Notes!D3: a comment has no owner",
        'acme.xlsx: Notes!B4: unknown step "no_such_step"',
    ):
        assert any(line.startswith(start) for line in said), (start, said)


def test_many_mistakes_stop_the_reading(fill: Fill, base: KnowledgeBase) -> None:
    path = fill(
        people=[[f"p{n}", "", "", "qualty"] for n in range(2000)],
        team=[["m1", ""]],
        links=[["m1", f"nobody{n}"] for n in range(2000)],
    )

    said = complaints(path, base)

    assert said[0] == "acme.xlsx: reading stopped after 100 mistakes; there may be more"
    assert said[-1] == "... and 82 more"


def test_an_account_without_an_id_is_told_where_it_belongs(fill: Fill, base: KnowledgeBase) -> None:
    path = fill(account=[["name", "", "Acme"], ["id", "", ""]])

    assert complaints(path, base) == ["acme.xlsx: Account!A4: the account has no id"]


def test_a_sheet_of_more_rows_than_any_account_has_is_refused(
    fill: Fill, base: KnowledgeBase
) -> None:
    path = fill(people=[[f"p{n}"] for n in range(3001)])

    assert complaints(path, base) == [
        "acme.xlsx: People: this sheet has 3,003 rows, at most 3,000 are read"
    ]


def test_a_sheet_that_is_hidden_or_there_twice_is_no_silent_source(
    fill: Fill, base: KnowledgeBase
) -> None:
    path = fill(hide="facts", facts=[["introductions_asked_12m", "", 3]])

    assert complaints(path, base) == [
        "acme.xlsx: Facts: this sheet is hidden; show it, or delete it"
    ]


def test_a_sheet_with_blanks_in_its_name_is_quoted() -> None:
    assert str(SheetCell.of("a.xlsx", "Who's who", 3, 28)) == "a.xlsx: 'Who''s who'!AB3"


def test_another_workbook_is_told_from_a_template(tmp_path: Path, base: KnowledgeBase) -> None:
    path = tmp_path / "acme.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet().write("A1", "Budget")

    assert complaints(path, base) == ["acme.xlsx: is not a workbook that `kam template` wrote"]


def test_a_text_that_no_cell_holds_is_an_error(base: KnowledgeBase) -> None:
    case = read_case(EXAMPLES[0], base)
    long = replace(case, notes=replace(case.notes, comments=("x" * 40_000,)))

    with pytest.raises(KamError, match="40,000 characters does not fit into a cell"):
        case_workbook(base, "en", long)


@pytest.mark.parametrize("library", ["python_calamine", "xlsxwriter"])
def test_a_missing_library_is_named_with_what_installs_it(
    library: str, base: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "acme.xlsx"
    path.write_bytes(case_workbook(base, "en"))
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(KamError, match=r"pip install kam-expert\[excel\]"):
        read_workbook(path, base) if library == "python_calamine" else case_workbook(base, "en")


@pytest.mark.parametrize("name", ["acme.xls", "acme.ods", "acme.xlsm"])
def test_other_kinds_of_workbook_are_refused_with_the_remedy(
    name: str, base: KnowledgeBase, tmp_path: Path
) -> None:
    with pytest.raises(KamError, match=r"is not supported; save it as \.xlsx"):
        read_any_case(tmp_path / name, base)


@pytest.mark.parametrize("seed", few_of([1, 2], 1))
@pytest.mark.parametrize("way", BREAKS)
def test_a_broken_workbook_is_a_case_or_an_error_in_words(
    way: str, seed: int, base: KnowledgeBase, tmp_path: Path
) -> None:
    chance = random.Random(f"{way} {seed}")
    path = tmp_path / "broken.xlsx"
    path.write_bytes(BREAKS[way](sound_workbook(base, chance), chance))

    try:
        said = read_workbook(path, base, "broken.xlsx").account.id
    except KamError as error:
        said = str(error)

    starts = ("broken.xlsx: ", "... and ")
    assert said == "a" or all(line.startswith(starts) for line in said.splitlines())


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("zip bomb", "MB, at most 12 MB are read"),
        ("texts that grow", "million characters, at most 48 million are read"),
        ("entities", "has a document type declaration"),
        ("utf 16", "is not in UTF-8 inside"),
        ("twice in the zip", "has duplicate file names inside"),
    ],
)
def test_what_would_grow_is_refused_before_it_is_read(
    way: str, says: str, base: KnowledgeBase, tmp_path: Path
) -> None:
    chance = random.Random(way)
    path = tmp_path / "broken.xlsx"
    path.write_bytes(BREAKS[way](sound_workbook(base, chance), chance))

    (said,) = complaints(path, base)

    assert says in said


@pytest.mark.parametrize("cell", ["XFD3", "XFE3", "A1048576", "A1048577", "A0"])
def test_a_cell_far_out_is_refused_before_it_is_read(
    cell: str, base: KnowledgeBase, tmp_path: Path
) -> None:
    path = tmp_path / "broken.xlsx"
    parts = sound_workbook(base, random.Random(1))
    sheet = "xl/worksheets/sheet3.xml"
    row = f'<row r="200"><c r="{cell}"><v>1</v></c></row><row r="9000"><c><v>1</v></c></row>'
    data = parts[sheet].replace(b"</sheetData>", row.encode() + b"</sheetData>")
    path.write_bytes(packed({**parts, sheet: data}))

    (said,) = complaints(path, base)

    assert "cells, at most 400,000 are read" in said or "beyond the last row or column" in said


# The commands


def run(*words: str | Path) -> Any:
    return CliRunner().invoke(kam, [str(word) for word in words])


def test_a_template_is_written_filled_in_and_diagnosed(tmp_path: Path) -> None:
    path = tmp_path / "acme.xlsx"

    made = run("template", path, "--from", EXAMPLES[0], "--lang", "en")
    again = run("template", path)
    from_workbook = run("diagnose", path, "--date", "2026-11-23", "--format", "json")
    from_file = run("diagnose", EXAMPLES[0], "--date", "2026-11-23", "--format", "json")

    assert made.exit_code == 0
    assert isinstance(again.exception, KamError)
    assert "already exists" in str(again.exception)
    assert from_workbook.exit_code == 0
    placed = re.compile(r'"(file|line)": [^\n]*')
    assert placed.sub("", from_workbook.output) == placed.sub("", from_file.output)
    assert '"file": "acme.xlsx: \'Our answers\'"' in from_workbook.output


def test_a_template_needs_its_ending(tmp_path: Path) -> None:
    result = run("template", tmp_path / "acme.yaml")

    assert str(result.exception).endswith("a workbook’s name ends in .xlsx")


def test_workbooks_lie_in_the_folder_of_a_portfolio(base: KnowledgeBase, tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    for path in EXAMPLES[:2]:
        case = read_case(path, base)
        (folder / f"{path.stem}.xlsx").write_bytes(case_workbook(base, "uk", case))
    (folder / "~$open.xlsx").write_bytes(b"in use")
    (folder / "bad.xlsx").write_bytes(b"no workbook")

    result = run("portfolio", folder, "-o", tmp_path / "out", "--reports", "none")

    assert "2 accounts judged, 1 rejected" in result.stderr
    assert "is not a workbook (.xlsx)" in (tmp_path / "out" / "rejected.jsonl").read_text("utf-8")
