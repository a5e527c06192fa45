"""One rule: a pattern over facts, what it concludes and how strongly, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.conditions.leaf import answers_read, findings_read, reads_stage, refs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.errors import Place
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.documents import Text
    from kam_expert.knowledge.values import Truth

#: The status of a rule that the loader makes of another one, which has the cases.
DERIVED = "derived"


@dataclass(frozen=True)
class Threshold:
    """A number that we chose for a rule or definition, with the reason."""

    owner: str
    name: str
    value: float
    reason: Mapping[str, str]
    overridden: bool = False


@dataclass(frozen=True)
class MovedThreshold:
    """A rule's condition and exception with one threshold moved a little."""

    name: str
    when: Condition = field(repr=False)
    unless: Condition | None = field(repr=False)


def moved_a_little(value: float) -> tuple[float, ...]:
    """Return the numbers a tenth, but at least one, below and above a threshold."""
    step = max(1, round(value / 10)) if float(value).is_integer() else value / 10
    return tuple(moved for moved in (value - step, value + step) if moved >= 0)


@dataclass(frozen=True)
class RuleCase:
    """Facts given to a rule, and the expected result.

    Attributes:
        finding: The status that all rules together give its finding; None for any.
    """

    name: str
    given: Any
    expect: str
    place: Place
    finding: str | None = None


@dataclass(frozen=True)
class Rule:
    """A rule of the rule base.

    Attributes:
        name: Its file's name; unique.
        theme: Its folder's name.
        kind: What it is about: account, person, member, decision or gap.
        when: Must be true.
        unless: Must not be true; the working reading takes an unknown exception as absent.
        moved: With each threshold moved a little, for rules on which the stage rests directly.
    """

    name: str
    theme: str
    file: str
    kind: str
    when: Condition = field(repr=False)
    unless: Condition | None = field(repr=False)
    finding: str
    strength: str
    cites: tuple[str, ...]
    status: str
    origin: str
    about_knowledge: bool
    thresholds: tuple[Threshold, ...] = field(repr=False)
    cases: tuple[RuleCase, ...] = field(repr=False)
    explains: Text = field(repr=False)
    moved: tuple[MovedThreshold, ...] = field(default=(), repr=False)

    @cached_property
    def fact_names(self) -> frozenset[str]:
        """Return the facts that `when` reads, of either side."""
        return frozenset(ref.name for ref in refs(self.when))

    def conditions(self) -> tuple[Condition, ...]:
        """Return the condition and the exception, if there is one."""
        return (self.when,) if self.unless is None else (self.when, self.unless)

    def findings_read(self) -> frozenset[str]:
        """Return the findings that must be settled before this rule is applied."""
        return frozenset(name for part in self.conditions() for name in findings_read(part))

    def reads_stage(self) -> bool:
        """Return whether the stage must be settled before this rule is applied."""
        return any(reads_stage(part) for part in self.conditions())

    def reads(self, fact: str) -> bool:
        """Return whether a fact of that name is read."""
        return any(ref.name == fact for part in self.conditions() for ref in refs(part))

    def rests_on(self, fact: str) -> bool:
        """Return whether an answer to a fact of that name is read, and not only its absence."""
        return any(ref.name == fact for part in self.conditions() for ref in answers_read(part))


def rule_truth(when: Truth, unless: Truth, *, strict: bool) -> Truth:
    """Return the truth of a rule in one reading.

    Args:
        when: Truth of the condition.
        unless: Truth of the exception; False where there is none.
        strict: In the strict reading an unknown exception leaves the rule unknown.
    """
    if when is False or unless is True:
        return False
    if unless is None and strict:
        return None
    return when
