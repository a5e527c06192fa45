"""The result for a portfolio: counts over all accounts, and the accounts that a page can show.

Frozen data without wording and without a dataframe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.audience import Edition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


#: The maximum of accounts on a page; the others are counted and are in the files.
MOST_ROWS = 5000
#: The maximum of named accounts of each list (a competitor's level).
MOST_LISTED = 10


@dataclass(frozen=True)
class Standing:
    """A finding about the account that is not absent, with its severity for this account."""

    finding: str
    status: str
    firm: bool
    severity: str


@dataclass(frozen=True)
class AccountRow:
    """One account.

    Attributes:
        seen: Features of the closest stage that are likely or established.
        open: Features of it that are open or only possible.
        attractiveness: The word of the fact; None if unanswered. Likewise ``competitor``.
        size: Orders accounts of equal need; None if unknown, the lower bound of a band.
        currency: Of the size, if it is an amount of money; None if nobody named it.
        findings: All findings about the account that are not absent.
        obstacles: The number of obstacles, by severity.
        strategy: The strategy that counts; ``strategy_firm`` is that of the rules’ one.
        chosen: Whether somebody set the strategy.
        causes: The findings that are its main causes, the weightiest first.
        report: Path of its full report relative to the page; None if there is none.
    """

    id: str
    name: str
    owner: str | None
    segment: str | None
    stage: str
    firm: bool
    leaning: str | None
    seen: int
    open: int
    attractiveness: str | None
    competitor: str | None
    size: float | None
    findings: tuple[Standing, ...]
    obstacles: Mapping[str, int]
    strategy: str
    strategy_firm: bool
    chosen: bool = False
    causes: tuple[str, ...] = ()
    report: str | None = None
    currency: str | None = None


@dataclass(frozen=True)
class AlikeAccounts:
    """The number of accounts with equal stage, firmness, attractiveness and depth."""

    attractiveness: str | None
    stage: str
    firm: bool
    seen: int
    open: int
    accounts: int


@dataclass(frozen=True)
class FindingTally:
    """Numbers of accounts by the status of one finding about the account.

    Attributes:
        standing: Likely or established, as an obstacle.
        set_aside: Likely or established, but of severity info for the account.
        unsettled: Open or only possible.
        absent: The rest.
    """

    finding: str
    standing: int
    set_aside: int
    unsettled: int
    absent: int


@dataclass(frozen=True)
class AccountGroup:
    """Accounts with something in common.

    Attributes:
        total: All of them.
        first: The first of them in the order of attention, at most `MOST_LISTED`.
    """

    total: int
    first: tuple[AccountRow, ...]


@dataclass(frozen=True)
class QuestionCount:
    """A question, and the number of accounts with an unsettled stage that it could change."""

    fact: str
    asked_of: str
    accounts: int


@dataclass(frozen=True)
class FactChange:
    """A changed answer as plain values, None for unknown.

    Attributes:
        side: Whose answer: ours or theirs.
        about: Names of the people, members, links or decisions with this change; empty for the
            account.
    """

    fact: str
    before: Any
    after: Any
    side: str = "ours"
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccountMove:
    """An account with another result than in the earlier run.

    Attributes:
        stage: Before and now, likewise ``firm``.
        strategy: The one that counted before, None if that run has none, and the one now.
        findings: Id, status before and status now, where only one of the two is likely or better.
        facts: Answers that changed and could explain it, where both runs have them.
    """

    id: str
    name: str
    stage: tuple[str, str]
    firm: tuple[bool, bool]
    strategy: tuple[str | None, str]
    findings: tuple[tuple[str, str, str], ...] = ()
    facts: tuple[FactChange, ...] = ()
    report: str | None = None


@dataclass(frozen=True)
class Since:
    """What changed since an earlier run.

    Attributes:
        same_rules: Whether both runs used the same rules; if not, the rules may explain a move too.
        stages: Accounts of both runs by their stage before and now.
        changed: Accounts that changed their stage, their strategy or a finding.
        moves: The first of those: other stage first, then other strategy, then in the order of
            attention.
        added: Accounts that only this run has; ``gone``: that only the earlier one has.
    """

    day: date
    same_rules: bool
    stages: Mapping[tuple[str, str], int]
    changed: int
    moves: tuple[AccountMove, ...]
    added: int = 0
    gone: int = 0


@dataclass(frozen=True)
class PortfolioSummary:
    """All that the page of a portfolio shows.

    Attributes:
        day: The date of the diagnosis.
        accounts: The number of diagnosed accounts; ``rejected``: of unreadable ones.
        cells: Counts of accounts; their sum is ``accounts``.
        strategies: Accounts by strategy; each account has one.
        findings: All findings about the account that have any weight.
        causes: Accounts by main cause, the most frequent first.
        competitor: Accounts by the word of the fact; under None the unanswered ones.
        undecided: Accounts whose stage is undetermined or provisional.
        questions: Those that could change the stage of most of them, the most useful first.
        rows: In the order of attention, at most `MOST_ROWS`.
        files: Names of the other files of the result, relative to the page.
    """

    day: date
    rule_base_version: str
    rule_base_digest: str
    accounts: int
    rejected: int
    cells: tuple[AlikeAccounts, ...]
    strategies: Mapping[str, int]
    findings: tuple[FindingTally, ...]
    causes: Mapping[str, int]
    competitor: Mapping[str | None, AccountGroup]
    undecided: int
    questions: tuple[QuestionCount, ...]
    rows: tuple[AccountRow, ...]
    since: Since | None = None
    files: tuple[str, ...] = field(default=())
    edition: Edition = Edition.CONSULTANT


@dataclass(frozen=True)
class PlanRow:
    """A move of the plan of one account, as the table of plans has it.

    Attributes:
        about: The ids of the entities that it is about; empty for the account.
        effort: Half days.
    """

    account: str
    account_name: str
    place: int
    step: str
    about: tuple[str, ...]
    owner: str | None
    begin: date
    due: date
    effort: int
    because: tuple[str, ...]


@dataclass(frozen=True)
class StepRow:
    """A next step of one account, as the long table of steps has it."""

    account: str
    account_name: str
    order: int
    step: str
    kind: str
    about: str
    due: date
    owner: str | None
    because: tuple[str, ...]
    held_back_by: tuple[str, ...]


@dataclass(frozen=True)
class QuestionRow:
    """An open question of one account, as the long table of questions has it."""

    account: str
    account_name: str
    fact: str
    about: str
    asked_of: str
    could_change: tuple[str, ...]
