"""Settle findings stratum by stratum, then the stage, whichever engine applies the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.base import Ref
from kam_expert.knowledge.rule import rule_truth
from kam_expert.knowledge.status import Outcome, Settled, settle
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.values import Truth

Key = tuple[str, str, str]
Applied = "tuple[Rule, Entity, Truth, Truth]"


class Engine(Protocol):
    """Applies rules to a case whose lower strata are settled."""

    def apply(
        self, rules: Sequence[Rule], readings: Readings, stratum: int
    ) -> Iterable[tuple[Rule, Entity, Truth, Truth]]:
        """Return each rule and entity with its truth in the working and the strict reading."""


@dataclass
class Settlement:
    """A case after all rules were applied.

    Attributes:
        findings: Every finding about every entity it could be about, by (finding, kind, id).
        outcomes: For each of these, its rules and what they made of it.
    """

    readings: Readings
    findings: dict[Key, Settled] = field(default_factory=dict)
    outcomes: dict[Key, list[tuple[Rule, Outcome]]] = field(default_factory=dict)
    possible_stages: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    verdict: str = ""
    leaning: str | None = None


def settle_case(case: Case, base: KnowledgeBase, day: object, engine: Engine) -> Settlement:
    """Apply all rules of *base* to *case*.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis; later answers are not seen.
        engine: What applies the rules of one stratum.
    """
    return settle_readings(Readings(case, base, day), base, engine)  # type: ignore[arg-type]


def settle_readings(readings: Readings, base: KnowledgeBase, engine: Engine) -> Settlement:
    """Apply all rules of *base* to a case whose readings are there and have settled nothing yet."""
    settlement = Settlement(readings)
    for number, names in enumerate(base.strata):
        if number == base.stage_stratum:
            settle_stage(settlement, base)
        rules = [rule for name in names for rule in base.rules_for(name)]
        if rules:
            for rule, entity, working, strict in engine.apply(rules, settlement.readings, number):
                outcome = Outcome(rule.strength, rule.fact_names, working, strict)
                key = (rule.finding, entity.kind, entity.id)
                settlement.outcomes.setdefault(key, []).append((rule, outcome))
        _settle_findings(settlement, names, base)
    if settlement.readings.settled.stages is None:
        settle_stage(settlement, base)
    return settlement


def _settle_findings(settlement: Settlement, names: Iterable[str], base: KnowledgeBase) -> None:
    wanted = set(names)
    truths = settlement.readings.settled.findings
    for key, found in settlement.outcomes.items():
        if key[0] not in wanted:
            continue
        # Engines may answer in any order; reasons stand in the order of the rule base.
        found.sort(key=lambda pair: pair[0].file)
        knowledge = base.findings[key[0]].about_knowledge is not None
        settled = settle([outcome for _, outcome in found], about_knowledge=knowledge)
        settlement.findings[key] = settled
        truths[key] = (settled.working, settled.strict)


def settle_stage(settlement: Settlement, base: KnowledgeBase) -> None:
    """Settle the stage from the features and vetoes settled so far."""
    model, readings = base.stage_model, settlement.readings
    account = readings.case.account
    view = readings.view(account, strict=False)
    contact = any(view.read(Ref(name)) is not UNKNOWN for name in model.contact_facts)
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
    settlement.leaning = model.leaning(working)


class PlainEngine:
    """The reference: evaluates each condition tree against each entity, twice."""

    def apply(
        self, rules: Sequence[Rule], readings: Readings, stratum: int
    ) -> Iterator[tuple[Rule, Entity, Truth, Truth]]:
        """Yield each rule and entity with its truth in the working and the strict reading."""
        del stratum
        for rule in rules:
            for entity in readings.entities(rule.kind):
                working, strict = (
                    truth_of(rule, readings, entity, strict=reading) for reading in (False, True)
                )
                yield rule, entity, working, strict


def truth_of(rule: Rule, readings: Readings, entity: Entity, *, strict: bool) -> Truth:
    """Return the truth of *rule* about *entity* in one reading, by plain evaluation."""
    view = readings.view(entity, strict=strict)
    when = rule.when.evaluate(view)
    if when is False:
        return False
    unless = False if rule.unless is None else rule.unless.evaluate(view)
    return rule_truth(when, unless, strict=strict)
