"""Counterfactuals: the smallest sets of changed facts that reach a stage, or end it."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from math import ceil
from typing import TYPE_CHECKING, Any

from kam_expert.engines.inquiry.fact_sets import FactSets
from kam_expert.engines.inquiry.memo_table import NOTHING, ChangeSet, Landscape, in_order
from kam_expert.facts.changes import Slot
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.results.inquiry import Fragility, Paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.engines.inquiry.memo_table import Goal
    from kam_expert.engines.inquiry.variants import Variants
    from kam_expert.knowledge.stage import Stage

#: Up to this number of changes the minimum is proved.
PROVED = 4
#: The maximum of sets of the smallest size in the result.
SHOWN = 12
#: The number of these findings that must reach a goal.
_Need = tuple[float, list[str], "Goal"]
LEVERS = ("ours", "theirs", "joint", "time")


def path(variants: Variants, target: str) -> Paths:
    """Return the smallest sets of changed facts that reach a stage.

    Args:
        variants: The account as it is.
        target: The name of a stage that a condition can ask for.
    """
    return _Search(variants, target).paths()


def strategy_path(variants: Variants, target: str) -> Paths:
    """Return the smallest sets of changed facts that make a strategy that of the account.

    Args:
        variants: The account as it is.
        target: The id of a strategy.
    """
    landscape = Landscape(variants, LEVERS)
    strategies = variants.base.strategies
    now = next(s.id for s in strategies if landscape.truth(landscape.key(s.id), NOTHING) is True)
    ways: list[ChangeSet] = []
    if now != target:
        [rule] = variants.base.rules_for(target)
        ways = one_of_each(landscape, landscape.rule_ways(rule, landscape.key(target), PROVED))
    sets = FactSets(landscape)
    shown = tuple(sets.ordered(way) for way in ways[:SHOWN])
    return Paths(target, now, shown, proved=bool(ways), missing=(), barring=())


def fragile(variants: Variants) -> tuple[Fragility, ...]:
    """Return every known fact whose change alone would end the present stage."""
    landscape = Landscape(variants, (*LEVERS, "none"))
    words = FactSets(landscape)
    now = variants.now.verdict
    found: list[Fragility] = []
    for slot in _slots(landscape):
        if landscape.present(slot) is UNKNOWN:
            continue
        lost: dict[str, Fragility] = {}
        for value in landscape.values(slot):
            verdict = landscape.verdict(frozenset(((slot, value),)))
            if verdict != now and verdict not in lost:
                lost[verdict] = Fragility(words.fact_set(slot, value), verdict)
        found += lost.values()
    return tuple(found)


def one_of_each(landscape: Landscape, ways: Iterable[ChangeSet]) -> list[ChangeSet]:
    """Return one set for each choice of facts: the smallest distance without harm.

    Sets that leave fewer obstacles come first.
    """
    best: dict[frozenset[Slot], tuple[int, float, ChangeSet]] = {}
    for way in sorted(ways, key=in_order):
        rank = (landscape.harm(way), landscape.far(way), way)
        slots = frozenset(slot for slot, _ in way)
        if slots not in best or rank[:2] < best[slots][:2]:
            best[slots] = rank
    ordered = sorted(best.values(), key=lambda rank: (*rank[:2], in_order(rank[2])))
    return [way for _, _, way in ordered]


def _slots(landscape: Landscape) -> Iterator[Slot]:
    """Yield the slot of every answer that the stage depends on."""
    base, case = landscape.base, landscape.variants.case
    names = set(landscape.contact_facts)
    names.update(*(landscape.rests_on(name) for name in base.stage_model.findings_read))
    for fact in base.facts.values():
        if fact.name not in names:
            continue
        for entity in case.entities(fact.kind):
            if fact.doc.asked_of != "customer":
                yield Slot(fact.kind, entity.id, fact.name)
            if fact.kind == "account" and fact.doc.asked_of != "us":
                yield Slot(fact.kind, entity.id, fact.name, "theirs")


class _Search:
    """Searches the sets of changes that reach a stage, smaller ones first."""

    def __init__(self, variants: Variants, target: str) -> None:
        self.landscape = Landscape(variants, LEVERS)
        self.target = target
        self.model = variants.base.stage_model
        self.now = variants.now.verdict
        self.stage = next((s for s in self.model.stages if s.name == target), None)
        self._found: list[ChangeSet] = []
        self._seen: set[ChangeSet] = set()

    def paths(self) -> Paths:
        """Return the result."""
        ways: list[ChangeSet] = []
        proved = True
        if self.now != self.target:
            ways, proved = self._ways()
        sets = FactSets(self.landscape)
        return Paths(
            target=self.target,
            verdict=self.now,
            ways=tuple(sets.ordered(way) for way in ways[:SHOWN]),
            proved=proved,
            missing=self._missing(NOTHING),
            barring=self._barring(NOTHING),
        )

    def _ways(self) -> tuple[list[ChangeSet], bool]:
        for size in range(1, PROVED + 1):
            self._seen.clear()
            self._extend(NOTHING, size)
            if self._found:
                return one_of_each(self.landscape, self._found), True
        best = self._best()
        return ([best] if best else []), False

    def _missing(self, state: ChangeSet) -> tuple[str, ...]:
        if self.stage is None:
            return ()
        return tuple(name for name in self.stage.features if not self._is_there(name, state))

    def _barring(self, state: ChangeSet) -> tuple[str, ...]:
        if self.stage is None:
            return ()
        vetoes = [name for name in self.stage.vetoes if self._is_there(name, state)]
        others = []
        for stage in self.model.stages:
            there = [name for name in stage.features if self._is_there(name, state)]
            if stage is not self.stage and len(there) >= stage.needed:
                others += there
        return tuple(dict.fromkeys((*vetoes, *others)))

    def _extend(self, state: ChangeSet, size: int) -> None:
        if state in self._seen:
            return
        self._seen.add(state)
        left = size - len(state)
        if not left:
            if self.landscape.verdict(state) == self.target:
                self._found.append(state)
            return
        if self._hopeless(state, left):
            return
        for way in self._steps(state, left):
            self._extend(state | way, size)

    def _steps(self, state: ChangeSet, left: int) -> Iterator[ChangeSet]:
        """Yield additions one of which is part of every set that reaches the stage from *state*."""
        landscape = self.landscape
        for name, goal in self._goals(state):
            yield from landscape.ways(landscape.key(name), state, left, goal)
        if not landscape.contact_known(state):
            taken = {slot for slot, _ in state}
            for slot in _slots(landscape):
                contact = slot.fact in landscape.contact_facts and slot not in taken
                if contact and landscape.may_change(slot):
                    yield from (frozenset(((slot, value),)) for value in landscape.values(slot))

    def _goals(self, state: ChangeSet) -> list[tuple[str, Goal]]:
        """Return goals for findings; every way to the stage includes one of them."""
        if self.stage is None:
            return [*self._turns(state)]
        vetoes = [name for name in self.stage.vetoes if self._is_there(name, state)]
        if vetoes:
            return [(vetoes[0], "unlikely")]
        barring = self._barring(state)
        if barring:
            return [(name, "unlikely") for name in barring]
        core = [name for name in self.stage.core if not self._is_there(name, state)]
        if len(self.stage.core) - len(core) < self.stage.core_needed:
            return [(name, "likely") for name in core]
        return [(name, "likely") for name in self._missing(state)]

    def _turns(self, state: ChangeSet) -> Iterator[tuple[str, Goal]]:
        """Yield every goal of every finding: a verdict between the stages has many causes."""
        for name in self.model.findings_read:
            yield name, "unlikely" if self._is_there(name, state) else "likely"
            if self.landscape.truth(self.landscape.key(name), state) is None:
                yield name, "settled"

    def _hopeless(self, state: ChangeSet, left: int) -> bool:
        """Return whether this number of changes can never bring enough features.

        A feature that needs two or more changes counts at most half for each.
        """
        return all(
            any(
                short > 0 and self._gain(names, goal, state, left) < short
                for short, names, goal in needs
            )
            for needs in self._alternatives(state)
        )

    def _alternatives(self, state: ChangeSet) -> list[list[_Need]]:
        """Return the ways to be in the stage, each as its goals, without the vetoes.

        Between the stages one is, where one alone is reached and barred by a veto or the lack of
        its core, where several are reached, and where none is and enough is settled.
        """
        truths = self.landscape.stage_truths(state)

        def more(names: tuple[str, ...], needed: int) -> _Need:
            absent = [name for name in names if truths[name] is not True]
            return needed - (len(names) - len(absent)), absent, "likely"

        def fewer(names: tuple[str, ...], needed: int) -> _Need:
            there = [name for name in names if truths[name] is True]
            return len(there) - needed + 1, there, "unlikely"

        def reach(stage: Stage) -> _Need:
            return more(stage.features, stage.needed)

        def leave(stage: Stage) -> _Need:
            return fewer(stage.features, stage.needed)

        def bar(stage: Stage) -> _Need:
            missing = [name for name in stage.vetoes if truths[name] is not True]
            return 1 - (len(stage.vetoes) - len(missing)), missing, "likely"

        def alone(stage: Stage) -> list[_Need]:
            return [reach(stage), *(leave(other) for other in stages if other is not stage)]

        stages = self.model.stages
        if self.stage is not None:
            return [[*alone(self.stage), more(self.stage.core, self.stage.core_needed)]]
        names = self.model.features
        open_ = [name for name in names if truths[name] is None]
        lacking = self.model.settled_share * len(names) - (len(names) - len(open_))
        settle: _Need = lacking, open_, "settled"
        barred = [[*alone(stage), bar(stage)] for stage in stages if stage.vetoes]
        barred += [
            [*alone(stage), fewer(stage.core, stage.core_needed)] for stage in stages if stage.core
        ]
        several = [[reach(one), reach(other)] for one, other in combinations(stages, 2)]
        return [*barred, *several, [*map(leave, stages), settle]]

    def _gain(self, names: list[str], goal: Goal, state: ChangeSet, left: int) -> float:
        """Return the maximum of findings that this number of changes can bring."""
        gains: dict[str, float] = {}
        for name in names:
            near = self.landscape.ways(self.landscape.key(name), state, 1, goal)
            for fact in self.landscape.rests_on(name):
                gains[fact] = gains.get(fact, 0) + (1 if near else 0.5)
        return sum(sorted(gains.values(), reverse=True)[:left])

    def _best(self) -> ChangeSet | None:
        """Return a set that reaches the stage, built greedily from the cheapest pieces."""
        state = NOTHING
        for _ in range(len(self.model.findings_read)):
            if self.landscape.verdict(state) == self.target:
                return self._pruned(state)
            pieces = list(self._steps(state, 1)) or list(self._steps(state, 2))
            pieces = pieces or list(self._steps(state, 3))
            if not pieces:
                return None
            state |= min(pieces, key=partial(self._worth, state))
        return self._pruned(state) if self.landscape.verdict(state) == self.target else None

    def _worth(self, state: ChangeSet, way: ChangeSet) -> tuple[Any, ...]:
        """Return the sort key of pieces: remaining distance, harm, size of the changes."""
        landscape = self.landscape
        harm, far = landscape.harm(way), landscape.far(way)
        return *self._distance(state | way), harm, far, in_order(way)

    def _distance(self, state: ChangeSet) -> tuple[int, int, int]:
        """Return the distance to the stage: vetoes, missing features, size of the changes."""
        short = min(
            sum(max(0, ceil(need)) for need, _, _ in needs) for needs in self._alternatives(state)
        )
        vetoes = self.stage.vetoes if self.stage else ()
        barred = sum(self._is_there(name, state) for name in vetoes)
        return barred + short, len(state), short

    def _is_there(self, name: str, state: ChangeSet) -> bool:
        return self.landscape.stage_truths(state)[name] is True

    def _pruned(self, state: ChangeSet) -> ChangeSet:
        """Return the changes without those that are not needed."""
        for change in sorted(state, key=lambda change: change[0]):
            if self.landscape.verdict(state - {change}) == self.target:
                state -= {change}
        return state
