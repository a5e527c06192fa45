"""A rule base as columns."""

from __future__ import annotations

from kam_expert.engines.portfolio.judging.contradiction_columns import ContradictionColumns
from kam_expert.engines.portfolio.judging.expressions import Expr, is_true, not_false
from kam_expert.engines.portfolio.judging.finding_columns import Subject
from kam_expert.engines.portfolio.judging.stage_columns import StageColumns
from kam_expert.facts.columns import CHOSEN
from kam_expert.knowledge.status import STATUSES


class PortfolioRules(StageColumns, ContradictionColumns):
    """Compiles a rule base: all of its columns, with those of the strategy."""

    def strategy_is(self, name: str) -> str:
        """Return the column of whether a strategy counts: chosen, or else given by the rules."""

        def build() -> Expr:
            given = self.col(self.status(Subject(name, "account"))) >= STATUSES.index("likely")
            if CHOSEN not in self.plan.given["account"]:
                return given
            chosen = self.col(CHOSEN)
            return self.x.when(chosen.is_null()).then(given).otherwise(is_true(chosen == name))

        return self.make("account", f"strategy is {name}", build)

    def may_be(self, name: str) -> str:
        """Return the column of whether missing answers allow a strategy."""
        subject = Subject(name, "account")
        return self.make(
            "account",
            f"may be {name}",
            lambda: not_false(self.col(self.likely_of(subject, "s"))),
        )

    def strategy(self) -> str:
        """Return the column of the strategy that counts, as its place in the order."""

        def build() -> Expr:
            place: Expr = self.x.lit(0)
            for number, strategy in enumerate(self.base.strategies):
                here = self.col(self.strategy_is(strategy.id))
                place = self.x.when(here).then(self.x.lit(number)).otherwise(place)
            return place

        return self.make("account", "strategy", build)
