"""Every combination of answers at the borders of some conditions, for proofs.

Between two borders no condition changes, so one answer of each class represents all of them. A
condition on lists, on the last two values or on a difference has no such classes here; about it
nothing is proved.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.conclusion_terms import FindingTruth, StageTruth, VerdictTruth
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.fact_terms import DaysSince, Unanswered, Value
from kam_expert.knowledge.conditions.leaf import leaves
from kam_expert.knowledge.conditions.operators import passes
from kam_expert.knowledge.rule import rule_truth
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.conditions.operators import Test
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.values import Truth

#: The most combinations that are tried for one question.
MAX_COMBINATIONS = 200_000
#: The most named elements of a set of which all subsets are tried.
_MAX_ELEMENTS = 8
#: What varies: the value of a fact, the days since it, a finding, the stage.
Variable = tuple[str, Any]


@dataclass
class AssignedView:
    """An entity with assigned answers, as conditions see it; see `View`."""

    values: Mapping[Variable, Any]
    strict: bool = False

    @property
    def about(self) -> About:
        """Return a key; no condition reads it."""
        return About("account", "")

    def read(self, ref: Ref) -> Any:
        """Return the assigned value."""
        return self.values.get(("value", ref), UNKNOWN)

    def dated(self, ref: Ref) -> Sequence[tuple[date, Any]]:
        """Return no dated values."""
        del ref
        return ()

    def days_since(self, ref: Ref) -> Any:
        """Return the assigned days."""
        return self.values.get(("days", ref), UNKNOWN)

    def is_unanswered(self, ref: Ref) -> bool:
        """Return whether no value is assigned."""
        return self.read(ref) is UNKNOWN

    def group(self, of: str) -> tuple[Sequence[AssignedView], bool]:
        """Return an unknown list."""
        del of
        return (), True

    def finding(self, name: str) -> Truth:
        """Return the assigned truth of a finding."""
        truth: Truth = self.values.get(("finding", name), False)
        return truth

    def stage(self, names: frozenset[str]) -> Truth:
        """Return whether the assigned stage is one of *names*."""
        stage = self.values.get(("stage", ""))
        return None if stage is None else stage in names

    def verdict(self, names: frozenset[str]) -> Truth:
        """Return whether the assigned stage is one of *names*."""
        return self.stage(names)

    def truth_of(self, condition: Condition) -> Truth:
        """Evaluate the condition."""
        return condition.evaluate(self)


def assignments(
    conditions: Iterable[Condition], base: KnowledgeBase
) -> Iterator[AssignedView] | None:
    """Return every combination of answers at the borders of some conditions.

    Returns:
        None where a condition has no classes, or where there are too many combinations.
    """
    classes = _classes(tuple(conditions), base)
    if classes is None or prod(len(values) for values in classes.values()) > MAX_COMBINATIONS:
        return None
    return _views(classes)


def _views(classes: Mapping[Variable, Sequence[Any]]) -> Iterator[AssignedView]:
    names = list(classes)
    for chosen in product(*classes.values()):
        values = dict(zip(names, chosen, strict=True))
        if _consistent(values):
            yield AssignedView(values)


def _consistent(values: Mapping[Variable, Any]) -> bool:
    """Return whether a fact without a side has the customer's answer where there is one.

    Our answer stands for it in the working reading only, so without a customer's answer it may be
    unknown while ours is known.
    """
    for (kind, ref), value in values.items():
        if kind == "value" and ref.side == "bare":
            theirs = values.get((kind, Ref(ref.name, "theirs", ref.path)), UNKNOWN)
            if theirs is not UNKNOWN and value != theirs:
                return False
    return True


def _classes(
    conditions: Iterable[Condition], base: KnowledgeBase
) -> dict[Variable, Sequence[Any]] | None:
    tests: dict[Variable, list[Test]] = {}
    for condition in conditions:
        for leaf in leaves(condition):
            term = leaf.term
            if isinstance(term, DaysSince):
                # As tests of the days since a date, also where the days until it are asked.
                of_days = [test for b in term.boundaries(leaf.tests) for test in b.days]
                tests.setdefault(("days", term.ref), []).extend(of_days)
            elif isinstance(term, Value | Unanswered) and not _is_large(leaf.tests):
                tests.setdefault(("value", term.ref), []).extend(leaf.tests)
            elif isinstance(term, FindingTruth):
                tests.update({("finding", name): [] for name in term.names})
            elif isinstance(term, StageTruth | VerdictTruth):
                tests[("stage", "")] = []
            else:
                return None
    # All sides of a fact have the same classes, as one may replace another.
    shared: dict[tuple[str, str], list[Test]] = {}
    for (kind, ref), asked in tests.items():
        shared.setdefault((kind, str(getattr(ref, "name", ref))), []).extend(asked)
    return {v: _distinct(v, shared[v[0], str(getattr(v[1], "name", v[1]))], base) for v in tests}


def _distinct(variable: Variable, tests: Sequence[Test], base: KnowledgeBase) -> Sequence[Any]:
    """Return values of which no two give all tests the same result."""
    values = _values(variable, tests, base)
    if variable[0] not in ("value", "days"):
        return values
    known = [value for value in values if value is not UNKNOWN]
    classes = {tuple(passes((test,), value) for test in tests): value for value in reversed(known)}
    return (*classes.values(), UNKNOWN)


def _values(variable: Variable, tests: Sequence[Test], base: KnowledgeBase) -> Sequence[Any]:
    kind, ref = variable
    if kind == "finding":
        return (True, False, None)
    if kind == "stage":
        return (*base.stage_model.names, UNDETERMINED, None)
    numbers = sorted({n for test in tests for n in test.numbers()})
    if kind == "days" or ref.name in ENGINE_FACTS:
        if ref.name == "gap":
            return ("yes", "no", UNKNOWN)
        around = sorted({int(n) + by for n in numbers for by in (-1, 0, 1)})
        return (*around, UNKNOWN) if ref.name in ENGINE_FACTS else (*around, None, UNKNOWN)
    fact = base.facts[ref.name]
    if fact.is_number:
        limits = fact.doc.range
        low = None if limits is None else limits.min
        high = None if limits is None else limits.max
        steps = (-1, 0, 1) if fact.doc.type == "integer" else (-1, -0.5, 0, 0.5, 1)
        # A number outside the scale has no neighbour in it, so the ends are tried too.
        ends = {end for end in (low, high) if end is not None}
        points = sorted({n + by for n in numbers for by in steps} | ends) or [1]
        inside = [n for n in points if (low is None or n >= low) and (high is None or n <= high)]
        return (*inside, *fact.doc.also, UNKNOWN)
    if fact.doc.type == "set":
        return (*_subsets(tests, list(fact.doc.values)), UNKNOWN)
    if fact.doc.type in ("date", "text"):
        named = [item for test in tests if test.op in ("is", "not") for item in test.operand]
        return (*dict.fromkeys(named), "another", UNKNOWN)
    return (*fact.words(), UNKNOWN)


def _is_large(tests: Iterable[Test]) -> bool:
    """Return whether a set has too many named elements for all subsets."""
    elements = {item for t in tests if t.op not in ("is", "not", "size") for item in _listed(t)}
    return len(elements) > _MAX_ELEMENTS


def _listed(test: Test) -> Iterable[Any]:
    return test.operand if isinstance(test.operand, tuple) else ()


def _subsets(tests: Iterable[Test], words: Sequence[str]) -> list[frozenset[str]]:
    """Return sets of the named elements, with and without elements that no test names."""
    named: dict[str, None] = {}
    sizes = {0, 1}
    for test in tests:
        if test.op == "size":
            sizes |= {
                int(n) + by for inner in test.operand for n in inner.numbers() for by in (-1, 0, 1)
            }
        elif test.op not in ("is", "not"):
            named.update(dict.fromkeys(test.operand))
    chosen = list(named)
    counts = range(len(chosen) + 1)
    parts = [frozenset(part) for size in counts for part in combinations(chosen, size)]
    others = [word for word in words if word not in named]
    found = dict.fromkeys(parts)
    for part in parts:
        for size in sizes:
            if len(part) < size <= len(part) + len(others):
                found[part | frozenset(others[: size - len(part)])] = None
        if others:
            found[part | {others[0]}] = None
    return list(found)


def truth(rule: Rule, view: AssignedView) -> Truth:
    """Return the truth of a rule for assigned answers."""
    when = rule.when.evaluate(view)
    if when is False:
        return False
    unless = False if rule.unless is None else rule.unless.evaluate(view)
    return rule_truth(when, unless, strict=view.strict)
