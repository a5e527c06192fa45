"""docs/hardening.md against the project: what it names exists, and every library has an owner."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "hardening.md").read_text(encoding="utf-8")
PROMISES, _, DEPENDENCIES = TEXT.partition("## Dependencies")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
#: What only people who work on the program install.
TOOLS = {"dev", "rules"}


def names_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", each)[0] for each in requirements} - {"kam-expert"}


def table_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if not row[0].startswith(("promise", "libraries"))]


def test_every_test_and_script_that_it_names_exists() -> None:
    named = set(re.findall(r"`((?:tests|benchmarks|kam_expert)/[\w./]+)`", TEXT))

    assert len(named) > 25
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_every_promise_names_what_tests_it() -> None:
    rows = table_rows(PROMISES)

    assert len(rows) > 25
    assert [row[0] for row in rows if len(row) != 3 or not re.search("`|the same", row[1])] == []


def test_every_library_has_one_owner_with_a_reason_and_an_alternative() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    needed = names_of(PROJECT["project"]["dependencies"])
    for name, requirements in extras.items():
        if name not in TOOLS:
            needed |= names_of(requirements)
    rows = table_rows(DEPENDENCIES)
    named = [library for row in rows for library in re.split(r", | with ", row[0])]

    assert len(named) == len(set(named))
    assert set(named) == needed
    assert [row[0] for row in rows if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], ([], [], 1)),
        (
            [{"name": "a", "version": "1", "vulns": [{"id": "X-1"}, {"id": "X-2"}]}],
            (["a 1: X-1, X-2"], [], 1),
        ),
        ([{"name": "a", "skip_reason": "not found"}], ([], ["a"], 0)),
    ],
)
def test_an_audit_that_looked_up_nothing_is_not_taken_for_a_good_one(
    dependencies: list[object], expected: tuple[list[str], list[str], int]
) -> None:
    assert run.read_audit(json.dumps({"dependencies": dependencies, "fixes": []})) == expected


@pytest.mark.parametrize("text", ["", "no connection", "[]", "{}"])
def test_an_audit_that_failed_looked_up_nothing(text: str) -> None:
    assert run.read_audit(text) == ([], [], 0)
