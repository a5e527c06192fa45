"""Kill writers of the database, fill their disk, and remove their write permission.

After each failure the database is opened again: every acknowledged answer must be in it, and
SQLite's integrity check must pass. Prints a table; the exit status is 1 if anything was lost.

    python benchmarks/crash.py                     # 200 kills of three writers, about four minutes
    python benchmarks/crash.py --kills 20 --seed 7
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer, SetComments
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

#: Each writer answers a different question, so that all can use one account.
FACTS = ("complaints_open", "referrals_12m", "special_demands_12m")
#: Size of the smallest disk in bytes.
SMALL = 600_000
#: Writers are killed within this many seconds after their start.
LONGEST = 1.0
MANY = 100_000
NOBODY = 65_534
Say = Callable[[str], object]


@dataclass
class Outcome:
    """The results of one kind of failure.

    Attributes:
        blows: Number of failures.
        acknowledged: Total number of acknowledged answers.
        lost: Acknowledged answers that are missing.
        unsound: Results of SQLite's check, other than "ok".
        messages: Errors of the writers.
    """

    name: str
    blows: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)

    def check(
        self, path: Path | str, key: str, expected: dict[int, str], base: KnowledgeBase
    ) -> None:
        """Open the database at *path* or URL again and check everything in *expected*."""
        self.blows += 1
        self.acknowledged += len(expected)
        store = Store.open(str(path), base)
        for version, digest in expected.items():
            try:
                found = digest_of(store.state(key, version).case)
            except KamError as error:
                found = str(error)
            if found != digest:
                self.lost.append(f"version {version}: {found}")
        store.close()
        if isinstance(path, str):
            return
        with contextlib.closing(sqlite3.connect(path)) as connection:
            result = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
        if result != "ok":
            self.unsound.append(result)


def digest_of(case: Case) -> str:
    """Return the digest of the whole *case*, including comments."""
    return hashlib.sha256(case_text(case).encode()).hexdigest()[:16]


def killed(
    folder: Path, base: KnowledgeBase, case: Case, kills: int, chance: random.Random
) -> Outcome:
    """Kill three writers of one account at *kills* random moments."""
    outcome = Outcome("kill -9")
    path = folder / "killed.db"
    key = new_account(path, base, case)
    for _ in range(kills):
        writers = [start(path, Answers(key, base, fact, chance.random())) for fact in FACTS]
        time.sleep(chance.uniform(0, LONGEST))
        for process, _ in writers:
            os.kill(process, signal.SIGKILL)
        expected: dict[int, str] = {}
        for process, pipe in writers:
            expected |= acknowledged(process, pipe, outcome)
        outcome.check(path, key, expected, base)
    return outcome


def filled(folder: Path, base: KnowledgeBase, case: Case, *, may_mount: bool = True) -> Outcome:
    """Run a writer until the disk is full, then on larger disks."""
    outcome = Outcome("full disk")
    with small_disk(folder / "small", may_mount=may_mount) as (disk, mounted):
        path = disk / "filled.db"
        key = new_account(path, base, case)
        expected: dict[int, str] = {}
        for larger in range(1, 4):
            if mounted:
                run("mount", "-o", f"remount,size={SMALL * larger}", disk)
            limit = None if mounted else SMALL * larger
            process, pipe = start(path, Answers(key, base, FACTS[0], larger), limit=limit)
            more = acknowledged(process, pipe, outcome)
            outcome.check(path, key, expected | more, base)
            outcome.lost += [] if more else ["nothing was recorded where there was room"]
            expected |= more
    return outcome


def new_account(path: Path | str, base: KnowledgeBase, case: Case) -> str:
    """Create the database at *path* or URL and return the key of an account in it."""
    store = Store.open(str(path), base)
    key = store.add(case)
    store.close()
    return key


@dataclass(frozen=True)
class Answers:
    """The work of a writer: records answers to one question until it is killed or fails."""

    key: str
    base: KnowledgeBase
    fact: str
    seed: float

    def __call__(self, path: Path | str, say: Say) -> None:
        """Report the version and the digest of the case after each recorded answer."""
        store = Store.open(str(path), self.base)
        state = store.state(self.key)
        slot = Slot("account", state.case.account.id, self.fact)
        chance = random.Random(self.seed)
        for count in range(MANY):
            edit = SetAnswer(slot, chance.randrange(1000), by=f"answer {count}")
            state = store.record(self.key, [edit], seen=state.version)
            say(f"{state.version} {digest_of(state.case)}")


def start(
    path: Path | str,
    work: Callable[[Any, Say], None],
    *,
    limit: int | None = None,
    nobody: bool = False,
) -> tuple[int, int]:
    """Start a process and return its id and the end of its pipe.

    Args:
        path: The database, a file or a URL.
        work: Called with the path and a function that writes a line to the pipe.
        limit: Maximum size of a file that the process may write.
        nobody: Whether to run as the user nobody, if this is root.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    try:
        os.close(reading)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        if nobody and isinstance(path, Path) and os.geteuid() == 0:
            os.chdir(path.parent)  # other users may not have access to this path
            path = Path(path.name)
            os.setuid(NOBODY)
        work(path, lambda line: os.write(writing, f"{line}\n".encode()))
    except KamError as error:
        os.write(writing, f"! {str(error).replace(str(path), Path(path).name)}\n".encode())
    except BaseException as error:  # noqa: BLE001 -- the parent has to hear of it
        os.write(writing, f"? {error!r}\n".encode())
    finally:
        os._exit(0)


def acknowledged(process: int, pipe: int, outcome: Outcome) -> dict[int, str]:
    """Return the answers that a process reported: digest of the case by version."""
    expected = {}
    with os.fdopen(pipe, "rb") as file:
        # The kill may truncate the last line, which then does not count.
        for line in file.read().split(b"\n")[:-1]:
            version, _, said = line.decode().partition(" ")
            if version == "!":
                outcome.messages.add(said)
            elif version == "?":
                outcome.lost.append(f"a writer failed: {said}")
            else:
                expected[int(version)] = said
    os.waitpid(process, 0)
    return expected


def refused(folder: Path, base: KnowledgeBase, case: Case, *, may_mount: bool = True) -> Outcome:
    """Remove the write permission and run a writer."""
    outcome = Outcome("read-only")
    with small_disk(folder / "still", may_mount=may_mount) as (disk, mounted):
        path = disk / "refused.db"
        key = new_account(path, base, case)
        store = Store.open(str(path), base)
        expected = {2: add_comment(store, key, 1)}
        store.close()
        if mounted:
            run("mount", "-o", "remount,ro", disk)
        else:
            disk.chmod(0o555)
            path.chmod(0o444)

        def try_it(path: Path, say: Say) -> None:
            say(f"3 {add_comment(Store.open(str(path), base), key, 2)}")

        # Root can write without permission, so the writer runs as another user.
        process, pipe = start(path, try_it, nobody=not mounted)
        if acknowledged(process, pipe, outcome):
            outcome.lost.append("what could not be written was acknowledged")
        if mounted:
            run("mount", "-o", "remount,rw", disk)
        else:
            disk.chmod(0o755)
            path.chmod(0o600)
        outcome.check(path, key, expected, base)
    return outcome


def add_comment(store: Store, key: str, seen: int) -> str:
    """Record a comment and return the digest of the case."""
    return digest_of(store.record(key, [SetComments((f"after {seen}",))], seen=seen).case)


@contextlib.contextmanager
def small_disk(folder: Path, *, may_mount: bool) -> Iterator[tuple[Path, bool]]:
    """Yield a folder, and whether it is a small disk, which only root can mount."""
    folder.mkdir()
    tmpfs = ("mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder)
    mounted = may_mount and os.geteuid() == 0 and run(*tmpfs) == 0
    try:
        yield folder, mounted
    finally:
        if mounted:
            run("umount", folder)


def run(*command: str | Path) -> int:
    """Run a system command and return its exit status."""
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode  # noqa: S603 -- from this file


def table(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a table, followed by the errors of the writers."""
    lines = [f"{'':12}{'blows':>8}{'acknowledged':>14}{'lost':>6}{'unsound':>9}"]
    for o in outcomes:
        numbers = f"{o.blows:>8}{o.acknowledged:>14}{len(o.lost):>6}{len(o.unsound):>9}"
        lines.append(f"{o.name:12}{numbers}")
    for o in outcomes:
        lines += [f"{o.name}: {said}" for said in sorted(o.messages)]
        lines += [f"{o.name}: LOST {what}" for what in o.lost[:5] + o.unsound[:5]]
    return "\n".join(lines)


def main() -> int:
    """Run all failures and print the outcomes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rules = rules_folder()
    base = load_compiled(rules, None)
    case = read_case(rules.parent / "examples" / "one_sided_partnership.yaml", base)
    with tempfile.TemporaryDirectory(prefix="kam-crash-") as name:
        folder = Path(name)
        outcomes = [
            killed(folder, base, case, asked.kills, random.Random(asked.seed)),
            filled(folder, base, case),
            refused(folder, base, case),
        ]
    print(table(outcomes))
    return int(any(outcome.lost or outcome.unsound for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
