"""Kill writers and the server of PostgreSQL, and look for acknowledged answers that are missing.

    python benchmarks/crash_postgresql.py --kills 1000

Three writers answer questions of one account. At a random moment the writers, the server with all
its processes, or both get SIGKILL. The server recovers, every acknowledged version is rebuilt and
compared, and at the end every version is read. A kill is not a power cut. PostgreSQL comes from
Debian; as root the server runs as the user postgres. The exit status is 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from crash import FACTS, LONGEST, Answers, Outcome, acknowledged, new_account, start, table

from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder
from kam_expert.store.backup import verify

sys.path.insert(0, str(Path(__file__).parent.parent))
from run import POSTGRESQL

if TYPE_CHECKING:
    from collections.abc import Iterator

WHAT = ("writers", "server", "both")
_WAIT = 60.0
#: Kills between two lines of progress.
_TOLD = 50


class Server:
    """A server of PostgreSQL in a folder of its own, which waits for the disk at each commit.

    Attributes:
        url: The database ``kam`` of the server.
    """

    def __init__(self, folder: Path, initdb: str) -> None:
        self._folder = folder
        self._programs = Path(initdb).parent
        # The server refuses to run as root, and its user must get at the folder.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self.url = f"postgresql://kam@/kam?host={folder}"
        self._run("initdb", "--auth=trust", "--username=kam", "--encoding=UTF8")
        self.start()
        with psycopg.connect(f"host={folder} user=kam dbname=postgres", autocommit=True) as made:
            made.execute("CREATE DATABASE kam TEMPLATE template0")

    def start(self) -> None:
        """Start the server and wait until it has recovered."""
        self._begin()
        until = time.monotonic() + _WAIT
        while True:
            with contextlib.suppress(psycopg.Error):
                psycopg.connect(f"host={self._folder} user=kam dbname=postgres").close()
                return
            if time.monotonic() > until:
                raise SystemExit("the server did not start")
            if self._process.poll() is not None:
                # It refuses to run while processes of the killed one are still ending.
                time.sleep(0.2)
                self._begin()
            time.sleep(0.02)

    def _begin(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- a program of Debian
                [self._programs / "postgres", "-D", self._folder / "data", "-k", self._folder,
                 "-c", "listen_addresses="],
                user=self._user, cwd=self._folder, stdout=log, stderr=log,
            )  # fmt: skip

    def kill(self) -> None:
        """Kill the server with all its processes."""
        parent = self._process.pid
        children = [
            int(path.name)
            for path in Path("/proc").iterdir()
            if path.name.isdigit() and _parent(path) == parent
        ]
        for process in (parent, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait(_WAIT)

    def stop(self) -> None:
        """Stop the server."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(_WAIT)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 -- as above
            [self._programs / program, "-D", self._folder / "data", *arguments],
            user=self._user, cwd=self._folder, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Run a server in a new folder."""
    initdb = POSTGRESQL.find()
    if initdb is None:
        raise SystemExit(f"{POSTGRESQL.name} is missing. Debian has it in postgresql.")
    folder = Path(tempfile.mkdtemp(prefix="kam-pg-"))  # the path of a socket must be short
    try:
        server = Server(folder, initdb)
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def killed(server: Server, kills: int, chance: random.Random, seconds: float) -> Outcome:
    """Kill *kills* times, at most for some *seconds*."""
    outcome = Outcome("kill -9")
    rules = rules_folder()
    base = load_compiled(rules, None)
    case = read_case(rules.parent / "examples" / "one_sided_partnership.yaml", base)
    key = new_account(server.url, base, case)
    until = time.monotonic() + seconds
    for number in range(kills):
        if time.monotonic() > until:
            break
        what = WHAT[number % len(WHAT)]
        writers = [start(server.url, Answers(key, base, fact, chance.random())) for fact in FACTS]
        # Nothing can be lost before something is acknowledged.
        select.select([pipe for _, pipe in writers], [], [], _WAIT)
        time.sleep(chance.uniform(0, LONGEST))
        if what != "writers":
            server.kill()
        for process, _ in writers:
            # Without a server they end by themselves.
            if what != "server":
                os.kill(process, signal.SIGKILL)
        expected: dict[int, str] = {}
        for process, pipe in writers:
            expected |= acknowledged(process, pipe, outcome)
        if what != "writers":
            server.start()
        outcome.check(server.url, key, expected, base)
        if number % _TOLD == _TOLD - 1:
            print(f"{number + 1} of {kills} kills", file=sys.stderr)
    _, _, problems = verify(server.url, base)
    outcome.unsound += problems
    return outcome


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=7200, help="stop after this time")
    asked = parser.parse_args()
    with running() as server:
        outcome = killed(server, asked.kills, random.Random(asked.seed), asked.seconds)
    # The error of a lost connection has addresses in it and tells nothing more.
    outcome.messages = {message.partition("(")[0].strip() for message in outcome.messages}
    print(table([outcome]))
    return int(bool(outcome.lost or outcome.unsound))


if __name__ == "__main__":
    sys.exit(main())
