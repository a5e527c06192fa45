"""The plan of a case: read, checked, written, and changed by edits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import CaseError, Place
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.plan_entries import PlanEntry, warnings
from kam_expert.knowledge.yaml_reader import read_text

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

MakeCase = Callable[[str], "Case"]

PEOPLE = """
people: [{id: p1, name: Olena}, {id: p2}]
team: [{id: m1}]
decisions: [{id: d1}]
"""


def test_an_entry_has_every_key(build: MakeCase) -> None:
    case = build(
        PEOPLE
        + """
plan:
  - {id: e1, text: Обід з технологом, about: [p1, m1, d1], side: theirs, owner: Olena,
     begin: 2026-10-01, due: 2026-11-01, status: done, agreed_on: 2026-09-20, done_on: 2026-10-30,
     result: partly, evidence: протокол, note: перенесли раз}
"""
    )

    assert case.plan == (
        PlanEntry(
            "e1", "", "Обід з технологом", ("p1", "m1", "d1"), "theirs", "Olena",
            date(2026, 10, 1), date(2026, 11, 1), "done", "", date(2026, 9, 20),
            date(2026, 10, 30), "partly", "протокол", "перенесли раз",
        ),
    )  # fmt: skip


def test_an_entry_of_a_step_gets_an_id_from_it(build: MakeCase, base: KnowledgeBase) -> None:
    step = next(iter(base.steps))

    case = build(f"{PEOPLE}plan: [{{step: {step}, about: [p2]}}, {{step: {step}}}]")

    assert case.plan == (PlanEntry(step, step, about=("p2",)), PlanEntry(f"{step} 2", step))


def test_entries_are_in_the_order_of_their_ids(build: MakeCase) -> None:
    case = build("plan: [{id: e10, text: b}, {id: e9, text: a}]")

    assert [entry.id for entry in case.plan] == ["e9", "e10"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{text: a}", "this entry of the plan has no id"),
        ("{id: e}", 'the entry "e" needs a step: or a text:'),
        ("{id: e, step: s, text: a}", 'the entry "e" has a step: or a text:, not both'),
        ("{id: e, text: a, dun: 2026-01-01}", 'unknown key "dun". Did you mean "due"?'),
        ("{id: e, text: a, due: tomorrow}", '"due" is a date as YYYY-MM-DD, not "tomorrow"'),
        ("{id: e, text: a, status: dropt}", 'unknown status "dropt"; it is one of agreed, begun'),
        ("{id: e, text: a, status: dropt}", 'Did you mean "dropped"?'),
        ("{id: e, text: a, side: customer}", 'unknown side "customer"; it is one of ours, theirs'),
        ("{id: e, text: a, status: dropped}", 'the entry "e" is dropped and needs a reason:'),
        ("{id: e, text: a, status: done}", 'the entry "e" is done and needs the day: done_on:'),
        ("{id: e, text: a, result: worked}", 'result: belongs to an entry that is "done", not'),
        ("{id: e, text: a, begin: 2026-02-01, due: 2026-01-01}", "is due before it begins"),
        ("{id: e, text: a, about: [p3]}", 'unknown id "p3" in "about:"'),
        ("{id: e, text: a, about: p1}", '"about:" of an entry is a list of ids'),
        ("{id: e, text: [a]}", '"text" is a text'),
        ("e", "an entry of the plan is a mapping such as {step: …, due: …}"),
        ("{id: e, text: a}, {id: e, text: b}", 'duplicate entry "e"; give it another id'),
    ],
)
def test_a_mistake_is_reported_with_its_place(build: MakeCase, entry: str, message: str) -> None:
    with pytest.raises(CaseError) as raised:
        build(f"{PEOPLE}plan: [{entry}]")

    assert len(raised.value.problems) == 1
    assert message in raised.value.problems[0].message
    assert raised.value.problems[0].place.line > 0


def test_an_unknown_step_is_kept_and_named_in_a_warning(
    build: MakeCase, base: KnowledgeBase
) -> None:
    near = next(iter(base.steps))
    case = build(f"plan: [{{id: e, step: {near}x}}]")

    (problem,) = warnings(case, base)

    assert case.plan[0].step == f"{near}x"
    assert f'"{near}x" of the plan, which the rules do not have, is kept' in problem.message
    assert f'Did you mean "{near}"?' in problem.message
    assert problem.place.line > 0


def test_a_plan_written_and_read_again_is_the_same(build: MakeCase, base: KnowledgeBase) -> None:
    case = build(
        PEOPLE
        + """
plan:
  - {id: e1, text: "a: b # c", about: [p1], side: theirs, due: 2026-11-01, note: "no"}
  - {id: e2, step: gone, status: dropped, reason: "1"}
"""
    )

    assert build_case(read_text(case_text(case), "again"), base, Place("again")) == case


def test_the_plan_is_part_of_the_digest_of_the_facts(build: MakeCase) -> None:
    assert build("plan: [{id: e, text: a}]").digest() != build("").digest()
    assert build("plan: []").digest() == build("").digest()
