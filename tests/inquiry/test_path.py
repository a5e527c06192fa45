"""The least change is the least: on small accounts every smaller set of changes is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from property_search import examples
from small_accounts import every_change, small

from kam_expert.engines.inquiry.counterfactual import fragile, path
from kam_expert.engines.reasons import plain_found
from kam_expert.facts.changes import Slot

if TYPE_CHECKING:
    from typing import Any

    from kam_expert.engines.inquiry.variants import Variants
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.inquiry import FactSet

#: So many sets are tried one by one; of larger accounts only smaller sets.
TRIED = 1_500


def slot_of(change: FactSet) -> Slot:
    return Slot(change.about.kind, change.about.id, change.fact, change.side)


def least(variants: Variants, target: str, limit: int) -> tuple[int | None, int]:
    """Return the size of the smallest set that reaches the stage, and the largest size tried."""
    tried = 0
    for size in range(1, limit + 1):
        changes = list(every_change(variants, size))
        if len(changes) > TRIED:
            return None, tried
        if any(variants.settled(change).verdict == target for change in changes):
            return size, size
        tried = size
    return None, tried


@pytest.mark.every_method
@settings(max_examples=examples(3))
@given(seed=st.integers(0, 100_000))
def test_no_smaller_set_reaches_the_stage(base: KnowledgeBase, seed: int) -> None:
    variants = small(base, seed, rules=9)
    for target in variants.base.stage_model.names:
        found = path(variants, target)
        if variants.now.verdict == target:
            assert found.ways == ()
            continue

        size, tried = least(variants, target, 3)

        if size is not None:
            assert found.proved
            assert {len(way) for way in found.ways} == {size}
        else:
            assert all(len(way) > tried for way in found.ways)


@pytest.mark.every_method
@settings(max_examples=examples(3))
@given(seed=st.integers(0, 100_000))
def test_every_listed_set_reaches_the_stage_and_no_part_of_it_does(
    base: KnowledgeBase, seed: int
) -> None:
    variants = small(base, seed, rules=25)
    for target in variants.base.stage_model.names:
        for way in path(variants, target).ways:
            changes = {slot_of(change): value_of(change, variants) for change in way}
            assert len(changes) == len(way)
            assert variants.settled(changes).verdict == target
            for slot in changes:
                rest = {other: value for other, value in changes.items() if other != slot}
                assert variants.settled(rest).verdict != target


@pytest.mark.every_method
@settings(max_examples=examples(3))
@given(seed=st.integers(0, 100_000))
def test_every_single_change_that_loses_the_stage_is_listed(base: KnowledgeBase, seed: int) -> None:
    variants = small(base, seed, rules=25)
    now = variants.now.verdict

    listed = {(slot_of(f.change), f.verdict) for f in fragile(variants)}

    levers = ("ours", "theirs", "joint", "time", "none")
    flips = {
        (slot, verdict)
        for change in every_change(variants, 1, levers)
        for slot in change
        if (verdict := variants.settled(change).verdict) != now and known(slot, variants)
    }
    assert listed == flips


def known(slot: Slot, variants: Variants) -> bool:
    from kam_expert.engines.inquiry.memo_table import Landscape  # noqa: PLC0415 -- used here only
    from kam_expert.knowledge.values import UNKNOWN  # noqa: PLC0415 -- as above

    return Landscape(variants, ()).present(slot) is not UNKNOWN


def value_of(change: FactSet, variants: Variants) -> Any:
    """Return the value that a result shows as plain data."""
    from kam_expert.engines.inquiry.boundary_values import Borders  # noqa: PLC0415 -- used here only

    values = Borders(variants.base).values(slot_of(change), variants)
    return next(value for value in values if plain_found(value) == change.to)


def test_the_target_that_is_reached_needs_nothing(base: KnowledgeBase) -> None:
    variants = small(base, 3)
    names = variants.base.stage_model.names
    target = variants.now.verdict

    assert target not in names or path(variants, target).ways == ()
