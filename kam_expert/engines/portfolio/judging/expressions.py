"""Values of facts as columns, and the tests of conditions as expressions over them.

A truth is a nullable Boolean expression: null is unknown. The meaning of each test is that of
`kam_expert.knowledge.values`; null is never false.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


#: An expression of the dataframe library in use; the libraries have no common type.
Expr = Any


class Algebra:
    """Kleene's logic on columns, as expressions of one dataframe library.

    Args:
        library: `polars`, or `narwhals`, whose expressions are a subset of Polars'. Polars' own are
            built once and reused for every chunk; those of narwhals are translated each time.
    """

    def __init__(self, library: Any) -> None:
        self.library = library
        self.col, self.lit, self.when = library.col, library.lit, library.when
        self.true, self.false = library.lit(True), library.lit(False)

    def null(self, dtype: str) -> Expr:
        """Return null as a column of a type, such as ``Boolean``."""
        return self.lit(None, getattr(self.library, dtype))

    def cast(self, expr: Expr, dtype: str) -> Expr:
        """Return *expr* as another type, such as ``Int32``."""
        return expr.cast(getattr(self.library, dtype))

    def least(self, numbers: Sequence[Expr]) -> Expr:
        """Return the least number of each row that is not null."""
        return numbers[0] if len(numbers) == 1 else self.library.min_horizontal(*numbers)

    def all_of(self, truths: Iterable[Expr]) -> Expr:
        """Return Kleene's conjunction; true for none at all."""
        return _folded(operator.and_, truths, self.true)

    def any_of(self, truths: Iterable[Expr]) -> Expr:
        """Return Kleene's disjunction; false for none at all."""
        return _folded(operator.or_, truths, self.false)

    def decided(self, when_true: Expr, when_false: Expr) -> Expr:
        """Return true where the first holds, false where the second does, else unknown."""
        return (
            self.when(when_true).then(self.true).otherwise(self.when(when_false).then(self.false))
        )

    def total(self, flags: Sequence[Expr]) -> Expr:
        """Return the number of true flags in each row."""
        return _folded(
            operator.add, [self.cast(is_true(flag), "Int32") for flag in flags], self.lit(0)
        )


def _folded(join: Callable[[Expr, Expr], Expr], listed: Iterable[Expr], empty: Expr) -> Expr:
    parts = list(listed)
    while len(parts) > 1:  # in pairs, as a deep tree is slow to walk
        pairs = [join(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
        parts = pairs + parts[len(parts) & ~1 :]
    return parts[0] if parts else empty


def is_true(truth: Expr) -> Expr:
    """Return where a truth is true, without nulls."""
    return truth.fill_null(False)


def not_false(truth: Expr) -> Expr:
    """Return where a truth is true or unknown, without nulls."""
    return truth.fill_null(True)


@dataclass(frozen=True)
class Word:
    """A word: null when unknown."""

    x: Algebra
    text: Expr

    def known(self) -> Expr:
        """Return where it is known."""
        return ~self.text.is_null()

    def is_one_of(self, items: Sequence[str]) -> Expr:
        """Return where it is one of *items*."""
        return self.text == items[0] if len(items) == 1 else self.text.is_in(list(items))

    def parts(self) -> dict[str, Expr]:
        """Return its columns by name."""
        return {"text": self.text}


@dataclass(frozen=True)
class Number:
    """A number between *low* and *high*, or a word in its place.

    Attributes:
        low: Null when unknown.
        high: None if the number is exact; a null in it means no limit.
        word: The word instead of a number, if the fact has such words.
    """

    x: Algebra
    low: Expr
    high: Expr | None = None
    word: Expr | None = None

    def known(self) -> Expr:
        """Return where it is known, if only between bounds."""
        known = ~self.low.is_null()
        return known if self.word is None else known | ~self.word.is_null()

    def is_one_of(self, items: Iterable[object]) -> Expr:
        """Return where it is one of *items*, numbers or words in their place."""
        return self.x.any_of(self._equals(item) for item in items)

    def at_least(self, limit: float) -> Expr:
        """Return where it is *limit* or more."""
        if self.high is None:
            return self.low >= limit
        return self.x.decided(self.low >= limit, self.high < limit)

    def at_most(self, limit: float) -> Expr:
        """Return where it is *limit* or less."""
        if self.high is None:
            return self.low <= limit
        return self.x.decided(self.high <= limit, self.low > limit)

    def _equals(self, item: object) -> Expr:
        if isinstance(item, str):
            if self.word is None:
                return self.x.when(~self.low.is_null()).then(self.x.false)
            return (
                self.x.when(~self.word.is_null())
                .then(self.word == item)
                .otherwise(self.x.when(~self.low.is_null()).then(self.x.false))
            )
        assert isinstance(item, int | float)  # noqa: S101 -- for the type checker
        same = (
            self.low == item
            if self.high is None
            else self.x.all_of((self.at_least(item), self.at_most(item)))
        )
        if self.word is None:
            return same
        return self.x.when(~self.word.is_null()).then(self.x.false).otherwise(same)

    def exceeds(self, other: Number, by: float) -> Expr:
        """Return where it is more than *other*, or with *by* at least *by* more."""

        def passes(more: Expr, less: Expr) -> Expr:
            return more - less >= by if by else more > less

        if self.high is None and other.high is None:
            return passes(self.low, other.low)
        high = self.low if self.high is None else self.high
        other_high = other.low if other.high is None else other.high
        return self.x.decided(passes(self.low, other_high), ~passes(high, other.low))

    def share(self, percent: Number) -> Number:
        """Return *percent* per cent of it; unknown unless both lie between two numbers."""
        ends = [
            [number.low] if number.high is None else [number.low, number.high]
            for number in (self, percent)
        ]
        parts = [one * other / 100 for one in ends[0] for other in ends[1]]
        if len(parts) == 1:
            return Number(self.x, parts[0])
        bounded = self.x.all_of(~end.is_null() for pair in ends for end in pair)
        least = most = parts[0]
        for part in parts[1:]:
            least = self.x.when(part < least).then(part).otherwise(least)
            most = self.x.when(part > most).then(part).otherwise(most)
        return Number(self.x, self.x.when(bounded).then(least), self.x.when(bounded).then(most))

    def exact(self) -> Expr:
        """Return the number where it is known exactly, else null."""
        return self.low if self.high is None else self.x.when(self.high == self.low).then(self.low)

    def parts(self) -> dict[str, Expr]:
        """Return its columns by name."""
        found = {"low": self.low}
        if self.high is not None:
            found["high"] = self.high
        if self.word is not None:
            found["word"] = self.word
        return found


@dataclass(frozen=True)
class Elements:
    """A set, by element: true, false or unknown.

    Attributes:
        has: For each element that the fact may have.
        unbounded: Where it may have further elements, None if nowhere.
        given: Where the set is known, None if it is known where its elements are.
    """

    x: Algebra
    has: dict[str, Expr]
    unbounded: Expr | None = None
    given: Expr | None = None

    def known(self) -> Expr:
        """Return where it is known, if only between bounds."""
        return ~next(iter(self.has.values())).is_null() if self.given is None else self.given

    def is_one_of(self, sets: Iterable[object]) -> Expr:
        """Return where it is one of *sets*."""
        return self.x.any_of(self._is(item) for item in sets)

    def has_any(self, items: Iterable[str]) -> Expr:
        """Return where it has at least one of *items*."""
        return self.x.any_of(self.has[item] for item in items)

    def has_all(self, items: Iterable[str]) -> Expr:
        """Return where it has all *items*."""
        return self.x.all_of(self.has[item] for item in items)

    def size(self) -> Number:
        """Return how many elements it has."""
        known = self.known()
        sure = self.x.total(list(self.has.values()))
        low = self.x.when(known).then(sure)
        if self.unbounded is None and self.given is None:
            return Number(self.x, low)
        most = self.x.total([not_false(has) for has in self.has.values()])
        bounded = known if self.unbounded is None else known & ~self.unbounded
        return Number(self.x, low, self.x.when(bounded).then(most))

    def within(self, allowed: frozenset[str]) -> Expr:
        """Return where it has elements, and none outside *allowed*."""
        inside = [has for name, has in self.has.items() if name in allowed]
        outside = [has for name, has in self.has.items() if name not in allowed]
        closed = self.x.true if self.unbounded is None else ~self.unbounded
        some = self.x.any_of(is_true(has) for has in self.has.values())
        none_outside = self.x.all_of(~not_false(has) for has in outside)
        none_inside = self.x.all_of(~not_false(has) for has in inside)
        strays = self.x.any_of(is_true(has) for has in outside)
        known = self.known()
        return self.x.decided(
            known & some & none_outside & closed, known & (strays | (none_inside & closed))
        )

    def _is(self, wanted: object) -> Expr:
        assert isinstance(wanted, frozenset)  # noqa: S101 -- for the type checker
        same = self.x.all_of(has if name in wanted else ~has for name, has in self.has.items())
        if self.unbounded is None:
            return same
        # A set that may have more elements can differ from the wanted set, but never equal it.
        return same & self.x.when(~self.unbounded).then(self.x.true)

    def parts(self) -> dict[str, Expr]:
        """Return its columns by name."""
        found = {f"has_{name}": has for name, has in self.has.items()}
        if self.unbounded is not None:
            found["unbounded"] = self.unbounded
        if self.given is not None:
            found["given"] = self.given
        return found


Value = Word | Number | Elements


def rebuilt(value: Value, column: Callable[[str, Expr], Expr]) -> Value:
    """Return the same value with each column replaced by the result of *column*."""
    parts = {name: column(name, expr) for name, expr in value.parts().items()}
    if isinstance(value, Word):
        return Word(value.x, parts["text"])
    if isinstance(value, Number):
        return Number(value.x, parts["low"], parts.get("high"), parts.get("word"))
    has = {name: parts[f"has_{name}"] for name in value.has}
    return Elements(value.x, has, parts.get("unbounded"), parts.get("given"))


def chosen(condition: Expr, first: Value, second: Value) -> Value:
    """Return, row by row, *first* where *condition* holds, else *second*."""
    x = first.x

    def pick(one: Expr | None, other: Expr | None, blank: Expr) -> Expr | None:
        if one is None and other is None:
            return None
        return (
            x.when(condition)
            .then(blank if one is None else one)
            .otherwise(blank if other is None else other)
        )

    none: Any = x.lit(None)
    if isinstance(first, Word) and isinstance(second, Word):
        return Word(x, x.when(condition).then(first.text).otherwise(second.text))
    if isinstance(first, Number) and isinstance(second, Number):
        high = None
        if first.high is not None or second.high is not None:
            one = first.low if first.high is None else first.high
            other = second.low if second.high is None else second.high
            high = x.when(condition).then(one).otherwise(other)
        low = x.when(condition).then(first.low).otherwise(second.low)
        return Number(x, low, high, pick(first.word, second.word, none))
    assert isinstance(first, Elements)  # noqa: S101 -- both sides are of one fact
    assert isinstance(second, Elements)  # noqa: S101 -- as above
    has = {
        name: x.when(condition).then(first.has[name]).otherwise(second.has[name])
        for name in first.has
    }
    given = None
    if first.given is not None or second.given is not None:
        given = x.when(condition).then(first.known()).otherwise(second.known())
    return Elements(x, has, pick(first.unbounded, second.unbounded, x.false), given)
