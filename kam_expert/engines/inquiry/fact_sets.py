"""Changed facts for display: the present value, who can change it, by which steps."""

from __future__ import annotations

from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from kam_expert.engines.assemble import assemble
from kam_expert.engines.reasons import plain_found
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.leaf import leaves
from kam_expert.results.inquiry import FactSet

if TYPE_CHECKING:
    from kam_expert.engines.inquiry.memo_table import ChangeSet, Landscape
    from kam_expert.facts.changes import Slot
    from kam_expert.results.diagnosis import Diagnosis

_LAST = 99


class FactSets:
    """Turns changes into results.

    Args:
        landscape: The account in which the changes were tried.
    """

    def __init__(self, landscape: Landscape) -> None:
        self._landscape = landscape
        self._base = landscape.base

    @cached_property
    def _diagnosis(self) -> Diagnosis:
        return assemble(self._landscape.variants.now, self._base)

    @cached_property
    def _sequences(self) -> frozenset[str]:
        """Return the facts whose last two answers a rule compares."""
        return frozenset(
            ref.name
            for rule in self._base.rules
            for part in rule.conditions()
            for leaf in leaves(part)
            if leaf.term.reads_history
            for ref in leaf.term.refs
        )

    def fact_set(self, slot: Slot, value: Any) -> FactSet:
        """Return one changed fact."""
        return FactSet(
            about=About(slot.kind, slot.id),
            fact=slot.fact,
            side=slot.side,
            total=self._landscape.variants.is_counted(slot),
            before=plain_found(self._landscape.present(slot)),
            to=plain_found(value),
            lever=self._base.facts[slot.fact].doc.lever,
            two_dates=slot.fact in self._sequences,
            steps=self._steps(slot, value),
        )

    def ordered(self, way: ChangeSet) -> tuple[FactSet, ...]:
        """Return a set of changes ordered by the rank of the kinds of their steps."""
        made = [self.fact_set(slot, value) for slot, value in sorted(way, key=itemgetter(0))]
        return tuple(sorted(made, key=self._rank))

    def _rank(self, change: FactSet) -> int:
        kinds = [*self._base.step_book.kinds]
        steps = change.steps or self._answering(self._concluded(change.fact))
        return min((kinds.index(self._base.steps[step].kind) for step in steps), default=_LAST)

    def _concluded(self, fact: str) -> frozenset[str]:
        """Return the findings that rules conclude from a fact."""
        depends = self._landscape.variants.dependencies
        return frozenset(
            rule.finding for rule in self._base.rules if fact in depends.facts[rule.name]
        )

    def _reads_stage(self, finding: str) -> bool:
        # A finding that follows from the stage does not help to get there.
        staged = self._landscape.variants.dependencies.stage
        return any(rule.name in staged for rule in self._base.rules_for(finding))

    def _answering(self, findings: frozenset[str]) -> tuple[str, ...]:
        steps = self._base.steps.items()
        return tuple(name for name, doc in steps if findings.intersection(doc.answers))

    def _steps(self, slot: Slot, value: Any) -> tuple[str, ...]:
        """Return the next steps whose reason the change removes, else the related ones."""
        after = self._landscape.settled(frozenset(((slot, value),)))
        now = self._landscape.variants.now
        gone = frozenset(
            key[0]
            for key, settled in now.findings.items()
            if settled.working is True
            and after.findings[key].working is not True
            and not self._reads_stage(key[0])
        )
        for findings in (gone, self._concluded(slot.fact)):
            steps = dict.fromkeys(
                step.id
                for step in self._diagnosis.next_steps
                if findings.intersection(step.because)
            )
            if steps:
                return tuple(steps)
        return ()
