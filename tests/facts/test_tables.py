"""A case as rows of tables, and back; and every kind of mistake in a row."""

# ruff: noqa: E501 -- a table row is on one line

from __future__ import annotations

from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import built, random_case

from kam_expert.errors import CaseError
from kam_expert.facts.tables import Row, TableCell, as_text, case_of, columns, rows_of
from kam_expert.knowledge.values import Interval
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from kam_expert.facts.case import Case

BASE = shipped_base()
COLUMNS = columns(BASE)
Rows = dict[str, list[Row]]


def a_case(seed: int) -> Case:
    return built(random_case(BASE, Random(seed), rich=True), BASE)


@given(st.integers(min_value=0))
def test_rows_make_the_case_that_they_came_from(seed: int) -> None:
    case = a_case(seed)
    again = case_of(rows_of(case), BASE)

    assert again == case
    assert again.digest() == case.digest()


@given(st.integers(min_value=0))
def test_the_order_of_rows_says_nothing(seed: int) -> None:
    case, random = a_case(seed), Random(seed)
    rows = rows_of(case)
    for table, lines in rows.items():
        if table != "notes":
            random.shuffle(lines)
        rows[table] = [dict(random.sample(list(line.items()), len(line))) for line in lines]

    assert case_of(rows, BASE) == case


@given(st.integers(min_value=0))
def test_cells_can_be_text_and_blank(seed: int) -> None:
    case = a_case(seed)
    rows = {
        table: [{name: as_text(line.get(name)) for name in COLUMNS[table]} for line in lines]
        for table, lines in rows_of(case).items()
    }

    assert case_of(rows, BASE) == case


@given(st.integers(min_value=0))
def test_a_cell_of_rows_is_plain_and_stands_in_a_known_column(seed: int) -> None:
    for table, lines in rows_of(a_case(seed)).items():
        for line in lines:
            assert set(line) <= set(COLUMNS[table])
            for value in line.values():
                assert value is None or isinstance(value, str | int | float | list)


def test_random_cases_have_every_form() -> None:
    cases = [a_case(seed) for seed in range(200)]
    answers = [answer for case in cases for told in case.account.ours.values() for answer in told]

    assert any(case.people == () for case in cases)
    assert any(case.people is None for case in cases)
    assert any(len(case.decisions or ()) > 1 for case in cases)
    assert any(person.decisions == frozenset() for case in cases for person in case.people or ())
    assert any(person.decisions for case in cases for person in case.people or ())
    assert any(isinstance(answer.value, Interval) for answer in answers)
    assert any(isinstance(answer.value, float) for answer in answers)
    assert any(answer.value == frozenset() for answer in answers)
    assert any(answer.source and not answer.as_of for answer in answers)
    assert any(
        len(told) > 1 and not told[-1].as_of
        for case in cases
        for told in case.account.ours.values()
    )
    assert any(case.owner for case in cases)
    assert any(len(case.notes.comments) > 1 and case.notes.steps for case in cases)


def rows(**tables: list[Row]) -> Rows:
    """Rows of the account "a", which is added to each row."""
    tables.setdefault("accounts", [{}])
    return {table: [{"account": "a", **row} for row in lines] for table, lines in tables.items()}


PEOPLE: list[Row] = [{"person": "p1"}, {"person": "p2"}]
TEAM: list[Row] = [{"member": "m"}]


def test_an_account_alone_is_a_case() -> None:
    case = case_of({"accounts": [{"account": 12}]}, BASE)

    assert (case.account.id, case.account.name) == ("12", "12")
    assert case.people is case.links is None


def test_rows_imply_that_the_list_was_given() -> None:
    assert len(case_of(rows(people=PEOPLE), BASE).people or ()) == 2


@pytest.mark.parametrize(
    ("said", "people"),
    [("yes", ()), (True, ()), ("true", ()), ("", None), (None, None), ("no", None), (False, None)],
)
def test_an_empty_list_is_said_to_be_given(said: Any, people: Any) -> None:
    assert case_of(rows(accounts=[{"people_listed": said}]), BASE).people == people


@pytest.mark.parametrize(
    ("fact", "cell", "value"),
    [
        ("tenure_months", "12", 12),
        ("tenure_months", 12.0, 12),
        ("tenure_months", "10..20", Interval(10, 20)),
        ("revenue_12m", "1.5e3", 1500),
        ("benchmarking_requested", "none", frozenset()),
        ("benchmarking_requested", "price_index; rival_quotes", {"price_index", "rival_quotes"}),
        ("benchmarking_requested", ["price_index"], {"price_index"}),
        ("benchmarking_requested", [], frozenset()),
        ("account_status", "lost", "lost"),
        ("partnership_start", "2026-02-01", date(2026, 2, 1)),
        ("partnership_start", date(2026, 2, 1), date(2026, 2, 1)),
        ("partnership_start", "none", "none"),
    ],
)
def test_a_cell_becomes_a_value(fact: str, cell: Any, value: Any) -> None:
    (answer,) = case_of(rows(accounts=[{fact: cell}]), BASE).account.ours[fact]

    assert answer.value == value


@pytest.mark.parametrize("cell", [None, "", "  ", "unknown", ["unknown"]])
def test_a_blank_cell_is_not_known(cell: Any) -> None:
    assert not case_of(rows(accounts=[{"benchmarking_requested": cell}]), BASE).account.ours


@pytest.mark.parametrize(
    ("cell", "decisions"),
    [(None, None), ("", None), ("none", set()), ([], set()), ("d; e", {"d", "e"}), (["e"], {"e"})],
)
def test_a_person_belongs_to_decisions(cell: Any, decisions: set[str] | None) -> None:
    people: list[Row] = [{"person": "p", "decisions": cell}]
    given = rows(people=people, decisions=[{"decision": "d"}, {"decision": "e"}])
    (person,) = case_of(given, BASE).people or ()

    assert person.decisions == decisions


def test_history_and_column_are_the_answers_of_a_fact() -> None:
    entry = {"kind": "account", "fact": "trust_other", "side": "theirs"}
    history: list[Row] = [
        {**entry, "value": "3", "as_of": date(2026, 5, 1), "source": "said", "by": "О. К."},
        {**entry, "value": "2", "as_of": "2026-01-01", "id": "a"},
    ]
    case = case_of(rows(accounts=[{"trust_other__theirs": 4}], history=history), BASE)
    told = case.account.theirs["trust_other"]

    assert [(a.value, a.as_of and a.as_of.month, a.source, a.by) for a in told] == [
        (2, 1, None, None), (3, 5, "said", "О. К."), (4, None, None, None)
    ]  # fmt: skip


def test_an_answer_knows_its_row_and_column() -> None:
    line: Row = {"account_status": "lost", "_row": 70}
    case = case_of(rows(accounts=[line]), BASE, {"accounts": "accounts.csv"})
    (answer,) = case.account.ours["account_status"]

    assert answer.place == TableCell("accounts.csv", 70, header="account_status")
    assert str(answer.place) == "accounts.csv, row 70, column account_status"


HISTORY = {"kind": "person", "id": "p1", "fact": "authority", "side": "ours", "value": "advises"}


STEP = next(iter(BASE.steps))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "accounts: the account has no row"),
        (rows(accounts=[{}, {}]), 'accounts, row 2, column account: duplicate id "a"'),
        (rows(accounts=[{"account": " "}]), "accounts, row 1: the account has no id"),
        (rows(accounts=[{"acount_status": "lost"}]), 'accounts, column acount_status: unknown column "acount_status" in accounts. Did you mean "account_status"?'),
        (rows(accounts=[{"authority": "none"}]), 'accounts, column authority: "authority" is not a column of accounts but of people'),
        (rows(accounts=[{"account_status": "lsot", "_row": 9}]), 'accounts, row 9, column account_status: "lsot" is not a value of account_status; it is one of prospect, new_under_12m, established, dormant, lost. Did you mean "lost"?'),
        (rows(accounts=[{"trust_other__theirs": "7"}]), "accounts, row 1, column trust_other__theirs: trust_other takes a number from 1 to 5, not 7"),
        (rows(accounts=[{"tenure_months": "20..10"}]), "accounts, row 1, column tenure_months: tenure_months: in the band 20..10 the first end is larger"),
        (rows(accounts=[{"people_listed": "maybe"}]), 'accounts, row 1, column people_listed: "people_listed" is yes or no'),
        (rows(accounts=[{"team_complete": "maybe"}]), 'accounts, row 1, column team_complete: "team" is complete: yes or no'),
        (rows(people=PEOPLE[:1] * 2), 'people, row 2, column person: duplicate id "p1" in "people:"'),
        (rows(people=[{"name": "p"}]), "people, row 1: this person has no id"),
        (rows(people=[{"account": "b", "person": "p"}]), 'people, row 1, column account: this row is about another account, "b"'),
        (rows(people=[{"person": "p", "decisions": "d"}], decisions=[{"decision": "d1"}]), 'people, row 1, column decisions: unknown decision "d". Did you mean "d1"?'),
        (rows(people=PEOPLE, team=TEAM, links=[{"member": "m", "person": "p3"}]), 'links, row 1, column person: unknown person "p3"; it is not an id in "people:".'),
        (rows(people=PEOPLE, team=TEAM, links=[{"member": "m", "person": "p1"}] * 2), "links, row 2: duplicate link of m and p1"),
        (rows(history=[{**HISTORY, "kind": "persn"}]), 'history, row 1, column kind: unknown kind "persn"; it is one of account, person, member, link, decision, event. Did you mean "person"?'),
        (rows(history=[{**HISTORY, "side": None}]), 'history, row 1: unknown side ""; it is one of ours, theirs.'),
        (rows(people=PEOPLE, history=[{**HISTORY, "id": "p22"}]), 'history, row 1, column id: unknown person "p22". Did you mean "p2"?'),
        (rows(people=PEOPLE, history=[{**HISTORY, "fact": "authorty"}]), 'history, row 1, column fact: unknown column "authorty" in people. Did you mean "authority"?'),
        (rows(people=PEOPLE, history=[{**HISTORY, "fact": "decisions"}]), 'history, row 1, column fact: unknown column "decisions" in people.'),
        (rows(people=PEOPLE, history=[{**HISTORY, "fact": "trust_other"}]), 'history, row 1, column fact: "trust_other" is not a column of people but of accounts'),
        (rows(people=PEOPLE, history=[{**HISTORY, "side": "theirs"}]), 'history, row 1, column fact: unknown column "authority__theirs" in people. Did you mean "authority"?'),
        (rows(people=PEOPLE, history=[{**HISTORY, "value": "advices"}]), 'history, row 1, column value: "advices" is not a value of authority; it is one of none, advises, can_veto, co_decides, decides_alone. Did you mean "advises"?'),
        (rows(people=PEOPLE, history=[HISTORY] * 2), "history, row 2, column fact: authority: two values with the same date"),
        (rows(people=[{**PEOPLE[0], "authority": "none"}], history=[{**HISTORY, "by": "О."}]), "history, row 1, column fact: authority: two values with the same date"),
        (rows(people=PEOPLE, history=[{**HISTORY, "source": "sad"}]), 'history, row 1, column source: unknown source "sad"; it is one of observed, said, reported, assumed. Did you mean "said"?'),
        (rows(people=PEOPLE, history=[{**HISTORY, "as_of": "1.2.2026"}]), 'history, row 1, column as_of: "as_of" is a date as YYYY-MM-DD, not "1.2.2026"'),
        (rows(notes=[{"kind": "coment"}]), 'notes, row 1, column kind: unknown kind "coment"; it is one of comment, step, target_stage, strategy. Did you mean "comment"?'),
        (rows(notes=[{"kind": "comment", "owner": "О."}]), "notes, row 1, column owner: a comment has no owner"),
        (rows(notes=[{"kind": "step", "key": STEP, "due": "soon"}]), 'notes, row 1, column due: "due" is a date as YYYY-MM-DD, not "soon"'),
        (rows(notes=[{"kind": "step", "key": STEP, "hide": "perhaps"}]), 'notes, row 1, column hide: "hide" is yes or no'),
        (rows(notes=[{"kind": "step", "key": STEP}] * 2), f'notes, row 2, column key: duplicate step "{STEP}"'),
        (rows(notes=[{"kind": "step", "key": f"{STEP}s"}]), f'notes, row 1, column key: unknown step "{STEP}s". Did you mean "{STEP}"?'),
        (rows(notes=[{"kind": "target_stage", "value": "partnership"}] * 2), 'notes, row 2, column kind: duplicate "target_stage"'),
    ],
)  # fmt: skip
def test_a_mistake_in_a_row_names_row_column_and_the_nearest_name(
    given: Rows, message: str
) -> None:
    with pytest.raises(CaseError) as caught:
        case_of(given, BASE)

    assert [str(problem) for problem in caught.value.problems] == [message]


def test_all_mistakes_are_told_at_once() -> None:
    given = rows(
        accounts=[{"tenure_months": "many", "nmae": "A"}],
        people=[{"authority": "boss"}],
        notes=[{}],
    )
    with pytest.raises(CaseError) as caught:
        case_of(given, BASE)

    tables = [problem.place.file for problem in caught.value.problems]
    assert tables == ["accounts", "accounts", "notes", "people", "people"]


def test_columns_say_what_they_take() -> None:
    assert COLUMNS["accounts"]["name"] == "text"
    assert COLUMNS["accounts"]["tenure_months"] == "integer"
    assert COLUMNS["accounts"]["people_listed"] == "yes_no"
    assert COLUMNS["accounts"]["partnership_start"] == "date: YYYY-MM-DD | none"
    assert COLUMNS["people"]["backup_owner"] == "text: text | none"
    assert COLUMNS["people"]["decisions"] == "set"
    assert COLUMNS["notes"]["kind"] == "choice: comment | step | target_stage | strategy"
    assert COLUMNS["accounts"]["account_status"].startswith("choice: prospect | new")
    assert COLUMNS["accounts"]["benchmarking_requested"].startswith("set: rival_quotes | ")


def test_a_column_has_the_side_that_is_asked() -> None:
    for fact in BASE.facts.values():
        if fact.kind == "account":
            ours, theirs = fact.doc.asked_of != "customer", fact.doc.asked_of != "us"
            assert (fact.name in COLUMNS["accounts"]) == ours
            assert (f"{fact.name}__theirs" in COLUMNS["accounts"]) == theirs
