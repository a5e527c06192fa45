"""The choice of moves over a portfolio: exact, within capacity, and always the same."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import replace

import pytest

from kam_expert.engines.effort_choice import choose_effort
from kam_expert.results.effort import Capacity, EffortAccount, EffortMove, EffortPlan
from tests.sampling import few_of

_OWNERS = ("Ivan", "Maria", "Oleh")


def _move(account: str, step: str, *answers: str, effort: int = 2, **other: object) -> EffortMove:
    made = EffortMove(account, step, (), "Ivan", effort, answers, frees=answers)
    return replace(made, **other)  # type: ignore[arg-type]


def _account(name: str, causes: dict[str, int], *moves: EffortMove) -> EffortAccount:
    return EffortAccount(name, 1, causes, moves)


def _random(seed: int) -> tuple[list[EffortAccount], Capacity]:
    rng = random.Random(seed)
    accounts = []
    for number in range(rng.randint(1, 4)):
        causes = {f"c{i}": rng.choice([0, 1, 3, 9]) for i in range(rng.randint(1, 4))}
        moves = []
        for place in range(rng.randint(1, 4)):
            answers = tuple(rng.sample(list(causes), rng.randint(1, len(causes))))
            blocks = tuple(name for name in causes if name not in answers and rng.random() < 0.5)
            moves.append(
                EffortMove(
                    account=f"a{number}",
                    step=f"s{place}",
                    about=(),
                    owner=rng.choice([*_OWNERS, None]),
                    effort=rng.randint(0, 4),
                    answers=answers,
                    frees=answers,
                    held_back_by=blocks if rng.random() < 0.7 else (),
                    agreed=rng.random() < 0.1,
                )
            )
        most = rng.randint(1, 3) if rng.random() < 0.4 else None
        weight = rng.randint(1, 4)
        accounts.append(EffortAccount(f"a{number}", weight, causes, tuple(moves), most))
    if rng.random() < 0.3:
        return accounts, Capacity({}, rng.randint(0, 14))
    owners = {owner: rng.randint(0, 7) for owner in _OWNERS if rng.random() < 0.9}
    return accounts, Capacity(owners)


def _value(accounts: list[EffortAccount], chosen: set[tuple[str, str]]) -> int:
    total = 0
    for account in accounts:
        answered = {
            cause
            for move in account.moves
            if (move.account, move.step) in chosen
            for cause in move.answers
        }
        total += account.weight * sum(account.causes[cause] for cause in answered)
    return total


def _can_be_done(account: EffortAccount, chosen: set[tuple[str, str]]) -> bool:
    """Whether the chosen moves have an order in which each is free when its turn comes."""
    mine = [move for move in account.moves if (move.account, move.step) in chosen]
    freed = {name for move in mine if move.agreed for name in move.frees}
    waiting = [move for move in mine if not move.agreed]
    for _ in account.moves:
        for move in list(waiting):
            if set(move.held_back_by) <= freed:
                waiting.remove(move)
                freed |= set(move.frees)
    return not waiting


def _too_many(account: EffortAccount, chosen: set[tuple[str, str]]) -> bool:
    mine = [move for move in account.moves if (move.account, move.step) in chosen]
    agreed = sum(move.agreed for move in mine)
    return account.most is not None and len(mine) > max(account.most, agreed)


def _over(plan_moves: list[EffortMove], capacity: Capacity) -> bool:
    used: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    for move in plan_moves:
        pool = capacity.pool(move.owner)
        if pool is None:
            if not move.agreed:
                return True
            continue
        used[pool] += move.effort
        agreed[pool] += move.effort if move.agreed else 0
    return any(used[p] > max(limit, agreed[p]) for p, limit in capacity.pools().items())


def _brute_force(accounts: list[EffortAccount], capacity: Capacity) -> int:
    moves = [move for account in accounts for move in account.moves]
    fixed = [move for move in moves if move.agreed]
    rest = [move for move in moves if not move.agreed and capacity.pool(move.owner) is not None]
    best = -1
    for taken in itertools.product([False, True], repeat=len(rest)):
        chosen = fixed + [move for move, take in zip(rest, taken, strict=True) if take]
        keys = {(move.account, move.step) for move in chosen}
        if _over(chosen, capacity) or any(_too_many(a, keys) for a in accounts):
            continue
        if all(_can_be_done(a, keys) for a in accounts):
            best = max(best, _value(accounts, keys))
    return best


def _keys(plan: EffortPlan) -> set[tuple[str, str]]:
    return {(move.account, move.step) for move in plan.chosen}


@pytest.mark.parametrize("start", few_of(range(0, 200, 25)))
def test_the_choice_is_as_good_as_trying_every_one(start: int) -> None:
    for seed in range(start, start + 25):
        accounts, capacity = _random(seed)

        plan = choose_effort(accounts, capacity)

        assert plan.value == _brute_force(accounts, capacity), seed
        assert plan.value == plan.bound == _value(accounts, _keys(plan)), seed
        assert plan.gap == 0
        assert plan.simple <= plan.value


@pytest.mark.parametrize("start", few_of(range(0, 200, 50), 1))
def test_a_choice_keeps_to_capacity_and_to_what_frees_a_move(start: int) -> None:
    for seed in range(start, start + 50):
        accounts, capacity = _random(seed)

        plan = choose_effort(accounts, capacity)

        assert not _over(list(plan.chosen), capacity), seed
        assert all(_can_be_done(account, _keys(plan)) for account in accounts), seed
        assert not any(_too_many(account, _keys(plan)) for account in accounts), seed
        assert {m for a in accounts for m in a.moves if m.agreed} <= set(plan.chosen)
        told = [*plan.chosen, *(left.move for left in plan.left_out)]
        assert Counter(told) == Counter(m for a in accounts for m in a.moves), seed


@pytest.mark.parametrize("start", few_of(range(0, 100, 25)))
def test_more_half_days_add_what_the_choice_says(start: int) -> None:
    for seed in range(start, start + 25):
        accounts, capacity = _random(seed)
        plan = choose_effort(accounts, capacity)

        for more in plan.more:
            pools = {**capacity.pools(), more.pool: capacity.pools()[more.pool] + more.half_days}
            larger = Capacity({}, pools[""]) if capacity.in_all is not None else Capacity(pools)
            gained = _brute_force(accounts, larger) - plan.value
            assert gained >= 0
            assert (more.adds, more.exact) == (gained, True), seed


def test_a_cause_that_two_moves_answer_counts_once() -> None:
    account = _account("a", {"x": 9, "y": 1}, _move("a", "s1", "x"), _move("a", "s2", "x", "y"))

    plan = choose_effort([account], Capacity({"Ivan": 10}))

    assert [move.step for move in plan.chosen] == ["s2"]
    assert plan.value == 10
    assert plan.left_out[0].why == "answered"
    assert plan.left_out[0].by == ("s2",)


def test_of_equal_accounts_the_first_is_chosen() -> None:
    accounts = [_account(name, {"x": 3}, _move(name, "s", "x")) for name in "abcdef"]

    plan = choose_effort(accounts, Capacity({}, 5))

    assert [move.account for move in plan.chosen] == ["a", "b"]


def test_moves_that_add_nothing_are_not_chosen() -> None:
    account = _account("a", {"x": 3}, *(_move("a", f"s{i}", "x") for i in range(4)))

    plan = choose_effort([account], Capacity({}, 50))

    assert [move.step for move in plan.chosen] == ["s0"]


def test_moves_that_would_free_each_other_in_a_circle_are_not_chosen() -> None:
    first = _move("a", "s1", "x", held_back_by=("y",))
    second = _move("a", "s2", "y", held_back_by=("x",))

    plan = choose_effort([_account("a", {"x": 9, "y": 9}, first, second)], Capacity({}, 50))

    assert plan.chosen == ()
    assert [left.why for left in plan.left_out] == ["held_back", "held_back"]


def test_a_circle_is_entered_by_a_move_outside_of_it() -> None:
    moves = (
        _move("a", "s1", "x", held_back_by=("y",)),
        _move("a", "s2", "y", held_back_by=("x",)),
        _move("a", "s3", "z", frees=("y",)),
    )

    plan = choose_effort([_account("a", {"x": 9, "y": 9, "z": 1}, *moves)], Capacity({}, 6))

    assert [move.step for move in plan.chosen] == ["s1", "s2", "s3"]


def test_every_move_left_out_has_its_reason() -> None:
    moves = (
        _move("a", "fits", "x", effort=4),
        _move("a", "nobody", "y", owner=None),
        _move("a", "stranger", "y", owner="Petro"),
        _move("a", "long", "y", effort=9),
        _move("a", "late", "z", effort=3),
        _move("a", "held", "z", effort=1, held_back_by=("w",)),
    )
    account = _account("a", {"x": 9, "y": 9, "z": 1}, *moves)

    plan = choose_effort([account], Capacity({"Ivan": 5}))

    assert {left.move.step: left.why for left in plan.left_out} == {
        "nobody": "no_capacity",
        "stranger": "no_capacity",
        "long": "too_long",
        "late": "others_first",
        "held": "held_back",
    }


def test_agreed_moves_use_capacity_first_and_may_exceed_it() -> None:
    moves = (
        _move("a", "agreed", "x", effort=6, agreed=True, held_back_by=("w",)),
        _move("a", "small", "y", effort=1, held_back_by=("x",)),
    )

    plan = choose_effort([_account("a", {"x": 1, "y": 9}, *moves)], Capacity({"Ivan": 5}))

    assert [move.step for move in plan.chosen] == ["agreed"]
    assert plan.used == {"Ivan": 6}
    assert [(more.half_days, more.adds) for more in plan.more] == [(1, 0), (2, 9)]


def test_the_same_portfolio_gives_the_same_choice() -> None:
    accounts, capacity = _random(7)

    assert choose_effort(accounts, capacity) == choose_effort(accounts, capacity)
