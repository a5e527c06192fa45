"""The plan of a case: read, checked, written, and changed by edits."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import CaseError, KamError, Place
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edit_things import meet, touches
from kam_expert.facts.edits import AddPlanEntry, ChangePlanEntry, RemoveEntity, RemovePlanEntry
from kam_expert.facts.person_data import PersonData, find_person
from kam_expert.facts.plan_edits import begun, done, dropped, entry_of
from kam_expert.facts.plan_entries import PlanEntry
from kam_expert.facts.plan_subjects import warnings
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.outputs.wording import Words
from kam_expert.resources import rules_folder
from kam_expert.web.edit_words import edit_words

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
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


# Edits

TWO = "plan: [{id: e1, text: a, due: 2026-11-01}, {id: e2, text: b, about: [p1, d1]}]"


def edited(case: Case, base: KnowledgeBase, *edits: Edit) -> Case:
    for edit in edits:
        case = apply_edit(case, edit, base)
    return case


def test_an_entry_is_begun_done_and_agreed_again(build: MakeCase, base: KnowledgeBase) -> None:
    case = build(PEOPLE + TWO)

    case = edited(case, base, begun("e1"), done("e1", date(2026, 10, 20), "partly", "лист"))
    closed = entry_of(case, "e1")
    case = edited(case, base, ChangePlanEntry("e1", (("status", "agreed"),)))

    assert (closed.status, closed.done_on, closed.result) == ("done", date(2026, 10, 20), "partly")
    again = entry_of(case, "e1")
    assert (again.status, again.done_on, again.result) == ("agreed", None, "")
    assert again.evidence == "лист"


def test_a_dropped_entry_keeps_its_reason_and_day(build: MakeCase, base: KnowledgeBase) -> None:
    case = edited(build(PEOPLE + TWO), base, dropped("e1", "не на часі", date(2026, 10, 20)))

    entry = entry_of(case, "e1")
    assert (entry.status, entry.reason) == ("dropped", "не на часі")
    assert entry.done_on == date(2026, 10, 20)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (begun("e11"), 'the plan has no entry "e11". Did you mean "e1"?'),
        (dropped("e1", " "), 'the entry "e1" is dropped and needs a reason:'),
        (AddPlanEntry(PlanEntry("e1", text="c")), 'duplicate entry "e1" of the plan'),
        (AddPlanEntry(PlanEntry("e3")), 'the entry "e3" needs a step: or a text:'),
        (AddPlanEntry(PlanEntry("e3", text="c", about=("p9",))), 'unknown id "p9" in "about:"'),
        (AddPlanEntry(PlanEntry("e3", text="c", status="don")), 'Did you mean "done"?'),
        (ChangePlanEntry("e1", (("dun", None),)), 'has no "dun". Did you mean "due"?'),
        (ChangePlanEntry("e1", (("id", "x"),)), "the id of an entry of the plan does not change"),
        (ChangePlanEntry("e1", (("begin", date(2026, 12, 1)),)), "is due before it begins"),
        (RemovePlanEntry("e0"), 'the plan has no entry "e0"'),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(
    build: MakeCase, base: KnowledgeBase, edit: Edit, message: str
) -> None:
    with pytest.raises(KamError, match=re.escape(message)):
        apply_edit(build(PEOPLE + TWO), edit, base)


def test_an_entry_forgets_whoever_is_removed(build: MakeCase, base: KnowledgeBase) -> None:
    case = edited(build(PEOPLE + TWO), base, RemoveEntity("person", "p1"))

    assert entry_of(case, "e2").about == ("d1",)


def test_two_may_change_different_keys_of_an_entry_at_once(build: MakeCase) -> None:
    case = build(PEOPLE + TWO)
    note = touches(case, ChangePlanEntry("e1", (("note", "x"),)))
    due = touches(case, ChangePlanEntry("e1", (("due", None),)))
    closed = touches(case, done("e1", date(2026, 10, 1)))
    dropping = touches(case, dropped("e1", "r"))

    assert not meet(note, due)
    assert meet(closed, dropping)
    assert meet(note, touches(case, RemovePlanEntry("e1")))
    about = touches(case, ChangePlanEntry("e1", (("about", ("p1",)),)))
    assert meet(about, touches(case, RemoveEntity("person", "p1")))


@pytest.mark.parametrize(
    ("edit", "uk", "en"),
    [
        (
            AddPlanEntry(PlanEntry("n", text="Обід", side="theirs", due=date(2026, 11, 1))),
            "клієнт пообіцяв: Обід, до 1 листопада 2026",
            "the customer promised: Обід, by 1 November 2026",
        ),
        (begun("e1"), "розпочато: a", "begun: a"),
        (
            done("e2", date(2026, 10, 20), "not"),
            "зроблено 20 жовтня 2026: b (Olena, рішення), не спрацювало",
            "done on 20 October 2026: b (Olena, the decision), it did not work",
        ),
        (dropped("e1", "рано"), "відмовилися: a (рано)", "dropped: a (рано)"),
        (
            ChangePlanEntry("e1", (("due", None), ("note", "x"))),
            "змінено в плані: a (строк: нічого; примітка: x)",
            "changed in the plan: a (due: nothing; note: x)",
        ),
        (RemovePlanEntry("gone"), "вилучено з плану: gone", "taken out of the plan: gone"),
    ],
)
def test_the_history_says_each_change_in_both_languages(
    build: MakeCase, base: KnowledgeBase, edit: Edit, uk: str, en: str
) -> None:
    case = build(PEOPLE + TWO)

    said = [edit_words(edit, Words(base, case, lang)) for lang in ("uk", "en")]

    assert said == [uk, en]


def test_an_erased_person_leaves_the_plan(build: MakeCase, base: KnowledgeBase) -> None:
    case = build(
        "people: [{id: p1, name: Олена Смерека}]\nplan:\n"
        "  - {id: Смерека обід, text: Обід зі Смерекою, about: [p1], owner: p1, note: Смерека за}\n"
        "  - {id: e2, text: Інше, owner: Петро, evidence: лист Олени, status: dropped,"
        " reason: Смерека проти}\n"
    )
    person = PersonData(case, find_person(case, "p1"), load_privacy(rules_folder(), base))

    assert {mention.where for mention in person.mentions()} >= {"plan e2.evidence"}
    assert person.erased().plan == (
        PlanEntry("[…] 1", text="[…]"),
        PlanEntry("e2", text="Інше", owner="Петро", status="dropped", reason="[…]"),
    )
