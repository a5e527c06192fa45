"""The order of questions is the order of what answers settle, and "nothing further" is true."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from property_search import examples
from random_cases import a_value
from small_accounts import places, small

from kam_expert.engines.inquiry.ask import Asker
from kam_expert.engines.inquiry.boundary_values import Borders
from kam_expert.engines.inquiry.unknowns import Grows, unknowns
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.facts.changes import Slot, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.engines.settling import Key, Settlement
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.inquiry import NextQuestion

DAY = date(2026, 11, 1)
ALL = ("ours", "theirs", "joint", "time", "none")


def unanswered(variants: Variants) -> list[Slot]:
    slots = places(variants, ALL)
    return [s for s in slots if not told(variants.case, s) and not variants.is_counted(s)]


def moved(variants: Variants, found: Settlement) -> Iterator[tuple[Key, Any, Any]]:
    """Yield what an answer changed, findings about what nobody knows left out."""
    for key, after in found.findings.items():
        before = variants.now.findings[key]
        if before != after and not variants.base.findings[key[0]].about_knowledge:
            yield key, before, after


def counted(variants: Variants, slots: list[Slot]) -> tuple[float, ...]:
    """Count by hand what the most telling answer settles; in the middle, the mean of the stage."""
    staged = set(variants.base.stage_model.findings_read)
    best: tuple[float, ...] = (0, 0, 0, 0)
    told_of_stage = []
    for slot in slots:
        for value in Borders(variants.base).values(slot, variants):
            count = [0, 0, 0, 0]
            for key, before, after in moved(variants, variants.settled({slot: value})):
                other = 0 if key[0] in staged and key[1] == "account" else 2
                settles = before.working is None and after.working is not None
                certain = before.strict is None and after.strict is not None
                count[other] += settles
                count[other + 1] += certain and not settles
            told_of_stage.append(count[0] + count[1])
            best = max(best, tuple(count))
    mean = sum(told_of_stage) / max(1, len(told_of_stage))
    return *best[:2], mean, *best[2:]


def rests_on(variants: Variants, slot: Slot | Grows, feature: str) -> bool:
    """Return whether an open rule of the feature, or of a finding it reads, has the unknown."""
    now, base = variants.now, variants.base
    read, new = {feature}, {feature}
    while new:
        new = {f for name in new for rule in base.rules_for(name) for f in rule.findings_read()}
        new = {
            f
            for f in new - read
            if any(s.strict is None for k, s in now.findings.items() if k[0] == f)
        }
        read |= new
    return any(
        slot in unknowns(part, now.readings.view(entity, strict=True))
        for (finding, kind, identity), outcomes in now.outcomes.items()
        if finding in read and kind != "gap"
        for rule, outcome in outcomes
        if outcome.strict is None
        for entity in now.readings.entities(kind)
        if entity.id == identity
        for part in rule.conditions()
    )


def slots_of(question: NextQuestion) -> list[Slot]:
    slot = Slot(question.about.kind, question.about.id, question.fact or "", question.side)
    if question.asked_of != "both":
        return [slot]
    return [slot, Slot(slot.kind, slot.id, slot.fact, "ours")]


@settings(max_examples=examples(25))
@given(seed=st.integers(0, 100_000))
def test_questions_stand_in_the_order_of_what_one_answer_settles(
    base: KnowledgeBase, seed: int
) -> None:
    variants = small(base, seed, rules=20)
    asked = Asker(variants)
    open_ = asked.unknown()

    answer = asked.questioning()

    facts = []
    for question in answer.questions:
        if question.of is not None:
            continue
        slots = [slot for slot in slots_of(question) if slot in open_]
        count = counted(variants, slots)
        facts.append(count)
        assert (len(question.features), len(question.confirms)) == count[:2]
        staged = variants.base.stage_model.findings_read
        still_open = [f for f in staged if variants.now.findings[f, "account", "a"].strict is None]
        settled = {*question.features, *question.confirms}
        assert question.helps == tuple(
            feature
            for feature in still_open
            if feature not in settled and any(rests_on(variants, s, feature) for s in slots)
        )
        facts[-1] = (*count[:2], len(question.helps), *count[2:])
    assert facts == sorted(facts, reverse=True)


@settings(max_examples=examples(25))
@given(seed=st.integers(0, 100_000))
def test_every_answer_that_alone_changes_something_is_asked_for(
    base: KnowledgeBase, seed: int
) -> None:
    variants = small(base, seed, rules=20)
    answer = Asker(variants).questioning()
    asked = {
        (slot.kind, slot.id, slot.fact)
        for question in answer.questions
        for slot in slots_of(question)
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


@settings(max_examples=examples(40))
@given(seed=st.integers(0, 100_000))
def test_nothing_further_changes_is_true_for_every_completion(
    base: KnowledgeBase, seed: int
) -> None:
    chance = random.Random(seed)
    variants = small(base, seed, rules=chance.choice((6, 12)))
    answer = Asker(variants).questioning()
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
    variants = small(base, 11, rules=20)
    complete = dict.fromkeys(("people", "team", "links"), True)
    closed = Variants(variants.readings({}, complete).case, variants.base, variants.day)

    assert not any(isinstance(unknown, Grows) for unknown in Asker(closed).unknown())


def test_parts_of_a_share_are_asked_before_what_is_not_of_the_stage(
    base: KnowledgeBase, build: Any
) -> None:
    case = build(
        "people: [{id: p1}, {id: p2}]\nteam: [{id: m1}]\n"
        "links: [{member: m1, person: p1}, {member: m1, person: p2}]\n"
    )

    questions = Asker(Variants(case, base, DAY)).questioning().questions

    of_the_stage = [bool(q.features or q.confirms or q.helps) for q in questions]
    parts = [q for q in questions if q.fact == "link_exchanges_90d"]
    assert [(q.features, q.confirms) for q in parts] == [((), ())] * 2
    assert all("single_thread" in q.helps for q in parts)
    assert of_the_stage == sorted(of_the_stage, reverse=True)
