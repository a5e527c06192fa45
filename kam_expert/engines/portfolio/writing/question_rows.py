"""The table of open questions: a row for each question and entity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.writing.patterns import ABOUT, Patterns, mask, set_in
from kam_expert.engines.questions import STAGE, QuestionOrder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.engines.portfolio.judging.question_plan import QuestionColumns
    from kam_expert.engines.portfolio.writing.patterns import RowIds
    from kam_expert.knowledge.base import KnowledgeBase

_WHY = pl.Enum(["open", "not_firm", "voided"])
_WHOM = pl.Enum(["us", "customer", "both"])


class QuestionRows:
    """Builds the table of questions chunk by chunk.

    Args:
        base: The rule base.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._order = QuestionOrder(base)
        self._names = pl.Enum(list(self._order.places))
        self._columns: dict[QuestionColumns, list[pl.Expr]] = {}
        self._patterns = Patterns(
            {
                "about_kind": ABOUT,
                "fact": self._names,
                "asked_of": _WHOM,
                "why": _WHY,
                "could_change": pl.List(pl.Enum([STAGE, *base.findings])),
            }
        )

    def asked(
        self, questions: Sequence[QuestionColumns], frames: Mapping[str, pl.DataFrame]
    ) -> list[pl.DataFrame]:
        """Return, for each question, the rows where it matters, with its weight and bits.

        The bits are what an answer could change; the last is whether there already is one.
        """
        # Once a frame: it has a thousand columns.
        kinds = {question.frame for question in questions}
        rows = {kind: frames[kind].lazy().with_row_index("_row") for kind in kinds}
        parts = []
        for question in questions:
            if question not in self._columns:
                self._columns[question] = self._of(question)
            here, *columns = self._columns[question]
            parts.append(rows[question.frame].filter(here).select("_row", *columns))
        return pl.collect_all(parts)

    def _of(self, question: QuestionColumns) -> list[pl.Expr]:
        weights = {finding: _total(parts) for finding, parts in question.changes}
        of_all = [weight * self._order.severity(finding) for finding, weight in weights.items()]
        of_stage = [weights[finding] for finding in weights if finding in self._order.of_stage]
        stage = (
            pl.when(question.stage_firm).then(0).otherwise(pl.sum_horizontal(pl.lit(0), *of_stage))
        )
        flags = [weight > 0 for finding, weight in weights.items() if finding != STAGE]
        gone = [] if question.gone is None else [question.gone]
        return [
            pl.col(question.here),
            pl.col("account").alias("_account"),
            stage.cast(pl.Int32).alias("_stage"),
            pl.sum_horizontal(of_all).cast(pl.Int32).alias("_all"),
            mask([stage > 0, *flags, question.answered, *gone]).alias("_mask"),
        ]

    def table(
        self, questions: Sequence[QuestionColumns], parts: Sequence[pl.DataFrame], names: RowIds
    ) -> pl.DataFrame:
        """Return the questions of a chunk, from the result of `asked`."""
        order = {kind: names.order(kind) for kind in {question.frame for question in questions}}
        made = []
        for question, found in zip(questions, parts, strict=True):
            place = order[question.frame]
            part = found if place is None else found.sort(place.gather(found["_row"]))
            pattern = self._patterns.places(
                question, part["_mask"], partial(self._pattern, question)
            )
            made.append(
                part.select(
                    "_account", "_stage", "_all",
                    pl.col("_row") + pl.lit(names.start(question.frame), pl.UInt32),
                    pattern.alias("_pattern"),
                )
            )  # fmt: skip
        # Questions are in the order for equal weights, and the rows of each are sorted by id.
        keys = ["_account", "_stage", "_all"]
        rows = pl.concat(made).sort(keys, descending=[False, True, True], maintain_order=True)
        patterns = self._patterns.table()[rows["_pattern"]]
        return pl.DataFrame(
            [
                names.account.gather(rows["_account"]).alias("account"),
                patterns["about_kind"],
                names.about.gather(rows["_row"]).alias("about"),
                *patterns.select("fact", "asked_of", "could_change", "why"),
            ]
        )

    def _pattern(self, question: QuestionColumns, bits: int) -> tuple[Any, ...]:
        """Return the columns of a pattern."""
        names = [STAGE, *(finding for finding, _ in question.changes if finding != STAGE)]
        changes = set_in(bits, names)
        answered = bits >> len(names) & 1 and question.asked_of != "both"
        gone = bits >> (len(names) + 1) & 1
        why = "not_firm" if answered else "voided" if gone else "open"
        return question.frame, question.name, question.asked_of, why, changes

    def counted(
        self, questions: Sequence[QuestionColumns], parts: Sequence[pl.DataFrame]
    ) -> pl.DataFrame:
        """Count for each question the accounts whose stage it could change.

        Args:
            questions: The columns of each question.
            parts: The result of `asked`.
        """
        rows = [
            (
                question.name,
                question.asked_of,
                part.filter(pl.col("_stage") > 0)["_account"].n_unique(),
            )
            for question, part in zip(questions, parts, strict=True)
        ]
        schema = {"fact": self._names, "asked_of": _WHOM, "accounts": pl.UInt32()}
        return pl.DataFrame(rows, schema=schema, orient="row").filter(pl.col("accounts") > 0)


def _total(parts: Sequence[tuple[str, str]]) -> pl.Expr:
    """Return the sum of the parts of a weight."""
    return pl.sum_horizontal(
        pl.when(flag).then(pl.col(share)).otherwise(0) for flag, share in parts
    )
