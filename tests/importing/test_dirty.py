"""Dirty data: every fault is named with file, row, column and value, or left out and counted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam_expert.errors import KamError
from kam_expert.importing.cell_values import Bad, read_day, tidy
from kam_expert.importing.row_counts import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.importing.import_result import Imported

    Bring = Callable[..., Imported]
    Import = Callable[..., Imported]
    Write = Callable[..., Path]
    Told = Callable[[Imported], dict[tuple[str, str, str], Any]]

MAPPING = """\
system: firms
missing_columns: allowed
team: [{from: team, id: id, name: name}]
accounts:
  - from: firms
    id: id
    name: name
    owner: owner
    facts: {revenue_12m: turnover, partnership_start: since, account_status: status}
people:
  - from: people
    id: id
    name: [first, last]
    email: mail
    account: firm
    facts:
      seniority: {column: rank, values: {manager: [M, Mgr], executive: X}}
"""


@pytest.fixture
def import_csv(files: Write, bring: Bring) -> Callable[..., Imported]:
    def run(skip_bad: bool = False, wishes: dict[str, Any] | None = None, **texts: str) -> Imported:  # noqa: FBT001, FBT002 -- by name in every call
        files(".yaml", mapping=MAPPING)
        return bring(files(**texts), skip_bad=skip_bad, **(wishes or {}))

    return run


def faults(error: pytest.ExceptionInfo[SourceError]) -> list[str]:
    return str(error.value).splitlines()


def test_all_faults_are_told_at_once_with_file_row_column_and_value(import_csv: Import) -> None:
    with pytest.raises(SourceError) as error:
        import_csv(
            firms="id,name\na,A\nd,D\n,E\n",
            people="id,first,last,firm\np,Petra,Novak,z\n,Nobody,,d\nq,Q,,d,extra\n",
        )

    assert faults(error) == [
        "firms.csv, row 3 (line 4), column id: the id is missing",
        'people.csv, row 1 (line 2), column firm: unknown reference "z" to accounts.',
        "people.csv, row 2 (line 3), column id: the id is missing",
        "people.csv, row 3 (line 4): has 5 cells; the header has 4",
    ]


def test_a_bad_cell_costs_its_value_and_nothing_else(import_csv: Import, told: Told) -> None:
    imported = import_csv(
        team="id,name\nm,Marko\n",
        firms="id,name,owner,turnover,since\n"
        "a,A,m,12 apples,\nd,D,m,5,\nb,B,n,,\nc,C,m,,31.02.2026\n",
        people="id,first,last,firm\np,Petra,Novak,a\n",
    )

    assert [counts.used for counts in imported.counts] == [4, 1, 1]
    assert told(imported) == {("d", "d", "revenue_12m"): 5}
    found = imported.cells.found
    assert [(str(cell.place), cell.fact, cell.value, cell.reason) for cell in found] == [
        (
            "firms.csv, row 3 (line 4), column owner", "", "n",
            'unknown reference "n" to team.',
        ),
        (
            "firms.csv, row 1 (line 2), column turnover", "revenue_12m", "12 apples",
            'revenue_12m takes a number, not "12 apples"',
        ),
        (
            "firms.csv, row 4 (line 5), column since", "partnership_start", "31.02.2026",
            'partnership_start takes a date as YYYY-MM-DD or none, not "31.02.2026"',
        ),
    ]  # fmt: skip
    assert (imported.cells.read, imported.cells.known, imported.cells.unknown) == (8, 1, 5)


def test_an_id_that_stands_there_twice_is_a_fault(import_csv: Import) -> None:
    with pytest.raises(SourceError) as error:
        import_csv(firms="id,name\na,A\nb,B\na,C\n", people="id,first,last,firm\n")

    assert faults(error) == [
        'firms.csv, row 3 (line 4), column id: duplicate id "a", also in row 1'
    ]


def test_skipping_bad_rows_counts_and_keeps_them(import_csv: Import) -> None:
    imported = import_csv(
        skip_bad=True,
        firms="id,name,turnover\na,A,12\n,B,lots\n",
        people="id,first,last,firm\np,P,,a\nq,Q,,\nr,R,,nowhere\n",
    )
    firms, people = imported.counts

    assert (firms.read, firms.used, firms.rejected) == (2, 1, 1)
    assert (people.used, people.rejected, people.left_out) == (1, 1, {"no_account": 1})
    assert [(str(f.place), f.value) for f in imported.rejected] == [
        ("firms.csv, row 2 (line 3), column id", None),
        ("people.csv, row 3 (line 4), column firm", "nowhere"),
    ]


@pytest.mark.parametrize(
    "cell", ["", " ", "NULL", "null", "#N/A", "N/A", "\\N", "#REF!", "NaN", "-"]
)
def test_cells_that_say_nothing_leave_facts_unknown(cell: str, import_csv: Import) -> None:
    imported = import_csv(
        firms=f"id,name,turnover,since,status\na,A,{cell},{cell},{cell}\n",
        people=f"id,first,last,firm,rank\np,{cell},Novak,a,{cell}\n",
    )
    (case,) = imported.made.cases()

    assert case.account.ours == {}
    assert (case.people or ())[0].ours == {}
    assert (case.people or ())[0].name == "Novak"


def test_a_surname_may_be_a_word_that_programs_dread(import_csv: Import) -> None:
    imported = import_csv(
        firms="id,name\na,None Ltd\n", people="id,first,last,firm\np,Nil,Null,a\n"
    )
    (case,) = imported.made.cases()

    assert (case.account.name, (case.people or ())[0].name) == ("None Ltd", "Nil Null")


def test_a_cell_in_no_list_stays_unknown_and_is_told(import_csv: Import, told: Told) -> None:
    imported = import_csv(
        firms="id,name\na,A\n", people="id,first,last,firm,rank\np,P,,a,Guru\nq,Q,,a,mgr\n"
    )

    assert told(imported) == {("a", "q", "seniority"): "manager"}
    assert [(cell.fact, cell.value) for cell in imported.cells.found] == [("seniority", "Guru")]


def test_ambiguous_dates_are_asked_about(import_csv: Import, told: Told) -> None:
    texts = {"firms": "id,name,since\na,A,03/04/2026\n", "people": "id,first,last,firm\n"}
    with pytest.raises(SourceError, match="choose: --dates dmy or --dates mdy"):
        import_csv(**texts)

    said = {
        order: told(import_csv(wishes={"dates": order}, **texts))["a", "a", "partnership_start"]
        for order in ("dmy", "mdy")
    }

    assert said == {"dmy": "2026-04-03", "mdy": "2026-03-04"}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-04-03", date(2026, 4, 3)),
        ("2026-04-03T23:59:00.000+0200", date(2026, 4, 3)),
        ("2026/4/3 10:00", date(2026, 4, 3)),
        ("03.04.2026", date(2026, 4, 3)),
        ("25/12/2026", date(2026, 12, 25)),
        ("12/25/2026", date(2026, 12, 25)),
        ("04/04/2026", date(2026, 4, 4)),
        ("1793404800000", date(2026, 10, 31)),
        ("Nov 1, 2026 10:12 AM", date(2026, 11, 1)),
        ("1 листопада 2026 р., 10:12", date(2026, 11, 1)),
    ],
)
def test_dates_that_can_mean_one_day_only_are_read(text: str, day: date) -> None:
    assert read_day(text, None) == day


@pytest.mark.parametrize(
    "text", ["3/4/26", "2026-13-01", "45000", "yesterday", "2026-1", "٢٠٢٦-٠١-٠١"]
)
def test_other_texts_are_no_dates(text: str) -> None:
    assert isinstance(read_day(text, "dmy"), Bad)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.sampled_from(["dmy", "mdy"]))
def test_a_date_written_in_an_order_that_is_told_is_that_date(day: date, order: str) -> None:
    text = f"{day:%d/%m/%Y}" if order == "dmy" else f"{day:%m/%d/%Y}"

    assert read_day(text, order) == day


@given(st.text())
def test_a_tidy_text_is_one_printable_line(text: str) -> None:
    assert tidy(text).isprintable()


def test_a_quote_that_is_never_closed_is_an_error(import_csv: Import) -> None:
    with pytest.raises(KamError, match=r"firms\.csv:3: is not valid CSV: unclosed quote"):
        import_csv(firms='id,name\na,"A\nb,B\n', people="id,first,last,firm\n", skip_bad=True)


def test_a_column_that_is_there_twice_is_an_error(import_csv: Import) -> None:
    with pytest.raises(KamError, match='duplicate column "name"'):
        import_csv(firms="id,name,name\na,A,B\n", people="id,first,last,firm\n")


def test_a_column_that_is_missing_is_told_with_the_nearest(import_csv: Import) -> None:
    with pytest.raises(KamError, match=r'firms\.csv, line 1: no column "id". Did you mean "idd"'):
        import_csv(firms="idd,name\na,A\n", people="id,first,last,firm\n")


def test_names_of_two_lead_nowhere(files: Write, bring: Bring) -> None:
    mapping = MAPPING.replace("account: firm", "account: {column: firm, by: name}")
    files(".yaml", mapping=mapping)
    folder = files(firms="id,name\na,Alpha\nb,ALPHA\n", people="id,first,last,firm\np,P,,alpha\n")

    with pytest.raises(SourceError, match=r'"alpha" is the name of two accounts .*; refer by id'):
        bring(folder)


def test_empty_lines_are_no_rows(import_csv: Import) -> None:
    firms = "id,name\n\na,A\n\n,\nb,B\n,\n,,,\n"
    imported = import_csv(firms=firms, people="id,first,last,firm\n\n")

    assert [counts.read for counts in imported.counts] == [2, 0]


def test_control_characters_do_not_reach_a_case(import_csv: Import) -> None:
    imported = import_csv(
        firms="id,name\na,A\x07\u202eB\n", people='id,first,last,firm\np,"P\r\nQ",,a\n'
    )
    (case,) = imported.made.cases()

    assert case.account.name == "A B"
    assert (case.people or ())[0].name == "P Q"


@pytest.mark.parametrize("cell", ["x" * 201, "x" * 5000])
def test_a_name_without_end_is_left_out_and_told(cell: str, import_csv: Import) -> None:
    imported = import_csv(firms=f"id,name\na,{cell}\n", people="id,first,last,firm\n")

    assert [case.account.name for case in imported.made.cases()] == ["a"]
    assert [c.reason for c in imported.cells.found] == ["is longer than 200 characters"]


def test_thousands_of_faults_are_told_in_a_hundred_lines(import_csv: Import) -> None:
    rows = "".join(f"p{n},P,,nowhere{n}\n" for n in range(3000))
    with pytest.raises(SourceError) as error:
        import_csv(firms="id,name\na,A\n", people=f"id,first,last,firm\n{rows}")

    assert len(faults(error)) == 101
    assert faults(error)[-1] == "... and 2900 more"
