"""A limit on how often something may happen within a time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from cachetools import TTLCache

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYS = 10_000


class RateLimit:
    """Counts what happens by key, from the first time on until a time has passed.

    Args:
        most: How often it may happen within the time.
        seconds: The time.
        clock: Returns seconds.
    """

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._counts: TTLCache[str, list[int]] = TTLCache(_KEYS, seconds, timer=clock)
        self._lock = threading.Lock()

    def exceeds(self, key: str) -> bool:
        """Count one more of *key*, and return whether that is too many."""
        with self._lock:
            count = self._counts.get(key)
            if count is None:
                count = self._counts[key] = [0]
            count[0] += 1
            return count[0] > self._most
