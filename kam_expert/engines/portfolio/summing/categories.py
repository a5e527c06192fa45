"""How accounts are looked at together, as expressions over columns.

The meaning is that of `kam_expert.knowledge.attention` and `kam_expert.results.portfolio`, which
take one account at a time. A truth is a nullable Boolean; null is unknown.
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
    doc: FindingDoc, stands: Mapping[str, pl.Expr]
) -> Iterator[tuple[Severity, pl.Expr]]:
    """Yield the severities that a finding may have, and where it has each: one a row.

    Args:
        doc: The finding.
        stands: By finding about the account, where it is likely or established.
    """
    left = pl.lit(value=True)
    for variant in doc.variants:
        if variant.when in stands:
            here = stands[variant.when]
            yield variant.severity or doc.severity, left & here
            left &= ~here
    yield doc.severity, left


def obstacles(
    base: KnowledgeBase, not_obstacles: Collection[str], stands: Mapping[str, pl.Expr]
) -> dict[Severity, pl.Expr]:
    """Return, for each severity but the last, how many findings of it stand in an account's way.

    Args:
        base: The rule base.
        not_obstacles: Groups of findings that are none.
        stands: As of `severities`.
    """
    flags: dict[Severity, list[pl.Expr]] = {word: [] for word in SEVERITIES if word != "info"}
    for name, there in stands.items():
        doc = base.findings[name]
        if doc.group in not_obstacles:
            continue
        for severity, here in severities(doc, stands):
            if severity in flags:
                flags[severity].append((there & here).cast(pl.UInt8))
    # Without the zero, a severity that no finding has would have no column to sum.
    zero = pl.lit(0, dtype=pl.UInt8)
    return {word: pl.sum_horizontal(zero, *found) for word, found in flags.items()}


def statuses(columns: Collection[str], base: KnowledgeBase) -> dict[str, pl.Expr]:
    """Return, by finding about the account, its place in `STATUSES`; of those in a table."""
    words = pl.Enum(STATUSES)
    return {
        name: pl.col(name).cast(pl.String).cast(words).to_physical().cast(pl.UInt8).alias(name)
        for name, doc in base.findings.items()
        if doc.about == "account" and f"{name}__firm" in columns
    }


class Looking:
    """The looks of a view, over a table with a row for each account.

    The table has ``_attractiveness``, ``_stage``, ``_high`` and ``_medium`` (how many obstacles),
    and for each of *findings* a column of that name with the place of its status in `STATUSES`.

    Args:
        view: The looks.
        findings: About the account; any other is absent everywhere.
    """

    def __init__(self, view: PortfolioView, findings: Collection[str]) -> None:
        self.view = view
        self._findings = findings

    def holds(self, look: AttentionCategory) -> pl.Expr:
        """Return which accounts are to be looked at so."""
        return pl.any_horizontal(pl.lit(value=False), *map(self._pattern, look.patterns))

    def attention(self) -> pl.Expr:
        """Return the look that each account is filed under, by its place among all looks."""
        looks = self.view.looks()
        outside = looks.index(self.view.outside)
        filed = pl.lit(outside, dtype=pl.UInt8)
        for place in reversed((outside, *range(outside))):
            here = self.holds(looks[place]).fill_null(False)
            filed = pl.when(here).then(pl.lit(place, dtype=pl.UInt8)).otherwise(filed)
        return filed

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
            stand = [_stands(name) for name in pattern.finding if name in self._findings]
            asked.append(pl.any_horizontal(pl.lit(value=False), *stand))
        if pattern.severity is not None:
            asked.append(pl.col(f"_{pattern.severity}") > 0)
        return pl.all_horizontal(asked)


def _answer(wanted: Collection[str]) -> pl.Expr:
    """Return whether attractiveness is as wanted; unknown where nobody answered and that is not."""
    here = pl.col("_attractiveness").is_in([word for word in wanted if word != UNANSWERED])
    return here.fill_null(True) if UNANSWERED in wanted else here


def _stands(finding: str) -> pl.Expr:
    """Return whether a finding is likely; unknown where it is open or only possible."""
    status = pl.col(finding)
    return (
        pl.when(status >= LIKELY)
        .then(pl.lit(value=True))
        .when(status == 0)
        .then(pl.lit(value=False))
    )
