"""What the version before wrote is still read, and means the same.

The files in ``data/before`` were made by commit fa4b3dc from random cases of every form: case
files, a workbook, a store whose one account has thirty random edits and whose other has lost a
person, and the run of a portfolio. ``read.json`` has the digests of the facts that it read there.
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.summing.answer_changes import Changes
from kam_expert.engines.portfolio.summing.summary import summary
from kam_expert.engines.portfolio.writing.run import write
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case_file import read_any_case
from kam_expert.knowledge.portfolio_view import load_portfolio_view
from kam_expert.resources import rules_folder
from kam_expert.results.portfolio import FactChange
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.base import KnowledgeBase

BEFORE = Path(__file__).parent / "data" / "before"
READ: dict[str, Any] = json.loads((BEFORE / "read.json").read_text(encoding="utf-8"))
DAY = date(2026, 11, 1)
ACCOUNTS = ["acme-0", "acme-1", "acme-2"]


@pytest.mark.parametrize("name", ["accounts/0.yaml", "case.xlsx"])
def test_a_case_has_the_same_facts(base: KnowledgeBase, name: str) -> None:
    assert read_any_case(BEFORE / name, base).digest() == READ[name]


@pytest.fixture
def store(base: KnowledgeBase, tmp_path: Path) -> Iterator[Store]:
    """A copy of the store, which opening it may change."""
    opened = Store.open(str(shutil.copy(BEFORE / "accounts.db", tmp_path)), base)
    yield opened
    opened.close()


def test_an_account_has_the_same_facts_in_every_version(store: Store) -> None:
    digests = {
        row.key: [store.state(row.key, v).case.digest() for v in range(1, row.version + 1)]
        for row in store.accounts()
    }

    assert digests == READ["accounts.db"]


def test_an_account_is_judged_as_its_case_file_is(store: Store, base: KnowledgeBase) -> None:
    (key,) = [row.key for row in store.accounts() if row.id == "acme-0"]
    file = read_any_case(BEFORE / "accounts" / "0.yaml", base)

    stored, read = (
        diagnose(case, base, DAY, PlainEngine()) for case in (store.state(key, 1).case, file)
    )

    assert stored.stage == read.stage
    said = [(f.id, f.about, f.status, f.firm) for f in read.findings]
    assert said
    assert [(f.id, f.about, f.status, f.firm) for f in stored.findings] == said


def test_what_was_undone_can_be_brought_back(store: Store) -> None:
    can = {
        row.key: [state.can_undo, state.can_redo]
        for row in store.accounts()
        for state in [store.state(row.key)]
    }
    (key,) = [key for key, (_, redo) in can.items() if redo]
    state = store.state(key)

    again = store.redo(key, seen=state.version)

    assert can == READ["undo"]
    assert again.case != state.case


def test_a_link_of_the_customer_is_still_there(store: Store) -> None:
    (key,) = [row.key for row in store.accounts() if row.id == "acme-1"]
    link = store.link(key)

    assert link is not None
    assert link.until.year == 2030


def test_a_run_is_what_a_later_one_is_held_against(base: KnowledgeBase, tmp_path: Path) -> None:
    given, run = Path(shutil.copytree(BEFORE / "accounts", tmp_path / "given")), tmp_path / "run"
    case = given / "1.yaml"
    text = case.read_text(encoding="utf-8")
    assert text.count("account_attractiveness: high") == 1
    case.write_text(text.replace("attractiveness: high", "attractiveness: low"), encoding="utf-8")
    run.mkdir()
    view = load_portfolio_view(rules_folder(), base)
    with open_source(given, base, DAY) as source:
        write(source, base, DAY, run, view=view)

    since = summary(run, base, view, since=BEFORE / "run").since
    answers = Changes(BEFORE / "run", run, pl.Series(ACCOUNTS), base)

    assert since is not None
    assert (since.day, since.added, since.gone, sum(since.stages.values())) == (DAY, 0, 0, 3)
    told = {name: answers.of(name, [], restaged=False) for name in ACCOUNTS}
    changed = FactChange("account_attractiveness", "high", "low")
    assert told == {"acme-0": (), "acme-1": (changed,), "acme-2": ()}
