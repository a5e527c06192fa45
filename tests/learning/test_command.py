"""`kam learn` on dated folders and on a store: the same counts.

With --all in the other language.
"""

from __future__ import annotations

import html
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.facts.case_reader import read_case
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import AddPlanEntry, SetAnswer
from kam_expert.store.store import Store
from tests.command import run_kam
from tests.sampling import few_of
from tests.shipped import shipped_base
from tests.stored_versions import set_days

if TYPE_CHECKING:
    from pathlib import Path

BASE = shipped_base()
STEP = "clear_failures"
DAYS = ("2026-01-05", "2026-03-02", "2026-10-05")
#: Who did the step, and whose complaints are settled.
DONE, SETTLED = range(6), (0, 1, 2, 3, 6)
ENTRY = (
    f"plan:\n  - {{id: {STEP}, step: {STEP}, agreed_on: 2026-01-06, status: done, "
    "done_on: 2026-02-02}\n"
)


def case_text(number: int, day: str) -> str:
    later = day != DAYS[0]
    settled = later and number in SETTLED
    facts = "complaints_open: 0" if settled else "complaints_open: 3"
    theirs = "customer:\n  complaint_recovered: yes\n" if settled else ""
    plan = ENTRY if later and number in DONE else ""
    account = f"kam: 1\naccount: {{id: a{number}, name: A{number}}}\n"
    return f"{account}facts:\n  account_status: established\n  {facts}\n{theirs}{plan}"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Case files of twelve accounts on three days."""
    folder = tmp_path_factory.mktemp("folders")
    for day in DAYS:
        (folder / day).mkdir()
        for number in range(12):
            path = folder / day / f"a{number}.yaml"
            path.write_text(case_text(number, day), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def counted(folders: Path) -> dict[str, Any]:
    """What the folders tell, without outcomes."""
    return learned(folders)


def learned(*words: str | Path) -> dict[str, Any]:
    said = run_kam("learn", *words, "--json")
    assert said.status == 0, said.err
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_counts_of_dated_folders_are_exact(counted: dict[str, Any]) -> None:
    [step] = [one for one in counted["steps"] if one["step"] == STEP]
    assert counted["accounts"] == 12
    assert [step[key] for key in ("proposed", "agreed", "done")] == [12, 6, 6]
    for key, count in (("sign", 4), ("gone", 4), ("sign_without", 1), ("gone_without", 1)):
        assert (step[key]["count"], step[key]["of"]) == (count, 6), key


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs of twelve accounts; some agree the step in the second, it works from the third."""
    folder = tmp_path_factory.mktemp("dated")
    (folder / "runs").mkdir()
    agreed = ENTRY.replace("status: done, done_on: 2026-02-02", "due: 2026-12-01")
    for at, day in enumerate(("2026-01-05", "2026-02-02", "2026-03-02", "2026-10-05")):
        cases = folder / "cases" / day
        cases.mkdir(parents=True)
        for number in range(12):
            text = case_text(number, DAYS[0] if at < 2 else day).replace(ENTRY, "")
            plan = agreed if at and number in DONE else ""
            (cases / f"a{number}.yaml").write_text(text + plan, encoding="utf-8")
        place = folder / "runs" / day
        said = run_kam(
            "portfolio", cases, "-o", place, "--date", day, "--reports", "none", "--format", "csv"
        )
        assert said.status == 0, said.err
    return folder / "runs"


def test_runs_tell_what_was_agreed_and_which_causes_went(runs: Path) -> None:
    found = learned(runs)

    [step] = [one for one in found["steps"] if one["step"] == STEP]
    assert (found["accounts"], found["compared"]) == (12, "agreed")
    assert [step[key] for key in ("proposed", "agreed", "done")] == [12, 6, None]
    assert (step["sign"], step["sign_without"]) == (None, None)
    assert (step["gone"]["count"], step["gone"]["of"]) == (4, 6)
    assert (step["gone_without"]["count"], step["gone_without"]["of"]) == (1, 6)


def test_text_about_runs_says_what_they_cannot_tell(runs: Path) -> None:
    said = run_kam("learn", runs, "--lang", "en").out

    assert "The tables of a run do not tell which steps were done" in said
    assert "proposed 12, agreed 6" in said
    assert "where agreed" in said
    assert "where done" not in said


def test_a_store_gives_the_counts_of_the_folders(
    folders: Path, counted: dict[str, Any], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'accounts.db'}"
    store = Store.open(url, BASE)
    for number in range(12):
        first, then = (
            read_case(folders / day / f"a{number}.yaml", BASE) for day in (DAYS[0], DAYS[1])
        )
        key = store.add(first)
        edits: list[Any] = [
            SetAnswer(Slot("account", first.account.id, fact, side), answers[-1].value)
            for side, said in (("ours", then.account.ours), ("theirs", then.account.theirs))
            for fact, answers in said.items()
        ]
        edits += [AddPlanEntry(entry) for entry in then.plan]
        store.record(key, edits, seen=1)
    store.close()
    set_days(str(tmp_path / "accounts.db"), {
        version: datetime.fromisoformat(f"{day} 12:00+00:00")
        for version, day in enumerate(DAYS[:2], 1)
    })  # fmt: skip

    from_store = learned(tmp_path / "accounts.db", "--date", DAYS[2])

    assert from_store["steps"] == counted["steps"]


def test_outcomes_are_read_with_their_places(folders: Path, tmp_path: Path) -> None:
    path = tmp_path / "outcomes.csv"
    rows = [f"a{number},2026-11-02,{'lost' if number < 5 else 'renewed'}" for number in range(12)]
    path.write_text("\n".join(["account,day,outcome", *rows]), encoding="utf-8")

    found = learned(folders, "--outcomes", path)

    assert found["outcomes"] == 12
    [row] = [one for one in found["before"] if one["name"] == "complaint_waits"]
    assert (row["having"]["lost"]["count"], row["having"]["lost"]["of"]) == (1, 7)
    assert (row["others"]["lost"]["count"], row["others"]["lost"]["of"]) == (4, 5)

    path.write_text("account,day,outcome\na1,2026-13-02,lost\na2,2026-11-02,losst\n", "utf-8")
    said = run_kam("learn", folders, "--outcomes", path)

    assert said.status == 2
    assert f'{path}:2:1: "2026-13-02" is not a date' in said.err
    assert f'{path}:3:1: unknown outcome "losst"' in said.err
    assert 'Did you mean "lost"?' in said.err


def test_a_source_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    said = run_kam("learn", tmp_path / "none.db")

    assert said.status == 2
    assert said.err == f"{tmp_path / 'none.db'}: no such database or folder\n"
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("lang", "no_cause", "said"),
    few_of(
        [
            (
                "en",
                "not causes",
                ("What steps were followed by", "where done", "Outcomes", "without it"),
            ),
            (
                "uk",
                "а не причини",
                ("Що було після кроків", "де зробили", "Чим скінчилося", "де цього не було"),
            ),
        ][::-1],
        1,
    ),
)
def test_text_and_page_say_the_same_and_that_they_show_no_cause(
    folders: Path, tmp_path: Path, lang: str, no_cause: str, said: tuple[str, ...]
) -> None:
    outcomes = tmp_path / "outcomes.csv"
    rows = [f"a{number},2026-11-02,{'lost' if number < 5 else 'renewed'}" for number in range(12)]
    outcomes.write_text("\n".join(["account,day,outcome", *rows]), encoding="utf-8")
    page = tmp_path / "learned.html"
    words = ("learn", folders, "--lang", lang, "--outcomes", outcomes)
    told = run_kam(*words)
    written = run_kam(*words, "-o", page)
    shown = html.unescape(page.read_text(encoding="utf-8"))

    assert (told.status, written.status) == (0, 0)
    assert no_cause in told.out
    assert no_cause in shown
    assert f'<html lang="{lang}">' in shown
    assert "<script" not in shown
    for words_of_page in said:
        assert words_of_page in shown
    shares = set(re.findall(r"\d+ \S+ \d+ \(\d+–\d+%\)", told.out))
    assert shares
    assert not [share for share in shares if share not in shown]


def test_a_page_needs_a_known_ending(folders: Path, tmp_path: Path) -> None:
    wrong = run_kam("learn", folders, "-o", tmp_path / "learned.docx")
    both = run_kam("learn", folders, "--json", "-o", tmp_path / "learned.html")

    assert wrong.err == '"learned.docx" has no known ending; write .html, .json, .txt\n'
    assert "--json writes to a file that ends in .json" in both.err
    assert not list(tmp_path.glob("learned.*"))
