"""A diagnosis as JSON, the contract for other programs. Texts are in both languages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.question_words import question_text
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results import diagnosis as d
    from kam_expert.results.client_edition import ClientEdition

Status = Literal["established", "likely", "possible", "open", "absent"]


class DocumentPart(BaseModel):
    """Base of all parts: undeclared fields are errors."""

    model_config = ConfigDict(extra="forbid")


class Texts(DocumentPart):
    """One text in both languages."""

    uk: str
    en: str


class AboutPart(DocumentPart):
    """The subject of a statement."""

    kind: str
    id: str
    fact: str | None = None


class AccountPart(DocumentPart):
    """The account, with its owner and segment if the case names them."""

    id: str
    name: str
    owner: str | None
    segment: str | None


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


class PremisePart(DocumentPart):
    """One condition of a rule, and what it found."""

    about: AboutPart
    fact: str | None
    finding: str | None
    side: str | None
    asks: dict[str, Any]
    actual: Any
    holds: bool | None
    origin: dict[str, Any] | None
    exception: bool


class ReasonPart(DocumentPart):
    """A rule behind a finding."""

    rule: str
    cites: list[str]
    strength: Literal["establishes", "suggests", "hints"]
    outcome: Literal["holds", "assumed", "open"]
    premises: list[PremisePart]
    texts: Texts


class AssumptionPart(DocumentPart):
    """An assumption."""

    kind: str
    name: str
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


class RestPart(DocumentPart):
    """An obstacle that follows from a main cause."""

    finding: str
    about: list[AboutPart]


class CausePart(DocumentPart):
    """A main cause; *about* lists everybody about whom it is the same finding."""

    finding: str
    about: list[AboutPart]
    severity: Literal["low", "medium", "high"]
    status: Literal["established", "likely"]
    rests: list[RestPart]


class StepPart(DocumentPart):
    """A next step."""

    id: str
    about: AboutPart
    kind: str
    who: Texts
    within_days: int
    due: str
    order: int
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


class ConfidentialPart(DocumentPart):
    """A conclusion that depends on facts about people, which the client edition hides."""

    finding: str
    about: AboutPart


class EditionPart(DocumentPart):
    """The notes of a client edition."""

    kind: Literal["client"]
    confidential: list[ConfidentialPart]
    would_change: int
    reviewed_by: str | None


class DiagnosisDocument(DocumentPart):
    """A diagnosis of one account on one day.

    Only the client edition has ``edition``; it has no ``strategy``.
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
    next_steps: list[StepPart]
    open_questions: list[QuestionPart]
    voided: list[VoidedPart] = []
    contradictions: list[ContradictionPart]
    comments: list[str]
    target_stage: str | None
    edition: EditionPart | None = None


def render_client_json(edition: ClientEdition, base: KnowledgeBase) -> str:
    """Return the client edition as indented JSON text with a final line break."""
    data = as_data(edition.diagnosis, edition.case, base)
    hidden = sorted(edition.confidential)
    data["edition"] = {
        "kind": "client",
        "confidential": [{"finding": name, "about": _about(about)} for name, about in hidden],
        "would_change": edition.would_change,
        "reviewed_by": edition.reviewed_by or None,
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def render_json(diagnosis: d.Diagnosis, case: Case, base: KnowledgeBase) -> str:
    """Return the diagnosis as indented JSON text with a final line break."""
    return json.dumps(as_data(diagnosis, case, base), ensure_ascii=False, indent=1) + "\n"


def as_data(diagnosis: d.Diagnosis, case: Case, base: KnowledgeBase) -> dict[str, Any]:
    """Return the diagnosis as plain data in the shape of `DiagnosisDocument`."""
    words = {lang: Words(base, case, lang) for lang in LANGUAGES}
    stage = diagnosis.stage
    return {
        "kam": 1,
        "account": {
            "id": diagnosis.account_id,
            "name": diagnosis.account_name,
            "owner": case.owner or None,
            "segment": case.segment or None,
        },
        "date": diagnosis.day.isoformat(),
        "rule_base": {
            "version": diagnosis.rule_base_version,
            "digest": diagnosis.rule_base_digest,
        },
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
                {"finding": h.finding, "verdict": h.verdict, "thresholds": list(h.thresholds)}
                for h in stage.hangs_on
            ],
            "lacks_core": list(stage.lacks_core),
            "texts": _text(base.stage_model.says(stage.verdict)),
        },
        "strategy": _strategy(diagnosis.strategy, base, words),
        "findings": [_finding(found, words) for found in diagnosis.findings],
        "causes": [
            {
                "finding": cause.first.id,
                "about": [_about(found.about) for found in cause.findings],
                "severity": cause.first.severity,
                "status": cause.first.status,
                "rests": [
                    {"finding": found[0].id, "about": [_about(f.about) for f in found]}
                    for found in cause.followers
                ],
            }
            for cause in diagnosis.causes
        ],
        "next_steps": [_step(step, base) for step in diagnosis.next_steps],
        "open_questions": [_question(asked, base) for asked in diagnosis.open_questions],
        "voided": [
            {
                "about": _about(v.about),
                "fact": v.fact,
                "side": v.side,
                "value": _plain(v.value),
                "as_of": v.as_of.isoformat(),
                "event": v.event,
                "by": v.by,
                "from_day": v.from_day.isoformat(),
                "until": v.until.isoformat(),
            }
            for v in diagnosis.voided
        ],
        "contradictions": [
            {"kind": c.kind, "name": c.name, "about": _about(c.about), "other": c.other}
            for c in diagnosis.contradictions
        ],
        "comments": list(case.notes.comments),
        "target_stage": case.notes.target_stage,
    }


def _about(about: About) -> dict[str, Any]:
    data = {"kind": about.kind, "id": about.id}
    return data if about.fact is None else {**data, "fact": about.fact}


def _feature(feature: d.Feature) -> dict[str, Any]:
    return {
        "finding": feature.finding,
        "group": feature.group,
        "status": feature.status,
        "firm": feature.firm,
    }


def _strategy(
    strategy: d.StrategyResult | None, base: KnowledgeBase, words: dict[str, Words]
) -> dict[str, Any] | None:
    if strategy is None:
        return None
    finding, doc = _finding(strategy.found, words), base.findings[strategy.found.id]
    kept = ("id", "status", "firm", "assumes", "reasons", "reversed_by")
    chosen = strategy.chosen
    return {
        **{key: finding[key] for key in kept},
        "could_be": list(strategy.could_be),
        "passed_over": list(strategy.passed_over),
        "chosen": None if chosen is None else {"id": chosen.id, "reason": chosen.reason},
        "name": _text(doc.name),
        "texts": _text(doc.means),
    }


def _finding(found: d.Finding, words: dict[str, Words]) -> dict[str, Any]:
    return {
        "id": found.id,
        "about": _about(found.about),
        "status": found.status,
        "firm": found.firm,
        "assumes": [
            {"kind": a.kind, "name": a.name, "about": _about(a.about)} for a in found.assumes
        ],
        "severity": found.severity,
        "variant": found.variant,
        "reasons": [
            {
                "rule": reason.rule,
                "cites": list(reason.cites),
                "strength": reason.strength,
                "outcome": reason.outcome,
                "premises": [_premise(premise) for premise in reason.premises],
                "texts": {lang: words[lang].explain(reason, found) for lang in LANGUAGES},
            }
            for reason in found.reasons
        ],
        "reversed_by": [
            {"about": _about(r.about), "fact": r.fact, "side": r.side, "to": _plain(r.to)}
            for r in found.reversed_by
        ],
        "texts": {lang: words[lang].headline(found) for lang in LANGUAGES},
    }


def _premise(premise: d.Premise) -> dict[str, Any]:
    return {
        "about": _about(premise.about),
        "fact": premise.fact,
        "finding": premise.finding,
        "side": premise.side,
        "asks": _plain(premise.asks),
        "actual": _plain(premise.actual),
        "holds": premise.holds,
        "origin": None if premise.origin is None else dict(premise.origin),
        "exception": premise.exception,
    }


def _step(step: d.NextStep, base: KnowledgeBase) -> dict[str, Any]:
    doc = base.steps[step.id]
    return {
        "id": step.id,
        "about": _about(step.about),
        "kind": step.kind,
        "who": _text(doc.who),
        "within_days": step.within_days,
        "due": step.due.isoformat(),
        "order": step.order,
        "because": list(step.because),
        "held_back_by": list(step.held_back_by),
        "cautions": list(step.cautions),
        "instead_of": step.instead_of,
        "owner": step.owner,
        "noted_due": step.noted_due.isoformat() if step.noted_due else None,
        "name": _text(doc.name),
        "do": _text(doc.do),
        "success": _text(doc.success),
    }


def _question(asked: d.OpenQuestion, base: KnowledgeBase) -> dict[str, Any]:
    return {
        "fact": asked.name,
        "of": asked.of,
        "about": _about(asked.about),
        "asked_of": asked.asked_of,
        "side": asked.side,
        "why": asked.why,
        "could_change": list(asked.could_change),
        "texts": {
            lang: question_text(asked.name, asked.asked_of, base, lang) for lang in LANGUAGES
        },
    }


def _text(text: Any) -> dict[str, str]:
    return {"uk": text.uk, "en": text.en}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
