"""What steps and conclusions were followed by, over many accounts: counts, never a cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

#: Of fewer accounts nothing is said.
FEWEST = 5
#: The time in which a sign is looked for and a cause should be gone.
FOLLOWED_DAYS = 180
OUTCOMES = ("renewed", "lost", "grew")


@dataclass(frozen=True)
class Snapshot:
    """An account as it was judged on one day.

    Attributes:
        proposed: The findings behind each proposed step.
        standing: Findings that are likely or established, with their ids only.
        signs: The steps whose sign of success is seen (true) or known not to be there (false).
        agreed: Steps in the agreed plan that were not dropped.
        done: The day on which a step was done.
        tells_done: Whether the source knows what was done, and the signs of steps.
    """

    account: str
    day: date
    stage: str
    strategy: str | None
    proposed: Mapping[str, tuple[str, ...]]
    standing: frozenset[str]
    signs: Mapping[str, bool]
    agreed: frozenset[str]
    done: Mapping[str, date]
    tells_done: bool = True


@dataclass(frozen=True)
class AccountOutcome:
    """What became of an account on a day: a word of `OUTCOMES`."""

    account: str
    day: date
    outcome: str


@dataclass(frozen=True)
class Share:
    """A number of accounts among others, with the exact interval of 95 % around the share."""

    count: int
    of: int
    low: float
    high: float


@dataclass(frozen=True)
class FollowedStep:
    """What a step was followed by.

    Attributes:
        proposed: Accounts in which it was proposed; likewise ``agreed``, ``done``. None where the
            source does not know what was done; then ``agreed`` takes its place below.
        sign: Of the accounts where it was done and whose sign is known in time. None for fewer than
            `FEWEST`; likewise the others.
        gone: Those without the causes of the step in time, of the accounts where it was done.
        sign_without: The same where it was proposed and not done; likewise ``gone_without``.
    """

    step: str
    proposed: int
    agreed: int
    done: int | None
    sign: Share | None
    gone: Share | None
    sign_without: Share | None
    gone_without: Share | None


@dataclass(frozen=True)
class BeforeOutcome:
    """How a finding, a stage or a strategy stood before outcomes.

    Attributes:
        kind: ``finding``, ``stage`` or ``strategy``.
        having: The share of each outcome among accounts that had it.
        others: The same among the rest; None for fewer than `FEWEST`.
    """

    kind: str
    name: str
    having: Mapping[str, Share]
    others: Mapping[str, Share] | None


@dataclass(frozen=True)
class Learned:
    """The result over a source.

    Attributes:
        accounts: All of them.
        steps: Those proposed in at least `FEWEST` accounts; ``few_steps`` counts the others.
        outcomes: Accounts with an outcome and a diagnosis before it; None without outcomes.
        before: What at least `FEWEST` of these accounts had.
        unknown: Accounts with an outcome that the source does not have.
        compared: ``done``: accounts where a step was done with those where it was not; or
            ``agreed``, where the source does not know what was done.
    """

    accounts: int
    steps: tuple[FollowedStep, ...]
    few_steps: int = 0
    outcomes: int | None = None
    before: tuple[BeforeOutcome, ...] = ()
    unknown: tuple[str, ...] = ()
    compared: str = "done"
