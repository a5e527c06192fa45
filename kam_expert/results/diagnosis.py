"""The result of a diagnosis: frozen data, no wording. Outputs word it from the rule base."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.audience import Edition
from kam_expert.results.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from kam_expert.facts.case import StrategyNote
    from kam_expert.knowledge.about import About


@dataclass(frozen=True)
class Premise:
    """One test of a rule, and the value found.

    Attributes:
        fact: The fact, or ``count:<list>`` for a count; None for the test of a finding or stage.
        side: ours, theirs or None (computed, or no side).
        asks: The test as plain data, such as ``{"at_least": 2}``.
        actual: The value found as plain data; None when unknown.
        holds: Whether it is true in the working reading.
        origin: Who said it, when, and its place in a file; or what it was computed from.
        exception: Whether it is in the rule's ``unless``.
        alternative: Whether it is below ``any`` or in a count, so that others may be enough.
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
    """A rule that holds, is assumed or is open, with its tests."""

    rule: str
    cites: tuple[str, ...]
    strength: str
    outcome: str
    premises: tuple[Premise, ...]


@dataclass(frozen=True)
class Assumption:
    """Something that the working reading assumes.

    Attributes:
        kind: exception_absent, list_complete, our_answer, still_fresh, stated_total, plan_complete
            or finding.
        name: The rule, list, fact or finding.
    """

    kind: str
    name: str
    about: About

    @property
    def is_of_rule(self) -> bool:
        """Return whether *name* is that of a rule."""
        return self.kind == "exception_absent"


@dataclass(frozen=True)
class Reversal:
    """A single change that would reverse a conclusion, other things being equal."""

    about: About
    fact: str
    side: str | None
    to: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """A conclusion, or one that is still open.

    Attributes:
        assumes: What the rules behind it assume. This and the following are found when they are
            read, as most outputs read them of few findings.
        reasons: The rules behind it.
        reversed_by: Single changes of a fact that would take it back.
    """

    id: str
    about: About
    status: str
    firm: bool
    severity: str
    variant: str | None
    assumes: Sequence[Assumption]
    reasons: Sequence[Reason]
    reversed_by: Sequence[Reversal] = ()


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
        rests: What follows from it; each is listed under one cause only.
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
    """A feature of a stage, or a veto, with its truth."""

    finding: str
    group: str
    status: str
    firm: bool


@dataclass(frozen=True)
class Hinge:
    """A feature or veto without which the verdict is another one.

    Attributes:
        verdict: The verdict without it.
        thresholds: What we chose, as ``rule.threshold``: moved a little, it takes the finding away.
    """

    finding: str
    verdict: str
    thresholds: tuple[str, ...] = ()


@dataclass(frozen=True)
class StageResult:
    """The verdict, and how near another one is.

    Attributes:
        reached: Features seen and needed by stage.
        at_most: Features that are seen or may still be, by stage.
        could_be: The verdicts that answers can lead to.
        margin: How many features can fall away before the stage does; None if the verdict is none.
        hangs_on: The findings each of which alone carries the verdict.
        lacks_core: The core of the one reached stage, while too few of it are seen.
    """

    verdict: str
    firm: bool
    leaning: str | None
    features: tuple[Feature, ...]
    vetoes: tuple[Feature, ...]
    reached: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)
    could_be: tuple[str, ...] = ()
    margin: int | None = None
    hangs_on: tuple[Hinge, ...] = ()
    lacks_core: tuple[str, ...] = ()


@dataclass(frozen=True)
class StrategyResult:
    """What to do with the account.

    Attributes:
        found: The strategy that the rules give, as a finding.
        could_be: Every strategy that answers which are still missing could lead to.
        passed_over: Strategies whose condition holds too, and which come later.
        chosen: What somebody set in its place.
    """

    found: Finding
    could_be: tuple[str, ...]
    passed_over: tuple[str, ...] = ()
    chosen: StrategyNote | None = None

    @property
    def effective(self) -> str:
        """Return the strategy that counts: the chosen one, else that of the rules."""
        return self.chosen.id if self.chosen else self.found.id


@dataclass(frozen=True)
class NextStep:
    """A step about one entity; it is held back while ``held_back_by`` is not empty.

    Attributes:
        event_day: The day to come before which it is done, if any.
        place: Of the move of the plan that it is, or is part of; None if it is in none.
    """

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
    event_day: date | None = None
    place: int | None = None


@dataclass(frozen=True)
class OpenQuestion:
    """A question whose answer matters, and what it could change.

    Attributes:
        fact: The fact; None if the question is whether a list is complete.
        about: The entity that the fact is about.
        asked_of: us, customer or both.
        could_change: The findings and strategies that wait for it; ``stage`` is first if it may
            change.
        of: The list that may have further members; None for a fact.
        side: Where the answer goes: ours or theirs.
        why: ``open``: nobody has answered; ``not_firm``: there is an answer, but it is not
            certain: ours for the customer's, old, vague, or a list that nobody called complete;
            ``voided``: an answer no longer holds after an event.
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
        """Return the name in a case file: a fact, or ``complete.people``."""
        return self.fact or f"complete.{self.of}"


@dataclass(frozen=True)
class VoidedAnswer:
    """An answer that no longer holds after an event.

    Attributes:
        side: Who gave it: ours or theirs.
        value: Plain data.
        event: The kind of the event.
        by: The id of the event; of a change without a day, the fact that tells of it.
        from_day: The first day on which it can have happened.
        until: The last such day; the same if the day is known.
    """

    about: About
    fact: str
    side: str
    value: Any
    as_of: date
    event: str
    by: str
    from_day: date
    until: date


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
        strategy: None in the edition for the customer, and for a method without strategies.
        causes: The main causes of the obstacles, the weightiest first.
        next_steps: In the order of the plan.
        edition: For whom it is.
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
    strategy: StrategyResult | None = None
    hidden_steps: tuple[str, ...] = ()
    voided: tuple[VoidedAnswer, ...] = ()
    causes: tuple[Cause, ...] = ()
    plan: Plan = field(default_factory=Plan)
    edition: Edition = Edition.CONSULTANT

    def concluded(self) -> tuple[Finding, ...]:
        """Return the findings that are possible or better."""
        return tuple(f for f in self.findings if f.status != "open")

    def finding(self, name: str, identity: str | None = None) -> Finding | None:
        """Return the finding with an id, about the entity with an id if one is given."""
        for found in self.findings:
            if found.id == name and identity in (None, found.about.id, found.about.fact):
                return found
        return None
