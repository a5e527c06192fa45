"""The commands about the plan in a session in the terminal."""

from __future__ import annotations

import re
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest

from kam_expert.facts.case_reader import read_case
from tests.command import run_kam
from tests.shipped import EXAMPLES, shipped_base

if TYPE_CHECKING:
    from pathlib import Path

BASE = shipped_base()
DAY = date(2026, 11, 23)


def said(file: Path, *lines: str, day: date = DAY) -> str:
    """Run a session with these lines and return its output."""
    told = "".join(f"{line}\n" for line in lines)
    found = run_kam("session", file, "--lang", "en", "--date", day.isoformat(), lines=told)
    assert found.status == 0, found.err
    return found.out


def test_a_move_is_agreed_begun_done_and_its_success_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    shutil.copy(EXAMPLES / "barricaded_butterfly.yaml", file)

    said(file, "agree 1", "begin 1", "stop")
    (agreed,) = read_case(file, BASE).plan
    assert (agreed.status, agreed.agreed_on) == ("begun", DAY)
    assert agreed.due is not None
    text = said(file, "done 1 Protocol", "2", "stop", day=date(2026, 12, 1))
    (done,) = read_case(file, BASE).plan

    assert "Since the last meeting, 23 November 2026: Under way: 1." in text
    assert (done.status, done.result, done.evidence) == ("done", "partly", "Protocol")
    assert done.done_on == date(2026, 12, 1)


def test_moves_in_words_and_promises_are_added_and_dropped(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text("kam: 1\naccount: {id: acme, name: Acme}\n", encoding="utf-8")

    text = said(
        file, "own: Lunch with the engineer", "Olena", "2026-12-01",
        "customer: Data about stoppages", "", "", "drop 1 No time", "plan", "stop",
    )  # fmt: skip
    entries = {entry.id: entry for entry in read_case(file, BASE).plan}

    assert (entries["move"].status, entries["move"].reason) == ("dropped", "No time")
    assert entries["move"].owner == "Olena"
    assert entries["promise"].side == "theirs"
    assert "The customer promised: Data about stoppages" in text


def test_a_command_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    shutil.copy(EXAMPLES / "barricaded_butterfly.yaml", file)
    before = file.read_bytes()

    text = said(file, "agree 99", "done 1", "own:", "stop")

    assert "The plan has no line 99." in text
    assert "Line 1 is not agreed yet; type “agree 1” first." in text
    assert "Write what is to be done." in text
    assert file.read_bytes() == before


def test_a_move_agreed_again_gets_another_owner_and_day(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    shutil.copy(EXAMPLES / "barricaded_butterfly.yaml", file)
    said(file, "agree 1 Назар", "stop")
    (first,) = read_case(file, BASE).plan

    text = said(file, f"agree {first.step} Олена, by 2026-11-30", "agree 1", "stop")
    (again,) = read_case(file, BASE).plan

    assert again.owner != first.owner
    assert (again.due, again.agreed_on, again.step) == (date(2026, 11, 30), DAY, first.step)
    assert again.begin is not None
    assert again.begin <= date(2026, 11, 30)
    assert "due: 30 November 2026" in " ".join(text.split())
    assert "This is agreed already. Another owner or day: agree 1 NAME 2026-12-31." in text


def test_a_command_takes_the_id_of_a_step_and_names_the_move_it_took(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    shutil.copy(EXAMPLES / "barricaded_butterfly.yaml", file)
    listed = said(file, "plan", "stop")
    ids = re.findall(r"\[(\w+_\w+)\]", listed)

    text = said(file, f"agree {ids[2]}", f"done {ids[2]}", "1", "Protocol", "stop")
    (entry,) = read_case(file, BASE).plan
    name = BASE.steps[ids[2]].name.en
    flat = " ".join(text.split())

    assert (entry.step, entry.status) == (ids[2], "done")
    assert f"agreed: {name}" in flat
    assert f"{name}. What came of it?" in flat


def test_an_id_that_the_plan_does_not_have_is_answered_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    shutil.copy(EXAMPLES / "barricaded_butterfly.yaml", file)
    (step, *_) = re.findall(r"\[(\w+_\w+)\]", said(file, "plan", "stop"))

    text = said(file, f"agree {step}s", "stop")

    assert f"Did you mean “{step}”?" in " ".join(text.split())
    assert read_case(file, BASE).plan == ()


TEAM = """\
kam: 1
account: {id: acme, name: Acme}
people: [{id: p1, name: Helen}]
team: [{id: m1, name: Tom}]
"""


@pytest.mark.parametrize(
    ("typed", "said_of_it"),
    [
        (("own: Lunch", "Tim", ""), "as “Tim”; the name is kept. Did you mean “Tom”?"),
        (("own: Lunch", "Zachary", ""), "as “Zachary”; the name is kept."),
        (("customer: Data", "Helene", ""), "“Helene”; the name is kept. Did you mean “Helen”?"),
    ],
)
def test_an_owner_whom_the_case_does_not_list_is_kept_and_named(
    tmp_path: Path, typed: tuple[str, ...], said_of_it: str
) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(TEAM, encoding="utf-8")

    text = said(file, *typed, "stop")
    (entry,) = read_case(file, BASE).plan

    assert entry.owner == typed[1]
    assert said_of_it in " ".join(text.split())


@pytest.mark.parametrize("owner", ["Tom", "m1", "tom", "Helen"])
def test_an_owner_whom_the_case_lists_needs_no_word(tmp_path: Path, owner: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(TEAM, encoding="utf-8")

    assert "the name is kept" not in " ".join(said(file, "own: Lunch", owner, "", "stop").split())


def test_a_case_file_with_an_owner_like_a_listed_name_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    plan = "plan:\n  - {id: lunch, text: Lunch, owner: %s, due: 2026-12-01}\n"
    warned = {}
    for owner in ("Tim", "Tom", "our lawyer"):
        file.write_text(TEAM + plan % owner, encoding="utf-8")
        warned[owner] = run_kam("diagnose", file, "--date", DAY.isoformat()).err

    assert 'the case lists nobody as "Tim"' in warned["Tim"]
    assert 'Did you mean "Tom"?' in warned["Tim"]
    assert warned["Tom"] == warned["our lawyer"] == ""


def test_a_move_closed_as_worked_whose_sign_is_not_met_is_said(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    plan = "plan:\n  - {step: agree_measures, due: 2026-12-01}\n"
    texts = {}
    for name, answer in (("not met", 0), ("met", 3)):
        facts = f"facts: {{agreed_measures: {answer}}}\n"
        file.write_text(TEAM + facts + plan, encoding="utf-8")
        texts[name] = " ".join(said(file, "done 1", "1", "", "stop").split())

    sign = BASE.steps["agree_measures"].success.en
    assert f"by the answers so far its sign is not met: {sign}" in texts["not met"]
    assert "its sign is not met" not in texts["met"]


@pytest.mark.parametrize("prompt", ["> ", "kam> ", ">", "  > "])
def test_a_prompt_that_was_copied_with_a_line_is_no_part_of_it(tmp_path: Path, prompt: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(TEAM, encoding="utf-8")

    said(file, f"{prompt}own: Lunch", f"{prompt}Tom", prompt, f"{prompt}stop")
    (entry,) = read_case(file, BASE).plan

    assert (entry.text, entry.owner, entry.due) == ("Lunch", "m1", None)
