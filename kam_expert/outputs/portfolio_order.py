"""What comes first in a portfolio: obstacles, main causes, and the reasons of a strategy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.knowledge.conditions.leaf import findings_read
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import at_least_likely, rank

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.portfolio import AccountRow, FindingTally, PortfolioSummary


@dataclass(frozen=True)
class Obstacle:
    """Number of accounts with an obstacle; ``share`` is of those where it is settled."""

    count: FindingTally
    severity: str
    share: float | None


def obstacles_in_order(summary: PortfolioSummary, base: KnowledgeBase) -> list[Obstacle]:
    """Return the certain and possible obstacles, the most frequent one first."""
    found = []
    for count in summary.findings:
        settled = count.standing + count.set_aside + count.absent
        if count.standing or count.unsettled:
            share = count.standing / settled if settled else None
            found.append(Obstacle(count, base.findings[count.finding].severity, share))
    return sorted(found, key=lambda o: (-o.count.standing, -o.count.unsettled))


def causes_in_order(summary: PortfolioSummary, base: KnowledgeBase) -> list[tuple[str, int]]:
    """Return the main causes with their numbers of accounts.

    They are ordered by the number of accounts times the severity: a serious cause counts three
    times as much as a minor one.
    """

    def weight(cause: tuple[str, int]) -> int:
        severity = base.findings[cause[0]].severity
        return -cause[1] * (len(SEVERITIES) - SEVERITIES.index(severity))

    return sorted(summary.causes.items(), key=weight)


class StrategyReasons:
    """The findings behind the strategies of accounts."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._asked = {
            strategy.id: frozenset(
                name for rule in base.rules_for(strategy.id) for name in findings_read(rule.when)
            )
            for strategy in base.strategies
        }

    def of(self, row: AccountRow) -> list[str]:
        """Return those behind the strategy of an account: main causes, then the most severe."""
        asked = self._asked[row.strategy]
        found = [
            standing
            for standing in row.findings
            if standing.finding in asked and at_least_likely(standing.status)
        ]
        found.sort(key=lambda s: (SEVERITIES.index(s.severity), -rank(s.status)))
        # A cause may be about a person, and the findings of a row are about the account.
        causes = [name for name in row.causes if name in asked]
        return list(dict.fromkeys((*causes, *(standing.finding for standing in found))))
