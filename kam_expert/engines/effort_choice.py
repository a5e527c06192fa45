"""Choose the moves of a portfolio that answer most within the half days of a team.

Exact: the choice is an integer program. Accounts that share no owner are chosen apart, so that most
programs are small. Of several best choices the result is always the same one: no move that adds
nothing, and of interchangeable accounts or moves the earlier ones.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from typing import TYPE_CHECKING

from kam_expert.engines.effort_solver import EffortModel, waiting
from kam_expert.results.effort import EffortPlan, LeftOut, MoreCapacity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from kam_expert.results.effort import Capacity, EffortAccount, EffortMove

#: Number of an account and of one of its moves.
_At = tuple[int, int]
#: Half days more for which the gain is computed: one, and a day.
_MORE = (1, 2)
#: With more moves times pools than this, gains are estimated from prices.
_SOLVED_AGAIN = 20_000
#: The time for all programs together; the gap says what may be missing.
_SECONDS = 45.0


def choose_effort(
    accounts: Sequence[EffortAccount], capacity: Capacity, *, seconds: float = _SECONDS
) -> EffortPlan:
    """Return the moves to make, what limits them, and what was left out.

    Args:
        accounts: In an order that decides between equally good choices.
        capacity: By owner or in all.
        seconds: After this time the best choice so far is returned. Only then can the result differ
            between machines, and only then is the gap above 0.
    """
    task = _Task(accounts, capacity)
    deadline = time.monotonic() + seconds
    chosen = set(task.agreed)
    agreed = task.value(task.agreed)
    bound = simple = agreed
    more: list[MoreCapacity] = []
    for part in task.parts():
        known = task.one_by_one(part)
        model = task.model(part, deadline)
        found = model.solve(task.left())
        best = max((known, found.chosen), key=task.gain)
        chosen |= task.settled(part, best)
        bound += found.bound
        simple += task.gain(known)
        more += task.more(part, model, best, deadline)
    return task.plan(chosen, (bound, simple), more)


class _Task:
    """One choice: what is open, what is agreed, and what is left of the capacity."""

    def __init__(self, accounts: Sequence[EffortAccount], capacity: Capacity) -> None:
        self.accounts = accounts
        self.capacity = capacity
        self.agreed: list[_At] = []
        self.free: list[_At] = []
        self.pool: dict[_At, str] = {}
        self.agreed_effort: Counter[str] = Counter()
        for at, move in self._all():
            pool = capacity.pool(move.owner)
            if pool is not None:
                self.pool[at] = pool
            if move.agreed:
                self.agreed.append(at)
                self.agreed_effort[pool or ""] += move.effort if pool is not None else 0
            elif pool is not None and move.effort <= capacity.pools()[pool] + _MORE[-1]:
                self.free.append(at)
        self.free = self._undominated()
        self._agreed_moves = Counter(number for number, _ in self.agreed)
        self._answered = self._of_agreed("answers")
        self._freed = self._of_agreed("frees")

    def _all(self) -> Iterable[tuple[_At, EffortMove]]:
        for number, account in enumerate(self.accounts):
            for place, move in enumerate(account.moves):
                yield (number, place), move

    def _undominated(self) -> list[_At]:
        """Return the open moves without those in whose place another one is never worse.

        The other one waits for nothing, uses the same half days, not more of them, and answers and
        frees at least the same. Of two that do so for each other the earlier one is kept.
        """
        own: dict[int, list[_At]] = {}
        for at in self.free:
            own.setdefault(at[0], []).append(at)
        found = []
        for at in self.free:
            move = self.move(at)
            better = (
                other
                for other in own[at[0]]
                if other != at
                and self.pool[other] == self.pool[at]
                and _replaces(self.move(other), move)
                and (other < at or not _replaces(move, self.move(other)))
            )
            if not any(better):
                found.append(at)
        return found

    def room(self, number: int) -> int | None:
        """Return how many moves an account may have that are not agreed; None for no limit."""
        most = self.accounts[number].most
        return None if most is None else max(0, most - self._agreed_moves[number])

    def _of_agreed(self, what: str) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for at in self.agreed:
            found.setdefault(at[0], set()).update(getattr(self.move(at), what))
        return found

    def move(self, at: _At) -> EffortMove:
        """Return a move by its numbers."""
        return self.accounts[at[0]].moves[at[1]]

    def left(self, more: Mapping[str, int] | None = None) -> dict[str, int]:
        """Return what agreed moves leave of each pool, with *more* half days."""
        return {
            pool: max(0, half_days + (more or {}).get(pool, 0) - self.agreed_effort[pool])
            for pool, half_days in self.capacity.pools().items()
        }

    def value(self, taken: Iterable[_At]) -> int:
        """Return the sum of the weights of the causes that moves answer."""
        causes: dict[int, set[str]] = {}
        for at in taken:
            causes.setdefault(at[0], set()).update(self.move(at).answers)
        return sum(self._worth(number, answered) for number, answered in causes.items())

    def gain(self, taken: Iterable[_At]) -> int:
        """Return what moves add to the value of the agreed ones."""
        places: dict[int, list[int]] = {}
        for number, place in taken:
            places.setdefault(number, []).append(place)
        return sum(self._gain(number, own) for number, own in places.items())

    def _worth(self, number: int, causes: Iterable[str]) -> int:
        account = self.accounts[number]
        return account.weight * sum(account.causes.get(cause, 0) for cause in causes)

    def parts(self) -> list[list[_At]]:
        """Return the open moves in groups of accounts that share no pool with other groups."""
        parent: dict[str, str] = {}

        def root(pool: str) -> str:
            while parent.setdefault(pool, pool) != pool:
                parent[pool] = pool = parent[parent[pool]]
            return pool

        first: dict[int, str] = {}
        for at in self.free:
            parent[root(self.pool[at])] = root(first.setdefault(at[0], self.pool[at]))
        groups: dict[str, list[_At]] = {}
        for at in self.free:
            groups.setdefault(root(first[at[0]]), []).append(at)
        return list(groups.values())

    def model(self, part: Sequence[_At], deadline: float) -> EffortModel:
        """Return the program of one group."""
        rooms = {number: self.room(number) for number, _ in part}
        return EffortModel(
            self.accounts, part, self._answered, self._freed, self.pool, rooms, deadline
        )

    # One by one, as a beginning and for comparison

    def one_by_one(self, part: Sequence[_At]) -> frozenset[_At]:
        """Return the choice that always takes the move that answers most per half day.

        A move that is held back is taken together with the first moves that free it.
        """
        own: dict[int, list[_At]] = {}
        for at in part:
            own.setdefault(at[0], []).append(at)
        taken: dict[int, set[_At]] = {}
        left = self.left()
        queue = [self._ranked(at, taken, own) for at in part]
        heapq.heapify(queue)
        while queue:
            rank, at = heapq.heappop(queue)
            again, _ = self._ranked(at, taken, own)
            if again > rank:
                heapq.heappush(queue, (again, at))
                continue
            together = self._with_freeing(at, taken.get(at[0], set()), own)
            if rank >= 0 or together is None:
                continue
            room = self.room(at[0])
            if room is not None and len(taken.get(at[0], ())) + len(together) > room:
                continue
            needed = Counter[str]()
            for each in together:
                needed[self.pool[each]] += self.move(each).effort
            if all(left[pool] >= effort for pool, effort in needed.items()):
                for pool, effort in needed.items():
                    left[pool] -= effort
                taken.setdefault(at[0], set()).update(together)
                # Others of the account may now be worth more, because they are free.
                for each in own[at[0]]:
                    if each not in taken[at[0]]:
                        heapq.heappush(queue, self._ranked(each, taken, own))
        return frozenset(at for ats in taken.values() for at in ats)

    def _ranked(
        self, at: _At, taken: Mapping[int, set[_At]], own: Mapping[int, list[_At]]
    ) -> tuple[float, _At]:
        have = taken.get(at[0], set())
        together = self._with_freeing(at, have, own)
        if not together:
            return 0.0, at
        before = {cause for each in have for cause in self.move(each).answers}
        before |= self._answered.get(at[0], set())
        added = {cause for each in together for cause in self.move(each).answers} - before
        effort = sum(self.move(each).effort for each in together)
        return -self._worth(at[0], added) / max(effort, 0.5), at

    def _with_freeing(
        self, at: _At, have: Collection[_At], own: Mapping[int, list[_At]]
    ) -> set[_At] | None:
        """Return a move and what it needs besides *have*, in order; None if nothing frees it."""
        together: set[_At] = set()

        def add(wanted: _At, above: frozenset[_At]) -> bool:
            freed = set(self._freed.get(at[0], ()))
            for each in (*have, *together):
                freed.update(self.move(each).frees)
            for held in self.move(wanted).held_back_by:
                if held in freed:
                    continue
                by = (
                    each
                    for each in own[at[0]]
                    if each not in above and each != wanted and held in self.move(each).frees
                )
                if not any(add(each, above | {wanted}) for each in by):
                    return False
            together.add(wanted)
            return True

        if at in have:
            return set()
        return together if add(at, frozenset()) else None

    # One of several best choices

    def settled(self, part: Sequence[_At], best: Collection[_At]) -> set[_At]:
        """Return the choice without moves that add nothing, and with earlier ones for equal ones.

        The value stays, and no pool is used more.
        """
        by_account: dict[int, list[int]] = {}
        for number, place in sorted(best):
            by_account.setdefault(number, []).append(place)
        alike: dict[object, list[int]] = {}
        for number in dict.fromkeys(number for number, _ in part):
            alike.setdefault(self._kind(number), []).append(number)
        found: set[_At] = set()
        for numbers in alike.values():
            taken = [self._needed(number, by_account.get(number, [])) for number in numbers]
            taken.sort(key=lambda places: (-self._gain(numbers[0], places), places))
            for number, places in zip(numbers, taken, strict=True):
                found.update((number, place) for place in places)
        return found

    def _kind(self, number: int) -> object:
        """Return what accounts have in common that can be exchanged for each other."""
        account = self.accounts[number]
        moves = tuple(map(_role, account.moves))
        return account.weight, tuple(account.causes.items()), moves, account.most

    def _needed(self, number: int, places: Iterable[int]) -> list[int]:
        """Return the moves without those that add nothing, earlier ones in place of their like."""
        moves = self.accounts[number].moves
        left = sorted(places)
        open_ = {place for other, place in self._open_of(number)}
        for place in list(left):
            for earlier in range(place):
                if earlier in left or earlier not in open_ or place not in left:
                    continue
                if _role(moves[earlier]) == _role(moves[place]):
                    left[left.index(place)] = earlier
        for place in sorted(left, reverse=True):
            without = [other for other in left if other != place]
            same = self._gain(number, without) == self._gain(number, left)
            if same and not waiting(moves, without, self._freed.get(number, ())):
                left = without
        return sorted(left)

    def _open_of(self, number: int) -> Iterable[_At]:
        for place, move in enumerate(self.accounts[number].moves):
            if not move.agreed and (number, place) in self.pool:
                yield number, place

    def _gain(self, number: int, places: Iterable[int]) -> int:
        """Return what moves add to the agreed ones of their account."""
        moves = self.accounts[number].moves
        causes = {cause for place in places for cause in moves[place].answers}
        return self._worth(number, causes - self._answered.get(number, set()))

    # What the result says

    def more(
        self, part: Sequence[_At], model: EffortModel, best: Collection[_At], deadline: float
    ) -> list[MoreCapacity]:
        """Return what further half days of each pool of a group add to its best choice."""
        used = {self.pool[at] for at in part}
        pools = [name for name in self.capacity.pools() if name in used]
        if len(part) * len(pools) > _SOLVED_AGAIN or time.monotonic() > deadline:
            prices = model.prices(self.left())
            return [
                MoreCapacity(pool, half_days, round(prices[pool] * half_days), exact=False)
                for pool in pools
                for half_days in _MORE
            ]
        found = []
        for pool in pools:
            for half_days in _MORE:
                again = model.solve(self.left({pool: half_days}), best)
                gain = max(self.gain(again.chosen), self.gain(best))
                exact = gain == again.bound
                found.append(MoreCapacity(pool, half_days, gain - self.gain(best), exact))
        return found

    def plan(
        self, chosen: set[_At], limits: tuple[int, int], more: Sequence[MoreCapacity]
    ) -> EffortPlan:
        """Return the result; *limits* are the bound and the value of the simple choice."""
        used = Counter(dict.fromkeys(self.capacity.pools(), 0))
        for at in chosen:
            if at in self.pool:
                used[self.pool[at]] += self.move(at).effort
        value = self.value(chosen)
        told = {(one.pool, one.half_days): one for one in more}
        return EffortPlan(
            capacity=self.capacity,
            chosen=tuple(self.move(at) for at in sorted(chosen)),
            left_out=tuple(self._left_out(chosen)),
            value=value,
            bound=max(value, limits[0]),
            simple=limits[1],
            used=dict(used),
            more=tuple(
                told.get((pool, half_days), MoreCapacity(pool, half_days, 0, exact=True))
                for pool in self.capacity.pools()
                for half_days in _MORE
            ),
        )

    def _left_out(self, chosen: Collection[_At]) -> Iterable[LeftOut]:
        taken: dict[int, list[int]] = {}
        for number, place in chosen:
            taken.setdefault(number, []).append(place)
        for at, move in self._all():
            if at not in chosen:
                yield self._reason(at, move, sorted(taken.get(at[0], [])))

    def _reason(self, at: _At, move: EffortMove, taken: Sequence[int]) -> LeftOut:
        others = [self.accounts[at[0]].moves[place] for place in taken]
        answered = {cause for other in others for cause in other.answers}
        adds = self._worth(at[0], set(move.answers) - answered)
        freed = {name for other in others for name in other.frees}
        held = tuple(name for name in move.held_back_by if name not in freed)
        if at not in self.pool:
            return LeftOut(move, "no_capacity", adds)
        if not adds:
            by = (other.step for other in others if set(other.answers) & set(move.answers))
            return LeftOut(move, "answered", 0, tuple(dict.fromkeys(by)))
        if held:
            return LeftOut(move, "held_back", adds, held)
        if move.effort > self.capacity.pools()[self.pool[at]]:
            return LeftOut(move, "too_long", adds)
        return LeftOut(move, "others_first", adds)


def _replaces(move: EffortMove, other: EffortMove) -> bool:
    """Return whether *move* can be made in place of *other* of the same owner, and lose nothing."""
    return (
        not move.held_back_by
        and move.effort <= other.effort
        and {*other.answers} <= {*move.answers}
        and {*other.frees} <= {*move.frees}
    )


def _role(move: EffortMove) -> object:
    """Return what makes two moves exchangeable: everything but step, account and about."""
    return move.owner, move.effort, move.answers, move.frees, move.held_back_by, move.agreed
