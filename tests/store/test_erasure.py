"""A person who is erased is in no version, in no text and in no byte of the files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import KamError
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import (
    AddEntity,
    Edit,
    Rename,
    SetAccount,
    SetAnswer,
    SetComments,
    SetStepNote,
)
from kam_expert.store.erasure import Erasure
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

NAME = "Гелена Смерека"
TRACES = ("Гелена", "Смерек", "Смереч", "Helena Smereka", "hs-7")


def lived(store: Store, case: Case) -> str:
    """Make an account in whose history a person is everywhere."""
    key = store.add(case, by=NAME)
    about_her: list[Edit] = [
        AddEntity("person", "hs-7", "Helena Smereka"),
        AddEntity("link", ends=((case.team or ())[0].id, "hs-7")),
        SetAnswer(Slot("person", "hs-7", "function"), "procurement", by="Ілля"),
        Rename("person", "hs-7", NAME),
    ]
    note = SetStepNote(next(iter(store._base.steps)), owner=NAME)  # noqa: SLF001 -- any step will do
    elsewhere: list[Edit] = [
        SetComments(("Говорили зі Смерекою і Петром", "HELENA SMEREKA was there", NAME)),
        SetAccount(owner=NAME, segment="hs-7; A"),
        SetAnswer(Slot("account", case.account.id, "complaints_open"), 3, by=f"{NAME}, фінанси"),
        AddEntity("decision", "d9", "Договір Смереки"),
        note,
    ]
    state = store.record(key, about_her, by="Ілля", seen=1)
    state = store.record(key, elsewhere, by=NAME, seen=state.version)
    for number in range(55):
        edit = SetAnswer(Slot("account", case.account.id, "referrals_12m"), number)
        state = store.record(key, [edit], seen=state.version)
    state = store.undo(key, by=NAME, seen=state.version)
    store.redo(key, seen=state.version)
    return key


def test_no_version_and_no_text_has_the_person(store: Store, case: Case) -> None:
    key = lived(store, case)
    before = store.state(key)

    state = store.erase_person(key, "person", "hs-7", by="Ілля")

    assert state.version == before.version + 1
    anew = Store(store._database, store._base)  # noqa: SLF001 -- with nothing kept in memory
    said = [case_text(anew.state(key, v).case) for v in range(1, state.version + 1)]
    said += [str(entry) for entry in anew.history(key)]
    assert [trace for trace in TRACES if any(trace in text for text in said)] == []
    assert anew.state(key) == state == store.state(key)


def test_everything_else_stays_as_it_was(store: Store, case: Case) -> None:
    key = lived(store, case)
    before = store.state(key)

    after = store.erase_person(key, "person", "hs-7").case

    assert after.notes.comments == ("Говорили зі […] і Петром", "[…] was there", "[…]")
    assert (after.owner, after.segment) == ("", "[…]; A")
    assert [p.id for p in after.people or ()] == [
        p.id for p in before.case.people or () if p.id != "hs-7"
    ]
    assert after.account.ours["complaints_open"][0].by == "[…], фінанси"
    assert after.account.ours["referrals_12m"] == before.case.account.ours["referrals_12m"]
    assert after.decisions is not None
    assert after.decisions[-1].name == "Договір […]"


def test_undo_does_not_bring_the_person_back(store: Store, case: Case) -> None:
    key = store.add(case)
    store.record(key, [AddEntity("person", "hs-7", NAME)], seen=1)
    store.undo(key, seen=2)
    state = store.erase_person(key, "person", "hs-7")

    state = store.redo(key, seen=state.version)

    assert state.case == store.state(key, 1).case


def test_no_byte_stays_in_the_files(tmp_path: Path, base: KnowledgeBase, case: Case) -> None:
    store = Store.open(str(tmp_path / "a.db"), base)
    key = lived(store, case)
    looking = Store.open(str(tmp_path / "a.db"), base)
    looking.state(key)

    def traces() -> list[str]:
        data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        return [trace for trace in TRACES if trace.encode() in data]

    assert len(traces()) >= 4

    store.erase_person(key, "person", "hs-7")

    assert traces() == []
    store.close()
    looking.close()


def test_no_byte_of_a_removed_account_stays(
    tmp_path: Path, base: KnowledgeBase, case: Case
) -> None:
    store = Store.open(str(tmp_path / "a.db"), base)
    key = store.add(case)

    store.remove(key)

    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert case.account.name.encode() not in data
    assert case.account.id.encode() not in data
    store.close()


def test_a_member_of_the_team_can_be_erased(store: Store, case: Case) -> None:
    key = store.add(case)
    member = (case.team or ())[0]

    after = store.erase_person(key, "member", member.id).case

    assert member.id not in [m.id for m in after.team or ()]
    assert member.id not in [link.ends[0] for link in after.links or () if link.ends]


@pytest.mark.parametrize(
    ("kind", "identity", "says"),
    [
        ("person", "nobody", 'no version has a person "nobody"'),
        ("decision", "d1", "no kind of people"),
    ],
)
def test_who_is_not_there_cannot_be_erased(
    store: Store, case: Case, kind: str, identity: str, says: str
) -> None:
    key = store.add(case)

    with pytest.raises(KamError, match=says):
        store.erase_person(key, kind, identity)

    assert store.state(key).version == 1


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Ілля Бондар", "Бондаря бачили; Іллю теж", "[…] бачили; […] теж"),
        ("Керівник закупівель", "наш керівник був", "наш керівник був"),
        ("Керівник закупівель", "Це КЕРІВНИК ЗАКУПІВЕЛЬ.", "Це […]."),
        ("Ann Lee", "Annual report for Ann Lee's team", "Annual report for […]'s team"),
        ("Ann Lee", "ann lee", ""),
        ("", "p7 and p70", "[…] and p70"),
    ],
)
def test_names_are_found_whole_and_declined(
    base: KnowledgeBase, case: Case, name: str, text: str, left: str
) -> None:
    person = replace((case.people or ())[0], id="p7", name=name)
    erasure = Erasure("person", "p7", base)
    erasure.learn(replace(case, people=(person,), links=None), ())
    erasure.ready()

    assert erasure.text(text) == left


def test_somebody_called_like_a_word_of_the_vocabulary_can_be_erased(
    store: Store, case: Case
) -> None:
    key = store.add(case)
    word = case.account.ours["account_status"][0].value
    store.record(key, [AddEntity("person", word, word)], seen=1)

    after = store.erase_person(key, "person", word).case

    assert after.account.ours == case.account.ours
