"""Severities, obstacles and statuses of an account as expressions over columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.documents import Severity
    from kam_expert.knowledge.finding_documents import FindingDoc

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
