"""The store: accounts with all their versions, on disk when a call returns."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from kam_expert.errors import KamError, Place
from kam_expert.facts.edit_things import meet, touches
from kam_expert.store.cache import Cache
from kam_expert.store.database import Database
from kam_expert.store.erasure import Erasure
from kam_expert.store.event_log import Account, EventLog, case_from, edits_from, edits_to
from kam_expert.store.expiry import Expiry
from kam_expert.store.records import Conflict, Entry, Link, State, StoredAccount
from kam_expert.store.schema import accounts, links, versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from kam_expert.facts.case import Case
    from kam_expert.facts.edit_things import Thing
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase


class Store:
    """The accounts of one database, for any number of threads and processes."""

    def __init__(self, database: Database, base: KnowledgeBase) -> None:
        self._database = database
        self._base = base
        self._cache = Cache()

    @classmethod
    def open(cls, url: str, base: KnowledgeBase) -> Store:
        """Return the store at *url*, made or brought up to date if need be.

        Args:
            url: A file name or ``sqlite:///file`` for SQLite; ``postgresql://user@host/name``.
            base: Whose vocabulary the accounts keep to.

        Raises:
            KamError: There is no such database, it cannot be written, or a newer program made it.
        """
        return cls(Database(url), base)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def accounts(self) -> tuple[StoredAccount, ...]:
        """Return the accounts by name."""
        with self._database.reading() as connection:
            rows = [Account(*row) for row in connection.execute(select(accounts))]
        listed = [StoredAccount(r.key, r.id, r.name, r.version, r.changed) for r in rows]
        return tuple(sorted(listed, key=lambda row: (row.name.casefold(), row.name, row.key)))

    def add(self, case: Case, by: str | None = None) -> str:
        """Add *case* as a new account and give its key; the whole case is its first version.

        Raises:
            KamError: The database cannot be written.
        """
        key = secrets.token_hex(8)
        with self._database.writing() as connection:
            EventLog.begin(connection, key, case, by)
        return key

    def state(self, key: str, version: int | None = None) -> State:
        """Return an account as it is, or as it was at *version*.

        Raises:
            KamError: There is no such account or version, or the rule base has lost a fact of it.
        """
        with self._database.reading() as connection:
            ledger = self._ledger(connection, key)
            return ledger.state(ledger.account.version if version is None else version)

    def record(self, key: str, edits: Sequence[Edit], *, by: str | None = None, seen: int) -> State:
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
        if not edits:
            return self.state(key)
        with self._database.writing() as connection:
            ledger = self._ledger(connection, key, lock=True)
            if seen != ledger.account.version:
                self._refuse_conflict(ledger, edits, seen)
            case = ledger.made(ledger.case(ledger.account.version), edits)
            last = ledger.account.version + 1
            state = ledger.append(case, by, edits_to(edits), last=last)
        # Only now: what was not committed is no version.
        self._cache.put((key, ledger.account.erasures, state.version), case)
        return state

    def undo(self, key: str, *, by: str | None = None, seen: int) -> State:
        """Take the last change back, as a new version.

        Raises:
            Conflict: There is a version that the editor has not seen.
            KamError: There is nothing to take back.
        """
        with self._database.writing() as connection:
            ledger = self._seen(connection, key, seen)
            version = ledger.account.version
            change = ledger.row(version).last
            if change is None:
                raise KamError("there is no change to take back")
            before = ledger.row(change - 1)
            return ledger.append(
                ledger.case(before.version),
                by,
                same_as=before.version,
                undoes=change,
                last=before.last,
                redo=version + 1,
            )

    def redo(self, key: str, *, by: str | None = None, seen: int) -> State:
        """Bring back what was taken back last, as a new version. Raises as `undo`."""
        with self._database.writing() as connection:
            ledger = self._seen(connection, key, seen)
            undo = ledger.row(ledger.account.version).redo
            if undo is None:
                raise KamError("there is no change to bring back")
            before = ledger.row(undo - 1)
            return ledger.append(
                ledger.case(before.version),
                by,
                same_as=before.version,
                redoes=ledger.row(undo).undoes,
                last=before.last,
                redo=before.redo,
            )

    def history(self, key: str) -> tuple[Entry, ...]:
        """Return all versions, oldest first. Raises as `state`."""
        with self._database.reading() as connection:
            rows = self._ledger(connection, key).rows()
        return tuple(
            Entry(r.version, r.at, r.by, edits_from(r.edits, self._base), r.undoes, r.redoes)
            for r in rows
        )

    def link(self, key: str) -> Link | None:
        """Return the customer's link to an account, also one that has ended. Raises KamError."""
        asked = select(links.c.id, links.c.until).where(links.c.account == key)
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else Link(*row)

    def give_link(self, key: str, until: datetime) -> Link:
        """Make a link for the customer; the one before it is worth nothing any more.

        Args:
            key: Of the account.
            until: When it ends; a time with its zone.

        Raises:
            KamError: There is no such account, or the database cannot be written.
        """
        link = Link(secrets.token_urlsafe(16), until)
        with self._database.writing() as connection:
            self._ledger(connection, key, lock=True)
            connection.execute(delete(links).where(links.c.account == key))
            row = {"account": key, "id": link.id, "until": link.until}
            connection.execute(insert(links).values(row))
        return link

    def revoke_link(self, key: str) -> None:
        """Make the customer's link worth nothing, if there is one. Raises KamError."""
        with self._database.writing() as connection:
            connection.execute(delete(links).where(links.c.account == key))

    def remove(self, key: str) -> None:
        """Delete an account with its history, so that no byte of it stays in the files.

        Raises:
            KamError: There is no such account, or the database cannot be written.
        """
        with self._database.writing() as connection:
            self._ledger(connection, key, lock=True)
            connection.execute(delete(versions).where(versions.c.account == key))
            connection.execute(delete(links).where(links.c.account == key))
            connection.execute(delete(accounts).where(accounts.c.key == key))
        self._cache.forget(key)
        self._database.pack()

    def erase_person(self, key: str, kind: str, identity: str, *, by: str | None = None) -> State:
        """Rewrite the history as if a person (kind ``person`` or ``member``) had not been there.

        Their entry, scores and links leave every version, and their name every text. Afterwards
        the database is packed, so that no byte of it stays in the files.

        Raises:
            KamError: No version has such a person, or the database cannot be written.
        """
        return self._rewrite(key, Erasure(kind, identity, self._base), by)

    def erase_judgements(
        self, key: str, kind: str, identity: str, *, by: str | None = None
    ) -> State:
        """Rewrite the history as if a person had never been judged. Raises as `erase_person`."""
        return self._rewrite(key, Expiry(kind, identity, self._base), by)

    def pack(self) -> None:
        """Leave no byte of what was erased before in the files. Raises KamError.

        An erasure does so itself, unless somebody was reading all the while.
        """
        self._database.pack()

    def _rewrite(self, key: str, erasure: Erasure | Expiry, by: str | None) -> State:
        with self._database.writing() as connection:
            ledger = self._ledger(connection, key, lock=True)
            state = self._rewritten(ledger, erasure, by)
        self._cache.forget(key)
        self._database.pack()
        return state

    def _ledger(self, connection: Connection, key: str, *, lock: bool = False) -> EventLog:
        return EventLog(connection, key, self._base, self._cache, lock=lock)

    def _seen(self, connection: Connection, key: str, seen: int) -> EventLog:
        """Return the ledger of an account of which the editor knows the newest version."""
        ledger = self._ledger(connection, key, lock=True)
        if seen != ledger.account.version:
            others = [edit for edits, _, _ in self._since(ledger, seen) for edit in edits]
            raise self._conflict(ledger, others)
        return ledger

    def _refuse_conflict(self, ledger: EventLog, edits: Sequence[Edit], seen: int) -> None:
        mine = _all_touched(ledger, ledger.case(seen), edits)
        others = [
            edit
            for made, case, stands in self._since(ledger, seen)
            for edit, things in _each_touched(ledger, case, made)
            # What is sent twice is there already and takes nothing from anybody.
            if not (stands and edit in edits) and meet(things, mine)
        ]
        if others:
            raise self._conflict(ledger, others)

    def _since(self, ledger: EventLog, seen: int) -> list[tuple[tuple[Edit, ...], Case, bool]]:
        """Return what was changed after a version: the edits, the case they were made on, if made.

        Taking a change back, or bringing it back, touches what the change itself touched.
        """
        ledger.row(seen)
        found = []
        for row in ledger.rows(seen):
            change = row.undoes or row.redoes or row.version
            edits = row.edits if change == row.version else ledger.row(change).edits
            case = ledger.case(change - 1)
            found.append((edits_from(edits, self._base), case, row.undoes is None))
        return found

    def _conflict(self, ledger: EventLog, others: Sequence[Edit]) -> Conflict:
        state = ledger.state(ledger.account.version)
        said = "somebody changed this account since; nothing was recorded"
        return Conflict(said, state, tuple(dict.fromkeys(others)))

    def _rewritten(self, ledger: EventLog, erasure: Erasure | Expiry, by: str | None) -> State:
        rows = ledger.rows()
        told = [
            (
                None if row.whole is None else case_from(row.whole, self._base, Place(row.account)),
                edits_from(row.edits, self._base),
            )
            for row in rows
        ]
        for case, edits in told:
            erasure.learn(case, edits)
        erasure.ready()
        cases: dict[int, Case] = {}
        for row, (whole, edits) in zip(rows, told, strict=True):
            left = erasure.edits(edits)
            if row.same_as is not None:
                case = cases[row.same_as]
            elif row.version == 1 and whole is not None:
                case = erasure.case(whole)
            else:
                case = ledger.made(cases[row.version - 1], left)
            cases[row.version] = case
            ledger.rewrite(row, erasure.text(row.by or "") or None, edits_to(left), case)
        newest = rows[-1]
        ledger.account = ledger.account._replace(erasures=ledger.account.erasures + 1)
        return ledger.append(
            cases[newest.version], by, same_as=newest.version, last=newest.last, redo=newest.redo
        )


def _each_touched(
    ledger: EventLog, case: Case, edits: Sequence[Edit]
) -> list[tuple[Edit, frozenset[Thing]]]:
    found = []
    for edit in edits:
        found.append((edit, touches(case, edit)))
        case = ledger.made(case, [edit])
    return found


def _all_touched(ledger: EventLog, case: Case, edits: Sequence[Edit]) -> frozenset[Thing]:
    return frozenset().union(*(things for _, things in _each_touched(ledger, case, edits)))
