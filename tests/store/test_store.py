"""What a store promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import KamError
from kam_expert.facts.changes import Slot, answers_in
from kam_expert.facts.edits import (
    AddEntity,
    Edit,
    RemoveEntity,
    Rename,
    SetAccount,
    SetAnswer,
    SetBelongs,
    SetComments,
    SetListed,
)
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.store.records import Conflict
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


def answer(case: Case, fact: str, value: object, side: str = "ours") -> SetAnswer:
    return SetAnswer(Slot("account", case.account.id, fact, side), value)


def value(case: Case, fact: str) -> object:
    answers = answers_in(case, Slot("account", case.account.id, fact))
    return answers[-1].value if answers else None


@pytest.mark.every_method
def test_an_account_comes_back_whole(store: Store, case: Case) -> None:
    key = store.add(case, by="Olena")

    state = store.state(key)

    assert (state.case, state.version, state.can_undo, state.can_redo) == (case, 1, False, False)
    assert [(row.key, row.id, row.name, row.version) for row in store.accounts()] == [
        (key, case.account.id, case.account.name, 1)
    ]


def test_accounts_stand_by_name(store: Store, case: Case) -> None:
    for name in ("b", "A", "Яна", "c"):
        key = store.add(case)
        store.record(key, [SetAccount(name=name)], seen=1)

    assert [row.name for row in store.accounts()] == ["A", "b", "c", "Яна"]


def test_a_change_is_there_for_another_program(
    new_url: Callable[[], str], base: KnowledgeBase, case: Case
) -> None:
    url = new_url()
    store = Store.open(url, base)
    key = store.add(case)

    state = store.record(key, [answer(case, "complaints_open", 7)], by="Olena", seen=1)

    other = Store.open(url, base)
    assert other.state(key) == state
    assert value(state.case, "complaints_open") == 7
    assert [(e.version, e.by, e.edits) for e in other.history(key)][1:] == [
        (2, "Olena", (answer(case, "complaints_open", 7),))
    ]
    store.close()
    other.close()


def test_changes_of_different_things_are_both_kept(store: Store, case: Case) -> None:
    key = store.add(case)
    store.record(key, [answer(case, "complaints_open", 7)], seen=1)

    state = store.record(key, [answer(case, "referrals_12m", 3)], seen=1)

    assert (value(state.case, "complaints_open"), value(state.case, "referrals_12m")) == (7, 3)


PERSON = "p1"
THEIR_JOB = Slot("person", PERSON, "function")


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        ([SetAnswer(THEIR_JOB, "finance")], [SetAnswer(THEIR_JOB, UNKNOWN)]),
        ([SetAnswer(THEIR_JOB, "finance")], [RemoveEntity("person", PERSON)]),
        ([RemoveEntity("person", PERSON)], [SetAnswer(THEIR_JOB, "finance")]),
        ([RemoveEntity("person", PERSON)], [Rename("person", PERSON, "Another")]),
        ([Rename("person", PERSON, "One")], [Rename("person", PERSON, "Another")]),
        (
            [AddEntity("member", "m9"), AddEntity("link", ends=("m9", PERSON))],
            [RemoveEntity("person", PERSON)],
        ),
        ([AddEntity("person", "p9", "One")], [AddEntity("person", "p9", "Another")]),
        ([AddEntity("decision", "d9")], [SetListed("decisions", listed=True)]),
        ([SetComments(("one",))], [SetComments(("another",))]),
        ([SetAccount(owner="One")], [SetAccount(name="X", owner="Another")]),
    ],
    ids=lambda edits: "+".join(type(edit).__name__ for edit in edits),
)
def test_a_change_of_the_same_thing_is_told_and_not_made(
    store: Store, case: Case, theirs: list[Edit], mine: list[Edit]
) -> None:
    key = store.add(case)
    newest = store.record(key, theirs, by="Petro", seen=1)

    with pytest.raises(Conflict) as conflict:
        store.record(key, mine, seen=1)

    assert conflict.value.state == newest
    assert set(conflict.value.edits) <= set(theirs)
    assert conflict.value.edits
    assert store.state(key) == newest


def test_a_link_to_somebody_who_is_gone_is_refused(store: Store, case: Case) -> None:
    first, last = (case.people or ())[0], (case.people or ())[-1]
    there = {link.ends for link in case.links or ()}
    member = (case.team or ())[0].id
    key = store.add(case)
    seen = 1
    if (member, last.id) in there:
        seen = store.record(key, [RemoveEntity("link", f"{member}→{last.id}")], seen=1).version
    newest = store.record(key, [RemoveEntity("person", last.id)], seen=seen)

    with pytest.raises(Conflict):
        store.record(key, [AddEntity("link", ends=(member, last.id))], seen=seen)

    assert store.state(key) == newest
    assert first in (newest.case.people or ())


def test_people_and_decisions_meet_in_who_belongs_to_them(store: Store, case: Case) -> None:
    key = store.add(case)
    seen = store.record(key, [AddEntity("decision", "d9")], seen=1).version
    store.record(key, [SetBelongs(PERSON, frozenset({"d9"}))], seen=seen)

    with pytest.raises(Conflict):
        store.record(key, [RemoveEntity("decision", "d9")], seen=seen)


def test_the_same_answer_sent_twice_is_no_conflict(store: Store, case: Case) -> None:
    key = store.add(case)
    edit = answer(case, "complaints_open", 7)
    store.record(key, [edit], seen=1)

    assert value(store.record(key, [edit], seen=1).case, "complaints_open") == 7


def test_an_answer_that_somebody_took_back_is_not_sent_again_unseen(
    store: Store, case: Case
) -> None:
    key = store.add(case)
    edit = answer(case, "complaints_open", 7)
    seen = store.record(key, [edit], seen=1).version
    store.undo(key, by="Petro", seen=seen)

    with pytest.raises(Conflict) as conflict:
        store.record(key, [edit], seen=seen)

    assert conflict.value.edits == (edit,)


def test_edits_are_made_all_or_none(store: Store, case: Case) -> None:
    key = store.add(case)
    edits = [answer(case, "complaints_open", 7), answer(case, "complaints_open", "many")]

    with pytest.raises(KamError, match="takes a number"):
        store.record(key, edits, seen=1)

    assert store.state(key).case == case


def test_not_known_is_remembered_where_nothing_was_known(store: Store, case: Case) -> None:
    key = store.add(case)
    edit = answer(case, "satisfaction_rating", UNKNOWN, "theirs")

    state = store.record(key, [edit], seen=1)

    assert state.version == 2
    assert store.history(key)[-1].edits == (edit,)


def test_no_edits_are_no_version(store: Store, case: Case) -> None:
    key = store.add(case)

    assert store.record(key, [], seen=1).version == 1


def test_undo_and_redo_are_versions_of_their_own(store: Store, case: Case) -> None:
    key = store.add(case)
    for number in (1, 2):
        store.record(key, [answer(case, "complaints_open", number)], seen=number)

    undone = store.undo(key, by="Olena", seen=3)
    redone = store.redo(key, seen=4)

    assert (value(undone.case, "complaints_open"), undone.can_redo) == (1, True)
    assert (value(redone.case, "complaints_open"), redone.can_redo) == (2, False)
    assert [(e.version, e.undoes, e.redoes) for e in store.history(key)] == [
        (1, None, None), (2, None, None), (3, None, None), (4, 3, None), (5, None, 3),
    ]  # fmt: skip


def test_a_change_ends_what_could_be_brought_back(store: Store, case: Case) -> None:
    key = store.add(case)
    store.record(key, [answer(case, "complaints_open", 1)], seen=1)
    store.undo(key, seen=2)

    state = store.record(key, [answer(case, "referrals_12m", 1)], seen=3)

    assert not state.can_redo
    with pytest.raises(KamError, match="no change to redo"):
        store.redo(key, seen=4)


def test_there_is_no_undo_of_the_beginning(store: Store, case: Case) -> None:
    key = store.add(case)

    with pytest.raises(KamError, match="no change to undo"):
        store.undo(key, seen=1)


def test_nobody_takes_back_what_they_have_not_seen(store: Store, case: Case) -> None:
    key = store.add(case)
    store.record(key, [answer(case, "complaints_open", 1)], seen=1)
    newest = store.record(key, [answer(case, "referrals_12m", 1)], by="Petro", seen=2)

    with pytest.raises(Conflict) as conflict:
        store.undo(key, seen=2)

    assert conflict.value.edits == (answer(case, "referrals_12m", 1),)
    assert store.state(key) == newest


def test_what_is_not_there_is_said(store: Store, case: Case) -> None:
    key = store.add(case)

    with pytest.raises(KamError, match='unknown account "nobody"'):
        store.state("nobody")
    for version in (0, 2, -1):
        with pytest.raises(KamError, match=f"has no version {version}"):
            store.state(key, version)
        with pytest.raises(KamError, match=f"has no version {version}"):
            store.record(key, [answer(case, "referrals_12m", 1)], seen=version)


def test_an_account_removed_is_gone(store: Store, case: Case) -> None:
    key, other = store.add(case), store.add(case)

    store.remove(key)

    assert [row.key for row in store.accounts()] == [other]
    with pytest.raises(KamError, match="unknown account"):
        store.history(key)


def test_of_many_at_once_one_is_first(store: Store, case: Case) -> None:
    key = store.add(case)

    def set_it(number: int) -> bool:
        try:
            store.record(key, [answer(case, "complaints_open", number)], seen=1)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(set_it, range(8)))

    assert made.count(True) == 1
    assert value(store.state(key).case, "complaints_open") == made.index(True)


def record_many(url: str, base: KnowledgeBase, key: str, fact: str, count: int) -> None:
    store = Store.open(url, base)
    state = store.state(key)
    for number in range(1, count + 1):
        state = store.record(key, [answer(state.case, fact, number)], seen=state.version)


def test_two_programs_keep_each_others_answers(
    new_url: Callable[[], str], base: KnowledgeBase, case: Case
) -> None:
    url, count = new_url(), 20
    store = Store.open(url, base)
    key = store.add(case)
    store.close()  # no connection goes into another process
    start = multiprocessing.get_context("fork").Process
    facts = ("complaints_open", "referrals_12m")

    programs = [start(target=record_many, args=(url, base, key, fact, count)) for fact in facts]
    for program in programs:
        program.start()
    for program in programs:
        program.join()

    state = Store.open(url, base).state(key)
    assert [program.exitcode for program in programs] == [0, 0]
    assert state.version == 1 + 2 * count
    assert [value(state.case, fact) for fact in facts] == [count, count]


def test_programs_that_start_at_once_make_one_database(
    new_url: Callable[[], str], base: KnowledgeBase
) -> None:
    url = new_url()

    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(lambda _: Store.open(url, base), range(4)))

    assert [store.accounts() for store in stores] == [()] * 4


# The customer's link


@pytest.mark.every_method
def test_an_account_has_one_link_and_the_newest_counts(store: Store, case: Case) -> None:
    key, other = store.add(case), store.add(case)
    until = datetime(2026, 12, 9, 12, 30, tzinfo=UTC)

    first = store.give_link(key, until)
    second = store.give_link(key, until)

    assert first.id != second.id
    assert store.link(key) == second
    assert store.link(other) is None
    assert store.state(key).version == 1


def test_a_link_that_was_revoked_or_whose_account_is_gone_is_none(store: Store, case: Case) -> None:
    keys = [store.add(case), store.add(case)]
    for key in keys:
        store.give_link(key, datetime(2026, 12, 9, tzinfo=UTC))

    store.revoke_link(keys[0])
    store.remove(keys[1])

    assert [store.link(key) for key in keys] == [None, None]
    with pytest.raises(KamError, match="unknown account"):
        store.give_link(keys[1], datetime(2026, 12, 9, tzinfo=UTC))
