"""Check that no rule takes one side's view or doing for the other's.

A fact says whose view or doing its answer shows (`direction`), a finding whose it is about (`of`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import Place, Problem
from kam_expert.knowledge.conditions.leaf import leaves
from kam_expert.knowledge.finding_documents import OfDoc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Ref
    from kam_expert.knowledge.conditions.leaf import Leaf
    from kam_expert.knowledge.fact_documents import DirectionDoc
    from kam_expert.knowledge.rule import Rule

_SIDES = {"ours": "us", "theirs": "customer"}
_OTHER = {"us": "customer", "customer": "us"}


def direction_problems(base: KnowledgeBase) -> Iterator[Problem]:
    """Yield each rule that reads a view or doing of another side than its finding is about."""
    for rule in base.rules:
        # A gap compares the two sides, so it reads both.
        if rule.status == "retired" or rule.kind == "gap":
            continue
        place = Place(rule.file)
        told = {
            problem: None
            for condition in rule.conditions()
            for leaf in leaves(condition)
            for ref in leaf.term.refs
            for problem in _problems(rule, leaf, ref, base)
        }
        yield from (Problem(place, problem) for problem in told)


def _problems(rule: Rule, leaf: Leaf, ref: Ref, base: KnowledgeBase) -> Iterator[str]:
    fact = base.facts.get(ref.name)
    direction = fact.doc.direction if fact else None
    if direction is None:
        return
    of = base.findings[rule.finding].of or OfDoc()
    if direction.view_of is not None:
        yield from _view_problems(rule, ref, direction, of.view)
        return
    about = of.deeds
    sides = _doers(leaf, ref, direction)
    if sides is None:
        if (of.view or about not in (None, "both")) and rule.strength != "hints":
            yield f"{ref.name} does not say which side it is about, so the rule may only hint"
        return
    if of.view and about is None:
        # What either side does may show what the other thinks of it.
        return
    if about is None:
        yield f"reads {ref}; say under `of` whose deeds {rule.finding} is about"
    elif about != "both" and sides - {about}:
        other = " and ".join(sorted(sides - {about}))
        yield f"{rule.finding} is about the deeds of {about}, and {ref} shows those of {other}"


def _view_problems(
    rule: Rule, ref: Ref, direction: DirectionDoc, about: str | None
) -> Iterator[str]:
    if about is None:
        yield f"reads {ref}; say under `of` whose view {rule.finding} is"
    elif direction.view_of == "speaker":
        yield f"{ref} is a side's view of itself and shows no view of the other side"
    elif ref.side not in _SIDES:
        yield f"write ours.{ref.name} or theirs.{ref.name}: each side has a view of its own"
    elif about not in ("both", _SIDES[ref.side]):
        yield f"{rule.finding} is the view of {about}, and {ref} is that of {_SIDES[ref.side]}"


def _doers(leaf: Leaf, ref: Ref, direction: DirectionDoc) -> set[str] | None:
    """Return whose deeds a leaf asks for; None if that is not said."""
    doers = direction.deeds_of
    if doers == "either":
        return None
    if isinstance(doers, dict):
        asked = {item for test in leaf.tests if test.op == "is" for item in test.operand}
        # Other tests than for a value can hold on either side.
        return {doers[value] for value in asked if value in doers} if asked else {*doers.values()}
    if doers in _OTHER:
        return {doers}
    speaker = _SIDES.get(ref.side)
    if speaker is None:
        return None
    return {speaker if doers == "speaker" else _OTHER[speaker]}
