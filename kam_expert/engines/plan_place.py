"""Why a step has its place in a plan, or what would have to be for it to come first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import assemble
from kam_expert.engines.next_steps import next_steps
from kam_expert.engines.plan_choice import Progress, compared, take
from kam_expert.engines.planning import (
    NO_LIMITS,
    PlanLimits,
    Weights,
    candidates_of,
    plan_of,
    policy_of,
    replanned,
    weights_of,
)
from kam_expert.engines.settling import settle_case
from kam_expert.facts.case import StrategyNote
from kam_expert.knowledge.status import at_least_likely
from kam_expert.results.place import Ahead, Answering, Hold, StepPlace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from kam_expert.engines.settling import Engine, Settlement
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.results.plan import LeftStep, Move

#: The most single changes that are named for a finding that holds a step back.
_CHANGES = 3
#: What leaves a step for later because others come before it.
_IN_ORDER = ("moves", "capacity", "mild")


def place_of(  # noqa: PLR0913 -- parameters of a diagnosis, and the question
    case: Case,
    base: KnowledgeBase,
    day: date,
    engine: Engine,
    step: str,
    limits: PlanLimits = NO_LIMITS,
) -> tuple[Diagnosis, StepPlace]:
    """Return a diagnosis with its plan, and why a step has its place there.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis.
        engine: See `diagnose`.
        step: The id of a step of the rule base.
        limits: Other limits than those of the rule base.
    """
    settlement = settle_case(case, base, day, engine)
    places = PlanPlaces(settlement, base, limits)
    return places.diagnosis, places.place(step)


class PlanPlaces:
    """The places of the steps in the plan of one settled case.

    Attributes:
        diagnosis: The diagnosis with its plan.
    """

    def __init__(
        self, settlement: Settlement, base: KnowledgeBase, limits: PlanLimits = NO_LIMITS
    ) -> None:
        diagnosis = replanned(assemble(settlement, base), base, limits)
        self.settlement = settlement
        self.diagnosis = diagnosis
        self.base = base
        self.limits = limits
        self.plan = diagnosis.plan
        self.weighed = weights_of(diagnosis, base)
        self.policy = policy_of(base, self.weighed.strategy, limits)
        self.candidates = candidates_of(diagnosis, self.weighed, base)

    def place(self, step: str) -> StepPlace:
        """Return why a step has its place, or what would have to be for it to come first."""
        found = StepPlace(
            step,
            "move",
            self.weighed.strategy,
            moves=len(self.plan.moves),
            first_under=self._first_under(step),
        )
        for move in self.plan.moves:
            if step in move.steps:
                ahead = self._around(move)
                return replace(found, place=move.place, move=move, ahead=tuple(ahead))
        for left in self.plan.later:
            if step in left.steps:
                return self._later(replace(found, state="later", reason=left.reason), left)
        for left in self.plan.waits:
            if step in left.steps:
                holds = tuple(self._hold(name, left) for name in left.waits_for)
                return replace(found, state="waits", holds=holds)
        for kept in self.plan.keep_doing:
            if step == kept.step:
                return replace(found, state="keep_doing", every=kept.every)
        return self._not_proposed(found)

    # A move

    def _around(self, move: Move) -> Iterator[Ahead]:
        """Yield how the first move, the one before and the one after compare with a move."""
        moves = self.plan.moves
        # The first places may be those of what was agreed and is not proposed.
        index = moves.index(move)
        if index > 1:  # else the first is the one before
            yield self._compared(moves[0], move.step)
        if index > 0:
            yield self._compared(moves[index - 1], move.step)
        following = [other.step for other in moves[index + 1 :]]
        following += [left.step for left in self.plan.later if left.step in self.candidates]
        if following:
            yield self._compared(move, following[0])

    def _compared(self, move: Move, other: str) -> Ahead:
        """Return why a move comes before a step, when it was chosen."""
        state = Progress(list(self.policy.first), taken=len(self.plan.own))
        for earlier in self.plan.moves[: self.plan.moves.index(move)]:
            take(self.candidates[earlier.step], state, self.policy)
        best = self.candidates[move.step]
        found = compared(best, self.candidates[other], state, self.policy)
        finding = found.finding or next(iter(best.answers), None)
        return Ahead(move.step, other, found.by, finding, found.cause, move.day)

    # A step that is left for later

    def _later(self, found: StepPlace, left: LeftStep) -> StepPlace:
        answered = []
        for move in self.plan.moves:
            same = tuple(name for name in left.because if name in move.because)
            if same:
                answered.append((Answering(move.step, move.place), same))
        ahead: tuple[Ahead, ...] = ()
        if left.reason in _IN_ORDER and self.plan.moves:
            moves = dict.fromkeys((self.plan.moves[0], self.plan.moves[-1]))
            ahead = tuple(self._compared(move, left.step) for move in moves)
        return replace(found, ahead=ahead, answered_by=tuple(answered), room=self._room(left.step))

    def _room(self, step: str) -> tuple[int, int] | None:
        """Return the moves and half days with which a step would be in the plan."""
        steps = self.diagnosis.next_steps
        capacity = sum(c.effort for c in self.candidates.values())
        enough = PlanLimits(len(steps) + len(self.plan.own), capacity, self.plan.agreed)
        plan = plan_of(steps, self.weighed, self.base, self.diagnosis.day, enough)
        spent = 0
        for move in plan.moves:
            spent += move.effort
            if step in move.steps:
                return move.place, spent
        return None

    # A step that waits

    def _hold(self, finding: str, left: LeftStep) -> Hold:
        found = [f for f in self.diagnosis.findings if f.id == finding]
        here = [f for f in found if f.about in left.about] or found
        strongest = here[0] if here else None
        changes = {r: None for f in here for r in f.reversed_by}
        return Hold(
            finding,
            strongest.status if strongest else "open",
            tuple(dict.fromkeys(f.about for f in here)),
            tuple(self._answering(finding)),
            tuple(changes)[:_CHANGES] if strongest and strongest.status != "open" else (),
        )

    def _answering(self, finding: str) -> Iterator[Answering]:
        for move in self.plan.moves:
            if finding in move.because:
                yield Answering(move.step, move.place)
        for left in self.plan.later:
            if finding in left.because:
                yield Answering(left.step, None)

    # A step that is not proposed

    def _not_proposed(self, found: StepPlace) -> StepPlace:
        base, step = self.base, found.step
        doc = base.steps[step]
        if step in self.diagnosis.hidden_steps:
            return replace(found, state="hidden")
        standing = {f.id for f in self.diagnosis.findings if at_least_likely(f.status)}
        if self.weighed.strategy:
            standing.add(self.weighed.strategy)
        if standing.isdisjoint(doc.answers) and not self._replaces(step, standing):
            return replace(found, state="not_needed", needs=self._needs(step))
        dropping = tuple(name for name in base.step_book.dropping(doc) if name in standing)
        if dropping:
            return replace(found, state="dropped", needs=dropping)
        replacing = tuple(name for name in doc.replaced_by if name in standing)
        if replacing:
            return replace(found, state="dropped", needs=replacing)
        model = base.strategy(self.weighed.strategy) if self.weighed.strategy else None
        if model and doc.purpose not in model.allowed:
            return replace(found, state="not_allowed")
        return replace(found, state="done")

    def _replaces(self, step: str, standing: set[str]) -> bool:
        """Return whether a finding puts *step* in the place of another one that is needed."""
        return any(
            other == step and cause in standing and not standing.isdisjoint(doc.answers)
            for doc in self.base.steps.values()
            for cause, other in doc.replaced_by.items()
        )

    def _needs(self, step: str) -> tuple[str, ...]:
        """Return the findings that lead to *step*; for one that only replaces others, those."""
        causes = (
            cause
            for doc in self.base.steps.values()
            for cause, other in doc.replaced_by.items()
            if other == step
        )
        return tuple(self.base.steps[step].answers) or tuple(dict.fromkeys(causes))

    # Other strategies

    def _first_under(self, step: str) -> tuple[str, ...]:
        """Return the strategies under which a step would be the first move."""
        return tuple(self._strategies_with(step)) if self.diagnosis.strategy else ()

    def _strategies_with(self, step: str) -> Iterable[str]:
        found = self.diagnosis
        for other in self.base.strategies:
            assert found.strategy is not None  # noqa: S101 -- the caller checks it
            if other.id == found.strategy.effective:
                continue
            strategy = replace(found.strategy, chosen=StrategyNote(other.id, ""))
            steps, _, _ = next_steps(self.settlement, found.findings, self.base, strategy)
            weighed = Weights(found.findings, found.causes, strategy, self.base)
            plan = plan_of(steps, weighed, self.base, found.day, self.limits)
            if plan.moves and step in plan.moves[0].steps:
                yield other.id
