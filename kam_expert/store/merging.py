"""Add the accounts of another store, in which some of the same accounts may have gone on.

An account is the same if its key is. The later history is taken if it continues the other one, or
erased something of it. Two histories that went different ways are both left as they are.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from kam_expert.errors import KamError
from kam_expert.store.database import Database
from kam_expert.store.event_log import Account, Version
from kam_expert.store.inbox_log import InboxRows
from kam_expert.store.records import Unavailable
from kam_expert.store.schema import accounts, summaries, versions

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_HEAD = b"SQLite format 3\0"
#: The bytes of the head that ask for a write-ahead log, which is not part of the file.
_LOGGED = slice(18, 20)


@dataclass
class MergeResult:
    """The result for the accounts of the other store; each list has their names.

    Attributes:
        added: They were not here.
        updated: They have gone on there.
        kept: They are here as they are there, or have gone on here.
        different: They have gone on in both; nothing of them was taken.
        keys: The keys of the updated ones.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


def merge(target: Database, data: bytes) -> MergeResult:
    """Add the accounts of an SQLite store to *target*, all or none.

    Args:
        target: The store that gets them.
        data: The bytes of the other store's file.

    Raises:
        KamError: The data is not a store of this or an older program, is damaged, or cannot be
            recorded.
    """
    if not data.startswith(_HEAD):
        raise KamError("this is not a file of accounts")
    plain = bytearray(data)
    plain[_LOGGED] = b"\1\1"
    result = MergeResult()
    with tempfile.TemporaryDirectory(prefix="kam-merge-") as folder:
        path = Path(folder) / "other.db"
        path.write_bytes(plain)
        histories = _histories(path)
    with target.writing() as connection:
        for account, rows, inbox in histories:
            _take(connection, account, rows, inbox, result)
    return result


def _histories(path: Path) -> list[tuple[Account, list[Version], list[dict[str, Any]]]]:
    """Return each account of a store with its versions and its inbox. Raises KamError."""
    try:
        source = Database(str(path))
        try:
            with source.reading() as connection:
                found = [Account(*row) for row in connection.execute(select(accounts))]
                return [
                    (one, _versions(connection, one.key), InboxRows(connection, one.key).entries())
                    for one in found
                ]
        finally:
            source.close()
    except Unavailable as error:
        raise KamError(f"this file of accounts cannot be read ({error.reason})") from None


def _versions(connection: Connection, key: str) -> list[Version]:
    asked = select(versions).where(versions.c.account == key).order_by(versions.c.version)
    return [Version(*row).checked() for row in connection.execute(asked)]


def _take(
    connection: Connection,
    account: Account,
    rows: list[Version],
    inbox: list[dict[str, Any]],
    result: MergeResult,
) -> None:
    key = account.key
    my_inbox = InboxRows(connection, key)
    row = connection.execute(select(accounts).where(accounts.c.key == key)).one_or_none()
    if row is None:
        _write(connection, account, rows)
        my_inbox.merge(inbox)
        result.added.append(account.name)
        return
    mine, my_rows = Account(*row), _versions(connection, key)
    # An erasure rewrites what versions hold, but not when they were made.
    if any(one.at != other.at for one, other in zip(rows, my_rows, strict=False)):
        result.different.append(account.name)
    elif mine.version >= account.version and mine.erasures >= account.erasures:
        if mine.erasures == account.erasures:
            my_inbox.merge(inbox)
        result.kept.append(account.name)
    elif mine.version > account.version or mine.erasures > account.erasures:
        result.different.append(account.name)
    else:
        for table, column in ((versions, versions.c.account), (summaries, summaries.c.account)):
            connection.execute(delete(table).where(column == key))
        connection.execute(delete(accounts).where(accounts.c.key == key))
        _write(connection, account, rows)
        if mine.erasures < account.erasures:
            my_inbox.clear()  # it may have what was erased there
        my_inbox.merge(inbox)
        result.updated.append(account.name)
        result.keys.append(key)


def _write(connection: Connection, account: Account, rows: list[Version]) -> None:
    connection.execute(insert(accounts).values(account._asdict()))
    connection.execute(insert(versions), [row._asdict() for row in rows])
