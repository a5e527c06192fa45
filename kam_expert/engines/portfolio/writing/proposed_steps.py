"""The proposed steps of a chunk: a row for each step and entity, with a pattern for all else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.writing.patterns import ABOUT, Patterns, mask, set_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.engines.portfolio.judging.steps import StepColumns
    from kam_expert.engines.portfolio.writing.finding_sets import FindingBits
    from kam_expert.engines.portfolio.writing.patterns import RowIds
    from kam_expert.knowledge.base import KnowledgeBase


class ProposedSteps:
    """Finds the rows of proposed steps chunk by chunk; rows alike in all else share a pattern.

    Args:
        base: The rule base.
        bits: The bits of its findings.
    """

    def __init__(self, base: KnowledgeBase, bits: FindingBits) -> None:
        self.base = base
        self._bits = bits
        self._position = {name: index for index, name in enumerate(base.steps)}
        self._masks: dict[StepColumns, pl.Expr] = {}
        findings = pl.List(pl.Enum(["stage", *base.findings]))
        self._patterns = Patterns(
            {
                "_step": pl.UInt32(),
                "_held": pl.Boolean(),
                "about_rank": pl.Int64(),
                **{f"answers_{word}": pl.Int64() for word in bits.words},
                "kind": pl.Enum(list(base.step_book.kinds)),
                "about_kind": ABOUT,
                "within_days": pl.Int32(),
                "because": findings,
                "held_back_by": findings,
                "instead_of": pl.Enum(list(base.steps)),
            }
        )

    def patterns(self) -> pl.DataFrame:
        """Return the patterns found so far, by the index in ``_pattern``."""
        return self._patterns.table()

    def rows(
        self,
        steps: Sequence[StepColumns],
        frames: Mapping[str, pl.DataFrame],
        names: RowIds,
        noted: pl.DataFrame,
    ) -> pl.DataFrame:
        """Return a row for each proposed step and entity, with its pattern."""
        order = {kind: names.order(kind) for kind in {step.frame for step in steps}}
        # Once per frame, because it has a thousand columns.
        rows = {kind: frames[kind].lazy().with_row_index("_row") for kind in order}
        parts = [self._flagged(step, rows[step.frame]) for step in steps]
        made = []
        for step, found in zip(steps, pl.collect_all(parts), strict=True):
            place = order[step.frame]
            pattern = self._patterns.places(step, found["_mask"], partial(self._pattern, step))
            rank = found["_row"] if place is None else place.gather(found["_row"])
            made.append(
                found.select(
                    "_account",
                    pl.col("_row") + pl.lit(names.start(step.frame), pl.UInt32),
                    pattern.alias("_pattern"),
                    "_left",
                    "_end",
                    rank.cast(pl.UInt32).alias("_order"),
                )
            )
        return self._with_notes(pl.concat(made), noted)

    def _flagged(self, step: StepColumns, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return the rows where a step is proposed, with the flags of its columns as bits."""
        if step not in self._masks:
            flags = [column for _, column in (*step.because, *step.held_back, *step.instead_of)]
            self._masks[step] = mask(flags).alias("_mask")
        return rows.filter(pl.col(step.proposed)).select(
            "_row",
            pl.col("account").alias("_account"),
            self._masks[step],
            *(
                (pl.lit(None) if column is None else pl.col(column)).cast(pl.Int32).alias(name)
                for name, column in (("_left", step.left), ("_end", step.end))
            ),
        )

    def _pattern(self, step: StepColumns, bits: int) -> tuple[Any, ...]:
        """Return the columns of a pattern."""
        doc = self.base.steps[step.step]
        because, held, instead = (
            [name for name, _ in pairs] for pairs in (step.because, step.held_back, step.instead_of)
        )
        held_bits = bits >> len(because)
        instead_bits = held_bits >> len(held)
        replaced = next(iter(set_in(instead_bits, instead)), None)
        reasons = set_in(bits, because)
        return (
            self._position[step.step],
            bool(held_bits & ((1 << len(held)) - 1)),
            self.base.step_book.order.about.index(step.frame),  # type: ignore[arg-type]
            *self._bits.of(reasons),
            doc.kind,
            step.frame,
            doc.within_days,
            reasons,
            set_in(held_bits, held),
            None if replaced == step.step else replaced,
        )

    def _with_notes(self, rows: pl.DataFrame, noted: pl.DataFrame) -> pl.DataFrame:
        """Add the notes on steps, and remove hidden steps."""
        owner, due = (
            pl.lit(None, pl.String).alias("owner"),
            pl.lit(None, pl.Date).alias("noted_due"),
        )
        if noted.is_empty():
            return rows.with_columns(owner, due)
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
        steps = self._patterns.table()["_step"]
        made = rows.with_columns(steps.gather(rows["_pattern"]).alias("_step")).join(
            notes, on=["_account", "_step"], how="left", maintain_order="left"
        )
        return made.filter(pl.col("hide").is_null() | ~pl.col("hide")).drop("_step", "hide")
