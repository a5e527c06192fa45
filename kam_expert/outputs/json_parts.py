"""What the JSON documents share: parts of their shapes, and the data of these parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from kam_expert.outputs.interface import LANGUAGES

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.audience import Edition
    from kam_expert.outputs.wording import Words
    from kam_expert.results.diagnosis import Cause, Diagnosis, Finding, Premise

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
    """A rule behind a finding; only the consultant reads its name."""

    rule: str | None
    cites: list[str]
    strength: Literal["establishes", "suggests", "hints"]
    outcome: Literal["holds", "assumed", "open"]
    premises: list[PremisePart]
    texts: Texts


class RestPart(DocumentPart):
    """An obstacle that follows from a main cause."""

    finding: str
    about: list[AboutPart]


def account_data(diagnosis: Diagnosis, case: Case) -> dict[str, Any]:
    """Return the account of a diagnosis."""
    return {
        "id": diagnosis.account_id,
        "name": diagnosis.account_name,
        "owner": case.owner or None,
        "segment": case.segment or None,
    }


def followers_data(cause: Cause) -> list[dict[str, Any]]:
    """Return what follows from a main cause."""
    return [
        {"finding": found[0].id, "about": [about_data(f.about) for f in found]}
        for found in cause.followers
    ]


def reasons_data(found: Finding, words: dict[str, Words], edition: Edition) -> list[dict[str, Any]]:
    """Return the reasons of a finding for the reader of an edition."""
    return [
        {
            "rule": reason.rule if edition.names_rules else None,
            "cites": list(reason.cites),
            "strength": reason.strength,
            "outcome": reason.outcome,
            "premises": [_premise(premise) for premise in reason.premises],
            "texts": {lang: words[lang].explain(reason, found) for lang in LANGUAGES},
        }
        for reason in found.reasons
    ]


def about_data(about: About) -> dict[str, Any]:
    """Return whom or what a statement is about."""
    data = {"kind": about.kind, "id": about.id}
    return data if about.fact is None else {**data, "fact": about.fact}


def text_data(text: Any) -> dict[str, str]:
    """Return a text of the rule base in both languages."""
    return {"uk": text.uk, "en": text.en}


def plain_data(value: Any) -> Any:
    """Return a value of a diagnosis with lists in place of tuples."""
    if isinstance(value, tuple):
        return [plain_data(item) for item in value]
    if isinstance(value, dict):
        return {key: plain_data(item) for key, item in value.items()}
    return value


def _premise(premise: Premise) -> dict[str, Any]:
    return {
        "about": about_data(premise.about),
        "fact": premise.fact,
        "finding": premise.finding,
        "side": premise.side,
        "asks": plain_data(premise.asks),
        "actual": plain_data(premise.actual),
        "holds": premise.holds,
        "origin": None if premise.origin is None else dict(premise.origin),
        "exception": premise.exception,
    }
