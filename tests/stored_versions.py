"""Change stored versions in the database, with a right checksum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine, delete, select, update

from kam_expert.store.event_log import Version
from kam_expert.store.schema import summaries, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


def change_versions(file: str, change: Callable[[Version], Version]) -> None:
    """Change the versions of all accounts of an SQLite *file*, and forget their summaries."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        for row in connection.execute(select(versions)).all():
            version = Version(*row)
            connection.execute(
                update(versions)
                .where(versions.c.account == version.account)
                .where(versions.c.version == version.version)
                .values(change(version).summed()._asdict())
            )
        connection.execute(delete(summaries))
    engine.dispose()


def set_days(file: str, days: Mapping[int, datetime]) -> None:
    """Change the times of versions by number, as if they had been recorded then."""
    change_versions(
        file, lambda version: version._replace(at=days.get(version.version, version.at))
    )
