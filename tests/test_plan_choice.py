"""The moves of a plan: few, in the stated order, and none exchangeable for a better one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from kam_expert.engines.plan_choice import (
    CRITERIA,
    Answered,
    Candidate,
    ChosenStep,
    Enough,
    Policy,
    choose,
)
from kam_expert.knowledge.plan_documents import PlanDoc

if TYPE_CHECKING:
    from random import Random

    from kam_expert.knowledge.base import KnowledgeBase

POLICY = Policy(
    moves=5, capacity=20, more=(Enough(3, 1, 1),), late_days=180, hurts={"repair", "trust"},
    hurting=0, all_that_hurts=False, first=("tie", "need"), always=False, then=(), mildest=2,
)  # fmt: skip


def move(step: str, place: int, **others: Any) -> Candidate:
    answers = {step: Answered(severity=1, established=True, cause=step)}
    plain = Candidate(step, "order", place, 2, 30, False, 0, answers)
    return replace(plain, **others)


def steps(chosen: tuple[ChosenStep, ...]) -> list[str]:
    return [found.move.step for found in chosen]


def test_an_event_to_come_is_first_whatever_else_there_is() -> None:
    high = {"loss": Answered(0, True, "loss")}
    chosen, _ = choose(
        [
            move("mend", 0, purpose="repair", answers=high),
            move("renew", 9, by_event=True, within_days=40),
            move("tender", 8, by_event=True, within_days=60),
        ],
        POLICY,
    )

    assert steps(chosen) == ["renew", "tender", "mend"]
    assert [found.by for found in chosen] == ["event", "event", "only"]


def test_one_move_for_what_hurts_now_then_the_purposes_of_the_strategy() -> None:
    chosen, _ = choose(
        [
            move("visit", 0, purpose="tie"),
            move("settle", 1, purpose="repair", answers={"hurt": Answered(0, True, "hurt")}),
            move("promise", 2, purpose="trust", answers={"broken": Answered(0, True, "broken")}),
            move("ask", 3, purpose="need"),
        ],
        POLICY,
    )

    assert steps(chosen) == ["settle", "visit", "ask", "promise"]
    assert [found.by for found in chosen][:2] == ["hurts", "purpose"]


def test_where_repair_is_the_strategy_all_that_hurts_comes_first() -> None:
    policy = replace(POLICY, first=("repair", "trust"), all_that_hurts=True)
    chosen, _ = choose(
        [
            move("clear", 0, purpose="repair", answers={"slip": Answered(1, True, "slip")}),
            move("loss", 1, answers={"loss": Answered(0, True, "loss")}),
            move("settle", 2, purpose="repair", answers={"hurt": Answered(0, True, "hurt")}),
            move("promise", 3, purpose="trust", answers={"broken": Answered(0, True, "broken")}),
        ],
        policy,
    )

    # What hurts fills no place of the strategy, so its purposes follow.
    assert steps(chosen) == ["settle", "promise", "clear", "loss"]


def test_what_an_event_demands_fills_no_purpose_of_the_strategy() -> None:
    chosen, _ = choose(
        [
            move("handover", 0, purpose="need", by_event=True),
            move("other", 1),
            move("ask", 2, purpose="need"),
        ],
        POLICY,
    )

    assert steps(chosen) == ["handover", "ask", "other"]
    assert [found.by for found in chosen][:2] == ["event", "purpose"]


def test_each_criterion_decides_where_all_before_it_are_equal() -> None:
    def pair(first: dict[str, Any], second: dict[str, Any], **policy: Any) -> str:
        one, other = move("one", 0, **first), move("other", 1, **second)
        chosen, _ = choose([one, other], replace(POLICY, moves=1, **policy))
        assert steps(chosen) == ["other"]
        return chosen[0].by

    def answers(**others: Any) -> dict[str, Any]:
        return {"answers": {"a": replace(Answered(1, True, "a"), **others)}}

    assert pair(answers(), answers(severity=0)) == "severity"
    assert pair(answers(established=False), answers()) == "established"
    assert pair(answers(), answers(weight=2)) == "weight"
    assert pair({"within_days": 180}, {}) == "soon"
    assert pair({"about": 2}, {}) == "about"
    assert pair({}, {"purpose": "joint"}, then=("joint",)) == "next"
    assert pair({"purpose": "x"}, {"purpose": "need"}) == "purpose"
    with_cause = {"a": Answered(1, True, "root"), "b": Answered(1, True, "root")}
    chosen, _ = choose(
        [
            move("first", 0, answers={"a": with_cause["a"]}),
            move("same", 1, answers={"b": with_cause["b"]}),
            move("new", 2, answers={"c": Answered(1, True, "c")}),
        ],
        POLICY,
    )
    assert steps(chosen) == ["first", "new", "same"]
    assert chosen[1].by == "new_cause"


def test_a_move_that_adds_nothing_is_left_for_later() -> None:
    same = {"one": Answered(1, True, "one")}
    chosen, later = choose([move("first", 0, answers=same), move("again", 1, answers=same)], POLICY)

    assert steps(chosen) == ["first"]
    assert [(found.step, reason) for found, reason in later] == [("again", "answered")]


def test_after_three_moves_only_what_is_serious_adds_another() -> None:
    low = [move(f"low{n}", n, answers={f"f{n}": Answered(2, True, f"f{n}")}) for n in range(5)]
    chosen, later = choose(low, POLICY)
    higher = [replace(m, answers={m.step: Answered(1, True, m.step)}) for m in low]
    serious, _ = choose(higher, POLICY)

    assert len(chosen) == 3
    assert [reason for _, reason in later] == ["mild", "mild"]
    assert len(serious) == 5


def test_a_fifth_move_asks_for_more_than_a_fourth() -> None:
    medium = [move(f"m{n}", n, answers={f"f{n}": Answered(1, True, f"f{n}")}) for n in range(5)]
    graded = replace(POLICY, more=(Enough(3, 1, 1), Enough(4, 0, 0)))
    chosen, later = choose(medium, graded)
    grave = replace(medium[4], answers={"grave": Answered(0, True, "grave")})
    with_grave, _ = choose([*medium, replace(grave, step="g", place=9)], graded)
    all_grave, _ = choose(
        [replace(m, answers={m.step: Answered(0, True, m.step)}) for m in medium], graded
    )

    assert steps(chosen) == ["m0", "m1", "m2", "m3"]
    assert [reason for _, reason in later] == ["mild"]
    assert steps(with_grave) == ["g", "m0", "m1", "m2"]
    assert len(all_grave) == 5


def test_what_fills_a_purpose_of_the_strategy_is_added_sooner() -> None:
    purposes = ("price", "cost", "rules", "tie", "other")
    listed = [move(name, n, purpose=name) for n, name in enumerate(purposes)]
    policy = replace(POLICY, more=(Enough(3, 0, 1),), first=purposes[:4])
    chosen, later = choose(listed, policy)
    strict, _ = choose(listed, replace(policy, more=(Enough(3, 0, 0),)))

    assert steps(chosen) == ["price", "cost", "rules", "tie"]
    assert [(found.step, reason) for found, reason in later] == [("other", "mild")]
    assert steps(strict) == ["price", "cost", "rules"]


def test_what_a_strategy_insists_on_is_added_after_four_moves() -> None:
    wanted = ("price", "exposure", "cost", "end", "rules")
    listed = [move(name, n, purpose=name, answers={}) for n, name in enumerate(wanted)]
    chosen, _ = choose(listed, replace(POLICY, more=(Enough(4, 0, 0),), first=wanted, always=True))

    assert steps(chosen) == list(wanted)


def test_a_strategy_may_insist_on_its_purposes() -> None:
    nothing = [move("price", 0, purpose="tie", answers={}), move("other", 1, answers={})]

    assert steps(choose(nothing, POLICY)[0]) == []
    assert steps(choose(nothing, replace(POLICY, always=True))[0]) == ["price"]


findings = st.sampled_from(["a", "b", "c", "d", "e"])
answered = st.builds(
    Answered,
    severity=st.integers(0, 3),
    established=st.booleans(),
    cause=findings,
    weight=st.integers(0, 3),
)
candidates = st.lists(
    st.builds(
        Candidate,
        step=st.uuids().map(str),
        purpose=st.sampled_from(["repair", "trust", "tie", "need", "order"]),
        place=st.integers(0, 90),
        effort=st.integers(1, 9),
        within_days=st.sampled_from([3, 14, 30, 60, 180, 365]),
        by_event=st.booleans(),
        about=st.integers(0, 3),
        answers=st.dictionaries(findings, answered, max_size=3),
    ),
    max_size=9,
    unique_by=lambda found: found.place,
)
policies = st.builds(
    Policy,
    moves=st.integers(1, 5),
    capacity=st.integers(0, 24),
    more=st.lists(
        st.builds(Enough, st.integers(1, 4), st.integers(0, 2), st.integers(0, 2)), max_size=2
    ).map(tuple),
    late_days=st.just(180),
    hurts=st.just({"repair", "trust"}),
    hurting=st.integers(0, 1),
    all_that_hurts=st.booleans(),
    first=st.lists(st.sampled_from(["trust", "tie", "need"]), max_size=3, unique=True).map(tuple),
    always=st.booleans(),
    then=st.lists(st.sampled_from(["order", "need"]), max_size=2, unique=True).map(tuple),
    mildest=st.integers(1, 3),
)


@given(candidates, policies)
def test_nothing_is_lost_and_no_limit_is_exceeded(moves: list[Candidate], policy: Policy) -> None:
    chosen, later = choose(moves, policy)

    together = [*(found.move for found in chosen), *(found for found, _ in later)]
    assert sorted(m.place for m in together) == sorted(m.place for m in moves)
    assert len(chosen) <= policy.moves
    assert sum(found.move.effort for found in chosen) <= policy.capacity
    assert all(found.by in (*CRITERIA, "only") for found in chosen)


@given(candidates, policies, st.integers(1, 12))
def test_more_capacity_only_adds_moves_at_the_end(
    moves: list[Candidate], policy: Policy, more: int
) -> None:
    chosen, _ = choose(moves, policy)
    larger, _ = choose(moves, replace(policy, capacity=policy.capacity + more))

    assert steps(larger)[: len(chosen)] == steps(chosen)


@given(candidates, policies)
def test_no_move_left_for_later_is_better_in_the_place_of_a_chosen_one(
    moves: list[Candidate], policy: Policy
) -> None:
    chosen, later = choose(moves, policy)
    taken = steps(chosen)

    for place, found in enumerate(chosen):
        for other, _ in later:
            # With the same moves before it, the other would be chosen here if it were better.
            before = [m for m in moves if m.step in taken[:place]]
            again, _ = choose([*before, found.move, other], policy)
            assert steps(again)[: place + 1] == taken[: place + 1]


@given(candidates, policies, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(
    moves: list[Candidate], policy: Policy, random: Random
) -> None:
    mixed = list(moves)
    random.shuffle(mixed)

    assert choose(mixed, policy) == choose(moves, policy)


def test_a_method_of_an_earlier_version_may_state_a_single_limit(base: KnowledgeBase) -> None:
    document = base.plan.model_dump()
    earlier = PlanDoc.model_validate({**document, "more": document["more"][0]})

    assert earlier.more == base.plan.more[:1]
