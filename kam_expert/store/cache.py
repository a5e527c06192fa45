"""A cache of rebuilt cases, shared by threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cachetools import LRUCache

if TYPE_CHECKING:
    from kam_expert.facts.case import Case

#: Account, number of erasures in its history, version: such a key always means the same case.
Key = tuple[str, int, int]
_CASES = 512


class Cache:
    """The cases used most recently, by key."""

    def __init__(self) -> None:
        self._cases: LRUCache[Key, Case] = LRUCache(_CASES)
        self._lock = threading.Lock()

    def get(self, key: Key) -> Case | None:
        """Return the case of *key*; None if it is not cached."""
        with self._lock:
            return self._cases.get(key)

    def put(self, key: Key, case: Case) -> None:
        """Cache *case*."""
        with self._lock:
            self._cases[key] = case

    def forget(self, account: str) -> None:
        """Drop the cases of an account."""
        with self._lock:
            for key in [key for key in self._cases if key[0] == account]:
                del self._cases[key]
