"""The next steps: which findings lead to which, what they wait for, and their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.strategy import StepState, slot_of, step_key
from kam_expert.results.diagnosis import NextStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.engines.settling import Settlement
    from kam_expert.knowledge.advice_documents import StepDoc
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Finding, StrategyResult

#: Finding, kind and id of what it is about.
_Place = tuple[str, str, str]
#: More than the place of any severity: no finding about the same thing.
_ELSEWHERE = len(SEVERITIES)


def next_steps(
    settlement: Settlement,
    findings: Sequence[Finding],
    base: KnowledgeBase,
    strategy: StrategyResult | None,
) -> tuple[tuple[NextStep, ...], tuple[str, ...]]:
    """Return the next steps in order, and the steps that a note hides.

    Args:
        settlement: The settled case.
        findings: Its findings.
        base: The rule base.
        strategy: Says which steps are proposed and which come first; None for no strategy.
    """
    case = settlement.readings.case
    account = case.account
    model = base.strategy(strategy.effective) if strategy else None
    likely = [(f.id, replace(f.about, fact=None)) for f in findings if at_least_likely(f.status)]
    if strategy:
        likely.append((strategy.effective, About(account.kind, account.id)))
    standing = {(name, about.kind, about.id) for name, about in likely}
    likely_names = {name for name, _ in likely}
    undecided = {(f.id, f.about.kind, f.about.id) for f in findings if f.status == "open"}

    def stands(name: str, about: About, among: set[_Place]) -> bool:
        if base.findings[name].about == "decision" and about.kind != "decision":
            return any(key[0] == name for key in among)
        return (name, about.kind, about.id) in among or (name, account.kind, account.id) in among

    def undecided_of(name: str, about: About) -> bool:
        # Without a list of decisions, nothing about any decision is known.
        unnamed = case.decisions is None and base.findings[name].about == "decision"
        return unnamed or stands(name, about, undecided)

    proposed: dict[tuple[str, About], tuple[list[str], str | None]] = {}
    for step, doc in base.steps.items():
        for finding, subject in likely:
            if finding not in doc.answers:
                continue
            about, chosen, instead = subject, step, None
            for cause, other in doc.replaced_by.items():
                if stands(cause, about, standing):
                    chosen, instead = other, step
                    if base.steps[other].about == "account":
                        about = About(account.kind, account.id)
                    break
            because, _ = proposed.setdefault((chosen, about), ([], instead))
            if finding not in because:
                because.append(finding)
    steps = []
    hidden = []
    notes = case.notes.steps
    for (step, about), (because, instead) in proposed.items():
        doc = base.steps[step]
        kind = base.step_book.kinds[doc.kind]
        if any(stands(name, about, standing) for name in base.step_book.dropping(doc)):
            continue
        if model and doc.purpose not in model.allowed:
            continue
        if step in base.done_when and settlement.readings.is_true(base.done_when[step], about):
            continue
        held = [
            name
            for name, anywhere in base.step_book.holding(doc).items()
            if name not in because
            and (name in likely_names if anywhere else stands(name, about, standing))
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
                due=_due(doc, about, settlement),
                order=0,
                because=tuple(because),
                held_back_by=tuple(held),
                cautions=tuple(dict.fromkeys((*doc.cautions, *base.step_book.always))),
                instead_of=instead,
                owner=note.owner if note else None,
                noted_due=note.due if note else None,
            )
        )
    return in_order(steps, findings, base, strategy), tuple(dict.fromkeys(hidden))


def _due(doc: StepDoc, about: About, settlement: Settlement) -> date:
    """Return the day by which a step is due: in time before the date that it comes before."""
    readings = settlement.readings
    due = readings.day + timedelta(days=doc.within_days)
    if doc.before is None:
        return due
    entity = next(e for e in readings.entities(about.kind) if e.id == about.id)
    date_of = readings.view(entity, strict=False).read(Ref(doc.before))
    if not isinstance(date_of, date) or date_of < readings.day:
        return due
    return max(readings.day, min(due, date_of - timedelta(days=1)))


def in_order(
    steps: Sequence[NextStep],
    findings: Sequence[Finding],
    base: KnowledgeBase,
    strategy: StrategyResult | None,
) -> tuple[NextStep, ...]:
    """Return steps in their order, numbered; arguments as for `next_steps`."""
    model = base.strategy(strategy.effective) if strategy else None
    worst = {(f.id, f.about.kind, f.about.id): SEVERITIES.index(f.severity) for f in findings}
    sure = {(f.id, f.about.kind, f.about.id) for f in findings if f.status == "established"}
    if strategy:
        about = strategy.found.about
        key = (strategy.effective, about.kind, about.id)
        worst[key] = SEVERITIES.index(base.findings[strategy.effective].severity)
        # What somebody decided is not merely likely.
        if strategy.chosen or strategy.found.status == "established":
            sure.add(key)
    position = {name: index for index, name in enumerate(base.steps)}

    def state_of(step: NextStep) -> StepState:
        reasons = [(name, step.about.kind, step.about.id) for name in step.because]
        return StepState(
            kind=step.about.kind,
            severity=min(worst.get(reason, _ELSEWHERE) for reason in reasons),
            established=any(reason in sure for reason in reasons),
            held=bool(step.held_back_by),
        )

    def key_of(step: NextStep, *, fills: bool) -> tuple[int, int, str, str]:
        doc, state = base.steps[step.id], states[step.id, step.about]
        key = step_key(doc, state, model, base.step_book, fills=fills)
        return key, position[step.id], step.about.kind, step.about.id

    def slot(step: NextStep) -> int | None:
        doc, state = base.steps[step.id], states[step.id, step.about]
        return slot_of(doc, state, model, base.step_book)

    states = {(step.id, step.about): state_of(step) for step in steps}
    ordered = sorted(steps, key=lambda step: key_of(step, fills=True))
    filled: dict[int | None, str] = {}
    for step in ordered:
        filled.setdefault(slot(step), step.id)
    ordered.sort(key=lambda step: key_of(step, fills=filled[slot(step)] == step.id))
    return tuple(replace(step, order=number) for number, step in enumerate(ordered, 1))
