"""A person who is erased is in no version, in no text and in no byte of the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from kam_expert import cli
from kam_expert.errors import KamError
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import (
    AddEntity,
    AddPlanEntry,
    ChangePlanEntry,
    Edit,
    RemoveEntity,
    Rename,
    SetAccount,
    SetAnswer,
    SetComments,
    SetComplete,
    SetStepNote,
)
from kam_expert.facts.plan_edits import dropped
from kam_expert.facts.plan_entries import PlanEntry
from kam_expert.store.database import Database
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

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
        SetComments(
            ("Говорили зі Смерекою", "Говорили з Петром", "HELENA SMEREKA was there", NAME)
        ),
        SetAccount(owner=NAME, segment="hs-7; A"),
        SetAnswer(Slot("account", case.account.id, "complaints_open"), 3, by=f"{NAME}, фінанси"),
        AddEntity("decision", "d9", "Договір Смереки"),
        note,
        AddPlanEntry(PlanEntry(f"обід, {NAME}", text="Обід зі Смерекою", about=("hs-7",))),
        AddPlanEntry(PlanEntry("k2", text="Інше", owner=NAME, note="Гелена проти")),
        ChangePlanEntry(f"обід, {NAME}", (("owner", "hs-7"), ("evidence", "Лист від Смереки"))),
        dropped("k2", "Смерека не хоче"),
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


def test_a_server_that_knows_the_history_reads_what_others_changed_in_it(
    store: Store, case: Case
) -> None:
    key = lived(store, case)
    other = Store(store._database, store._base)  # noqa: SLF001 -- another server, with its cache
    known = other.history(key)
    edit = SetAnswer(Slot("account", case.account.id, "referrals_12m"), 1)

    store.record(key, [edit], seen=len(known))

    assert other.history(key)[: len(known)] == known
    assert other.history(key)[-1].edits == (edit,)
    store.erase_person(key, "person", "hs-7", by="Ілля")
    anew = Store(store._database, store._base)  # noqa: SLF001 -- with nothing kept in memory
    assert other.history(key) == anew.history(key)
    assert [entry for entry in other.history(key) if "hs-7" in str(entry)] == []


def test_everything_else_stays_as_it_was(store: Store, case: Case) -> None:
    key = lived(store, case)
    before = store.state(key)

    after = store.erase_person(key, "person", "hs-7").case

    assert after.notes.comments == ("Говорили з Петром",)
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


def test_an_erasure_that_could_not_clear_the_files_is_finished_by_the_next(
    tmp_path: Path,
    base: KnowledgeBase,
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = str(tmp_path / "a.db")
    store = Store.open(url, base)
    key = lived(store, case)
    monkeypatch.setattr(
        "sys.argv", ["kam", "person", "erase", key, "hs-7", "--store", url, "--yes"]
    )

    def traces() -> list[str]:
        data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        return [trace for trace in TRACES if trace.encode() in data]

    def crash(_: Database) -> None:
        raise KeyboardInterrupt

    pack = Database.pack
    monkeypatch.setattr(Database, "pack", crash)
    with pytest.raises((SystemExit, KeyboardInterrupt)):
        cli.main()
    monkeypatch.setattr(Database, "pack", pack)
    assert traces(), "the files have old pages"

    with pytest.raises(SystemExit):
        cli.main()

    assert traces() == []
    assert 'nobody in the case has the id "hs-7"' in capsys.readouterr().err
    store.close()


def test_no_byte_stays_in_the_tables_of_a_server(
    postgresql: str, base: KnowledgeBase, case: Case
) -> None:
    """The server's log of changes is not ours to clear; the documents say so."""
    folder = Path(postgresql.removeprefix("host="))
    with psycopg.connect(f"{postgresql} user=kam dbname=postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE bytes TEMPLATE template0")
        row = server.execute("SELECT oid FROM pg_database WHERE datname = 'bytes'").fetchone()
    assert row is not None
    tables = folder / "data" / "base" / str(row[0])
    direct = f"{postgresql} user=kam dbname=bytes"
    store = Store.open(f"postgresql://kam@/bytes?{postgresql}", base)
    key = lived(store, case)

    def traces() -> list[str]:
        with psycopg.connect(direct, autocommit=True) as server:
            server.execute("CHECKPOINT")  # write memory to the files
        data = b"".join(path.read_bytes() for path in tables.iterdir())
        return [trace for trace in TRACES if trace.encode() in data]

    with psycopg.connect(direct, autocommit=True) as server:
        server.execute("ANALYZE")  # stores frequent values in a catalogue
    assert len(traces()) >= 4

    store.erase_person(key, "person", "hs-7")

    assert traces() == []
    store.close()


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


def test_what_the_account_says_of_its_main_contact_goes_from_every_version(
    store: Store, case: Case
) -> None:
    key = lived(store, case)
    account = case.account.id
    edits: list[Edit] = [
        *(SetAnswer(Slot("person", p.id, "is_main_contact"), "no") for p in case.people or ()),
        SetAnswer(Slot("person", "hs-7", "is_main_contact"), "yes"),
        SetAnswer(Slot("account", account, "main_contact_stance"), "challenges_us"),
    ]
    store.record(key, edits, seen=store.state(key).version)

    newest = store.erase_person(key, "person", "hs-7").version

    facts = [store.state(key, v).case.account.ours for v in range(1, newest + 1)]
    assert not any("main_contact_stance" in told for told in facts)
    assert "main_contact_stance" not in str(store.history(key))


def test_a_list_somebody_was_erased_from_is_not_complete(store: Store, case: Case) -> None:
    whole = replace(case, complete={"people": True, "team": True, "links": True})
    key = store.add(whole)
    person = (case.people or ())[0]
    store.record(key, [SetComplete("people", complete=True)], seen=1)

    after = store.erase_person(key, "person", person.id).case

    assert after.complete == {"people": False, "team": True, "links": False}


def test_of_two_with_one_name_the_other_keeps_it(store: Store, case: Case) -> None:
    key = store.add(case)
    edits: list[Edit] = [AddEntity("person", "hs-7", NAME), AddEntity("person", "hs-8", NAME)]
    store.record(key, edits, seen=1)

    after = store.erase_person(key, "person", "hs-7").case

    names = {p.id: p.name for p in after.people or ()}
    assert names["hs-8"] == NAME
    assert "hs-7" not in names


def test_a_command_erases_who_is_in_the_history_only(
    new_url: Callable[[], str],
    base: KnowledgeBase,
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_url()
    store = Store.open(url, base)
    key = lived(store, case)
    store.record(key, [RemoveEntity("person", "hs-7")], seen=store.state(key).version)
    store.close()
    words = ["kam", "person", "erase", key, "hs-7", "--store", url, "--yes"]
    monkeypatch.setattr("sys.argv", words)

    cli.main()

    again = Store.open(url, base)
    versions = range(1, again.state(key).version + 1)
    said = [case_text(again.state(key, v).case) for v in versions]
    again.close()
    assert not [trace for trace in TRACES if any(trace in text for text in said)]
    assert not [trace for trace in TRACES if trace in capsys.readouterr().out]


def test_judgements_go_from_every_version_after_their_time(
    new_url: Callable[[], str],
    base: KnowledgeBase,
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_url()
    store = Store.open(url, base)
    key = store.add(case)
    person = next(p for p in case.people or () if "open_to_us" in p.ours)
    slots = [Slot("person", person.id, name) for name in ("open_to_us", "function")]
    edits: list[Edit] = [SetAnswer(slots[0], 1), SetAnswer(slots[1], "quality")]
    state = store.record(key, edits, seen=1)
    store.undo(key, seen=state.version)
    store.close()
    words = ["kam", "person", "expire", key, "--store", url, "--yes", "--date", "2029-01-01"]
    monkeypatch.setattr("sys.argv", words)

    cli.main()

    again = Store.open(url, base)
    newest = again.state(key).version
    told = [
        {fact for p in again.state(key, v).case.people or () for fact in p.ours}
        for v in range(1, newest + 1)
    ]
    again.close()
    judged = {name for name, fact in base.facts.items() if fact.doc.privacy == "assessment"}
    assert not any(judged & facts for facts in told)
    assert all("function" in facts for facts in told)
    assert f"{key}: {person.id}: " in capsys.readouterr().err


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
        ("decision", "d1", 'unknown kind "decision"'),
    ],
)
def test_who_is_not_there_cannot_be_erased(
    store: Store, case: Case, kind: str, identity: str, says: str
) -> None:
    key = store.add(case)

    with pytest.raises(KamError, match=says):
        store.erase_person(key, kind, identity)

    assert store.state(key).version == 1


def test_somebody_called_like_a_word_of_the_vocabulary_can_be_erased(
    store: Store, case: Case
) -> None:
    key = store.add(case)
    word = case.account.ours["account_status"][0].value
    store.record(key, [AddEntity("person", word, word)], seen=1)

    after = store.erase_person(key, "person", word).case

    assert after.account.ours == case.account.ours
