"""The users of a store: who may log in, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.store.schema import users

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from kam_expert.store.database import Database

_NAME_LENGTH = 100


class NoOwner(KamError):  # noqa: N818 -- it says what would be
    """No user would be an owner; nothing was changed."""


class NameTaken(KamError):  # noqa: N818 -- as above
    """There is a user of this name already."""


class UserRole(Enum):
    """What a user may do; each role may do what those before it may.

    A reader reads. A colleague changes accounts. An owner manages users and customer links, erases
    persons and removes accounts.
    """

    READER = "reader"
    COLLEAGUE = "colleague"
    OWNER = "owner"

    def may(self, needed: UserRole) -> bool:
        """Return whether a user of this role may do what *needed* may do."""
        order = list(UserRole)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True)
class User:
    """A user.

    Attributes:
        hash: Of the password, in the format of argon2.
    """

    name: str
    role: UserRole
    hash: str


class Users:
    """The users in one database. While there are any, at least one is an owner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[User, ...]:
        """Return the users sorted by name. Raises KamError."""
        with self._database.reading() as connection:
            return _all(connection)

    def get(self, name: str) -> User | None:
        """Return a user by name, without regard to case; None for nobody. Raises KamError."""
        asked = select(users.c.name, users.c.role, users.c.hash)
        with self._database.reading() as connection:
            row = connection.execute(asked.where(users.c.key == name_key(name))).one_or_none()
        return None if row is None else User(row[0], UserRole(row[1]), row[2])

    def add(self, user: User) -> None:
        """Add a user. Raises KamError if the name is taken, or the first user is not an owner."""
        name = plain_name(user.name, "user")
        with self._database.writing() as connection:
            present = _all(connection)
            if any(name_key(other.name) == name_key(name) for other in present):
                raise NameTaken(f'there is a user "{shortened(name)}" already')
            _check_owner([*present, user])
            _insert(connection, replace(user, name=name))

    def change(self, name: str, *, role: UserRole | None = None, hash_: str | None = None) -> User:
        """Change the role or the password of a user. Raises KamError if it cannot be."""
        with self._database.writing() as connection:
            present = _all(connection)
            before = _named(present, name)
            user = replace(before, role=role or before.role, hash=hash_ or before.hash)
            _check_owner([*(other for other in present if other != before), user])
            _delete(connection, before)
            _insert(connection, user)
        return user

    def remove(self, name: str) -> None:
        """Remove a user. Raises KamError for the only owner, unless nobody else is left."""
        with self._database.writing() as connection:
            present = _all(connection)
            user = _named(present, name)
            _check_owner([other for other in present if other != user])
            _delete(connection, user)


def name_key(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return " ".join(name.split()).casefold()


def plain_name(name: str, whose: str) -> str:
    """Return a name without needless blanks. Raises KamError if it cannot be one."""
    plain = " ".join(name.split())
    if not plain or len(plain) > _NAME_LENGTH or not plain.isprintable():
        raise KamError(f"a {whose} needs a name of 1 to {_NAME_LENGTH} characters")
    return plain


def _all(connection: Connection) -> tuple[User, ...]:
    rows = connection.execute(select(users.c.name, users.c.role, users.c.hash))
    found = (User(name, UserRole(role), hash_) for name, role, hash_ in rows)
    return tuple(sorted(found, key=lambda user: (user.name.casefold(), user.name)))


def _named(present: tuple[User, ...], name: str) -> User:
    for user in present:
        if name_key(user.name) == name_key(name):
            return user
    near = did_you_mean(name, [user.name for user in present])
    raise KamError(f'no user "{shortened(name)}".{near}')


def _check_owner(left: list[User]) -> None:
    if left and not any(user.role is UserRole.OWNER for user in left):
        raise NoOwner("at least one user must be an owner; nothing was changed")


def _insert(connection: Connection, user: User) -> None:
    row = {"key": name_key(user.name), "name": user.name, "role": user.role.value}
    row["hash"] = user.hash
    connection.execute(insert(users).values(row))


def _delete(connection: Connection, user: User) -> None:
    connection.execute(delete(users).where(users.c.key == name_key(user.name)))
