"""What came out for a portfolio: counts over all accounts, and the accounts that a page can show.

Frozen data without wording and without a dataframe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

#: So many accounts a page shows; the others are counted and stand in the files.
MOST_ROWS = 5000
#: So many accounts of each list below (over-invested, a competitor's level) are named.
MOST_LISTED = 10


@dataclass(frozen=True)
class Standing:
    """A finding about the account that is not absent, with the severity that it has there."""

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
        attractiveness: The word of the fact; None when nobody answered. Likewise ``competitor``.
        size: A number to order accounts of equal need by; None when not known, the lower bound of
            a band.
        findings: About the account, all that are not absent.
        obstacles: How many obstacles stand, by severity.
        attention: The id of the look that the account is filed under.
        report: Path of its full report relative to the page; None where none was made.
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
    attention: str
    report: str | None = None


@dataclass(frozen=True)
class AlikeAccounts:
    """How many accounts are alike in stage, firmness, attractiveness and depth."""

    attractiveness: str | None
    stage: str
    firm: bool
    seen: int
    open: int
    accounts: int


@dataclass(frozen=True)
class FindingTally:
    """Accounts by what is known of one finding about the account.

    Attributes:
        standing: Likely or established, as an obstacle.
        set_aside: Likely or established, but of no weight there (severity info).
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
    """Accounts that something is true of.

    Attributes:
        total: All of them.
        unsettled: Accounts of which it is not known.
        first: The first of them in the order of attention, at most `MOST_LISTED`.
    """

    total: int
    unsettled: int
    first: tuple[AccountRow, ...]


@dataclass(frozen=True)
class QuestionCount:
    """A question, and in how many accounts with an unsettled stage it could change the stage."""

    fact: str
    asked_of: str
    accounts: int


@dataclass(frozen=True)
class FactChange:
    """An answer that changed: plain values, None for unknown.

    Attributes:
        side: Whose answer: ours or theirs.
        about: Names of the people, members, links or decisions of which it changed so; none for
            the account.
    """

    fact: str
    before: Any
    after: Any
    side: str = "ours"
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Move:
    """An account that is judged otherwise than in the earlier run.

    Attributes:
        stage: Before and now, likewise ``firm``.
        findings: Id, status before and status now, of findings that became likely or ceased to be.
        facts: Answers that changed and could explain it, where both runs have them.
    """

    id: str
    name: str
    stage: tuple[str, str]
    firm: tuple[bool, bool]
    findings: tuple[tuple[str, str, str], ...] = ()
    facts: tuple[FactChange, ...] = ()
    report: str | None = None


@dataclass(frozen=True)
class Since:
    """What changed since an earlier run.

    Attributes:
        same_rules: Whether both runs used the same rules; if not, they too may explain a move.
        stages: Accounts of both runs by their stage before and now.
        changed: Accounts that changed their stage or a finding.
        moves: The first of those: other stage first, then in the order of attention.
        added: Accounts that only this run has; ``gone``: that only the earlier one has.
    """

    day: date
    same_rules: bool
    stages: Mapping[tuple[str, str], int]
    changed: int
    moves: tuple[Move, ...]
    added: int = 0
    gone: int = 0


@dataclass(frozen=True)
class PortfolioSummary:
    """All that the page of a portfolio shows.

    Attributes:
        day: Of the diagnosis.
        accounts: How many were diagnosed; ``rejected``: how many could not be read.
        cells: Counts of accounts; their sum is ``accounts``.
        attention: Accounts by look, each account once.
        findings: Of all findings about the account that have any weight.
        competitor: Accounts by the word of the fact; under None those where nobody answered.
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
    attention: Mapping[str, int]
    findings: tuple[FindingTally, ...]
    competitor: Mapping[str | None, AccountGroup]
    over_invested: AccountGroup
    under_invested: AccountGroup
    undecided: int
    questions: tuple[QuestionCount, ...]
    rows: tuple[AccountRow, ...]
    since: Since | None = None
    files: tuple[str, ...] = field(default=())


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
