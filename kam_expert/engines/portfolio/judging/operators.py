"""The operators as expressions over the columns of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kam_expert.engines.portfolio.judging.expressions import Expr, Value
    from kam_expert.knowledge.conditions.operators import Test

#: Takes a value and an operand; the parser has checked the kind of value.
_EXPRESSIONS: dict[str, Callable[[Any, Any], Expr]] = {
    "is": lambda value, items: value.is_one_of(items),
    "not": lambda value, items: ~value.is_one_of(items),
    "at_least": lambda value, limit: value.at_least(limit),
    "at_most": lambda value, limit: value.at_most(limit),
    "above": lambda value, limit: ~value.at_most(limit),
    "below": lambda value, limit: ~value.at_least(limit),
    "contains": lambda value, items: value.has_any(items),
    "contains_any": lambda value, items: value.has_any(items),
    "contains_all": lambda value, items: value.has_all(items),
    "only": lambda value, items: value.within(frozenset(items)),
    "size": lambda value, tests: passes(value.size(), tests),
}


def passes(value: Value, tests: Iterable[Test]) -> Expr:
    """Return whether *value* passes every test."""
    return value.x.all_of(_EXPRESSIONS[test.op](value, test.operand) for test in tests)
