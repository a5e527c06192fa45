"""The table of plans: a row for each move, in the order of each account."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.plan_choice import CRITERIA, LAST
from kam_expert.engines.planning import WEEK, working_day
from kam_expert.engines.portfolio.writing.finding_sets import BITS
from kam_expert.engines.portfolio.writing.patterns import ABOUT, enum
from kam_expert.engines.portfolio.writing.plan_choices import RADIX
from kam_expert.knowledge.documents import SEVERITIES

if TYPE_CHECKING:
    from kam_expert.engines.portfolio.writing.finding_sets import FindingBits
    from kam_expert.engines.portfolio.writing.patterns import RowIds
    from kam_expert.knowledge.base import KnowledgeBase

_BY = pl.Enum([*CRITERIA, "only"])


class PlanTable:
    """Builds the table of plans chunk by chunk.

    Args:
        base: The rule base.
        bits: The bits of its findings.
        day: The date of the diagnosis.
    """

    def __init__(self, base: KnowledgeBase, bits: FindingBits, day: date) -> None:
        self.base = base
        self.bits = bits
        self.day = day
        self._steps = pl.Enum(list(base.steps))
        self._findings = pl.Enum(list(base.findings))

    def table(
        self, chosen: pl.DataFrame, rows: pl.DataFrame, weighed: pl.DataFrame, names: RowIds
    ) -> pl.DataFrame:
        """Return the moves of a chunk.

        Args:
            chosen: The moves, from `PlanChoice.choose`.
            rows: The steps that are moves: account, step, move, entity and its order.
            weighed: The sets of findings by account.
            names: The ids of all entities.
        """
        agreed_due = (pl.col("due") - self.day).dt.total_days()
        chosen = chosen.with_columns(pl.coalesce(agreed_due, "within").alias("_due_in"))
        begin = self._begin(chosen, weighed.height)
        moves = chosen.with_columns(*self._why(chosen, weighed), begin)
        moves = moves.join(self.entities(rows, names), on=["_account", "_head"], how="left")
        moves = moves.sort("_account", "place")
        day = pl.lit(self.day)
        return pl.DataFrame(
            [
                names.account.gather(moves["_account"]).alias("account"),
                *moves.select(
                    "place",
                    enum(pl.col("_head"), self._steps).alias("step"),
                    pl.col("_with").cast(pl.List(self._steps)).alias("with"),
                    "about_kind",
                    pl.col("_abouts").alias("about"),
                ).get_columns(),
                self.listed(moves).alias("because"),
                *moves.select(
                    pl.coalesce("begin", day + pl.duration(days="_begin"))
                    .cast(pl.Date)
                    .alias("begin"),
                    (day + pl.duration(days="_due_in")).cast(pl.Date).alias("due"),
                    pl.col("effort").cast(pl.UInt16),
                    pl.col("by").cast(_BY),
                    "finding",
                    "owner",
                    "agreed",
                ).get_columns(),
            ]
        )

    def _why(self, chosen: pl.DataFrame, weighed: pl.DataFrame) -> list[pl.Expr]:
        """Return what decided each place, and the worst finding that no earlier move answers."""
        scales: dict[str, int] = {}
        scale = 1
        for name in reversed(CRITERIA):
            scales[name] = scale
            scale *= RADIX[name]
        by: pl.Expr = pl.lit("only")
        for name in reversed(CRITERIA):
            differs = pl.col("_key") // scales[name] != pl.col("_last") // scales[name]
            by = pl.when(differs).then(pl.lit(name)).otherwise(by)
        account = chosen["_account"]
        finding: pl.Expr = pl.lit(None, pl.Int64)
        for level in reversed(range(len(SEVERITIES))):
            for sure in (False, True):
                for word in reversed(self.bits.words):
                    found = chosen[f"left_{word}"] & weighed[f"worse{level}_{word}"].gather(account)
                    if sure:
                        found = found & weighed[f"sure_{word}"].gather(account)
                    first = pl.lit(found).bitwise_trailing_zeros().cast(pl.Int64) + word * BITS
                    finding = pl.when(pl.lit(found) != 0).then(first).otherwise(finding)
        words = pl.Series(self.bits.names, dtype=self._findings)
        agreed = pl.col("_key") // scales["agreed"] < LAST
        return [
            agreed.alias("agreed"),
            by.alias("by"),
            pl.lit(words).gather(finding).alias("finding"),
        ]

    def _begin(self, chosen: pl.DataFrame, accounts: int) -> pl.Expr:
        """Return the days until each move begins; see `kam_expert.engines.planning.begin_weeks`."""
        count = pl.len().over("_account").cast(pl.Int64)
        first = max(int(self.base.plan.begin_days.value) - 1, 0) // WEEK
        latest = pl.min_horizontal((pl.col("_due_in") - 1).clip(0) // WEEK, count - 1)
        is_first = pl.col("place") == pl.col("place").min().over("_account")
        latest = pl.when(is_first).then(latest.clip(0, first)).otherwise(latest)
        order = (
            chosen.with_row_index("_n")
            .select("_n", "_account", "place", latest.cast(pl.Int64).alias("_latest"))
            .sort("_account", "_latest", "place")
            .with_columns(pl.int_range(pl.len()).over("_account").alias("_rank"))
        )
        weeks: pl.Series = pl.zeros(order.height, pl.Int64, eager=True)
        counter = pl.zeros(accounts, pl.Int64, eager=True)
        for rank in order["_rank"].unique().sort():
            at = (order["_rank"] == rank).arg_true()
            account, last = order["_account"].gather(at), order["_latest"].gather(at)
            now = counter.gather(account)
            weeks = weeks.scatter(at, now.zip_with(now < last, last))
            counter = counter.scatter(account, now + (now <= last).cast(pl.Int64))
        back = order.with_columns(weeks.alias("_week")).sort("_n")["_week"]
        last_week = int(self.base.plan.moves.value)
        days = [
            (working_day(self.day + timedelta(days=WEEK * week)) - self.day).days
            for week in range(last_week + 1)
        ]
        begins = pl.Series(days, dtype=pl.Int64).gather(back)
        return pl.min_horizontal(pl.lit(begins), pl.col("_due_in")).alias("_begin")

    def entities(self, rows: pl.DataFrame, names: RowIds) -> pl.DataFrame:
        """Return whom or what each move is about, the most urgent first, and its other steps."""
        most = int(self.base.plan.people.value)
        about = rows.sort("_account", "_head", "within", "about_kind", "_order").unique(
            ["_account", "_head", "_row"], maintain_order=True
        )
        named = about.with_columns(names.about.gather(about["_row"]).alias("_abouts"))
        account = pl.col("about_kind") == "account"
        # Two steps of a move may be about the same row, and a note on either names the owner.
        owners = (
            rows.sort("_account", "_head", pl.col("_step") != pl.col("_head"), "within", "_order")
            .group_by("_account", "_head", maintain_order=True)
            .agg(pl.col("owner").drop_nulls().first())
        )
        listed = named.group_by("_account", "_head", maintain_order=True).agg(
            pl.col("about_kind").first().cast(ABOUT),
            pl.col("_abouts").filter(~account).head(most),
        )
        others = (
            rows.filter(pl.col("_step") != pl.col("_head"))
            .unique(["_account", "_head", "_step"])
            .sort("_account", "_head", "_step")
            .with_columns(
                pl.col("_step").replace_strict(
                    range(len(self.base.steps)), list(self.base.steps), return_dtype=pl.String
                )
            )
            .group_by("_account", "_head", maintain_order=True)
            .agg(pl.col("_step").alias("_with"))
        )
        listed = listed.join(owners, on=["_account", "_head"], how="left")
        return listed.join(others, on=["_account", "_head"], how="left").with_columns(
            pl.col("_with").fill_null(pl.lit([], pl.List(pl.String)))
        )

    def listed(self, moves: pl.DataFrame) -> pl.Series:
        """Return the findings that moves answer, in the order of the rule base."""
        columns = [f"answers_{word}" for word in self.bits.words]
        distinct = moves.select(columns).unique()
        lists = pl.Series(
            "because", list(map(self.bits.listed, distinct.iter_rows())), pl.List(self._findings)
        )
        known = distinct.with_columns(lists)
        return moves.select(columns).join(known, on=columns, how="left", maintain_order="left")[
            "because"
        ]
