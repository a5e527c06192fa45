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

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.results.portfolio import AccountRow, QuestionCount, Since


def order_of(base: KnowledgeBase, view: PortfolioView, row: AccountRow) -> tuple[Any, ...]:
    """Return the key that sorts accounts by what needs attention first.

    The order is by strategy, attractiveness (descending, unknown just before the lowest), number
    of serious obstacles, number of obstacles that deserve attention, currency (unknown last), size
    (descending, unknown last), and id.
    """
    words = base.facts[view.facts["attractiveness"]].words()
    level = 0.5 if row.attractiveness is None else words.index(row.attractiveness)
    return (
        [strategy.id for strategy in view.strategies].index(row.strategy),
        -level,
        -row.obstacles.get("high", 0),
        -row.obstacles.get("medium", 0),
        row.currency is None,
        row.currency or "",
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
    ordered = sorted(rows, key=lambda row: order_of(base, view, row))
    cells = Counter(
        (row.attractiveness, row.stage, row.firm, row.seen, row.open) for row in ordered
    )
    filed = Counter(row.strategy for row in ordered)
    causes = Counter(name for row in ordered for name in row.causes)
    places = {name: place for place, name in enumerate(base.findings)}
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
        strategies={strategy.id: filed[strategy.id] for strategy in view.strategies},
        findings=_finding_counts(ordered, base),
        causes=dict(sorted(causes.items(), key=lambda item: (-item[1], places[item[0]]))),
        competitor={
            word: AccountGroup(len(found), tuple(found[:MOST_LISTED]))
            for word, found in levels.items()
        },
        undecided=sum(not row.firm for row in ordered),
        questions=tuple(questions),
        rows=tuple(ordered[:MOST_ROWS]),
        since=since,
        files=files,
    )


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
