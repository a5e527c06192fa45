"""Login by password, for a server that other machines can reach."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from cachetools import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable

#: Wrong passwords allowed within the window: from one address, and from all together.
TRIES, TRIES_OF_ALL = 5, 50
#: Seconds.
WINDOW = 300.0
#: Addresses whose failures are counted.
_ADDRESSES = 10_000


@dataclass(frozen=True)
class Attempt:
    """The result of a login: whether it is accepted, and the seconds to wait before the next."""

    accepted: bool
    wait: int = 0


class Authenticator:
    """Checks the password, and limits how many can be tried.

    Args:
        password: None accepts everybody.
        clock: Returns seconds.
        tries_of_all: Wrong passwords allowed within the window from all addresses together.
    """

    def __init__(
        self,
        password: str | None,
        clock: Callable[[], float] = time.monotonic,
        tries_of_all: int = TRIES_OF_ALL,
    ) -> None:
        self._hasher = PasswordHasher()
        self._hash = None if password is None else self._hasher.hash(password)
        #: Part of the key that signs cookies, so that a new password makes old cookies invalid.
        self.password_digest = hashlib.sha256((password or "").encode()).hexdigest()
        self._clock = clock
        self._tries_of_all = tries_of_all
        self._failures: LRUCache[str, deque[float]] = LRUCache(_ADDRESSES)
        self._all_failures: deque[float] = deque()
        self._lock = threading.Lock()

    @property
    def locked(self) -> bool:
        """Return whether a password is required."""
        return self._hash is not None

    def attempt(self, address: str, password: str) -> Attempt:
        """Check *password*; a wrong one counts against *address*."""
        if self._hash is None:
            return Attempt(accepted=True)
        with self._lock:
            now = self._clock()
            wait = self._wait(address, now)
            if wait:
                return Attempt(accepted=False, wait=wait)
            # Counted before the check, or concurrent attempts would not be limited.
            self._failures.setdefault(address, deque()).append(now)
            self._all_failures.append(now)
        try:
            self._hasher.verify(self._hash, password)
        except VerifyMismatchError:
            return Attempt(accepted=False)
        with self._lock:
            self._failures.pop(address, None)
            if now in self._all_failures:
                self._all_failures.remove(now)
        return Attempt(accepted=True)

    def _wait(self, address: str, now: float) -> int:
        """Return the seconds until another attempt is allowed; 0 if one is allowed now."""
        of_address = _recent(self._failures.get(address, deque()), now)
        of_all = _recent(self._all_failures, now)
        oldest = [
            failures[0]
            for failures, limit in ((of_address, TRIES), (of_all, self._tries_of_all))
            if len(failures) >= limit
        ]
        return int(max(oldest) + WINDOW - now) + 1 if oldest else 0


def _recent(times: deque[float], now: float) -> deque[float]:
    while times and times[0] <= now - WINDOW:
        times.popleft()
    return times
