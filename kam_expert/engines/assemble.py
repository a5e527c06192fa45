"""From settled findings to a diagnosis: reasons, strategy, steps in order, open questions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from kam_expert.engines.causes import main_causes
from kam_expert.engines.next_steps import next_steps
from kam_expert.engines.planning import PlanLimits, Weights, in_order, plan_of
from kam_expert.engines.questions import open_questions
from kam_expert.engines.reasons import Explainer, plain_found, reversals_of
from kam_expert.engines.settling import Settlement, settle_case
from kam_expert.knowledge.about import About
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.rule import rule_truth
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely, rank, settle
from kam_expert.results.diagnosis import (
    Assumption,
    ContradictionFound,
    Diagnosis,
    Feature,
    Finding,
    Hinge,
    StageResult,
    StrategyResult,
    VoidedAnswer,
)
from kam_expert.results.later import Later

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from kam_expert.engines.settling import Engine, Key
    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.status import Outcome
    from kam_expert.results.diagnosis import Cause, NextStep, OpenQuestion, Reason
    from kam_expert.results.plan import Plan


def diagnose(
    case: Case,
    base: KnowledgeBase,
    day: date,
    engine: Engine,
    *,
    with_strategy: bool = True,
) -> Diagnosis:
    """Diagnose one account.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis.
        engine: `ForwardChainingEngine` or `PlainEngine`; both give the same.
        with_strategy: See `assemble`.

    Returns:
        The diagnosis; the same for the same arguments, in every process.
    """
    settlement = settle_case(case, base, day, engine)
    return assemble(settlement, base, with_strategy=with_strategy)


@dataclass(frozen=True)
class Advice:
    """The findings of a settled case, and what is to be done about them.

    Attributes:
        steps: What is proposed, in the order of the rule base.
        hidden: Steps that a note hides.
    """

    findings: tuple[Finding, ...]
    strategy: StrategyResult | None
    steps: tuple[NextStep, ...]
    hidden: tuple[str, ...]
    causes: tuple[Cause, ...]
    plan: Plan


def advise(
    settlement: Settlement,
    base: KnowledgeBase,
    explainer: Explainer | None = None,
    *,
    with_strategy: bool = True,
) -> Advice:
    """Return the findings, the strategy, the steps and the plan of a settled case."""
    readings = settlement.readings
    explainer = explainer or Explainer(readings)
    findings = _findings(settlement, base, explainer)
    strategy = _strategy(settlement, base, explainer) if with_strategy else None
    steps, kept, hidden = next_steps(settlement, findings, base, strategy)
    causes = main_causes(findings, base)
    limits = PlanLimits(agreed=tuple(replace(entry, place=None) for entry in readings.case.plan))
    weighed = Weights(findings, causes, strategy, base)
    plan = replace(plan_of(steps, weighed, base, readings.day, limits), keep_doing=tuple(kept))
    return Advice(findings, strategy, tuple(steps), hidden, causes, plan)


def assemble(
    settlement: Settlement,
    base: KnowledgeBase,
    *,
    with_strategy: bool = True,
    most_ordered: int | None = None,
    earlier: Sequence[OpenQuestion] = (),
) -> Diagnosis:
    """Return the diagnosis of a settled case.

    Args:
        settlement: The settled case.
        base: The rule base.
        with_strategy: Whether the strategy is named and decides on the steps and their order.
        most_ordered: See `open_questions`.
        earlier: The questions before the last change; see `open_questions`.
    """
    readings = settlement.readings
    account = readings.case.account
    explainer = Explainer(readings)
    advice = advise(settlement, base, explainer, with_strategy=with_strategy)
    return Diagnosis(
        account_id=account.id,
        account_name=account.name,
        day=readings.day,
        rule_base_version=base.version,
        rule_base_digest=base.digest,
        facts_digest=readings.case.digest(),
        stage=_stage(settlement, base),
        findings=advice.findings,
        next_steps=in_order(advice.steps, advice.plan),
        open_questions=open_questions(settlement, base, explainer.truths, most_ordered, earlier),
        contradictions=tuple(
            ContradictionFound(found.kind, found.name, About(*found.about), found.other)
            for found in readings.contradictions()
        ),
        strategy=advice.strategy,
        hidden_steps=advice.hidden,
        voided=_voided(settlement),
        causes=advice.causes,
        plan=advice.plan,
    )


def _strategy(
    settlement: Settlement, base: KnowledgeBase, explainer: Explainer
) -> StrategyResult | None:
    account = settlement.readings.case.account
    settled = {
        name: found
        for name in base.strategy_findings
        if (found := settlement.findings.get((name, account.kind, account.id)))
    }
    if not settled:
        return None
    [one] = (s.id for s in base.strategies if at_least_likely(settled[s.id].status))
    return StrategyResult(
        found=_finding((one, account.kind, account.id), account, settlement, base, explainer),
        could_be=tuple(s.id for s in base.strategies if settled[s.id].strict is not False),
        passed_over=tuple(
            s.id
            for s in base.strategies
            if s.applies and s.id != one and at_least_likely(settled[s.applies].status)
        ),
        chosen=settlement.readings.case.notes.strategy,
    )


def _voided(settlement: Settlement) -> tuple[VoidedAnswer, ...]:
    """Return the answers that no longer hold, by subject, fact and date."""
    readings = settlement.readings
    found = []
    for voided in readings.voided:
        answer, event = voided.answer, voided.event
        assert answer.as_of is not None  # noqa: S101 -- only a dated answer is known to be older
        about = About(voided.kind, voided.id)
        said = (about, voided.fact, voided.side, plain_found(answer.value), answer.as_of)
        found.append(VoidedAnswer(*said, event.kind, event.id, event.first, event.last))
    return tuple(sorted(found, key=lambda v: (v.about.kind, v.about.id, v.fact, v.side, v.as_of)))


def _stage(settlement: Settlement, base: KnowledgeBase) -> StageResult:
    model = base.stage_model
    account = settlement.readings.case.account
    strict = settlement.possible_stages[1]

    def feature(name: str, group: str) -> Feature:
        settled = settlement.findings.get((name, account.kind, account.id))
        status, firm = (settled.status, settled.firm) if settled else ("absent", True)
        return Feature(name, group, status, firm)

    truths = {
        name: settlement.readings.settled.finding(name, account.kind, account.id, strict=False)
        for name in model.findings_read
    }
    features = [feature(name, s.group) for s in model.stages for name in s.features]
    undetermined = settlement.verdict == UNDETERMINED
    return StageResult(
        verdict=settlement.verdict,
        firm=not undetermined and strict == {settlement.verdict},
        leaning=settlement.leaning if undetermined else None,
        features=tuple(features),
        vetoes=tuple(feature(name, base.findings[name].group) for name in model.vetoes),
        reached={
            stage.name: (
                sum(f.group == stage.group and at_least_likely(f.status) for f in features),
                stage.needed,
            )
            for stage in model.stages
        },
        at_most={
            stage.name: sum(truths[name] is not False for name in stage.features)
            for stage in model.stages
        },
        # Knowing more cannot make the stage undetermined.
        could_be=tuple(
            name
            for name in (*model.names, UNDETERMINED)
            if name in strict and (name != UNDETERMINED or undetermined)
        ),
        margin=model.margin(settlement.verdict, truths),
        hangs_on=tuple(
            Hinge(name, other, _near_thresholds(settlement, (name, account.kind, account.id)))
            for name, other in model.hinges(settlement.verdict, truths).items()
        ),
        lacks_core=model.lacks_core(truths),
    )


def _near_thresholds(settlement: Settlement, key: Key) -> tuple[str, ...]:
    """Return the thresholds of a likely finding's rules that, moved a little, take it away."""
    readings = settlement.readings
    view = readings.view(readings.case.account, strict=False)
    outcomes = settlement.outcomes[key]
    found: dict[str, None] = {}
    for place, (rule, outcome) in enumerate(outcomes):
        for moved in rule.moved:
            when = moved.when.evaluate(view)
            unless = False if moved.unless is None else moved.unless.evaluate(view)
            truth = rule_truth(when, unless, strict=False)
            others = [other for _, other in (*outcomes[:place], *outcomes[place + 1 :])]
            if settle([*others, replace(outcome, working=truth)]).working is not True:
                found[f"{rule.name}.{moved.name}"] = None
    return tuple(found)


def _entities(settlement: Settlement) -> dict[tuple[str, str], Entity]:
    """Return every entity that a finding could be about, by kind and id."""
    kinds = {kind for _, kind, _ in settlement.findings}
    return {(kind, e.id): e for kind in kinds for e in settlement.readings.entities(kind)}


def _variant(name: str, settlement: Settlement, base: KnowledgeBase) -> tuple[str, str | None]:
    account = settlement.readings.case.account
    doc = base.findings[name]

    def is_likely(name: str) -> bool:
        other = settlement.findings.get((name, account.kind, account.id))
        return other is not None and at_least_likely(other.status)

    variant = doc.variant(is_likely)
    if variant is None:
        return doc.severity, None
    return variant.severity or doc.severity, variant.when


def _findings(
    settlement: Settlement, base: KnowledgeBase, explainer: Explainer
) -> tuple[Finding, ...]:
    entities = _entities(settlement)
    order = {name: index for index, name in enumerate(base.findings)}
    found = [
        _finding(key, entities[key[1:]], settlement, base, explainer)
        for key, settled in settlement.findings.items()
        if settled.status != "absent" and key[0] not in base.strategy_findings
    ]
    found.sort(
        key=lambda f: (
            -rank(f.status), SEVERITIES.index(f.severity), order[f.id], f.about.kind,
            f.about.id, f.about.fact or "",
        )
    )  # fmt: skip
    return tuple(found)


def _finding(
    key: Key, entity: Entity, settlement: Settlement, base: KnowledgeBase, explainer: Explainer
) -> Finding:
    readings, settled = settlement.readings, settlement.findings[key]
    outcomes = settlement.outcomes[key]
    said = [pair for pair in outcomes if pair[1].word != "silent"]
    likely = at_least_likely(settled.status)
    severity, variant = _variant(key[0], settlement, base)
    return Finding(
        id=key[0],
        about=readings.view(entity, strict=False).about,
        status=settled.status,
        firm=settled.firm,
        severity=severity,
        variant=variant,
        assumes=Later(partial(_assumed, said, entity, explainer)),
        reasons=Later(partial(_reasons, said, entity, explainer)),
        reversed_by=Later(partial(reversals_of, outcomes, readings, entity)) if likely else (),
    )


def _assumed(
    said: Sequence[tuple[Rule, Outcome]], entity: Entity, explainer: Explainer
) -> tuple[Assumption, ...]:
    """Return what the assumed rules behind a finding assume."""
    found = (
        assumption
        for rule, outcome in said
        if outcome.word == "assumed"
        for assumption in explainer.assumptions(rule, entity)
    )
    return tuple(dict.fromkeys(found))


def _reasons(
    said: Sequence[tuple[Rule, Outcome]], entity: Entity, explainer: Explainer
) -> tuple[Reason, ...]:
    """Return the rules behind a finding, those that hold first, as reasons."""
    ordered = sorted(said, key=lambda pair: ("holds", "assumed", "open").index(pair[1].word))
    return tuple(explainer.reason(rule, outcome, entity) for rule, outcome in ordered)
