"""A rule split for matching: parts decided by facts, and parts that need conclusions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kam_expert.facts.readings import EntityView
from kam_expert.knowledge.conditions.conclusion_terms import FindingTruth, StageTruth
from kam_expert.knowledge.conditions.leaf import Leaf, leaves
from kam_expert.knowledge.conditions.logic import All
from kam_expert.knowledge.rule import rule_truth
from kam_expert.knowledge.stage import truth_of_stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.engines.settling import Truths
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.conditions.terms import Term
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.values import Truth

#: One entity in the working and in the strict reading.
Views = tuple[EntityView, EntityView]
#: The possible stages in each reading.
Stages = tuple[frozenset[str], frozenset[str]]


def possible(truths: Truths) -> bool:
    """Return whether a truth is not false in both readings."""
    return truths != (False, False)


@dataclass(frozen=True)
class Part:
    """A condition that a rule needs, or its exception, which must not hold."""

    condition: Condition
    exception: bool = False

    def truths(self, views: Views) -> Truths:
        """Return whether the rule has what it needs, in each reading."""
        working = self._truth(views[0])
        # What the working reading leaves open, the strict reading leaves open too.
        return working, None if working is None else self._truth(views[1])

    def _truth(self, view: EntityView) -> Truth:
        truth = view.truth_of(self.condition)
        return rule_truth(True, truth, strict=view.strict) if self.exception else truth

    # Only the properties below depend on the form of a condition.

    @cached_property
    def test(self) -> Leaf | None:
        """Return the condition when the value of one fact decides it and it must be true."""
        leaf = None if self.exception else self._leaf
        return leaf if leaf is not None and leaf.term.by_value else None

    @cached_property
    def waits(self) -> bool:
        """Return whether it reads conclusions."""
        return self.condition.reads_conclusions

    @cached_property
    def findings(self) -> tuple[str, ...]:
        """Return the findings that it reads of the entity itself or its account."""
        own = leaves(self.condition, members=False)
        return tuple(dict.fromkeys(name for leaf in own for name in leaf.term.findings))

    @cached_property
    def stages(self) -> bool:
        """Return whether it reads the stage outside of lists."""
        return any(leaf.term.reads_stage for leaf in leaves(self.condition, members=False))

    @cached_property
    def finding(self) -> str | None:
        """Return the finding if the only test is that it is likely."""
        term = self._term
        single = isinstance(term, FindingTruth) and len(term.names) == 1
        return self.findings[0] if single and not self.exception else None

    @cached_property
    def stage(self) -> frozenset[str] | None:
        """Return the stages if the only test is that the stage is one of them."""
        term = self._term
        return term.names if isinstance(term, StageTruth) and not self.exception else None

    @property
    def _leaf(self) -> Leaf | None:
        return self.condition if isinstance(self.condition, Leaf) else None

    @property
    def _term(self) -> Term | None:
        return None if self._leaf is None else self._leaf.term


def parts_of(rule: Rule) -> list[Part]:
    """Return all parts that *rule* needs."""
    when = rule.when.parts if isinstance(rule.when, All) else (rule.when,)
    parts = [Part(condition) for condition in when]
    return parts if rule.unless is None else [*parts, Part(rule.unless, exception=True)]


class Field:
    """A field of the fact about an entity: a value to test, or the truths of a condition."""

    def __init__(self, name: str, part: Part) -> None:
        self.name = name
        self._part = part
        self._test = part.test

    def value(self, views: Views) -> tuple[Any, Any]:
        """Return the value of the field in each reading."""
        if self._test is None:
            return self._part.truths(views)
        term = self._test.term
        return term.value(views[0]), term.value(views[1])

    def truths(self, value: tuple[Any, Any]) -> Truths:
        """Return the truths of the condition for the value of the field."""
        if self._test is None:
            return value
        check = self._test.check
        working = check(value[0])
        return working, working if value[1] is value[0] else check(value[1])

    def possible(self, value: tuple[Any, Any]) -> bool:
        """Return whether the condition is not false in both readings."""
        return possible(self.truths(value))


class MatchedView(EntityView):
    """An entity with the findings and stage of the facts that a rule matched."""

    def __init__(self, view: EntityView, findings: Mapping[str, Truths], stages: Stages) -> None:
        super().__init__(view.readings, view.entity, strict=view.strict)
        self._findings = findings
        self._stages = stages

    def finding(self, name: str) -> Truth:
        """Return whether a finding is likely or better."""
        return self._findings[name][self.strict]

    def stage(self, names: frozenset[str]) -> Truth:
        """Return whether the stage is one of *names*."""
        return truth_of_stage(self._stages[self.strict], names)
