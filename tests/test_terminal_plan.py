"""The commands about the plan in a session in the terminal."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

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
