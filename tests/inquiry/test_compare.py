"""What a comparison lists is the whole difference, and the facts it blames suffice."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from property_search import examples
from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.inquiry.compare import compare
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.differences import differences, merged

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase

DAYS = (date(2026, 8, 1), date(2026, 11, 1))


def two_versions(base: KnowledgeBase, seed: int) -> tuple[Case, Case]:
    """Return a case and another with some of its own answers and some of a third case's."""
    chance = random.Random(seed)
    old, other = (built(random_case(base, chance, rich=True), base) for _ in range(2))
    parts = differences(old, other)
    return old, merged(old, other, chance.sample(parts, min(len(parts), chance.randrange(1, 12))))


def statuses(case: Case, base: KnowledgeBase, day: date) -> dict[tuple[str, About], str]:
    found = diagnose(case, base, day, PlainEngine())
    return {(finding.id, finding.about): finding.status for finding in found.findings}


@pytest.mark.every_method
@given(seed=st.integers(0, 10_000))
def test_all_parts_together_make_the_newer_case(base: KnowledgeBase, seed: int) -> None:
    old, new = two_versions(base, seed)

    whole = merged(old, new, differences(old, new))

    assert differences(whole, new) == ()
    assert whole.digest() == replace(new, account=replace(new.account, id=old.account.id)).digest()


@pytest.mark.every_method
@settings(max_examples=examples(6))
@given(seed=st.integers(0, 10_000))
def test_the_parts_of_a_comparison_add_up(base: KnowledgeBase, seed: int) -> None:
    old, new = two_versions(base, seed)

    found = compare(old, new, base, DAYS)

    before, after = statuses(old, base, DAYS[0]), statuses(new, base, DAYS[1])
    summed = dict(before)
    for change in found.findings:
        assert before.get((change.id, change.about), "absent") == change.before
        summed[change.id, change.about] = change.after
    assert {key: status for key, status in summed.items() if status != "absent"} == after
    was, now = (
        diagnose(case, base, day, PlainEngine()) for case, day in zip((old, new), DAYS, strict=True)
    )
    assert (found.stage.before, found.stage.after) == (was.stage.verdict, now.stage.verdict)
    steps = {(s.id, s.about) for s in was.next_steps} | {(s.id, s.about) for s in found.steps_new}
    steps -= {(s.id, s.about) for s in found.steps_gone}
    assert steps == {(s.id, s.about) for s in now.next_steps}
    held = {(s.id, s.about) for s in was.next_steps if s.held_back_by}
    held = held | {(s.id, s.about) for s in found.steps_held}
    held -= {(s.id, s.about) for s in (*found.steps_freed, *found.steps_gone)}
    held |= {(s.id, s.about) for s in found.steps_new if s.held_back_by}
    assert held == {(s.id, s.about) for s in now.next_steps if s.held_back_by}


@settings(max_examples=examples(6))
@given(seed=st.integers(0, 10_000))
def test_the_facts_blamed_for_a_change_are_enough_and_none_is_idle(
    base: KnowledgeBase, seed: int
) -> None:
    old, new = two_versions(base, seed)
    found = compare(old, new, base, (DAYS[1], DAYS[1]))
    parts = dict(zip(found.parts, differences(old, new), strict=True))

    for change in found.findings:
        if change.before == change.after:
            continue
        key = (change.id, change.about)
        blamed = [parts[part] for part in change.because]
        alone = statuses(merged(old, new, blamed), base, DAYS[1])
        assert alone.get(key, "absent") == change.after
        for part in blamed if len(blamed) > 1 else ():
            fewer = merged(old, new, [p for p in blamed if p is not part])
            assert statuses(fewer, base, DAYS[1]).get(key, "absent") != change.after


def test_a_case_compared_with_itself_is_the_same(base: KnowledgeBase) -> None:
    old, _ = two_versions(base, 7)

    found = compare(old, old, base, (DAYS[1], DAYS[1]))

    assert found.same
    assert found.parts == ()
