"""The choice of moves as a mixed-integer program, solved by HiGHS."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import highspy
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from kam_expert.results.effort import EffortAccount, EffortMove

#: HiGHS may miss whole numbers by this much.
_TOLERANCE = 1e-4
#: The time of each run, even after the deadline.
_LEAST_SECONDS = 0.1


@dataclass(frozen=True)
class Solution:
    """A choice, and what no choice exceeds.

    Attributes:
        chosen: Numbers of accounts and of their moves.
        bound: Rounded down, because values are whole numbers.
    """

    chosen: frozenset[tuple[int, int]]
    bound: int


class _Quiet(highspy.Highs):
    """HiGHS without its banner, which it prints to the standard output while it is made."""

    def enableCallbacks(self) -> None:  # noqa: N802 -- a name of HiGHS
        """Be silent before the first message."""
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


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
        rooms: How many moves an account may have, by its number; None for no limit.
        deadline: At this time of the monotonic clock the best choice so far is returned.
    """

    def __init__(  # noqa: PLR0913 -- what is open, what is settled, and the limits
        self,
        accounts: Sequence[EffortAccount],
        open_: Sequence[tuple[int, int]],
        answered: Mapping[int, Collection[str]],
        freed: Mapping[int, Collection[str]],
        pool_of: Mapping[tuple[int, int], str],
        rooms: Mapping[int, int | None],
        deadline: float,
    ) -> None:
        self._accounts = accounts
        self._moves = list(open_)
        self._cost = [0.0] * len(self._moves)
        self._upper = [1.0] * len(self._moves)
        self._whole = [True] * len(self._moves)
        self._rows = _Rows()
        self._pools: dict[str, int] = {}
        self._columns: dict[int, dict[int, int]] = {}
        self._freed = freed
        self._deadline = deadline
        self._highs = _Quiet()  # type: ignore[no-untyped-call]
        # One thread and no limit but time: the same answer again on any machine that is in time.
        options: dict[str, int | float | str] = {
            "threads": 1,
            # With one pool for ten thousand accounts it takes a minute, solving without it seconds.
            "presolve": "off",
            "mip_rel_gap": 0.0,
            # Values are whole numbers.
            "mip_abs_gap": 0.99,
        }
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        self._build(answered, pool_of, rooms)

    def solve(
        self, half_days: Mapping[str, int], known: Collection[tuple[int, int]] = ()
    ) -> Solution:
        """Return the best choice within *half_days* by pool.

        Args:
            half_days: What agreed moves leave.
            known: A choice within the capacity, to begin with.
        """
        self._within(half_days)
        while True:
            self._highs.clearSolver()
            if known:
                self._begin_with(known)
            self._run()
            info = self._highs.getInfo()
            bound = self._most(info.mip_dual_bound)
            if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
                return Solution(frozenset(known), bound)
            values = self._highs.getSolution().col_value
            chosen = {move for move, value in zip(self._moves, values, strict=False) if value > 0.5}  # noqa: PLR2004 -- nearer to one
            late = self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal
            circles = self._break_circles(chosen)
            if late or not circles:
                return Solution(frozenset(chosen - circles), bound)

    def prices(self, half_days: Mapping[str, int]) -> dict[str, float]:
        """Return what a half day of each pool is worth in the problem with parts of moves."""
        self._within(half_days)
        self._highs.clearSolver()
        self._highs.setOptionValue("solve_relaxation", True)
        self._run()
        self._highs.setOptionValue("solve_relaxation", False)
        duals = self._highs.getSolution().row_dual
        return {pool: abs(duals[row]) for pool, row in self._pools.items()}

    def _run(self) -> None:
        left = max(_LEAST_SECONDS, self._deadline - time.monotonic())
        self._highs.setOptionValue("time_limit", left)
        self._highs.run()

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
        pool_of: Mapping[tuple[int, int], str],
        rooms: Mapping[int, int | None],
    ) -> None:
        uses: dict[str, list[tuple[int, float]]] = {}
        for column, (number, place) in enumerate(self._moves):
            effort = float(self._accounts[number].moves[place].effort)
            uses.setdefault(pool_of[number, place], []).append((column, effort))
            self._columns.setdefault(number, {})[place] = column
        for pool, terms in uses.items():
            self._pools[pool] = self._rows.add(terms, highspy.kHighsInf)
        for number, own in self._columns.items():
            account = self._accounts[number]
            self._answer(account, own, answered.get(number, ()))
            self._free(account, own, self._freed.get(number, ()))
            room = rooms[number]
            if room is not None and len(own) > room:
                self._rows.add([(column, 1.0) for column in own.values()], float(room))
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
        """A move that is held back needs a chosen one that frees it.

        Two moves that free each other need a third one that frees one of them.
        """
        waits = [
            (place, held, [p for p in own if p != place and held in account.moves[p].frees])
            for place in own
            for held in account.moves[place].held_back_by
            if held not in freed
        ]
        for place, _, by in waits:
            self._rows.add([(own[place], 1.0), *((own[other], -1.0) for other in by)], 0.0)
            for other, _, others in waits:
                if other in by and place in others:
                    entries = {*by, *others} - {place, other}
                    terms = [(own[place], 1.0), *((own[entry], -1.0) for entry in sorted(entries))]
                    self._rows.add(terms, 0.0)

    def _break_circles(self, chosen: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Return the chosen moves that only free each other, and forbid that.

        Of such moves the first one made must be freed by a move that is none of them. These rows
        are added when a choice needs them: there are few circles, and many ways into one.
        """
        places: dict[int, list[int]] = {}
        for number, place in sorted(chosen):
            places.setdefault(number, []).append(place)
        found = set()
        for number, own in places.items():
            moves = self._accounts[number].moves
            circle = waiting(moves, own, self._freed.get(number, ()))
            freed = set(self._freed.get(number, ()))
            for place in own:
                freed.update(moves[place].frees if place not in circle else ())
            needed = {
                next(name for name in moves[place].held_back_by if name not in freed)
                for place in circle
            }
            columns = self._columns[number]
            by = [
                column
                for place, column in columns.items()
                if place not in circle and not needed.isdisjoint(moves[place].frees)
            ]
            for place in sorted(circle):
                row = np.array([columns[place], *by], dtype=np.int32)
                factors = np.array([1.0] + [-1.0] * len(by))
                self._highs.addRow(-highspy.kHighsInf, 0.0, len(row), row, factors)
                found.add((number, place))
        return found

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


def waiting(moves: Sequence[EffortMove], places: Iterable[int], freed: Collection[str]) -> set[int]:
    """Return those of the chosen moves of an account that never become free.

    Args:
        moves: The moves of the account.
        places: The chosen ones.
        freed: What holds back no move from the start.
    """
    left = set(places)
    gone = set(freed)
    while ready := {place for place in left if gone.issuperset(moves[place].held_back_by)}:
        left -= ready
        for place in ready:
            gone.update(moves[place].frees)
    return left
