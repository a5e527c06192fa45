"""The database that a command of ``kam store`` works on."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kam_expert.errors import KamError
from kam_expert.extras import needs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.store.database import Database

store_argument = click.argument("url", metavar="STORE")
name_argument = click.argument("name")


@contextmanager
def opened_database(url: str, command: str) -> Iterator[Database]:
    """Open a database, which is created if it does not exist, for *command*. Raises KamError."""
    with needs("live", command):
        from kam_expert.store.database import Database

    with closing(Database(url)) as database:
        yield database


def check_exists(url: str) -> None:
    """Raise KamError for a missing file, which would otherwise be created."""
    path = url.removeprefix("sqlite:///")
    if "://" not in path and not Path(path).is_file():
        raise KamError(f"{path}: no such database")
