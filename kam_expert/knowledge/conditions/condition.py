"""The basis of conditions: references to facts, views of entities, truths in three values.

A condition is evaluated against a *view*: one entity (account, person, …) in one reading
(working or strict). The answer is true, false or unknown (None).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from typing import Self

    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.values import Truth


class Ref(NamedTuple):
    """A fact as a condition names it: the side of the answer, and the path from the entity.

    Values are looked up by it all the time, and a tuple is hashed fastest.
    """

    name: str
    side: str = "bare"
    path: str = ""

    def __str__(self) -> str:
        """Return it as written: ``theirs.trust_other``, ``person.authority``."""
        parts = [self.path, "" if self.side == "bare" else self.side, self.name]
        return ".".join(part for part in parts if part)


def complete_name(of: str) -> str:
    """Return the name of a list's completeness among the names of facts."""
    return f"complete:{of}"


class View(Protocol):
    """One entity in one reading, as conditions see it."""

    strict: bool

    @property
    def about(self) -> About:
        """Return the key of the entity."""

    def read(self, ref: Ref) -> Any:
        """Return the value of a fact in this reading, UNKNOWN if it has none."""

    def dated(self, ref: Ref) -> Sequence[tuple[date, Any]]:
        """Return the dated values of a fact, oldest first."""

    def days_since(self, ref: Ref) -> Any:
        """Return the whole days from a date fact's value (else from the answer) to the date.

        UNKNOWN if it has none, None for a word such as ``none`` in the place of a date.
        """

    def is_unanswered(self, ref: Ref) -> bool:
        """Return whether a fact is unanswered (always in the working reading)."""

    def group(self, of: str) -> tuple[Sequence[Self], bool]:
        """Return the people, team, links or decisions, and whether there may be more."""

    def finding(self, name: str) -> Truth:
        """Return whether a finding about this entity (or its account) is likely or better."""

    def stage(self, names: frozenset[str]) -> Truth:
        """Return whether the stage is one of *names*."""

    def verdict(self, names: frozenset[str]) -> Truth:
        """Return whether the diagnosis names one of *names* as the stage."""

    def truth_of(self, condition: Condition) -> Truth:
        """Return the truth of a condition; one that facts alone decide is evaluated once."""


V = TypeVar("V", bound=View)


class UnknownFact(NamedTuple, Generic[V]):
    """A fact of the entity of *view* that is unknown, or known only between bounds."""

    ref: Ref
    view: V


class OpenList(NamedTuple, Generic[V]):
    """A list of the entity of *view* that may have unknown members."""

    of: str
    view: V


class UnknownMember(NamedTuple, Generic[V]):
    """A condition about a member of a list whose truth is unknown in *view*, that of the member."""

    condition: Condition
    view: V


Missing = UnknownFact[V] | OpenList[V] | UnknownMember[V]


class Condition(ABC):
    """A connective or a leaf."""

    @abstractmethod
    def evaluate(self, view: View) -> Truth:
        """Return the truth of the condition for *view*."""

    def children(self) -> tuple[Condition, ...]:
        """Return its parts, which are evaluated against the same view."""
        return ()

    @cached_property
    def reads_conclusions(self) -> bool:
        """Return whether it reads findings, the stage or contradictions, and not facts alone."""
        return any(child.reads_conclusions for child in self.children())

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the facts that it reads, also of members, and its lists as `complete_name`."""
        return frozenset().union(*(child.names for child in self.children()))

    def unknown(self, view: V, truth_of: TruthOf) -> Iterator[Missing[V]]:
        """Yield the unknown facts and lists that could make the condition true or false.

        A part that is true or false already does not matter and yields nothing.
        """
        if truth_of(self, view) is None:
            yield from self._unknown(view, truth_of)

    @abstractmethod
    def _unknown(self, view: V, truth_of: TruthOf) -> Iterator[Missing[V]]:
        """Yield the same for a condition whose truth is unknown."""


#: Returns the truth of a condition for a view: evaluated or cached.
TruthOf = Callable[[Condition, Any], "Truth"]
