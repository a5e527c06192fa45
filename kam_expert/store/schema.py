"""The tables of the store as they are now; `migrations` brings older ones here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

#: The newest migration. A database of this revision needs no Alembic, which takes a while to load.
REVISION = "2"


class Utc(TypeDecorator[datetime]):
    """A time in UTC; SQLite keeps no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy hands it over
        """Return the time as it is kept."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 -- as above
        """Return the time as it was told."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

#: ``erasures`` counts how often the history was rewritten, so that no one keeps an older one.
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

#: A version is the one before it with ``edits`` made, or the same as an earlier one (``same_as``).
#: ``whole`` is the case as a case file: always in the first version, and in some to start from.
#: ``last`` is the version that an undo takes back, ``redo`` the undo that a redo takes back.
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
)

#: The link by which a customer's team reaches its own page; an account has one or none.
links = Table(
    "links",
    metadata,
    Column("account", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("until", Utc, nullable=False),
)
