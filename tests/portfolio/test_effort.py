"""`kam portfolio --capacity`: the moves of the quarter within the half days of a team."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from click.testing import CliRunner, Result
from python_calamine import load_workbook

from kam_expert.cli import kam
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

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


def test_everything_that_may_be_a_move_is_chosen_or_says_why_not(done: Path) -> None:
    plans = pl.read_parquet(done / "plan.parquet").with_columns(pl.lit("move").alias("part"))
    others = pl.read_parquet(done / "candidates.parquet")
    effort = pl.read_parquet(done / "effort.parquet")

    keys = ["account", "step", "part", "about"]
    given = pl.concat(
        [table.select(pl.col(keys[:3]).cast(pl.String), "about") for table in (plans, others)]
    )
    assert set(others["part"]) == {"later", "waits"}
    assert sorted(effort.select(keys).rows()) == sorted(given.rows())
    assert (effort["chosen"] == effort["why_not"].is_null()).all()
    assert effort.filter("chosen")["effort"].sum() <= 40


def test_candidates_are_what_the_plans_leave_for_later_or_hold_back(
    done: Path, base: KnowledgeBase
) -> None:
    others = pl.read_parquet(done / "candidates.parquet")
    for path in EXAMPLES.glob("*.yaml"):
        case = read_case(path, base)
        plan = diagnose(case, base, date(2026, 11, 23), PlainEngine()).plan
        support = base.step_book.order.accompanies
        told = {
            ("later", left.step, left.because) for left in plan.later if left.reason != "people"
        }
        told |= {("waits", left.step, left.because) for left in plan.waits}
        wanted = {
            (part, step, frozenset(because))
            for part, step, because in told
            if base.steps[step].purpose not in support
        }
        rows = others.filter(pl.col("account") == case.account.id)
        found = rows.select("part", pl.col("step").cast(pl.String), "because").rows()

        assert {(part, step, frozenset(names)) for part, step, names in found} == wanted


def test_what_waits_is_chosen_only_with_what_frees_it(tmp_path: Path) -> None:
    result = run(tmp_path / "run", "--capacity", "2000")
    assert result.exit_code == 0, result.output

    def table(name: str) -> pl.DataFrame:
        read = pl.read_parquet(tmp_path / f"run/{name}.parquet")
        return read.with_columns(pl.col("step").cast(pl.String), pl.col("about").list.join(" "))

    keys = ["account", "step", "about"]
    chosen = table("effort").filter("chosen")
    names = pl.col("because").cast(pl.List(pl.String))
    because = pl.concat([table(name).select(*keys, names) for name in ("plan", "candidates")])
    answered = chosen.join(because, on=keys)
    waiting = table("candidates").filter(part="waits").select(*keys, "held_back_by")
    waits = chosen.filter(part="waits").join(waiting, on=keys)

    assert waits.height
    assert set(chosen.group_by("account").len()["len"]) <= {1, 2, 3, 4, 5}
    for account, held in waits.select("account", "held_back_by").iter_rows():
        own = answered.filter(pl.col("account") == account)["because"].explode()
        assert set(held) <= set(own)


def test_page_workbook_and_json_tell_the_same_choice(done: Path) -> None:
    effort = pl.read_parquet(done / "effort.parquet")
    told = json.loads((done / "effort.json").read_text("utf-8"))
    page = (done / "portfolio.html").read_text("utf-8")
    book = load_workbook(done / "portfolio.xlsx")

    chosen = int(effort["chosen"].sum())
    assert told["chosen"] == chosen
    assert told["value"] == told["bound"] >= told["greedy"]
    assert told["pools"][0]["used"] == effort.filter("chosen")["effort"].sum()
    assert f"{chosen} of {effort.height} possible moves fit" in page
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
