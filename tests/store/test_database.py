"""Databases that are made, brought up to date, or refused in plain words."""

from __future__ import annotations

import stat
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from kam_expert.errors import KamError
from kam_expert.store import store as store_module
from kam_expert.store.database import Database
from kam_expert.store.schema import REVISION, metadata
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


@pytest.mark.parametrize("migrated", [True, False])
def test_a_new_database_has_the_tables_that_the_program_knows(
    new_url: Callable[[], str], *, migrated: bool
) -> None:
    url = new_url()
    if migrated:  # of no revision yet, so every migration runs
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        engine.dispose()
    database = Database(url)

    with database.reading() as connection:
        differences: list[Any] = compare_metadata(MigrationContext.configure(connection), metadata)

        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    assert differences == []
    assert revision == REVISION
    database.close()


def test_the_newest_migration_is_the_one_that_the_program_knows() -> None:
    folder = store_module.__file__.replace("store.py", "migrations")
    config = Config()
    config.set_main_option("script_location", folder)

    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_a_database_of_an_older_program_keeps_its_accounts(
    new_url: Callable[[], str], base: KnowledgeBase, case: Case
) -> None:
    url = new_url()
    store = Store.open(url, base)
    key = store.add(case)
    store.close()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE links"))
        connection.execute(text("DROP TABLE summaries"))
        connection.execute(text("DROP TABLE users"))
        connection.execute(text("DROP TABLE programs"))
        connection.execute(text("DROP TABLE proposals"))
        connection.execute(text("ALTER TABLE versions DROP COLUMN sum"))
        connection.execute(text("UPDATE alembic_version SET version_num = '1'"))
    engine.dispose()

    newer = Store.open(url, base)

    assert newer.state(key).case == case
    assert newer.link(key) is None
    newer.close()


def test_a_database_of_a_newer_program_is_left_alone(
    new_url: Callable[[], str], base: KnowledgeBase
) -> None:
    url = new_url()
    Store.open(url, base).close()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    engine.dispose()

    with pytest.raises(KamError, match=r"another version of the program .revision later"):
        Store.open(url, base)


def test_a_file_name_is_enough(tmp_path: Path, base: KnowledgeBase, case: Case) -> None:
    path = tmp_path / "рік 2026.db"
    store = Store.open(str(path), base)
    key = store.add(case)
    store.close()

    assert Store.open(f"sqlite:///{path}", base).state(key).case == case


def test_the_file_is_for_its_owner_only(tmp_path: Path, base: KnowledgeBase, case: Case) -> None:
    store = Store.open(str(tmp_path / "a.db"), base)
    store.add(case)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert "a.db" in modes
    assert set(modes.values()) == {0o600}
    store.close()


def test_every_commit_is_brought_to_the_disk(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "a.db"))

    with database.writing() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }

    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
    database.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://x/y", 'unknown database "mysql"'),
        ("postgresq://x/y", 'Did you mean "postgresql"?'),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("://", "a file name, sqlite:///file or postgresql://"),
        ("{tmp}/nowhere/a.db", "no such folder, so a.db was not created"),
        ("{tmp}", "cannot be opened"),
        ("{tmp}/text", "cannot be opened (file is not a database)"),
        (
            "postgresql://me:secret@127.0.0.1:1/kam",
            "postgresql://me:***@127.0.0.1:1/kam: cannot be",
        ),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_line(
    tmp_path: Path, base: KnowledgeBase, url: str, says: str
) -> None:
    (tmp_path / "text").write_text("not a database\n" * 100, encoding="utf-8")

    with pytest.raises(KamError) as error:
        Store.open(url.format(tmp=tmp_path), base)

    assert says in str(error.value)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)
    assert (tmp_path / "text").read_text(encoding="utf-8").startswith("not a database")


def test_a_fact_that_the_rules_have_lost_is_named(
    new_url: Callable[[], str], base: KnowledgeBase, case: Case
) -> None:
    url = new_url()
    store = Store.open(url, base)
    key = store.add(case)
    poorer = replace(base, facts={k: f for k, f in base.facts.items() if k != "trust_self"})

    with pytest.raises(KamError, match=r'version 1:.*unknown fact "trust_self"'):
        Store.open(url, poorer).state(key)
    store.close()
