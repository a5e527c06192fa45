"""Small rule bases and accounts for which all combinations of changes can be tried."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from random_cases import built, random_case
from random_rules import random_base

from kam_expert.engines.inquiry.boundary_values import Borders
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.facts.changes import Slot
from kam_expert.knowledge.conditions.leaf import refs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 1)
LEVERS = ("ours", "theirs", "joint", "time")


def small(base: KnowledgeBase, seed: int, rules: int = 12) -> Variants:
    """Return an account with few people, few random rules, and stages of three features."""
    chance = random.Random(seed)
    made = random_base(base, chance, rules=rules)
    concluded = list(dict.fromkeys(r.finding for r in made.rules if _plain(made, r.finding)))
    if not concluded:  # a stage needs features
        return small(base, seed + 1_000_003, rules)
    chance.shuffle(concluded)
    model = base.stage_model
    loose, close = model.stages
    core = tuple(concluded[3:5]) if seed % 2 else ()
    stages = (
        replace(loose, features=tuple(concluded[:3]), share=chance.choice((0.3, 0.5)), vetoes=()),
        replace(
            close,
            features=tuple(concluded[3:6]),
            share=chance.choice((0.3, 0.5)),
            vetoes=tuple(concluded[6:7]),
            core=core,
            core_needed=1 if core else 0,
        ),
    )
    made = _restacked(replace(made, stage_model=replace(model, stages=stages, leaning_from=1)))
    case = built(random_case(base, chance, contacts=chance.randrange(3)), base)
    return Variants(case, made, DAY)


def _plain(base: KnowledgeBase, finding: str) -> bool:
    """Return whether a finding about the account depends neither on the stage nor on a strategy.

    No stage reads a strategy, because no rule may.
    """
    if finding in base.strategy_findings:
        return False
    doc = base.findings[finding]
    open_, seen = [finding], {finding}
    while open_:
        for rule in base.rules_for(open_.pop()):
            if rule.reads_stage() or rule.kind == "gap":
                return False
            more = rule.findings_read() - seen
            seen |= more
            open_ += more
    return doc.about == "account" and doc.about_knowledge is None


def _restacked(base: KnowledgeBase) -> KnowledgeBase:
    from kam_expert.knowledge.strata import strata_of  # noqa: PLC0415 -- used only here

    mirrored = frozenset(name for name, doc in base.findings.items() if doc.mirror)
    strata, stage = strata_of(base.rules, tuple(base.findings), base.stage_model, mirrored)
    return replace(base, strata=strata, stage_stratum=stage)


def places(variants: Variants, levers: Collection[str] = LEVERS) -> list[Slot]:
    """Return every slot of an answer that a rule reads and somebody can change.

    What is the lowest of other facts is not asked any more: those are changed in its place.
    """
    base, case = variants.base, variants.case
    read = {ref.name for rule in base.rules for part in rule.conditions() for ref in refs(part)}
    names = variants.dependencies.inputs_of(name for name in read if name in base.facts)
    names |= variants.dependencies.inputs_of(base.stage_model.contact_facts)
    found = []
    for fact in base.facts.values():
        if fact.name not in names or fact.doc.lever not in levers or fact.doc.parts:
            continue
        for entity in case.entities(fact.kind):
            if fact.doc.asked_of != "customer":
                found.append(Slot(fact.kind, entity.id, fact.name))
            if fact.kind == "account" and fact.doc.asked_of != "us":
                found.append(Slot(fact.kind, entity.id, fact.name, "theirs"))
    return found


def every_change(
    variants: Variants, size: int, levers: Collection[str] = LEVERS
) -> Iterator[dict[Slot, Any]]:
    """Yield every set of *size* changes, with all values that rules distinguish."""
    borders = Borders(variants.base)
    values = {slot: borders.values(slot, variants) for slot in places(variants, levers)}
    for slots in combinations(values, size):
        for chosen in product(*(values[slot] for slot in slots)):
            yield dict(zip(slots, chosen, strict=True))
