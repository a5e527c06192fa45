"""Back up, restore and verify a store, also while others work in it.

A backup is a store in an SQLite file, whatever the database of the original. It is read in one
transaction, so it is the state of one moment.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from kam_expert.errors import KamError
from kam_expert.store.database import Database
from kam_expert.store.schema import accounts, metadata, users
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

_ROWS = 500


def back_up(url: str, path: Path) -> int:
    """Write a backup of the store at *url* to a new file, whole or not at all.

    Returns:
        The number of accounts.

    Raises:
        KamError: The store cannot be read, or the file exists or cannot be written.
    """
    if path.exists():
        raise KamError(f"{path}: exists already; name another file for the backup")
    source = Database(url)
    try:
        try:
            folder = tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent)
        except OSError as error:
            raise KamError(f"{path}: cannot be written ({error.strerror or error})") from None
        with folder as name:
            draft = Path(name) / "backup.db"
            count = _copied(source, Database(str(draft)))
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            try:
                # Unlike a replacement, a link does not overwrite what appeared in the meantime.
                path.hardlink_to(draft)
            except OSError:
                draft.replace(path)
        return count
    finally:
        source.close()


def restore(path: Path, url: str) -> int:
    """Copy a backup into an empty or new store, all or nothing. Returns the number of accounts.

    Raises:
        KamError: The file is not a backup, or the store has accounts or cannot be written.
    """
    if not path.is_file():
        raise KamError(f"{path}: no such file")
    target = Database(url)
    try:
        with target.reading() as connection:
            for table in (accounts, users):
                if connection.execute(select(func.count()).select_from(table)).scalar_one():
                    raise KamError(f"{target.shown}: has {table.name}; restore into a new database")
        with tempfile.TemporaryDirectory(prefix="kam-restore-") as folder:
            # Opening may migrate it, and the backup itself is not changed.
            copy = Path(folder) / path.name
            copy.write_bytes(path.read_bytes())
            return _copied(Database(str(copy)), target, close_target=False)
    finally:
        target.close()


def _copied(source: Database, target: Database, *, close_target: bool = True) -> int:
    with contextlib.ExitStack() as stack:
        if close_target:
            stack.callback(target.close)
        else:
            stack.callback(source.close)
        with source.reading() as old, target.writing() as new:
            for table in metadata.sorted_tables:
                rows = old.execute(select(table)).mappings()
                while part := rows.fetchmany(_ROWS):
                    new.execute(insert(table), [dict(row) for row in part])
            return int(new.execute(select(func.count()).select_from(accounts)).scalar_one())


def verify(url: str, base: KnowledgeBase) -> tuple[int, int, list[str]]:
    """Read every version of every account.

    Returns:
        The number of accounts, of versions, and a message for each account that is damaged.

    Raises:
        KamError: The database cannot be opened.
    """
    store = Store.open(url, base)
    problems = []
    versions = 0
    try:
        listed = store.accounts()
        for account in listed:
            try:
                store.history(account.key)
                for version in range(1, account.version + 1):
                    store.state(account.key, version)
                    versions += 1
            except KamError as error:
                problems.append(str(error))
        return len(listed), versions, problems
    finally:
        store.close()
