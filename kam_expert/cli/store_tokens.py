"""``kam store token``: the programs that may use the HTTP interface of a database of accounts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from kam_expert.cli.store_database import name_argument, opened_database, store_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.store.programs import Programs

#: As in `kam_expert.store.users`, which takes longer to load; an owner is a person.
ROLES = ("colleague", "reader")


@click.group(name="token")
def token_group() -> None:
    """Manage which programs may use kam serve --api, each with a token of its own."""


@token_group.command(name="list")
@store_argument
def list_programs(url: str) -> None:
    """Print the programs with their roles."""
    with _opened(url) as programs:
        for program in programs.all():
            click.echo(f"{program.role.value:10} {program.name}")


@token_group.command()
@store_argument
@name_argument
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="reader",
    show_default=True,
    help="A reader reads; a colleague also adds accounts, answers and proposals.",
)
def add(url: str, name: str, role: str) -> None:
    """Add a program and print its token, which cannot be shown again."""
    from kam_expert.store.users import UserRole

    with _opened(url) as programs:
        click.echo(programs.add(name, UserRole(role)))


@token_group.command()
@store_argument
@name_argument
def remove(url: str, name: str) -> None:
    """Remove a program; its token ends at once."""
    with _opened(url) as programs:
        programs.remove(name)


@contextmanager
def _opened(url: str) -> Iterator[Programs]:
    """Open the programs of a database, which is created if it does not exist. Raises KamError."""
    from kam_expert.store.programs import Programs

    with opened_database(url, "kam store token") as database:
        yield Programs(database)
