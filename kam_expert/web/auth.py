"""Login by password, for a server that other machines can reach; and the sessions that it begins.

A stranger who types wrong passwords must not lock out the owner. So the delay grows with the wrong
passwords of one address, a device that logged in before is not delayed by those of strangers, and
the passphrase that the server prints at its start is never delayed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cachetools import LRUCache, TTLCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from argon2 import PasswordHasher

#: Wrong passwords allowed within the window: from one address or device, and from all strangers.
TRIES, TRIES_OF_ALL = 5, 50
#: Seconds: in which wrong passwords count, and the first delay, which doubles up to the longest.
WINDOW, FIRST_DELAY, LONGEST_DELAY = 300.0, 30.0, 3600.0
#: A working day and its evening, in seconds; then the visitor logs in again.
SESSION_SECONDS = 12 * 3600
#: Addresses whose failures are counted, and sessions that are remembered.
_ADDRESSES, _SESSIONS = 10_000, 10_000
_PASSPHRASE_BYTES = 12


@dataclass(frozen=True)
class Attempt:
    """The result of a login: whether it is accepted, and the seconds to wait before the next."""

    accepted: bool
    wait: int = 0


@dataclass
class _Failures:
    """The wrong passwords of one address or device."""

    times: deque[float] = field(default_factory=deque)
    until: float = 0.0
    delay: float = 0.0


def new_passphrase() -> str:
    """Return a passphrase that nobody can guess."""
    return secrets.token_urlsafe(_PASSPHRASE_BYTES)


class Authenticator:
    """Checks the password, limits how many can be tried, and remembers who is logged in.

    Sessions are in memory, so a restart ends all of them.

    Args:
        password: None accepts everybody.
        clock: Returns seconds.
        tries_of_all: Wrong passwords allowed within the window from all strangers together.
        passphrase: Logs in without a delay, for the console of the server; by default random.
    """

    def __init__(
        self,
        password: str | None,
        clock: Callable[[], float] = time.monotonic,
        tries_of_all: int = TRIES_OF_ALL,
        passphrase: str = "",
    ) -> None:
        self._hasher = None if password is None else _hasher()
        self._hash = None if self._hasher is None else self._hasher.hash(password or "")
        #: Part of the key that signs cookies, so that a new password makes old cookies invalid.
        self.password_digest = hashlib.sha256((password or "").encode()).hexdigest()
        self._passphrase = passphrase or new_passphrase()
        self._clock = clock
        self._tries_of_all = tries_of_all
        self._failures: LRUCache[str, _Failures] = LRUCache(_ADDRESSES)
        self._all_failures: deque[float] = deque()
        self._sessions: TTLCache[str, bool] = TTLCache(_SESSIONS, SESSION_SECONDS, timer=clock)
        self._lock = threading.Lock()

    @property
    def locked(self) -> bool:
        """Return whether a password is required."""
        return self._hash is not None

    def attempt(self, address: str, password: str, device: str = "") -> Attempt:
        """Check *password*; a wrong one counts against *device*, or *address* without one.

        Args:
            address: Where the request comes from.
            password: What was typed; the passphrase is accepted too.
            device: The id of a device that logged in before; empty for a stranger’s.
        """
        if self._hasher is None or self._hash is None or self._is_passphrase(password):
            return Attempt(accepted=True)
        who = f"device {device}" if device else address
        with self._lock:
            now = self._clock()
            wait = self._wait(who, now, is_known=bool(device))
            if wait:
                return Attempt(accepted=False, wait=wait)
            # Counted before the check, or concurrent attempts would not be limited.
            self._count(who, now, is_known=bool(device))
        from argon2.exceptions import VerifyMismatchError  # noqa: PLC0415 -- see _hasher

        try:
            self._hasher.verify(self._hash, password)
        except VerifyMismatchError:
            return Attempt(accepted=False)
        with self._lock:
            self._failures.pop(who, None)
            if now in self._all_failures:
                self._all_failures.remove(now)
        return Attempt(accepted=True)

    def begin(self) -> str:
        """Return the id of a new session."""
        session = secrets.token_urlsafe(16)
        with self._lock:
            self._sessions[session] = True
        return session

    def is_open(self, session: str) -> bool:
        """Return whether a session was begun here and has not ended."""
        with self._lock:
            return session in self._sessions

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


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 -- a session without a password needs none

    return PasswordHasher()


def _recent(times: deque[float], now: float) -> deque[float]:
    while times and times[0] <= now - WINDOW:
        times.popleft()
    return times
