"""The data of the portfolio page, in the order and grouping of the page."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.outputs.portfolio_order import (
    Obstacle,
    StrategyReasons,
    causes_in_order,
    obstacles_in_order,
)
from kam_expert.outputs.portfolio_plot import Plot, plot
from kam_expert.outputs.portfolio_table import AccountTable
from kam_expert.outputs.portfolio_words import PortfolioWords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.knowledge.strategy import Strategy
    from kam_expert.results.portfolio import AccountGroup, AccountMove, AccountRow, PortfolioSummary

#: Number of accounts at the top with all their reasons.
_FIRST = 10
#: Number of obstacles and moves that are shown; the others are collapsed.
_OBSTACLES, _MOVES = 12, 15
_QUESTIONS = 3
#: With more accounts than this, marks have no names: they would lie on each other.
_NAMED_MARKS = 60
#: The width of a wide letter on a mark, and the fewest letters that say something.
_LETTER, _FEWEST = 7.4, 4


@dataclass(frozen=True)
class StageLine:
    """Number of accounts in a stage; ``kind`` selects colour and shape."""

    stage: str
    kind: int
    firm: int
    provisional: int

    @property
    def accounts(self) -> int:
        """Return the total."""
        return self.firm + self.provisional


class PortfolioPage(PortfolioWords):
    """The data of the template."""

    def __init__(
        self, summary: PortfolioSummary, base: KnowledgeBase, view: PortfolioView, lang: str
    ) -> None:
        super().__init__(base, view, lang, summary.day)
        self.summary = summary
        self.verdicts = (*base.stage_model.names, UNDETERMINED)
        self.table = AccountTable(summary.rows, self)
        self._reasons = StrategyReasons(base)

    def kind(self, stage: str) -> int:
        """Return the number of a stage, which selects colour and shape."""
        return self.verdicts.index(stage)

    def stages(self) -> list[StageLine]:
        """Return the number of accounts in each stage."""
        counts: Counter[tuple[str, bool]] = Counter()
        for cell in self.summary.cells:
            counts[cell.stage, cell.firm] += cell.accounts
        return [
            StageLine(stage, kind, counts[stage, True], counts[stage, False])
            for kind, stage in enumerate(self.verdicts)
        ]

    def strategies(self) -> list[tuple[Strategy, int]]:
        """Return the strategies in order, with their numbers of accounts."""
        return [(s, self.summary.strategies.get(s.id, 0)) for s in self.view.strategies]

    def first(self) -> tuple[AccountRow, ...]:
        """Return the accounts that need attention first."""
        return self.summary.rows[:_FIRST]

    def reasons(self, row: AccountRow) -> list[str]:
        """Return the findings behind an account's strategy."""
        return self._reasons.of(row)

    def title(self) -> str:
        """Return the finding of the page: the most urgent strategy that accounts have."""
        _ = self.words._
        found = next(((s, n) for s, n in self.strategies() if n), None)
        if found is None:
            return _("No account was diagnosed.")
        strategy, accounts = found
        return _(
            "First of all “%(strategy)s”: %(share)s of %(all)s accounts",
            share=self.number(accounts),
            all=self.number(self.summary.accounts),
            strategy=strategy.name.get(self.lang),
        )

    def causes(self) -> list[list[tuple[str, int]]]:
        """Return the numbers of accounts by main cause: the first ones, and the others if any."""
        found = causes_in_order(self.summary, self.base)
        return [part for part in (found[:_OBSTACLES], found[_OBSTACLES:]) if part]

    def plot(self) -> Plot:
        """Return the plot of attractiveness against depth."""
        return plot(
            self.summary.cells,
            self.base.facts[self.view.facts["attractiveness"]].words(),
            self.verdicts,
            len(self.closest.features),
            named=bool(self.names_on_marks),
        )

    @functools.cached_property
    def names_on_marks(self) -> dict[tuple[str | None, str, int], list[str]]:
        """Return the names of accounts by attractiveness, stage and features seen.

        None if there are too many accounts for names.
        """
        found: dict[tuple[str | None, str, int], list[str]] = {}
        if len(self.summary.rows) <= _NAMED_MARKS:
            for row in self.summary.rows:
                key = row.attractiveness, row.stage, row.seen
                found.setdefault(key, []).append(row.name or row.id)
        return found

    @staticmethod
    def label(names: Sequence[str], room: float) -> str:
        """Return as much of the first name as there is room for, and how many others there are."""
        more = f" +{len(names) - 1}" if len(names) > 1 else ""
        letters = int(room / _LETTER) - len(more)
        if not names or letters < _FEWEST:
            return ""
        return (names[0] if len(names[0]) <= letters else f"{names[0][: letters - 1]}…") + more

    def obstacles(self) -> tuple[list[Obstacle], list[Obstacle]]:
        """Return the certain and possible obstacles: the most frequent ones, and the others."""
        found = obstacles_in_order(self.summary, self.base)
        return found[:_OBSTACLES], found[_OBSTACLES:]

    def competitors(self) -> list[tuple[str, AccountGroup]]:
        """Return groups of accounts by what a competitor does there, the most urgent first."""
        words = self.base.facts[self.view.facts["competitor"]].words()
        seen = [word for word in reversed(words) if word in self.summary.competitor]
        return [(word, self.summary.competitor[word]) for word in seen]

    def questions(self) -> list[tuple[str, str, int]]:
        """Return the wording of each question, whom to ask, and the number of accounts."""
        words = self.words
        return [
            (words.question(q.fact, q.asked_of), words.whom_to_ask(q.asked_of), q.accounts)
            for q in self.summary.questions[:_QUESTIONS]
        ]

    def moves(self) -> list[list[AccountMove]]:
        """Return the accounts that changed: the first ones, and the others if there are any."""
        moves = list(self.summary.since.moves) if self.summary.since else []
        return [part for part in (moves[:_MOVES], moves[_MOVES:]) if part]
