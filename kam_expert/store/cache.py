"""A cache of rebuilt cases and of histories, shared by threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cachetools import LRUCache

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.store.records import Entry

#: Account, number of erasures in its history, version: such a key always means the same case.
Key = tuple[str, int, int]
_CASES, _HISTORIES = 512, 64


class Cache:
    """The cases used most recently, by key, and histories up to some version."""

    def __init__(self) -> None:
        self._cases: LRUCache[Key, Case] = LRUCache(_CASES)
        self._histories: LRUCache[tuple[str, int], tuple[Entry, ...]] = LRUCache(_HISTORIES)
        self._lock = threading.Lock()

    def get(self, key: Key) -> Case | None:
        """Return the case of *key*; None if it is not cached."""
        with self._lock:
            return self._cases.get(key)

    def put(self, key: Key, case: Case) -> None:
        """Cache *case*."""
        with self._lock:
            self._cases[key] = case

    def history(self, account: str, erasures: int) -> tuple[Entry, ...]:
        """Return the first versions of an account, as far as they are cached."""
        with self._lock:
            return self._histories.get((account, erasures), ())

    def put_history(self, account: str, erasures: int, entries: tuple[Entry, ...]) -> None:
        """Cache the first versions of an account."""
        with self._lock:
            self._histories[account, erasures] = entries

    def forget(self, account: str) -> None:
        """Drop the cases and the history of an account."""
        with self._lock:
            for known in [known for known in self._histories if known[0] == account]:
                del self._histories[known]
            for key in [key for key in self._cases if key[0] == account]:
                del self._cases[key]
