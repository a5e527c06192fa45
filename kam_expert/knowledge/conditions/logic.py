"""The three connectives, in Kleene's strong logic."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.knowledge.conditions.condition import Condition
from kam_expert.knowledge.values import all_of, any_of, negated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.knowledge.conditions.condition import Missing, TruthOf, V, View
    from kam_expert.knowledge.values import Truth


@dataclass(frozen=True)
class Connective(Condition):
    """Conditions about the same entity, joined."""

    parts: tuple[Condition, ...]

    @staticmethod
    @abstractmethod
    def joined(truths: Iterable[Truth]) -> Truth:
        """Return the truth of the whole from the truths of its parts."""

    def evaluate(self, view: View) -> Truth:
        """Evaluate parts until the truth is certain, and join them."""
        return self.joined(part.evaluate(view) for part in self.parts)

    def children(self) -> tuple[Condition, ...]:
        """Return the parts."""
        return self.parts

    def _unknown(self, view: V, truth_of: TruthOf) -> Iterator[Missing[V]]:
        for part in self.parts:
            yield from part.unknown(view, truth_of)


class All(Connective):
    """True when every part is."""

    joined = staticmethod(all_of)


class AnyOf(Connective):
    """True when at least one part is."""

    joined = staticmethod(any_of)


class NoneOf(Connective):
    """True when no part is."""

    @staticmethod
    def joined(truths: Iterable[Truth]) -> Truth:
        """Return the negation of Kleene's disjunction."""
        return negated(any_of(truths))


#: True of everything.
EVERYTHING = All(())
