"""The password of a server that others than this machine can reach."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable

#: So many wrong passwords from one address within the window, and so many from all together.
TRIES, TRIES_OF_ALL = 5, 50
WINDOW = 300.0
_ADDRESSES = 10_000


@dataclass(frozen=True)
class Attempt:
    """What came of a try: whether the door opened, and the seconds after which to try again."""

    opened: bool
    wait: int = 0


class Authenticator:
    """Lets in who knows the password, and makes guessing slow.

    Args:
        password: None lets everybody in.
        clock: Gives seconds.
        tries_of_all: So many wrong passwords from all addresses together.
    """

    def __init__(
        self,
        password: str | None,
        clock: Callable[[], float] = time.monotonic,
        tries_of_all: int = TRIES_OF_ALL,
    ) -> None:
        self._hasher = PasswordHasher()
        self._hash = None if password is None else self._hasher.hash(password)
        #: Names the password; a cookie signed under another one is worth nothing.
        self.mark = hashlib.sha256((password or "").encode()).hexdigest()
        self._clock = clock
        self._tries_of_all = tries_of_all
        self._wrong: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()
        self._lock = threading.Lock()

    @property
    def locked(self) -> bool:
        """Return whether a password is asked for."""
        return self._hash is not None

    def attempt(self, address: str, password: str) -> Attempt:
        """Try *password*; a wrong one is counted against *address*."""
        if self._hash is None:
            return Attempt(opened=True)
        with self._lock:
            now = self._clock()
            wait = self._wait(address, now)
            if wait:
                return Attempt(opened=False, wait=wait)
            # Counted before it is tried, or many tries at once would all be free.
            self._count(address, now)
        try:
            self._hasher.verify(self._hash, password)
        except VerifyMismatchError:
            return Attempt(opened=False)
        with self._lock:
            self._wrong.pop(address, None)
            if now in self._all:
                self._all.remove(now)
        return Attempt(opened=True)

    def _wait(self, address: str, now: float) -> int:
        mine = _recent(self._wrong.get(address, deque()), now)
        everybody = _recent(self._all, now)
        full = [
            times[0]
            for times, most in ((mine, TRIES), (everybody, self._tries_of_all))
            if len(times) >= most
        ]
        return int(max(full) + WINDOW - now) + 1 if full else 0

    def _count(self, address: str, now: float) -> None:
        if address not in self._wrong and len(self._wrong) >= _ADDRESSES:
            self._wrong.clear()  # the count of all still stands
        self._wrong.setdefault(address, deque()).append(now)
        self._all.append(now)


def _recent(times: deque[float], now: float) -> deque[float]:
    while times and times[0] <= now - WINDOW:
        times.popleft()
    return times
