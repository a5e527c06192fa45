"""Choose the few moves of a plan among the proposed steps, each with what decided its place.

The order is lexicographic: the first criterion in which two moves differ decides. Criteria look at
what earlier moves leave unanswered, so moves are chosen one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

#: In order; the index of each is its place in a key.
CRITERIA = (
    "agreed", "event", "hurts", "purpose", "severity", "established", "weight", "new_cause", "soon",
    "about", "next", "file",
)  # fmt: skip
#: Larger than every number that a criterion gives.
LAST = 511


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
        agreed: The place among what was agreed; `LAST` for what was not.
    """

    step: str
    purpose: str
    place: int
    effort: int
    within_days: int
    by_event: bool
    about: int
    answers: Mapping[str, Answered]
    agreed: int = LAST


@dataclass(frozen=True)
class Enough:
    """After this number of moves, what adds another.

    Attributes:
        severity: The index of the mildest severity.
        wanted: The same for a move that fills a purpose of the strategy.
    """

    after: int
    severity: int
    wanted: int


@dataclass(frozen=True)
class Policy:
    """What the rule base says about plans, and what the strategy of the account adds.

    Attributes:
        moves: The most moves of a plan.
        others: How many of them are agreed and not among the candidates.
        capacity: Half days.
        more: After how many moves what adds another.
        late_days: A step due in this number of days or later comes after others.
        hurts: Purposes of steps that answer what hurts now.
        hurting: The index of the severity from which a finding hurts.
        all_that_hurts: Whether all such moves come first, not only one.
        first: The purposes of the strategy; each place takes one move.
        always: Whether those come first even where they answer no obstacle.
        then: The purposes that the strategy wants after severity.
        mildest: The index of the mildest severity of what a purpose may answer to come first.
    """

    moves: int
    capacity: int
    more: Sequence[Enough]
    late_days: int
    hurts: Collection[str]
    hurting: int
    all_that_hurts: bool
    first: Sequence[str]
    always: bool
    then: Sequence[str]
    mildest: int
    others: int = 0

    def adds(self, worst: int, taken: int, *, wanted: bool) -> bool:
        """Return whether a finding is severe enough to add a move to *taken* ones.

        Args:
            worst: The index of its severity.
            taken: The number of moves before it.
            wanted: Whether the move fills a purpose of the strategy.
        """
        return all(
            taken < enough.after or worst <= (enough.wanted if wanted else enough.severity)
            for enough in self.more
        )


@dataclass(frozen=True)
class ChosenStep:
    """A move of the plan.

    Attributes:
        by: The first criterion in which it is better than another move; ``only`` without another.
        finding: The worst finding that no earlier move answers; None if there is none.
        cause: The main cause behind what it answers that decided most, if any.
    """

    move: Candidate
    by: str
    finding: str | None
    cause: str | None = None


@dataclass
class Progress:
    """What the moves chosen so far answer and use."""

    wanted: list[str]
    answered: set[str] = field(default_factory=set)
    causes: set[str] = field(default_factory=set)
    hurt: bool = False
    taken: int = 0
    spent: int = 0

    def left(self, move: Candidate) -> dict[str, Answered]:
        """Return what *move* answers that no earlier move does."""
        return {name: a for name, a in move.answers.items() if name not in self.answered}


def choose(
    candidates: Iterable[Candidate], policy: Policy
) -> tuple[tuple[ChosenStep, ...], tuple[tuple[Candidate, str], ...]]:
    """Return the moves of the plan in order, and the others in theirs, each with the reason.

    The plan is a prefix of the order: it ends at the first move that exceeds the capacity, so a
    larger capacity never removes a move.

    Args:
        candidates: Steps that are free to be done.
        policy: The limits and the order.

    Returns:
        The reason of the others is ``answered``, ``mild``, ``moves`` or ``capacity``.
    """
    state = Progress(list(policy.first), taken=policy.others)
    rest = list(candidates)
    chosen: list[ChosenStep] = []
    full = "moves"
    while state.taken < policy.moves:
        due = sorted(
            (m for m in rest if not reason_against(m, state, policy)),
            key=lambda m: key(m, state, policy),
        )
        if not due:
            break
        best = due[0]
        if state.spent + best.effort > policy.capacity:
            full = "capacity"
            break
        chosen.append(compared(best, due[-1], state, policy))
        rest.remove(best)
        take(best, state, policy)
    rest.sort(key=lambda m: key(m, state, policy))
    return tuple(chosen), tuple((m, reason_against(m, state, policy) or full) for m in rest)


def key(move: Candidate, state: Progress, policy: Policy) -> tuple[int, ...]:
    """Return what the order compares, in the order of `CRITERIA`; less comes first."""
    left = state.left(move)
    worst = min((found.severity for found in left.values()), default=LAST)
    # What rests on a cause counts until a move answers the cause.
    weights = [found.weight for found in left.values() if found.cause not in state.causes]
    return (
        move.agreed,
        move.within_days if move.by_event else LAST,
        0 if _hurts(move, worst, state, policy) else 1,
        _place(move, worst, state, policy),
        worst,
        0 if any(found.established for found in left.values()) else 1,
        -max(weights, default=0),
        0 if any(found.cause not in state.causes for found in left.values()) else 1,
        1 if move.within_days >= policy.late_days else 0,
        move.about,
        policy.then.index(move.purpose) if move.purpose in policy.then else LAST,
        move.place,
    )


def reason_against(move: Candidate, state: Progress, policy: Policy) -> str | None:
    """Return why a move adds nothing to those before it; None if it does."""
    left = state.left(move)
    worst = min((found.severity for found in left.values()), default=LAST)
    wanted = _place(move, worst, state, policy) != LAST
    if move.agreed != LAST or move.by_event or (policy.always and wanted):
        return None
    if not left:
        return "answered"
    return None if policy.adds(worst, state.taken, wanted=wanted) else "mild"


def _hurts(move: Candidate, worst: int, state: Progress, policy: Policy) -> bool:
    first = policy.all_that_hurts or not state.hurt
    return first and worst <= policy.hurting and move.purpose in policy.hurts


def _place(move: Candidate, worst: int, state: Progress, policy: Policy) -> int:
    """Return the place of the strategy’s purpose that the move fills, or `LAST`."""
    if move.purpose in state.wanted and (policy.always or worst <= policy.mildest):
        return policy.first.index(move.purpose)
    return LAST


def compared(best: Candidate, other: Candidate, state: Progress, policy: Policy) -> ChosenStep:
    """Return a move with the first criterion in which it differs from another."""
    pairs = zip(CRITERIA, key(best, state, policy), key(other, state, policy), strict=True)
    by = next((name for name, mine, others in pairs if mine != others), "only")
    left = state.left(best)
    worst = min(
        left, key=lambda name: (left[name].severity, not left[name].established), default=None
    )
    return ChosenStep(best, by, worst, _cause(left, by, state))


def _cause(left: Mapping[str, Answered], by: str, state: Progress) -> str | None:
    """Return the main cause that a move is better by: the one with most obstacles, or a new one."""
    found = list(left.values())
    if by == "new_cause":
        found = [answered for answered in found if answered.cause not in state.causes]
    return max(found, key=lambda answered: answered.weight).cause if found else None


def take(move: Candidate, state: Progress, policy: Policy) -> None:
    """Note what a chosen move answers and uses."""
    worst = min((found.severity for found in state.left(move).values()), default=LAST)
    # What an event demands or what hurts comes before the purposes of the strategy and fills none.
    if _hurts(move, worst, state, policy):
        state.hurt = True
    elif not move.by_event and _place(move, worst, state, policy) != LAST:
        state.wanted.remove(move.purpose)
    state.answered |= move.answers.keys()
    state.causes |= {found.cause for found in move.answers.values()}
    state.taken += 1
    state.spent += move.effort
