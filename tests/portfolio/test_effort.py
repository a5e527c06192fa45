"""`kam portfolio --capacity`: the moves of the quarter within the half days of a team."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from python_calamine import load_workbook

from kam_expert.cli import kam
from kam_expert.errors import KamError

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(output: Path, *arguments: str) -> Result:
    given = [str(EXAMPLES), "-o", str(output), "--date=2026-11-23", "--lang=en", "--reports=none"]
    return CliRunner().invoke(kam, ["portfolio", *given, *arguments])


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("effort") / "run"
    result = run(folder, "--capacity", "40")
    assert result.exit_code == 0, result.output
    return folder


def test_every_move_of_the_plans_is_chosen_or_says_why_not(done: Path) -> None:
    plans = pl.read_parquet(done / "plan.parquet")
    effort = pl.read_parquet(done / "effort.parquet")

    keys = ["account", "step"]
    assert (
        effort.select(keys).sort(keys).rows()
        == plans.select(pl.col(keys).cast(pl.String)).sort(keys).rows()
    )
    assert (effort["chosen"] == effort["why_not"].is_null()).all()
    assert effort.filter("chosen")["effort"].sum() <= 40


def test_page_workbook_and_json_tell_the_same_choice(done: Path) -> None:
    effort = pl.read_parquet(done / "effort.parquet")
    told = json.loads((done / "effort.json").read_text("utf-8"))
    page = (done / "portfolio.html").read_text("utf-8")
    book = load_workbook(done / "portfolio.xlsx")

    chosen = int(effort["chosen"].sum())
    assert told["chosen"] == chosen
    assert told["value"] == told["bound"] >= told["greedy"]
    assert told["pools"][0]["used"] == effort.filter("chosen")["effort"].sum()
    assert f"{chosen} of {effort.height} planned moves fit" in page
    assert "No other choice within them answers more." in page
    rows = book.get_sheet_by_name("Effort").to_python()
    assert len(rows) == effort.height + 1


def test_an_owner_that_no_account_has_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    team = tmp_path / "team.yaml"
    team.write_text("owners:\n  Nobody Known: 4\n", encoding="utf-8")

    result = run(tmp_path / "run", "--capacity", str(team))

    assert isinstance(result.exception, KamError)
    assert f'{team}:2:3: no account has the owner "Nobody Known".' in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_the_choice_is_the_same_from_text_tables(done: Path, tmp_path: Path) -> None:
    result = run(tmp_path / "run", "--capacity", "40", "--format", "csv")

    assert result.exit_code == 0, result.output
    assert (tmp_path / "run/effort.json").read_bytes() == (done / "effort.json").read_bytes()
