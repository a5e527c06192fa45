"""The data that the store returns, and its errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from datetime import date, datetime

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit


#: The first part of the author of what the customer itself recorded.
CUSTOMER = "customer/"


@dataclass(frozen=True)
class Summary:
    """What a list of accounts shows of a diagnosis.

    Attributes:
        rules: The digest of the rule base.
        day: The day of the diagnosis.
        stage: The verdict; ``firm``: whether no missing answer can change it.
        strategy: Its id; empty for none.
        owner: Of the account.
        step: The step of the next move that is due; empty for a move in words, or none.
        due: When the next move is due; None without one.
        met: The latest day of an answer; None if no answer has a day.
    """

    rules: str
    day: date
    stage: str
    firm: bool
    strategy: str
    owner: str
    step: str
    due: date | None
    met: date | None


@dataclass(frozen=True)
class StoredAccount:
    """One account as a list of accounts shows it.

    Attributes:
        key: The key of the account in this store.
        id, name: From the case.
        version: The latest version.
        changed: The time of that version, UTC.
        summary: Of that version; None if it was never computed.
    """

    key: str
    id: str
    name: str
    version: int
    changed: datetime
    summary: Summary | None = None


@dataclass(frozen=True)
class State:
    """The state of an account at one version.

    Attributes:
        changed: The time of the version, UTC.
        can_undo, can_redo: Whether there is a change to undo or to redo.
    """

    key: str
    case: Case
    version: int
    changed: datetime
    can_undo: bool
    can_redo: bool


@dataclass(frozen=True)
class Entry:
    """One version in the history of an account.

    Attributes:
        at: UTC.
        by: The author; None if unknown.
        edits: The events; empty for the first version, an undo, a redo and an erasure.
        undoes: The version whose edits this one undoes.
        redoes: The version whose edits this one redoes.
    """

    version: int
    at: datetime
    by: str | None
    edits: tuple[Edit, ...]
    undoes: int | None = None
    redoes: int | None = None


@dataclass(frozen=True)
class Link:
    """The customer's link to its own page of an account.

    Attributes:
        id: A unique secret.
        until: The time of expiry, UTC.
    """

    id: str
    until: datetime


class NotThere(KamError):  # noqa: N818 -- as in "not found"
    """The account or the version does not exist."""


class Damaged(KamError):  # noqa: N818 -- it says what the account is
    """A stored version is not what was recorded."""


class Unavailable(KamError):  # noqa: N818 -- as in "service unavailable"
    """The database cannot be read or written now; nothing recorded is lost.

    Attributes:
        reason: The reason, without the name of the database.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Conflict(KamError):  # noqa: N818 -- the editor decides, so it is not an error
    """Somebody else changed the same thing in the meantime; nothing was recorded.

    Attributes:
        state: The current state of the account.
        edits: The conflicting edits of others.
    """

    def __init__(self, message: str, state: State, edits: tuple[Edit, ...]) -> None:
        super().__init__(message)
        self.state = state
        self.edits = edits
