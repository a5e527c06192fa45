"""What came out of questions about a diagnosis: frozen data, no wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.knowledge.about import About
    from kam_expert.results.diagnosis import Finding, NextStep, OpenQuestion, Premise


@dataclass(frozen=True)
class AnswerEffect:
    """What one answer to a question can do.

    Attributes:
        features: The features and vetoes of the stage that the most telling answer settles.
        confirms: Those that it makes certain, though they were taken as given before.
        helps: Those that wait for it and that only several answers together make certain.
        findings: The other findings that it settles or makes certain, each once.
        changes: The findings whose status some answer changes.
        could_be: The stages that some answer leads to, other than the present one.
    """

    features: tuple[str, ...]
    confirms: tuple[str, ...]
    helps: tuple[str, ...]
    findings: tuple[str, ...]
    changes: tuple[str, ...]
    could_be: tuple[str, ...]


@dataclass(frozen=True)
class Questioning:
    """What to ask next, the most telling first.

    Attributes:
        questions: As the diagnosis has them.
        effects: Of the first questions, in the same order.
        stop: ``all``: no further answer changes anything; ``stage``: none changes the stage;
            None: neither can be said.
    """

    questions: tuple[OpenQuestion, ...]
    effects: tuple[AnswerEffect, ...]
    stop: str | None


@dataclass(frozen=True)
class ChangedPart:
    """Something that is other than before.

    Attributes:
        what: ``answer``; ``total``, of a count that was set; ``added``, ``removed``, ``listed``,
            ``complete`` or ``belongs``, as `kam_expert.facts.differences.Difference` has them;
            ``day``: time has passed.
        about: Whom or what it is about; for a list its name stands in *fact*.
        fact: The fact, the list, or None.
        side: ours, theirs or None.
        before: What was said, as plain data; None when nothing was.
        after: Likewise.
    """

    what: str
    about: About
    fact: str | None
    side: str | None
    before: Any
    after: Any


@dataclass(frozen=True)
class FindingChange:
    """A finding whose status or firmness is other than before.

    Attributes:
        before: Its status; ``absent`` where there was none.
        better: True for an improvement, False for a fall, None where it is neither.
        because: A smallest set of parts that alone make the status what it is now; empty when
            only the firmness moved.
    """

    id: str
    about: About
    before: str
    after: str
    firm_before: bool
    firm_after: bool
    severity: str
    better: bool | None
    because: tuple[ChangedPart, ...]


@dataclass(frozen=True)
class StageChange:
    """The stage before and after, with the parts that alone make it what it is now."""

    before: str
    after: str
    firm_before: bool
    firm_after: bool
    better: bool | None
    because: tuple[ChangedPart, ...]


@dataclass(frozen=True)
class StrategyChange:
    """The strategy before and after, with the parts that alone make it what it is now."""

    before: str
    after: str
    firm_before: bool
    firm_after: bool
    because: tuple[ChangedPart, ...]

    @property
    def moved(self) -> bool:
        """Return whether it or its firmness changed."""
        return (self.before, self.firm_before) != (self.after, self.firm_after)


@dataclass(frozen=True)
class Comparison:
    """The difference between two diagnoses by one rule base.

    Attributes:
        parts: What differs in the facts.
        steps_new, steps_gone: Next steps that came and went.
        steps_held, steps_freed: Those that have to wait now, and those that no longer do.
    """

    days: tuple[date, date]
    parts: tuple[ChangedPart, ...]
    stage: StageChange
    strategy: StrategyChange | None
    findings: tuple[FindingChange, ...]
    steps_new: tuple[NextStep, ...]
    steps_gone: tuple[NextStep, ...]
    steps_held: tuple[NextStep, ...]
    steps_freed: tuple[NextStep, ...]

    @property
    def same(self) -> bool:
        """Return whether the diagnosis is what it was."""
        stage = self.stage
        moved = stage.before != stage.after or stage.firm_before != stage.firm_after
        steps = (*self.steps_new, *self.steps_gone, *self.steps_held, *self.steps_freed)
        if self.strategy is not None:
            moved = moved or self.strategy.moved
        return not (moved or self.findings or steps)


@dataclass(frozen=True)
class FactSet:
    """One changed fact on the way to a stage, or to a conclusion.

    Attributes:
        about: Whom or what the fact is about.
        side: Whose answer it is: ours or theirs.
        total: Whether a count is set that is worked out from lists.
        before: What is known now, as plain data; None when nothing is: find out first, it may be
            so already.
        to: The nearest value that does.
        lever: Who can change it: ours, theirs, joint, time or none.
        two_dates: Whether a trend reads it, so that a second dated answer is needed.
        steps: The next steps of the diagnosis that bring it about.
    """

    about: About
    fact: str
    side: str
    total: bool
    before: Any
    to: Any
    lever: str
    two_dates: bool
    steps: tuple[str, ...]

    @property
    def find_out_first(self) -> bool:
        """Return whether nobody knows how it is now."""
        return self.before is None


@dataclass(frozen=True)
class Paths:
    """The smallest sets of changed facts that reach a stage or a strategy.

    Attributes:
        target: The stage or strategy asked for.
        verdict: The stage or strategy now.
        ways: The sets, each in the order in which to go about it; empty when the stage is reached
            already, or when no set was found.
        proved: Whether no smaller set exists; else these are the best that were found.
        missing: Features of the target that are not there now.
        barring: What bars it now: vetoes, and features of other stages where these are too many.
    """

    target: str
    verdict: str
    ways: tuple[tuple[FactSet, ...], ...]
    proved: bool
    missing: tuple[str, ...]
    barring: tuple[str, ...]


@dataclass(frozen=True)
class Fragility:
    """A single changed fact that would lose the present stage, and the stage it would lead to."""

    change: FactSet
    verdict: str


@dataclass(frozen=True)
class Shortfall:
    """A condition that is not met.

    Attributes:
        premise: What is asked and what was found; unknown where it holds neither way.
        by: By how much it is missed; None where that has no measure, or nothing is known.
        unit: ``number``, ``steps`` of an ordered value, or ``members`` of a list.
    """

    premise: Premise
    by: float | None
    unit: str | None


@dataclass(frozen=True)
class RuleNot:
    """Why one rule does not conclude.

    Attributes:
        outcome: silent or open.
        failed: The conditions that are not so.
        unknown: Those of which nobody knows.
        excepted: The exceptions that are so.
        sets: Smallest sets of facts with which the rule would hold, nearest first; empty where
            more than a few facts would have to be other, or a list would have to be longer.
        would_be: The status of the finding with the first of these; None without one.
    """

    rule: str
    cites: tuple[str, ...]
    strength: str
    outcome: str
    failed: tuple[Shortfall, ...]
    unknown: tuple[Shortfall, ...]
    excepted: tuple[Premise, ...]
    sets: tuple[tuple[FactSet, ...], ...]
    would_be: str | None


@dataclass(frozen=True)
class WhyNot:
    """Why a finding is not concluded: each rule that could have done it, the nearest first."""

    finding: str
    about: About
    status: str
    rules: tuple[RuleNot, ...]


@dataclass(frozen=True)
class StageNot:
    """Why the relationship is not in a stage.

    Attributes:
        seen, needed: Features that are there, and how many it takes; 0 for what lies between.
        missing: The features that are not there, the nearest first.
        barring: What bars the stage though its features may be there.
        paths: The smallest sets of changed facts that reach it.
    """

    stage: str
    verdict: str
    seen: int
    needed: int
    missing: tuple[WhyNot, ...]
    barring: tuple[str, ...]
    paths: Paths


@dataclass(frozen=True)
class Why:
    """Why a finding is concluded: its reasons, and why the findings they rest on are.

    Attributes:
        below: The findings that its premises name, each once.
    """

    finding: Finding
    below: tuple[Why, ...]


@dataclass(frozen=True)
class Asserted:
    """A fact that a rule asserted.

    Attributes:
        what: ``conclusion`` of a rule, ``finding``, ``stage``, or ``stratum``, one that opens.
        name: The finding, the stage, or the number of the stratum, from 1.
        about: Whom or what it is about; None for a stratum.
        status: For a conclusion the outcome of its rule: holds, assumed, open, or silent in the
            working reading and open in the strict one. For a finding its status.
        firm: For a finding: whether no unknown fact can change it.
    """

    what: str
    name: str
    about: About | None = None
    status: str | None = None
    firm: bool | None = None


@dataclass(frozen=True)
class Firing:
    """A rule that fired, and what it asserted.

    Attributes:
        number: Its position in the order of firing, from 1.
        rule: Its name; None for the engine's own that settle a stratum or the stage, or open a
            stratum.
    """

    number: int
    rule: str | None
    asserts: tuple[Asserted, ...]
