"""The chosen moves of a portfolio by owner and week, worded for the page and the workbook."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.outputs.portfolio_words import PortfolioWords
    from kam_expert.results.effort import EffortMove, EffortPlan, MoreCapacity
    from kam_expert.results.portfolio import AccountRow

#: Chosen moves on the page.
_SHOWN = 200
_NOBODY = "–"


@dataclass(frozen=True)
class PoolLine:
    """The half days of an owner, or of all."""

    name: str
    half_days: int
    used: int
    more: tuple[MoreCapacity, ...]


@dataclass(frozen=True)
class EffortLine:
    """A chosen move."""

    owner: str
    week: str
    account: str
    step: str
    half_days: int
    agreed: bool


class EffortPage:
    """The data of the section about effort."""

    def __init__(self, plan: EffortPlan, rows: Iterable[AccountRow], said: PortfolioWords) -> None:
        self.plan = plan
        self._said = said
        self._names = {row.id: row.name or row.id for row in rows}

    def size(self) -> str:
        """Return how many moves were chosen, and how much they take."""
        _, number = self._said.words._, self._said.number
        return _(
            "%(chosen)s of %(all)s possible moves fit into the half days that there are.",
            chosen=number(len(self.plan.chosen)),
            all=number(len(self.plan.chosen) + len(self.plan.left_out)),
        )

    def quality(self) -> str:
        """Return how good the choice is."""
        _, number = self._said.words._, self._said.number
        if self.plan.value == self.plan.bound:
            return _("No other choice within them answers more.")
        return _(
            "Together they answer %(value)s; no choice within them answers more than %(bound)s.",
            value=number(self.plan.value),
            bound=number(self.plan.bound),
        )

    def pools(self) -> list[PoolLine]:
        """Return the half days by owner."""
        everybody = self._said.words._("All")
        return [
            PoolLine(
                pool or everybody,
                half_days,
                self.plan.used.get(pool, 0),
                tuple(more for more in self.plan.more if more.pool == pool),
            )
            for pool, half_days in self.plan.capacity.pools().items()
        ]

    def added(self, more: MoreCapacity) -> str:
        """Return what further half days add."""
        return ("" if more.exact else "≈ ") + self._said.number(more.adds)

    def chosen(self) -> list[EffortLine]:
        """Return the first chosen moves by owner and week."""
        lines = [
            EffortLine(
                move.owner or _NOBODY,
                _week(move),
                self._names.get(move.account, move.account),
                self._step(move),
                move.effort,
                move.agreed,
            )
            for move in self.plan.chosen
        ]
        # Moves stay in their order within a week.
        # What the plan left for later has no week of its own and comes after the others.
        lines.sort(key=lambda line: (line.owner.casefold(), line.owner, not line.week, line.week))
        return lines[:_SHOWN]

    def more_chosen(self) -> int:
        """Return how many chosen moves the page does not show."""
        return max(0, len(self.plan.chosen) - _SHOWN)

    def reasons(self) -> list[tuple[str, int]]:
        """Return why moves were left out, the most frequent reason first."""
        return Counter(self._why(out.why) for out in self.plan.left_out).most_common()

    def cells(self) -> Iterable[Sequence[str | float | None]]:
        """Return the rows of the workbook: chosen moves, then those left out."""
        yes, no = (self._said.words.value("", word) for word in (True, False))
        for move in self.plan.chosen:
            yield (*self._cells(move), yes, None)
        for out in self.plan.left_out:
            yield (*self._cells(out.move), no, self._why(out.why))

    def _cells(self, move: EffortMove) -> Sequence[str | float | None]:
        name = self._names.get(move.account, move.account)
        about = "; ".join(move.about)
        return name, move.owner, _week(move), self._step(move), about, move.effort

    def _step(self, move: EffortMove) -> str:
        return self._said.step(move.step, "; ".join(move.about) or move.account)

    def _why(self, reason: str) -> str:
        _ = self._said.words._
        return {
            "no_capacity": _("no half days are given for the owner"),
            "held_back": _("it waits for what no chosen move answers"),
            "answered": _("chosen moves answer the same already"),
            "too_long": _("it takes more than all half days of its owner"),
        }.get(reason, _("other moves answer more with the same half days"))


def _week(move: EffortMove) -> str:
    """Return the Monday of the week in which a move begins."""
    if move.begin is None:
        return ""
    return (move.begin - timedelta(days=move.begin.weekday())).isoformat()
