"""Terms about the members of a list: how many satisfy a condition, whether every one does."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from kam_expert.knowledge.conditions.condition import (
    Condition,
    OpenList,
    TruthOf,
    UnknownFact,
    UnknownMember,
)
from kam_expert.knowledge.conditions.operators import passes
from kam_expert.knowledge.conditions.terms import Boundary, Members, Shown, Term, is_exact
from kam_expert.knowledge.values import Interval, all_of, any_of, negated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kam_expert.knowledge.conditions.condition import Missing, Ref, V, View
    from kam_expert.knowledge.conditions.operators import Test
    from kam_expert.knowledge.values import Truth


def evaluated(condition: Condition, member: View) -> Truth:
    """Return the truth of a condition; see `View.truth_of`."""
    return member.truth_of(condition)


@dataclass(frozen=True)
class ListTerm(Term):
    """A term about the members of a list that satisfy a condition."""

    of: str
    where: Condition

    @abstractmethod
    def value(self, view: View, truth_of: TruthOf = evaluated) -> Any:
        """Return the number of members that count, or exist."""

    def truth(self, view: View, tests: tuple[Test, ...], truth_of: TruthOf = evaluated) -> Truth:
        """Return whether the count passes every test."""
        return passes(tests, self.value(view, truth_of))

    @abstractmethod
    def meant(self, view: V, truth_of: TruthOf) -> Iterator[V]:
        """Yield the members that certainly count."""

    counted = True

    @property
    def members(self) -> Members:
        """Return what is read of the members."""
        return Members(self.of, self.where, (self.where,))

    @property
    def label(self) -> str:
        """Return the list."""
        return self.of

    def unknown(self, view: V, truth_of: TruthOf) -> Iterator[Missing[V]]:
        """Yield the list if it may have more members, and what is unknown of each member."""
        members, more = view.group(self.of)
        if more:
            yield OpenList(self.of, view)
        read = self.members
        for member in members:
            if truth_of(read.where, member) is False:
                continue
            for condition in read.conditions:
                if truth_of(condition, member) is None:
                    yield UnknownMember(condition, member)
            for ref in read.refs:
                if not is_exact(member.read(ref)):
                    yield UnknownFact(ref, member)

    def shown(self, view: View) -> Iterator[Shown]:
        """Yield the count; the explanation adds the number."""
        del view
        yield Shown(f"count:{self.of}")


@dataclass(frozen=True)
class Count(ListTerm):
    """How many members of a list satisfy a condition.

    With *by*, distinct values of that fact are counted instead of members.
    """

    by: Ref | None = None

    @property
    def members(self) -> Members:
        """Return what is read of the members."""
        refs = () if self.by is None else (self.by,)
        return Members(self.of, self.where, (self.where,), refs)

    def value(self, view: View, truth_of: TruthOf = evaluated) -> Any:
        """Return the count as a number or an interval."""
        members, more = view.group(self.of)
        if self.by is not None:
            return self._distinct(self.by, members, truth_of, more=more)
        low = high = 0
        for member in members:
            truth = truth_of(self.where, member)
            low += truth is True
            high += truth is not False
        return Interval(low, None if more else high).settled()

    def _distinct(self, by: Ref, members: Sequence[View], truth_of: TruthOf, *, more: bool) -> Any:
        sure: set[Any] = set()
        perhaps: set[Any] = set()
        blank = 0
        at_all = False
        for member in members:
            truth = truth_of(self.where, member)
            if truth is False:
                continue
            value = member.read(by)
            if not is_exact(value):
                blank += 1
                at_all = at_all or truth is True
            elif truth is True:
                sure.add(value)
            else:
                perhaps.add(value)
        high = None if more else len(sure | perhaps) + blank
        # A member with an unknown value adds at most one, and certainly one only if it is alone.
        low = max(len(sure), 1) if at_all else len(sure)
        return Interval(low, high).settled()

    def meant(self, view: V, truth_of: TruthOf) -> Iterator[V]:
        """Yield the members that satisfy the condition."""
        for member in view.group(self.of)[0]:
            if truth_of(self.where, member) is True:
                yield member

    def boundaries(self, tests: tuple[Test, ...]) -> Iterator[Boundary]:
        """Yield that any two values of the counted fact differ."""
        del tests
        if self.by is not None:
            yield Boundary(self.by.name, distinct=True)


@dataclass(frozen=True)
class Every(ListTerm):
    """Whether every member that counts satisfies a condition; false if none counts."""

    satisfies: Condition

    says: ClassVar = {"every": "yes"}

    @property
    def members(self) -> Members:
        """Return what is read of the members."""
        return Members(self.of, self.where, (self.where, self.satisfies))

    def value(self, view: View, truth_of: TruthOf = evaluated) -> Any:
        """Return how many members the list has."""
        del truth_of
        return len(view.group(self.of)[0])

    def truth(self, view: View, tests: tuple[Test, ...], truth_of: TruthOf = evaluated) -> Truth:
        """Return false at the first member that fails; unknown while the list may grow."""
        del tests
        members, more = view.group(self.of)
        meant: list[Truth] = []
        verdict: Truth = True
        for member in members:
            counts = truth_of(self.where, member)
            satisfied = truth_of(self.satisfies, member)
            if counts is True and satisfied is False:
                return False
            meant.append(counts)
            verdict = all_of((verdict, any_of((negated(counts), satisfied))))
        if more:
            return None
        return all_of((verdict, any_of(meant)))

    def meant(self, view: V, truth_of: TruthOf) -> Iterator[V]:
        """Yield the members that satisfy the condition and are not excluded by *where*."""
        for member in view.group(self.of)[0]:
            counts = truth_of(self.where, member)
            if counts is not False and truth_of(self.satisfies, member) is True:
                yield member
