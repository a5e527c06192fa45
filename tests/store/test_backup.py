"""Backups of a store that is in use, restored and verified; damage is named and confined."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from kam_expert.errors import KamError
from kam_expert.store.backup import back_up, restore, verify
from kam_expert.store.store import Store
from tests.command import run_kam
from tests.store.conftest import answered

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from tests.store.conftest import NewUrl


@pytest.mark.every_method
def test_a_restored_backup_is_the_store_of_that_moment(
    new_url: NewUrl, base: KnowledgeBase, case: Case, tmp_path: Path
) -> None:
    url, other = new_url(), new_url()
    store = Store.open(url, base)
    key = store.add(case, by="Ілля")
    answered(store, key, case, 3)
    link = store.give_link(key, datetime(2030, 1, 1, tzinfo=UTC))
    before = store.state(key), store.history(key)

    back_up(url, tmp_path / "b.db")
    answered(store, key, case, 4)
    restore(tmp_path / "b.db", other)

    restored = Store.open(other, base)
    assert (restored.state(key), restored.history(key)) == before
    assert restored.link(key) == link
    assert verify(other, base) == (1, 2, [])
    store.close()
    restored.close()


@pytest.mark.every_method
def test_a_backup_while_others_write_is_whole(
    tmp_path: Path, base: KnowledgeBase, case: Case
) -> None:
    url = str(tmp_path / "a.db")
    store = Store.open(url, base)
    key = store.add(case)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            answered(store, key, case, number := number + 1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(4):
            back_up(url, tmp_path / f"b{number}.db")
    finally:
        stop.set()
        writer.join()

    for number in range(4):
        accounts, versions, problems = verify(str(tmp_path / f"b{number}.db"), base)
        assert (accounts, problems) == (1, [])
        assert versions >= 1
    store.close()


def test_a_backup_has_no_file_of_its_own_left_behind(
    tmp_path: Path, base: KnowledgeBase, case: Case
) -> None:
    store = Store.open(str(tmp_path / "a.db"), base)
    store.add(case)
    store.close()

    back_up(str(tmp_path / "a.db"), tmp_path / "b.db")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db", "b.db"]
    assert (tmp_path / "b.db").stat().st_mode & 0o077 == 0


def test_nothing_is_overwritten(tmp_path: Path, base: KnowledgeBase, case: Case) -> None:
    url, file = str(tmp_path / "a.db"), tmp_path / "b.db"
    store = Store.open(url, base)
    store.add(case)
    store.close()
    back_up(url, file)

    with pytest.raises(KamError, match="exists already; name another file"):
        back_up(url, file)
    with pytest.raises(KamError, match="has accounts; restore into a new database"):
        restore(file, url)


@pytest.mark.every_method
def test_damage_is_named_and_confined_to_one_account(
    new_url: NewUrl, base: KnowledgeBase, case: Case
) -> None:
    url = new_url()
    store = Store.open(url, base)
    good, bad = store.add(case), store.add(case)
    answered(store, bad, case, 7)
    store.close()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        damage = text("UPDATE versions SET edits = replace(edits, '7', '8') WHERE account = :a")
        connection.execute(damage, {"a": bad})
    engine.dispose()
    store = Store.open(url, base)

    said = f'account "{bad}", version 2: is damaged in the database'
    with pytest.raises(KamError, match=said):
        store.state(bad)
    with pytest.raises(KamError, match=said):
        store.history(bad)
    assert store.state(good).version == 1
    assert store.state(bad, 1).case == case
    store.close()
    accounts, versions, problems = verify(url, base)
    assert (accounts, versions) == (2, 1)
    assert [said in problem for problem in problems] == [True]


def test_a_store_of_an_earlier_version_gets_checksums(
    tmp_path: Path, base: KnowledgeBase, case: Case
) -> None:
    url = str(tmp_path / "a.db")
    store = Store.open(url, base)
    key = store.add(case, by="Ілля")
    answered(store, key, case, 3)
    before = store.state(key), store.history(key)
    store.close()
    with sqlite3.connect(url) as connection:
        connection.execute("ALTER TABLE versions DROP COLUMN sum")
        connection.execute("DROP TABLE summaries")
        connection.execute("DROP TABLE users")
        connection.execute("DROP TABLE programs")
        connection.execute("DROP TABLE proposals")
        connection.execute("UPDATE alembic_version SET version_num = '2'")

    store = Store.open(url, base)

    assert (store.state(key), store.history(key)) == before
    answered(store, key, case, 4)
    assert store.state(key).version == 3
    store.close()


def test_the_commands_back_up_restore_and_verify(
    tmp_path: Path, base: KnowledgeBase, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store.open("my?team.db", base)
    store.add(case)
    store.close()

    made = run_kam("store", "backup", "my?team.db", "b.db")
    brought = run_kam("store", "restore", "b.db", "other.db")
    missing = run_kam("store", "verify", "no.db")
    with sqlite3.connect("other.db") as connection:
        connection.execute("UPDATE versions SET by = 'x'")
    damaged = run_kam("store", "verify", "other.db")

    assert made.out == "b.db: 1 of 1 accounts, 1 versions, verified\n"
    assert brought.out == "other.db: 1 accounts, 1 versions, verified\n"
    assert (missing.status, missing.err) == (2, "no.db: no such database\n")
    assert not Path("no.db").exists()
    assert damaged.status == 1
    assert "version 1: is damaged in the database" in damaged.err


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
@pytest.mark.parametrize("command", ["diagnose", "plan", "person show", "ask", "path"])
def test_a_date_beyond_the_calendar_is_refused(command: str, day: str) -> None:
    words = [*command.split(), "examples/barricaded_butterfly.yaml"]
    words += ["p1"] if command.startswith("person") else []

    result = run_kam(*words, "--date", day)

    assert result.status == 2
    assert result.err == f"--date {day} is not between 1900-01-01 and 2999-12-31\n"
