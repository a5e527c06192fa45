"""The table of open questions: a row for each question and entity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.writing.patterns import ABOUT, Patterns, mask, set_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.engines.portfolio.judging.question_plan import QuestionColumns
    from kam_expert.engines.portfolio.writing.patterns import RowIds
    from kam_expert.knowledge.base import KnowledgeBase

_WHOM = pl.Enum(["us", "customer", "both"])


class QuestionRows:
    """Builds the table of questions chunk by chunk.

    Args:
        base: The rule base.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._staged = frozenset(base.stage_model.findings_read)
        self._facts = pl.Enum(list(base.facts))
        self._masks: dict[QuestionColumns, list[pl.Expr]] = {}
        self._patterns = Patterns(
            {
                "about_kind": ABOUT,
                "fact": self._facts,
                "asked_of": _WHOM,
                "could_change": pl.List(pl.Enum(["stage", *base.findings])),
            }
        )

    def asked(
        self, questions: Sequence[QuestionColumns], frames: Mapping[str, pl.DataFrame]
    ) -> list[pl.DataFrame]:
        """Return for each question the rows where it is open, and what it could change as bits."""
        # Once per frame, because it has a thousand columns.
        kinds = {question.frame for question in questions}
        rows = {kind: frames[kind].lazy().with_row_index("_row") for kind in kinds}
        parts = []
        for question in questions:
            if question not in self._masks:
                flags = [column for _, column in question.changes]
                self._masks[question] = [pl.any_horizontal(flags), mask(flags).alias("_mask")]
            here, bits = self._masks[question]
            account = pl.col("account").alias("_account")
            parts.append(rows[question.frame].filter(here).select("_row", account, bits))
        return pl.collect_all(parts)

    def table(
        self, questions: Sequence[QuestionColumns], parts: Sequence[pl.DataFrame], names: RowIds
    ) -> pl.DataFrame:
        """Return the table of a chunk from the result of `asked`."""
        rows = pl.concat(
            part.select(
                "_account",
                pl.col("_row") + pl.lit(names.start(question.frame), pl.UInt32),
                self._patterns.places(
                    question, part["_mask"], partial(self._pattern, question)
                ).alias("_pattern"),
            )
            for question, part in zip(questions, parts, strict=True)
        )
        patterns = self._patterns.table()[rows["_pattern"]]
        return pl.DataFrame(
            [
                names.account.gather(rows["_account"]).alias("account"),
                patterns["about_kind"],
                names.about.gather(rows["_row"]).alias("about"),
                *patterns.select("fact", "asked_of", "could_change"),
            ]
        )

    def _pattern(self, question: QuestionColumns, bits: int) -> tuple[Any, ...]:
        """Return the columns of a pattern."""
        changes = set_in(bits, [name for name, _ in question.changes])
        if self._staged.intersection(changes):
            changes = ["stage", *changes]
        return question.frame, question.fact, question.asked_of, changes

    def counted(
        self,
        questions: Sequence[QuestionColumns],
        parts: Sequence[pl.DataFrame],
        unsettled: pl.Series,
    ) -> pl.DataFrame:
        """Count for each question the accounts whose stage it could change.

        Args:
            questions: The columns of each question.
            parts: The result of `asked`.
            unsettled: Whether the stage is not firm, by number of the account.
        """
        rows = []
        for question, part in zip(questions, parts, strict=True):
            names = enumerate(name for name, _ in question.changes)
            bits = sum(1 << bit for bit, name in names if name in self._staged)
            if bits:
                accounts = part.filter(pl.col("_mask") & bits != 0)["_account"]
                count = accounts.filter(unsettled[accounts]).n_unique()
                rows.append((question.fact, question.asked_of, count))
        schema = {"fact": self._facts, "asked_of": _WHOM, "accounts": pl.UInt32()}
        return pl.DataFrame(rows, schema=schema, orient="row")
