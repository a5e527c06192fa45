"""What the store hands out: frozen data, and the error that somebody else was faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from datetime import datetime

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit


@dataclass(frozen=True)
class StoredAccount:
    """One account as a list of accounts shows it.

    Attributes:
        key: Of the account in this store.
        id, name: From the case.
        version: The newest.
        changed: When it was made, UTC.
    """

    key: str
    id: str
    name: str
    version: int
    changed: datetime


@dataclass(frozen=True)
class State:
    """An account as it stood at one version.

    Attributes:
        changed: When the version was made, UTC.
        can_undo, can_redo: Whether there is something to take back, or to bring back.
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
        by: Who made it; None when nobody said.
        edits: What changed. Empty for the first version, an undo, a redo and an erasure.
        undoes: The version whose edits this one takes back.
        redoes: The version whose edits this one brings back.
    """

    version: int
    at: datetime
    by: str | None
    edits: tuple[Edit, ...]
    undoes: int | None = None
    redoes: int | None = None


@dataclass(frozen=True)
class Link:
    """The customer's way to its own page of an account.

    Attributes:
        id: No two links have the same, and nobody can guess it.
        until: When it ends, UTC.
    """

    id: str
    until: datetime


class NotThere(KamError):  # noqa: N818 -- as in "not found"
    """There is no such account, or it has no such version."""


class Unavailable(KamError):  # noqa: N818 -- as in "service unavailable"
    """The database cannot be read or written now; what was recorded before is there.

    Attributes:
        reason: What is the matter, without the place of the database.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Conflict(KamError):  # noqa: N818 -- it is no fault: the editor decides
    """Somebody changed one of the same things since; nothing was recorded.

    Attributes:
        state: The account as it stands now.
        edits: The changes of the others that stand in the way.
    """

    def __init__(self, message: str, state: State, edits: tuple[Edit, ...]) -> None:
        super().__init__(message)
        self.state = state
        self.edits = edits
