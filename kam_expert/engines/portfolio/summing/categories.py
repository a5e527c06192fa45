"""Attention categories as expressions over columns.

The semantics is that of `kam_expert.knowledge.attention` and `kam_expert.results.portfolio`, which
handle one account at a time. A truth is a nullable Boolean; null is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.knowledge.attention import UNANSWERED
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from kam_expert.knowledge.attention import AttentionCategory, PatternDoc, PortfolioView
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.documents import FindingDoc, Severity

LIKELY = STATUSES.index("likely")


def severities(
    doc: FindingDoc, likely: Mapping[str, pl.Expr]
) -> Iterator[tuple[Severity, pl.Expr]]:
    """Yield each possible severity of a finding, and whether a row has it; a row has one.

    Args:
        doc: The finding.
        likely: By finding about the account, whether it is likely or established.
    """
    left = pl.lit(value=True)
    for variant in doc.variants:
        if variant.when in likely:
            here = likely[variant.when]
            yield variant.severity or doc.severity, left & here
            left &= ~here
    yield doc.severity, left


def obstacles(base: KnowledgeBase, likely: Mapping[str, pl.Expr]) -> dict[Severity, pl.Expr]:
    """Return the number of obstacles of an account by severity, without the last severity.

    Args:
        base: The rule base.
        likely: See `severities`.
    """
    flags: dict[Severity, list[pl.Expr]] = {word: [] for word in SEVERITIES if word != "info"}
    for name, is_likely in likely.items():
        allowed = base.obstacle_severities(name)
        for severity, here in severities(base.findings[name], likely):
            if severity in allowed:
                flags[severity].append((is_likely & here).cast(pl.UInt8))
    # The zero is for a severity without findings, which has no column to sum.
    zero = pl.lit(0, dtype=pl.UInt8)
    return {word: pl.sum_horizontal(zero, *found) for word, found in flags.items()}


def statuses(columns: Collection[str], base: KnowledgeBase) -> dict[str, pl.Expr]:
    """Return the index in `STATUSES` of each finding about the account in a table."""
    words = pl.Enum(STATUSES)
    return {
        name: pl.col(name).cast(pl.String).cast(words).to_physical().cast(pl.UInt8).alias(name)
        for name, doc in base.findings.items()
        if doc.about == "account" and f"{name}__firm" in columns
    }


class CategoryColumns:
    """The categories of a view as expressions over a table with a row for each account.

    The table has ``_attractiveness``, ``_stage``, ``_high`` and ``_medium`` (numbers of obstacles),
    and for each of *findings* a column of that name with the index of its status in `STATUSES`.

    Args:
        view: The categories.
        findings: Findings about the account; any other finding is absent.
    """

    def __init__(self, view: PortfolioView, findings: Collection[str]) -> None:
        self.view = view
        self._findings = findings

    def holds(self, category: AttentionCategory) -> pl.Expr:
        """Return whether an account is in a category."""
        return pl.any_horizontal(pl.lit(value=False), *map(self._pattern, category.patterns))

    def attention(self) -> pl.Expr:
        """Return the category of each account as its index among all categories."""
        categories = self.view.categories()
        outside = categories.index(self.view.outside)
        index = pl.lit(outside, dtype=pl.UInt8)
        for place in reversed((outside, *range(outside))):
            here = self.holds(categories[place]).fill_null(False)
            index = pl.when(here).then(pl.lit(place, dtype=pl.UInt8)).otherwise(index)
        return index

    def _pattern(self, pattern: PatternDoc) -> pl.Expr:
        asked = [pl.lit(value=True)]
        if pattern.attractiveness is not None:
            asked.append(_answer(pattern.attractiveness))
        if pattern.stage is not None:
            here = pl.col("_stage").is_in(pattern.stage)
            if UNDETERMINED not in pattern.stage:
                here = pl.when(pl.col("_stage") != UNDETERMINED).then(here)
            asked.append(here)
        if pattern.finding is not None:
            likely = [_is_likely(name) for name in pattern.finding if name in self._findings]
            asked.append(pl.any_horizontal(pl.lit(value=False), *likely))
        if pattern.severity is not None:
            asked.append(pl.col(f"_{pattern.severity}") > 0)
        return pl.all_horizontal(asked)


def _answer(wanted: Collection[str]) -> pl.Expr:
    """Return whether attractiveness is one of *wanted*; null if it is unknown."""
    here = pl.col("_attractiveness").is_in([word for word in wanted if word != UNANSWERED])
    return here.fill_null(True) if UNANSWERED in wanted else here


def _is_likely(finding: str) -> pl.Expr:
    """Return whether a finding is likely or established; null if it is open or possible."""
    status = pl.col(finding)
    return (
        pl.when(status >= LIKELY)
        .then(pl.lit(value=True))
        .when(status == 0)
        .then(pl.lit(value=False))
    )
