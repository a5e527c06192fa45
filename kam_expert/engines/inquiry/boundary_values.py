"""Boundary values of a fact: one value from each range in which every rule gives the same result.

The result of a rule changes only at a limit in some condition, so one value from each side of each
limit represents all numbers. Likewise, of words or sets that no condition distinguishes, one is
enough.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

from kam_expert.facts.changes import answers_in
from kam_expert.facts.distance import distance
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import leaves
from kam_expert.knowledge.values import UNKNOWN, bounds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kam_expert.engines.inquiry.variants import Variants
    from kam_expert.facts.changes import Slot
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition, View
    from kam_expert.knowledge.conditions.operators import Test
    from kam_expert.knowledge.conditions.terms import Boundary
    from kam_expert.knowledge.vocabulary import Fact

#: For larger sets, only subsets of one or two elements and near-complete ones are tried.
_ALL_SUBSETS_OF = 6


class Borders:
    """The limits in the conditions of a rule base.

    Attributes:
        repeated: The facts where the same answer on a later day can matter.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self.repeated: set[str] = set()
        self._tests: dict[str, list[Test]] = {}
        self._days: dict[str, list[Test]] = {}
        self._compared: dict[str, list[tuple[Ref, float]]] = {}
        self._turns: dict[str, list[Callable[[View], Iterable[float]]]] = {}
        self._sequences: set[str] = set()
        self._distinguished: set[str] = set()
        for condition in _conditions(base):
            for leaf in leaves(condition):
                for boundary in leaf.term.boundaries(leaf.tests):
                    self._note(boundary)
        self._gaps: dict[str, list[tuple[str, float]]] = {}
        for gap in base.gaps.values():
            for mine, other in ((gap.ours, gap.theirs), (gap.theirs, gap.ours)):
                self._gaps.setdefault(mine, []).append((other, gap.threshold.value))

    def _note(self, boundary: Boundary) -> None:
        name = boundary.fact
        self._tests.setdefault(name, []).extend(boundary.tests)
        self._days.setdefault(name, []).extend(boundary.days)
        if boundary.compared is not None:
            self._compared.setdefault(name, []).append(boundary.compared)
        if boundary.turns is not None:
            self._turns.setdefault(name, []).append(boundary.turns)
        # A date ages by itself, an answer when it was given on an earlier day.
        if boundary.again and not (boundary.days and self._base.facts[name].doc.type == "date"):
            self.repeated.add(name)
        if boundary.sequence:
            self._sequences.add(name)
        if boundary.distinct:
            self._distinguished.add(name)

    def values(self, slot: Slot, variants: Variants) -> tuple[Any, ...]:
        """Return values to try in *slot*, in the order of the vocabulary or of size.

        Args:
            slot: The place of the answer.
            variants: The account; its other answers add limits.

        Returns:
            Values that the fact may have, with the present one if it is known exactly.
        """
        fact = self._base.facts[slot.fact]
        now = _now(slot, variants)
        if fact.doc.type == "set":
            return self._sets(fact, now, slot, variants)
        if fact.is_number:
            numbers = self._numbers(fact, now, slot, variants)
            return (*numbers, *(word for word in fact.doc.also))
        if fact.doc.type == "date":
            return (*self._dates(fact, now, variants.day), *fact.doc.also)
        if fact.doc.type == "text":
            return self._texts(fact, now)
        return self._words(fact, now)

    def _words(self, fact: Fact, now: Any) -> tuple[Any, ...]:
        words = fact.words()
        if fact.name in self._gaps or fact.name in self._distinguished:
            return tuple(words)
        return _one_of_each(words, self._tests.get(fact.name, ()), now)

    def _texts(self, fact: Fact, now: Any) -> tuple[Any, ...]:
        named = [
            item
            for test in self._tests.get(fact.name, ())
            if test.op in ("is", "not")
            for item in test.operand
        ]
        known = [now] if isinstance(now, str) else []
        return tuple(dict.fromkeys([*known, *named, "…"]))

    def _dates(self, fact: Fact, now: Any, day: date) -> tuple[Any, ...]:
        known = [now] if isinstance(now, date) else []
        limits = sorted(
            {int(limit) for t in self._days.get(fact.name, ()) for limit in t.numbers()}
        )
        around = {days + step for days in limits for step in (-1, 0, 1)} or {0}
        dates = [day - timedelta(days=days) for days in sorted(around)]
        tests = self._days.get(fact.name, ())
        return _one_of_each([*known, *dates], tests, now, key=lambda d: (day - d).days)

    def _numbers(self, fact: Fact, now: Any, slot: Slot, variants: Variants) -> tuple[Any, ...]:
        limits = {limit for t in self._tests.get(fact.name, ()) for limit in t.numbers()}
        compared = self._compared.get(fact.name, ())
        for ref, by in compared:
            limits |= self._near(ref, by, variants)
        turns = self._turns.get(fact.name, ())
        for entity in variants.now.readings.entities(slot.kind) if turns else ():
            if entity.id == slot.id:
                view = variants.now.readings.view(entity, strict=False)
                limits |= {limit for numbers in turns for limit in numbers(view)}
        gaps = self._gaps.get(fact.name, ())
        for other, threshold in gaps:
            theirs = _value(slot, other, variants)
            limits |= {end + step for end in theirs for step in (-threshold, threshold)}
        sequence = fact.name in self._sequences
        if sequence:
            limits |= _before(slot, variants)
        points = _points(sorted(limits), whole=fact.doc.type == "integer")
        exact = bounds_of(now)
        known = [exact[0]] if exact and exact[0] == exact[1] else []
        allowed = [n for n in (*known, *points) if _in_range(fact, n)]
        if compared or turns or gaps or sequence:
            return tuple(sorted(set(allowed)))
        return tuple(sorted(_one_of_each(allowed, self._tests.get(fact.name, ()), now)))

    def _near(self, ref: Ref, by: float, variants: Variants) -> set[float]:
        """Return the limits of a fact that is compared with another one."""
        others = {limit for t in self._tests.get(ref.name, ()) for limit in t.numbers()}
        for kind in {self._base.facts[ref.name].kind}:
            for entity in variants.now.readings.entities(kind):
                view = variants.now.readings.view(entity, strict=False)
                others |= set(_ends(view.read(Ref(ref.name, ref.side))))
        return {other + step for other in others for step in (-by, 0, by)}

    def _sets(self, fact: Fact, now: Any, slot: Slot, variants: Variants) -> tuple[Any, ...]:
        words = tuple(fact.doc.values)
        known = [now] if isinstance(now, frozenset) else []
        tries = [*known, *_subsets(words)]
        tests = list(self._tests.get(fact.name, ()))
        tries += [frozenset(t.operand) for t in tests if t.op in ("contains_all", "only")]
        gaps = [
            (value, threshold)
            for other, threshold in self._gaps.get(fact.name, ())
            for value in _raw(slot, other, variants)
        ]

        def marks(value: Any) -> tuple[Any, ...]:
            apart = [(distance(fact, value, other), limit) for other, limit in gaps]
            return tuple(far is not None and far >= limit for far, limit in apart)

        return _one_of_each(tries, tests, now, marks=marks)


def _conditions(base: KnowledgeBase) -> Iterator[Condition]:
    for rule in base.rules:
        if rule.status != "retired":
            yield from rule.conditions()
    yield from base.impossible.values()
    yield from base.computed_where.values()


def _points(limits: Sequence[float], *, whole: bool) -> list[float]:
    """Return each limit, and a number between each pair, below the first and above the last."""
    if not limits:
        return [1]
    if whole:
        limits = sorted({int(end) for limit in limits for end in (limit // 1, -(-limit // 1))})
    between = [(a + b) // 2 if whole else (a + b) / 2 for a, b in pairwise(limits)]
    around = [limits[0] - 1, *between, limits[-1] + 1]
    if whole:
        # Both sides of a limit that a test asks for exactly.
        around += [limit + step for limit in limits for step in (-1, 1)]
    return sorted({*limits, *around})


def _in_range(fact: Fact, number: float) -> bool:
    limits = fact.doc.range
    low = limits.min if limits and limits.min is not None else None
    high = limits.max if limits and limits.max is not None else None
    if fact.doc.computed is not None and low is None:
        low = 0
    return (low is None or number >= low) and (high is None or number <= high)


def _one_of_each(
    values: Iterable[Any], tests: Iterable[Test], now: Any, *, key: Any = None, marks: Any = None
) -> tuple[Any, ...]:
    """Return one value of each class that no test distinguishes: the nearest to the present."""
    tests = list(tests)
    kept: dict[tuple[Any, ...], Any] = {}
    for value in values:
        tested = value if key is None else key(value)
        sign = tuple(test.check(tested) for test in tests)
        if marks is not None:
            sign += marks(value)
        if sign not in kept or apart(value, now) < apart(kept[sign], now):
            kept[sign] = value
    return tuple(kept.values())


def apart(value: Any, now: Any) -> float:
    """Return the distance of a value from the present one; 1 without a measure."""
    if isinstance(value, frozenset):
        return len(value ^ now) if isinstance(now, frozenset) else len(value)
    if isinstance(value, int | float) and isinstance(now, int | float):
        return abs(value - now)
    if isinstance(value, date) and isinstance(now, date):
        return abs((value - now).days)
    return 0 if value == now else 1


def _subsets(words: Sequence[str]) -> Iterator[frozenset[str]]:
    sizes = range(len(words) + 1)
    if len(words) > _ALL_SUBSETS_OF:
        sizes = [0, 1, 2, 3, len(words) - 1, len(words)]  # type: ignore[assignment]
    for size in sizes:
        yield from (frozenset(part) for part in combinations(words, size))


def _now(slot: Slot, variants: Variants) -> Any:
    entity = variants.case.entity(slot.kind, slot.id)
    if entity is None:
        return UNKNOWN
    side = "bare" if slot.kind != "account" else slot.side
    return variants.now.readings.view(entity, strict=False).read(Ref(slot.fact, side))


def _raw(slot: Slot, other: str, variants: Variants) -> Iterator[Any]:
    """Yield the other side's answer to the other fact of a gap."""
    side = "theirs" if slot.side == "ours" else "ours"
    account = variants.now.readings.view(variants.case.account, strict=False)
    value = account.read(Ref(other, side))
    if value is not UNKNOWN:
        yield value


def _value(slot: Slot, other: str, variants: Variants) -> set[float]:
    return {end for value in _raw(slot, other, variants) for end in _ends(value)}


def _before(slot: Slot, variants: Variants) -> set[float]:
    """Return the last dated number before the day: a trend compares with it."""
    answers = answers_in(variants.case, slot)
    earlier = [a for a in answers if a.as_of is not None and a.as_of < variants.day]
    return set(_ends(earlier[-1].value)) if earlier else set()


def _ends(value: Any) -> Iterator[float]:
    for end in bounds_of(value) or ():
        if end is not None and end != float("inf"):
            yield end
