"""The store: accounts with all their versions, on disk when a call returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.records import AccountRow, Entry, State


class Store:
    """The accounts of one database. Any number of threads and processes may use one at a time."""

    @classmethod
    def open(cls, url: str, base: KnowledgeBase) -> Store:
        """Give the store at *url*, made or brought up to date if need be.

        Args:
            url: A file name or ``sqlite:///file`` for SQLite; ``postgresql://user@host/name``.
            base: Whose vocabulary the accounts keep to.

        Raises:
            KamError: There is no such database, it cannot be written, or a newer program made it.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the database."""
        raise NotImplementedError

    def accounts(self) -> tuple[AccountRow, ...]:
        """Give the accounts by name."""
        raise NotImplementedError

    def add(self, case: Case, by: str | None = None) -> str:
        """Add *case* as a new account and give its key; the whole case is its first version."""
        raise NotImplementedError

    def state(self, key: str, version: int | None = None) -> State:
        """Give an account as it is, or as it was at *version*.

        Raises:
            KamError: There is no such account or version.
        """
        raise NotImplementedError

    def record(
        self, key: str, edits: Sequence[Edit], *, by: str | None = None, seen: int
    ) -> State:
        """Apply *edits* as one new version, on disk when this returns.

        Args:
            key: Of the account.
            edits: Applied in order, all or none. Without any, nothing is recorded.
            by: Who makes the change.
            seen: The version that the editor was looking at.

        Returns:
            The newest state, with what others changed elsewhere since *seen*.

        Raises:
            Conflict: Somebody changed one of the same things since.
            KamError: An edit does not fit, or the database cannot be written.
        """
        raise NotImplementedError

    def undo(self, key: str, *, by: str | None = None, seen: int) -> State:
        """Take the last change back, as a new version.

        Raises:
            Conflict: There is a version that the editor has not seen.
            KamError: There is nothing to take back.
        """
        raise NotImplementedError

    def redo(self, key: str, *, by: str | None = None, seen: int) -> State:
        """Bring back what was taken back last, as a new version. Raises as `undo`."""
        raise NotImplementedError

    def history(self, key: str) -> tuple[Entry, ...]:
        """Give all versions, oldest first."""
        raise NotImplementedError

    def remove(self, key: str) -> None:
        """Delete an account with its history."""
        raise NotImplementedError

    def erase_person(self, key: str, kind: str, identity: str, *, by: str | None = None) -> State:
        """Rewrite the history as if a person (kind ``person`` or ``member``) had not been there.

        Their entry, scores and links leave every version, and their name every text. Afterwards
        the database is packed, so that no byte of it stays in the file.
        """
        raise NotImplementedError
