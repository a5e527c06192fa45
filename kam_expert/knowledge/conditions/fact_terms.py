"""Terms about facts: a value, the days since, the last two values, a change, a difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from kam_expert.knowledge.conditions.condition import UnknownFact
from kam_expert.knowledge.conditions.operators import Test, asked, passes
from kam_expert.knowledge.conditions.terms import Boundary, Shown, Term, is_exact
from kam_expert.knowledge.values import UNKNOWN, Interval, all_of, bounds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.conditions.condition import Missing, Ref, TruthOf, V, View
    from kam_expert.knowledge.values import Truth


_OPPOSITE = {"at_least": "at_most", "at_most": "at_least", "above": "below", "below": "above"}


@dataclass(frozen=True)
class FactTerm(Term):
    """A term about one fact."""

    ref: Ref

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Return the fact."""
        return (self.ref,)


class Value(FactTerm):
    """The value of a fact."""

    by_value = True

    def value(self, view: View) -> Any:
        """Return the value."""
        return view.read(self.ref)

    def boundaries(self, tests: tuple[Test, ...]) -> Iterator[Boundary]:
        """Yield the tests of the value."""
        yield Boundary(self.ref.name, tests)


class DaysSince(FactTerm):
    """The whole days since a date, or since an answer was given."""

    reads_age = True
    key: ClassVar[str] = "days_ago"

    def value(self, view: View) -> Any:
        """Return the days; None for a word in the place of a date, which passes no test."""
        return view.days_since(self.ref)

    def asks(self, tests: tuple[Test, ...]) -> dict[str, Any]:
        """Return the tests of the days."""
        return {self.key: asked(tests)}

    @property
    def label(self) -> str:
        """Return the name of the days."""
        return f"{self.ref} {self.key}"

    def shown(self, view: View) -> Iterator[Shown]:
        """Yield the days, or the value where there are none."""
        value = view.read(self.ref)
        if value is not UNKNOWN:
            days = self.value(view)
            value = value if days is None or days is UNKNOWN else days
        yield Shown(self.ref.name, value, self.ref)

    def boundaries(self, tests: tuple[Test, ...]) -> Iterator[Boundary]:
        """Yield the tests of the days."""
        yield Boundary(self.ref.name, days=tests, again=True)


class DaysUntil(DaysSince):
    """The whole days until a date; negative once it has passed."""

    key = "days_until"

    def value(self, view: View) -> Any:
        """Return the days; None for a word in the place of a date, which passes no test."""
        since = super().value(view)
        return -since if isinstance(since, int) else since

    def boundaries(self, tests: tuple[Test, ...]) -> Iterator[Boundary]:
        """Yield the tests as tests of the days since."""
        yield Boundary(self.ref.name, days=tuple(_mirrored(test) for test in tests), again=True)


def _mirrored(test: Test) -> Test:
    """Return the test that a number passes if its opposite passes *test*."""
    if test.op in ("is", "not"):
        return Test(test.op, tuple(-item for item in test.operand))
    return Test(_OPPOSITE[test.op], -test.operand)


class _OfTwo(FactTerm):
    """A term about the last two dated values of a fact."""

    reads_history = True

    def _last(self, view: View) -> tuple[Any, ...]:
        return tuple(value for _, value in view.dated(self.ref)[-2:])

    def shown(self, view: View) -> Iterator[Shown]:
        """Yield the values."""
        yield Shown(self.ref.name, self._last(view), self.ref)


class LastTwo(_OfTwo):
    """Both of the last two dated values of a fact; unknown with fewer."""

    def value(self, view: View) -> Any:
        """Return the two values as a tuple, UNKNOWN with fewer."""
        last = self._last(view)
        return last if len(last) == 2 else UNKNOWN  # noqa: PLR2004 -- two, as the name says

    def tried(self, view: View) -> tuple[Any, ...]:
        """Return the existing values, UNKNOWN if there is none."""
        return self._last(view) or (UNKNOWN,)

    def truth(self, view: View, tests: tuple[Test, ...]) -> Truth:
        """Return whether both pass every test."""
        value = self.value(view)
        return None if value is UNKNOWN else all_of(passes(tests, each) for each in value)

    def asks(self, tests: tuple[Test, ...]) -> dict[str, Any]:
        """Return the tests of both."""
        return {"last_two": asked(tests)}

    def boundaries(self, tests: tuple[Test, ...]) -> Iterator[Boundary]:
        """Yield the tests of the value."""
        yield Boundary(self.ref.name, tests, again=True)


@dataclass(frozen=True)
class Change(_OfTwo):
    """The last dated number minus the one before, or a percentage of it; unknown with one."""

    of: float = 100

    limited = False
    #: The test of the change for each direction.
    directions: ClassVar[dict[tuple[str, Any], str]] = {
        ("above", 0): "rising",
        ("below", 0): "falling",
        ("is", (0,)): "flat",
    }

    def value(self, view: View) -> Any:
        """Return the change as a number or an interval."""
        last = self._last(view)
        if len(last) != 2:  # noqa: PLR2004 -- two, as the name says
            return UNKNOWN
        return difference(last[1], last[0] if self.of == 100 else share(last[0], self.of))  # noqa: PLR2004 -- per cent

    def asks(self, tests: tuple[Test, ...]) -> dict[str, Any]:
        """Return the direction, with the least change if there is one."""
        [test] = tests
        if self.of != 100:  # noqa: PLR2004 -- per cent
            word = "rising_pct" if self.of > 100 else "falling_pct"  # noqa: PLR2004 -- per cent
            return {"trend": {word: abs(self.of - 100)}}
        if (test.op, test.operand) in self.directions:
            return {"trend": self.directions[test.op, test.operand]}
        return {"trend": {"rising" if test.operand > 0 else "falling": abs(test.operand)}}

    def boundaries(self, tests: tuple[Test, ...]) -> Iterator[Boundary]:
        """Yield that the value is compared with the one before."""
        [test] = tests
        by = test.operand if isinstance(test.operand, int | float) else 0

        # The view is of the entity that holds the fact, also where the condition is of a link.
        held = replace(self, ref=self.ref._replace(path=""))

        def turns(view: View) -> Iterator[float]:
            for value in held._last(view):  # noqa: SLF001 -- same class
                yield from (end * self.of / 100 + by for end in _ends(value))

        yield Boundary(self.ref.name, again=True, sequence=True, turns=turns)


class Unanswered(FactTerm):
    """Whether a fact is unanswered. True or false, and the same in both readings."""

    says: ClassVar = {"unknown": "yes"}

    def value(self, view: View) -> Any:
        """Return whether the fact is unknown."""
        return view.is_unanswered(self.ref)

    @property
    def answers(self) -> tuple[Ref, ...]:
        """Return none: no answer makes a fact unanswered."""
        return ()


@dataclass(frozen=True)
class Difference(Term):
    """A number minus another one, or minus a percentage of it that is itself a fact."""

    ref: Ref
    other: Ref
    percent: Ref | None = None

    limited = False

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Return the facts compared."""
        both = (self.ref, self.other)
        return both if self.percent is None else (*both, self.percent)

    def value(self, view: View) -> Any:
        """Return the difference as a number or an interval."""
        other = view.read(self.other)
        if self.percent is not None:
            other = share(other, view.read(self.percent))
        return difference(view.read(self.ref), other)

    def asks(self, tests: tuple[Test, ...]) -> dict[str, Any]:
        """Return the comparison; with the percentage and the least distance, if there are any."""
        [test] = tests
        more, by = self.compared(test)
        told: dict[str, Any] = {"fact": str(self.other)}
        if self.percent is not None:
            told["percent"] = str(self.percent)
        if by:
            told["by"] = by
        return {"more_than" if more else "less_than": told if len(told) > 1 else str(self.other)}

    @staticmethod
    def compared(test: Test) -> tuple[bool, float]:
        """Return whether it tests for more, and the minimum distance; 0 for any distance."""
        more = test.op in ("above", "at_least")
        return more, test.operand if more else -test.operand

    def unknown(self, view: V, truth_of: TruthOf) -> Iterator[Missing[V]]:
        """Yield each of the facts that is not known exactly."""
        del truth_of
        for ref in self.refs:
            if not is_exact(view.read(ref)):
                yield UnknownFact(ref, view)

    def boundaries(self, tests: tuple[Test, ...]) -> Iterator[Boundary]:
        """Yield that each is compared with the other."""
        [test] = tests
        _, by = self.compared(test)
        if self.percent is None:
            yield Boundary(self.ref.name, compared=(self.other, by))
            yield Boundary(self.other.name, compared=(self.ref, by))
            return
        yield Boundary(self.ref.name, turns=partial(self._turns, by, None))
        for ref, factor in ((self.other, self.percent), (self.percent, self.other)):
            yield Boundary(ref.name, turns=partial(self._turns, by, factor))

    def _turns(self, by: float, factor: Ref | None, view: View) -> Iterator[float]:
        """Yield the limits of the number, or of one factor of the share given the other factor."""
        assert self.percent is not None  # noqa: S101 -- asked of shares only
        if any(ref.path for ref in self.refs) and view.about.kind != "link":
            # The condition is of ties; the view is of the end, or the account, that holds the fact.
            for link in view.group("links")[0]:
                yield from self._turns(by, factor, link)
            return
        if factor is None:
            ends = _ends(share(view.read(self.other), view.read(self.percent)))
            yield from (end + step for end in ends for step in (-by, by))
            return
        for one in _ends(view.read(self.ref)):
            for other in _ends(view.read(factor)):
                if other:
                    yield from (100 * (one + step) / other for step in (-by, by))


def _ends(value: Any) -> Iterator[float]:
    yield from (end for end in bounds_of(value) or () if end is not None)


def share(whole: Any, percent: Any) -> Any:
    """Return *percent* per cent of *whole*; UNKNOWN unless both lie between two numbers."""
    one, other = bounds_of(whole), bounds_of(percent)
    if one is None or other is None or one[1] is None or other[1] is None:
        return UNKNOWN
    parts = [a * b / 100 for a in one for b in other if a is not None and b is not None]
    return Interval(min(parts), max(parts)).settled()


def difference(more: Any, less: Any) -> Any:
    """Return *more* minus *less* as a number or an interval; UNKNOWN unless both are numbers."""
    high, low = bounds_of(more), bounds_of(less)
    if high is None or low is None:
        return UNKNOWN
    least = -float("inf") if low[1] is None else _minus(high[0], low[1])
    most = None if high[1] is None else _minus(high[1], low[0])
    return Interval(least, most).settled()


def _minus(one: float, other: float) -> float:
    # Two infinite numbers (of days since something that never happened) are equal.
    return 0 if one == other else one - other
