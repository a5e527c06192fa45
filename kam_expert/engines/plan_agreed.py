"""What was agreed before, and what it means for the plan of today."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from kam_expert.engines.plan_choice import LAST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from kam_expert.facts.plan_entries import PlanEntry
    from kam_expert.knowledge.base import KnowledgeBase


class Agreed:
    """The entries of the agreed plan, as they are known on the day of the diagnosis.

    What we agreed to do and have not done comes first in the plan. A step that was done is proposed
    again only when its time has passed and there is still a reason for it. A step that was dropped
    is left for later.

    Args:
        entries: Of both sides.
        base: The rule base.
        day: The day of the diagnosis.
    """

    def __init__(self, entries: Iterable[PlanEntry], base: KnowledgeBase, day: date) -> None:
        known = [entry for entry in (e.on(day) for e in entries) if entry is not None]
        self._known = [entry for entry in known if entry.side == "ours"]
        self.open = sorted(
            (entry for entry in self._known if entry.is_open),
            key=lambda entry: (entry.due or date.max, entry.id),
        )
        self._ranks: dict[str, int] = {}
        for rank, entry in enumerate(self.open):
            self._ranks.setdefault(entry.step, rank)
        self._ranks.pop("", None)
        self.dropped = tuple(entry for entry in self._known if entry.status == "dropped")
        self.done = tuple(
            sorted(
                (entry for entry in self._known if entry.status == "done"),
                key=lambda entry: (-(entry.done_on or day).toordinal(), entry.id),
            )
        )
        self._resting = {
            entry.step
            for entry in self.done
            if entry.step in base.steps
            and entry.done_on is not None
            and entry.done_on + timedelta(days=base.steps[entry.step].within_days) >= day
        }
        self._dropped = {entry.step for entry in self.dropped}

    def rank(self, steps: Iterable[str]) -> int:
        """Return the place of a move with these steps among what was agreed; `LAST` without one."""
        return min((self._ranks.get(step, LAST) for step in steps), default=LAST)

    def entry(self, steps: Iterable[str]) -> PlanEntry | None:
        """Return what was agreed about a move with these steps."""
        rank = self.rank(steps)
        return None if rank == LAST else self.open[rank]

    def rests(self, step: str) -> bool:
        """Return whether a step was done, its time has not passed, and it was not agreed again."""
        return step in self._resting and step not in self._ranks

    def was_dropped(self, step: str) -> bool:
        """Return whether a step was dropped, and not agreed again."""
        return step in self._dropped and step not in self._ranks

    def others(self, steps: Collection[str]) -> tuple[PlanEntry, ...]:
        """Return what was agreed and is none of *steps*."""
        return tuple(entry for entry in self.open if entry.step not in steps)
