"""The parts of a rule file about one fact: tests of its value, and other terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, shortened, unknown_name, with_article
from kam_expert.knowledge.conditions.fact_terms import (
    Change,
    DaysSince,
    DaysUntil,
    Difference,
    LastTwo,
    Unanswered,
    Value,
)
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.conditions.logic import EVERYTHING, All
from kam_expert.knowledge.conditions.operands import Reader, Written, values_of
from kam_expert.knowledge.conditions.operators import OPERATORS, Test
from kam_expert.knowledge.vocabulary import ENGINE_FACTS
from kam_expert.knowledge.yaml_reader import Map, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kam_expert.knowledge.conditions.condition import Condition, Ref
    from kam_expert.knowledge.conditions.scope import Scope
    from kam_expert.knowledge.vocabulary import Fact

#: Keys about something other than the value of a fact.
TERM_OPS = ("more_than", "less_than", "days_ago", "days_until", "last_two", "trend", "unknown")
#: All keys of tests of a fact. Equality has no operator: ``fact: value``.
FACT_OPS = (*(op for op in OPERATORS if op != "is"), *TERM_OPS)

_DIRECTIONS = {direction: Test(*test) for test, direction in Change.directions.items()}
#: The term and test of a change of at least so much, in the unit of the fact or in per cent.
_CHANGES: dict[str, Callable[[Ref, float], tuple[Change, tuple[Test, ...]]]] = {
    "rising": lambda ref, by: (Change(ref), (Test("at_least", by),)),
    "falling": lambda ref, by: (Change(ref), (Test("at_most", -by),)),
    "rising_pct": lambda ref, by: (Change(ref, 100 + by), (Test("at_least", 0),)),
    "falling_pct": lambda ref, by: (Change(ref, 100 - by), (Test("at_most", 0),)),
}


class FactParser(Reader):
    """Parses the tests of single facts."""

    def __init__(
        self, names: Scope, thresholds: Mapping[str, float] | None, *, about_knowledge: bool
    ) -> None:
        super().__init__(thresholds)
        self.names = names
        self.about_knowledge = about_knowledge

    def ref(self, key: str, kind: str, place: Place) -> Ref | None:
        """Return the fact that a key names; None after a problem."""
        try:
            return self.names.ref(key, kind)
        except ValueError as error:
            self.fail(place, str(error))
            return None

    def fact(self, key: str, value: Any, kind: str, place: Place, raw: str) -> Condition:
        """Parse the tests of the fact that *key* names."""
        ref = self.ref(key, kind, place)
        if ref is None:
            return EVERYTHING
        if ref.name in ENGINE_FACTS:
            return self._engine_fact(ref, value, place)
        fact = self.names.facts[ref.name]
        if not isinstance(value, Map):
            return Leaf(Value(ref), (Test("is", values_of(fact, self, value, place, raw)),))
        tests: list[Test] = []
        parts: list[Condition] = []
        for op in value:
            written = Written(self, op, value, fact)
            if _can_ask(fact, written):
                tests.append(written.test())
            elif part := self._term(ref, kind, written):
                parts.append(part)
        if tests:
            parts.insert(0, Leaf(Value(ref), tuple(tests)))
        if not parts:
            self.fail(place, f'"{key}" asks for nothing')
            return EVERYTHING
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _engine_fact(self, ref: Ref, value: Any, place: Place) -> Condition:
        if ref.name == "customer_answers" and not self.about_knowledge:
            self.fail(place, "only findings about knowledge may count the customer's answers")
        if ref.name == "gap":
            tests: tuple[Test, ...] = (Test("is", ("yes",)),)
        elif isinstance(value, Map):
            tests = self.number_tests(value, (), place)
        else:
            tests = (Test("is", (self.number(value, place),)),)
        return Leaf(Value(ref), tests)

    def _term(self, ref: Ref, kind: str, written: Written) -> Condition | None:
        """Return the term about something other than the value of a fact; None if there is none."""
        parse: dict[str, Callable[[Ref, str, Written], Condition | None]] = {
            "more_than": self._comparison,
            "less_than": self._comparison,
            "days_ago": self._days_ago,
            "days_until": self._days_until,
            "last_two": self._last_two,
            "trend": self._trend,
            "unknown": self._unanswered,
        }
        op, place = written.op, written.place
        part = parse[op](ref, kind, written) if op in parse else None
        if part is None and op in FACT_OPS:
            fact = self.names.facts[ref.name]
            what = with_article(kind_of(fact))
            self.fail(place, f'"{op}" cannot be asked of {fact.name}, which is {what}')
        elif part is None:
            self.fail(place_of(written.value, place), unknown_name("operator", op, FACT_OPS))
        return part

    def _comparison(self, ref: Ref, kind: str, written: Written) -> Condition | None:
        value, place = written.value, written.place
        if not self.names.facts[ref.name].is_number:
            return None
        by: float = 0
        percent = None
        if isinstance(value, Map):
            by = self.number(value.get("by", 0), value.at("by"))
            if "percent" in value:
                percent = self._number_fact(value["percent"], kind, value.at("percent"))
            value = value.get("fact")
        other = self._number_fact(value, kind, place)
        if other is None:
            return EVERYTHING
        if written.op == "more_than":
            test = Test("at_least", by) if by else Test("above", 0)
        else:
            test = Test("at_most", -by) if by else Test("below", 0)
        return Leaf(Difference(ref, other, percent), (test,))

    def _number_fact(self, name: Any, kind: str, place: Place) -> Ref | None:
        """Return the number that *name* names; None after a problem."""
        ref = self.ref(str(name), kind, place)
        if ref and (ref.name in ENGINE_FACTS or not self.names.facts[ref.name].is_number):
            self.fail(place, f"{ref.name} is not a number and cannot be compared")
        return ref

    def _days_ago(self, ref: Ref, kind: str, written: Written) -> Condition | None:
        del kind
        if not isinstance(written.value, Map):
            return None
        return Leaf(DaysSince(ref), self.number_tests(written.value, (), written.place))

    def _days_until(self, ref: Ref, kind: str, written: Written) -> Condition | None:
        del kind
        if not isinstance(written.value, Map) or self.names.facts[ref.name].doc.type != "date":
            return None
        return Leaf(DaysUntil(ref), self.number_tests(written.value, (), written.place))

    def _last_two(self, ref: Ref, kind: str, written: Written) -> Condition:
        raw = written.asked.raw[written.op]
        inner = self.fact(str(ref), written.value, kind, written.place, raw)
        if not isinstance(inner, Leaf) or not inner.term.by_value:
            self.fail(written.place, '"last_two" takes tests of one value')
            return EVERYTHING
        return Leaf(LastTwo(ref), inner.tests)

    def _trend(self, ref: Ref, kind: str, written: Written) -> Condition | None:
        del kind
        if not self.names.facts[ref.name].is_number:
            return None
        value = written.value
        if isinstance(value, Map) and len(value) == 1:
            [[word, size]] = value.items()
            if word in _CHANGES:
                by = self.number(size, value.at(word))
                if by <= 0:
                    self.fail(value.at(word), "a change is more than 0")
                return Leaf(*_CHANGES[word](ref, by))
        if not isinstance(value, str) or value not in _DIRECTIONS:
            said = f'a trend is rising, falling or flat, not "{shortened(value)}"'
            self.fail(written.place, said)
            return EVERYTHING
        return Leaf(Change(ref), (_DIRECTIONS[value],))

    def _unanswered(self, ref: Ref, kind: str, written: Written) -> Condition:
        del kind
        if not self.about_knowledge:
            said = 'only rules of findings about knowledge may ask "unknown"'
            self.fail(written.place, said)
        if written.value != "yes":
            self.fail(written.place, '"unknown" takes yes')
        return Leaf(Unanswered(ref))


def kind_of(fact: Fact) -> str:
    """Return the kind of a fact for operators: a set, a number or a word."""
    return "set" if fact.doc.type == "set" else "number" if fact.is_number else "word"


def _can_ask(fact: Fact, written: Written) -> bool:
    """Return whether the operator can test the value of a fact."""
    op = written.op
    if op not in OPERATORS or op == "is" or kind_of(fact) not in OPERATORS[op].of:
        return False
    # For a set, only whether it is not empty; its elements have their own operators.
    return op != "not" or kind_of(fact) != "set" or written.value in ([], "none")
