"""The condition tree and its plain evaluation: the reference for every engine.

A condition is evaluated against a *view*: one entity (account, person, …) in one reading
(working or strict). The answer is true, false or unknown (None).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from kam_expert.knowledge.values import (
    UNKNOWN,
    Interval,
    SetBounds,
    Truth,
    all_of,
    any_of,
    at_least,
    at_most,
    bounds_of,
    contains,
    equals,
    negated,
    size_of,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date


@dataclass(frozen=True)
class Ref:
    """A fact as a condition names it: whose answer, and by which way from the entity."""

    name: str
    side: str = "bare"
    path: str = ""

    def __str__(self) -> str:
        """Return it as written: ``theirs.trust_other``, ``person.authority``."""
        parts = [self.path, "" if self.side == "bare" else self.side, self.name]
        return ".".join(part for part in parts if part)


class View(Protocol):
    """One entity in one reading, as conditions see it."""

    strict: bool

    def read(self, ref: Ref) -> Any:
        """Return the value of a fact in this reading, UNKNOWN if it has none."""

    def dated(self, ref: Ref) -> Sequence[tuple[date, Any]]:
        """Return the dated values of a fact, oldest first."""

    def days_since(self, ref: Ref) -> Any:
        """Return the whole days from a date fact's value (else from the answer) to the date."""

    def is_unanswered(self, ref: Ref) -> bool:
        """Return whether nobody has answered a fact (always by the working reading)."""

    def group(self, of: str) -> tuple[Sequence[View], bool]:
        """Return the people, team, links or decisions of the entity; and if there may be more."""

    def finding(self, name: str) -> Truth:
        """Return whether a finding about this entity (or its account) is likely or better."""

    def stage(self, names: frozenset[str]) -> Truth:
        """Return whether the stage is one of *names*."""


class Condition(Protocol):
    """A node of the tree."""

    def evaluate(self, view: View) -> Truth:
        """Return the truth of the condition for *view*."""

    def children(self) -> Sequence[Condition]:
        """Return the conditions that it is made of, evaluated against the same view."""


@dataclass(frozen=True)
class All:
    """True when every part is."""

    parts: tuple[Condition, ...]

    def evaluate(self, view: View) -> Truth:
        """Return Kleene's conjunction."""
        return all_of(part.evaluate(view) for part in self.parts)

    def children(self) -> Sequence[Condition]:
        """Return the parts."""
        return self.parts


@dataclass(frozen=True)
class AnyOf:
    """True when at least one part is."""

    parts: tuple[Condition, ...]

    def evaluate(self, view: View) -> Truth:
        """Return Kleene's disjunction."""
        return any_of(part.evaluate(view) for part in self.parts)

    def children(self) -> Sequence[Condition]:
        """Return the parts."""
        return self.parts


@dataclass(frozen=True)
class NoneOf:
    """True when no part is."""

    parts: tuple[Condition, ...]

    def evaluate(self, view: View) -> Truth:
        """Return the negation of Kleene's disjunction."""
        return negated(any_of(part.evaluate(view) for part in self.parts))

    def children(self) -> Sequence[Condition]:
        """Return the parts."""
        return self.parts


@dataclass(frozen=True)
class Named:
    """A definition of the vocabulary, used by its name."""

    name: str
    condition: Condition

    def evaluate(self, view: View) -> Truth:
        """Return the truth of the definition."""
        return self.condition.evaluate(view)

    def children(self) -> Sequence[Condition]:
        """Return the definition."""
        return (self.condition,)


@dataclass(frozen=True)
class Test:
    """One operator with its operand, applied to one value.

    ``asks`` is the test as data; operands that are thresholds stand as their numbers.
    """

    op: str
    operand: Any

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data, fit for JSON."""
        return {self.op: plain(self.operand)}

    def check(self, value: Any) -> Truth:
        """Return the truth of the test for *value*; unknown for UNKNOWN."""
        if value is UNKNOWN:
            return None
        operand = self.operand
        match self.op:
            case "is":
                return any_of(equals(value, item) for item in operand)
            case "not":
                return negated(any_of(equals(value, item) for item in operand))
            case "at_least":
                return at_least(value, operand)
            case "at_most":
                return at_most(value, operand)
            case "above":
                return negated(at_most(value, operand))
            case "below":
                return negated(at_least(value, operand))
            case "contains" | "contains_any":
                return any_of(contains(value, item) for item in operand)
            case "contains_all":
                return all_of(contains(value, item) for item in operand)
            case "only":
                return within(value, frozenset(operand))
            case "size":
                size = size_of(value)
                return all_of(test.check(size) for test in operand)
        raise AssertionError(self.op)


def plain(operand: Any) -> Any:
    """Return an operand as plain data."""
    if isinstance(operand, Test):
        return operand.asks
    if isinstance(operand, tuple):
        items = [plain(item) for item in operand]
        if items and all(isinstance(item, dict) for item in items):
            return {key: item[key] for item in items for key in item}
        return items
    if isinstance(operand, Ref):
        return str(operand)
    if isinstance(operand, frozenset):
        return sorted(operand)
    return operand if isinstance(operand, int | float | str) else str(operand)


@dataclass(frozen=True)
class FactTest:
    """A fact's value passes every test. Decided by the value alone."""

    ref: Ref
    tests: tuple[Test, ...]

    @property
    def asks(self) -> dict[str, Any]:
        """Return the tests as plain data."""
        return {key: operand for test in self.tests for key, operand in test.asks.items()}

    def check(self, value: Any) -> Truth:
        """Return the truth for *value*."""
        return all_of(test.check(value) for test in self.tests)

    def evaluate(self, view: View) -> Truth:
        """Read the fact and test it."""
        return self.check(view.read(self.ref))

    def children(self) -> Sequence[Condition]:
        """Return none."""
        return ()


@dataclass(frozen=True)
class Comparison:
    """A fact is more (or less) than another fact, by more than *by*."""

    ref: Ref
    op: str
    other: Ref
    by: float = 0

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        if self.by:
            return {self.op: {"fact": str(self.other), "by": self.by}}
        return {self.op: str(self.other)}

    def evaluate(self, view: View) -> Truth:
        """Compare the two values; with *by*, the distance must be at least that."""
        mine, other = view.read(self.ref), view.read(self.other)
        if self.op == "less_than":
            mine, other = other, mine
        return _exceeds(mine, other, self.by)

    def children(self) -> Sequence[Condition]:
        """Return none."""
        return ()


def _exceeds(more: Any, less: Any, by: float) -> Truth:
    high, low = bounds_of(more), bounds_of(less)
    if high is None or low is None:
        return None

    def passes(a: float, b: float) -> bool:
        return a - b >= by if by else a > b

    if low[1] is not None and passes(high[0], low[1]):
        return True
    if high[1] is not None and not passes(high[1], low[0]):
        return False
    return None


@dataclass(frozen=True)
class DaysAgo:
    """The whole days since a date (or since an answer was given) pass every test."""

    ref: Ref
    tests: tuple[Test, ...]

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        return {"days_ago": plain(self.tests)}

    def evaluate(self, view: View) -> Truth:
        """Test the days; a word such as ``none`` instead of a date is no date at all: false."""
        days = view.days_since(self.ref)
        return False if days is None else all_of(test.check(days) for test in self.tests)

    def children(self) -> Sequence[Condition]:
        """Return none."""
        return ()


@dataclass(frozen=True)
class LastTwo:
    """Both of the last two dated values pass every test; unknown with fewer than two."""

    ref: Ref
    tests: tuple[Test, ...]

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        return {"last_two": plain(self.tests)}

    def evaluate(self, view: View) -> Truth:
        """Test the last two values."""
        values = [value for _, value in view.dated(self.ref)][-2:]
        if len(values) < 2:  # noqa: PLR2004 -- two, as the name says
            return None
        return all_of(test.check(value) for value in values for test in self.tests)

    def children(self) -> Sequence[Condition]:
        """Return none."""
        return ()


@dataclass(frozen=True)
class Trend:
    """The last dated number stands above, at or below the one before; unknown with one."""

    ref: Ref
    direction: str

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        return {"trend": self.direction}

    def evaluate(self, view: View) -> Truth:
        """Compare the last two values."""
        values = [value for _, value in view.dated(self.ref)][-2:]
        if len(values) < 2:  # noqa: PLR2004 -- two, as the docstring says
            return None
        before, after = values
        if self.direction == "rising":
            return _exceeds(after, before, 0)
        if self.direction == "falling":
            return _exceeds(before, after, 0)
        return negated(any_of((_exceeds(after, before, 0), _exceeds(before, after, 0))))

    def children(self) -> Sequence[Condition]:
        """Return none."""
        return ()


@dataclass(frozen=True)
class IsUnknown:
    """Nobody has answered the fact. Two-valued, the same in both readings."""

    ref: Ref

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        return {"unknown": "yes"}

    def evaluate(self, view: View) -> Truth:
        """Return whether the fact is unknown."""
        return view.is_unanswered(self.ref)

    def children(self) -> Sequence[Condition]:
        """Return none."""
        return ()


@dataclass(frozen=True)
class Count:
    """How many members of a list satisfy a condition passes every test.

    With *by*, distinct values of that fact are counted instead of members.
    """

    of: str
    where: Condition
    tests: tuple[Test, ...]
    by: Ref | None = None
    inner: dict[str, Any] = field(default_factory=dict, compare=False, hash=False)

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        return plain(self.tests)  # type: ignore[no-any-return]

    def tally(self, view: View) -> Any:
        """Return the count as a number or an interval."""
        members, more = view.group(self.of)
        if self.by is not None:
            return self._distinct(members, more=more)
        low = high = 0
        for member in members:
            truth = self.where.evaluate(member)
            low += truth is True
            high += truth is not False
        return Interval(low, None if more else high).settled()

    def _distinct(self, members: Sequence[View], *, more: bool) -> Any:
        sure: set[Any] = set()
        perhaps: set[Any] = set()
        blank = 0
        at_all = False
        assert self.by is not None  # noqa: S101 -- for the type checker; the caller saw to it
        for member in members:
            truth = self.where.evaluate(member)
            if truth is False:
                continue
            value = member.read(self.by)
            if value is UNKNOWN or isinstance(value, Interval | SetBounds):
                blank += 1
                at_all = at_all or truth is True
            elif truth is True:
                sure.add(value)
            else:
                perhaps.add(value)
        high = None if more else len(sure | perhaps) + blank
        # A member of unknown value adds one at most, and none for certain, unless it stands alone.
        low = max(len(sure), 1) if at_all else len(sure)
        return Interval(low, high).settled()

    def evaluate(self, view: View) -> Truth:
        """Count and test."""
        count = self.tally(view)
        return all_of(test.check(count) for test in self.tests)

    def children(self) -> Sequence[Condition]:
        """Return none: *where* is about other entities."""
        return ()


@dataclass(frozen=True)
class Every:
    """Every member of a list that is meant satisfies a condition; false for an empty list."""

    of: str
    where: Condition
    satisfies: Condition

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        return {"every": "yes"}

    def evaluate(self, view: View) -> Truth:
        """Return false at the first member that fails; unknown while the list may grow."""
        members, more = view.group(self.of)
        meant: list[Truth] = []
        verdict: Truth = True
        for member in members:
            counts = self.where.evaluate(member)
            passes = self.satisfies.evaluate(member)
            if counts is True and passes is False:
                return False
            meant.append(counts)
            verdict = all_of((verdict, any_of((negated(counts), passes))))
        if more:
            return None
        return all_of((verdict, any_of(meant)))

    def children(self) -> Sequence[Condition]:
        """Return none: the parts are about other entities."""
        return ()


@dataclass(frozen=True)
class FindingTest:
    """One of the findings, about the same entity or its account, is likely or established."""

    names: tuple[str, ...]

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        return {"at_least": "likely"}

    def evaluate(self, view: View) -> Truth:
        """Ask for each finding."""
        return any_of(view.finding(name) for name in self.names)

    def children(self) -> Sequence[Condition]:
        """Return none."""
        return ()


@dataclass(frozen=True)
class FindingCount:
    """How many of the findings are likely or established passes every test."""

    label: str
    names: tuple[str, ...]
    tests: tuple[Test, ...]

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        return plain(self.tests)  # type: ignore[no-any-return]

    def tally(self, view: View) -> Any:
        """Return the count as a number or an interval."""
        truths = [view.finding(name) for name in self.names]
        low = sum(truth is True for truth in truths)
        return Interval(low, low + sum(truth is None for truth in truths)).settled()

    def evaluate(self, view: View) -> Truth:
        """Count and test."""
        count = self.tally(view)
        return all_of(test.check(count) for test in self.tests)

    def children(self) -> Sequence[Condition]:
        """Return none."""
        return ()


@dataclass(frozen=True)
class StageTest:
    """The relationship is in one of the stages."""

    names: frozenset[str]

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data."""
        return {"is": sorted(self.names)}

    def evaluate(self, view: View) -> Truth:
        """Ask for the stage."""
        return view.stage(self.names)

    def children(self) -> Sequence[Condition]:
        """Return none."""
        return ()


def nodes(condition: Condition, *, inside_lists: bool = True) -> Iterator[Condition]:
    """Yield *condition* and every condition in it; those about members of lists if asked."""
    yield condition
    for child in condition.children():
        yield from nodes(child, inside_lists=inside_lists)
    if inside_lists and isinstance(condition, Count):
        yield from nodes(condition.where)
    if inside_lists and isinstance(condition, Every):
        yield from nodes(condition.where)
        yield from nodes(condition.satisfies)


def refs(condition: Condition) -> Iterator[Ref]:
    """Yield every fact that *condition* reads, as named in it."""
    for node in nodes(condition):
        if isinstance(node, FactTest | Comparison | DaysAgo | LastTwo | Trend | IsUnknown):
            yield node.ref
        if isinstance(node, Comparison):
            yield node.other
        if isinstance(node, Count) and node.by is not None:
            yield node.by


def findings_read(condition: Condition) -> Iterator[str]:
    """Yield every finding that *condition* reads."""
    for node in nodes(condition):
        if isinstance(node, FindingTest | FindingCount):
            yield from node.names


def reads_stage(condition: Condition) -> bool:
    """Return whether *condition* asks for the stage."""
    return any(isinstance(node, StageTest) for node in nodes(condition))
