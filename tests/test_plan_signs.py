"""What is asked when a step of the plan is done, and what is said when its sign does not come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from kam_expert.engines.plan_signs import missing_signs, sign, sign_questions, subjects
from kam_expert.facts.case import Case
from kam_expert.facts.plan_edits import entry_of
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.leaf import refs
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from kam_expert.knowledge.values import Truth

MakeCase = Callable[[str], Case]
BASE = shipped_base()
DAY = date(2026, 11, 1)
#: A step about the account and one about a decision, with a sign that one answer gives.
OF_ACCOUNT, OF_DECISION = "encourage_peer_calls", "trace_last_decisions"
WITHOUT = next(name for name in BASE.steps if name not in BASE.done_when)
SEEN, UNSEEN = "customer: {informal_contact: weekly}", "customer: {informal_contact: monthly}"
TIME = timedelta(days=BASE.steps[OF_ACCOUNT].within_days)


def done(step: str, day: date, more: str = "") -> str:
    return f"plan: [{{id: e, step: {step}, status: done, done_on: {day}{more}}}]"


@pytest.mark.parametrize(
    ("answers", "truth"), [(SEEN, True), (UNSEEN, False), ("customer: {}", None)]
)
def test_a_sign_is_seen_where_its_condition_is_true(
    build: MakeCase, answers: str, truth: Truth
) -> None:
    case = build(f"{answers}\n{done(OF_ACCOUNT, DAY)}")

    assert sign(case.plan[0], Readings(case, BASE, DAY)) is truth


@pytest.mark.parametrize(
    ("days", "answers", "known"),
    [
        # On the last day of its time nothing is said yet.
        (0, UNSEEN, []),
        (1, UNSEEN, [True]),
        (1, "customer: {}", [False]),
        (1, SEEN, []),
    ],
)
def test_a_step_whose_sign_does_not_come_in_time_is_named(
    build: MakeCase, days: int, answers: str, known: list[bool]
) -> None:
    case = build(f"{answers}\n{done(OF_ACCOUNT, DAY - TIME - timedelta(days=days))}")

    found = missing_signs(Readings(case, BASE, DAY))

    assert [missing.known for missing in found] == known
    assert all(missing.by == DAY - timedelta(days=1) for missing in found)


def test_only_what_is_done_can_miss_its_sign(build: MakeCase) -> None:
    case = build(
        f"{UNSEEN}\nplan: [{{step: {OF_ACCOUNT}, agreed_on: 2025-01-01}},"
        f"{{id: w, text: x, status: done, done_on: 2025-01-01}},"
        f"{{step: {WITHOUT}, status: done, done_on: 2025-01-01}},"
        f"{{step: gone, status: done, done_on: 2025-01-01}}]"
    )

    assert missing_signs(Readings(case, BASE, DAY)) == ()


def test_closing_a_step_asks_for_the_facts_of_its_sign(build: MakeCase) -> None:
    case = build(f"{UNSEEN}\n{done(OF_ACCOUNT, DAY)}")

    questions = sign_questions(case.plan[0], Readings(case, BASE, DAY))

    assert {question.fact for question in questions} == {
        ref.name for ref in refs(BASE.done_when[OF_ACCOUNT])
    }
    (asked,) = [question for question in questions if question.fact == "informal_contact"]
    assert (asked.about, asked.why) == (About("account", case.account.id), "not_firm")


def test_a_step_about_decisions_asks_about_those_it_names(build: MakeCase) -> None:
    decisions = "decisions: [{id: d1}, {id: d2}]"
    one = build(f"{decisions}\n{done(OF_DECISION, DAY, ', about: [d2]')}")
    every = build(f"{decisions}\n{done(OF_DECISION, DAY)}")

    asked = [
        {question.about.id for question in sign_questions(case.plan[0], Readings(case, BASE, DAY))}
        for case in (one, every)
    ]

    assert asked == [{"d2"}, {"d1", "d2"}]


@pytest.mark.parametrize("what", ["text: x", f"step: {WITHOUT}", "step: gone"])
def test_without_a_sign_nothing_is_asked(build: MakeCase, what: str) -> None:
    case = build(f"plan: [{{id: e, {what}}}]")

    assert sign_questions(case.plan[0], Readings(case, BASE, DAY)) == ()


def test_no_sign_asks_for_what_is_counted_from_lists(build: MakeCase) -> None:
    steps = ", ".join(f"{{step: {step}}}" for step in BASE.done_when)
    case = build(f"decisions: [{{id: d}}]\nplan: [{steps}]")

    asked = [q for entry in case.plan for q in sign_questions(entry, Readings(case, BASE, DAY))]

    assert asked
    assert not [q for q in asked if q.fact is None or BASE.facts[q.fact].doc.from_lists]


def test_a_person_with_the_id_of_a_decision_is_told_apart(build: MakeCase) -> None:
    lists = "people: [{id: d}]\ndecisions: [{id: d}]"
    case = build(f"{lists}\n{done(OF_DECISION, DAY, ', about: [d]')}")

    assert subjects(entry_of(case, "e"), case, BASE) == (About("decision", "d"),)
