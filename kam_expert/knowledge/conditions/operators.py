"""The operators: how each is read from a rule file, and its truth for a value in three values.

To add an operator, add it to OPERATORS. Its column expression is in
`kam_expert.engines.portfolio.judging.operators`, its words in `kam_expert.outputs.condition_words`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import (
    UNKNOWN,
    all_of,
    any_of,
    at_least,
    at_most,
    contains,
    equals,
    negated,
    size_of,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kam_expert.knowledge.values import Truth


@dataclass(frozen=True)
class Test:
    """One operator with its operand; thresholds are replaced by their numbers."""

    op: str
    operand: Any

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data, fit for JSON."""
        return {self.op: plain(self.operand)}

    def check(self, value: Any) -> Truth:
        """Return the truth of the test for *value*.

        Unknown for UNKNOWN; false for None, which means something that never happened.
        """
        if value is UNKNOWN:
            return None
        if value is None:
            return False
        return OPERATORS[self.op].check(value, self.operand)

    def edges(self) -> tuple[tuple[float, int], ...]:
        """Return each limit that the test names, with -1 or 1: the side on which it turns."""
        return OPERATORS[self.op].edges(self.operand)

    def numbers(self) -> Iterable[float]:
        """Return every number at which the test may turn."""
        yield from (limit for limit, _ in self.edges())
        if self.op in ("is", "not"):
            yield from (item for item in self.operand if isinstance(item, int | float))


def passes(tests: Sequence[Test], value: Any) -> Truth:
    """Return whether *value* passes every test."""
    if len(tests) == 1:  # the usual case
        return tests[0].check(value)
    return all_of(test.check(value) for test in tests)


def asked(tests: Iterable[Test]) -> dict[str, Any]:
    """Return several tests as one mapping of plain data."""
    return {op: operand for test in tests for op, operand in test.asks.items()}


def plain(operand: Any) -> Any:
    """Return an operand as plain data."""
    if isinstance(operand, tuple) and not isinstance(operand, Ref):
        if operand and all(isinstance(item, Test) for item in operand):
            return asked(operand)
        return [plain(item) for item in operand]
    if isinstance(operand, Ref):
        return str(operand)
    if isinstance(operand, frozenset):
        return sorted(operand)
    return operand if isinstance(operand, int | float | str) else str(operand)


class Operand(Protocol):
    """An operand in a rule file; each method reads it or notes a problem."""

    def number(self) -> float:
        """Return a number or the value of a threshold."""

    def numbers(self, count: int) -> tuple[float, ...]:
        """Return a list of *count* numbers or thresholds."""

    def values(self) -> tuple[Any, ...]:
        """Return one or several values of the fact."""

    def elements(self) -> tuple[str, ...]:
        """Return one or several elements that the set may have."""

    def tests(self) -> tuple[Test, ...]:
        """Return tests of a number."""


def _no_edges(operand: Any) -> tuple[tuple[float, int], ...]:
    del operand
    return ()


#: The JSON Schema of a number or the name of a threshold.
NUMBER: dict[str, Any] = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\$[a-z_0-9]+$"}]
}


@dataclass(frozen=True)
class Operator:
    """A test of a value.

    Attributes:
        of: The kinds of value that it can test: number, set, word.
        parse: Reads its operand.
        check: Returns the truth for a value that is known, if only in part, and an operand.
        edges: Returns the limits in an operand, each with the side on which the truth turns:
            -1 between the limit and the next lower number, 1 between it and the next higher one.
        schema: The JSON Schema of its operand where a number is tested.
    """

    of: frozenset[str]
    parse: Callable[[Operand], Any]
    check: Callable[[Any, Any], Truth]
    edges: Callable[[Any], tuple[tuple[float, int], ...]] = _no_edges
    schema: dict[str, Any] = field(default_factory=dict)


def _is(value: Any, operand: Any) -> Truth:
    if isinstance(value, str):  # the usual case; a word is never known only in part
        return value in operand
    return any_of(equals(value, item) for item in operand)


def _limit(check: Callable[[Any, Any], Truth], side: int) -> Operator:
    return Operator(
        of=frozenset({"number"}),
        parse=lambda operand: operand.number(),
        check=check,
        edges=lambda limit: ((limit, side),),
        schema=NUMBER,
    )


def _elements(check: Callable[[Any, Any], Truth]) -> Operator:
    return Operator(of=frozenset({"set"}), parse=lambda operand: operand.elements(), check=check)


def _has_any(value: Any, operand: Any) -> Truth:
    return any_of(contains(value, item) for item in operand)


OPERATORS = {
    "at_least": _limit(at_least, -1),
    "at_most": _limit(at_most, 1),
    "above": _limit(lambda value, limit: negated(at_most(value, limit)), 1),
    "below": _limit(lambda value, limit: negated(at_least(value, limit)), -1),
    "contains": _elements(_has_any),
    "contains_any": _elements(_has_any),
    "contains_all": _elements(lambda value, items: all_of(contains(value, i) for i in items)),
    "only": _elements(lambda value, items: within(value, frozenset(items))),
    "size": Operator(
        of=frozenset({"set"}),
        parse=lambda operand: operand.tests(),
        check=lambda value, tests: passes(tests, size_of(value)),
    ),
    "is": Operator(
        of=frozenset({"number", "set", "word"}),
        parse=lambda operand: operand.values(),
        check=_is,
    ),
    "not": Operator(
        of=frozenset({"number", "set", "word"}),
        parse=lambda operand: operand.values(),
        check=lambda value, items: negated(_is(value, items)),
    ),
}  # fmt: skip


def operators_of(kind: str, *, values: bool = True) -> tuple[str, ...]:
    """Return the operators that can test a kind of value: number, set or word.

    Args:
        kind: The kind of value.
        values: Whether to include ``is`` and ``not``, which ask for the value itself.
    """
    return tuple(
        name
        for name, operator in OPERATORS.items()
        if kind in operator.of and (values or name not in ("is", "not"))
    )
