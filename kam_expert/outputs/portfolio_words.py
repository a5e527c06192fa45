"""The words of a portfolio, for its page and its workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from babel.numbers import get_group_symbol

from kam_expert.facts.case import Case, Entity
from kam_expert.outputs.value_words import isolated
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.knowledge.strategy import Strategy
    from kam_expert.results.portfolio import AccountMove, AccountRow, FactChange


class PortfolioWords:
    """Words the results of many accounts.

    Args:
        base: The rule base with the texts.
        view: How a portfolio is sorted and shown.
        lang: ``uk`` or ``en``.
        day: The date of the run.
    """

    def __init__(self, base: KnowledgeBase, view: PortfolioView, lang: str, day: date) -> None:
        self.base = base
        self.view = view
        self.lang = lang
        self.words = Words(base, Case(Entity("account", "")), lang, day)
        self.closest = base.stage_model.stages[-1]
        self._group = get_group_symbol(lang)
        self._strategies = {strategy.id: strategy for strategy in view.strategies}
        self._numbers = {name: number for number, name in enumerate(self._strategies, 1)}

    def number(self, number: float) -> str:
        """Return a whole number with the group separator of the language."""
        # Babel is a hundred times slower, and the table has thousands of numbers.
        return f"{round(number):,}".replace(",", self._group)

    @staticmethod
    def percent(part: float, whole: float) -> str:
        """Return a share in whole per cent; 0% and 100% only for exactly none and all."""
        if not whole:
            return "–"
        share = 100 * part / whole
        if 0 < share < 1:
            return "<1%"
        whole_share = 99 if 99 < share < 100 else round(share)  # noqa: PLR2004 -- below all
        return f"{whole_share}%"

    def attractiveness(self, word: str | None) -> str:
        """Return the attractiveness in words."""
        return self.words.value(self.view.facts["attractiveness"], word)

    def step(self, name: str, about: str) -> str:
        """Return the name of a step."""
        return self.base.steps[name].name.get(self.lang).replace("{about}", isolated(about))

    @staticmethod
    def link(report: str) -> str:
        """Return the link to a report, a path relative to the page."""
        return quote(report.encode("utf-8", "replace"), safe="/")

    def strategy(self, row: AccountRow) -> Strategy:
        """Return the strategy of an account."""
        return self._strategies[row.strategy]

    def strategy_name(self, name: str) -> str:
        """Return the name of a strategy; its id if an earlier rule base had it."""
        known = self._strategies.get(name)
        return known.name.get(self.lang) if known else name

    def strategy_number(self, name: str) -> int:
        """Return the number of a strategy in the order."""
        return self._numbers[name]

    def comes_first(self, strategy: Strategy) -> str:
        """Return the purposes of the steps that come first."""
        purposes = self.base.step_book.purposes
        return ", ".join(
            purposes[name].get(self.lang)
            for name in dict.fromkeys((*strategy.first, *strategy.then))
        )

    def turned(self, move: AccountMove) -> dict[tuple[str, str], list[str]]:
        """Return the findings of a move by their status before and now."""
        groups: dict[tuple[str, str], list[str]] = {}
        for name, before, now in move.findings:
            key = self.words.status(before), self.words.status(now)
            groups.setdefault(key, []).append(self.words.finding(name))
        return groups

    def change(self, change: FactChange) -> str:
        """Return a changed answer in words."""
        before, after = (self.words.value(change.fact, v) for v in (change.before, change.after))
        return f"{self.words.fact(change.fact)}: {before} → {after}"
