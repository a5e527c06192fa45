"""Tasks of other systems as entries of the plan.

What an experienced consultant expects: what our people have to do for an account is seen with its
plan. It is not a promise to the customer, and it takes no place of a move. What was done counts
for a year. Calls and mail that were only logged, and what was put off, are not tasks to do.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.facts.plan_entries import entry_data
from tests.command import run_kam
from tests.shipped import shipped_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.importing.import_result import Imported
    from kam_expert.knowledge.base import KnowledgeBase

    Shape = Callable[[str], Imported]

DAY = date(2026, 11, 1)
MAPPING = """
system: own
dates: dmy
accounts: [{from: firms, id: id, name: name}]
people: [{from: people, id: id, name: name, account: firm}]
plan:
  - from: todo
    text: What
    account: Firm
    person: {column: Who, by: name}
    owner: {column: Owner, by: name}
    status: {column: State, values: {begun: [working], done: [finished]}}
    begin: From
    due: Till
    done_on: Finished
    within_days: 30
    side: SIDE
"""


def plans(imported: Imported) -> dict[str, list[dict[str, Any]]]:
    return {
        case.account.name or "": list(map(entry_data, case.plan))
        for case in imported.made.cases()
        if case.plan
    }


def left_out(imported: Imported, name: str) -> dict[str, int]:
    (counts,) = [counts for counts in imported.counts if name in counts.table]
    return counts.left_out


def test_tasks_of_salesforce(shape: Shape) -> None:
    imported = shape("salesforce")

    assert plans(imported) == {
        "Brightwater Dairy, Ltd": [
            # Its owner does not work with this account otherwise.
            {"id": "00T3", "text": "Prepare the review", "side": "internal",
             "owner": "Nobody Needs", "due": "2026-11-10", "status": "begun"},
            {"id": "00T4", "text": "Send minutes", "about": ["003000000000001AAA"],
             "side": "internal", "owner": "005000000000001AAA", "due": "2026-10-22",
             "status": "done", "done_on": "2026-10-21"},
        ],
        "Калиновий Брід": [
            {"id": "00T2", "text": "Send offer", "about": ["003000000000003AAA"],
             "side": "internal", "owner": "005000000000002AAA", "due": "2026-11-30",
             "status": "agreed"},
        ],
    }  # fmt: skip
    assert left_out(imported, "Task") == {
        "logged": 1, "deferred": 1, "lead": 1, "done_long_ago": 1,
    }  # fmt: skip


def test_tasks_of_hubspot(shape: Shape) -> None:
    imported = shape("hubspot_lists")

    assert plans(imported) == {
        "Brightwater Dairy": [
            {"id": "61", "text": "Send the price list", "about": ["51"], "side": "internal",
             "owner": "Olena Hnatiuk", "due": "2026-11-12", "status": "agreed"},
        ],
        "Kalyna Foods": [
            {"id": "62", "text": "Answer the complaint", "about": ["52"], "side": "internal",
             "owner": "Olena Hnatiuk", "due": "2026-10-20", "status": "done",
             "done_on": "2026-10-24"},
        ],
    }  # fmt: skip
    assert left_out(imported, "tasks") == {"deferred": 1}


@pytest.fixture
def take(tmp_path: Path, bring: Callable[..., Imported]) -> Callable[..., Imported]:
    def run(rows: str, side: str = "internal") -> Imported:
        for name, text in {
            "firms": "id,name\nA,Oak\nB,Elm\n",
            "people": "id,name,firm\n1,Petra Novak,A\n2,Ann Lee,B\n",
            "todo": f"What,Firm,Who,Owner,State,From,Till,Finished\n{rows}",
        }.items():
            (tmp_path / f"{name}.csv").write_text(text)
        mapping = tmp_path / "m.yaml"
        mapping.write_text(MAPPING.replace("SIDE", side))
        return bring(tmp_path, "csv", mapping, day=DAY, skip_bad=True)

    return run


def test_rows_that_cannot_be_entries_are_named(take: Callable[..., Imported]) -> None:
    imported = take(
        "Call,A,Petra Novak,Marko,new word,,25.12.2026,\n"  # its status is not understood
        ",A,,,,,,\n"
        "Whose?,,,,,,,\n"
        "Done some day,B,,,finished,,,\n"
        "Long ago,B,,,finished,,,01.09.2026\n"
        "Of hers,,Ann Lee,,working,05.12.2026,01.12.2026,\n"  # the days do not fit
        "Another’s,A,Ann Lee,,,,99.99.2026,\n"
    )

    assert plans(imported) == {
        "Oak": [
            {"id": "todo-1", "text": "Call", "about": ["1"], "side": "internal", "owner": "Marko",
             "due": "2026-12-25", "status": "agreed"},
            {"id": "todo-7", "text": "Another’s", "side": "internal", "status": "agreed"},
        ],
        "Elm": [
            {"id": "todo-6", "text": "Of hers", "about": ["2"], "side": "internal",
             "due": "2026-12-01", "status": "begun"},
        ],
    }  # fmt: skip
    assert left_out(imported, "todo") == {
        "no_text": 1, "no_account": 1, "done_without_a_day": 1, "done_long_ago": 1,
    }  # fmt: skip
    assert [(cell.value, cell.times) for cell in imported.cells.found] == [
        ("new word", 1), ("99.99.2026", 1),
    ]  # fmt: skip


def test_tasks_are_no_promises_and_take_no_place_of_a_move(
    take: Callable[..., Imported], base: KnowledgeBase
) -> None:
    rows = "".join(f"Task {n},A,,,,,{n + 1:02}.12.2026,\n" for n in range(12))

    def judged(side: str) -> tuple[Case, Any]:
        case = next(take(rows, side).made.cases())
        return case, diagnose(case, base, DAY, shipped_engine())

    case, found = judged("internal")
    _, promised = judged("ours")

    assert len(case.plan) == 12
    assert found.plan.own == ()
    assert found.plan.moves
    assert len(promised.plan.own) == 12
    assert not promised.plan.moves


def test_tasks_are_in_the_outputs_of_the_plan(
    tmp_path: Path, take: Callable[..., Imported]
) -> None:
    take("Call,A,,Marko,,,25.12.2026,\n")
    mapping = tmp_path / "m.yaml"
    done = run_kam("import", "csv", tmp_path, "--mapping", mapping, "-o", tmp_path / "out",
                   "--date", DAY.isoformat(), "--lang", "en")  # fmt: skip
    (case,) = (tmp_path / "out").glob("A-*.yaml")
    shown = run_kam("plan", case, "--lang", "en", "--date", DAY.isoformat())

    assert done.status == 0
    assert "; tasks in plans: 1" in done.out
    assert "OUR OTHER TASKS" in shown.out
    assert "Call" in shown.out
    # The customer reads nothing of what was not promised.
    theirs = run_kam("plan", case, "--edition", "customer", "--json", "--date", DAY.isoformat())
    assert theirs.status == 0
    assert "Call" not in theirs.out
    assert '"tasks": []' in theirs.out
