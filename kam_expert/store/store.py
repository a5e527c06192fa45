"""The store: accounts with all their versions, durable when a call returns."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from kam_expert.errors import KamError
from kam_expert.store.answer_erasure import AnswerErasure
from kam_expert.store.cache import Cache
from kam_expert.store.conflicts import refuse_conflict, refuse_unseen
from kam_expert.store.database import Database
from kam_expert.store.erasure import Erasure
from kam_expert.store.event_log import Account, EventLog, edits_from, edits_to
from kam_expert.store.expiry import Expiry
from kam_expert.store.inbox_log import InboxRows, StoredInbox
from kam_expert.store.merging import MergeResult, merge
from kam_expert.store.programs import Programs
from kam_expert.store.records import Entry, Link, State, StoredAccount, Summary
from kam_expert.store.rewriting import contents, rewritten
from kam_expert.store.schema import accounts, links, proposals, summaries, versions
from kam_expert.store.users import Users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.answer_erasure import StoredAnswer
    from kam_expert.store.rewriting import AnyErasure


class Store:
    """The accounts of one database, for any number of threads and processes.

    Attributes:
        users: Who may log in to a server of this store.
        programs: Which programs may use its HTTP interface.
    """

    def __init__(self, database: Database, base: KnowledgeBase) -> None:
        self.users = Users(database)
        self.programs = Programs(database)
        self._database = database
        self._base = base
        self._cache = Cache()

    @classmethod
    def open(
        cls, url: str, base: KnowledgeBase, after_save: Callable[[bytes], None] | None = None
    ) -> Store:
        """Return the store at *url*, created or upgraded if needed.

        Args:
            url: A file name or ``sqlite:///file`` for SQLite; ``postgresql://user@host/name``.
            base: The rule base that declares the facts.
            after_save: Is called with the bytes of the SQLite file after each commit, before the
                change is acknowledged; raises OSError if it fails.

        Raises:
            KamError: The database does not exist or is read-only, or a newer program created it.
        """
        return cls(Database(url, after_save), base)

    def image(self) -> bytes:
        """Return the whole store as the bytes of an SQLite file. Raises KamError."""
        return self._database.image()

    def merge(self, data: bytes) -> MergeResult:
        """Add the accounts of another store, given as the bytes of its SQLite file.

        Raises:
            KamError: The data is not a store, is damaged, or cannot be recorded.
        """
        result = merge(self._database, data)
        for key in result.keys:
            self._cache.forget(key)
        return result

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def accounts(
        self, *, key: str | None = None, identity: str | None = None
    ) -> tuple[StoredAccount, ...]:
        """Return the accounts sorted by name, with their summaries.

        Args:
            key: Only the account with this key.
            identity: Only the accounts whose case has this id.
        """
        asked, noted = select(accounts), select(summaries)
        if key is not None:
            asked, noted = (
                asked.where(accounts.c.key == key),
                noted.where(summaries.c.account == key),
            )
        if identity is not None:
            asked = asked.where(accounts.c.id == identity)
        with self._database.reading() as connection:
            rows = [Account(*row) for row in connection.execute(asked)]
            told = {row[:3]: Summary(*row[3:]) for row in connection.execute(noted)}
        listed = [
            StoredAccount(
                r.key, r.id, r.name, r.version, r.changed, told.get((r.key, r.version, r.erasures))
            )
            for r in rows
        ]
        return tuple(sorted(listed, key=lambda row: (row.name.casefold(), row.name, row.key)))

    def summarise(self, key: str, version: int, summary: Summary) -> None:
        """Store the summary of the latest version of an account.

        Nothing is stored if there is a later version, or if the account was removed meanwhile.

        Raises:
            KamError: The database cannot be written.
        """
        mine = accounts.c.key == key
        with self._database.writing() as connection:
            asked = select(accounts.c.version, accounts.c.erasures).where(mine)
            row = connection.execute(asked).one_or_none()
            if row is None or row[0] != version:
                return
            connection.execute(delete(summaries).where(summaries.c.account == key))
            values = {"account": key, "version": version, "erasures": row[1], **vars(summary)}
            connection.execute(insert(summaries).values(values))

    def add(self, case: Case, by: str | None = None) -> str:
        """Add *case* as a new account and return its key; the first version is a snapshot.

        Raises:
            KamError: The database cannot be written.
        """
        return self.add_all([case], by)[0]

    def add_all(self, cases: Iterable[Case], by: str | None = None) -> list[str]:
        """Add cases as new accounts, all or none, and return their keys; see `add`."""
        keys = []
        with self._database.writing() as connection:
            for case in cases:
                keys.append(secrets.token_hex(8))
                EventLog.begin(connection, keys[-1], case, by)
        return keys

    def state(self, key: str, version: int | None = None) -> State:
        """Return an account as it is, or as it was at *version*.

        Raises:
            KamError: The account or version does not exist, or the rule base lacks a fact of it.
        """
        with self._database.reading() as connection:
            log = self._log(connection, key)
            return log.state(log.account.version if version is None else version)

    def record(
        self,
        key: str,
        edits: Sequence[Edit],
        *,
        by: str | None = None,
        seen: int,
        decided: Sequence[dict[str, Any]] = (),
    ) -> State:
        """Apply *edits* as one new version, durable when this returns.

        Args:
            key: The key of the account.
            edits: Applied in order, all or none. Without any, nothing is recorded.
            by: The author.
            seen: The version that the editor saw.
            decided: Entries for the inbox that say what was decided about proposals.

        Returns:
            The latest state, with what others changed elsewhere since *seen*.

        Raises:
            Conflict: Somebody else changed the same thing since.
            KamError: An edit does not fit, or the database cannot be written.
        """
        if not edits:
            return self.state(key)
        with self._database.writing() as connection:
            log = self._log(connection, key, lock=True)
            refuse_conflict(log, edits, seen, self._base)
            case = log.replayed(log.case(log.account.version), edits)
            last = log.account.version + 1
            state = log.append(case, by, edits_to(edits), last=last)
            InboxRows(connection, key).append(decided)
        # Only a committed version may be cached.
        self._cache.put((key, log.account.erasures, state.version), case)
        return state

    def undo(self, key: str, *, by: str | None = None, seen: int) -> State:
        """Undo the last change, as a new version.

        Raises:
            Conflict: There is a version that the editor has not seen.
            KamError: There is nothing to undo.
        """
        with self._database.writing() as connection:
            log = self._seen(connection, key, seen)
            version = log.account.version
            change = log.row(version).last
            if change is None:
                raise KamError("there is no change to undo")
            before = log.row(change - 1)
            return log.append(
                log.case(before.version),
                by,
                same_as=before.version,
                undoes=change,
                last=before.last,
                redo=version + 1,
            )

    def redo(self, key: str, *, by: str | None = None, seen: int) -> State:
        """Redo the last undone change, as a new version. Raises as `undo`."""
        with self._database.writing() as connection:
            log = self._seen(connection, key, seen)
            undo = log.row(log.account.version).redo
            if undo is None:
                raise KamError("there is no change to redo")
            before = log.row(undo - 1)
            return log.append(
                log.case(before.version),
                by,
                same_as=before.version,
                redoes=log.row(undo).undoes,
                last=before.last,
                redo=before.redo,
            )

    def history(self, key: str) -> tuple[Entry, ...]:
        """Return all versions, oldest first. Raises as `state`.

        Only the versions since the last call are read: an erasure alone changes an earlier one.
        """
        with self._database.reading() as connection:
            log = self._log(connection, key)
            erasures = log.account.erasures
            known = self._cache.history(key, erasures)
            rows = log.rows(known[-1].version if known else 0)
        new = tuple(
            Entry(r.version, r.at, r.by, edits_from(r.edits, self._base), r.undoes, r.redoes)
            for r in rows
        )
        entries = known + new
        if new:
            self._cache.put_history(key, erasures, entries)
        return entries

    def inbox(self, key: str) -> StoredInbox:
        """Return the log of the inbox of an account."""
        return StoredInbox(self._database, key)

    def link(self, key: str) -> Link | None:
        """Return the customer's link to an account, even if it has expired. Raises KamError."""
        asked = select(links.c.id, links.c.until).where(links.c.account == key)
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else Link(*row)

    def give_link(self, key: str, until: datetime) -> Link:
        """Create a link for the customer and revoke the previous one.

        Args:
            key: The key of the account.
            until: The time of expiry, with its zone.

        Raises:
            KamError: The account does not exist, or the database cannot be written.
        """
        link = Link(secrets.token_urlsafe(16), until)
        with self._database.writing() as connection:
            self._log(connection, key, lock=True)
            connection.execute(delete(links).where(links.c.account == key))
            row = {"account": key, "id": link.id, "until": link.until}
            connection.execute(insert(links).values(row))
        return link

    def revoke_link(self, key: str) -> None:
        """Revoke the customer's link, if there is one. Raises KamError."""
        with self._database.writing() as connection:
            connection.execute(delete(links).where(links.c.account == key))

    def remove(self, key: str) -> None:
        """Delete an account with its history, and all its bytes in the files.

        Raises:
            KamError: The account does not exist, or the database cannot be written.
        """
        with self._database.writing() as connection:
            self._log(connection, key, lock=True)
            connection.execute(delete(versions).where(versions.c.account == key))
            connection.execute(delete(links).where(links.c.account == key))
            connection.execute(delete(summaries).where(summaries.c.account == key))
            InboxRows(connection, key).clear()
            connection.execute(delete(accounts).where(accounts.c.key == key))
        self._cache.forget(key)
        self._database.pack()

    def erasure(self, key: str, kind: str, identity: str, also: Iterable[str] = ()) -> Erasure:
        """Return what an erasure of a person would search: names, and texts of all versions.

        Raises as `erase_person`.
        """
        erasure = Erasure(kind, identity, self._base, also)
        with self._database.reading() as connection:
            for case, edits in contents(self._log(connection, key).rows(), self._base):
                erasure.learn(case, edits)
            erasure.learn(None, InboxRows(connection, key).edits(self._base))
        erasure.ready()
        return erasure

    def texts(self) -> dict[str, tuple[str, ...]]:
        """Return all that is stored as text, by account: ids, names, authors, edits, snapshots."""
        asked = select(versions.c.account, versions.c.by, versions.c.edits, versions.c.whole)
        proposed = select(proposals.c.account, proposals.c.entry)
        found: dict[str, list[str]] = {}
        with self._database.reading() as connection:
            for key, identity, name in connection.execute(
                select(accounts.c.key, accounts.c.id, accounts.c.name)
            ):
                found[key] = [identity, name]
            for key, *texts in (*connection.execute(asked), *connection.execute(proposed)):
                found.setdefault(key, []).extend(text for text in texts if text)
        return {key: tuple(texts) for key, texts in found.items()}

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of an SQLite database; empty for PostgreSQL."""
        return self._database.files

    def erase_person(
        self, key: str, kind: str, identity: str, *, by: str | None = None, also: Iterable[str] = ()
    ) -> State:
        """Erase a person (kind ``person`` or ``member``) from the history.

        Their entry, answers and links leave every version, and their name every text. Afterwards
        the database is packed, so that no byte of it stays in the files. *also* are other words
        of texts that name the person.

        Raises:
            KamError: No version has such a person, or the database cannot be written.
        """
        state = self._rewrite(key, Erasure(kind, identity, self._base, also), by)
        self.pack()
        return state

    def erase_judgements(
        self, key: str, kind: str, identity: str, *, by: str | None = None
    ) -> State:
        """Erase the assessments of a person from the history. Raises as `erase_person`."""
        state = self._rewrite(key, Expiry(kind, identity, self._base), by)
        self.pack()
        return state

    def erase_answers(
        self, key: str, is_gone: Callable[[StoredAnswer], bool], *, by: str | None = None
    ) -> State:
        """Erase the answers about an account for which *is_gone* is true from the history.

        Their bytes stay in the files until `pack`, which is called once after several accounts.

        Raises:
            NotThere: The store has no such account.
            KamError: The database cannot be written.
        """
        return self._rewrite(key, AnswerErasure(is_gone), by)

    def pack(self) -> None:
        """Remove all erased bytes from the files. Raises KamError.

        The erasure of a person does this itself, unless another connection is reading.
        """
        self._database.pack()

    def _rewrite(self, key: str, erasure: AnyErasure, by: str | None) -> State:
        with self._database.writing() as connection:
            log = self._log(connection, key, lock=True)
            # It may name the person as the owner of the account.
            connection.execute(delete(summaries).where(summaries.c.account == key))
            state = rewritten(log, erasure, by, self._base)
            InboxRows(connection, key).rewrite(erasure, self._base)
        self._cache.forget(key)
        return state

    def _log(self, connection: Connection, key: str, *, lock: bool = False) -> EventLog:
        return EventLog(connection, key, self._base, self._cache, lock=lock)

    def _seen(self, connection: Connection, key: str, seen: int) -> EventLog:
        """Return the event log of an account if the editor has seen its latest version."""
        log = self._log(connection, key, lock=True)
        refuse_unseen(log, seen, self._base)
        return log
