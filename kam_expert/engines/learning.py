"""Count what steps and conclusions were followed by. No threshold is fitted to it."""

from __future__ import annotations

import functools
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from scipy.stats import binomtest

from kam_expert.results.learned import (
    FEWEST,
    FOLLOWED_DAYS,
    OUTCOMES,
    BeforeOutcome,
    FollowedStep,
    Learned,
    Share,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from kam_expert.results.learned import AccountOutcome, Snapshot

_LEVEL = 0.95


@functools.cache
def share(count: int, of: int) -> Share | None:
    """Return a share with the interval of Clopper and Pearson; None for too few accounts."""
    if of < FEWEST:
        return None
    interval = binomtest(count, of).proportion_ci(confidence_level=_LEVEL, method="exact")
    return Share(count, of, float(interval.low), float(interval.high))


def learn(
    snapshots: Iterable[Snapshot], outcomes: Sequence[AccountOutcome] | None = None
) -> Learned:
    """Return what steps were followed by, and how accounts stood before outcomes.

    Args:
        snapshots: In any order.
        outcomes: What became of accounts; None if that is not given.
    """
    accounts: dict[str, list[Snapshot]] = {}
    for snapshot in sorted(snapshots, key=lambda one: (one.account, one.day)):
        accounts.setdefault(snapshot.account, []).append(snapshot)
    steps = sorted({step for own in accounts.values() for one in own for step in one.proposed})
    tells = all(one.tells_done for own in accounts.values() for one in own)
    every = [_followed(step, accounts, by_done=tells) for step in steps]
    followed = tuple(step for step in every if step.proposed >= FEWEST)
    few = len(every) - len(followed)
    compared = "done" if tells else "agreed"
    if outcomes is None:
        return Learned(len(accounts), followed, few, compared=compared)
    ended = [
        (before[-1], outcome.outcome)
        for outcome in outcomes
        if (before := [one for one in accounts.get(outcome.account, ()) if one.day < outcome.day])
    ]
    unknown = {outcome.account for outcome in outcomes} - accounts.keys()
    stood = tuple(_before(ended))
    absent = tuple(sorted(unknown))
    return Learned(len(accounts), followed, few, len(ended), stood, absent, compared)


def _followed(
    step: str, accounts: Mapping[str, Sequence[Snapshot]], *, by_done: bool
) -> FollowedStep:
    numbers = Counter[str]()
    seen: dict[tuple[str, bool], list[bool]] = {}
    for own in accounts.values():
        first = next((one for one in own if step in one.proposed), None)
        if first is None:
            continue
        agreed = next((one.day for one in own if step in one.agreed), None)
        done = next((one.done[step] for one in own if step in one.done), None)
        numbers["proposed"] += 1
        numbers["agreed"] += agreed is not None
        numbers["done"] += done is not None
        done = done if by_done else agreed
        causes = first.proposed[step]
        since = done or first.day
        for what, found in (
            ("sign", _within(own, since, functools.partial(_sign, step))),
            ("gone", _within(own, since, functools.partial(_gone, causes))),
        ):
            if found is not None:
                seen.setdefault((what, done is not None), []).append(found)

    def shown(what: str, *, done: bool) -> Share | None:
        truths = seen.get((what, done), [])
        return share(sum(truths), len(truths))

    return FollowedStep(
        step,
        numbers["proposed"],
        numbers["agreed"],
        numbers["done"] if by_done else None,
        sign=shown("sign", done=True),
        gone=shown("gone", done=True),
        sign_without=shown("sign", done=False),
        gone_without=shown("gone", done=False),
    )


def _sign(step: str, one: Snapshot) -> bool | None:
    return one.signs.get(step)


def _gone(causes: Iterable[str], one: Snapshot) -> bool | None:
    # A step can be proposed because of the strategy.
    return (one.standing | {one.strategy}).isdisjoint(causes)


def _within(
    own: Sequence[Snapshot], since: date, holds: Callable[[Snapshot], bool | None]
) -> bool | None:
    """Return whether something is seen in time.

    It is not seen only if the account was judged once more at or after the end of that time, or if
    the last judgement in time knows that it is not so and the account was followed to the end.
    """
    end = since + timedelta(days=FOLLOWED_DAYS)
    answers = [holds(one) for one in own if since < one.day <= end]
    if True in answers:
        return True
    followed = any(one.day >= end for one in own)
    return False if followed and False in answers else None


def _before(ended: Sequence[tuple[Snapshot, str]]) -> Iterable[BeforeOutcome]:
    having: dict[tuple[str, str], Counter[str]] = {}
    every = Counter(outcome for _, outcome in ended)
    for one, outcome in ended:
        features = {("finding", name) for name in one.standing} | {("stage", one.stage)}
        if one.strategy is not None:
            features.add(("strategy", one.strategy))
        for feature in features:
            having.setdefault(feature, Counter())[outcome] += 1
    for kind, name in sorted(having):
        with_it = having[kind, name]
        shares = _shares(with_it)
        if shares is not None:
            yield BeforeOutcome(kind, name, shares, _shares(every - with_it))


def _shares(counts: Counter[str]) -> Mapping[str, Share] | None:
    found = {name: share(counts[name], counts.total()) for name in OUTCOMES}
    told = {name: one for name, one in found.items() if one is not None}
    return told or None
