"""Values and how much of them is known: unknown, an interval, a set between two bounds.

A truth is ``True``, ``False`` or ``None`` (unknown), combined by Kleene's strong logic. An
unknown value is ``UNKNOWN``, never None, 0 or "no".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

Truth = bool | None


class Unknown(enum.Enum):
    """The type of the unknown value."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        """Return the word."""
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True)
class Interval:
    """A number from *low* to *high*, both included; ``high`` None means no limit."""

    low: float
    high: float | None = None

    def settled(self) -> float | Interval:
        """Return the number itself if the bounds are equal."""
        return self.low if self.low == self.high else self


@dataclass(frozen=True)
class SetBounds:
    """A set that contains *sure* and is part of *possible* (None: no limit)."""

    sure: frozenset[str]
    possible: frozenset[str] | None = None

    def settled(self) -> frozenset[str] | SetBounds:
        """Return the set itself if the bounds are equal."""
        return self.sure if self.sure == self.possible else self


Value = "str | float | date | frozenset[str] | Interval | SetBounds | Unknown"


def ordered(value: object) -> object:
    """Return a value whose text is the same in each process: a set sorted, others as they are."""
    return sorted(value) if isinstance(value, frozenset) else value


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return Kleene's conjunction; true without operands."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return Kleene's disjunction; false without operands."""
    result: Truth = False
    for truth in truths:
        if truth is True:
            return True
        if truth is None:
            result = None
    return result


def negated(truth: Truth) -> Truth:
    """Return Kleene's negation."""
    return None if truth is None else not truth


def bounds_of(value: object) -> tuple[float, float | None] | None:
    """Return (low, high) of a number or an interval, None for anything else."""
    if isinstance(value, Interval):
        return value.low, value.high
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value, value
    return None


def at_least(value: object, limit: float) -> Truth:
    """Return whether a number or interval is *limit* or more."""
    bounds = bounds_of(value)
    if bounds is None:
        return None
    low, high = bounds
    if low >= limit:
        return True
    return False if high is not None and high < limit else None


def at_most(value: object, limit: float) -> Truth:
    """Return whether a number or interval is *limit* or less."""
    bounds = bounds_of(value)
    if bounds is None:
        return None
    low, high = bounds
    if high is not None and high <= limit:
        return True
    return False if low > limit else None


def equals(value: object, wanted: object) -> Truth:
    """Return whether *value* equals *wanted*; unknown if the bounds do not decide."""
    if value is UNKNOWN or wanted is UNKNOWN:
        return None
    if isinstance(value, Interval) and isinstance(wanted, int | float):
        return all_of((at_least(value, wanted), at_most(value, wanted)))
    if isinstance(value, SetBounds) and isinstance(wanted, frozenset):
        if not value.sure <= wanted or (
            value.possible is not None and not wanted <= value.possible
        ):
            return False
        return True if value.sure == value.possible else None
    return value == wanted


def contains(value: object, element: str) -> Truth:
    """Return whether the set *value* contains *element*."""
    if isinstance(value, frozenset):
        return element in value
    if isinstance(value, SetBounds):
        if element in value.sure:
            return True
        return False if value.possible is not None and element not in value.possible else None
    return None


def within(value: object, allowed: frozenset[str]) -> Truth:
    """Return whether the set *value* is not empty and a subset of *allowed*."""
    if isinstance(value, frozenset):
        return bool(value) and value <= allowed
    if isinstance(value, SetBounds):
        if not value.sure <= allowed:
            return False
        if value.possible is not None and not value.possible & allowed:
            return False
        if value.sure and value.possible is not None and value.possible <= allowed:
            return True
    return None


def size_of(value: object) -> object:
    """Return the size of a set as a number or an interval; UNKNOWN for anything else."""
    if isinstance(value, frozenset):
        return len(value)
    if isinstance(value, SetBounds):
        high = None if value.possible is None else len(value.possible)
        return Interval(len(value.sure), high)
    return UNKNOWN
