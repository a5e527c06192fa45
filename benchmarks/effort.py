"""Time the choice of moves over a portfolio, and print greedy choice, value, bound and gap.

python3 benchmarks/effort.py [ACCOUNTS] [OWNERS]; with 0 owners the half days are given in all.
"""

from __future__ import annotations

import random
import sys
import time

from kam_expert.engines.effort_choice import choose_effort
from kam_expert.results.effort import Capacity, EffortAccount, EffortMove

#: Accounts have moves for about this many times the half days that there are.
SCARCE = 3


def random_portfolio(accounts: int, owners: int, seed: int = 1) -> list[EffortAccount]:
    """Return accounts with about five moves, five steps left for later and one that waits.

    As in a run, the last two kinds answer only what no move answers, and what waits is held back by
    causes that moves answer. At most five moves are made. In one account of ten a colleague of
    another account does one of the moves.
    """
    rng = random.Random(seed)
    made = []
    for number in range(accounts):
        name = f"a{number:05}"
        owner = f"o{number % max(owners, 1):03}"
        helper = f"o{rng.randrange(max(owners, 1)):03}" if rng.random() < 0.1 else owner
        planned = [f"c{i}" for i in range(rng.randint(2, 5))]
        causes = {name: rng.choice([1, 3, 9]) for name in planned}
        moves = []
        for place, part in enumerate(["move"] * rng.randint(3, 5) + ["later"] * 5 + ["waits"]):
            if part == "move":
                answers = tuple(rng.sample(planned, rng.randint(1, min(3, len(planned)))))
            else:
                # Of the steps of a run five in six answer a single finding that no other does.
                answers = (f"c{place}{part}", *rng.sample(["c-a", "c-b"], rng.random() < 1 / 6))
                causes |= {name: rng.choice([1, 1, 3, 9]) for name in answers if name not in causes}
            held = tuple(rng.sample(planned, 1)) if part == "waits" else ()
            who = helper if place == 1 else owner
            effort = rng.randint(1, 8)
            moves.append(
                EffortMove(name, f"s{place}", (), who, effort, answers, answers, held, part=part)
            )
        weight = rng.choice([1, 2, 4]) * rng.choice([1, 2, 3])
        made.append(EffortAccount(name, weight, causes, tuple(moves), 5))
    return made


def main() -> None:
    """Print one line of figures for each kind of capacity."""
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    kinds = [int(sys.argv[2])] if len(sys.argv) > 2 else [300, 0]
    for owners in kinds:
        portfolio = random_portfolio(accounts, owners)
        efforts: dict[str, int] = {}
        for move in (move for account in portfolio for move in account.moves):
            efforts[move.owner or ""] = efforts.get(move.owner or "", 0) + move.effort
        by_owner = {owner: effort // SCARCE for owner, effort in sorted(efforts.items())}
        capacity = Capacity(by_owner) if owners else Capacity({}, sum(by_owner.values()))
        began, before = time.perf_counter(), time.process_time()
        plan = choose_effort(portfolio, capacity)
        took = time.perf_counter() - began
        worked = time.process_time() - before
        who = f"{owners} owners" if owners else "capacity in all"
        exact = sum(more.exact for more in plan.more)
        print(
            f"{accounts:,} accounts, {sum(len(a.moves) for a in portfolio):,} moves, {who}: "
            f"{took:.1f} s ({worked:.1f} s of one core), "
            f"{len(plan.chosen):,} moves chosen, greedy {plan.simple:,}, value {plan.value:,}, "
            f"bound {plan.bound:,}, gap {plan.gap:.6%}, "
            f"{exact} of {len(plan.more)} gains of more half days exact"
        )


if __name__ == "__main__":
    main()
