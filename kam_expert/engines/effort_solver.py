"""The choice of moves as a mixed-integer program, solved by HiGHS."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import highspy
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from kam_expert.results.effort import EffortAccount

#: HiGHS may miss whole numbers by this much.
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Solution:
    """A choice, and what no choice exceeds.

    Attributes:
        chosen: Numbers of accounts and of their moves.
        bound: Rounded down, because values are whole numbers.
    """

    chosen: frozenset[tuple[int, int]]
    bound: int


@dataclass
class _Rows:
    """The rows of a sparse matrix, one after the other."""

    start: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    factor: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)

    def add(self, terms: Iterable[tuple[int, float]], most: float) -> int:
        """Add the row *terms* <= *most* and return its number."""
        self.start.append(len(self.column))
        for column, factor in terms:
            self.column.append(column)
            self.factor.append(factor)
        self.most.append(most)
        return len(self.most) - 1


class EffortModel:
    """The program of some accounts: one column for each move that may be chosen.

    Args:
        accounts: The accounts.
        open_: Numbers of accounts and of their moves that may be chosen, agreed ones not among
            them.
        answered: Causes that agreed moves answer, by number of the account.
        freed: What agreed moves free, likewise.
        pool_of: The name of the half days that a move uses.
        seconds: After this time the best choice so far is returned.
    """

    def __init__(
        self,
        accounts: Sequence[EffortAccount],
        open_: Sequence[tuple[int, int]],
        answered: Mapping[int, Collection[str]],
        freed: Mapping[int, Collection[str]],
        pool_of: Mapping[tuple[int, int], str],
        seconds: float,
    ) -> None:
        self._accounts = accounts
        self._moves = list(open_)
        self._cost = [0.0] * len(self._moves)
        self._upper = [1.0] * len(self._moves)
        self._whole = [True] * len(self._moves)
        self._rows = _Rows()
        self._pools: dict[str, int] = {}
        self._highs = highspy.Highs()
        # One thread and no limit but time: the same answer again on any machine that is in time.
        for name, value in {
            "output_flag": False,
            "threads": 1,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 0.5,
            "time_limit": seconds,
        }.items():
            self._highs.setOptionValue(name, value)
        self._build(answered, freed, pool_of)

    def solve(
        self, half_days: Mapping[str, int], known: Collection[tuple[int, int]] = ()
    ) -> Solution:
        """Return the best choice within *half_days* by pool.

        Args:
            half_days: What agreed moves leave.
            known: A choice within the capacity, to begin with.
        """
        self._within(half_days)
        self._highs.clearSolver()
        if known:
            self._begin_with(known)
        self._highs.run()
        info = self._highs.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Solution(frozenset(known), self._most(info.mip_dual_bound))
        values = self._highs.getSolution().col_value
        chosen = (move for move, value in zip(self._moves, values, strict=False) if value > 0.5)  # noqa: PLR2004 -- nearer to one
        return Solution(frozenset(chosen), self._most(info.mip_dual_bound))

    def prices(self, half_days: Mapping[str, int]) -> dict[str, float]:
        """Return what a half day of each pool is worth in the problem with parts of moves."""
        self._within(half_days)
        self._highs.clearSolver()
        self._highs.setOptionValue("solve_relaxation", True)
        self._highs.run()
        self._highs.setOptionValue("solve_relaxation", False)
        duals = self._highs.getSolution().row_dual
        return {pool: abs(duals[row]) for pool, row in self._pools.items()}

    def _most(self, bound: float) -> int:
        """Return a bound of the minimised costs as one of the value."""
        highest = sum(
            account.weight * weight
            for number in {number for number, _ in self._moves}
            for account in (self._accounts[number],)
            for weight in account.causes.values()
        )
        return min(highest, math.floor(_TOLERANCE - bound)) if math.isfinite(bound) else highest

    def _within(self, half_days: Mapping[str, int]) -> None:
        for pool, row in self._pools.items():
            self._highs.changeRowBounds(row, -highspy.kHighsInf, float(half_days[pool]))

    def _begin_with(self, known: Collection[tuple[int, int]]) -> None:
        # The other columns follow; HiGHS completes them.
        columns = [column for column, move in enumerate(self._moves) if move in known]
        ones = np.ones(len(columns))
        self._highs.setSolution(len(columns), np.array(columns, dtype=np.int32), ones)

    def _column(self, cost: float, upper: float, *, whole: bool) -> int:
        self._cost.append(cost)
        self._upper.append(upper)
        self._whole.append(whole)
        return len(self._cost) - 1

    def _build(
        self,
        answered: Mapping[int, Collection[str]],
        freed: Mapping[int, Collection[str]],
        pool_of: Mapping[tuple[int, int], str],
    ) -> None:
        uses: dict[str, list[tuple[int, float]]] = {}
        columns: dict[int, dict[int, int]] = {}
        for column, (number, place) in enumerate(self._moves):
            effort = float(self._accounts[number].moves[place].effort)
            uses.setdefault(pool_of[number, place], []).append((column, effort))
            columns.setdefault(number, {})[place] = column
        for pool, terms in uses.items():
            self._pools[pool] = self._rows.add(terms, highspy.kHighsInf)
        for number, own in columns.items():
            account = self._accounts[number]
            self._answer(account, own, answered.get(number, ()))
            self._free(account, own, freed.get(number, ()))
        self._pass()

    def _answer(
        self, account: EffortAccount, own: Mapping[int, int], answered: Collection[str]
    ) -> None:
        """A cause counts once, however many moves answer it."""
        for cause, weight in account.causes.items():
            by = [column for place, column in own.items() if cause in account.moves[place].answers]
            worth = -float(account.weight * weight)
            if not by or not weight or cause in answered:
                continue
            if len(by) == 1:
                self._cost[by[0]] += worth
                continue
            counts = self._column(worth, 1.0, whole=False)
            self._rows.add([(counts, 1.0), *((column, -1.0) for column in by)], 0.0)

    def _free(self, account: EffortAccount, own: Mapping[int, int], freed: Collection[str]) -> None:
        """A move that is held back needs a chosen one that frees it, and one that comes before."""
        waits: dict[tuple[int, str], list[int]] = {
            (place, held): [
                other for other in own if other != place and held in account.moves[other].frees
            ]
            for place in own
            for held in account.moves[place].held_back_by
            if held not in freed
        }
        in_turn = _has_circle(waits)
        turns = {place: self._column(0.0, float(len(own)), whole=False) for place in own if in_turn}
        for (place, _), others in waits.items():
            by = [own[other] for other in others]
            if in_turn:
                by = []
                for other in others:
                    # It counts as freed by *other* only if that is chosen and has an earlier turn.
                    used = self._column(0.0, 1.0, whole=True)
                    self._rows.add([(used, 1.0), (own[other], -1.0)], 0.0)
                    room = float(len(own) + 1)
                    earlier = [(turns[other], 1.0), (turns[place], -1.0), (used, room)]
                    self._rows.add(earlier, room - 1.0)
                    by.append(used)
            self._rows.add([(own[place], 1.0), *((column, -1.0) for column in by)], 0.0)

    def _pass(self) -> None:
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self._cost), len(self._rows.most)
        program.col_cost_ = np.array(self._cost)
        program.col_lower_ = np.zeros(len(self._cost))
        program.col_upper_ = np.array(self._upper)
        program.row_lower_ = np.full(len(self._rows.most), -highspy.kHighsInf)
        program.row_upper_ = np.array(self._rows.most)
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.array([*self._rows.start, len(self._rows.column)])
        program.a_matrix_.index_ = np.array(self._rows.column)
        program.a_matrix_.value_ = np.array(self._rows.factor)
        kinds = {True: highspy.HighsVarType.kInteger, False: highspy.HighsVarType.kContinuous}
        program.integrality_ = [kinds[whole] for whole in self._whole]
        self._highs.passModel(program)


def _has_circle(waits: Mapping[tuple[int, str], Sequence[int]]) -> bool:
    """Return whether moves could free each other in a circle."""
    graph: dict[int, set[int]] = {}
    for (place, _), others in waits.items():
        graph.setdefault(place, set()).update(others)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return True
    return False
