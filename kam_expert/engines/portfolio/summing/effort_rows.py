"""The moves of a run as candidates for the effort of a team, and the choice as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.summing.summary import answer
from kam_expert.engines.portfolio.writing.run_files import read_table, write_table
from kam_expert.results.effort import EffortAccount, EffortMove

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.effort_documents import EffortDoc
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.results.effort import EffortPlan

#: The table of the choice.
EFFORT = "effort"
_DATES = ("begin", "due")


def effort_accounts(
    folder: Path, base: KnowledgeBase, view: PortfolioView, weights: EffortDoc
) -> list[EffortAccount]:
    """Return the accounts of a run with the moves of their plans, in the order of their ids.

    A move belongs to its own owner, or else to the owner of the account.

    Args:
        folder: The folder of the run.
        base: The rule base; the severity of a finding is taken from it.
        view: Names the facts of attractiveness and size.
        weights: What a cause and an account weigh.
    """
    table = read_table(folder, "accounts")
    names = table.collect_schema().names()
    size = answer(view.facts["size"], names).cast(pl.Float64)
    places = size.rank("max") * 100 / size.count()
    accounts = table.select(
        pl.col("account").cast(pl.String),
        pl.col("owner").cast(pl.String),
        answer(view.facts["attractiveness"], names).alias("attractiveness"),
        pl.when(size.is_not_null()).then(places).alias("rank_pct"),
    ).sort("account")
    moves = _moves(folder, base)
    found = []
    for name, owner, attractiveness, rank_pct in accounts.collect().iter_rows():
        own = tuple(_owned(move, owner) for move in moves.get(name, ()))
        causes = {
            cause: weights.of_severity(base.findings[cause].severity)
            for cause in dict.fromkeys(cause for move in own for cause in move.answers)
        }
        found.append(EffortAccount(name, weights.of_account(attractiveness, rank_pct), causes, own))
    return found


def _owned(move: EffortMove, owner: str | None) -> EffortMove:
    return EffortMove(**{**vars(move), "owner": move.owner or owner})


def _moves(folder: Path, base: KnowledgeBase) -> Mapping[str, list[EffortMove]]:
    table = read_table(folder, "plan").sort("account", "place")
    kinds = table.collect_schema()
    texts = [pl.col(name).str.to_date() for name in _DATES if kinds[name] == pl.String]
    lists = [
        pl.col(name).str.split(";").list.eval(pl.element().filter(pl.element() != ""))
        for name in ("about", "because")
        if kinds[name] == pl.String
    ]
    moves: dict[str, list[EffortMove]] = {}
    for row in table.with_columns(*texts, *lists).collect().iter_rows(named=True):
        answers = tuple(name for name in row["because"] or () if name in base.findings)
        moves.setdefault(row["account"], []).append(
            EffortMove(
                account=row["account"],
                step=row["step"],
                about=tuple(row["about"] or ()),
                owner=row["owner"],
                effort=int(row["effort"]),
                answers=answers,
                frees=answers,
                begin=row["begin"],
                agreed=bool(row["agreed"]),
            )
        )
    return moves


def write_effort(folder: Path, plan: EffortPlan, form: str) -> None:
    """Write the choice as a table: a row for each move, chosen or left out."""
    left = {(out.move.account, out.move.step): out for out in plan.left_out}
    moves = sorted(
        (*plan.chosen, *(out.move for out in plan.left_out)), key=lambda move: move.account
    )
    rows = [
        {
            "account": move.account,
            "step": move.step,
            "about": list(move.about),
            "owner": move.owner,
            "begin": move.begin,
            "effort": move.effort,
            "agreed": move.agreed,
            "chosen": out is None,
            "why_not": out and out.why,
            "adds": out and out.adds,
        }
        for move in moves
        for out in (left.get((move.account, move.step)),)
    ]
    schema = {
        "account": pl.String(),
        "step": pl.String(),
        "about": pl.List(pl.String),
        "owner": pl.String(),
        "begin": pl.Date(),
        "effort": pl.UInt16(),
        "agreed": pl.Boolean(),
        "chosen": pl.Boolean(),
        "why_not": pl.String(),
        "adds": pl.Int64(),
    }
    write_table(pl.DataFrame(rows, schema=schema), folder / f"{EFFORT}.{form}", form)
