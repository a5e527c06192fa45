"""Kill programs that record answers, fill their disk, take away their right to write.

After each blow the database is opened again: every answer that was acknowledged must be there, and
SQLite's own check must pass. Prints a table; the exit status is 1 if anything was lost.

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
from typing import TYPE_CHECKING

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

#: Each writer answers a question of its own, so that all can work on one account at a time.
FACTS = ("complaints_open", "referrals_12m", "special_demands_12m")
#: Bytes of the smallest disk.
SMALL = 600_000
#: Seconds after the start of the writers, within which they are killed.
LONGEST = 1.0
MANY = 100_000
NOBODY = 65_534
Say = Callable[[str], object]


@dataclass
class Outcome:
    """What one kind of blow did.

    Attributes:
        blows: How many there were.
        acknowledged: How many answers were acknowledged in all.
        lost: What was acknowledged and is not there.
        unsound: What SQLite's check said, other than "ok".
        messages: What the writers were told.
    """

    name: str
    blows: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)

    def check(self, path: Path, key: str, told: dict[int, str], base: KnowledgeBase) -> None:
        """Open the database at *path* anew and look for everything in *told*."""
        self.blows += 1
        self.acknowledged += len(told)
        store = Store.open(str(path), base)
        for version, digest in told.items():
            try:
                found = digest_of(store.state(key, version).case)
            except KamError as error:
                found = str(error)
            if found != digest:
                self.lost.append(f"version {version}: {found}")
        store.close()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            said = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
        if said != "ok":
            self.unsound.append(said)


def digest_of(case: Case) -> str:
    """Return the digest of all that *case* says, comments too."""
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
        told: dict[int, str] = {}
        for process, pipe in writers:
            told |= acknowledged(process, pipe, outcome)
        outcome.check(path, key, told, base)
    return outcome


def filled(folder: Path, base: KnowledgeBase, case: Case, *, may_mount: bool = True) -> Outcome:
    """Let a writer go on until the disk is full; give it a larger one, and so on."""
    outcome = Outcome("full disk")
    with small_disk(folder / "small", may_mount=may_mount) as (disk, mounted):
        path = disk / "filled.db"
        key = new_account(path, base, case)
        told: dict[int, str] = {}
        for larger in range(1, 4):
            if mounted:
                run("mount", "-o", f"remount,size={SMALL * larger}", disk)
            limit = None if mounted else SMALL * larger
            process, pipe = start(path, Answers(key, base, FACTS[0], larger), limit=limit)
            more = acknowledged(process, pipe, outcome)
            outcome.check(path, key, told | more, base)
            outcome.lost += [] if more else ["nothing was recorded where there was room"]
            told |= more
    return outcome


def new_account(path: Path, base: KnowledgeBase, case: Case) -> str:
    """Make the database at *path* and give the key of an account in it."""
    store = Store.open(str(path), base)
    key = store.add(case)
    store.close()
    return key


@dataclass(frozen=True)
class Answers:
    """What a writer does until it is killed or refused: record answers to one question."""

    key: str
    base: KnowledgeBase
    fact: str
    seed: float

    def __call__(self, path: Path, say: Say) -> None:
        """Say of each answer which version it made and what the case is, once it is recorded."""
        store = Store.open(str(path), self.base)
        state = store.state(self.key)
        slot = Slot("account", state.case.account.id, self.fact)
        chance = random.Random(self.seed)
        for count in range(MANY):
            edit = SetAnswer(slot, chance.randrange(1000), by=f"answer {count}")
            state = store.record(self.key, [edit], seen=state.version)
            say(f"{state.version} {digest_of(state.case)}")


def start(
    path: Path, work: Callable[[Path, Say], None], *, limit: int | None = None, nobody: bool = False
) -> tuple[int, int]:
    """Start a process and give it, and the end of its pipe.

    Args:
        path: Of the database.
        work: What it does; it gets the path, and a function that says a line into the pipe.
        limit: The largest size of a file that it may write.
        nobody: As the user who may do nothing, if this is root.
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
        if nobody and os.geteuid() == 0:
            os.chdir(path.parent)  # the way here may be closed to others
            path = Path(path.name)
            os.setuid(NOBODY)
        work(path, lambda line: os.write(writing, f"{line}\n".encode()))
    except KamError as error:
        os.write(writing, f"! {str(error).replace(str(path), path.name)}\n".encode())
    except BaseException as error:  # noqa: BLE001 -- the parent has to hear of it
        os.write(writing, f"? {error!r}\n".encode())
    finally:
        os._exit(0)


def acknowledged(process: int, pipe: int, outcome: Outcome) -> dict[int, str]:
    """Return what a process said it recorded: the digest of the case by version."""
    told = {}
    with os.fdopen(pipe, "rb") as file:
        # The last line may be cut off by the kill: then it was not said.
        for line in file.read().split(b"\n")[:-1]:
            version, _, said = line.decode().partition(" ")
            if version == "!":
                outcome.messages.add(said)
            elif version == "?":
                outcome.lost.append(f"a writer failed: {said}")
            else:
                told[int(version)] = said
    os.waitpid(process, 0)
    return told


def refused(folder: Path, base: KnowledgeBase, case: Case, *, may_mount: bool = True) -> Outcome:
    """Take the right to write away and let a program try."""
    outcome = Outcome("read-only")
    with small_disk(folder / "still", may_mount=may_mount) as (disk, mounted):
        path = disk / "refused.db"
        key = new_account(path, base, case)
        store = Store.open(str(path), base)
        told = {2: add_comment(store, key, 1)}
        store.close()
        if mounted:
            run("mount", "-o", "remount,ro", disk)
        else:
            disk.chmod(0o555)
            path.chmod(0o444)

        def try_it(path: Path, say: Say) -> None:
            say(f"3 {add_comment(Store.open(str(path), base), key, 2)}")

        # Root may write in spite of these rights, so another user has to try.
        process, pipe = start(path, try_it, nobody=not mounted)
        if acknowledged(process, pipe, outcome):
            outcome.lost.append("what could not be written was acknowledged")
        if mounted:
            run("mount", "-o", "remount,rw", disk)
        else:
            disk.chmod(0o755)
            path.chmod(0o600)
        outcome.check(path, key, told, base)
    return outcome


def add_comment(store: Store, key: str, seen: int) -> str:
    """Record a comment and give the digest of the case."""
    return digest_of(store.record(key, [SetComments((f"after {seen}",))], seen=seen).case)


@contextlib.contextmanager
def small_disk(folder: Path, *, may_mount: bool) -> Iterator[tuple[Path, bool]]:
    """Return a folder, and whether it is a small disk of its own: only root can mount one."""
    folder.mkdir()
    tmpfs = ("mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder)
    mounted = may_mount and os.geteuid() == 0 and run(*tmpfs) == 0
    try:
        yield folder, mounted
    finally:
        if mounted:
            run("umount", folder)


def run(*command: str | Path) -> int:
    """Run a program of the system and give its exit status."""
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode  # noqa: S603 -- from this file


def table(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a table, with what the writers were told below."""
    lines = [f"{'':12}{'blows':>8}{'acknowledged':>14}{'lost':>6}{'unsound':>9}"]
    for o in outcomes:
        numbers = f"{o.blows:>8}{o.acknowledged:>14}{len(o.lost):>6}{len(o.unsound):>9}"
        lines.append(f"{o.name:12}{numbers}")
    for o in outcomes:
        lines += [f"{o.name}: {said}" for said in sorted(o.messages)]
        lines += [f"{o.name}: LOST {what}" for what in o.lost[:5] + o.unsound[:5]]
    return "\n".join(lines)


def main() -> int:
    """Deal the blows and print what they did."""
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
