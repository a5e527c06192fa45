"""The next steps: which findings lead to which, and what they wait for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.status import at_least_likely
from kam_expert.results.diagnosis import NextStep
from kam_expert.results.plan import KeptStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.engines.settling import Settlement
    from kam_expert.knowledge.advice_documents import StepDoc
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Finding, StrategyResult

#: Finding, kind and id of what it is about.
_Place = tuple[str, str, str]


def next_steps(
    settlement: Settlement,
    findings: Sequence[Finding],
    base: KnowledgeBase,
    strategy: StrategyResult | None,
) -> tuple[list[NextStep], list[KeptStep], tuple[str, ...]]:
    """Return the next steps, the steps that have succeeded and go on, and those that a note hides.

    All are in the order of the rule base.

    Args:
        settlement: The settled case.
        findings: Its findings.
        base: The rule base.
        strategy: Says which steps are proposed; None for no strategy.
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
        if likely_names.isdisjoint(doc.answers):
            continue
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
    kept: dict[str, list[About]] = {}
    hidden = []
    notes = case.notes.steps
    position = {name: place for place, name in enumerate(base.steps)}
    found = sorted(proposed.items(), key=lambda f: (position[f[0][0]], f[0][1].kind, f[0][1].id))
    for (step, about), (because, instead) in found:
        doc = base.steps[step]
        kind = base.step_book.kinds[doc.kind]
        if any(stands(name, about, standing) for name in base.step_book.dropping(doc)):
            continue
        if model and doc.purpose not in model.allowed:
            continue
        if step in base.done_when and settlement.readings.is_true(base.done_when[step], about):
            if doc.every is not None:
                kept.setdefault(step, []).append(about)
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
        days = base.days_before(step, about.kind)
        event_day, end = (_first_day(facts, about, settlement) for facts in days)
        steps.append(
            NextStep(
                id=step,
                about=about,
                kind=doc.kind,
                within_days=doc.within_days,
                due=_due(doc, (event_day, end), settlement.readings.day),
                order=0,
                because=tuple(because),
                held_back_by=tuple(held),
                cautions=tuple(dict.fromkeys((*doc.cautions, *base.step_book.always))),
                instead_of=instead,
                owner=note.owner if note else None,
                noted_due=note.due if note else None,
                event_day=event_day,
            )
        )
    going_on = [KeptStep(n, tuple(abouts), base.steps[n].every or 0) for n, abouts in kept.items()]
    return steps, going_on, tuple(dict.fromkeys(hidden))


def _first_day(facts: Iterable[str], about: About, settlement: Settlement) -> date | None:
    """Return the first day to come that *facts* tell of; a fact of others, of any of them."""
    readings = settlement.readings
    days: list[object] = []
    for name in facts:
        kind = readings.base.facts[name].kind
        if kind in (about.kind, "account"):
            of = [entity for entity in readings.entities(about.kind) if entity.id == about.id]
        else:
            of = list(readings.entities(kind))
        days += [readings.view(entity, strict=False).read(Ref(name)) for entity in of]
    return min((d for d in days if isinstance(d, date) and d >= readings.day), default=None)


def _due(doc: StepDoc, days: Iterable[date | None], day: date) -> date:
    """Return the day by which a step is done: the day before each of *days* at the latest."""
    due = day + timedelta(days=doc.within_days)
    return max(day, min([due, *(each - timedelta(days=1) for each in days if each is not None)]))
