"""The programs that may use the HTTP interface of a store, each with a token."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.store.schema import programs
from kam_expert.store.users import UserRole, name_key, plain_name

if TYPE_CHECKING:
    from kam_expert.store.database import Database

_TOKEN_BYTES = 32
#: How a token begins, so that a search for leaked secrets finds it.
_PREFIX = "kam_"


@dataclass(frozen=True)
class ClientProgram:
    """A program and what it may do.

    Attributes:
        role: A reader reads; a colleague changes accounts too. No program is an owner.
    """

    name: str
    role: UserRole


class Programs:
    """The programs in one database. Only the digests of their tokens are stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[ClientProgram, ...]:
        """Return the programs sorted by name. Raises KamError."""
        asked = select(programs.c.name, programs.c.role)
        with self._database.reading() as connection:
            found = [
                ClientProgram(name, UserRole(role)) for name, role in connection.execute(asked)
            ]
        return tuple(sorted(found, key=lambda program: (program.name.casefold(), program.name)))

    def of_token(self, token: str) -> ClientProgram | None:
        """Return the program of a token; None for no program. Raises KamError."""
        asked = select(programs.c.name, programs.c.role)
        with self._database.reading() as connection:
            row = connection.execute(asked.where(programs.c.digest == _digest(token))).one_or_none()
        return None if row is None else ClientProgram(row[0], UserRole(row[1]))

    def add(self, name: str, role: UserRole) -> str:
        """Add a program and return its token, which cannot be read again.

        Raises:
            KamError: The name is taken or invalid, or the role is that of an owner.
        """
        name = plain_name(name, "program")
        if role is UserRole.OWNER:
            raise KamError("a program is a reader or a colleague; an owner is a person")
        token = _PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        with self._database.writing() as connection:
            key = name_key(name)
            if connection.execute(select(programs.c.key).where(programs.c.key == key)).first():
                raise KamError(f'there is a program "{shortened(name)}" already')
            row = {"key": key, "name": name, "role": role.value, "digest": _digest(token)}
            connection.execute(insert(programs).values(row))
        return token

    def remove(self, name: str) -> None:
        """Remove a program; its token ends at once. Raises KamError if there is none."""
        with self._database.writing() as connection:
            gone = connection.execute(delete(programs).where(programs.c.key == name_key(name)))
            if not gone.rowcount:
                known = connection.execute(select(programs.c.name)).scalars()
                near = did_you_mean(name, known)
                raise KamError(f'no program "{shortened(name)}".{near}')


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
