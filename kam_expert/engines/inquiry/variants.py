"""One account, and its results under changed facts.

A variant is settled from the account as it is: only rules that the change can touch are applied
again, by plain evaluation. Applying all of them gives the same result and takes far longer; `ask`
tries some hundreds of variants.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kam_expert.engines.inquiry.dependencies import dependencies_of
from kam_expert.engines.settling import PlainEngine, Settlement, settle_case, settle_stage, truth_of
from kam_expert.engines.truths import Truths
from kam_expert.facts.changes import changed
from kam_expert.facts.computed import has_basis
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import complete_name
from kam_expert.knowledge.status import Outcome, settle
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.changes import Slot
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule

_NOTHING: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Touched:
    """What a change touches.

    Attributes:
        names: Facts, and lists with changed completeness (`complete_name`).
        entities: Kind and id of the entities with changed facts.
        answered: Whether an answer of the customer changes.
        news: Whether events change, after which any older answer may no longer hold.
    """

    names: frozenset[str]
    entities: frozenset[tuple[str, str]]
    answered: bool
    news: bool = False

    @classmethod
    def by(cls, slots: Iterable[Slot], lists: Iterable[str] = ()) -> Touched:
        """Return what changed answers in *slots* and completeness of *lists* touch."""
        slots = tuple(slots)
        return cls(
            frozenset((*(slot.fact for slot in slots), *map(complete_name, lists))),
            frozenset((slot.kind, slot.id) for slot in slots),
            any(slot.side == "theirs" for slot in slots),
        )


class Variants:
    """An account settled as it is, from which variants are settled.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis, and of the answers that are tried.

    Attributes:
        now: The account as it is, settled.
    """

    def __init__(self, case: Case, base: KnowledgeBase, day: date) -> None:
        self.case = case
        self.base = base
        self.day = day
        self.now = settle_case(case, base, day, PlainEngine())
        self.dependencies = dependencies_of(base)
        self._strata = [
            [r for name in names for r in base.rules_for(name)] for names in base.strata
        ]

    def readings(
        self, changes: Mapping[Slot, Any], complete: Mapping[str, bool] = _NOTHING
    ) -> Readings:
        """Return the readings of the account with other facts.

        Args:
            changes: The new value for each slot. A total computed from lists is replaced; without
                the lists it is an answer like any other.
            complete: The completeness of lists.
        """
        answers: dict[Slot, Any] = {}
        totals: dict[tuple[str, str, str], Any] = {}
        for slot, value in changes.items():
            if value is not UNKNOWN and self.is_counted(slot):
                totals[slot.kind, slot.id, slot.fact] = value
                answers[slot] = UNKNOWN  # what was stated before must not contradict it
            else:
                answers[slot] = value
        case = changed(self.case, answers, self.day)
        if complete:
            case = replace(case, complete={**case.complete, **complete})
        names = Touched.by(changes, complete).names
        touched = self.dependencies.touched(names, news=False)  # events are compared anyway
        return Readings(case, self.base, self.day, totals, self.now.readings, touched)

    def is_counted(self, slot: Slot) -> bool:
        """Return whether the fact in *slot* is computed from given lists."""
        entity = self.case.entity(slot.kind, slot.id)
        if entity is None:
            return False
        view = self.now.readings.view(entity, strict=False)
        return view.is_computed(slot.fact) and has_basis(view, slot.fact)

    def settled(
        self,
        changes: Mapping[Slot, Any],
        complete: Mapping[str, bool] = _NOTHING,
        only: Collection[str] | None = None,
    ) -> Settlement:
        """Return the account settled with other facts.

        Args:
            changes: As for `readings`.
            complete: As for `readings`.
            only: Findings with all that they read; others, and the stage, keep their present state.
                None for all.
        """
        readings = self.readings(changes, complete)
        return self.resettled(readings, Touched.by(changes, complete), only)

    def resettled_case(self, case: Case, change: Touched) -> Settlement:
        """Return *case*, a version of the account with the same entities, settled."""
        readings = Readings(case, self.base, self.day, before=self.now.readings)
        return self.resettled(readings, change)

    def resettled(
        self, readings: Readings, change: Touched, only: Collection[str] | None = None
    ) -> Settlement:
        """Return the account with everything that a change affects settled again.

        Args:
            readings: Of the changed account; it has the same people, team, links and decisions.
            change: The difference from the account as it is.
            only: As for `settled`.
        """
        now, base = self.now, self.base
        truths = Truths()
        if not change.names.isdisjoint(self.dependencies.news):
            news = readings.events.happened != now.readings.events.happened
            change = replace(change, news=news)
        readings.settled.findings = dict(now.readings.settled.findings)
        found = Settlement(readings, dict(now.findings), dict(now.outcomes))
        touched = self.dependencies.touched(change.names, news=change.news)
        moved: set[str] = set()
        stage_moved = False
        for number, stratum in enumerate(self._strata):
            if number == base.stage_stratum and only is None:
                stage_moved = self._settle_stage(found, touched, moved)
            for rule in self._concerned(stratum, touched, moved, stage_moved, change):
                if only is not None and rule.finding not in only:
                    continue
                entities = self._entities(rule, readings, change, touched, moved, stage_moved)
                moved.update(self._apply(rule, entities, found, truths))
        if found.readings.settled.stages is None and only is None:
            self._settle_stage(found, touched, moved)
        return found

    def _settle_stage(self, found: Settlement, touched: frozenset[str], moved: set[str]) -> bool:
        """Settle the stage; return whether the possible stages changed."""
        model, now = self.base.stage_model, self.now
        if moved.isdisjoint(model.findings_read) and touched.isdisjoint(model.contact_facts):
            found.possible_stages = found.readings.settled.stages = now.possible_stages
            found.verdict = found.readings.settled.verdict = now.verdict
            found.leaning = now.leaning
            return False
        settle_stage(found, self.base)
        return (found.possible_stages, found.verdict) != (now.possible_stages, now.verdict)

    def _concerned(
        self,
        stratum: Sequence[Rule],
        touched: frozenset[str],
        moved: set[str],
        stage_moved: bool,  # noqa: FBT001 -- all of it is what the change has done so far
        change: Touched,
    ) -> list[Rule]:
        depends = self.dependencies
        contradicted = not touched.isdisjoint(depends.impossible | depends.totals) or (
            not moved.isdisjoint(depends.mirrored)
        )
        names = set().union(
            *(depends.by_fact[name] for name in touched),
            *(depends.by_finding[name] for name in moved),
            depends.stage if stage_moved else (),
            depends.contradictions if contradicted else (),
            depends.answers if change.answered or change.news else (),
        )
        return [rule for rule in stratum if rule.name in names]

    def _entities(  # noqa: PLR0913 -- what the change has done so far
        self,
        rule: Rule,
        readings: Readings,
        change: Touched,
        touched: frozenset[str],
        moved: set[str],
        stage_moved: bool,  # noqa: FBT001 -- as above
    ) -> Iterable[Entity]:
        """Return the entities for which the rule may have another result."""
        entities = readings.entities(rule.kind)
        depends = self.dependencies
        counts = depends.contradictions | depends.answers
        if rule.kind == "account" or change.news or rule.name in counts:
            return entities
        if not touched.isdisjoint(depends.reached[rule.name]):
            return entities
        if not depends.findings[rule.name].isdisjoint(moved) or (
            stage_moved and rule.name in depends.stage
        ):
            return entities
        facts = self.base.facts
        if rule.kind == "gap":
            gaps = self.base.gaps
            return [e for e in entities if touched & {gaps[e.id].ours, gaps[e.id].theirs}]
        if any(facts[n].kind != rule.kind for n in touched & depends.facts[rule.name]):
            return entities
        return [entity for entity in entities if (rule.kind, entity.id) in change.entities]

    def _apply(
        self, rule: Rule, entities: Iterable[Entity], found: Settlement, truths: Truths
    ) -> set[str]:
        """Apply a rule again; return its finding if the settled result changed."""
        moved = set()
        about_knowledge = self.base.findings[rule.finding].about_knowledge is not None
        for entity in entities:
            key = (rule.finding, entity.kind, entity.id)
            outcomes = found.outcomes[key]
            place = next(i for i, (other, _) in enumerate(outcomes) if other is rule)
            old = outcomes[place][1]
            working, strict = (
                truth_of(rule, found.readings, entity, strict=reading, of=truths.of)
                for reading in (False, True)
            )
            if (working, strict) == (old.working, old.strict):
                continue
            new = Outcome(rule.strength, rule.fact_names, working, strict)
            outcomes = [*outcomes[:place], (rule, new), *outcomes[place + 1 :]]
            found.outcomes[key] = outcomes
            settled = settle([o for _, o in outcomes], about_knowledge=about_knowledge)
            if settled != found.findings[key]:
                found.findings[key] = settled
                found.readings.settled.findings[key] = (settled.working, settled.strict)
                moved.add(rule.finding)
        return moved
