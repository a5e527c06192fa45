"""Operands in a rule file, read as their operators need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, did_you_mean, shortened, unknown_name
from kam_expert.knowledge.conditions.operators import OPERATORS, Test, operators_of
from kam_expert.knowledge.values import UNKNOWN, Interval
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.vocabulary import Fact


class Reader:
    """Reads numbers and thresholds; collects problems in ``problems``.

    Args:
        thresholds: The numbers that may be named as ``$name``.

    Attributes:
        used: The thresholds that were named.
    """

    def __init__(self, thresholds: Mapping[str, float] | None) -> None:
        self.thresholds = thresholds or {}
        self.used: set[str] = set()
        self.problems: list[Problem] = []

    def fail(self, place: Place, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(place, message))

    def number(self, value: Any, place: Place) -> float:
        """Return a number or the value of a threshold."""
        if isinstance(value, str) and value.startswith("$"):
            name = value[1:]
            self.used.add(name)
            if name not in self.thresholds:
                near = did_you_mean(name, self.thresholds)
                self.fail(place, f'unknown threshold "{value}".{near}')
                return 0
            return self.thresholds[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(place, f'a number (or $threshold) is needed, not "{shortened(value)}"')
            return 0
        return value

    def number_tests(self, value: Map, besides: tuple[str, ...], place: Place) -> tuple[Test, ...]:
        """Return the tests of a number in a mapping that has the keys *besides* too."""
        tests = []
        for op in value:
            if op in besides:
                continue
            if op in OPERATORS and "number" in OPERATORS[op].of:
                tests.append(Written(self, op, value, None).test())
            else:
                self.fail(value.at(op), unknown_name("operator", op, operators_of("number")))
        if not tests:
            asked = ", ".join(operators_of("number", values=False))
            self.fail(place, f"a number is asked for: {asked} or is")
        return tuple(tests)


@dataclass(frozen=True)
class Written:
    """An operator with its operand, as written.

    Attributes:
        reader: Notes problems.
        op: The operator.
        asked: The mapping that contains it.
        fact: The fact it tests; None for a count and other numbers.
    """

    reader: Reader
    op: str
    asked: Map
    fact: Fact | None

    @property
    def value(self) -> Any:
        """Return the operand."""
        return self.asked[self.op]

    @property
    def place(self) -> Place:
        """Return its place."""
        return self.asked.at(self.op)

    def test(self) -> Test:
        """Return the test."""
        return Test(self.op, OPERATORS[self.op].parse(self))

    def number(self) -> float:
        """Return a number or the value of a threshold."""
        return self.reader.number(self.value, self.place)

    def numbers(self, count: int) -> tuple[float, ...]:
        """Return a list of *count* numbers or thresholds."""
        value = self.value
        if not isinstance(value, Seq) or len(value) != count:
            self.reader.fail(self.place, f'"{self.op}" takes a list of {count} numbers')
            return (0,) * count
        return tuple(self.reader.number(item, value.at(i)) for i, item in enumerate(value))

    def values(self) -> tuple[Any, ...]:
        """Return one or several values of the fact; numbers where there is no fact."""
        if self.fact is None:
            items = self.value if isinstance(self.value, Seq) else [self.value]
            return tuple(self.reader.number(item, self.place) for item in items)
        return values_of(self.fact, self.reader, self.value, self.place, self.asked.raw[self.op])

    def elements(self) -> tuple[str, ...]:
        """Return one or several elements that the set may have."""
        assert self.fact is not None  # noqa: S101 -- operators of sets are asked of facts only
        allowed = self.fact.doc.values
        items = self.value if isinstance(self.value, Seq) else [self.value]
        for item in items:
            if not isinstance(item, str) or item not in allowed:
                near = did_you_mean(item, allowed)
                said = f'"{shortened(item)}" is not a value of {self.fact.name}.{near}'
                self.reader.fail(self.place, said)
        return tuple(items)

    def tests(self) -> tuple[Test, ...]:
        """Return tests of a number; a number alone is a test for equality."""
        if isinstance(self.value, Map):
            return self.reader.number_tests(self.value, (), self.place)
        return (Test("is", (self.number(),)),)


def values_of(fact: Fact, reader: Reader, value: Any, place: Place, raw: str) -> tuple[Any, ...]:
    """Return one or several values of a fact."""
    if fact.doc.type == "set":
        if isinstance(value, list) and value:
            asked = ", ".join(operators_of("set", values=False))
            reader.fail(place, f"{fact.name} is a set: ask {asked}")
        return (_value(fact, reader, value, place, raw),)
    items = value if isinstance(value, Seq) else [value]
    raws = value.raw if isinstance(value, Seq) else [raw]
    if not items:
        reader.fail(place, f"{fact.name}: an empty list can never match")
    return tuple(_value(fact, reader, i, place, r) for i, r in zip(items, raws, strict=True))


def _value(fact: Fact, reader: Reader, value: Any, place: Place, raw: str) -> Any:
    if isinstance(value, str) and value.startswith("$"):
        return reader.number(value, place)
    try:
        result = fact.read(value, raw)
    except ValueError as error:
        reader.fail(place, str(error))
        return ""
    if result is UNKNOWN or isinstance(result, Interval):
        reader.fail(place, f"{fact.name}: a condition asks for known values")
        return ""
    return result
