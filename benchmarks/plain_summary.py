"""The summary of a portfolio in plain Python: the reference for the engine that uses columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.status import at_least_likely
from kam_expert.results.portfolio import (
    MOST_LISTED,
    MOST_ROWS,
    AccountGroup,
    AlikeAccounts,
    FindingTally,
    PortfolioSummary,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from kam_expert.knowledge.attention import AttentionCategory, PortfolioView
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.values import Truth
    from kam_expert.results.portfolio import AccountRow, QuestionCount, Since


def attention_of(view: PortfolioView, row: AccountRow) -> str:
    """Return the id of the category of an account: the first that holds."""
    for category in (view.outside, *view.attention):
        if in_category(category, row):
            return category.id
    return view.outside.id


def in_category(category: AttentionCategory, row: AccountRow) -> Truth:
    """Return whether an account is in a category; None if it depends on something unknown."""
    statuses = {standing.finding: standing.status for standing in row.findings}
    return category.holds(row.attractiveness, row.stage, statuses, row.obstacles)


def order_of(view: PortfolioView, row: AccountRow) -> tuple[Any, ...]:
    """Return the key that sorts accounts by what needs attention first.

    The order is by category, number of serious obstacles, number of obstacles that deserve
    attention, size (descending, unknown last), and id.
    """
    categories = [category.id for category in view.categories()]
    return (
        categories.index(row.attention),
        -row.obstacles.get("high", 0),
        -row.obstacles.get("medium", 0),
        row.size is None,
        -(row.size or 0),
        row.id,
    )


def summary_of(  # noqa: PLR0913 -- what the rows do not contain
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
        attention={category.id: filed[category.id] for category in view.categories()},
        findings=_finding_counts(ordered, base),
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


def _listed(category: AttentionCategory, ordered: Sequence[AccountRow]) -> AccountGroup:
    truths = [in_category(category, row) for row in ordered]
    found = [row for row, truth in zip(ordered, truths, strict=True) if truth]
    return AccountGroup(len(found), truths.count(None), tuple(found[:MOST_LISTED]))


def _finding_counts(rows: Sequence[AccountRow], base: KnowledgeBase) -> tuple[FindingTally, ...]:
    counted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for found in row.findings:
            if base.is_obstacle(found.finding, found.severity, found.status):
                counted[found.finding, "standing"] += 1
            elif at_least_likely(found.status):
                counted[found.finding, "set_aside"] += 1
            else:
                counted[found.finding, "unsettled"] += 1
    counts = []
    for name, doc in base.findings.items():
        allowed = base.obstacle_severities(name)
        if doc.about != "account" or doc.severity not in allowed or base.is_gap(name):
            continue
        standing, aside, unsettled = (
            counted[name, part] for part in ("standing", "set_aside", "unsettled")
        )
        absent = len(rows) - standing - aside - unsettled
        counts.append(FindingTally(name, standing, aside, unsettled, absent))
    return tuple(counts)
