"""From the outcomes of rules to the status of a finding, and whether that status is firm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.knowledge.values import Truth

STATUSES = ("absent", "open", "possible", "likely", "established")
_RANK = {status: rank for rank, status in enumerate(STATUSES)}


@dataclass(frozen=True)
class Outcome:
    """The outcome of one rule for one entity.

    Attributes:
        strength: establishes, suggests or hints.
        names: The facts in its ``when``, with the lists they are counted in.
        working: Truth in the working reading.
        strict: Truth in the strict reading.
    """

    strength: str
    names: frozenset[str]
    working: Truth
    strict: Truth

    @property
    def word(self) -> str:
        """Return holds, assumed, open or silent."""
        if self.strict is True:
            return "holds"
        if self.working is True:
            return "assumed"
        return "open" if self.working is None else "silent"


def combined(held: Sequence[tuple[str, frozenset[str], bool]], *, any_open: bool = False) -> str:
    """Return the status that several rules give together.

    Args:
        held: Strength, fact names and whether it holds (else: is assumed), for each such rule.
        any_open: Whether another rule is open.
    """
    hints = []
    best = "open" if any_open else "absent"
    for strength, names, holds in held:
        if strength == "establishes" and holds:
            return "established"
        if strength in ("establishes", "suggests"):
            best = "likely"
        else:
            hints.append(names)
    if best != "likely" and hints:
        apart = any(not a & b for i, a in enumerate(hints) for b in hints[i + 1 :])
        best = "likely" if apart else "possible"
    return best


@dataclass(frozen=True)
class Settled:
    """A finding about one entity after its rules were applied.

    Attributes:
        status: One of STATUSES.
        firm: No unknown fact can change the status.
        working: Whether it is likely or better, by the bounds of the working reading.
        strict: The same by the bounds of the strict reading.
    """

    status: str
    firm: bool
    working: Truth
    strict: Truth


def settle(outcomes: Iterable[Outcome], *, about_knowledge: bool = False) -> Settled:
    """Return the status of a finding from the outcomes of all its rules about one entity."""
    return _settled(tuple(outcomes), about_knowledge)


# Rules have the same outcomes for most of many people.
@lru_cache(maxsize=2**14)
def _settled(outcomes: tuple[Outcome, ...], about_knowledge: bool) -> Settled:  # noqa: FBT001 -- a key of the cache
    status = combined(
        [(o.strength, o.names, o.strict is True) for o in outcomes if o.working is True],
        any_open=any(o.working is None for o in outcomes),
    )
    low = combined([(o.strength, o.names, True) for o in outcomes if o.strict is True])
    high = combined([(o.strength, o.names, True) for o in outcomes if o.strict is not False])
    upper = combined([(o.strength, o.names, True) for o in outcomes if o.working is not False])
    return Settled(
        status=status,
        firm=low == high and not about_knowledge,
        working=_likely(status, upper),
        strict=_likely(low, high),
    )


def _likely(low: str, high: str) -> Truth:
    if _RANK[low] >= _RANK["likely"]:
        return True
    return False if _RANK[high] < _RANK["likely"] else None


def at_least_likely(status: str) -> bool:
    """Return whether *status* is likely or established."""
    return _RANK[status] >= _RANK["likely"]


def rank(status: str) -> int:
    """Return the position of *status* from absent (0) to established (4)."""
    return _RANK[status]
