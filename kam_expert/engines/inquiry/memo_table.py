"""Findings about the account under sets of changes, each set evaluated once.

Whether a finding is likely depends only on the changes to the facts it depends on. A search settles
only the changes to such facts, and caches the results.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from kam_expert.engines.inquiry.boundary_values import Borders, apart
from kam_expert.engines.inquiry.hitting_sets import Branches, Worth
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.values import UNKNOWN, ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from kam_expert.engines.inquiry.variants import Variants
    from kam_expert.engines.settling import Key, Settlement
    from kam_expert.facts.changes import Slot
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.values import Truth

#: Changes by slot; frozen, as they are keys.
ChangeSet = frozenset["tuple[Slot, Any]"]
NOTHING: ChangeSet = frozenset()
#: likely or established; neither; true or false and no longer open.
Goal = Literal["likely", "unlikely", "settled"]
#: With more sets of two or more changes than this, only the nearest are tried.
_TRIED = 100
_WEIGHTS = {severity: weight for weight, severity in enumerate(reversed(SEVERITIES))}


class Landscape:
    """Findings about one account under sets of changes.

    Args:
        variants: The account, settled as it is.
        levers: Only facts with these levers are changed.

    Attributes:
        contact_facts: At least one of these is needed for a stage; with their inputs.
    """

    def __init__(self, variants: Variants, levers: Collection[str]) -> None:
        self.variants = variants
        self.base = variants.base
        self._borders = Borders(variants.base)
        self._levers = frozenset(levers)
        self._account = variants.case.account.id
        self._reads: dict[str, frozenset[str]] = {}
        self._rests_on: dict[str, frozenset[str]] = {}
        self._stage_truths: dict[ChangeSet, dict[str, Truth]] = {}
        self._rest: dict[str, tuple[str, ...]] = {}
        self._settled: dict[ChangeSet, Settlement] = {NOTHING: variants.now}
        self._only: dict[str, frozenset[str] | None] = {}
        self._settled_only: dict[tuple[frozenset[str], ChangeSet], Settlement] = {}
        self._truths: dict[tuple[Key, ChangeSet], Truth] = {}
        self._contact: dict[ChangeSet, bool] = {}
        self._ways: dict[tuple[Key, Goal, ChangeSet, int], tuple[ChangeSet, ...]] = {}
        self._troubles: dict[ChangeSet, int] = {}
        self._values: dict[Slot, tuple[Any, ...]] = {}
        model = variants.base.stage_model
        self.contact_facts = variants.dependencies.inputs_of(model.contact_facts)

    def settled(self, changes: ChangeSet) -> Settlement:
        """Return the account settled with *changes*."""
        if changes not in self._settled:
            self._settled[changes] = self.variants.settled(dict(sorted(changes, key=_slot)))
        return self._settled[changes]

    def key(self, name: str) -> Key:
        """Return the key of a finding about the account."""
        return name, "account", self._account

    def _settled_for(self, key: Key, changes: ChangeSet) -> Settlement:
        """Return the account settled with *changes*, as far as a finding depends on it."""
        only = self._settled_with(key[0])
        if only is None or changes in self._settled:
            return self.settled(changes)
        place = (only, changes)
        if place not in self._settled_only:
            ordered = dict(sorted(changes, key=_slot))
            self._settled_only[place] = self.variants.settled(ordered, only=only)
        return self._settled_only[place]

    def _settled_with(self, name: str) -> frozenset[str] | None:
        """Return the findings to settle for a finding; None for everything."""
        if name in self._of_the_stage:
            return self._of_the_stage
        if name not in self._only:
            read = self.reads(name)
            self._only[name] = None if self._reads_all(read) else read
        return self._only[name]

    @cached_property
    def _of_the_stage(self) -> frozenset[str]:
        names = self.base.stage_model.findings_read
        read = frozenset[str]().union(*(self.reads(name) for name in names))
        return frozenset() if self._reads_all(read) else read

    def _reads_all(self, names: Iterable[str]) -> bool:
        """Return whether a rule depends on more than the findings that it names."""
        depends = self.variants.dependencies
        more = depends.stage | depends.contradictions
        return any(rule.name in more for name in names for rule in self.base.rules_for(name))

    def reads(self, name: str) -> frozenset[str]:
        """Return a finding with all findings that its rules read, directly or indirectly."""
        if name not in self._reads:
            depends = self.variants.dependencies
            open_, seen = [name], {name}
            while open_:
                for rule in self.base.rules_for(open_.pop()):
                    more = depends.findings[rule.name] - seen
                    seen |= more
                    open_ += more
            self._reads[name] = frozenset(seen)
        return self._reads[name]

    def rests_on(self, name: str) -> frozenset[str]:
        """Return the facts that a finding depends on, directly or through other findings."""
        if name not in self._rests_on:
            facts = self.variants.dependencies.facts
            rules = (rule for read in self.reads(name) for rule in self.base.rules_for(read))
            self._rests_on[name] = frozenset[str]().union(*(facts[rule.name] for rule in rules))
        return self._rests_on[name]

    def _of(self, key: Key, changes: ChangeSet) -> ChangeSet:
        rests_on = self.rests_on(key[0])
        return frozenset(change for change in changes if change[0].fact in rests_on)

    def truth(self, key: Key, changes: ChangeSet) -> Truth:
        """Return whether a finding is likely with *changes*."""
        place = (key, self._of(key, changes))
        if place not in self._truths:
            settled = self._settled_for(key, place[1]).findings.get(key)
            self._truths[place] = False if settled is None else settled.working
        return self._truths[place]

    def rule_truth(self, rule: str, key: Key, changes: ChangeSet) -> Truth:
        """Return whether a rule that concludes a finding is true with *changes*."""
        outcomes = self._settled_for(key, self._of(key, changes)).outcomes.get(key, [])
        return next((o.working for other, o in outcomes if other.name == rule), False)

    def verdict(self, changes: ChangeSet) -> str:
        """Return the stage with *changes*."""
        model = self.base.stage_model
        return model.verdict(self.stage_truths(changes), contact_known=self.contact_known(changes))

    def stage_truths(self, changes: ChangeSet) -> dict[str, Truth]:
        """Return which features and vetoes of the stages are likely with *changes*."""
        if changes not in self._stage_truths:
            truths = dict(self._stage_now)
            for fact in {slot.fact for slot, _ in changes}:
                for name in self._resting_on(fact):
                    truths[name] = self.truth(self.key(name), changes)
            self._stage_truths[changes] = truths
        return self._stage_truths[changes]

    @cached_property
    def _stage_now(self) -> dict[str, Truth]:
        read = self.base.stage_model.findings_read
        return {name: self.truth(self.key(name), NOTHING) for name in read}

    def _resting_on(self, fact: str) -> tuple[str, ...]:
        """Return the features and vetoes of the stage that a fact can change."""
        if fact not in self._rest:
            names = self.base.stage_model.findings_read
            self._rest[fact] = tuple(name for name in names if fact in self.rests_on(name))
        return self._rest[fact]

    def contact_known(self, changes: ChangeSet) -> bool:
        """Return whether any contact fact is known, or none is needed."""
        mine = frozenset(change for change in changes if change[0].fact in self.contact_facts)
        if mine not in self._contact:
            readings = self.variants.readings(dict(sorted(mine, key=_slot)))
            view = readings.view(readings.case.account, strict=False)
            facts = self.base.stage_model.contact_facts
            known = (view.read(Ref(name)) is not UNKNOWN for name in facts)
            self._contact[mine] = not facts or any(known)
        return self._contact[mine]

    def may_change(self, slot: Slot) -> bool:
        """Return whether somebody can change the fact."""
        return self.base.facts[slot.fact].doc.lever in self._levers

    def values(self, slot: Slot) -> tuple[Any, ...]:
        """Return the values worth trying; with the present one if its repetition can matter."""
        if slot not in self._values:
            now = None if slot.fact in self._borders.repeated else self.present(slot)
            tried = self._borders.values(slot, self.variants)
            self._values[slot] = tuple(value for value in tried if value != now)
        return self._values[slot]

    def present(self, slot: Slot) -> Any:
        """Return the present value of *slot*, UNKNOWN if there is none."""
        readings = self.variants.now.readings
        for entity in readings.entities(slot.kind):
            if entity.id == slot.id:
                side = slot.side if slot.kind == "account" else "bare"
                return readings.view(entity, strict=False).read(Ref(slot.fact, side))
        return UNKNOWN

    def far(self, way: ChangeSet) -> float:
        """Return the distance of a set of changes from the present, in steps of ordered values."""
        return sum(self._far(slot, value) for slot, value in way)

    def _far(self, slot: Slot, value: Any) -> float:
        fact, now = self.base.facts[slot.fact], self.present(slot)
        steps = fact.rank(value), fact.rank(now)
        if steps[0] is not None and steps[1] is not None:
            return abs(steps[0] - steps[1])
        return apart(value, now)

    def harm(self, way: ChangeSet) -> int:
        """Return the obstacles that the changes add, weighted by severity.

        It is the sum over single changes, as it orders thousands of sets.
        """
        return sum(self._trouble(frozenset((change,))) - self._trouble(NOTHING) for change in way)

    def _trouble(self, way: ChangeSet) -> int:
        if way not in self._troubles:
            self._troubles[way] = sum(
                _WEIGHTS[self.base.findings[key[0]].severity]
                for key, settled in self.settled(way).findings.items()
                if settled.working is True
            )
        return self._troubles[way]

    def ways(self, key: Key, changes: ChangeSet, budget: int, goal: Goal) -> tuple[ChangeSet, ...]:
        """Return the smallest additions with which a finding reaches a goal.

        Args:
            key: The finding.
            changes: The changes so far; their slots are not changed again.
            budget: The maximum of further changes.
            goal: The goal of the finding.

        Returns:
            Every minimal addition of at most *budget* changes.
        """
        mine = self._of(key, changes)
        place = (key, goal, mine, budget)
        if place not in self._ways:

            def reached(state: ChangeSet) -> bool:
                truth = self.truth(key, state)
                return (
                    truth is not None
                    if goal == "settled"
                    else (truth is True) is (goal == "likely")
                )

            def branches(state: ChangeSet) -> Mapping[Slot, list[Worth]]:
                found = Branches(self._settled_for(key, self._of(key, state)))
                if goal == "settled":
                    return found.of_open(key)
                return found.of_finding(key, likely=goal == "likely")

            self._ways[place] = tuple(self._search(mine, budget, reached, branches))
        return self._ways[place]

    def rule_ways(self, rule: Rule, key: Key, budget: int) -> tuple[ChangeSet, ...]:
        """Return the sets of changes of minimum size that make a rule true.

        None where the search would go through too many sets, as for a rule that counts most of
        the features of a stage.
        """

        def reached(state: ChangeSet) -> bool:
            return self.rule_truth(rule.name, key, state) is True

        def branches(state: ChangeSet) -> Mapping[Slot, list[Worth]]:
            return Branches(self._settled_for(key, self._of(key, state))).of_rule(rule, key)

        return tuple(self._search(NOTHING, budget, reached, branches, first=True))

    def _search(
        self,
        before: ChangeSet,
        budget: int,
        reached: Callable[[ChangeSet], bool],
        branches: Callable[[ChangeSet], Mapping[Slot, list[Worth]]],
        *,
        first: bool = False,
    ) -> list[ChangeSet]:
        """Return every minimal addition to *before* with which *reached* is true, small ones first.

        With *first* only those of minimum size, if the search is short enough.
        """
        found: list[ChangeSet] = []
        edge: set[ChangeSet] = {NOTHING}
        for size in range(budget):
            further: set[ChangeSet] = set()
            for added in edge:
                taken = {slot for slot, _ in before | added}
                for slot, worth in branches(before | added).items():
                    if slot in taken or not self.may_change(slot):
                        continue
                    for value in self.values(slot):
                        if any(test(value) for test in worth):
                            further.add(added | {(slot, value)})
            edge = set()
            if first and (found or (size and len(further) > _TRIED)):
                return found
            for added in sorted(further, key=in_order):
                if any(way < added for way in found):
                    continue
                if reached(before | added):
                    found.append(added)
                elif size + 1 < budget:
                    edge.add(added)
        return found


def in_order(way: ChangeSet) -> list[tuple[Slot, str]]:
    """Return the sort key of sets of changes that are equal otherwise."""
    return sorted((slot, repr(ordered(value))) for slot, value in way)


def _slot(change: tuple[Slot, Any]) -> Slot:
    return change[0]
