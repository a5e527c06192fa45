"""Rules of the rule base as experta rules: patterns on asserted facts, and an action.

A rule fires when nothing that it needs is false in both readings. Its action asserts what it
concludes.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.engines import rete
from kam_expert.engines.rule_parts import Field, MatchedView, parts_of, possible
from kam_expert.knowledge.stage import truth_of_stage
from kam_expert.knowledge.values import all_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kam_expert.engines.rule_parts import Part, Views
    from kam_expert.engines.settling import Truths
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule


@dataclass
class Shape:
    """What some rules for a kind of entity read of its answers.

    Attributes:
        kind: The kind of entity.
        together: Whether entities with the same answers enter as one fact.
        answers: The class of the facts.
        fields: Their fields.
    """

    kind: str
    together: bool
    answers: Any
    fields: dict[Field, None] = field(default_factory=dict)


class RuleCompiler:
    """Compiles the rules of a base.

    Attributes:
        shapes: What the rules read of answers. A rule that reads answers alone shares its shape
            with those that read the same answers; other rules for a kind share one.
        findings: For each finding, the class of the fact that asserts it.
        of_each: The findings that rules read about the same person or other member of a list.
        views: The entities of the account that is diagnosed, by kind and id.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self.shapes: dict[tuple[str, ...], Shape] = {}
        self._shape_of: dict[str, Shape] = {}
        self._fields: dict[str, dict[Any, Field]] = {}
        self.findings = {
            name: type(name, (rete.FindingFact,), {"name": name}) for name in base.findings
        }
        self.of_each: set[str] = set()
        self.views: dict[tuple[str, str], Views] = {}
        # experta compares predicates by identity: the same test must be the same object.
        self._predicates: dict[Field, Any] = {}

    def compiled(self, rule: Rule, stratum: int, salience: int) -> Any:
        """Return *rule* as an experta rule."""
        parts = parts_of(rule)
        waiting = [part for part in parts if stratum and part.waits]
        fields = [self._field(rule.kind, part) for part in parts if part not in waiting]
        shape = self._shape(rule, fields, together=not stratum and rule.kind != "account")
        answers = rete.new_fact(
            shape.answers, **{field.name: self._predicate(field) for field in fields}
        )
        answers.__bind__ = "answers"
        patterns = [answers]
        if stratum:
            dict.update(answers, about=rete.MATCH.about)
            patterns.append(rete.new_fact(rete.OpenStratum, number=stratum))
            patterns += self._conclusions_read(rule.kind, waiting)
        if any(part.finding is None and part.stage is None for part in waiting):
            patterns.append(self._test(rule.kind, waiting))
        return rete.Rule(*patterns, salience=salience)(self._action(rule, fields, waiting))

    def shape_of(self, rule: Rule) -> Shape:
        """Return what a compiled rule reads."""
        return self._shape_of[rule.name]

    def _shape(self, rule: Rule, fields: list[Field], *, together: bool) -> Shape:
        key = (rule.kind, *(field.name for field in fields)) if together else (rule.kind,)
        if key not in self.shapes:
            answers = type(rule.kind, (rete.AnswersFact,), {})
            self.shapes[key] = Shape(rule.kind, together, answers)
        shape = self._shape_of[rule.name] = self.shapes[key]
        shape.fields |= dict.fromkeys(fields)
        return shape

    def _field(self, kind: str, part: Part) -> Field:
        known = self._fields.setdefault(kind, {})
        key = part if part.test is None else (part.test.term.label, str(part.test.asks))
        if key not in known:
            known[key] = Field(f"field_{len(known)}", part)
        return known[key]

    def _predicate(self, field: Field) -> Any:
        if field not in self._predicates:
            self._predicates[field] = rete.P(field.possible)
        return self._predicates[field]

    def _conclusions_read(self, kind: str, waiting: list[Part]) -> Iterator[Any]:
        """Yield a pattern for each asserted fact that parts of a rule for *kind* read."""
        alone = {part.finding for part in waiting}
        for name in dict.fromkeys(name for part in waiting for name in part.findings):
            about = self._base.findings[name].about
            truths = rete.P(possible) if name in alone else rete.W()
            pattern = rete.new_fact(
                self.findings[name], kind=about, truths=f"finding_{name}" << truths
            )
            if about == kind != "account":
                self.of_each.add(name)
                dict.update(pattern, about=rete.MATCH.about)
            yield pattern
        if any(part.stages for part in waiting):
            stages = rete.W()
            for part in waiting:
                if part.stage is not None:
                    stages = rete.P(_may_be(part.stage))
            yield rete.new_fact(rete.StageFact, stages="stages" << stages)

    def _test(self, kind: str, waiting: list[Part]) -> Any:
        def test(**matched: Any) -> bool:
            return all(map(possible, self._judged(kind, waiting, matched)))

        names = [f"finding_{name}" for part in waiting for name in part.findings]
        names += ["stages"] if any(part.stages for part in waiting) else []
        # experta passes what the parameters name.
        parameters = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
            for name in dict.fromkeys(["about", *names])
        ]
        test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return rete.TEST(test)

    def _judged(self, kind: str, waiting: list[Part], matched: dict[str, Any]) -> list[Truths]:
        """Return the truths of parts for the matched facts."""
        findings = {
            name.removeprefix("finding_"): truths
            for name, truths in matched.items()
            if name.startswith("finding_")
        }
        stages = matched.get("stages", ())
        [about] = matched["about"]
        working, strict = self.views[kind, about]
        views = (MatchedView(working, findings, stages), MatchedView(strict, findings, stages))
        return [part.truths(views) for part in waiting]

    def _action(self, rule: Rule, fields: list[Field], waiting: list[Part]) -> Callable[..., None]:
        def conclude(engine: Any, answers: Any, **matched: Any) -> None:
            found = [field.truths(answers[field.name]) for field in fields]
            if waiting:
                found += self._judged(rule.kind, waiting, matched)
            truths = all_of(truths[0] for truths in found), all_of(truths[1] for truths in found)
            if possible(truths):
                about = answers["about"]
                engine.declare(
                    rete.new_fact(rete.ConclusionFact, rule=rule.name, about=about, truths=truths)
                )

        return conclude


def _may_be(names: frozenset[str]) -> Callable[[Any], bool]:
    def may_be(stages: Any) -> bool:
        return any(truth_of_stage(possible, names) is not False for possible in stages)

    return may_be
