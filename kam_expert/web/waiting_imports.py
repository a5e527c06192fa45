"""Imports that were read and wait for a confirmation, in memory."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import TTLCache

if TYPE_CHECKING:
    from kam_expert.facts.case import Case

_MOST, _SECONDS = 8, 1_800


@dataclass(frozen=True)
class WaitingImport:
    """Accounts that were read and not yet added.

    Attributes:
        new: They are to be added.
        known: The names of those whose id an account of the store has.
    """

    new: tuple[Case, ...]
    known: tuple[str, ...]


class WaitingImports:
    """The last imports; each can be taken once, with its secret word, for half an hour."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: TTLCache[str, WaitingImport] = TTLCache(_MOST, _SECONDS)

    def put(self, waiting: WaitingImport) -> str:
        """Keep an import and return its word."""
        word = secrets.token_urlsafe()
        with self._lock:
            self._kept[word] = waiting
        return word

    def take(self, word: str) -> WaitingImport | None:
        """Return the import with this word, and forget it; None if there is none."""
        with self._lock:
            return self._kept.pop(word, None)
