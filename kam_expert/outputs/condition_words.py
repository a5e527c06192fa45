"""Tests of facts in words, such as “at least 2”."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.outputs.value_words import ValueWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ConditionWords(ValueWords):
    """The words for what conditions ask of facts."""

    def test(self, name: str, asks: Mapping[str, Any]) -> str:
        """Return tests of a fact in words, separated by commas."""
        return ", ".join(self._test(name, op, operand) for op, operand in asks.items())

    def _test(self, name: str, op: str, operand: Any) -> str:
        if op in ("is", "not", "contains", "contains_any", "contains_all", "only"):
            return self._words_test(name, op, operand)
        if op in ("at_least", "at_most", "above", "below"):
            return self._limit(op, self.value(name, operand))
        if op == "size":
            return self._size(operand)
        if op in ("more_than", "less_than"):
            return self._comparison(op, operand)
        if op == "days_ago":
            return self._("days since then: %(test)s", test=self.test("", operand))
        if op == "days_until":
            return self._("days until then: %(test)s", test=self.test("", operand))
        if op == "last_two":
            return self._("both of the last two: %(test)s", test=self.test(name, operand))
        if op == "trend":
            return self._trend(name, operand)
        if op == "apart":
            return self._("at least %(number)s apart", number=self.number(operand))
        return self._("nobody has answered") if op == "unknown" else self._("every one of them")

    def _trend(self, name: str, operand: Any) -> str:
        trends = {"rising": self._("rising"), "falling": self._("falling")}
        if isinstance(operand, str):
            return trends.get(operand, self._("level"))
        [[word, by]] = operand.items()
        direction, _, percent = word.partition("_")
        number = f"{self.number(by)} %" if percent else self.value(name, by)
        return self._("%(test)s, by at least %(number)s", test=trends[direction], number=number)

    def _words_test(self, name: str, op: str, operand: Any) -> str:
        items = list(operand) if isinstance(operand, tuple | list | frozenset) else [operand]
        said = self._list(self.value(name, item) for item in items)
        one = len(items) == 1
        fact = self.base.facts.get(name)
        match op:
            case "is":
                return said if one else self._("one of: %(values)s", values=said)
            case "not":
                if one and isinstance(items[0], int | float):
                    return self._("not %(number)s", number=said)
                return self._("other than: %(values)s", values=said)
            case "contains_all" if fact is not None and len(items) == len(fact.doc.values):
                return self._("everything on the list")
            case "contains_all":
                return self._("all of these: %(values)s", values=said)
            case "only":
                return self._("nothing but: %(values)s", values=said)
        if one:
            return self._("among them: %(values)s", values=said)
        return self._("at least one of: %(values)s", values=said)

    @staticmethod
    def _list(items: Iterable[str]) -> str:
        listed = list(items)
        # Values with commas are separated by semicolons.
        return ("; " if any(", " in item for item in listed) else ", ").join(listed)

    def _limit(self, op: str, number: str) -> str:
        match op:
            case "at_least":
                return self._("at least %(number)s", number=number)
            case "at_most":
                return self._("at most %(number)s", number=number)
            case "above":
                return self._("more than %(number)s", number=number)
        return self._("less than %(number)s", number=number)

    def _size(self, operand: Any) -> str:
        if not isinstance(operand, dict):
            operand = {"is": [operand]}
        if operand == {"is": [0]}:
            return self._("none named")
        return self._("number named: %(test)s", test=self.test("", operand))

    def _comparison(self, op: str, operand: Any) -> str:
        other = operand["fact"] if isinstance(operand, dict) else operand
        named = self._named(other)
        if isinstance(operand, dict) and "percent" in operand:
            named = f"{named} × {self._named(operand['percent'])}"
        by = operand.get("by") if isinstance(operand, dict) else None
        said = (
            self._("more than “%(fact)s”", fact=named)
            if op == "more_than"
            else self._("less than “%(fact)s”", fact=named)
        )
        return (
            self._("%(test)s, by at least %(number)s", test=said, number=self.number(by))
            if by
            else said
        )

    def _named(self, ref: object) -> str:
        """Return the short name of a fact, without the side that a condition names."""
        return self.fact(str(ref).rpartition(".")[2])
