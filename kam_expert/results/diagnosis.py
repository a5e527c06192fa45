"""What came out: frozen data, no wording. Outputs word it from the rule base."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from kam_expert.knowledge.about import About


@dataclass(frozen=True)
class Premise:
    """One thing a rule asked, and what it found.

    Attributes:
        fact: The fact, or ``count:<list>`` for a count; None when a finding or stage was asked.
        side: ours, theirs or None (computed, or no side).
        asks: The test as data, such as ``{"at_least": 2}``.
        actual: The value found as plain data; None when unknown.
        holds: In the working reading.
        origin: Who said it, when, where it stands; or what it was computed from.
        exception: Whether it stands in the rule's ``unless``.
        alternative: Whether it stands below ``any`` or in a count, so that others may carry it.
    """

    about: About
    fact: str | None
    finding: str | None
    side: str | None
    asks: Mapping[str, Any]
    actual: Any
    holds: bool | None
    origin: Mapping[str, Any] | None = None
    exception: bool = False
    alternative: bool = False


@dataclass(frozen=True)
class Reason:
    """A rule that holds, is assumed or is open, with what it asked."""

    rule: str
    cites: tuple[str, ...]
    strength: str
    outcome: str
    premises: tuple[Premise, ...]


@dataclass(frozen=True)
class Assumption:
    """Something the working reading takes as given.

    Attributes:
        kind: exception_absent, list_complete, our_answer, still_fresh, stated_total or finding.
        name: The rule, list, fact or finding.
    """

    kind: str
    name: str
    about: About


@dataclass(frozen=True)
class Reversal:
    """A single change that would take a conclusion back, other things equal."""

    about: About
    fact: str
    side: str | None
    to: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """A conclusion, or one that is still open."""

    id: str
    about: About
    status: str
    firm: bool
    severity: str
    variant: str | None
    assumes: tuple[Assumption, ...]
    reasons: tuple[Reason, ...]
    reversed_by: tuple[Reversal, ...] = ()


def alike(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], ...]:
    """Return findings with the same finding about several entities together."""
    groups: dict[str, list[Finding]] = {}
    for found in findings:
        groups.setdefault(found.id, []).append(found)
    return tuple(tuple(group) for group in groups.values())


@dataclass(frozen=True)
class Cause:
    """An obstacle that rests on no other one, with those that rest on it.

    Attributes:
        findings: The same finding about one or more entities.
        rests: What follows from it; each stands under one cause only.
    """

    findings: tuple[Finding, ...]
    rests: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """Return the most certain of the findings."""
        return self.findings[0]

    @property
    def followers(self) -> tuple[tuple[Finding, ...], ...]:
        """Return what rests on it, the same finding about several entities together."""
        return alike(self.rests)


@dataclass(frozen=True)
class Feature:
    """A feature of a stage, or a veto, as the stage saw it."""

    finding: str
    group: str
    status: str
    firm: bool


@dataclass(frozen=True)
class StageResult:
    """The verdict; ``reached`` counts features seen and needed by stage."""

    verdict: str
    firm: bool
    leaning: str | None
    features: tuple[Feature, ...]
    vetoes: tuple[Feature, ...]
    reached: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    could_be: tuple[str, ...] = ()


@dataclass(frozen=True)
class NextStep:
    """A step, once for each thing it is about; held back while ``held_back_by`` is not empty."""

    id: str
    about: About
    kind: str
    within_days: int
    due: date
    order: int
    because: tuple[str, ...]
    held_back_by: tuple[str, ...]
    cautions: tuple[str, ...]
    instead_of: str | None = None
    owner: str | None = None
    noted_due: date | None = None


@dataclass(frozen=True)
class OpenQuestion:
    """A question whose answer matters, and what it could change.

    Attributes:
        fact: What is asked; None when it is asked whether a list is complete.
        about: Whom or what the fact is about.
        asked_of: us, customer or both.
        could_change: The findings that wait for it; first of all ``stage`` while that may change.
        of: The list that may have further members; None for a fact.
        side: Where the answer goes: ours or theirs.
        why: ``open``: nobody has answered; ``not_firm``: there is an answer, but it is not
            certain: ours for the customer's, old, vague, or a list that nobody called complete.
    """

    fact: str | None
    about: About
    asked_of: str
    could_change: tuple[str, ...]
    of: str | None = None
    side: str = "ours"
    why: str = "open"

    @property
    def name(self) -> str:
        """Return what is asked as a case file names it: a fact, or ``complete.people``."""
        return self.fact or f"complete.{self.of}"


@dataclass(frozen=True)
class ContradictionFound:
    """Two things that cannot both hold."""

    kind: str
    name: str
    about: About
    other: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """Everything that outputs show of one account on one day.

    Attributes:
        causes: The main causes of what stands in the way, the weightiest first.
    """

    account_id: str
    account_name: str
    day: date
    rule_base_version: str
    rule_base_digest: str
    facts_digest: str
    stage: StageResult
    findings: tuple[Finding, ...]
    next_steps: tuple[NextStep, ...]
    open_questions: tuple[OpenQuestion, ...]
    contradictions: tuple[ContradictionFound, ...]
    hidden_steps: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()

    def concluded(self) -> tuple[Finding, ...]:
        """Return the findings that are possible or better."""
        return tuple(f for f in self.findings if f.status != "open")

    def finding(self, name: str, identity: str | None = None) -> Finding | None:
        """Return the finding of that id, about the thing with that id if one is named."""
        for found in self.findings:
            if found.id == name and identity in (None, found.about.id, found.about.fact):
                return found
        return None
