"""The distance between two answers to one question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from kam_expert.knowledge.vocabulary import Fact


def distance(fact: Fact, one: Any, two: Any) -> float | None:
    """Return the distance of two values of *fact*.

    Returns:
        Steps of an ordered fact, the difference of numbers, the number of elements that only one
        set has, 1 for two different words, 0 for equal ones; None if either is not known exactly.
    """
    if one is UNKNOWN or two is UNKNOWN:
        return None
    if isinstance(one, frozenset) and isinstance(two, frozenset):
        return len(one ^ two)
    ranks = fact.rank(one), fact.rank(two)
    if ranks[0] is not None and ranks[1] is not None:
        return abs(ranks[0] - ranks[1])
    if fact.is_number:
        numbers = isinstance(one, int | float) and isinstance(two, int | float)
        return abs(one - two) if numbers else None
    return 0 if one == two else 1
