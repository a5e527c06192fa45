"""The current tables of the store; `migrations` upgrades older ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

#: The latest migration. A database of this revision needs no Alembic, which is slow to load.
REVISION = "6"


class Utc(TypeDecorator[datetime]):
    """A time in UTC; SQLite keeps no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy hands it over
        """Return the time as stored."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 -- as above
        """Return the time with its zone."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

#: ``erasures`` counts the rewrites of the history, so that caches do not return an older one.
accounts = Table(
    "accounts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed", Utc, nullable=False),
    Column("erasures", Integer, nullable=False),
)

#: A version is the previous one after ``edits``, or equal to an earlier one (``same_as``).
#: ``whole`` is a snapshot as a case file; the first version always has one.
#: ``sum`` is the checksum of the other columns.
#: ``last`` is the version that an undo undoes, ``redo`` the undo that a redo undoes.
versions = Table(
    "versions",
    metadata,
    Column("account", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("by", Text),
    Column("edits", Text, nullable=False),
    Column("whole", Text),
    Column("same_as", Integer),
    Column("undoes", Integer),
    Column("redoes", Integer),
    Column("last", Integer),
    Column("redo", Integer),
    Column("sum", Text),
)

#: The customer's link to its own page; an account has at most one.
links = Table(
    "links",
    metadata,
    Column("account", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("until", Utc, nullable=False),
)

#: Who may log in; ``key`` is the name without regard to case.
users = Table(
    "users",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

#: Programs that may use the HTTP interface; ``digest`` is the SHA-256 of a token, in hexadecimal.
programs = Table(
    "programs",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", Text, nullable=False),
)

#: The inbox of an account: entries as JSON, in their order. See `kam_expert.app.inbox`.
proposals = Table(
    "proposals",
    metadata,
    Column("account", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
)

#: What the list of accounts shows, computed from one version on one day by one rule base.
summaries = Table(
    "summaries",
    metadata,
    Column("account", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("erasures", Integer, nullable=False),
    Column("rules", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("stage", Text, nullable=False),
    Column("firm", Boolean, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("due", Date),
    Column("met", Date),
)
