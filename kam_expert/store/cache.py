"""The cases that were rebuilt last, for many threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kam_expert.facts.case import Case

#: Account, how often its history was rewritten, version: what such a key means never changes.
Key = tuple[str, int, int]
_KEPT = 512


class Cache:
    """Cases by key; those that nobody asked for longest go first."""

    def __init__(self) -> None:
        self._cases: OrderedDict[Key, Case] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Case | None:
        """Return the case of *key* if it is kept."""
        with self._lock:
            case = self._cases.get(key)
            if case is not None:
                self._cases.move_to_end(key)
            return case

    def put(self, key: Key, case: Case) -> None:
        """Keep *case*."""
        with self._lock:
            self._cases[key] = case
            self._cases.move_to_end(key)
            if len(self._cases) > _KEPT:
                self._cases.popitem(last=False)

    def forget(self, account: str) -> None:
        """Let the cases of an account go."""
        with self._lock:
            for key in [key for key in self._cases if key[0] == account]:
                del self._cases[key]
