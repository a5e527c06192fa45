"""Results for other programs: tables, tasks of a CRM, dates; nothing in them runs."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import icalendar
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from kam_expert.cli import kam
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.writing.run_files import read_table, write_table
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.csv_cells import ANY, guarded, unguarded
from kam_expert.outputs.crm_tasks import COLUMNS, tasks, to_do
from kam_expert.outputs.diagnosis_tables import TABLES, diagnosis_tables
from kam_expert.outputs.step_calendar import step_calendar
from kam_expert.outputs.table_files import csv_text, tables_workbook
from kam_expert.resources import rules_folder
from tests.shipped import examples_of

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis

EXAMPLES = rules_folder().parent / "examples"
CASE = EXAMPLES / "barricaded_butterfly.yaml"
#: An example of each method with much to do.
TROUBLED = ("barricaded_butterfly", "dairy_that_feels_trapped")
DAY = date(2026, 11, 23)
INJECTIONS = (
    "=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1+1", "\r=1", " =1", "'=1", "\uff1d1",
    "A;=1+1", "A,@SUM(1)", 'x"\n-2',
)  # fmt: skip
BEGINNINGS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def judged(base: KnowledgeBase) -> tuple[Diagnosis, Tables]:
    return judge(base, "ТОВ «Приклад»", "en")


def judge(base: KnowledgeBase, name: str, lang: str) -> tuple[Diagnosis, Tables]:
    [path] = [path for path in examples_of(base) if path.stem in TROUBLED]
    case = read_case(path, base)
    case = replace(case, account=replace(case.account, name=name), owner=name)
    diagnosis = diagnose(case, base, DAY, PlainEngine())
    return diagnosis, diagnosis_tables(diagnosis, case, base, lang)


def run(*words: str | Path) -> Any:
    return CliRunner().invoke(kam, [*map(str, words), "--date", DAY.isoformat()])


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


# Tables


@pytest.mark.every_method
def test_tables_hold_what_the_diagnosis_holds(judged: tuple[Diagnosis, Tables]) -> None:
    diagnosis, tables = judged

    assert [row["finding"] for row in tables["findings"]] == [f.id for f in diagnosis.findings]
    assert [row["step"] for row in tables["steps"]] == [s.id for s in diagnosis.next_steps]
    assert [row["fact"] for row in tables["questions"]] == [
        q.fact for q in diagnosis.open_questions
    ]
    assert tables["accounts"][0]["stage"] == diagnosis.stage.verdict
    for name, rows in tables.items():
        for row in rows:
            assert list(row) == list(TABLES[name])
            assert all(
                value is None or isinstance(value, kind)
                for value, kind in zip(row.values(), TABLES[name].values(), strict=True)
            )


@pytest.mark.parametrize("what", TABLES)
def test_every_form_of_a_table_says_the_same(what: str, tmp_path: Path) -> None:
    for ending in ("csv", "jsonl", "parquet", "xlsx"):
        result = run("export", CASE, "-o", tmp_path / f"table.{ending}", "--what", what)
        assert result.exit_code == 0, result.output

    lines = (tmp_path / "table.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    parquet = pl.read_parquet(tmp_path / "table.parquet").to_dicts()
    assert [json.loads(json.dumps(row, default=str)) for row in parquet] == rows
    read = read_csv(tmp_path / "table.csv")
    assert [{key: unguarded(text) for key, text in row.items()} for row in read] == [
        {key: _in_csv(value) for key, value in row.items()} for row in rows
    ]
    with CalamineWorkbook.from_path(tmp_path / "table.xlsx") as book:
        head, *below = book.get_sheet_by_name(what).to_python()
    assert head == list(TABLES[what])
    assert len(below) == len(rows)


def _in_csv(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_a_workbook_holds_all_tables(tmp_path: Path) -> None:
    result = run("export", CASE, EXAMPLES / "doubled_channel.yaml", "-o", tmp_path / "all.xlsx")

    with CalamineWorkbook.from_path(tmp_path / "all.xlsx") as book:
        assert book.sheet_names == list(TABLES)
        assert len(book.get_sheet_by_name("accounts").to_python()) == 3
    assert "2 accounts" in result.stderr


def test_the_same_diagnosis_gives_the_same_bytes(tmp_path: Path) -> None:
    for ending in ("xlsx", "csv", "jsonl", "parquet", "ics"):
        for name in ("one", "other"):
            run("export", CASE, "-o", tmp_path / f"{name}.{ending}")

        one, other = (tmp_path / f"{name}.{ending}" for name in ("one", "other"))
        assert one.read_bytes() == other.read_bytes()


# Nothing runs


@given(text=st.text() | st.text("=+-@',; \t\r\n\uff1da"))
@example("'=1")
@example(",' =")
def test_a_guarded_text_comes_back_and_begins_no_formula(text: str) -> None:
    stands = guarded(text)

    assert unguarded(stands) == text
    for part in re.split(r"[;,\t\r\n]", stands):
        assert part.lstrip()[:1] not in BEGINNINGS


@given(text=st.text() | st.text("=+-@',; \t\r\n\uff1da"))
def test_a_text_is_changed_only_where_a_column_looks_for_it(text: str) -> None:
    found = pl.Series([text, guarded(text)], dtype=pl.String).str.contains(ANY)

    assert found[0] or guarded(text) == text
    assert found[1] or unguarded(guarded(text)) == guarded(text)


@pytest.mark.parametrize("text", INJECTIONS)
def test_names_in_csv_and_workbooks_do_not_run(text: str, base: KnowledgeBase) -> None:
    diagnosis, tables = judge(base, text, "en")
    made = [csv_text(tables[name], list(TABLES[name])) for name in tables]
    for system, columns in COLUMNS.items():
        for everything in (False, True):
            rows = tasks(system, diagnosis, to_do(tables, everything=everything))
            made.append(csv_text(rows, columns))

    for written in made:
        for row in csv.reader(io.StringIO(written, newline="")):
            assert not any(cell.lstrip()[:1] in BEGINNINGS for cell in row if cell.strip())
    columns_of = {name: list(columns) for name, columns in TABLES.items()}
    with zipfile.ZipFile(io.BytesIO(tables_workbook(tables, columns_of, DAY))) as book:
        sheets = b"".join(book.read(n) for n in book.namelist() if "worksheets" in n)
    assert b"<f>" not in sheets
    assert b"hyperlink" not in sheets


def test_the_tables_of_a_portfolio_in_csv_are_guarded_and_come_back(tmp_path: Path) -> None:
    table = pl.DataFrame({"account": [*INJECTIONS, None, "plain", "-"], "order": -1})

    write_table(table, tmp_path / "steps.csv", "csv")
    text = (tmp_path / "steps.csv").read_text("utf-8-sig")
    again = read_table(tmp_path, "steps").collect()

    assert again["account"].to_list() == table["account"].to_list()
    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    assert not any(cell.lstrip()[:1] in BEGINNINGS for cell in cells)


def test_tables_of_cases_that_are_guarded_are_read_as_they_were(
    base: KnowledgeBase, tmp_path: Path
) -> None:
    names = [text for text in INJECTIONS if text == text.strip()]
    rows = [{"account": f"a{at}", "name": name} for at, name in enumerate(names)]
    text = csv_text(rows, ["account", "name"])
    (tmp_path / "accounts.csv").write_text(text, encoding="utf-8", newline="")

    with open_source(tmp_path, base, DAY) as source:
        read = [source.case(row["account"]).account.name for row in rows]

    assert read == names


# Tasks


@pytest.mark.parametrize("everything", [False, True])
def test_tasks_have_the_columns_and_words_of_each_crm(
    judged: tuple[Diagnosis, Tables], *, everything: bool
) -> None:
    diagnosis, tables = judged
    now = to_do(tables, everything=everything)

    salesforce = tasks("salesforce", diagnosis, now)
    hubspot = tasks("hubspot", diagnosis, now)

    assert len(salesforce) == len(hubspot) == len(now) > 0
    for row, other, step in zip(salesforce, hubspot, now, strict=True):
        assert tuple(row) == COLUMNS["salesforce"]
        assert tuple(other) == COLUMNS["hubspot"]
        assert row["Priority"] in ("High", "Normal", "Low")
        assert row["ActivityDate"] == step["due"]
        assert row["BeginDate"] == other["begin_date"] == step.get("begin")
        assert len(row["Subject"]) <= 255
        assert step["name"] in row["Subject"]
        assert row["WhatId"] is None
        assert row["AccountExternalId"] == step["account"]
        assert other["hs_task_status"] == "NOT_STARTED"
        assert other["hs_timestamp"] == f"{step['due']}T09:00:00Z"


def test_tasks_are_the_moves_or_every_step_that_can_be_taken_now(
    judged: tuple[Diagnosis, Tables],
) -> None:
    diagnosis, tables = judged

    moves, everything = to_do(tables), to_do(tables, everything=True)

    assert [row["step"] for row in moves] == [move.step for move in diagnosis.plan.moves]
    assert all(row["begin"] <= row["due"] for row in moves)
    assert {(row["step"], row["about"]) for row in everything} == {
        (step.id, step.about.id) for step in diagnosis.next_steps if not step.held_back_by
    }
    assert 0 < len(moves) < len(everything) < len(tables["steps"])


def test_the_table_of_the_plan_has_every_step_in_one_part(
    judged: tuple[Diagnosis, Tables],
) -> None:
    diagnosis, tables = judged
    rows = tables["plan"]

    in_plan = [
        (name, about)
        for row in rows
        if row["part"] != "keep_doing"
        for name in (row["step"], *row["with"])
        for about in row["about"]
    ]

    assert {(s.id, s.about.id) for s in diagnosis.next_steps} <= set(in_plan)
    assert [row["place"] for row in rows if row["part"] == "move"] == [
        move.place for move in diagnosis.plan.moves
    ]
    assert all(row["waits_for"] for row in rows if row["part"] == "waits")
    assert all(row["why"] for row in rows if row["part"] in ("move", "later"))
    places = {(row["step"], row["about"]): row["place"] for row in tables["steps"]}
    for row in rows:
        for about in row["about"] if row["part"] == "move" else ():
            assert places[row["step"], about] == row["place"]


def test_an_id_of_the_crm_is_where_the_task_hangs(judged: tuple[Diagnosis, Tables]) -> None:
    diagnosis, tables = judged
    step = {**tables["steps"][0], "held_back_by": []}

    (row,) = tasks("salesforce", diagnosis, [{**step, "account": "0015g00000ABCdeAAG"}])
    (other,) = tasks("hubspot", diagnosis, [{**step, "account": "8123456"}])

    assert row["WhatId"] == "0015g00000ABCdeAAG"
    assert other["company_id"] == "8123456"


def test_tasks_are_written_by_the_command(tmp_path: Path) -> None:
    few = run("export", CASE, "-o", tmp_path / "few.csv", "--what", "salesforce")
    all_ = run("export", CASE, "-o", tmp_path / "all.csv", "--what", "salesforce", "--everything")

    moves, steps = (read_csv(tmp_path / f"{name}.csv") for name in ("few", "all"))
    assert f"{len(moves)} moves; " in few.stderr
    assert "more steps are not in the plan and are left out" in few.stderr
    assert f"{len(steps)} steps; " in all_.stderr
    assert "more wait and are left out" in all_.stderr
    assert len(moves) < len(steps)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", moves[0]["ActivityDate"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", moves[0]["BeginDate"])
    assert not steps[0]["BeginDate"]


def test_everything_is_for_tasks_and_dates_only(tmp_path: Path) -> None:
    result = run("export", CASE, "-o", tmp_path / "out.csv", "--what", "plan", "--everything")

    assert "--everything belongs to tasks and calendars" in str(result.exception)


# Dates


@pytest.mark.parametrize("lang", ["uk", "en"])
@pytest.mark.parametrize("everything", [False, True])
def test_a_calendar_has_a_move_from_its_first_day_to_its_last_and_a_step_on_its_day(
    lang: str, base: KnowledgeBase, *, everything: bool
) -> None:
    diagnosis, tables = judge(base, "A, «Б»; \\ В" + "ї" * 90, lang)
    now = to_do(tables, everything=everything)

    data = step_calendar([(diagnosis.account_name, s) for s in now], DAY, lang)
    events: list[Any] = list(icalendar.Calendar.from_ical(data).walk("VEVENT"))

    first = [step["due"] if everything else step["begin"] for step in now]
    assert [event.decoded("dtstart") for event in events] == first
    last = [event.decoded("dtend") - timedelta(1) for event in events]
    assert last == [step["due"] for step in now]
    for event, step in zip(events, now, strict=True):
        assert str(event["summary"]).startswith(f"{diagnosis.account_name}: {step['name']}")
        assert step["do"] in str(event["description"])
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    assert len({str(event["uid"]) for event in events}) == len(events)


def test_a_later_calendar_moves_the_same_events(base: KnowledgeBase) -> None:
    case = read_case(CASE, base)
    found = []
    for day in (DAY, DAY + timedelta(30)):
        diagnosis = diagnose(case, base, day, PlainEngine())
        tables = diagnosis_tables(diagnosis, case, base, "en")
        steps = [("A", s) for s in to_do(tables)]
        calendar: Any = icalendar.Calendar.from_ical(step_calendar(steps, day, "en"))
        found.append({str(e["uid"]): e for e in calendar.walk("VEVENT")})
    first, later = found

    both = first.keys() & later.keys()
    assert both
    assert all(later[uid]["sequence"] > first[uid]["sequence"] for uid in both)


def test_a_name_cannot_add_lines_to_a_calendar(base: KnowledgeBase) -> None:
    diagnosis, tables = judge(base, "A\r\nATTACH:http://example.org/\x0bB", "en")

    data = step_calendar([(diagnosis.account_name, s) for s in tables["steps"]], DAY, "en")

    unfolded = data.replace(b"\r\n ", b"").split(b"\r\n")
    assert not any(line.startswith(b"ATTACH") for line in unfolded)


# The command


@pytest.mark.parametrize(
    ("name", "what", "says"),
    [
        (
            "out.ics",
            "findings",
            "is written as .xlsx, .csv, .jsonl, .parquet, not as .ics",
        ),
        ("out.xlsx", "salesforce", '"salesforce" is written as .csv, not as .xlsx'),
        ("out.csv", "calendar", '"calendar" is written as .ics, not as .csv'),
        ("out", "steps", "not as no suffix"),
    ],
)
def test_a_form_that_does_not_fit_is_told_with_those_that_do(
    name: str, what: str, says: str, tmp_path: Path
) -> None:
    result = run("export", CASE, "-o", tmp_path / name, "--what", what)

    assert isinstance(result.exception, KamError)
    assert says in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_case_is_neither_overwritten_nor_counted_twice(tmp_path: Path) -> None:
    copy = tmp_path / "copy.xlsx"
    run_template = CliRunner().invoke(kam, ["template", str(copy), "--from", str(CASE)])
    assert run_template.exit_code == 0

    over = run("export", copy, "-o", copy)
    twice = run("export", CASE, copy, "-o", tmp_path / "out.csv")

    assert "the export would overwrite it" in str(over.exception)
    assert "another case is about the account" in str(twice.exception)


@pytest.mark.parametrize(
    ("library", "name", "extra"),
    [("icalendar", "out.ics", "calendar"), ("xlsxwriter", "out.xlsx", "excel")],
)
def test_a_missing_library_is_named_with_what_installs_it(
    library: str, name: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)

    result = run("export", CASE, "-o", tmp_path / name)

    assert f"pip install kam-expert[{extra}]" in str(result.exception)
