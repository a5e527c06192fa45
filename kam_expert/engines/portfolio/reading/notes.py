"""Notes of a portfolio, which appear in reports and are not read by rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.reading.cell_columns import as_date
from kam_expert.errors import did_you_mean
from kam_expert.facts.columns import CHOSEN, NOTES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest
    from kam_expert.engines.portfolio.reading.faults import Faults

TABLE = "notes"
_CELLS = ("key", "value", "owner", "due", "hide")


def check_notes(notes: pl.DataFrame, layout: ReadRequest, faults: Faults) -> None:
    """Add the faults of the notes."""
    base = layout.base

    def check(bad: pl.Expr, column: str, reason: str, known: Collection[str] = ()) -> None:
        wrong = notes.filter(bad.fill_null(False))
        words = wrong[column] if column in notes.columns else [None] * wrong.height
        near = [did_you_mean(word, known) for word in words]
        faults.add(TABLE, wrong, column, [f"{reason}.{hint}" if hint else reason for hint in near])

    def text(column: str) -> pl.Expr:
        if column not in notes.columns:
            return pl.lit(None, pl.String)
        cell = pl.col(column).cast(pl.String).str.strip_chars()
        return pl.when(cell != "").then(cell)

    kind, stages = text("kind"), base.stage_model.names
    check(~_among(kind, NOTES), "kind", "unknown kind of note", NOTES)
    for name, takes in NOTES.items():
        for column in _CELLS:
            if column not in takes:
                check(
                    (kind == name) & text(column).is_not_null(),
                    column,
                    f"a {name} takes no {column}",
                )
    step, target = kind == "step", kind == "target_stage"
    check(step & ~_among(text("key"), base.steps), "key", "unknown step", base.steps)
    check(target & ~_among(text("value"), stages), "value", "unknown stage", stages)
    chosen, strategies = kind == "strategy", [strategy.id for strategy in base.strategies]
    check(chosen & ~_among(text("key"), strategies), "key", "unknown strategy", strategies)
    check(chosen & text("value").is_null(), "value", "a strategy needs a reason")
    check(chosen & pl.struct("account", kind).is_duplicated(), "kind", "duplicate strategy")
    check(step & pl.struct("account", kind, text("key")).is_duplicated(), "key", "duplicate step")
    check(target & pl.struct("account", kind).is_duplicated(), "kind", "duplicate target_stage")
    if "due" in notes.columns:
        day = as_date("due", notes.schema["due"])
        check(text("due").is_not_null() & day.is_null(), "due", "not a date as YYYY-MM-DD")
    if "hide" in notes.columns and not isinstance(notes.schema["hide"], pl.Boolean):
        check(~text("hide").is_in(["yes", "no", "true", "false"]), "hide", '"hide" is yes or no')


NOTED = {
    "account": pl.UInt32(),
    "step": pl.String(),
    "owner": pl.String(),
    "due": pl.Date(),
    "hide": pl.Boolean(),
}


def step_notes(notes: pl.DataFrame | None) -> pl.DataFrame:
    """Return the notes on steps: number of the account, step, owner, due and hide."""
    if notes is None:
        return pl.DataFrame(schema=NOTED)
    there = notes.schema

    def text(column: str) -> pl.Expr:
        if column not in there:
            return pl.lit(None, pl.String)
        cell = pl.col(column).cast(pl.String).str.strip_chars()
        return pl.when(cell != "").then(cell)

    due = as_date("due", there["due"]) if "due" in there else pl.lit(None, pl.Date)
    hide = text("hide").str.to_lowercase().is_in(["yes", "true"]).fill_null(False)
    made = notes.filter(text("kind") == "step").select(
        pl.col("account").cast(pl.UInt32),
        text("key").alias("step"),
        text("owner").alias("owner"),
        due.alias("due"),
        hide.alias("hide"),
    )
    return made.cast(pl.Schema(NOTED))


def with_strategies(accounts: pl.DataFrame, notes: pl.DataFrame | None) -> pl.DataFrame:
    """Return the accounts with the strategy that a note sets for each."""
    if notes is None or "key" not in notes.columns or CHOSEN not in accounts.columns:
        return accounts
    kind, key = (pl.col(name).cast(pl.String).str.strip_chars() for name in ("kind", "key"))
    chosen = notes.filter(kind == "strategy").select(
        pl.col("account").cast(pl.UInt32), key.alias(CHOSEN)
    )
    # A duplicate rejects its account.
    chosen = chosen.unique("account", keep="first", maintain_order=True)
    made = accounts.drop(CHOSEN).join(chosen, on="account", how="left", maintain_order="left")
    return made.select(accounts.columns)


def _among(word: pl.Expr, known: Iterable[str]) -> pl.Expr:
    return word.is_in(list(known)).fill_null(False)
