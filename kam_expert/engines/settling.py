"""Settle findings stratum by stratum, then the stage: shared by all engines, and the reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.rule import rule_truth
from kam_expert.knowledge.status import Outcome, Settled, settle
from kam_expert.knowledge.values import UNKNOWN, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.readings import EntityView
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition, TruthOf
    from kam_expert.knowledge.rule import Rule

Key = tuple[str, str, str]
#: A truth in the working and in the strict reading.
Truths = tuple[Truth, Truth]


@dataclass
class Settlement:
    """A case after all rules were applied.

    Attributes:
        findings: Every finding about every possible entity, by (finding, kind, id).
        outcomes: For each of these, its rules with their outcomes.
    """

    readings: Readings
    findings: dict[Key, Settled] = field(default_factory=dict)
    outcomes: dict[Key, list[tuple[Rule, Outcome]]] = field(default_factory=dict)
    possible_stages: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    verdict: str = ""
    leaning: str | None = None


class Engine(Protocol):
    """Applies a rule base to a case."""

    def settle(self, readings: Readings) -> Settlement:
        """Apply all rules to a case without settled findings."""

    def apply(self, rule: Rule, readings: Readings) -> Iterable[tuple[Entity, Truths]]:
        """Apply one rule to a case where the findings and the stage that it reads are settled."""


def settle_case(case: Case, base: KnowledgeBase, day: date, engine: Engine) -> Settlement:
    """Apply all rules of *base* to *case*.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis; later answers are not seen.
        engine: What applies the rules.
    """
    return engine.settle(Readings(case, base, day))


def settle_stratum(
    settlement: Settlement, number: int, truths: Callable[[Rule, Entity], Truths]
) -> dict[Key, Settled]:
    """Settle the findings of a stratum.

    Args:
        settlement: The findings and the outcomes of their rules are added to it.
        number: The stratum.
        truths: Returns the truths of a rule about an entity.

    Returns:
        The findings of this stratum alone.
    """
    return settle_findings(settlement, settlement.readings.base.strata[number], truths)


def settle_findings(
    settlement: Settlement, names: Iterable[str], truths: Callable[[Rule, Entity], Truths]
) -> dict[Key, Settled]:
    """Settle the named findings, as `settle_stratum` does those of a stratum."""
    readings = settlement.readings
    base = readings.base
    found: dict[Key, Settled] = {}
    for name in names:
        about_knowledge = base.findings[name].about_knowledge is not None
        of_kind: dict[str, list[Rule]] = {}
        for rule in base.rules_for(name):
            of_kind.setdefault(rule.kind, []).append(rule)
        for kind, rules in of_kind.items():
            # Rules have the same truths for most of many people.
            known: dict[tuple[Truths, ...], tuple[list[tuple[Rule, Outcome]], Settled]] = {}
            for entity in readings.entities(kind):
                key = (name, entity.kind, entity.id)
                first = readings.first_alike(entity)
                if first is not None:
                    like = (name, first.kind, first.id)
                    settlement.outcomes[key], found[key] = settlement.outcomes[like], found[like]
                    continue
                row = tuple([truths(rule, entity) for rule in rules])
                if row not in known:
                    outcomes = [
                        (rule, Outcome(rule.strength, rule.fact_names, *pair))
                        for rule, pair in zip(rules, row, strict=True)
                    ]
                    settled = settle([o for _, o in outcomes], about_knowledge=about_knowledge)
                    known[row] = outcomes, settled
                settlement.outcomes[key], found[key] = known[row]
    settlement.findings.update(found)
    return found


def settle_stage(settlement: Settlement, base: KnowledgeBase) -> None:
    """Settle the stage from the features and vetoes settled so far."""
    model, readings = base.stage_model, settlement.readings
    account = readings.case.account
    view = readings.view(account, strict=False)
    needed = model.contact_facts
    contact = not needed or any(view.read(Ref(name)) is not UNKNOWN for name in needed)
    working, strict = (
        {
            name: readings.settled.finding(name, account.kind, account.id, strict=reading)
            for name in model.findings_read
        }
        for reading in (False, True)
    )
    settlement.possible_stages = (
        model.possible(working, contact_known=contact),
        model.possible(strict, contact_known=contact),
    )
    readings.settled.stages = settlement.possible_stages
    settlement.verdict = model.verdict(working, contact_known=contact)
    readings.settled.verdict = settlement.verdict
    settlement.leaning = model.leaning(working)


class PlainEngine:
    """The reference: evaluates each condition tree against each entity, twice."""

    def settle(self, readings: Readings) -> Settlement:
        """Apply all rules to a case without settled findings."""
        settlement, base = Settlement(readings), readings.base
        for number in range(len(base.strata) + 1):
            if number == base.stage_stratum:
                settle_stage(settlement, base)
            if number < len(base.strata):
                settled = settle_stratum(
                    settlement, number, lambda rule, entity: truths_of(rule, entity, readings)
                )
                readings.settled.findings.update(
                    (key, (found.working, found.strict)) for key, found in settled.items()
                )
        return settlement

    def apply(self, rule: Rule, readings: Readings) -> Iterator[tuple[Entity, Truths]]:
        """Yield each entity with the truths of *rule* about it."""
        for entity in readings.entities(rule.kind):
            yield entity, truths_of(rule, entity, readings)


def truths_of(rule: Rule, entity: Entity, readings: Readings) -> Truths:
    """Return the truths of *rule* for *entity* in both readings, by plain evaluation."""
    return (
        truth_of(rule, readings, entity, strict=False),
        truth_of(rule, readings, entity, strict=True),
    )


def _evaluate(condition: Condition, view: EntityView) -> Truth:
    """Return the truth of a condition without the short cuts of `EntityView.truth_of`.

    One of them takes for granted that what holds in the strict reading holds in the working one.
    The reference must not: it is what this is tested with.
    """
    return condition.evaluate(view)


def truth_of(
    rule: Rule,
    readings: Readings,
    entity: Entity,
    *,
    strict: bool,
    of: TruthOf = _evaluate,
) -> Truth:
    """Return the truth of *rule* for *entity* in one reading, by plain evaluation.

    Args:
        rule: The rule.
        readings: The case; the findings and the stage that the rule reads are settled.
        entity: What it is applied to.
        strict: The reading.
        of: Returns the truth of a condition.
    """
    view = readings.view(entity, strict=strict)
    when = of(rule.when, view)
    if when is False:
        return False
    unless = False if rule.unless is None else of(rule.unless, view)
    return rule_truth(when, unless, strict=strict)
