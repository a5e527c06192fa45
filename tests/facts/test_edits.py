"""An edit is applied or rejected; a file can hold every resulting case."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import built, random_case
from random_edits import random_edit

from kam_expert.errors import KamError, Place
from kam_expert.facts.case import Case
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.changes import Slot, answers_in
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edit_data import edit_from_data, edit_to_data
from kam_expert.facts.edits import (
    AddEntity,
    Edit,
    RemoveEntity,
    Rename,
    SetAccount,
    SetAnswer,
    SetBelongs,
    SetComments,
    SetComplete,
    SetListed,
    SetStepNote,
    SetTarget,
)
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.yaml_reader import read_text

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

MakeCase = Callable[[str], Case]

A_CASE = """
    facts: {contact_register: none, trust_self: [{value: 3, as_of: 2026-03-01}, {value: 4}]}
    decisions: [{id: d1}, {id: d2}]
    people: [{id: p1, name: Olena, decisions: [d1, d2]}, {id: p2}]
    team: [{id: m1}]
    links: [{member: m1, person: p1}, {member: m1, person: p2}]
"""
TRUST = Slot("account", "a", "trust_self")


@pytest.fixture(scope="module")
def case(build: MakeCase) -> Case:
    return build(A_CASE)


@pytest.mark.every_method
@given(seed=st.integers(0, 10_000))
def test_any_edits_leave_a_case_that_a_file_holds(base: KnowledgeBase, seed: int) -> None:
    chance = random.Random(seed)
    case = built(random_case(base, chance, rich=True), base)

    for _ in range(12):
        case = apply_edit(case, random_edit(case, base, chance), base)

    assert build_case(read_text(case_text(case), "again"), base, Place("again")) == case


@pytest.mark.every_method
@given(seed=st.integers(0, 10_000))
def test_any_edit_comes_back_from_json(base: KnowledgeBase, seed: int) -> None:
    chance = random.Random(seed)
    case = built(random_case(base, chance, rich=True), base)

    for _ in range(12):
        edit = random_edit(case, base, chance)

        again = edit_from_data(json.loads(json.dumps(edit_to_data(edit))), base)

        assert again == edit
        assert apply_edit(case, again, base) == apply_edit(case, edit, base)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (SetAnswer(Slot("account", "a", "contact_registr"), "none"), '"contact_register"?'),
        (SetAnswer(Slot("person", "p1", "contact_register"), "none"), "about a person"),
        (SetAnswer(Slot("person", "p3", "function"), "finance"), 'unknown person "p3".'),
        (SetAnswer(Slot("account", "a", "contact_register"), "nobody"), "it is one of"),
        (SetAnswer(Slot("account", "a", "contact_register", "theirs"), "none"), "our side"),
        (SetAnswer(Slot("account", "a", "satisfaction_rating"), 4), "of the customer"),
        (SetAnswer(TRUST, 4, source="heard"), "unknown source"),
        (SetAnswer(TRUST, 9), "takes a number from 1 to 5"),
        (SetAnswer(TRUST, 4, by="a\x00b"), "invalid characters"),
        (AddEntity("person", " "), "needs an id"),
        (AddEntity("person", "p1"), "duplicate id"),
        (AddEntity("person", "p3", decisions=frozenset({"d3"})), 'unknown decision "d3"'),
        (AddEntity("link"), "the member and the person"),
        (AddEntity("link", ends=("m1", "p1")), "duplicate id"),
        (AddEntity("link", ends=("m1", "p9")), 'unknown person "p9"'),
        (AddEntity("persons", "p3"), 'Did you mean "person"?'),
        (RemoveEntity("account", "a"), "unknown kind"),
        (RemoveEntity("person", "p9"), "unknown person"),
        (Rename("account", "a", "B"), "has no name"),
        (Rename("link", "m1→p1", "B"), "has no name"),
        (Rename("person", "p1", "\ud800"), "invalid characters"),
        (SetBelongs("p1", frozenset({"d9"})), 'unknown decision "d9"'),
        (SetComplete("decisions", complete=True), "unknown list"),
        (SetListed("people", listed=False), "has members"),
        (SetListed("persons", listed=True), "unknown list"),
        (SetComments(("\x1b[2J",)), "invalid characters"),
        (SetStepNote("no_such_step"), "unknown step"),
        (SetTarget("partnershp"), 'Did you mean "partnership"?'),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(
    case: Case, base: KnowledgeBase, edit: Edit, says: str
) -> None:
    with pytest.raises(KamError) as error:
        apply_edit(case, edit, base)

    assert says in str(error.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "unknown edit"),
        ({"edit": "SetAnswr"}, 'Did you mean "SetAnswer"?'),
        ({"edit": "SetAnswer"}, "cannot be read"),
        ({"edit": "SetAnswer", "slot": ["account", "a"], "value": 1}, "cannot be read"),
        (
            {"edit": "SetAnswer", "slot": ["account", "a", "trust", "ours"], "value": 1},
            "unknown fact",
        ),
        ({"edit": "SetAnswer", "slot": ["account", "a", "trust_self", "ours"], "value": "x"}, "x"),
        ({"edit": "Rename", "kind": "person", "id": "p1"}, "cannot be read"),
        ({"edit": "Rename", "who": "p1"}, 'has no "who"'),
        ({"edit": "SetStepNote", "step": "x", "due": "soon"}, "invalid date"),
    ],
)
def test_data_that_is_no_edit_is_refused(base: KnowledgeBase, data: object, says: str) -> None:
    with pytest.raises(KamError) as error:
        edit_from_data(data, base)

    assert says in str(error.value)


def days_and_values(case: Case) -> list[tuple[str, object]]:
    return [(str(answer.as_of), answer.value) for answer in answers_in(case, TRUST)]


def test_an_undated_answer_takes_the_place_of_the_undated_one(
    case: Case, base: KnowledgeBase
) -> None:
    after = apply_edit(case, SetAnswer(TRUST, 5), base)

    assert days_and_values(after) == [("2026-03-01", 3), ("None", 5)]


def test_a_dated_answer_is_not_hidden_by_an_undated_one(case: Case, base: KnowledgeBase) -> None:
    after = apply_edit(case, SetAnswer(TRUST, 5, as_of=date(2026, 10, 1)), base)

    assert days_and_values(after) == [("2026-03-01", 3), ("2026-10-01", 5)]


def test_not_known_takes_all_answers_away(case: Case, base: KnowledgeBase) -> None:
    assert days_and_values(apply_edit(case, SetAnswer(TRUST, UNKNOWN), base)) == []


def test_not_known_of_a_day_takes_that_answer_away(case: Case, base: KnowledgeBase) -> None:
    edit = SetAnswer(TRUST, UNKNOWN, as_of=date(2026, 3, 1))

    assert days_and_values(apply_edit(case, edit, base)) == [("None", 4)]


def test_a_person_leaves_with_the_links(case: Case, base: KnowledgeBase) -> None:
    after = apply_edit(case, RemoveEntity("person", "p1"), base)

    assert [link.ends for link in after.links or ()] == [("m1", "p2")]


def test_the_last_one_leaves_a_list_that_says_nothing(case: Case, base: KnowledgeBase) -> None:
    after = apply_edit(case, RemoveEntity("member", "m1"), base)

    assert after.team is None
    assert after.links is None
    assert apply_edit(after, SetListed("team", listed=True), base).team == ()


def test_a_decision_leaves_those_who_belonged_to_it(case: Case, base: KnowledgeBase) -> None:
    after = apply_edit(case, RemoveEntity("decision", "d1"), base)

    assert after.people is not None
    assert after.people[0].decisions == frozenset({"d2"})


def test_an_account_without_a_name_is_called_by_its_id(case: Case, base: KnowledgeBase) -> None:
    assert apply_edit(case, SetAccount(name=" "), base).account.name == "a"


def test_what_is_not_named_of_the_account_stays(case: Case, base: KnowledgeBase) -> None:
    named = apply_edit(case, SetAccount(owner="Olena", segment="A"), base)

    assert apply_edit(named, SetAccount(segment="B"), base).owner == "Olena"


def test_a_note_without_anything_goes(case: Case, base: KnowledgeBase) -> None:
    step = next(iter(base.steps))
    noted = apply_edit(case, SetStepNote(step, "Olena"), base)

    assert noted.notes.steps[step].owner == "Olena"
    assert apply_edit(noted, SetStepNote(step), base).notes.steps == {}
