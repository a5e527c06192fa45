"""The table of next steps: a row for each step and entity, in the order of each account."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.writing.patterns import ABOUT, Patterns, enum, mask, set_in
from kam_expert.knowledge.strategy import StepState, slot_of, step_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from kam_expert.engines.portfolio.judging.steps import StepColumns
    from kam_expert.engines.portfolio.writing.patterns import RowIds
    from kam_expert.knowledge.base import KnowledgeBase

#: The bit of a pattern for an established reason, after those of the severity.
_ESTABLISHED = 1 << 4


class StepRows:
    """Builds the table of steps chunk by chunk.

    Args:
        base: The rule base.
        day: The date of the diagnosis.
    """

    def __init__(self, base: KnowledgeBase, day: date) -> None:
        self.base = base
        self.day = day
        self._steps = pl.Enum(list(base.steps))
        self._position = {name: index for index, name in enumerate(base.steps)}
        self._masks: dict[StepColumns, pl.Expr] = {}
        findings = pl.List(pl.Enum(["stage", *base.findings]))
        self._patterns = Patterns(
            {
                "_rank": pl.UInt32(),
                # For a step that does not fill the purpose of the strategy, as another one does.
                "_other_rank": pl.UInt32(),
                "_slot": pl.UInt32(),
                "_step": pl.UInt32(),
                "kind": pl.Enum(list(base.step_book.kinds)),
                "about_kind": ABOUT,
                "within_days": pl.Int32(),
                "due": pl.Date(),
                "because": findings,
                "held_back_by": findings,
                "instead_of": self._steps,
            }
        )

    def table(
        self,
        steps: Sequence[StepColumns],
        frames: Mapping[str, pl.DataFrame],
        names: RowIds,
        noted: pl.DataFrame,
    ) -> pl.DataFrame:
        """Return the steps of a chunk.

        Args:
            steps: The columns of each step.
            frames: The evaluated frames by kind.
            names: The ids of all entities.
            noted: Notes on steps: owner, due and hide by account and step.
        """
        order = {kind: names.order(kind) for kind in {step.frame for step in steps}}
        # Once per frame, because it has a thousand columns.
        rows = {kind: frames[kind].lazy().with_row_index("_row") for kind in order}
        parts = [self._flagged(step, rows[step.frame]) for step in steps]
        made = []
        for step, found in zip(steps, pl.collect_all(parts), strict=True):
            place = order[step.frame]
            part = found if place is None else found.sort(place.gather(found["_row"]))
            pattern = self._patterns.places(step, part["_mask"], partial(self._pattern, step))
            made.append(
                part.select(
                    "_account",
                    pl.col("_row") + pl.lit(names.start(step.frame), pl.UInt32),
                    pattern.alias("_pattern"),
                    "_left",
                )
            )
        patterns = self._patterns.table()
        listed = self._with_notes(pl.concat(made), patterns["_step"], noted)
        # Parts are sorted by step, kind and id already; account and rank are left.
        rank = patterns["_rank"].gather(listed["_pattern"]).cast(pl.UInt64)
        key = (listed["_account"].cast(pl.UInt64) * (1 << 32) + rank).alias("_key")
        ranked = listed.with_row_index("_n").with_columns(key).sort("_key", "_n")
        listed = self._filled(ranked, patterns)
        first = pl.col("_account").ne_missing(pl.col("_account").shift())
        number = pl.int_range(pl.len(), dtype=pl.UInt32)
        columns = patterns[listed["_pattern"]].with_columns(self._due(listed["_left"]))
        return pl.DataFrame(
            [
                names.account.gather(listed["_account"]).alias("account"),
                listed.select(
                    order=number - pl.when(first).then(number).forward_fill() + 1
                ).to_series(),
                columns.select(enum(pl.col("_step"), self._steps).alias("step")).to_series(),
                *columns.select("kind", "about_kind"),
                names.about.gather(listed["_row"]).alias("about"),
                *columns.select("within_days", "due", "because", "held_back_by", "instead_of"),
                *listed.select("owner", "noted_due"),
            ]
        )

    def _filled(self, listed: pl.DataFrame, patterns: pl.DataFrame) -> pl.DataFrame:
        """Return sorted steps with one step for each purpose of the strategy, as `in_order`."""
        own = patterns[listed["_pattern"]].select("_slot", "_step", "_other_rank")
        account = pl.col("_account").cast(pl.UInt64) * (1 << 32)
        filling = pl.col("_step").first().over("_account", "_slot")
        other = pl.col("_slot").is_not_null() & (pl.col("_step") != filling)
        key = pl.when(other).then(account + pl.col("_other_rank").cast(pl.UInt64)).otherwise("_key")
        again = pl.concat([listed.drop("_step", strict=False), own], how="horizontal")
        return again.with_columns(key.alias("_key")).sort("_key", "_n")

    def _due(self, left: pl.Series) -> pl.Expr:
        """Return the days when steps are due: in time before the date that they come before."""
        days = pl.min_horizontal("within_days", pl.lit(left) - 1).clip(0)
        dated = pl.lit(self.day) + pl.duration(days=days)
        return pl.when(pl.lit(left) >= 0).then(dated).otherwise("due").cast(pl.Date).alias("due")

    def _flagged(self, step: StepColumns, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return the rows where a step is proposed, with the flags of its columns as bits."""
        if step not in self._masks:
            flags = [column for _, column in (*step.because, *step.held_back, *step.instead_of)]
            # After the flags: four bits for the severity, one for established, then the strategy.
            rest = pl.col(step.severity).cast(pl.Int64) + pl.col(step.established) * _ESTABLISHED
            if step.strategy is not None:
                rest += pl.col(step.strategy).cast(pl.Int64) * (_ESTABLISHED << 1)
            self._masks[step] = (mask(flags) + rest * (1 << len(flags))).alias("_mask")
        return rows.filter(pl.col(step.proposed)).select(
            "_row",
            pl.col("account").alias("_account"),
            self._masks[step],
            pl.lit(None, pl.Int32).alias("_left")
            if step.left is None
            else pl.col(step.left).cast(pl.Int32).alias("_left"),
        )

    def _pattern(self, step: StepColumns, bits: int) -> tuple[Any, ...]:
        """Return the columns of a pattern."""
        doc = self.base.steps[step.step]
        because, held, instead = (
            [name for name, _ in pairs] for pairs in (step.because, step.held_back, step.instead_of)
        )
        held_bits = bits >> len(because)
        instead_bits = held_bits >> len(held)
        rest = instead_bits >> len(instead)
        strategy = None
        if step.strategy is not None:
            strategy = self.base.strategies[rest // (_ESTABLISHED << 1)]
        state = StepState(
            kind=step.frame,
            severity=rest % _ESTABLISHED,
            established=bool(rest & _ESTABLISHED),
            held=bool(held_bits & ((1 << len(held)) - 1)),
        )
        replaced = next(iter(set_in(instead_bits, instead)), None)
        book = self.base.step_book
        return (
            step_key(doc, state, strategy, book),
            step_key(doc, state, strategy, book, fills=False),
            slot_of(doc, state, strategy, book),
            self._position[step.step],
            doc.kind,
            step.frame,
            doc.within_days,
            self.day + timedelta(days=doc.within_days),
            set_in(bits, because),
            set_in(held_bits, held),
            None if replaced == step.step else replaced,
        )

    def _with_notes(
        self, rows: pl.DataFrame, steps: pl.Series, noted: pl.DataFrame
    ) -> pl.DataFrame:
        """Add the notes on steps, and remove hidden steps."""
        owner, due = pl.lit(None, pl.String).alias("owner"), pl.lit(None, pl.Date).alias("due")
        if noted.is_empty():
            return rows.with_columns(owner, due.alias("noted_due"))
        position = pl.col("step").replace_strict(
            self._position, default=None, return_dtype=pl.UInt32
        )
        notes = noted.select(
            pl.col("account").alias("_account"),
            position.alias("_step"),
            "owner",
            pl.col("due").alias("noted_due"),
            "hide",
        )
        made = rows.with_columns(steps.gather(rows["_pattern"]).alias("_step")).join(
            notes, on=["_account", "_step"], how="left", maintain_order="left"
        )
        return made.filter(pl.col("hide").is_null() | ~pl.col("hide"))
