"""The moves of a run as candidates for the effort of a team, and the choice as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.summing.summary import answer
from kam_expert.engines.portfolio.writing.results import CANDIDATES
from kam_expert.engines.portfolio.writing.run_files import read_table, write_table
from kam_expert.results.effort import EffortAccount, EffortMove

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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
    """Return the accounts of a run with what may become a move, in the order of their ids.

    The moves of the plan come first, then what is left for later, then what waits. These count only
    for what no move of the plan answers, so that a lighter step never takes the place of the one
    that the plan prefers. A move belongs to its own owner, or else to the owner of the account.

    Args:
        folder: The folder of the run.
        base: The rule base; the severity of a finding is taken from it.
        view: Names the facts of attractiveness and size.
        weights: What a cause and an account weigh.
    """
    table = read_table(folder, "accounts")
    names = table.collect_schema().names()
    size = answer(view.facts["size"], names).cast(pl.Float64)
    # Only sizes in the same currency are compared.
    currency = answer(view.facts["currency"], names) if "currency" in view.facts else pl.lit("")
    places = (size.rank("max") * 100 / size.count()).over(currency.fill_null(""))
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
        weight = weights.of_account(attractiveness, rank_pct)
        found.append(EffortAccount(name, weight, causes, own, int(base.plan.moves.value)))
    return found


def _owned(move: EffortMove, owner: str | None) -> EffortMove:
    return EffortMove(**{**vars(move), "owner": move.owner or owner})


def _moves(folder: Path, base: KnowledgeBase) -> Mapping[str, list[EffortMove]]:
    moves: dict[str, list[EffortMove]] = {}
    planned: dict[str, set[str]] = {}
    for row in (*_rows(folder, "plan", "place"), *_rows(folder, CANDIDATES, "part")):
        answers = tuple(name for name in row["because"] or () if name in base.findings)
        of_plan = planned.setdefault(row["account"], set())
        if "part" in row:
            answers = tuple(name for name in answers if name not in of_plan)
        else:
            of_plan.update(answers)
        moves.setdefault(row["account"], []).append(
            EffortMove(
                account=row["account"],
                step=row["step"],
                about=tuple(row["about"] or ()),
                owner=row["owner"],
                effort=int(row["effort"]),
                answers=answers,
                frees=answers,
                held_back_by=tuple(row.get("held_back_by") or ()),
                begin=row.get("begin"),
                agreed=bool(row.get("agreed")),
                part=row.get("part", "move"),
            )
        )
    return moves


def _rows(folder: Path, name: str, order: str) -> Iterable[dict[str, Any]]:
    """Yield the rows of a table of the run, with lists and days in whatever form it has."""
    table = read_table(folder, name).sort("account", order, maintain_order=True)
    kinds = table.collect_schema()
    texts = [pl.col(name).str.to_date() for name in _DATES if kinds.get(name) == pl.String]
    lists = [
        pl.col(name).str.split(";").list.eval(pl.element().filter(pl.element() != ""))
        for name in ("about", "because", "held_back_by")
        if kinds.get(name) == pl.String
    ]
    return table.with_columns(*texts, *lists).collect().iter_rows(named=True)


def write_effort(folder: Path, plan: EffortPlan, form: str) -> None:
    """Write the choice as a table: a row for each move, chosen or left out."""
    left = {id(out.move): out for out in plan.left_out}
    moves = sorted(
        (*plan.chosen, *(out.move for out in plan.left_out)), key=lambda move: move.account
    )
    rows = [
        {
            "account": move.account,
            "step": move.step,
            "part": move.part,
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
        for out in (left.get(id(move)),)
    ]
    schema = {
        "account": pl.String(),
        "step": pl.String(),
        "part": pl.String(),
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
