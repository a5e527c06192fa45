"""Choose the few moves of a plan among the proposed steps, each with what decided its place.

The order is lexicographic: the first criterion in which two moves differ decides. Criteria look at
what earlier moves leave unanswered, so moves are chosen one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

#: In order; the index of each is its place in a key.
CRITERIA = (
    "event", "hurts", "purpose", "severity", "weight", "new_cause", "soon", "about", "next",
    "established", "file",
)  # fmt: skip
#: Larger than every index that a key compares.
_LAST = 99


@dataclass(frozen=True)
class Answered:
    """A finding that a move answers.

    Attributes:
        severity: Its index, the worst first.
        cause: The main cause that it rests on, or itself.
        weight: How many obstacles rest on that cause.
    """

    severity: int
    established: bool
    cause: str
    weight: int = 0


@dataclass(frozen=True)
class Candidate:
    """A step that may become a move.

    Attributes:
        place: In the rule base.
        effort: Half days of our own people.
        within_days: From the day of the diagnosis to the day by which it is done.
        by_event: Whether an event to come sets that day.
        about: The rank of what it is about: account, decision, person, member.
        answers: By finding.
    """

    step: str
    purpose: str
    place: int
    effort: int
    within_days: int
    by_event: bool
    about: int
    answers: Mapping[str, Answered]


@dataclass(frozen=True)
class Policy:
    """What the rule base says about plans, and what the strategy of the account adds.

    Attributes:
        moves: The most moves of a plan.
        capacity: Half days.
        first_moves: After this number of moves only ``severity`` or worse adds another.
        severity: The index of that severity.
        late_days: A step due later than this comes after others.
        hurts: Purposes of steps that answer what hurts now: a finding of the worst severity.
        urgent: How many such moves come first.
        first: The purposes of the strategy; each place takes one move.
        always: Whether those come first even where they answer no obstacle.
    """

    moves: int
    capacity: int
    first_moves: int
    severity: int
    late_days: int
    hurts: Collection[str]
    urgent: int
    first: Sequence[str]
    always: bool


@dataclass(frozen=True)
class ChosenStep:
    """A move of the plan.

    Attributes:
        by: The first criterion that puts it before any other; ``only`` if there is no other.
    """

    move: Candidate
    by: str


@dataclass
class _State:
    """What the moves chosen so far answer and use."""

    answered: set[str]
    causes: set[str]
    wanted: list[str]
    urgent: int
    spent: int = 0


def choose(
    candidates: Iterable[Candidate], policy: Policy
) -> tuple[tuple[ChosenStep, ...], tuple[Candidate, ...]]:
    """Return the moves of the plan in order, and the moves left for later in theirs.

    The plan is a prefix of the order: it ends at the first move that exceeds the capacity, so a
    larger capacity never removes a move.

    Args:
        candidates: Steps that are free to be done.
        policy: The limits and the order.
    """
    state = _State(set(), set(), list(policy.first), policy.urgent)
    left = list(candidates)
    chosen: list[ChosenStep] = []
    later: list[Candidate] = []
    full = False
    while left:
        ranked = sorted(left, key=lambda move: key(move, state, policy))
        best = ranked[0]
        left.remove(best)
        fits = not full and len(chosen) < policy.moves and _is_due(best, state, policy, len(chosen))
        if fits and state.spent + best.effort > policy.capacity:
            fits, full = False, True
        if not fits:
            later.append(best)
            continue
        chosen.append(_chosen(best, ranked[1:], state, policy))
        _take(best, state, policy)
    return tuple(chosen), tuple(later)


def key(move: Candidate, state: _State, policy: Policy) -> tuple[int, ...]:
    """Return what the order compares, in the order of `CRITERIA`; less comes first."""
    open_ = [found for name, found in move.answers.items() if name not in state.answered]
    worst = min((found.severity for found in open_), default=_LAST)
    wanted = _wanted(move, state, policy)
    return (
        move.within_days if move.by_event else _LAST * _LAST,
        0 if state.urgent > 0 and worst == 0 and move.purpose in policy.hurts else 1,
        wanted,
        worst,
        -max((found.weight for found in open_), default=0),
        0 if any(found.cause not in state.causes for found in open_) else 1,
        1 if move.within_days >= policy.late_days else 0,
        move.about,
        policy.first.index(move.purpose) if move.purpose in policy.first else _LAST,
        0 if any(found.established for found in open_) else 1,
        move.place,
    )


def _wanted(move: Candidate, state: _State, policy: Policy) -> int:
    """Return the place of the strategy’s purpose that the move fills, or a large number."""
    if move.purpose not in state.wanted:
        return _LAST
    if policy.always or any(name not in state.answered for name in move.answers):
        return state.wanted.index(move.purpose)
    return _LAST


def _is_due(move: Candidate, state: _State, policy: Policy, taken: int) -> bool:
    """Return whether the move adds something that no earlier move does."""
    if move.by_event or (policy.always and move.purpose in state.wanted):
        return True
    open_ = [found for name, found in move.answers.items() if name not in state.answered]
    if not open_:
        return False
    return taken < policy.first_moves or min(f.severity for f in open_) <= policy.severity


def _chosen(
    best: Candidate, others: Sequence[Candidate], state: _State, policy: Policy
) -> ChosenStep:
    mine = key(best, state, policy)
    keys = [key(other, state, policy) for other in others]
    decides = [c for place, c in enumerate(CRITERIA) if any(k[place] != mine[place] for k in keys)]
    return ChosenStep(best, decides[0] if decides else "only")


def _take(move: Candidate, state: _State, policy: Policy) -> None:
    """Note what a chosen move answers and uses."""
    open_ = [found for name, found in move.answers.items() if name not in state.answered]
    if min((f.severity for f in open_), default=_LAST) == 0 and move.purpose in policy.hurts:
        state.urgent -= 1
    if move.purpose in state.wanted:
        state.wanted.remove(move.purpose)
    state.answered |= move.answers.keys()
    state.causes |= {found.cause for found in move.answers.values()}
    state.spent += move.effort
