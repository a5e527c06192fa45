"""A campaign: what is asked of whom, what came back, and its status. Frozen data.

`Campaign` and `Returned` are kept in files of the campaign's folder, so they are plain data too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

#: The sides of an answer: ours, the customer's, and what we expect the customer to say.
SIDES = ("ours", "theirs", "predicted")


@dataclass(frozen=True)
class AskedAccount:
    """What a campaign asks about one account.

    Attributes:
        id, name, owner: Of the account; the owner may be empty.
        source: The key in the store, or the file of the case.
        us, customer: The facts that each side is asked for, the most useful first.
        link: The address of the customer's page; empty if there is none.
    """

    id: str
    name: str
    owner: str
    source: str
    us: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True)
class Campaign:
    """A campaign.

    Attributes:
        id: In every file that it sends and takes back.
        begun: Its first day.
        remind, stop, keep_until: The days from which to remind and to stop, and the last day on
            which answers are kept.
        purpose: In the words of the letter, by language.
        store: The store of the accounts; empty if they were case files.
        accounts: By id.
    """

    id: str
    begun: date
    remind: date
    stop: date
    keep_until: date
    purpose: dict[str, str]
    store: str
    rules: str
    accounts: dict[str, AskedAccount]

    @property
    def owners(self) -> dict[str, tuple[AskedAccount, ...]]:
        """Return the accounts of each owner who is asked; an unnamed owner is the empty text."""
        found: dict[str, list[AskedAccount]] = {}
        for account in self.accounts.values():
            if account.us or account.customer:
                found.setdefault(account.owner, []).append(account)
        return {owner: tuple(accounts) for owner, accounts in sorted(found.items())}


@dataclass(frozen=True)
class ReturnedAnswer:
    """One answer in a returned file.

    Attributes:
        account, fact: Which question it answers.
        side: One of `SIDES`.
        value: As a case file has it; None for "not known".
        by: The person or role; may be empty.
        day: On which it was given.
        at: The cell or line in the file.
    """

    account: str
    fact: str
    side: str
    value: Any
    by: str
    day: date
    at: str


@dataclass(frozen=True)
class Returned:
    """A returned file.

    Attributes:
        digest: Of its content: the same file twice is one.
        name: As it was given.
        kind: ``owner`` (a workbook), ``customer`` (a questionnaire) or ``link`` (the customer's
            page).
        saved: When it was saved, as the file says (ISO 8601, UTC); empty if it does not say.
        taken: The day on which it was taken, and the number of the taking on which it came.
        declined: The accounts whose customer does not want to answer.
        problems: What could not be read, each with its place.
    """

    digest: str
    name: str
    kind: str
    saved: str
    taken: date
    number: int
    answers: tuple[ReturnedAnswer, ...] = ()
    declined: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prediction:
    """What we expected the customer to say, next to what it said.

    Attributes:
        predicted, answered: As a case file has them; *answered* is None while there is no answer.
        distance: As `kam_expert.facts.distance` measures it; None if it cannot.
        late: Whether the answer was here before the prediction.
    """

    account: str
    fact: str
    predicted: Any
    answered: Any = None
    distance: float | None = None
    late: bool = False


@dataclass(frozen=True)
class SideProgress:
    """How far one side has answered about one account.

    Attributes:
        asked: The facts that it was asked for.
        answered: Those that it answered, "not known" included.
        open: Those that it did not answer and that could still settle something.
        next: ``done``, ``wait``, ``remind`` or ``stop``.
        why: Of ``stop``: ``declined``, ``settled`` or ``too_late``.
        people: Who answered.
    """

    asked: tuple[str, ...]
    answered: tuple[str, ...]
    open: tuple[str, ...]
    next: str
    why: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccountEffect:
    """What the answers of a campaign changed about one account.

    Attributes:
        stage, strategy: Before and after.
        firm: The number of findings that no further answer can change, before and after.
        questions: The number of open questions, before and after.
        findings: The findings that are at least likely now and were not before.
        gone: The findings that were and are not any more.
    """

    stage: tuple[str, str]
    strategy: tuple[str | None, str | None]
    firm: tuple[int, int]
    questions: tuple[int, int]
    findings: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class AccountStatus:
    """The status of one account; `settled` is None while nobody has answered.

    Attributes:
        disagree: The facts on which people of the customer are far apart.
    """

    account: AskedAccount
    us: SideProgress
    customer: SideProgress
    settled: AccountEffect | None
    disagree: tuple[str, ...]
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True)
class CampaignStatus:
    """The status of a campaign on a day."""

    campaign: Campaign
    day: date
    accounts: tuple[AccountStatus, ...]
    returned: tuple[Returned, ...]

    def progress(self, side: str) -> tuple[tuple[AskedAccount, SideProgress], ...]:
        """Return how far one side (``us`` or ``customer``) has answered, where it was asked."""
        rows = ((row.account, row.us if side == "us" else row.customer) for row in self.accounts)
        return tuple((account, progress) for account, progress in rows if progress.asked)

    @property
    def owners(self) -> dict[str, tuple[SideProgress, ...]]:
        """Return the progress of each owner with each account."""
        found: dict[str, list[SideProgress]] = {}
        for account, progress in self.progress("us"):
            found.setdefault(account.owner, []).append(progress)
        return {owner: tuple(rows) for owner, rows in sorted(found.items())}

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what could not be read of the returned files."""
        return tuple(problem for file in self.returned for problem in file.problems)


def to_data(value: Any) -> Any:
    """Return frozen data of this module as data for JSON."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [to_data(item) for item in value]
    if isinstance(value, dict):
        return {key: to_data(item) for key, item in value.items()}
    if isinstance(value, AskedAccount | Campaign | ReturnedAnswer | Returned):
        return {f.name: to_data(getattr(value, f.name)) for f in fields(value)}
    return value


def campaign_of(data: dict[str, Any]) -> Campaign:
    """Return the campaign in the data that `to_data` made.

    Raises:
        ValueError, TypeError, KeyError: The data are damaged.
    """
    days = {name: date.fromisoformat(data[name]) for name in _DAYS}
    accounts = {
        key: AskedAccount(**{**one, "us": tuple(one["us"]), "customer": tuple(one["customer"])})
        for key, one in data["accounts"].items()
    }
    return Campaign(**{**data, **days, "accounts": accounts})


_DAYS = ("begun", "remind", "stop", "keep_until")


def returned_of(data: dict[str, Any]) -> Returned:
    """Return the returned file in the data that `to_data` made. Raises as `campaign_of`."""
    answers = tuple(
        ReturnedAnswer(**{**one, "day": date.fromisoformat(one["day"])}) for one in data["answers"]
    )
    lists = {name: tuple(data[name]) for name in ("declined", "problems")}
    taken = date.fromisoformat(data["taken"])
    return Returned(**{**data, **lists, "answers": answers, "taken": taken})
