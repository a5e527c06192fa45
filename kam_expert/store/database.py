"""Database access by SQLAlchemy: durable transactions, and plain error messages."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.schema import Column, MetaData, Table
from sqlalchemy.types import String

from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.extras import needs
from kam_expert.store.records import Unavailable
from kam_expert.store.schema import REVISION, metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, Engine

#: The seconds that a writer waits for another writer.
PATIENCE = 15
_POSTGRESQL = "postgresql+psycopg"
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": _POSTGRESQL,
    "postgresql": _POSTGRESQL,
    _POSTGRESQL: _POSTGRESQL,
}
#: Any number: all programs that migrate take the lock of this one.
_LOCK = 4_617_115
_revision = Table(
    "alembic_version", MetaData(), Column("version_num", String(32), primary_key=True)
)


class Database:
    """One database, SQLite or PostgreSQL.

    Args:
        url: As for `Store.open`.
        after_save: Is called after each commit with the whole database as an SQLite file. The
            change is acknowledged when it returns. It raises OSError if it fails.

    Attributes:
        shown: Its name in messages, without a password.
    """

    def __init__(self, url: str, after_save: Callable[[bytes], None] | None = None) -> None:
        self._url = _parsed(url)
        self._after_save = after_save
        self.is_sqlite = self._url.drivername.startswith("sqlite")
        self.shown = (
            str(self._url.database)
            if self.is_sqlite
            else self._url.set(drivername="postgresql").render_as_string()
        )
        self._turn = threading.Lock()
        with self._plain_errors("cannot be opened"):
            self._engine = self._made()
            try:
                self._migrate()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of an SQLite database that exist; empty for PostgreSQL."""
        if not self.is_sqlite:
            return ()
        path = Path(str(self._url.database))
        names = (path.with_name(path.name + ending) for ending in ("", "-wal", "-shm", "-journal"))
        return tuple(name for name in names if name.is_file())

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Return a connection with snapshot isolation. Raises KamError."""
        with self._plain_errors("cannot be read"), self._engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Return a connection whose changes are durable when the block ends. Raises KamError."""
        failed = "the change was not recorded"
        kept = "; everything recorded before is there"
        # SQLite allows one writer, and the others poll: a lock is faster.
        turn = self._turn if self.is_sqlite else contextlib.nullcontext()
        with turn, self._plain_errors(failed, kept), self._engine.connect() as connection:
            connection.execution_options(begins="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection
            self._saved(connection)

    def image(self) -> bytes:
        """Return the whole SQLite database as the bytes of a file. Raises KamError."""
        with self.reading() as connection:
            return _image(connection)

    def pack(self) -> None:
        """Remove all deleted bytes from the files of the database. Raises KamError."""
        failed = "is rewritten, but old pages could not be cleared"
        with self._plain_errors(failed, "; try again"), self._engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                for table in ("accounts", "versions", "proposals"):
                    connection.execute(text(f"VACUUM (FULL, ANALYZE) {table}"))
                # It has the most frequent values, which a new ANALYZE does not overwrite.
                connection.execute(text("VACUUM FULL pg_statistic"))
                return
            connection.execution_options(begins=None)
            connection.execute(text("VACUUM"))
            busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar_one()
            if busy:
                raise KamError(f"{self.shown}: {failed} (another connection is reading); try again")
            self._saved(connection)

    def _saved(self, connection: Connection) -> None:
        if self._after_save is not None:
            self._after_save(_image(connection))

    def _made(self) -> Engine:
        if not self.is_sqlite:
            # The server may have restarted since the connection was last used.
            engine = create_engine(self._url, pool_pre_ping=True)
            event.listen(engine, "connect", _keep_on_commit)
            return engine
        path = Path(str(self._url.database))
        if not path.parent.is_dir():
            raise KamError(f"{path.parent}: no such folder, so {path.name} was not created")
        with contextlib.suppress(FileExistsError):
            # It has data about people, so only the owner can read it.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        engine = create_engine(self._url, connect_args={"timeout": PATIENCE})
        event.listen(engine, "connect", _keep_in_wal)
        event.listen(engine, "begin", _begin)
        return engine

    def _migrate(self) -> None:
        with self._engine.connect() as connection:
            found = _found_revision(connection)
        if found == REVISION:
            return
        with self._engine.connect() as connection:
            connection.execution_options(begins="BEGIN IMMEDIATE")
            with connection.begin():
                if not self.is_sqlite:
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                if inspect(connection).get_table_names():
                    self._upgrade(connection)
                else:
                    # The present tables, without Alembic, which is slow to load.
                    metadata.create_all(connection)
                    _revision.create(connection)
                    connection.execute(insert(_revision).values(version_num=REVISION))

    def _upgrade(self, connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415 -- takes a while to load, seldom needed
        from alembic.config import Config  # noqa: PLC0415 -- as above
        from alembic.util import CommandError  # noqa: PLC0415 -- as above

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "newline")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            found = _found_revision(connection)
            raise KamError(
                f"{self.shown}: was created by another version of the program "
                f"(revision {shortened(found)}, this one knows {REVISION})"
            ) from None

    @contextlib.contextmanager
    def _plain_errors(self, failed: str, kept: str = "") -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            reason = self._reason(error)
            raise Unavailable(f"{self.shown}: {failed} ({reason}){kept}", reason) from None

    def _reason(self, error: Exception) -> str:
        if self.is_sqlite:
            path = Path(str(self._url.database))
            there = [file for file in (path.parent, path) if file.exists()]
            if not all(os.access(file, os.W_OK) for file in there):
                return "the file or its folder is read-only"
        cause = error.orig if isinstance(error, DBAPIError) else error
        said = str(getattr(cause, "strerror", None) or cause).strip() or type(cause).__name__
        return shortened(said.splitlines()[0], 160)


def _parsed(url: str) -> URL:
    try:
        # A file name may have any character, such as the question mark of a URL.
        parsed = make_url(url) if "://" in url else URL.create("sqlite", database=url)
        parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
    except (ArgumentError, ValueError):
        raise KamError(
            "the database is a file name, sqlite:///file or postgresql://user@host/name"
        ) from None
    if parsed.drivername not in _DRIVERS:
        near = did_you_mean(parsed.drivername, ("sqlite", "postgresql"))
        raise KamError(
            f'unknown database "{shortened(parsed.drivername)}"; '
            f"it takes sqlite and postgresql.{near}"
        )
    if parsed.drivername != _POSTGRESQL and parsed.database in (None, "", ":memory:"):
        raise KamError("sqlite:///file needs a file, so that nothing is lost")
    if parsed.drivername == _POSTGRESQL:
        with needs("postgres", "a PostgreSQL database"):
            parsed.get_dialect().import_dbapi()
    return parsed


def _image(connection: Connection) -> bytes:
    driver: Any = connection.connection.dbapi_connection
    data: bytes = driver.serialize()
    return data


def _found_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_revision.name):
        return None
    return connection.execute(select(_revision.c.version_num)).scalar()


def _keep_in_wal(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by Python's module
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a commit returns when it is on disk
        "secure_delete=ON",  # what is deleted is overwritten
        "temp_store=MEMORY",  # no copies elsewhere
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _keep_on_commit(connection: Any, _: object) -> None:
    connection.execute("SET synchronous_commit TO on")
    connection.commit()


def _begin(connection: Connection) -> None:
    # SQLite rejects a writer that began as a reader, so a writer begins with IMMEDIATE.
    begins = connection.get_execution_options().get("begins", "BEGIN")
    if begins:
        connection.exec_driver_sql(begins)
