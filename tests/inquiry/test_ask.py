"""What is asked can matter, nothing that matters is left out, and "nothing further" is true."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from property_search import examples
from random_cases import a_value
from small_accounts import places, small

from kam_expert.engines.inquiry.ask import ask, slots_of
from kam_expert.engines.inquiry.boundary_values import Borders
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.questions import STAGE, open_questions
from kam_expert.facts.changes import answers_in
from kam_expert.knowledge.conditions.condition import complete_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.engines.settling import Key, Settlement
    from kam_expert.facts.changes import Slot
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import OpenQuestion

DAY = date(2026, 11, 1)
ALL = ("ours", "theirs", "joint", "time", "none")


def unanswered(variants: Variants) -> list[Slot]:
    # What reports an event is not a missing answer: giving it says that something happens. Of a
    # fact that is the lowest of others, those are asked for.
    facts = variants.base.facts
    reported = {name for name, fact in facts.items() if "else" in (fact.doc.computed or {})}
    left_out = variants.dependencies.news | reported
    slots = [
        slot
        for slot in places(variants, ALL)
        if slot.fact not in left_out and not facts[slot.fact].doc.parts
    ]
    return [s for s in slots if not answers_in(variants.case, s) and not variants.is_counted(s)]


def moved(variants: Variants, found: Settlement) -> Iterator[tuple[Key, Any, Any]]:
    """Yield what an answer changed, without what is about missing answers or is not shown."""
    for key, after in found.findings.items():
        before = variants.now.findings[key]
        named = key[0] not in variants.base.strategy_conditions
        if before != after and named and not variants.base.findings[key[0]].about_knowledge:
            yield key, before, after


def counted(variants: Variants, slots: list[Slot]) -> tuple[int, int]:
    """Count by hand what the most telling answer settles and makes certain of the stage."""
    staged = set(variants.base.stage_model.findings_read)
    best: tuple[int, ...] = (0, 0, 0, 0)
    for slot in slots:
        for value in Borders(variants.base).values(slot, variants):
            found: list[set[str]] = [set(), set(), set(), set()]
            for key, before, after in moved(variants, variants.settled({slot: value})):
                other = 0 if key[0] in staged and key[1] == "account" else 2
                if before.working is None and after.working is not None:
                    found[other].add(key[0])
                elif before.strict is None and after.strict is not None:
                    found[other + 1].add(key[0])
            best = max(best, tuple(map(len, found)))
    return best[0], best[1]


def slots(question: OpenQuestion) -> list[Slot]:
    return list(slots_of(question))


@pytest.mark.every_method
@settings(max_examples=examples(6))
@given(seed=st.integers(0, 100_000))
def test_an_effect_is_what_the_most_telling_answer_does(base: KnowledgeBase, seed: int) -> None:
    variants = small(base, seed, rules=20)
    answer = ask(variants, 1000)

    assert len(answer.effects) == len(answer.questions)
    staged = variants.base.stage_model.findings_read
    for question, effect in zip(answer.questions, answer.effects, strict=True):
        if question.of is not None:
            continue
        assert (len(effect.features), len(effect.confirms)) == counted(variants, slots(question))
        settled = {*effect.features, *effect.confirms}
        assert not settled & set(effect.helps)
        assert set(effect.helps) <= set(question.could_change) & set(staged)


@pytest.mark.every_method
@settings(max_examples=25)
@given(seed=st.integers(0, 100_000))
def test_a_question_waits_for_a_rule_that_is_not_certain(base: KnowledgeBase, seed: int) -> None:
    variants = small(base, seed, rules=20)
    now, reads = variants.now, variants.dependencies.facts
    contacts = variants.dependencies.inputs_of(variants.base.stage_model.contact_facts)

    for question in open_questions(now, variants.base):
        name = question.fact or complete_name(question.of or "")
        waiting = {
            key[0]
            for key, outcomes in now.outcomes.items()
            if not now.findings[key].firm
            for rule, outcome in outcomes
            if outcome.strict is None and name in reads[rule.name]
        }
        assert set(question.could_change) - {STAGE} <= waiting
        if question.could_change == (STAGE,):
            assert name in contacts


@pytest.mark.every_method
@settings(max_examples=25)
@given(seed=st.integers(0, 100_000))
def test_the_stage_is_named_while_it_may_change(base: KnowledgeBase, seed: int) -> None:
    variants = small(base, seed, rules=20)
    questions = open_questions(variants.now, variants.base)
    firm = variants.now.possible_stages[1] == {variants.now.verdict}

    of_the_stage = [STAGE in question.could_change for question in questions]
    assert of_the_stage == sorted(of_the_stage, reverse=True)
    assert not (firm and any(of_the_stage))
    assert firm or any(of_the_stage) or False in variants.case.complete.values()


@pytest.mark.every_method
@settings(max_examples=examples(6))
@given(seed=st.integers(0, 100_000))
def test_every_answer_that_alone_changes_something_is_asked_for(
    base: KnowledgeBase, seed: int
) -> None:
    variants = small(base, seed, rules=20)
    asked = {
        (slot.kind, slot.id, slot.fact)
        for question in open_questions(variants.now, variants.base)
        for slot in slots(question)
    }
    contradictory = {rule.finding for rule in variants.base.rules if rule.reads("contradictions")}

    for slot in unanswered(variants):
        if (slot.kind, slot.id, slot.fact) in asked:
            continue
        for value in Borders(variants.base).values(slot, variants):
            found = variants.settled({slot: value})
            changed = {key[0] for key, _, _ in moved(variants, found)} - contradictory
            assert not changed, (slot, value)
            assert found.verdict == variants.now.verdict


@pytest.mark.every_method
@settings(max_examples=examples(6))
@given(seed=st.integers(0, 100_000))
def test_nothing_further_changes_is_true_for_every_completion(
    base: KnowledgeBase, seed: int
) -> None:
    chance = random.Random(seed)
    variants = small(base, seed, rules=chance.choice((6, 12)))
    answer = ask(variants, 0)
    if answer.stop is None:
        return
    slots = unanswered(variants)
    for _ in range(6):
        some = chance.sample(slots, chance.randrange(len(slots) + 1))
        facts = variants.base.facts
        changes = {s: facts[s.fact].read(a_value(facts[s.fact], chance)) for s in some}
        found = variants.settled(changes)

        assert found.verdict == variants.now.verdict
        if answer.stop == "all":
            contradictory = {r.finding for r in variants.base.rules if r.reads("contradictions")}
            changed = {key[0] for key, _, _ in moved(variants, found)} - contradictory
            assert not changed


def test_a_list_called_complete_asks_no_more_for_members(base: KnowledgeBase) -> None:
    # A list that nobody gave is asked for, whatever is said of it.
    lists = ("people", "team", "links")
    accounts = [
        variants
        for variants in (small(base, seed, rules=20) for seed in range(20))
        if all(getattr(variants.case, of) is not None for of in lists)
        and any(question.of for question in open_questions(variants.now, variants.base))
    ]
    assert accounts
    for variants in accounts:
        case = variants.readings({}, dict.fromkeys(lists, True)).case
        closed = Variants(case, variants.base, variants.day)
        assert not any(question.of for question in open_questions(closed.now, closed.base))


def test_parts_of_a_share_are_asked_before_what_is_not_of_the_stage(
    base: KnowledgeBase, build: Any
) -> None:
    case = build(
        "people: [{id: p1}, {id: p2}]\nteam: [{id: m1}]\n"
        "links: [{member: m1, person: p1}, {member: m1, person: p2}]\n"
    )

    answer = ask(Variants(case, base, DAY), 1000)

    of_the_stage = [STAGE in question.could_change for question in answer.questions]
    parts = [
        (question, effect)
        for question, effect in zip(answer.questions, answer.effects, strict=True)
        if question.fact == "link_exchanges_90d"
    ]
    assert [(e.features, e.confirms) for _, e in parts] == [((), ())] * 2
    assert all("single_thread" in e.helps for _, e in parts)
    assert of_the_stage == sorted(of_the_stage, reverse=True)
