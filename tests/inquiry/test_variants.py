"""A variant settled from the present account equals one settled from the start."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import a_value, built, random_case
from random_rules import random_base

from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.settling import PlainEngine, Settlement
from kam_expert.facts.case import LISTS
from kam_expert.facts.changes import Slot
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 1)


def slots(case: Case, base: KnowledgeBase) -> Iterator[Slot]:
    """Yield the slot of every possible answer about *case*."""
    for kind in ("account", *LISTS.values()):
        for entity in case.entities(kind):
            for fact in base.facts.values():
                if fact.kind != kind:
                    continue
                if fact.doc.asked_of != "customer":
                    yield Slot(kind, entity.id, fact.name)
                if kind == "account" and fact.doc.asked_of != "us":
                    yield Slot(kind, entity.id, fact.name, "theirs")


def said(settlement: Settlement) -> dict[str, Any]:
    """Return all that a settlement says."""
    outcomes = {
        key: [(rule.name, outcome.working, outcome.strict) for rule, outcome in found]
        for key, found in settlement.outcomes.items()
    }
    return {
        "findings": settlement.findings,
        "outcomes": outcomes,
        "stages": settlement.possible_stages,
        "verdict": (settlement.verdict, settlement.leaning),
        "contradictions": set(settlement.readings.contradictions()),
    }


def compare(base: KnowledgeBase, chance: random.Random, tries: int = 6) -> None:
    variants = Variants(built(random_case(base, chance, rich=True), base), base, DAY)
    places = list(slots(variants.case, base))
    for _ in range(tries):
        chosen = chance.sample(places, min(len(places), chance.choice([1, 1, 2, 4])))
        changes = {
            slot: UNKNOWN
            if chance.random() < 0.2
            else base.facts[slot.fact].read(a_value(base.facts[slot.fact], chance))
            for slot in chosen
        }
        lists = [name for name in ("people", "team", "links") if chance.random() < 0.2]
        complete = {name: chance.random() < 0.5 for name in lists}

        fast = variants.settled(changes, complete)
        slow = PlainEngine().settle(variants.readings(changes, complete))

        assert said(fast) == said(slow), (changes, complete)


@pytest.mark.every_method
@given(seed=st.integers(0, 10_000))
def test_a_variant_is_what_settling_anew_gives(base: KnowledgeBase, seed: int) -> None:
    compare(base, random.Random(seed))


@pytest.mark.every_method
@given(seed=st.integers(0, 10_000))
def test_so_it_is_on_random_rule_bases(base: KnowledgeBase, seed: int) -> None:
    chance = random.Random(seed)
    compare(random_base(base, chance, rules=40), chance)
