"""Which steps are one move: about several entities, or of two kinds that go together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from kam_expert.results.plan import LeftStep

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kam_expert.engines.plan_agreed import Agreed
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import NextStep


@dataclass(frozen=True)
class StepGroup:
    """Steps that are one move: about several entities, or of two kinds that go together."""

    steps: tuple[NextStep, ...]
    head: str

    def names(self) -> tuple[str, ...]:
        """Return the steps, the one that names the move first."""
        return tuple(dict.fromkeys((self.head, *(step.id for step in self.steps))))

    def abouts(self) -> tuple[About, ...]:
        """Return what it is about, the most urgent first."""
        ordered = sorted(self.steps, key=lambda s: (s.due, s.about.kind, s.about.id))
        return tuple(dict.fromkeys(step.about for step in ordered))

    def because(self) -> tuple[str, ...]:
        """Return the findings that it answers."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.because))

    def left(self, reason: str | None, held_back_by: tuple[str, ...] = ()) -> LeftStep:
        """Return it as what is not a move, and why."""
        return LeftStep(self.names(), self.abouts(), self.because(), reason, held_back_by)

    def event_day(self, base: KnowledgeBase, day: date) -> date | None:
        """Return the first day of an event before which it has to begin within the horizon."""
        horizon = timedelta(days=base.plan.horizon_days.value)
        days = [
            step.event_day
            for step in self.steps
            if step.event_day and step.event_day - timedelta(days=step.within_days) <= day + horizon
        ]
        return min(days, default=None)


def to_plan(steps: Iterable[NextStep], base: KnowledgeBase, agreed: Agreed) -> list[NextStep]:
    """Return the steps that do not rest, in the order of the rule base."""
    position = {name: place for place, name in enumerate(base.steps)}
    left = (step for step in steps if not agreed.rests(step.id))
    return sorted(left, key=lambda s: (position[s.id], s.about.kind, s.about.id))


def free_groups(steps: Iterable[NextStep], base: KnowledgeBase) -> list[StepGroup]:
    """Return the steps that nothing holds back, by the move that they would be."""
    listed = [step for step in steps if not step.held_back_by]
    names = {step.id for step in listed}
    found: dict[str, list[NextStep]] = {}
    for step in listed:
        joined = base.steps[step.id].one_move_with
        head = joined if joined and joined in names else step.id
        found.setdefault(head, []).append(step)
    return [StepGroup(tuple(group), head) for head, group in found.items()]


def movable(free: Iterable[StepGroup], base: KnowledgeBase, agreed: Agreed) -> dict[str, StepGroup]:
    """Return what may be a move, by the step that names it."""
    return {g.head: g for g in free if may_be_move(g, base) and not agreed.was_dropped(g.head)}


def may_be_move(group: StepGroup, base: KnowledgeBase) -> bool:
    """Return whether it may be a move of its own; some steps only accompany others."""
    return base.steps[group.head].purpose not in base.step_book.order.accompanies
