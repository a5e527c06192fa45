"""The leaf of every condition, and walks over all leaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.conditions.condition import Condition, complete_name
from kam_expert.knowledge.conditions.operators import Test, passes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.conditions.condition import Missing, Ref, TruthOf, V, View
    from kam_expert.knowledge.conditions.terms import Term
    from kam_expert.knowledge.values import Truth


@dataclass(frozen=True)
class Leaf(Condition):
    """A term passes every test; a term that is true or false by itself has no tests."""

    term: Term
    tests: tuple[Test, ...] = ()

    @property
    def asks(self) -> dict[str, Any]:
        """Return the test as plain data, fit for JSON."""
        return self.term.asks(self.tests)

    @cached_property
    def reads_conclusions(self) -> bool:
        """Return whether the term, or a condition about members of its list, reads conclusions."""
        term = self.term
        within = () if term.members is None else term.members.conditions
        return (
            bool(term.findings)
            or term.reads_stage
            or any(ref.name == "contradictions" for ref in term.refs)
            or any(condition.reads_conclusions for condition in within)
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the facts that it reads, also of members, and its list as `complete_name`."""
        names = {ref.name for ref in self.term.refs}
        members = self.term.members
        if members is not None:
            names |= {complete_name(members.of), *(ref.name for ref in members.refs)}
            names = names.union(*(condition.names for condition in members.conditions))
        return frozenset(names)

    def check(self, value: Any) -> Truth:
        """Return whether a value passes every test."""
        return passes(self.tests, value)

    def evaluate(self, view: View) -> Truth:
        """Return whether the term passes every test."""
        return self.term.truth(view, self.tests)

    def _unknown(self, view: V, truth_of: TruthOf) -> Iterator[Missing[V]]:
        return self.term.unknown(view, truth_of)


def nodes(condition: Condition, *, members: bool = True) -> Iterator[Condition]:
    """Yield *condition* and every condition in it, those about members of lists if asked."""
    yield condition
    for child in condition.children():
        yield from nodes(child, members=members)
    if members and isinstance(condition, Leaf) and condition.term.members is not None:
        for inner in condition.term.members.conditions:
            yield from nodes(inner)


def leaves(condition: Condition, *, members: bool = True) -> Iterator[Leaf]:
    """Yield every leaf of *condition*, those about members of lists if asked."""
    return (node for node in nodes(condition, members=members) if isinstance(node, Leaf))


def refs(condition: Condition) -> Iterator[Ref]:
    """Yield every fact that *condition* reads, as named in it."""
    for leaf in leaves(condition):
        yield from leaf.term.refs
        if leaf.term.members is not None:
            yield from leaf.term.members.refs


def answers_read(condition: Condition) -> Iterator[Ref]:
    """Yield every fact whose answer can change *condition*."""
    for leaf in leaves(condition):
        yield from leaf.term.answers
        if leaf.term.members is not None:
            yield from leaf.term.members.refs


def findings_read(condition: Condition) -> Iterator[str]:
    """Yield every finding that *condition* reads."""
    for leaf in leaves(condition):
        yield from leaf.term.findings


def reads_stage(condition: Condition) -> bool:
    """Return whether *condition* asks for the stage."""
    return any(leaf.term.reads_stage for leaf in leaves(condition))
