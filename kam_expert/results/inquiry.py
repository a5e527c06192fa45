"""Results of questions about a diagnosis: frozen data, no wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.knowledge.about import About
    from kam_expert.results.diagnosis import Finding, NextStep, OpenQuestion, Premise


@dataclass(frozen=True)
class AnswerEffect:
    """The possible effect of an answer to a question.

    Attributes:
        features: The features and vetoes of the stage that the most useful answer settles.
        confirms: Those that it makes certain and that were assumed before.
        helps: Those that wait for it and become certain only with further answers.
        findings: The other findings that it settles or makes certain, without duplicates.
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
    """What to ask next, the most useful first.

    Attributes:
        questions: As the diagnosis has them.
        effects: Of the first questions, in the same order.
        stop: ``all``: no further answer changes anything; ``stage``: none changes the stage;
            None: neither is known.
    """

    questions: tuple[OpenQuestion, ...]
    effects: tuple[AnswerEffect, ...]
    stop: str | None


@dataclass(frozen=True)
class ChangedPart:
    """A difference between two versions of a case.

    Attributes:
        what: ``answer``; ``total``, of a count that was set; ``added``, ``removed``, ``listed``,
            ``complete`` or ``belongs``, as `kam_expert.facts.differences.Difference` has them;
            ``day``: the date.
        about: The entity; for a list, its name is in *fact*.
        fact: The fact, the list, or None.
        side: ours, theirs or None.
        before: The earlier answer as plain data; None if there was none.
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
    """A finding whose status or firmness has changed.

    Attributes:
        before: Its earlier status, which may be ``absent``.
        better: True for an improvement, False for a decline, None for neither.
        because: A minimal set of parts that alone cause the present status; empty if only the
            firmness changed.
        missing: Of a finding that is now open: the facts whose answers would decide it.
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
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class StageChange:
    """The stage before and after, with a minimal set of parts that alone cause the change."""

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
        parts: The differences between the facts.
        steps_new, steps_gone: Next steps that were added and removed.
        steps_held, steps_freed: Steps that are now held back, and those that no longer are.
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
        """Return whether the diagnosis is unchanged."""
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
        about: The entity that the fact is about.
        side: Whose answer it is: ours or theirs.
        total: Whether it is a count computed from lists.
        before: The present value as plain data; None if unknown: the value may already be so,
            so find out first.
        to: The nearest sufficient value.
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
        """Return whether the present value is unknown."""
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
        missing: Features of the target that are absent now.
        barring: What prevents it now: vetoes, and features of other stages if there are too many.
    """

    target: str
    verdict: str
    ways: tuple[tuple[FactSet, ...], ...]
    proved: bool
    missing: tuple[str, ...]
    barring: tuple[str, ...]


@dataclass(frozen=True)
class Fragility:
    """A single changed fact that would end the present stage, and the stage it would lead to."""

    change: FactSet
    verdict: str


@dataclass(frozen=True)
class Shortfall:
    """A condition that is not met.

    Attributes:
        premise: The test and the value found; unknown if it is neither true nor false.
        by: The distance from being met; None without a measure or a known value.
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
        failed: The conditions that are false.
        unknown: The conditions that are unknown.
        excepted: The exceptions that are true.
        sets: The smallest sets of changed facts with which the rule would hold, nearest first;
            empty if more than a few facts would have to change or a list would have to grow.
        would_be: The status of the finding with the first set; None without one.
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
    """Why a finding is not concluded: each rule that could conclude it, the nearest first."""

    finding: str
    about: About
    status: str
    rules: tuple[RuleNot, ...]


@dataclass(frozen=True)
class StageNot:
    """Why the relationship is not in a stage.

    Attributes:
        seen, needed: The numbers of features present and needed; 0 for the verdict between stages.
        missing: The absent features, the nearest first.
        barring: What prevents the stage even if its features are present.
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
    """Why a finding is concluded: its reasons, and the same for the findings they depend on.

    Attributes:
        below: The findings that its premises name, without duplicates.
    """

    finding: Finding
    below: tuple[Why, ...]


@dataclass(frozen=True)
class Asserted:
    """A fact that a rule asserted.

    Attributes:
        what: ``conclusion`` of a rule, ``finding``, ``stage``, or ``stratum``, one that opens.
        name: The finding, the stage, or the number of the stratum, from 1.
        about: The entity; None for a stratum.
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
        rule: Its name; None for a rule of the engine itself, which settles a stratum or the stage
            or opens a stratum.
    """

    number: int
    rule: str | None
    asserts: tuple[Asserted, ...]
