"""The certificate of an erasure: what was searched, found and left. Frozen data, no wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

What = Literal["case", "inbox", "names", "history", "database", "other_accounts", "cache", "output"]
#: Why a place could not be searched.
Unsearched = Literal["", "unreadable", "too_large", "format", "missing"]


@dataclass(frozen=True)
class SearchedPlace:
    """One place that was searched for a person.

    Attributes:
        what: What it is.
        place: Its name, without names of the person.
        found: Texts that named the person before the erasure.
        left: Texts that name the person after it; at most 1 of a file.
        like: Different words left that may be the name.
        unsearched: Why it could not be searched; empty if it was.
    """

    what: What
    place: str
    found: int
    left: int
    like: int
    unsearched: Unsearched = ""


@dataclass(frozen=True)
class Certificate:
    """The result of an erasure, without any name.

    Attributes:
        reference: What the user calls the request, such as a number.
        account: The id of the account, without names of the person.
        kind: ``person`` or ``member``.
        answers: Answers about the person that were erased from the newest version.
        versions: Versions of the account; 1 for a case file.
        postgresql: Whether the account is in PostgreSQL, which keeps logs of its own.
    """

    reference: str
    day: date
    account: str
    kind: str
    answers: int
    versions: int
    places: tuple[SearchedPlace, ...]
    postgresql: bool = False

    @property
    def is_clean(self) -> bool:
        """Return whether every place was searched and nothing is left or like the name."""
        return not any(place.left or place.like or place.unsearched for place in self.places)
