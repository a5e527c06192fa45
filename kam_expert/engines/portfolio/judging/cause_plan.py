"""The main causes of every account, as columns: see `kam_expert.engines.causes`.

The columns say where a finding is an obstacle that follows from no other one, and how much it
weighs. The five weightiest of an account are chosen where its table is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.engines.causes import explains
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from kam_expert.engines.portfolio.judging.expressions import Expr
    from kam_expert.engines.portfolio.judging.finding_columns import Subject
    from kam_expert.engines.portfolio.judging.portfolio_rules import PortfolioRules

_LIKELY, _ESTABLISHED = STATUSES.index("likely"), STATUSES.index("established")
#: The weights of a severity: one for an established finding and one for a likely one.
WEIGHTS = 2


@dataclass(frozen=True)
class CauseColumns:
    """The columns of one finding about one kind of entity.

    Attributes:
        own: The weight of each entity where the finding is a cause, the lowest first; else null.
        least: The least weight among the entities of an account; null without a cause.
    """

    finding: str
    frame: str
    own: str
    least: str


class CausePlan:
    """Compiles the main causes of a rule base."""

    def __init__(self, rules: PortfolioRules) -> None:
        self.rules = rules
        self._subjects: dict[tuple[str, str], list[Subject]] = {}
        for subject in rules.subjects:
            if rules.base.obstacle_severities(subject.finding):
                self._subjects.setdefault((subject.finding, subject.frame), []).append(subject)

    def columns(self) -> tuple[CauseColumns, ...]:
        """Return the columns of every finding that can be an obstacle."""
        return tuple(self._columns(*key) for key in self._subjects)

    def _columns(self, finding: str, frame: str) -> CauseColumns:
        own = self.rules.make(frame, f"cause {finding}", lambda: self._weight(finding, frame))
        least = own
        if frame != "account":
            least = self.rules.plan.gather("account", frame, own, "min")
        return CauseColumns(finding, frame, own, least)

    def _weight(self, finding: str, frame: str) -> Expr:
        x, rules = self.rules.x, self.rules
        sure = x.any_of(
            rules.col(rules.status(subject)) == _ESTABLISHED
            for subject in self._subjects[finding, frame]
        )
        doubt = x.when(sure).then(x.lit(0)).otherwise(x.lit(1))
        weight = rules.severity_of(finding, frame) * WEIGHTS + doubt
        explained = x.any_of(
            self._holds(cause, kind, frame)
            for cause in rules.base.findings[finding].follows_from
            for kind in dict.fromkeys(s.frame for s in rules.subjects if s.finding == cause)
            if (cause, kind) in self._subjects and explains(kind, frame) is not None
        )
        root = rules.col(self._obstacle(finding, frame)) & ~explained
        return x.cast(x.when(root).then(weight), "Int32")

    def _obstacle(self, finding: str, frame: str) -> str:
        """Return the column of where a finding is an obstacle."""

        def build() -> Expr:
            rules = self.rules
            likely = rules.x.any_of(
                rules.col(rules.status(subject)) >= _LIKELY
                for subject in self._subjects[finding, frame]
            )
            mildest = rules.base.obstacle_severities(finding)[-1]
            return likely & (rules.severity_of(finding, frame) <= SEVERITIES.index(mildest))

        return self.rules.make(frame, f"obstacle {finding}", build)

    def _holds(self, cause: str, kind: str, frame: str) -> Expr:
        """Return where a cause about one kind of entity explains the rows of *frame*."""
        column = self._obstacle(cause, kind)
        if explains(kind, frame) == "same":
            return self.rules.col(column)
        if kind != "account":
            column = self.rules.plan.gather("account", kind, column, "any")
        return self.rules.at(frame, "account", column)
