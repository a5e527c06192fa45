"""From settled findings to a diagnosis: reasons, steps in order, open questions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kam_expert.engines.causes import main_causes
from kam_expert.engines.questions import open_questions
from kam_expert.engines.reasons import Explainer, reversals_of
from kam_expert.engines.settling import Settlement, settle_case
from kam_expert.knowledge.about import About
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely, rank
from kam_expert.results.diagnosis import (
    ContradictionFound,
    Diagnosis,
    Feature,
    Finding,
    NextStep,
    StageResult,
)

if TYPE_CHECKING:
    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase

_SEVERITIES = ("high", "medium", "low", "info")


def diagnose(case: Case, base: KnowledgeBase, day: date, engine: Engine) -> Diagnosis:
    """Diagnose one account.

    Args:
        case: The facts.
        base: The rule base.
        day: The date of the diagnosis.
        engine: `SessionEngine` or `PlainEngine`; both give the same.

    Returns:
        The diagnosis; the same for the same arguments, in every process.
    """
    return assemble(settle_case(case, base, day, engine), base)


def assemble(settlement: Settlement, base: KnowledgeBase) -> Diagnosis:
    """Return the diagnosis of a settled case."""
    readings = settlement.readings
    account = readings.case.account
    findings = _findings(settlement, base)
    steps, hidden = _steps(settlement, findings, base)
    return Diagnosis(
        account_id=account.id,
        account_name=account.name,
        day=readings.day,
        rule_base_version=base.version,
        rule_base_digest=base.digest,
        facts_digest=readings.case.digest(),
        stage=_stage(settlement, base),
        findings=findings,
        next_steps=steps,
        open_questions=open_questions(settlement, base),
        contradictions=tuple(
            ContradictionFound(found.kind, found.name, About(*found.about), found.other)
            for found in readings.contradictions()
        ),
        hidden_steps=hidden,
        causes=main_causes(findings, base),
    )


def _stage(settlement: Settlement, base: KnowledgeBase) -> StageResult:
    model = base.stage_model
    account = settlement.readings.case.account
    strict = settlement.possible_stages[1]

    def feature(name: str, group: str) -> Feature:
        settled = settlement.findings.get((name, account.kind, account.id))
        status, firm = (settled.status, settled.firm) if settled else ("absent", True)
        return Feature(name, group, status, firm)

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
        could_be=tuple(
            name for name in (*model.names, UNDETERMINED) if name in settlement.possible_stages[1]
        ),
    )


def _entities(settlement: Settlement) -> dict[tuple[str, str], Entity]:
    """Return every entity that a finding could be about, by kind and id."""
    kinds = {kind for _, kind, _ in settlement.findings}
    return {(kind, e.id): e for kind in kinds for e in settlement.readings.entities(kind)}


def _variant(name: str, settlement: Settlement, base: KnowledgeBase) -> tuple[str, str | None]:
    account = settlement.readings.case.account
    doc = base.findings[name]
    for variant in doc.variants:
        other = settlement.findings.get((variant.when, account.kind, account.id))
        if other and at_least_likely(other.status):
            return variant.severity or doc.severity, variant.when
    return doc.severity, None


def _findings(settlement: Settlement, base: KnowledgeBase) -> tuple[Finding, ...]:
    readings = settlement.readings
    explainer = Explainer(readings)
    entities = _entities(settlement)
    order = {name: index for index, name in enumerate(base.findings)}
    found = []
    for key, settled in settlement.findings.items():
        if settled.status == "absent":
            continue
        entity = entities[key[1:]]
        outcomes = settlement.outcomes[key]
        said = [pair for pair in outcomes if pair[1].word != "silent"]
        assumes = dict.fromkeys(
            assumption
            for rule, outcome in said
            if outcome.word == "assumed"
            for assumption in explainer.assumptions(rule, entity)
        )
        severity, variant = _variant(key[0], settlement, base)
        found.append(
            Finding(
                id=key[0],
                about=readings.view(entity, strict=False).about,
                status=settled.status,
                firm=settled.firm,
                severity=severity,
                variant=variant,
                assumes=tuple(assumes),
                reasons=tuple(
                    explainer.reason(rule, outcome, entity)
                    for rule, outcome in sorted(
                        said, key=lambda p: ("holds", "assumed", "open").index(p[1].word)
                    )
                ),
                reversed_by=reversals_of(outcomes, readings, entity)
                if at_least_likely(settled.status)
                else (),
            )
        )
    found.sort(
        key=lambda f: (
            -rank(f.status), _SEVERITIES.index(f.severity), order[f.id], f.about.kind,
            f.about.id, f.about.fact or "",
        )
    )  # fmt: skip
    return tuple(found)


def _steps(
    settlement: Settlement, findings: tuple[Finding, ...], base: KnowledgeBase
) -> tuple[tuple[NextStep, ...], tuple[str, ...]]:
    case = settlement.readings.case
    account = case.account
    likely = [f for f in findings if at_least_likely(f.status)]
    standing = {(f.id, f.about.kind, f.about.id) for f in likely}
    undecided = {(f.id, f.about.kind, f.about.id) for f in findings if f.status == "open"}

    def stands(name: str, about: About, among: set[tuple[str, str, str]]) -> bool:
        if base.findings[name].about == "decision" and about.kind != "decision":
            return any(key[0] == name for key in among)
        return (name, about.kind, about.id) in among or (name, account.kind, account.id) in among

    def undecided_of(name: str, about: About) -> bool:
        # Without a list of decisions, nothing about any decision is known.
        unnamed = case.decisions is None and base.findings[name].about == "decision"
        return unnamed or stands(name, about, undecided)

    proposed: dict[tuple[str, About], tuple[list[str], str | None]] = {}
    for step, doc in base.steps.items():
        for finding in likely:
            if finding.id not in doc.answers:
                continue
            about = replace(finding.about, fact=None)
            chosen, instead = step, None
            for cause, other in doc.replaced_by.items():
                if stands(cause, about, standing):
                    chosen, instead = other, step
                    if base.steps[other].about == "account":
                        about = About(account.kind, account.id)
                    break
            because, _ = proposed.setdefault((chosen, about), ([], instead))
            if finding.id not in because:
                because.append(finding.id)
    steps = []
    hidden = []
    notes = case.notes.steps
    for (step, about), (because, instead) in proposed.items():
        doc = base.steps[step]
        kind = base.step_book.kinds[doc.kind]
        if any(stands(name, about, standing) for name in (*kind.dropped_by, *doc.dropped_by)):
            continue
        held = [
            name
            for name in dict.fromkeys((*kind.held_back_by, *doc.held_back_by))
            if name not in because and stands(name, about, standing)
        ]
        held += [
            name
            for name in kind.held_back_while_open
            if name not in because and name not in held and undecided_of(name, about)
        ]
        note = notes.get(step)
        if note and note.hide:
            hidden.append(step)
            continue
        steps.append(
            NextStep(
                id=step,
                about=about,
                kind=doc.kind,
                within_days=doc.within_days,
                due=settlement.readings.day + timedelta(days=doc.within_days),
                order=0,
                because=tuple(because),
                held_back_by=tuple(held),
                cautions=tuple(dict.fromkeys((*doc.cautions, *base.step_book.always))),
                instead_of=instead,
                owner=note.owner if note else None,
                noted_due=note.due if note else None,
            )
        )
    worst = {(f.id, f.about.kind, f.about.id): _SEVERITIES.index(f.severity) for f in findings}
    position = {name: index for index, name in enumerate(base.steps)}
    steps.sort(
        key=lambda s: (
            base.step_book.kinds[s.kind].rank,
            min(worst.get((b, s.about.kind, s.about.id), 9) for b in s.because),
            position[s.id], s.about.kind, s.about.id,
        )
    )  # fmt: skip
    numbered = tuple(replace(step, order=number) for number, step in enumerate(steps, 1))
    return numbered, tuple(dict.fromkeys(hidden))
