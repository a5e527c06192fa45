"""The next steps: which findings lead to which, and what they wait for."""

from __future__ import annotations

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
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.advice_documents import StepDoc
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Finding, StrategyResult

#: Finding, kind and id of what it is about.
_Place = tuple[str, str, str]


class _AskedFindings:
    """The findings of a case that steps ask for: those that are likely or better, and the open."""

    def __init__(
        self,
        case: Case,
        findings: Sequence[Finding],
        base: KnowledgeBase,
        strategy: StrategyResult | None,
    ) -> None:
        self._base = base
        self._case = case
        account = case.account
        self.account = About(account.kind, account.id)
        self.likely = [
            (f.id, f.about._replace(fact=None)) for f in findings if at_least_likely(f.status)
        ]
        if strategy:
            self.likely.append((strategy.effective, self.account))
        self.names = {name for name, _ in self.likely}
        self._places = {(name, about.kind, about.id) for name, about in self.likely}
        self._open = {(f.id, f.about.kind, f.about.id) for f in findings if f.status == "open"}

    def is_likely(self, name: str, about: About) -> bool:
        """Return whether a finding about an entity, or about its account, is likely or better."""
        return self._is_among(self._places, name, about)

    def is_open(self, name: str, about: About) -> bool:
        """Return whether a finding about an entity, or about its account, is open."""
        # Without a list of decisions, nothing about any decision is known.
        unnamed = self._case.decisions is None and self._base.findings[name].about == "decision"
        return unnamed or self._is_among(self._open, name, about)

    def _is_among(self, places: set[_Place], name: str, about: About) -> bool:
        if self._base.findings[name].about == "decision" and about.kind != "decision":
            return any(place[0] == name for place in places)
        whole = self.account
        return (name, about.kind, about.id) in places or (name, whole.kind, whole.id) in places

    def proposed(self) -> dict[tuple[str, About], tuple[list[str], str | None]]:
        """Return the steps that answer what is likely, in the order of the rule base.

        Each has the findings that it answers, and the step that it replaces, if it does.
        """
        steps = self._base.steps
        found: dict[tuple[str, About], tuple[list[str], str | None]] = {}
        for step, doc in steps.items():
            if self.names.isdisjoint(doc.answers):
                continue
            for finding, subject in self.likely:
                if finding not in doc.answers:
                    continue
                about, chosen, instead = subject, step, None
                for cause, other in doc.replaced_by.items():
                    if self.is_likely(cause, about):
                        chosen, instead = other, step
                        if steps[other].about == "account":
                            about = self.account
                        break
                because, _ = found.setdefault((chosen, about), ([], instead))
                if finding not in because:
                    because.append(finding)
        position = {name: place for place, name in enumerate(steps)}
        in_order = sorted(found, key=lambda f: (position[f[0]], f[1].kind, f[1].id))
        return {key: found[key] for key in in_order}

    def is_dropped(self, doc: StepDoc, about: About) -> bool:
        """Return whether a step is dropped by what is likely."""
        return any(self.is_likely(name, about) for name in self._base.step_book.dropping(doc))

    def holding(self, doc: StepDoc, about: About, because: Sequence[str]) -> tuple[str, ...]:
        """Return what holds a step back, except what it answers."""
        book = self._base.step_book
        held = [
            name
            for name, anywhere in book.holding(doc).items()
            if name not in because
            and (name in self.names if anywhere else self.is_likely(name, about))
        ]
        held += [
            name
            for name in book.kinds[doc.kind].held_back_while_open
            if name not in because and name not in held and self.is_open(name, about)
        ]
        return tuple(held)


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
    readings = settlement.readings
    asked = _AskedFindings(readings.case, findings, base, strategy)
    model = base.strategy(strategy.effective) if strategy else None
    steps = []
    kept: dict[str, list[About]] = {}
    hidden = []
    for (step, about), (because, instead) in asked.proposed().items():
        doc = base.steps[step]
        if asked.is_dropped(doc, about) or (model and doc.purpose not in model.allowed):
            continue
        if step in base.done_when and readings.is_true(base.done_when[step], about):
            if doc.every is not None:
                kept.setdefault(step, []).append(about)
            continue
        note = readings.case.notes.steps.get(step)
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
                due=_due(doc, (event_day, end), readings.day),
                order=0,
                because=tuple(because),
                held_back_by=asked.holding(doc, about, because),
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
