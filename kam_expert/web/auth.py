"""Login by password, for a server that other machines can reach; and the sessions that it begins.

All visitors share one password, or the store has users with roles and passwords of their own.

A stranger who types wrong passwords must not lock out the owner. So the delay grows with the wrong
passwords of one address, a device that logged in before is not delayed by those of strangers, and
the passphrase that the server prints at its start is never delayed.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cachetools import LRUCache, TTLCache

from kam_expert.errors import KamError
from kam_expert.store.users import User, UserRole

if TYPE_CHECKING:
    from collections.abc import Callable

    from argon2 import PasswordHasher

    from kam_expert.store.users import Users

#: Wrong passwords allowed within the window: from one address or device, and from all strangers.
TRIES, TRIES_OF_ALL = 5, 50
#: Seconds: in which wrong passwords count, and the first delay, which doubles up to the longest.
WINDOW, FIRST_DELAY, LONGEST_DELAY = 300.0, 30.0, 3600.0
#: A working day and its evening, in seconds; then the visitor logs in again.
SESSION_SECONDS = 12 * 3600
#: Addresses whose failures are counted, and sessions that are remembered.
_ADDRESSES, _SESSIONS = 10_000, 10_000
_PASSPHRASE_BYTES = 12
#: Characters of the shortest password.
MINIMUM = 10
#: Somebody who may do everything: without a password, or with the shared one.
ANYBODY = User("", UserRole.OWNER, "")


@dataclass(frozen=True)
class Attempt:
    """The result of a login.

    Attributes:
        user: Who is logged in; None if the login is not accepted.
        wait: The seconds to wait before the next login.
    """

    user: User | None = None
    wait: int = 0

    @property
    def accepted(self) -> bool:
        """Return whether the login is accepted."""
        return self.user is not None


@dataclass
class _Failures:
    """The wrong passwords of one address or device."""

    times: deque[float] = field(default_factory=deque)
    until: float = 0.0
    delay: float = 0.0


def new_passphrase() -> str:
    """Return a passphrase that nobody can guess."""
    return secrets.token_urlsafe(_PASSPHRASE_BYTES)


def check_length(password: str) -> None:
    """Raise KamError if a new password is too short."""
    if len(password) < MINIMUM:
        raise KamError(f"the password has fewer than {MINIMUM} characters; choose a longer one")


def password_hash(password: str) -> str:
    """Return the argon2 hash of a new password. Raises KamError if it is too short."""
    check_length(password)
    return hasher().hash(password)


class Authenticator:
    """Checks passwords, limits how many can be tried, and remembers who is logged in.

    Sessions are in memory, so a restart ends all of them. A session ends too when its user is
    removed or gets another password. A changed role counts from the next request.

    Args:
        password: Shared by all visitors; None for none.
        clock: Returns seconds.
        tries_of_all: Wrong passwords allowed within the window from all strangers together.
        passphrase: Logs in without a delay, for the console of the server; by default random.
        users: Log in by name and password of their own; None for none. Without users and password
            everybody is accepted.
    """

    def __init__(
        self,
        password: str | None,
        clock: Callable[[], float] = time.monotonic,
        tries_of_all: int = TRIES_OF_ALL,
        passphrase: str = "",
        users: Users | None = None,
    ) -> None:
        self.users = users
        # With users, the hash that is checked for an unknown name, so that it takes as long.
        secret = secrets.token_urlsafe() if users else password
        self._hash = None if secret is None else hasher().hash(secret)
        #: Part of the key that signs cookies, so that a new password makes old cookies invalid.
        self.password_digest = hashlib.sha256((password or "").encode()).hexdigest()
        self._passphrase = passphrase or new_passphrase()
        self._clock = clock
        self._tries_of_all = tries_of_all
        self._failures: LRUCache[str, _Failures] = LRUCache(_ADDRESSES)
        self._all_failures: deque[float] = deque()
        self._sessions: TTLCache[str, User] = TTLCache(_SESSIONS, SESSION_SECONDS, timer=clock)
        self._lock = threading.Lock()

    @property
    def locked(self) -> bool:
        """Return whether a password is required."""
        return self._hash is not None

    def attempt(self, address: str, password: str, device: str = "", name: str = "") -> Attempt:
        """Check *password*; a wrong one counts against *device*, or *address* without one.

        Args:
            address: Where the request comes from.
            password: What was typed; the passphrase is accepted too.
            device: The id of a device that logged in before; empty for a stranger’s.
            name: Of the user; any for the passphrase and for the shared password.

        Raises:
            KamError: The users cannot be read.
        """
        if self._hash is None or self._is_passphrase(password):
            return Attempt(ANYBODY)
        who = f"device {device}" if device else address
        with self._lock:
            now = self._clock()
            wait = self._wait(who, now, is_known=bool(device))
            if wait:
                return Attempt(wait=wait)
            # Counted before the check, or concurrent attempts would not be limited.
            self._count(who, now, is_known=bool(device))
        user = self.users.get(name) if self.users else ANYBODY
        right = is_password(password, (user and user.hash) or self._hash)
        if not right or user is None:
            return Attempt()
        with self._lock:
            self._failures.pop(who, None)
            if now in self._all_failures:
                self._all_failures.remove(now)
        return Attempt(user)

    def begin(self, user: User) -> str:
        """Return the id of a new session of *user*."""
        session = secrets.token_urlsafe(16)
        with self._lock:
            self._sessions[session] = user
        return session

    def user_of(self, session: str) -> User | None:
        """Return the user of a session as the store has it now; None if no such session is open.

        Raises KamError if the users cannot be read.
        """
        with self._lock:
            began = self._sessions.get(session)
        if began is None or began is ANYBODY or self.users is None:
            return began
        user = self.users.get(began.name)
        if user is not None and user.hash == began.hash:
            return user
        self.end(session)
        return None

    def end(self, session: str) -> None:
        """End a session: a copy of its cookie is worth nothing afterwards."""
        with self._lock:
            self._sessions.pop(session, None)

    def _is_passphrase(self, password: str) -> bool:
        return hmac.compare_digest(password.encode(), self._passphrase.encode())

    def _count(self, who: str, now: float, *, is_known: bool) -> None:
        failures = self._failures.setdefault(who, _Failures())
        failures.times.append(now)
        if not is_known:
            self._all_failures.append(now)
        if len(_recent(failures.times, now)) >= TRIES:
            failures.delay = min(LONGEST_DELAY, failures.delay * 2 or FIRST_DELAY)
            failures.until = now + failures.delay

    def _wait(self, who: str, now: float, *, is_known: bool) -> int:
        """Return the seconds until another attempt is allowed; 0 if one is allowed now."""
        failures = self._failures.get(who)
        ends = [failures.until] if failures is not None and failures.until > now else []
        of_all = _recent(self._all_failures, now)
        if not is_known and len(of_all) >= self._tries_of_all:
            ends.append(of_all[0] + WINDOW)
        return int(max(ends) - now) + 1 if ends else 0


def is_password(password: str, hash_: str) -> bool:
    """Return whether *hash_* is of *password*."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 -- see hasher

    try:
        return hasher().verify(hash_, password)
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def hasher() -> PasswordHasher:
    """Return what hashes passwords."""
    from argon2 import PasswordHasher  # noqa: PLC0415 -- a session without a password needs none

    return PasswordHasher()


def _recent(times: deque[float], now: float) -> deque[float]:
    while times and times[0] <= now - WINDOW:
        times.popleft()
    return times
