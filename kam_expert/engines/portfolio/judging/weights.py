"""How certain and how severe each finding of an account is, as columns of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.knowledge.documents import SEVERITIES

if TYPE_CHECKING:
    from kam_expert.engines.portfolio.judging.expressions import Expr
    from kam_expert.engines.portfolio.judging.finding_columns import Subject
    from kam_expert.engines.portfolio.judging.portfolio_rules import PortfolioRules


@dataclass(frozen=True)
class WeightColumns:
    """The columns of one finding, about whatever entities of an account.

    Attributes:
        statuses: Its statuses as indexes; of several entities the highest. Null without entities.
        severity: The index of its severity, or the column of that index where it varies.
    """

    finding: str
    statuses: tuple[str, ...]
    severity: int | str


def weight_columns(rules: PortfolioRules) -> tuple[WeightColumns, ...]:
    """Return the columns of every finding that a step answers or that can be an obstacle."""
    base = rules.base
    answered = {name for step in base.steps.values() for name in step.answers}
    subjects: dict[str, list[Subject]] = {}
    for subject in rules.subjects:
        name = subject.finding
        if name in base.strategy_findings:
            continue
        if name in answered or base.obstacle_severities(name):
            subjects.setdefault(name, []).append(subject)
    return tuple(_columns(rules, name, found) for name, found in subjects.items())


def _columns(rules: PortfolioRules, finding: str, subjects: list[Subject]) -> WeightColumns:
    statuses = []
    for subject in subjects:
        column = rules.status(subject)
        if subject.frame != "account":
            column = rules.plan.gather("account", subject.frame, column, "max")
        statuses.append(column)
    doc = rules.base.findings[finding]
    if not doc.variants:
        return WeightColumns(finding, tuple(statuses), SEVERITIES.index(doc.severity))

    def severity() -> Expr:
        return rules.severity_of(finding, "account")

    column = rules.make("account", f"severity {finding}", severity)
    return WeightColumns(finding, tuple(statuses), column)
