"""The summary of a portfolio in plain Python: the reference for the engine on columns.

Tests and benchmarks hold the engine, which counts column by column, against it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.status import at_least_likely
from kam_expert.results.portfolio import (
    MOST_LISTED,
    MOST_ROWS,
    AccountGroup,
    AccountRow,
    AlikeAccounts,
    FindingTally,
    PortfolioSummary,
    QuestionCount,
    Since,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from kam_expert.knowledge.attention import AttentionCategory, PortfolioView
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.values import Truth


def attention_of(view: PortfolioView, row: AccountRow) -> str:
    """Return the id of the look that an account is filed under: the first that holds."""
    for look in (view.outside, *view.attention):
        if looked_at(look, row):
            return look.id
    return view.outside.id


def looked_at(look: AttentionCategory, row: AccountRow) -> Truth:
    """Return whether an account is to be looked at so; None when what is not known decides."""
    statuses = {standing.finding: standing.status for standing in row.findings}
    return look.holds(row.attractiveness, row.stage, statuses, row.obstacles)


def order_of(view: PortfolioView, row: AccountRow) -> tuple[Any, ...]:
    """Return the key that sorts accounts by what needs attention first.

    The look comes first, then more serious obstacles, more obstacles that deserve attention, the
    greater size (an unknown one last), and the id.
    """
    looks = [look.id for look in view.looks()]
    return (
        looks.index(row.attention),
        -row.obstacles.get("high", 0),
        -row.obstacles.get("medium", 0),
        row.size is None,
        -(row.size or 0),
        row.id,
    )


def summary_of(  # noqa: PLR0913 -- what cannot be told from the rows
    rows: Iterable[AccountRow],
    base: KnowledgeBase,
    view: PortfolioView,
    *,
    day: date,
    rejected: int = 0,
    questions: Sequence[QuestionCount] = (),
    since: Since | None = None,
    files: tuple[str, ...] = (),
) -> PortfolioSummary:
    """Return the summary of accounts that all fit into memory."""
    ordered = sorted(rows, key=lambda row: order_of(view, row))
    cells = Counter(
        (row.attractiveness, row.stage, row.firm, row.seen, row.open) for row in ordered
    )
    filed = Counter(row.attention for row in ordered)
    levels = {
        word: [row for row in ordered if row.competitor == word]
        for word in (*base.facts[view.facts["competitor"]].words(), None)
    }
    return PortfolioSummary(
        day=day,
        rule_base_version=base.version,
        rule_base_digest=base.digest,
        accounts=len(ordered),
        rejected=rejected,
        cells=tuple(AlikeAccounts(*key, count) for key, count in cells.items()),
        attention={look.id: filed[look.id] for look in view.looks()},
        findings=_finding_counts(ordered, base, view),
        competitor={
            word: AccountGroup(len(found), 0, tuple(found[:MOST_LISTED]))
            for word, found in levels.items()
        },
        over_invested=_listed(view.over_invested, ordered),
        under_invested=_listed(view.under_invested, ordered),
        undecided=sum(not row.firm for row in ordered),
        questions=tuple(questions),
        rows=tuple(ordered[:MOST_ROWS]),
        since=since,
        files=files,
    )


def _listed(look: AttentionCategory, ordered: Sequence[AccountRow]) -> AccountGroup:
    truths = [looked_at(look, row) for row in ordered]
    found = [row for row, truth in zip(ordered, truths, strict=True) if truth]
    return AccountGroup(len(found), truths.count(None), tuple(found[:MOST_LISTED]))


def _finding_counts(
    rows: Sequence[AccountRow], base: KnowledgeBase, view: PortfolioView
) -> tuple[FindingTally, ...]:
    counted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for found in row.findings:
            if view.is_obstacle(found.finding, found.severity, found.status, base):
                counted[found.finding, "standing"] += 1
            elif at_least_likely(found.status):
                counted[found.finding, "set_aside"] += 1
            else:
                counted[found.finding, "unsettled"] += 1
    counts = []
    for name, doc in base.findings.items():
        if doc.about != "account" or doc.severity == "info" or doc.group in view.not_obstacles:
            continue
        standing, aside, unsettled = (
            counted[name, part] for part in ("standing", "set_aside", "unsettled")
        )
        absent = len(rows) - standing - aside - unsettled
        counts.append(FindingTally(name, standing, aside, unsettled, absent))
    return tuple(counts)
