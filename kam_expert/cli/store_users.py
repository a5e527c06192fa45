"""``kam store user``: the users of a database of accounts."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from kam_expert.cli.store_database import name_argument, opened_database, store_argument
from kam_expert.errors import KamError
from kam_expert.extras import needs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.store.users import Users

#: As in `kam_expert.store.users`, which takes longer to load.
ROLES = ("owner", "colleague", "reader")


@click.group(name="user")
def user_group() -> None:
    """Manage who may log in to kam serve; with users, everybody needs a name and a password."""


@user_group.command(name="list")
@store_argument
def list_users(url: str) -> None:
    """Print the users with their roles."""
    with _opened(url) as users:
        for user in users.all():
            click.echo(f"{user.role.value:10} {user.name}")


@user_group.command()
@store_argument
@name_argument
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="colleague",
    show_default=True,
    help="What the user may do.",
)
def add(url: str, name: str, role: str) -> None:
    """Add a user; the first one must be an owner. The password: KAM_PASSWORD, or asked for."""
    with needs("live", "kam store user"):
        from kam_expert.web.auth import password_hash
    from kam_expert.store.users import User, UserRole

    with _opened(url) as users:
        first = not users.all()
        if first and role != "owner":
            raise KamError("the first user must be an owner; add --role owner")
        users.add(User(name, UserRole(role), password_hash(asked_password(f"Password of {name}"))))
        if first:
            click.echo("A running kam serve asks for names after it is started again.", err=True)


@user_group.command()
@store_argument
@name_argument
@click.argument("role", type=click.Choice(ROLES))
def role(url: str, name: str, role: str) -> None:
    """Change the role of a user, from the next page on."""
    from kam_expert.store.users import UserRole

    with _opened(url) as users:
        users.change(name, role=UserRole(role))


@user_group.command()
@store_argument
@name_argument
def password(url: str, name: str) -> None:
    """Change the password of a user, whose sessions end."""
    with needs("live", "kam store user"):
        from kam_expert.web.auth import password_hash

    with _opened(url) as users:
        hash_ = password_hash(asked_password(f"New password of {name}"))
        users.change(name, hash_=hash_)


@user_group.command()
@store_argument
@name_argument
def remove(url: str, name: str) -> None:
    """Remove a user, whose sessions end. The only owner can be removed last."""
    with _opened(url) as users:
        users.remove(name)


def asked_password(prompt: str) -> str:
    """Return KAM_PASSWORD, or what is typed."""
    return os.environ.get("KAM_PASSWORD") or str(
        click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
    )


@contextmanager
def _opened(url: str) -> Iterator[Users]:
    """Open the users of a database, which is created if it does not exist. Raises KamError."""
    from kam_expert.store.users import Users

    with opened_database(url, "kam store user") as database:
        yield Users(database)
