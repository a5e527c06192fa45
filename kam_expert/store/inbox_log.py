"""The entries of the inbox of an account in the database; see `kam_expert.app.inbox`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from kam_expert.errors import shortened
from kam_expert.facts.inbox_entries import erased_entries, proposed_edits
from kam_expert.store.records import NotThere
from kam_expert.store.schema import accounts, proposals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from kam_expert.facts.edits import Edit
    from kam_expert.facts.inbox_entries import Erases
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.database import Database


class StoredInbox:
    """The log of the inbox of one account, as `kam_expert.app.inbox` asks for it."""

    def __init__(self, database: Database, key: str) -> None:
        self._database = database
        self._key = key

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries, oldest first. Raises KamError."""
        with self._database.reading() as connection:
            return InboxRows(connection, self._key).entries()

    def append(self, entries: Iterable[dict[str, Any]]) -> None:
        """Add entries, durable when this returns. Raises KamError."""
        account = select(accounts.c.key).where(accounts.c.key == self._key).with_for_update()
        with self._database.writing() as connection:
            if connection.execute(account).one_or_none() is None:
                raise NotThere(f'unknown account "{shortened(self._key)}"')
            InboxRows(connection, self._key).append(entries)


class InboxRows:
    """The inbox of one account, in one transaction."""

    def __init__(self, connection: Connection, key: str) -> None:
        self._connection = connection
        self._key = key
        self._mine = proposals.c.account == key

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries, oldest first."""
        asked = select(proposals.c.entry).where(self._mine).order_by(proposals.c.number)
        return [json.loads(text) for text in self._connection.execute(asked).scalars()]

    def append(self, entries: Iterable[dict[str, Any]]) -> None:
        """Add entries. The caller has locked the account."""
        asked = select(func.coalesce(func.max(proposals.c.number), 0)).where(self._mine)
        last = self._connection.execute(asked).scalar_one()
        rows = [
            {"account": self._key, "number": number, "entry": _text(entry)}
            for number, entry in enumerate(entries, last + 1)
        ]
        if rows:
            self._connection.execute(insert(proposals), rows)

    def merge(self, others: list[dict[str, Any]]) -> None:
        """Add those of other entries that are not here."""
        mine = self.entries()
        self.append(entry for entry in others if entry not in mine)

    def clear(self) -> None:
        """Remove all entries."""
        self._connection.execute(delete(proposals).where(self._mine))

    def edits(self, base: KnowledgeBase) -> tuple[Edit, ...]:
        """Return what was proposed."""
        return proposed_edits(self.entries(), base)

    def rewrite(self, erasure: Erases, base: KnowledgeBase) -> None:
        """Remove the proposals that an erasure concerns, and the person's name."""
        left = erased_entries(self.entries(), erasure, base)
        self.clear()
        self.append(left)


def _text(entry: dict[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False)
