"""The facts that the rules of a base read, and how they read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.conditions.leaf import leaves, refs
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition

KINDS = ("account", "person", "member", "link", "decision", "event")


@dataclass(frozen=True)
class Needs:
    """The facts to read.

    Attributes:
        values: Facts by kind of entity.
        age: Facts whose age of the answer is read.
        trend: Facts whose previous answer is read.
    """

    values: Mapping[str, frozenset[str]]
    age: frozenset[str]
    trend: frozenset[str]


def needs_of(base: KnowledgeBase, extra: Iterable[str] = ()) -> Needs:
    """Return the facts that rules, definitions, computed facts, gaps, impossible pairs, steps read.

    Args:
        base: The rule base.
        extra: Facts to read even if no rule reads them.
    """
    conditions = list(_conditions(base))
    names = {ref.name for condition in conditions for ref in refs(condition)}
    names.update(extra, base.stage_model.contact_facts)
    for gap in base.gaps.values():
        names.update((gap.ours, gap.theirs))
    for fact in base.facts.values():
        # Also if no rule reads the total: it is compared with the stated value.
        if fact.doc.computed is not None and fact.doc.from_lists:
            names.add(fact.name)
            names.update(_named(fact.doc.computed))
    names |= base.step_book.dates()
    names -= set(ENGINE_FACTS)
    for name in tuple(names):
        names.update(base.facts[name].doc.parts)
    terms = [leaf.term for condition in conditions for leaf in leaves(condition)]
    ages = {ref.name for term in terms if term.reads_age for ref in term.refs}
    aged = {name for name in ages if base.facts[name].doc.type != "date"}
    aged |= {name for name in names if base.facts[name].doc.fresh_days is not None}
    return Needs(
        {
            kind: frozenset(name for name in names if base.facts[name].kind == kind)
            for kind in KINDS
        },
        frozenset(aged),
        frozenset(ref.name for term in terms if term.reads_history for ref in term.refs),
    )


def _conditions(base: KnowledgeBase) -> Iterator[Condition]:
    for rule in base.rules:
        if rule.status != "retired":
            yield from rule.conditions()
    for _, condition in base.definitions.values():
        yield condition
    yield from base.computed_where.values()
    yield from base.impossible.values()
    yield from base.done_when.values()


def _named(form: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fact of a computation such as ``{percent: people, of: person.fact}``."""
    if "of" in form:
        yield form["of"].rpartition(".")[2]
