"""Find conditions that no account can meet, such as a number at least 5 and at most 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem
from kam_expert.knowledge.conditions.fact_terms import Value
from kam_expert.knowledge.conditions.leaf import Leaf, nodes
from kam_expert.knowledge.conditions.logic import All
from kam_expert.knowledge.conditions.operators import asked, passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.conditions.operators import Test
    from kam_expert.knowledge.vocabulary import Fact

_ENDLESS = 10**12


def never_true(base: KnowledgeBase) -> Iterator[Problem]:
    """Yield a problem for each condition of a rule that asks one fact for two things at once."""
    for rule in base.rules:
        for condition in rule.conditions():
            for name, tests in _impossible(condition, base):
                asks = ", ".join(f"{op}: {operand}" for op, operand in tests)
                message = f"this condition can never be true: {name} ({asks})"
                yield Problem(Place(rule.file), message)


def _impossible(
    condition: Condition, base: KnowledgeBase
) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    inner = {id(part) for node in nodes(condition) if isinstance(node, All) for part in node.parts}
    for node in nodes(condition):
        if id(node) in inner or not isinstance(node, All | Leaf):
            continue
        told: dict[str, list[Test]] = {}
        for leaf in _together(node):
            if isinstance(leaf.term, Value) and leaf.tests:
                told.setdefault(str(leaf.term.ref), []).extend(leaf.tests)
        for name, tests in told.items():
            fact = base.facts.get(name.rpartition(".")[2])
            values = [] if fact is None else list(_values(fact, tests))
            if values and not any(passes(tests, value) for value in values):
                yield name, [pair for test in tests for pair in asked([test]).items()]


def _together(node: Condition) -> Iterator[Leaf]:
    """Yield the leaves that must hold together."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, All):
        for part in node.parts:
            yield from _together(part)


def _values(fact: Fact, tests: Iterable[Test]) -> Iterator[Any]:
    """Yield values such that the tests pass for one of them if they pass for any; none for sets."""
    if fact.is_number:
        limits = fact.doc.range
        low = -_ENDLESS if limits is None or limits.min is None else limits.min
        high = _ENDLESS if limits is None or limits.max is None else limits.max
        turns = {number for test in tests for number in test.numbers()}
        step = 1 if fact.doc.type == "integer" else 1e-6
        near = {low, high, *(turn + by for turn in turns for by in (-step, 0, step))}
        yield from (value for value in near if low <= value <= high)
        yield from fact.doc.also
    elif fact.doc.type in ("choice", "ordered", "yes_no"):
        yield from fact.words()
