"""Versions of a store with other days, as if they had been recorded then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine, select, update

from kam_expert.store.event_log import Version
from kam_expert.store.schema import versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def set_days(url: str, days: Mapping[int, datetime]) -> None:
    """Change the times of the versions of all accounts, by number, in the SQLite file *url*."""
    engine = create_engine(f"sqlite:///{url}")
    with engine.begin() as connection:
        for row in connection.execute(select(versions)).all():
            version = Version(*row)
            if version.version in days:
                moved = version._replace(at=days[version.version]).summed()
                connection.execute(
                    update(versions)
                    .where(versions.c.account == version.account)
                    .where(versions.c.version == version.version)
                    .values(moved._asdict())
                )
    engine.dispose()
