"""Databases for the tests of the store: SQLite files, and a PostgreSQL server of their own.

No test is skipped where PostgreSQL is missing: a check that cannot run has failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from kam_expert.facts.case_reader import read_case
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer
from kam_expert.resources import methods_folder, rules_folder
from kam_expert.store.store import Store
from run import POSTGRESQL
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

EXAMPLES = rules_folder().parent / "examples"
NewUrl = Callable[[], str]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server on a socket in a folder of its own, as the query part of a URL."""
    initdb = POSTGRESQL.find()
    if initdb is None:
        pytest.fail(f"{POSTGRESQL.name} is missing. Did 'python3 run.py test' run?", pytrace=False)
    # The server refuses to run as root, and its user must get at the folder; sockets want it short.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="kam-postgresql-"))
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(Path(initdb).with_name(program)), "-D", str(folder / "data"), *arguments]
        subprocess.run(
            command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=60
        )

    try:
        run("initdb", "--auth=trust", "--username=kam", "--encoding=UTF8", "--no-sync")
        # Whether PostgreSQL keeps what it commits is not for us to test, so it need not wait.
        run("pg_ctl", "start", "-w", "-s", "-l", str(folder / "log"),
            "-o", f"-k {folder} -c listen_addresses='' -c fsync=off")  # fmt: skip
        yield f"host={folder}"
        run("pg_ctl", "stop", "-w", "-s", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> NewUrl:
    """Return the URL of a new, empty database, on each of the two systems."""
    made = 0

    def sqlite() -> str:
        nonlocal made
        made += 1
        return f"sqlite:///{tmp_path / f'{made}.db'}"

    if request.param == "sqlite":
        return sqlite
    query = request.getfixturevalue("postgresql")

    def postgresql() -> str:
        with psycopg.connect(f"{query} user=kam dbname=postgres", autocommit=True) as connection:
            row = connection.execute("SELECT count(*) FROM pg_database").fetchone()
            name = f"kam{row[0] if row else 0}"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        return f"postgresql://kam@/{name}?{query}"

    return postgresql


@pytest.fixture
def store(new_url: NewUrl, base: KnowledgeBase) -> Iterator[Store]:
    """An empty store."""
    store = Store.open(new_url(), base)
    yield store
    store.close()


@pytest.fixture(scope="session")
def case(base: KnowledgeBase) -> Case:
    """An account of the method; of the built-in one with people, team, links and notes."""
    if base is shipped_base():
        return read_case(EXAMPLES / "one_sided_partnership.yaml", base)
    return read_case(min(methods_folder().glob(f"{base.folder}/examples/*.yaml")), base)


def answered(store: Store, key: str, case: Case, number: int) -> None:
    """Record another answer to a question that asks us for a count."""
    fact = min({"referrals_12m", "disputes_12m"} & case.account.ours.keys())
    edit = SetAnswer(Slot("account", case.account.id, fact), number)
    store.record(key, [edit], seen=store.state(key).version)
