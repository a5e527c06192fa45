"""The plan as text, JSON, page, PDF, workbook, calendar and tasks, and in report and session.

With --all on further examples and random accounts.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import icalendar
import pypdf
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from markupsafe import escape
from python_calamine import CalamineWorkbook
from random_cases import built, random_case

from kam_expert.cli import kam
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.planning import PlanLimits, replanned
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import KamError
from kam_expert.facts.case import StepNote
from kam_expert.facts.plan_entries import PlanEntry
from kam_expert.outputs.crm_tasks import COLUMNS, tasks, to_do
from kam_expert.outputs.diagnosis_tables import TABLES, diagnosis_tables
from kam_expert.outputs.html import render_report
from kam_expert.outputs.json_document import as_data
from kam_expert.outputs.json_plan import PlanDocument, render_plan_json
from kam_expert.outputs.plan_html import render_plan_page
from kam_expert.outputs.plan_shown import shown_plan, why_there
from kam_expert.outputs.plan_text import render_plan
from kam_expert.outputs.step_calendar import step_calendar
from kam_expert.outputs.text import render_text
from kam_expert.outputs.wording import Words
from tests.command import run_kam
from tests.sampling import few_of
from tests.shipped import EXAMPLES, NAMES, example, shipped_base

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis

BASE = shipped_base()
DAY = date(2026, 11, 23)
LANGUAGES = ("uk", "en")
CASE = EXAMPLES / "barricaded_butterfly.yaml"
SCHEMA = Path(__file__).parent.parent / "schemas" / "plan.schema.json"
HOSTILE = "</title><script>alert(1)</script> {{7*7}}"


@cache
def judged(name: str) -> Diagnosis:
    return diagnose(example(name), BASE, DAY, PlainEngine())


@cache
def random_account(base: KnowledgeBase, seed: int) -> tuple[Case, Diagnosis]:
    random = Random(seed)
    case = built(random_case(base, random, contacts=random.randrange(1, 9)), base)
    return case, diagnose(case, base, DAY, PlainEngine())


def run(*words: str | Path) -> Any:
    return CliRunner().invoke(kam, ["plan", *map(str, words), "--date", DAY.isoformat()])


# Words


@pytest.mark.every_method
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("seed", few_of(range(20), 8))
def test_every_move_says_in_a_sentence_why_it_is_where_it_is(
    base: KnowledgeBase, seed: int, lang: str
) -> None:
    case, diagnosis = random_account(base, seed)

    plan = shown_plan(diagnosis, Words(base, case, lang, DAY))

    assert len(plan.moves) == len(diagnosis.plan.moves)
    for move in plan.moves:
        assert move.why.endswith(".")
        assert not re.search(r"[{}]|: \.|“”|«»", move.why), move.why
        assert move.begin <= move.due
        assert move.do
        assert move.success
    assert all(left.reason for left in plan.later)
    assert all(left.waits_for and all(left.waits_for) for left in plan.waits)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_purposes_of_every_strategy_read_as_infinitives(lang: str) -> None:
    words = Words(BASE, example(NAMES[0]), lang, DAY)
    first = {
        name: step for step, doc in BASE.steps.items() for name in [doc.purpose]
    }  # a step of each purpose
    for strategy in BASE.strategies:
        for by, purposes in (("purpose", strategy.first), ("next", strategy.then)):
            for purpose in purposes:
                said = why_there(by, first[purpose], strategy.id, words)
                text = BASE.step_book.purposes[purpose].get(lang)
                verb = text.split()[0].strip(",")
                assert said.endswith(f"{text}.")
                assert words.finding(strategy.id) in said
                # The sentences need "to" before it in English, an infinitive in Ukrainian.
                assert verb.endswith(("ти", "тися")) if lang == "uk" else verb != "to"


def test_a_note_sets_owner_and_day_of_a_move() -> None:
    case = example("barricaded_butterfly")
    step = judged("barricaded_butterfly").plan.moves[1].step
    notes = replace(case.notes, steps={step: StepNote(owner="Назар", due=date(2026, 11, 24))})
    case = replace(case, notes=notes)
    diagnosis = diagnose(case, BASE, DAY, PlainEngine())

    moves = shown_plan(diagnosis, Words(BASE, case, "uk", DAY)).moves

    [move] = [m for m in moves if m.move.step == step]
    assert move.who == "Назар"
    assert move.due == date(2026, 11, 24)
    assert move.begin <= move.due


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_move_that_needs_the_customer_says_so(lang: str) -> None:
    shown = {"uk": "потрібна участь клієнта", "en": "needs the customer"}[lang]
    seen = set()
    for name in NAMES:
        for move in shown_plan(judged(name), Words(BASE, example(name), lang, DAY)).moves:
            needs = any(BASE.steps[s].with_customer for s in move.move.steps)
            assert (shown in move.facts) == needs
            seen.add(needs)
    assert seen == {True, False}


# Text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", few_of(NAMES, 4))
def test_the_text_has_every_step_within_80_columns(name: str, lang: str) -> None:
    diagnosis = judged(name)
    words = Words(BASE, example(name), lang, DAY)

    text = render_plan(diagnosis, example(name), BASE, lang)
    report = render_text(diagnosis, example(name), BASE, lang)

    flat, in_report = " ".join(text.split()), " ".join(report.split())
    assert all(len(line) <= 80 for line in (*text.splitlines(), *report.splitlines()))
    plan = shown_plan(diagnosis, words)
    for said in itertools.chain(
        (left.name for left in (*plan.later, *plan.waits)),
        (part for move in plan.moves for part in (move.name, move.why, *move.do, *move.success)),
        (kept for kept, _ in plan.keep_doing),
    ):
        # A line may be broken after a hyphen.
        assert _squeezed(said) in _squeezed(flat)
        assert _squeezed(said) in _squeezed(in_report)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def test_what_goes_on_is_in_every_form() -> None:
    diagnosis = judged("diamond_with_conductor")
    case = example("diamond_with_conductor")
    kept = [name for name, _ in shown_plan(diagnosis, Words(BASE, case, "en", DAY)).keep_doing]
    assert kept

    text = render_plan(diagnosis, case, BASE, "en")
    page = render_plan_page(diagnosis, case, BASE, "en")
    report = render_report(diagnosis, case, BASE, "en")
    data = json.loads(render_plan_json(diagnosis, case, BASE))

    for name in kept:
        assert _squeezed(name) in _squeezed(text)
        assert str(escape(name)) in page
        assert str(escape(name)) in report
    assert [part["step"] for part in data["keep_doing"]] == [
        k.step for k in diagnosis.plan.keep_doing
    ]


# JSON


@pytest.mark.every_method
@pytest.mark.parametrize("seed", few_of(range(20), 8))
def test_json_has_the_published_shape_and_every_step_once(base: KnowledgeBase, seed: int) -> None:
    case, diagnosis = random_account(base, seed)

    data = json.loads(render_plan_json(diagnosis, case, base))

    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(data)
    PlanDocument.model_validate(data)
    assert list(data) == [
        "account", "date", "strategy", "causes", "moves", "own", "later", "waits", "keep_doing",
        "done", "dropped", "theirs", "tasks",
    ]  # fmt: skip
    first = len(data["own"]) + 1
    assert [m["place"] for m in data["moves"]] == [*range(first, first + len(data["moves"]))]
    found = [
        (name, about["id"])
        for part in ("moves", "later", "waits")
        for entry in data[part]
        for name in (entry["step"], *entry["with"])
        for about in entry["about"]
    ]
    # What was done lately rests.
    done = {entry["step"] for entry in data["done"]}
    proposed = {(s.id, s.about.id) for s in diagnosis.next_steps if s.id not in done}
    assert proposed <= set(found)
    assert all(entry["for"] for entry in data["waits"])
    assert sum(m["effort"] for m in data["moves"]) <= diagnosis.plan.capacity


@pytest.mark.every_method
@pytest.mark.parametrize("seed", few_of(range(10), 4))
def test_the_json_of_a_diagnosis_carries_the_plan(base: KnowledgeBase, seed: int) -> None:
    case, diagnosis = random_account(base, seed)

    data = as_data(diagnosis, case, base)
    plan = json.loads(render_plan_json(diagnosis, case, base))

    assert {key: plan[key] for key in data["plan"]} == json.loads(json.dumps(data["plan"]))
    places = {
        (name, about["id"]): move["place"]
        for move in data["plan"]["moves"]
        for name in (move["step"], *move["with"])
        for about in move["about"]
    }
    assert places
    for step in data["next_steps"]:
        place = places.get((step["id"], step["about"]["id"]))
        assert (step["place"], step["in_plan"]) == (place, place is not None)
        assert step["effort"] == base.steps[step["id"]].effort


def test_a_chosen_strategy_is_the_one_of_the_plan(tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    text = CASE.read_text("utf-8") + "\nstrategy: {id: level, reason: Так вирішила команда}\n"
    case.write_text(text, encoding="utf-8")

    result = run(case, "--json")

    strategy = json.loads(result.stdout)["strategy"]
    assert strategy == {"id": "level", "status": "chosen", "firm": True, "reasons": []}


# The page


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", few_of(NAMES, 4))
def test_the_page_has_the_whole_plan_and_no_scripts(name: str, lang: str) -> None:
    case = example(name)
    case = replace(case, account=replace(case.account, name=HOSTILE))
    diagnosis = replace(judged(name), account_name=HOSTILE)

    page = render_plan_page(diagnosis, case, BASE, lang)

    assert "<script" not in page
    assert str(escape(HOSTILE)) in page
    plan = shown_plan(diagnosis, Words(BASE, case, lang, DAY))
    for move in plan.moves:
        assert str(escape(move.name)) in page
        assert str(escape(move.why)) in page
    for left in (*plan.later, *plan.waits):
        assert str(escape(left.name)) in page


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", few_of(NAMES, 1))
def test_the_pdf_is_one_sheet_of_a4(name: str, lang: str, tmp_path: Path) -> None:
    result = run(EXAMPLES / f"{name}.yaml", "--lang", lang, "-o", tmp_path / "plan.pdf")

    assert result.exit_code == 0, result.output
    [sheet] = pypdf.PdfReader(tmp_path / "plan.pdf").pages
    assert [round(float(x)) for x in sheet.mediabox[2:]] == [595, 842]
    text = " ".join(sheet.extract_text().split())
    for step in (move.step for move in judged(name).plan.moves):
        assert _squeezed(BASE.steps[step].name.get(lang).partition("{")[0]) in _squeezed(text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_theme_of_the_firm_is_on_the_page(lang: str, tmp_path: Path) -> None:
    theme = Path(__file__).parent / "data" / "firm_theme.yaml"
    name = re.search(r"^name: (.*)$", theme.read_text("utf-8"), re.MULTILINE)
    assert name

    run(CASE, "--lang", lang, "--theme", theme, "-o", tmp_path / "plan.html")

    assert name[1].strip("\"'") in (tmp_path / "plan.html").read_text("utf-8")


# Report and session


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_report_and_the_session_begin_with_the_moves(lang: str, tmp_path: Path) -> None:
    diagnosis, case = judged("barricaded_butterfly"), example("barricaded_butterfly")
    plan = shown_plan(diagnosis, Words(BASE, case, lang, DAY))
    copy = tmp_path / "case.yaml"
    copy.write_text(CASE.read_text("utf-8"), encoding="utf-8")

    page = render_report(diagnosis, case, BASE, lang)
    result = run_kam("session", copy, "--date", DAY.isoformat(), "--lang", lang, lines="stop\n")

    first = page[page.index('<section id="brief">') : page.index("</section>")]
    section = page[page.index("<section id=steps>") :]
    links = [f"<a href=#s{m.move.place}>{escape(m.name)}" for m in plan.moves]
    assert all(link in first for link in links)
    places = [section.index(f"<li id=s{m.move.place}>") for m in plan.moves]
    assert places == sorted(places)
    assert places[-1] < section.index("<div id=later>") < section.index("<div id=waits>")
    shown = _squeezed(result.out)
    for move in plan.moves:
        assert str(escape(move.why)) in section
        assert _squeezed(move.name) in shown
        assert _squeezed(move.why) in shown
        assert all(_squeezed(fact) in shown for fact in move.facts)


# Files


def test_a_workbook_a_table_and_tasks_of_each_crm(tmp_path: Path) -> None:
    moves = judged("barricaded_butterfly").plan.moves
    for name, options in {
        "plan.xlsx": (),
        "plan.csv": (),
        "salesforce.csv": ("--tasks", "salesforce"),
        "hubspot.xlsx": ("--tasks", "hubspot"),
    }.items():
        assert run(CASE, "-o", tmp_path / name, *options).exit_code == 0

    with CalamineWorkbook.from_path(tmp_path / "plan.xlsx") as book:
        assert book.sheet_names == ["plan"]
        head, *rows = book.get_sheet_by_name("plan").to_python()
    assert head == list(TABLES["plan"])
    [part, step] = (head.index(name) for name in ("part", "step"))
    assert [row[step] for row in rows if row[part] == "move"] == [move.step for move in moves]
    table = list(csv.DictReader(io.StringIO((tmp_path / "plan.csv").read_text("utf-8-sig"))))
    assert [row["step"] for row in table] == [row[step] for row in rows]
    salesforce = (tmp_path / "salesforce.csv").read_text("utf-8-sig")
    tasks = list(csv.DictReader(io.StringIO(salesforce)))
    assert list(tasks[0]) == list(COLUMNS["salesforce"])
    case = example("barricaded_butterfly")
    shown = shown_plan(judged("barricaded_butterfly"), Words(BASE, case, "uk", DAY)).moves
    assert [row["ActivityDate"] for row in tasks] == [move.due.isoformat() for move in shown]
    with CalamineWorkbook.from_path(tmp_path / "hubspot.xlsx") as book:
        assert len(book.get_sheet_by_name("hubspot").to_python()) == len(moves) + 1


def test_a_calendar_has_the_days_of_the_moves(tmp_path: Path) -> None:
    run(CASE, "-o", tmp_path / "plan.ics")

    calendar: Any = icalendar.Calendar.from_ical((tmp_path / "plan.ics").read_bytes())
    assert [event.decoded("dtstart") for event in calendar.walk("VEVENT")] == [
        move.begin for move in judged("barricaded_butterfly").plan.moves
    ]


@pytest.mark.parametrize(("moves", "capacity"), [(1, 20), (5, 3), (5, 0), (9, 60)])
def test_moves_and_capacity_limit_the_plan(moves: int, capacity: int) -> None:
    result = run(CASE, "--moves", str(moves), "--capacity", str(capacity), "--json")

    found = json.loads(result.stdout)
    plan = replanned(judged("barricaded_butterfly"), BASE, PlanLimits(moves, capacity)).plan
    assert [move["step"] for move in found["moves"]] == [move.step for move in plan.moves]
    assert len(found["moves"]) <= moves
    assert sum(move["effort"] for move in found["moves"]) <= capacity
    assert [left["step"] for left in found["later"]] == [left.step for left in plan.later]
    listed = {
        step
        for part in ("moves", "later", "waits")
        for entry in found[part]
        for step in (entry["step"], *entry["with"])
    }
    assert {step.id for step in judged("barricaded_butterfly").next_steps} <= listed


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-o", "plan.docx"], "a plan is written as .html, .htm, .pdf"),
        (["-o", "plan"], "not as no suffix"),
        (["-o", "plan.html", "--json"], "--json writes .json, not .html"),
        (["-o", "plan.html", "--tasks", "hubspot"], "tasks are written as .csv or .xlsx"),
        (["--tasks", "hubspot"], "--tasks needs -o FILE.csv or -o FILE.xlsx"),
        (["keep_small_promise"], 'Did you mean "keep_small_promises"?'),
        (["keep_small_promises", "-o", "plan.pdf"], "is written as .txt or .json"),
        (["--date", "tomorrow"], "--date takes YYYY-MM-DD"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    dated = [] if "--date" in words else ["--date", DAY.isoformat()]
    result = CliRunner().invoke(kam, ["plan", str(CASE), *words, *dated])

    assert isinstance(result.exception, KamError)
    assert says in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_the_case_is_not_overwritten(tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    data = {"kam": 1, "account": {"id": "a", "name": "A"}}
    copy.write_text(json.dumps(data), encoding="utf-8")

    result = run(copy, "-o", copy)

    assert "the plan would overwrite it" in str(result.exception)
    assert json.loads(copy.read_text("utf-8")) == data


def test_an_account_of_which_nothing_is_known_has_a_plan_without_an_error(tmp_path: Path) -> None:
    copy = tmp_path / "empty.json"
    copy.write_text(json.dumps({"kam": 1, "account": {"id": "a", "name": "A"}}), encoding="utf-8")

    for lang in LANGUAGES:
        for form in ("html", "json", "txt", "ics", "csv", "xlsx"):
            assert run(copy, "--lang", lang, "-o", tmp_path / f"p.{form}").exit_code == 0


# What was agreed


def agreed_example() -> Case:
    """Return an example with entries of every status, one of a step that is proposed."""
    case = example("barricaded_butterfly")
    step = judged("barricaded_butterfly").plan.moves[2].step
    entries = (
        PlanEntry("a1", step=step, owner="Olena", status="begun", due=date(2026, 11, 20)),
        PlanEntry("a2", text="Lunch with the engineer", due=date(2026, 12, 1)),
        PlanEntry("a3", text="Visit", status="done", done_on=date(2026, 11, 2), result="partly"),
        PlanEntry("a4", text="Gala", status="dropped", reason="Too costly"),
        PlanEntry("a5", text="Data about stoppages", side="theirs", due=date(2026, 12, 5)),
    )
    return replace(case, plan=entries)


def test_every_form_shows_what_was_agreed() -> None:
    case = agreed_example()
    diagnosis = diagnose(case, BASE, DAY, PlainEngine())
    shown = shown_plan(diagnosis, Words(BASE, case, "en", DAY))
    data = json.loads(render_plan_json(diagnosis, case, BASE))
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(data)

    parts = {
        part: [entry["id"] for entry in data[part]] for part in ("own", "done", "dropped", "theirs")
    }
    assert parts == {"own": ["a2"], "done": ["a3"], "dropped": ["a4"], "theirs": ["a5"]}
    move = next(move for move in data["moves"] if move["entry"])
    assert (move["entry"]["id"], move["entry"]["late"], move["due"]) == ("a1", True, "2026-11-20")
    assert move["who"] == {"uk": "Olena", "en": "Olena"}
    (taken_on,) = [found for found in shown.moves if found.move.entry]
    assert (taken_on.status, taken_on.facts[0]) == ("late", "late")
    for text in (
        " ".join(render_plan(diagnosis, case, BASE, "en").split()),
        render_plan_page(diagnosis, case, BASE, "en"),
        render_report(diagnosis, case, BASE, "en"),
        " ".join(render_text(diagnosis, case, BASE, "en").split()),
    ):
        for said in ("Lunch with the engineer", "Visit", "it worked in part", "Gala", "Too costly",
                     "Data about stoppages", "late"):  # fmt: skip
            assert said in text


def test_tables_tasks_and_calendar_have_what_was_agreed() -> None:
    case = agreed_example()
    diagnosis = diagnose(case, BASE, DAY, PlainEngine())
    tables = diagnosis_tables(diagnosis, case, BASE, "en")

    rows = {row["entry"]: row for row in tables["plan"] if row["entry"]}
    assert [rows[f"a{n}"]["part"] for n in range(1, 6)] == [
        "move", "own", "done", "dropped", "theirs",
    ]  # fmt: skip
    todo = to_do(tables)
    assert {"a1", "a2"} <= {row["entry"] for row in todo}
    assert not {"a3", "a4", "a5"} & {row["entry"] for row in todo}
    statuses = {row["Subject"]: row["Status"] for row in tasks("salesforce", diagnosis, todo)}
    assert list(statuses.values()).count("In Progress") == 1
    calendar = step_calendar([("Acme", row) for row in todo], DAY, "en")
    assert b"Lunch with the engineer" in calendar
