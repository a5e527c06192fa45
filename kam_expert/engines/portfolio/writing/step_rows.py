"""The tables of next steps and of plans, in the order of each account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.plan_choice import LAST
from kam_expert.engines.portfolio.writing.finding_sets import FindingSets
from kam_expert.engines.portfolio.writing.patterns import enum
from kam_expert.engines.portfolio.writing.plan_choices import PlanChoice
from kam_expert.engines.portfolio.writing.plan_table import PlanTable
from kam_expert.engines.portfolio.writing.proposed_steps import ProposedSteps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kam_expert.engines.portfolio.judging.engine import Program
    from kam_expert.engines.portfolio.writing.patterns import RowIds
    from kam_expert.engines.portfolio.writing.plan_choices import ChosenColumns
    from kam_expert.knowledge.base import KnowledgeBase

#: The parts of the order of steps: moves, what is left for later, what waits, what was done.
_MOVE, _LATER, _WAITS, _RESTS = range(4)
#: Within what is left for later: more people of a move, other steps, what only supports a step or
#: was dropped.
_PEOPLE, _OTHER, _SUPPORT = range(3)
#: The rows that may be moves.
_CANDIDATE = ~(pl.col("_held") | pl.col("_support") | pl.col("_rests") | pl.col("_dropped"))


@dataclass(frozen=True)
class Noted:
    """What a source says about steps.

    Attributes:
        steps: Notes: owner, due and hide by account and step.
        agreed: What we agreed to do, from `agreed_plans.agreed`.
    """

    steps: pl.DataFrame
    agreed: pl.DataFrame


@dataclass(frozen=True)
class Planned:
    """The proposed steps of a chunk, and the moves among them.

    Attributes:
        rows: A row for each step and entity.
        patterns: Everything else about them, by the index in ``_pattern``.
        weighed: The sets of findings of each account.
        chosen: The moves.
        agreed: What was agreed.
    """

    rows: pl.DataFrame
    patterns: pl.DataFrame
    weighed: pl.DataFrame
    chosen: ChosenColumns
    names: RowIds
    agreed: pl.DataFrame


class StepRows:
    """Builds the tables of steps and plans chunk by chunk.

    Args:
        base: The rule base.
        day: The date of the diagnosis.
    """

    def __init__(self, base: KnowledgeBase, day: date) -> None:
        self.base = base
        self.day = day
        self._steps = pl.Enum(list(base.steps))
        self._position = {name: index for index, name in enumerate(base.steps)}
        self._sets = FindingSets(base)
        self._choice = PlanChoice(base, self._sets.bits)
        self._plans = PlanTable(base, self._sets.bits, day)
        self._proposed = ProposedSteps(base, self._sets.bits)

    def planned(  # noqa: PLR0913 -- a chunk has these parts
        self,
        program: Program,
        frames: Mapping[str, pl.DataFrame],
        names: RowIds,
        noted: Noted,
        causes: pl.DataFrame,
        chosen: pl.Series,
    ) -> Planned:
        """Return the steps of a chunk with the moves among them.

        Args:
            program: The compiled rules.
            frames: The evaluated frames by kind.
            names: The ids of all entities.
            noted: Notes on steps, and what was agreed.
            causes: The main causes by account.
            chosen: Where somebody chose the strategy.
        """
        rows = self._proposed.rows(program.steps, frames, names, noted.steps)
        patterns = self._proposed.patterns()
        weighed = self._sets.of(program, frames["account"], causes, chosen)
        rows = rows.with_columns(self._of_plan(rows, patterns, noted.agreed))
        free = rows.filter(_CANDIDATE)
        others = self._others(free, noted.agreed, weighed.height)
        moves = self._choice.choose(self._choice.candidates(free), weighed, others)
        return Planned(rows, patterns, weighed, moves, names, noted.agreed)

    def _others(self, free: pl.DataFrame, agreed: pl.DataFrame, accounts: int) -> pl.Series:
        """Return the number of agreed moves that are not candidates, by account."""
        none = pl.zeros(accounts, pl.Int64, eager=True)
        if agreed.is_empty():
            return none
        names = pl.concat(
            [free.select("_account", "_step"), free.select("_account", _step="_head")]
        )
        own = (
            agreed.filter(pl.col("status") == "open")
            .select(pl.col("account").alias("_account"), self._number().alias("_step"))
            .join(names.unique(), on=["_account", "_step"], how="anti", nulls_equal=False)
            .group_by("_account")
            .len()
        )
        return none.scatter(own["_account"], own["len"].cast(pl.Int64))

    def _number(self) -> pl.Expr:
        """Return the place of a step in the rule base; null for another text."""
        return pl.col("step").replace_strict(self._position, default=None, return_dtype=pl.UInt32)

    def plans(self, planned: Planned) -> pl.DataFrame:
        """Return the table of plans."""
        keys = ["_account", "_head"]
        free = planned.rows.filter(_CANDIDATE)
        rows = free.join(planned.chosen.rows.select(keys), on=keys, how="semi")
        agreed = planned.agreed.filter(pl.col("status") == "open").select(
            pl.col("account").alias("_account"), "begin", "due", agreed="rank"
        )
        chosen = planned.chosen.rows.join(agreed, on=["_account", "agreed"], how="left")
        return self._plans.table(chosen, rows, planned.weighed, planned.names)

    def candidates(self, planned: Planned) -> pl.DataFrame:
        """Return what is left for later or waits, and what it answers and waits for.

        A row for each step that would be a move: account, part (``later`` or ``waits``), step,
        about, owner, effort in half days, because and held_back_by.
        """
        keys = ["_account", "_head"]
        rows, chosen = planned.rows, planned.chosen.rows.select("_account", "_head")
        later = rows.filter(_CANDIDATE).join(chosen, on=keys, how="anti")
        waits = rows.filter(
            pl.col("_held") & ~pl.col("_support") & ~pl.col("_rests") & ~pl.col("_dropped")
        ).with_columns(pl.col("_step").alias("_head"))
        held = planned.patterns["held_back_by"]
        parts = []
        for part, some in (("later", later), ("waits", waits)):
            by = (
                some.select(*keys, held.gather(some["_pattern"]))
                .group_by(keys)
                .agg(pl.col("held_back_by").explode().drop_nulls().unique().sort())
            )
            made = self._choice.candidates(some).join(by, on=keys, how="left")
            listed = self._plans.entities(some, planned.names)
            parts.append(
                made.join(listed, on=keys, how="left").with_columns(pl.lit(part).alias("part"))
            )
        every = pl.concat(parts, how="diagonal").sort("_account", "part", "_head")
        return pl.DataFrame(
            [
                planned.names.account.gather(every["_account"]).alias("account"),
                every["part"],
                every.select(enum(pl.col("_head"), self._steps).alias("step")).to_series(),
                every["_abouts"].alias("about"),
                every["owner"],
                every["effort"].cast(pl.UInt16),
                self._plans.listed(every),
                every["held_back_by"],
            ]
        )

    def _of_plan(
        self, rows: pl.DataFrame, patterns: pl.DataFrame, agreed: pl.DataFrame
    ) -> list[pl.Series]:
        """Return what the choice of moves reads of each row."""
        own = patterns.select(pl.exclude("kind", "because", "held_back_by", "instead_of"))[
            rows["_pattern"]
        ]
        within = own["within_days"].cast(pl.Int64)
        days = rows.select(pl.col("_left", "_end").cast(pl.Int64)).with_columns(within=within)
        horizon = int(self.base.plan.horizon_days.value)
        days = days.select(
            pl.min_horizontal("within", pl.col("_left") - 1, pl.col("_end") - 1)
            .clip(0)
            .alias("within"),
            (pl.col("_left") - pl.col("within") <= horizon).fill_null(value=False).alias("event"),
        )
        accompanies = self.base.step_book.order.accompanies
        support = pl.Series([doc.purpose in accompanies for doc in self.base.steps.values()])
        made = rows.select("_account").with_columns(
            own["_step"], own["_held"], support.gather(own["_step"]).alias("_support")
        )
        made = made.with_columns(self._agreed(made, agreed))
        heads = self._choice.heads(made)
        dropped = self._marked(made.with_columns(heads.alias("_head")), "_head", "dropped", agreed)
        return [
            own["_step"],
            own["_held"],
            made["_support"],
            made["agreed"],
            made["_rests"],
            dropped.alias("_dropped"),
            heads,
            *days.get_columns(),
            own["about_rank"].alias("about"),
            own["about_kind"],
            *(own[f"answers_{word}"] for word in self._sets.bits.words),
        ]

    def _agreed(self, rows: pl.DataFrame, agreed: pl.DataFrame) -> list[pl.Series]:
        """Return the place of each step among what was agreed, and whether it was done lately."""
        ranks = (
            agreed.filter((pl.col("status") == "open") & pl.col("step").is_not_null())
            .with_columns(self._number().alias("_step"))
            .group_by(pl.col("account").alias("_account"), "_step")
            .agg(pl.col("rank").min().alias("agreed"))
        )
        found = rows.join(ranks, on=["_account", "_step"], how="left", maintain_order="left")[
            "agreed"
        ].fill_null(LAST)
        rests = self._marked(rows, "_step", "rests", agreed) & (found == LAST)
        return [found, rests.alias("_rests")]

    def _marked(
        self, rows: pl.DataFrame, step: str, status: str, agreed: pl.DataFrame
    ) -> pl.Series:
        """Return where the step of a row has a status in the agreed plan, and is not open too."""
        if agreed.is_empty():
            return pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
        numbered = agreed.with_columns(self._number().alias("_number"))
        states = numbered.group_by(pl.col("account").alias("_account"), "_number").agg(
            ((pl.col("status") == status).any() & (pl.col("status") != "open").all()).alias("_is")
        )
        keys = ["_account", step]
        found = rows.select(keys).join(
            states, left_on=keys, right_on=["_account", "_number"], how="left",
            maintain_order="left",
        )  # fmt: skip
        return found["_is"].fill_null(value=False)

    def table(self, planned: Planned) -> pl.DataFrame:
        """Return the table of steps: every proposed step, in the order of the plan."""
        listed = self._ordered(planned)
        patterns, names = planned.patterns, planned.names
        first = pl.col("_account").ne_missing(pl.col("_account").shift())
        number = pl.int_range(pl.len(), dtype=pl.UInt32)
        columns = patterns[listed["_pattern"]]
        due = (pl.lit(self.day) + pl.duration(days="within")).cast(pl.Date).alias("due")
        return pl.DataFrame(
            [
                names.account.gather(listed["_account"]).alias("account"),
                listed.select(
                    order=number - pl.when(first).then(number).forward_fill() + 1
                ).to_series(),
                columns.select(enum(pl.col("_step"), self._steps).alias("step")).to_series(),
                *columns.select("kind", "about_kind"),
                names.about.gather(listed["_row"]).alias("about"),
                columns["within_days"],
                listed.select(due).to_series(),
                *columns.select("because", "held_back_by", "instead_of"),
                *listed.select("owner", "noted_due", "place"),
            ]
        )

    def _ordered(self, planned: Planned) -> pl.DataFrame:
        """Return the rows in the order of the plan (`planning.in_order`), with their places."""
        keys = ["_account", "_head"]
        people = int(self.base.plan.people.value)
        rows = planned.rows.with_row_index("_n")
        free = rows.filter(~pl.col("_held") & ~pl.col("_rests"))
        moves = free.filter(_CANDIDATE).join(
            planned.chosen.rows.select(*keys, "place"), on=keys, how="inner"
        )
        entity = moves.sort(*keys, "within", "about_kind", "_order").unique(
            [*keys, "_row"], maintain_order=True
        )
        entity = entity.with_columns(pl.int_range(pl.len()).over(keys).alias("_number"))
        moves = moves.join(entity.select(*keys, "_row", "_number"), on=[*keys, "_row"], how="left")
        place = pl.col("place").cast(pl.Int64)
        within = pl.col("_number") < people
        parts = [
            moves.select(
                "_n",
                pl.when(within).then(_MOVE).otherwise(_LATER).alias("_part"),
                pl.lit(_PEOPLE).alias("_section"),
                place.alias("_rank"),
                pl.when(within).then("place").alias("place"),
            )
        ]
        others = free.join(planned.chosen.rows.select(keys), on=keys, how="anti")
        candidates = self._choice.candidates(others.filter(_CANDIDATE))
        ranked = candidates.select(
            *keys,
            self._choice.keys(candidates, planned.weighed, planned.chosen.state).alias("_rank"),
        )
        none = pl.lit(None, pl.UInt8).alias("place")
        parts.append(
            others.filter(_CANDIDATE)
            .join(ranked, on=keys, how="left")
            .select(
                "_n", pl.lit(_LATER).alias("_part"), pl.lit(_OTHER).alias("_section"), "_rank", none
            )
        )
        parts.append(
            others.filter(~_CANDIDATE).select(
                "_n", pl.lit(_LATER).alias("_part"), pl.lit(_SUPPORT).alias("_section"),
                pl.col("_head").cast(pl.Int64).alias("_rank"), none,
            )
        )  # fmt: skip
        held = rows.filter(pl.col("_held") & ~pl.col("_rests")).with_columns(
            pl.col("_step").alias("_head"), pl.lit(LAST, pl.Int64).alias("agreed")
        )
        waiting = self._choice.candidates(held)
        ranked = waiting.select(*keys, self._choice.keys(waiting, planned.weighed).alias("_rank"))
        parts.append(
            held.join(ranked, on=keys, how="left").select(
                "_n", pl.lit(_WAITS).alias("_part"), pl.lit(0).alias("_section"), "_rank", none
            )
        )
        rest = rows.filter("_rests").select(
            "_n", pl.lit(_RESTS).alias("_part"), pl.lit(0).alias("_section"),
            pl.lit(0, pl.Int64).alias("_rank"), none,
        )  # fmt: skip
        order = pl.concat([*parts, rest])
        return rows.join(order, on="_n", how="left").sort(
            "_account", "_part", "_section", "_rank", "about_kind", "_order", "_step"
        )
