"""What steps were followed by: counts on accounts whose truth is known, and exact intervals.

With --all intervals are tried with steps not done, too.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from kam_expert.engines.learning import learn, share
from kam_expert.results.learned import (
    FOLLOWED_DAYS,
    AccountOutcome,
    FollowedStep,
    Learned,
    Snapshot,
)
from tests.sampling import few_of

START = date(2026, 1, 5)


def snapshot(account: str, day: int, **other: object) -> Snapshot:
    told: dict[str, object] = {
        "stage": "early",
        "strategy": "keep",
        "proposed": {"talk": ("distrust",)},
        "standing": frozenset({"distrust"}),
        "signs": {"talk": False},
        "agreed": frozenset(),
        "done": {},
    }
    return Snapshot(account, START + timedelta(days=day), **(told | other))  # type: ignore[arg-type]


def done_on(day: int) -> dict[str, date]:
    return {"talk": START + timedelta(days=day)}


def only(found: Learned) -> FollowedStep:
    [step] = found.steps
    return step


def generated(accounts: int, seed: int, chance_done: float, chance_not: float) -> list[Snapshot]:
    """Return accounts half of which did the step; its sign comes with the given chances."""
    rng = random.Random(seed)
    made = []
    for number in range(accounts):
        name = f"a{number}"
        does = number % 2 == 0
        seen = rng.random() < (chance_done if does else chance_not)
        later = {
            "agreed": frozenset({"talk"} if does else ()),
            "done": done_on(10) if does else {},
            "signs": {"talk": seen},
            "standing": frozenset() if seen else frozenset({"distrust"}),
        }
        made += [snapshot(name, 0), snapshot(name, 100, **later), snapshot(name, 400, **later)]
    return made


def test_counts_are_those_of_the_accounts_that_were_made() -> None:
    made = generated(60, 1, 0.7, 0.3)
    late = [one for one in made if one.day == START + timedelta(days=100)]
    seen = {
        does: [one.signs["talk"] for one in late if bool(one.done) == does]
        for does in (True, False)
    }

    step = only(learn(made))

    assert (step.proposed, step.agreed, step.done) == (60, 30, 30)
    for does, sign, gone in (
        (True, step.sign, step.gone),
        (False, step.sign_without, step.gone_without),
    ):
        assert sign is not None
        assert sign == gone
        assert (sign.count, sign.of) == (sum(seen[does]), 30)
        assert sign.low < sign.count / sign.of < sign.high


def test_fewer_than_five_accounts_have_no_share() -> None:
    made = [one for one in generated(8, 1, 1, 0) if one.account != "a1"]

    step = only(learn(made))

    assert (step.proposed, step.done) == (7, 4)
    assert step.sign is None
    assert step.sign_without is None
    assert share(5, 5) is not None


@pytest.mark.parametrize(
    ("day", "counts"), [(10 + FOLLOWED_DAYS, 5), (11 + FOLLOWED_DAYS, 0), (10, 0)]
)
def test_a_sign_counts_from_the_day_after_the_step_to_the_last_day_in_time(
    day: int, counts: int
) -> None:
    made = []
    for number in range(5):
        name = f"a{number}"
        done = {"done": done_on(10)}
        made += [snapshot(name, 0), snapshot(name, 50, **done), snapshot(name, 400, **done)]
        made.append(snapshot(name, day, **done, signs={"talk": True}))

    sign = only(learn(made)).sign

    assert sign is not None
    assert (sign.count, sign.of) == (counts, 5)


def test_an_account_that_was_not_followed_to_the_end_is_not_counted_as_without_sign() -> None:
    made = []
    for number in range(6):
        name = f"a{number}"
        made += [snapshot(name, 0), snapshot(name, 50, done=done_on(10))]
        if number:
            made.append(snapshot(name, 10 + FOLLOWED_DAYS, done=done_on(10)))

    sign = only(learn(made)).sign

    assert sign is not None
    assert (sign.count, sign.of) == (0, 5)


@pytest.mark.parametrize("done", few_of([True, False], 1))
def test_intervals_cover_the_truth_in_95_percent_of_runs(done: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    covered = 0
    for seed in range(1000):
        step = only(learn(generated(80, seed, 0.7, 0.3)))
        found, truth = (step.sign, 0.7) if done else (step.sign_without, 0.3)
        assert found is not None
        covered += found.low <= truth <= found.high

    assert 930 <= covered <= 970


def test_a_step_proposed_in_few_accounts_is_only_counted() -> None:
    found = learn(generated(4, 1, 0.7, 0.3))

    assert found.steps == ()
    assert found.few_steps == 1


def test_outcomes_are_counted_by_what_stood_before_them() -> None:
    made = []
    outcomes = []
    for number in range(20):
        troubled = number < 8
        standing = frozenset({"distrust"} if troubled else ())
        made.append(snapshot(f"a{number}", 0, standing=standing))
        # What is judged on the day of the outcome or later does not count.
        made.append(snapshot(f"a{number}", 90, standing=frozenset({"later"})))
        ended = "lost" if number in {0, 1, 2, 3, 4, 10} else "renewed"
        outcomes.append(AccountOutcome(f"a{number}", START + timedelta(days=90), ended))

    found = learn(made, [*outcomes, AccountOutcome("stranger", START, "lost")])

    rows = {(row.kind, row.name): row for row in found.before}
    assert found.outcomes == 20
    assert set(rows) == {("finding", "distrust"), ("stage", "early"), ("strategy", "keep")}
    assert found.unknown == ("stranger",)
    having, others = rows["finding", "distrust"].having, rows["finding", "distrust"].others
    assert others is not None
    assert (having["lost"].count, having["lost"].of) == (5, 8)
    assert (others["lost"].count, others["lost"].of) == (1, 12)
    assert rows["stage", "early"].others is None
