"""What a leaf tests: the value of a fact, the days since, the last two values, and others.

A term gives what it reads, its value in a view, what is unknown there, the facts that
can change it and what explanations show of it. Engines ask terms and know no list of them; only
the portfolio engine has an entry for each, as it needs expressions instead of values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from kam_expert.knowledge.conditions.condition import UnknownFact
from kam_expert.knowledge.conditions.operators import asked, passes
from kam_expert.knowledge.values import UNKNOWN, Interval, SetBounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kam_expert.knowledge.conditions.condition import Condition, Missing, Ref, TruthOf, V, View
    from kam_expert.knowledge.conditions.operators import Test
    from kam_expert.knowledge.values import Truth


@dataclass(frozen=True)
class Shown:
    """A line of an explanation: the subject of a term, and the value found.

    Attributes:
        fact: The fact, ``count:<list>`` or ``stage``; None where a finding was asked.
        value: The value; a tuple for values of several dates.
        ref: The fact, where it is one that somebody answers.
        finding: The finding.
    """

    fact: str | None
    value: Any = None
    ref: Ref | None = None
    finding: str | None = None


@dataclass(frozen=True)
class Boundary:
    """The limits where the value of a fact changes a leaf.

    Attributes:
        fact: Its name.
        tests: The tests of its value.
        days: The tests of the days since.
        compared: Another fact that it is compared with, and the minimum distance.
        turns: The numbers at which it turns where that takes several other facts of an entity.
        again: Whether the same answer on a later day can matter.
        sequence: Whether the value is compared with the one before.
        distinct: Whether any two values differ.
    """

    fact: str
    tests: tuple[Test, ...] = ()
    days: tuple[Test, ...] = ()
    compared: tuple[Ref, float] | None = None
    turns: Callable[[View], Iterable[float]] | None = None
    again: bool = False
    sequence: bool = False
    distinct: bool = False


@dataclass(frozen=True)
class Members:
    """What a term reads of the members of a list.

    Attributes:
        of: The list: people, team, links or decisions.
        where: Which members count.
        conditions: All conditions about members, *where* among them.
        refs: The other facts of members that are read.
    """

    of: str
    where: Condition
    conditions: tuple[Condition, ...]
    refs: tuple[Ref, ...] = ()


class Term(ABC):
    """The subject of a leaf's tests, or something that is true or false by itself.

    Attributes:
        says: The plain data of a term that is true or false by itself.
        limited: Whether the cases of a rule must cover both sides of a limit to its value.
        by_value: Whether the value of one fact alone decides.
        counted: Whether members or findings are counted, so that several may cause the result.
        reads_age: Whether it matters how old an answer is.
        reads_history: Whether the answer before the last is read.
        reads_stage: Whether the stage is read.
    """

    says: ClassVar[dict[str, Any] | None] = None
    limited: ClassVar[bool] = True
    by_value: ClassVar[bool] = False
    counted: ClassVar[bool] = False
    reads_age: ClassVar[bool] = False
    reads_history: ClassVar[bool] = False
    reads_stage: ClassVar[bool] = False

    @abstractmethod
    def value(self, view: View) -> Any:
        """Return its value, or its truth if it is true or false by itself."""

    def tried(self, view: View) -> tuple[Any, ...]:
        """Return the values of a case to compare with the limits."""
        return (self.value(view),)

    def truth(self, view: View, tests: tuple[Test, ...]) -> Truth:
        """Return whether it passes every test, or its own truth if it has one."""
        value = self.value(view)
        return passes(tests, value) if self.says is None else value

    def asks(self, tests: tuple[Test, ...]) -> dict[str, Any]:
        """Return the tests of the leaf as plain data, fit for JSON."""
        return asked(tests) if self.says is None else self.says

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Return the facts that it reads of the entity, its account or the end of a link."""
        return ()

    @property
    def answers(self) -> tuple[Ref, ...]:
        """Return the facts whose answers can change its value."""
        return self.refs

    @property
    def members(self) -> Members | None:
        """Return what it reads of the members of a list; None if nothing."""
        return None

    @property
    def findings(self) -> tuple[str, ...]:
        """Return the findings that it reads."""
        return ()

    @property
    def label(self) -> str:
        """Return the name under which its limits are listed."""
        return ", ".join(str(ref) for ref in self.refs)

    def unknown(self, view: V, truth_of: TruthOf) -> Iterator[Missing[V]]:
        """Yield what is unknown in *view*, for a leaf whose truth is unknown."""
        del truth_of
        for ref in self.answers:
            yield UnknownFact(ref, view)

    def shown(self, view: View) -> Iterator[Shown]:
        """Yield its lines in an explanation."""
        for ref in self.refs:
            yield Shown(ref.name, view.read(ref), ref)

    def boundaries(self, tests: tuple[Test, ...]) -> Iterator[Boundary]:
        """Yield the limits of its facts."""
        del tests
        return iter(())


def is_exact(value: object) -> bool:
    """Return whether a value is known exactly."""
    return value is not UNKNOWN and not isinstance(value, Interval | SetBounds)
