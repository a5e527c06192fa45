"""A diagnosis as JSON, the contract for other programs. Texts are in both languages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.json_parts import (
    AboutPart,
    AccountPart,
    DocumentPart,
    ReasonPart,
    RestPart,
    Status,
    Texts,
    about_data,
    account_data,
    followers_data,
    plain_data,
    reasons_data,
    text_data,
)
from kam_expert.outputs.json_plan import PlanPart, plan_data
from kam_expert.outputs.question_words import question_text
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.audience import Edition
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results import diagnosis as d
    from kam_expert.results.edition import ReaderEdition


class RuleBasePart(DocumentPart):
    """The rule base of the diagnosis."""

    version: str
    digest: str


class FeaturePart(DocumentPart):
    """A feature of a stage, or a veto."""

    finding: str
    group: str
    status: Status
    firm: bool


class HingePart(DocumentPart):
    """A feature or veto without which the verdict is another one."""

    finding: str
    verdict: str
    thresholds: list[str]


class StagePart(DocumentPart):
    """The stage verdict."""

    verdict: str
    firm: bool
    leaning: str | None
    features: list[FeaturePart]
    vetoes: list[FeaturePart]
    reached: dict[str, dict[str, int]]
    could_be: list[str]
    margin: int | None
    hangs_on: list[HingePart]
    lacks_core: list[str]
    texts: Texts


class ChosenPart(DocumentPart):
    """A strategy that somebody set in place of the one that the rules give."""

    id: str
    reason: str


class AssumptionPart(DocumentPart):
    """An assumption; only the consultant reads the name of a rule."""

    kind: str
    name: str | None
    about: AboutPart


class ReversalPart(DocumentPart):
    """A single change that reverses the conclusion."""

    about: AboutPart
    fact: str
    side: str | None
    to: dict[str, Any]


class FindingPart(DocumentPart):
    """A concluded or open finding."""

    id: str
    about: AboutPart
    status: Status
    firm: bool
    assumes: list[AssumptionPart]
    severity: Literal["info", "low", "medium", "high"]
    variant: str | None
    reasons: list[ReasonPart]
    reversed_by: list[ReversalPart]
    texts: Texts


class StrategyPart(DocumentPart):
    """The strategy that the rules give, and what was chosen in its place."""

    id: str
    status: Status
    firm: bool
    assumes: list[AssumptionPart]
    reasons: list[ReasonPart]
    reversed_by: list[ReversalPart]
    could_be: list[str]
    passed_over: list[str]
    chosen: ChosenPart | None
    name: Texts
    texts: Texts


class CausePart(DocumentPart):
    """A main cause; *about* lists everybody about whom it is the same finding."""

    finding: str
    about: list[AboutPart]
    severity: Literal["low", "medium", "high"]
    status: Literal["established", "likely"]
    rests: list[RestPart]


class StepPart(DocumentPart):
    """A next step; *place* is that of its move in the plan, *effort* is in half days."""

    id: str
    about: AboutPart
    kind: str
    who: Texts
    within_days: int
    due: str
    order: int
    in_plan: bool
    place: int | None
    effort: int
    with_customer: bool
    because: list[str]
    held_back_by: list[str]
    cautions: list[str]
    instead_of: str | None
    owner: str | None
    noted_due: str | None
    name: Texts
    do: Texts
    success: Texts


class QuestionPart(DocumentPart):
    """A question whose answer matters; *fact* is a fact, or ``complete.`` and a list."""

    fact: str
    of: str | None
    about: AboutPart
    asked_of: Literal["us", "customer", "both"]
    side: Literal["ours", "theirs"]
    why: Literal["open", "not_firm", "voided"]
    could_change: list[str]
    texts: Texts


class VoidedPart(DocumentPart):
    """An answer that no longer holds after an event of a kind between two days."""

    about: AboutPart
    fact: str
    side: Literal["ours", "theirs"]
    value: Any
    as_of: str
    event: str
    by: str
    from_day: str
    until: str


class ContradictionPart(DocumentPart):
    """Two things that cannot both hold."""

    kind: Literal["impossible", "mirror", "computed"]
    name: str
    about: AboutPart
    other: str


class EditionPart(DocumentPart):
    """The notes of an edition for other readers than the consultant."""

    kind: Literal["client", "customer"]
    reviewed_by: str | None


class DiagnosisDocument(DocumentPart):
    """A diagnosis of one account on one day.

    Only the editions for other readers than the consultant have ``edition``.
    """

    kam: Literal[1]
    account: AccountPart
    date: str
    rule_base: RuleBasePart
    facts_digest: str
    stage: StagePart
    strategy: StrategyPart | None
    findings: list[FindingPart]
    causes: list[CausePart]
    plan: PlanPart
    next_steps: list[StepPart]
    open_questions: list[QuestionPart]
    voided: list[VoidedPart] = []  # noqa: RUF012 -- pydantic copies defaults
    contradictions: list[ContradictionPart]
    comments: list[str]
    target_stage: str | None
    edition: EditionPart | None = None


def render_edition_json(edition: ReaderEdition, base: KnowledgeBase) -> str:
    """Return an edition as indented JSON text with a final line break."""
    data = as_data(edition.diagnosis, edition.case, base)
    data["edition"] = {"kind": edition.edition, "reviewed_by": edition.reviewed_by or None}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def render_json(diagnosis: d.Diagnosis, case: Case, base: KnowledgeBase) -> str:
    """Return the diagnosis as indented JSON text with a final line break."""
    return json.dumps(as_data(diagnosis, case, base), ensure_ascii=False, indent=1) + "\n"


def as_data(diagnosis: d.Diagnosis, case: Case, base: KnowledgeBase) -> dict[str, Any]:
    """Return the diagnosis as plain data in the shape of `DiagnosisDocument`."""
    words = {lang: Words(base, case, lang, diagnosis.day) for lang in LANGUAGES}
    stage, edition = diagnosis.stage, diagnosis.edition
    return {
        "kam": 1,
        "account": account_data(diagnosis, case),
        "date": diagnosis.day.isoformat(),
        "rule_base": {"version": diagnosis.rule_base_version, "digest": diagnosis.rule_base_digest},
        "facts_digest": diagnosis.facts_digest,
        "stage": {
            "verdict": stage.verdict,
            "firm": stage.firm,
            "leaning": stage.leaning,
            "features": [_feature(feature) for feature in stage.features],
            "vetoes": [_feature(feature) for feature in stage.vetoes],
            "reached": {
                name: {"seen": seen, "needed": needed}
                for name, (seen, needed) in stage.reached.items()
            },
            "could_be": list(stage.could_be),
            "margin": stage.margin,
            "hangs_on": [
                {
                    "finding": h.finding,
                    "verdict": h.verdict,
                    "thresholds": list(h.thresholds if edition.names_rules else ()),
                }
                for h in stage.hangs_on
            ],
            "lacks_core": list(stage.lacks_core),
            "texts": text_data(base.stage_model.says(stage.verdict)),
        },
        "strategy": _strategy(diagnosis.strategy, base, words, edition),
        "findings": [_finding(found, words, edition) for found in diagnosis.findings],
        "causes": [
            {
                "finding": cause.first.id,
                "about": [about_data(found.about) for found in cause.findings],
                "severity": cause.first.severity,
                "status": cause.first.status,
                "rests": followers_data(cause),
            }
            for cause in diagnosis.causes
        ],
        "plan": plan_data(diagnosis, words),
        "next_steps": [_step(step, base) for step in diagnosis.next_steps],
        "open_questions": [
            _question(asked, base, diagnosis.edition) for asked in diagnosis.open_questions
        ],
        "voided": [
            {
                "about": about_data(v.about),
                "fact": v.fact,
                "side": v.side,
                "value": plain_data(v.value),
                "as_of": v.as_of.isoformat(),
                "event": v.event,
                "by": v.by,
                "from_day": v.from_day.isoformat(),
                "until": v.until.isoformat(),
            }
            for v in diagnosis.voided
        ],
        "contradictions": [
            {"kind": c.kind, "name": c.name, "about": about_data(c.about), "other": c.other}
            for c in diagnosis.contradictions
        ],
        "comments": list(case.notes.comments),
        "target_stage": case.notes.target_stage,
    }


def _feature(feature: d.Feature) -> dict[str, Any]:
    return {
        "finding": feature.finding,
        "group": feature.group,
        "status": feature.status,
        "firm": feature.firm,
    }


def _strategy(
    strategy: d.StrategyResult | None,
    base: KnowledgeBase,
    words: dict[str, Words],
    edition: Edition,
) -> dict[str, Any] | None:
    if strategy is None:
        return None
    finding, doc = _finding(strategy.found, words, edition), base.findings[strategy.found.id]
    kept = ("id", "status", "firm", "assumes", "reasons", "reversed_by")
    chosen = strategy.chosen
    return {
        **{key: finding[key] for key in kept},
        "could_be": list(strategy.could_be),
        "passed_over": list(strategy.passed_over),
        "chosen": None if chosen is None else {"id": chosen.id, "reason": chosen.reason},
        "name": text_data(doc.name),
        "texts": text_data(doc.means),
    }


def _finding(found: d.Finding, words: dict[str, Words], edition: Edition) -> dict[str, Any]:
    return {
        "id": found.id,
        "about": about_data(found.about),
        "status": found.status,
        "firm": found.firm,
        "assumes": [
            {
                "kind": a.kind,
                "name": a.name if edition.names_rules or not a.is_of_rule else None,
                "about": about_data(a.about),
            }
            for a in found.assumes
        ],
        "severity": found.severity,
        "variant": found.variant,
        "reasons": reasons_data(found, words, edition),
        "reversed_by": [
            {"about": about_data(r.about), "fact": r.fact, "side": r.side, "to": plain_data(r.to)}
            for r in found.reversed_by
        ],
        "texts": {lang: words[lang].headline(found) for lang in LANGUAGES},
    }


def _step(step: d.NextStep, base: KnowledgeBase) -> dict[str, Any]:
    doc = base.steps[step.id]
    return {
        "id": step.id,
        "about": about_data(step.about),
        "kind": step.kind,
        "who": text_data(doc.who),
        "within_days": step.within_days,
        "due": step.due.isoformat(),
        "order": step.order,
        "in_plan": step.place is not None,
        "place": step.place,
        "effort": doc.effort,
        "with_customer": doc.with_customer is not None,
        "because": list(step.because),
        "held_back_by": list(step.held_back_by),
        "cautions": list(step.cautions),
        "instead_of": step.instead_of,
        "owner": step.owner,
        "noted_due": step.noted_due.isoformat() if step.noted_due else None,
        "name": text_data(doc.name),
        "do": text_data(doc.do),
        "success": text_data(doc.success),
    }


def _question(asked: d.OpenQuestion, base: KnowledgeBase, edition: Edition) -> dict[str, Any]:
    return {
        "fact": asked.name,
        "of": asked.of,
        "about": about_data(asked.about),
        "asked_of": asked.asked_of,
        "side": asked.side,
        "why": asked.why,
        "could_change": list(asked.could_change),
        "texts": {
            lang: question_text(asked.name, asked.asked_of, base, lang, edition)
            for lang in LANGUAGES
        },
    }
