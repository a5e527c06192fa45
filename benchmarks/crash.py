"""Kill programs that record answers, fill their disk, take away their right to write.

After each blow the database is opened again: every answer that was acknowledged must be there, and
SQLite's own check must pass. Prints a table; the exit status is 1 if anything was lost.

    python benchmarks/crash.py                     # 200 kills of two writers, about two minutes
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
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer, SetComments
from kam_expert.knowledge.compiled import load_compiled
from kam_expert.resources import rules_folder
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.records import State

#: Each writer answers a question of its own, so that all can work on one account at a time.
FACTS = ("complaints_open", "referrals_12m", "special_demands_12m")
#: Seconds after the start of the writers, within which they are killed.
LONGEST = 0.4
SMALL = 1_500_000
MANY = 100_000


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

    def refuse(self, attempt: Callable[[], object], path: Path) -> None:
        """Note what is said to an attempt to write that cannot succeed."""
        try:
            attempt()
        except KamError as error:
            self.messages.add(str(error).replace(str(path), path.name))
        else:
            self.lost.append("what could not be written was acknowledged")


def digest_of(case: Case) -> str:
    """Give the digest of all that *case* says, comments too."""
    return hashlib.sha256(case_text(case).encode()).hexdigest()[:16]


def killed(
    folder: Path, base: KnowledgeBase, case: Case, kills: int, chance: random.Random
) -> Outcome:
    """Kill two writers of one account at *kills* random moments."""
    outcome = Outcome("kill -9")
    path = folder / "killed.db"
    store = Store.open(str(path), base)
    key = store.add(case)
    store.close()
    for _ in range(kills):
        ends = [start_writer(path, key, base, number, chance.random()) for number in range(2)]
        time.sleep(chance.uniform(0, LONGEST))
        for process, _ in ends:
            os.kill(process, signal.SIGKILL)
        told: dict[int, str] = {}
        for process, pipe in ends:
            os.waitpid(process, 0)
            told |= acknowledged(pipe, outcome)
        outcome.check(path, key, told, base)
    return outcome


def start_writer(
    path: Path, key: str, base: KnowledgeBase, number: int, seed: float
) -> tuple[int, int]:
    """Start a process that records answers until it is killed or refused; give it and its pipe."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    try:
        os.close(reading)
        write_answers(Store.open(str(path), base), key, FACTS[number], random.Random(seed), writing)
    except KamError as error:
        os.write(writing, f"! {str(error).replace(str(path), path.name)}\n".encode())
    finally:
        os._exit(0)


def write_answers(store: Store, key: str, fact: str, chance: random.Random, pipe: int) -> None:
    """Record answers; say of each which version it made and what the case is, once it returned."""
    state = store.state(key)
    slot = Slot("account", state.case.account.id, fact)
    for count in range(MANY):
        edit = SetAnswer(slot, chance.randrange(1000), by=f"answer {count}")
        state = store.record(key, [edit], seen=state.version)
        os.write(pipe, f"{state.version} {digest_of(state.case)}\n".encode())


def acknowledged(pipe: int, outcome: Outcome) -> dict[int, str]:
    """Give what a writer said it recorded: the digest of the case by version."""
    told = {}
    with os.fdopen(pipe, "rb") as file:
        # The last line may be cut off by the kill: then it was not said.
        for line in file.read().split(b"\n")[:-1]:
            version, _, said = line.decode().partition(" ")
            if version == "!":
                outcome.messages.add(said)
            else:
                told[int(version)] = said
    return told


def filled(folder: Path, base: KnowledgeBase, case: Case) -> Outcome:
    """Let a writer go on until the disk is full; free it, and go on."""
    outcome = Outcome("full disk")
    with small_disk(folder / "small") as (disk, limited):
        path = disk / "filled.db"
        store = Store.open(str(path), base)
        key = store.add(case)
        store.close()
        told: dict[int, str] = {}
        for round_ in range(3):
            process, pipe = start_limited(path, key, base, round_, limited=limited)
            os.waitpid(process, 0)
            told |= acknowledged(pipe, outcome)
            outcome.check(path, key, told, base)
    return outcome


def start_limited(
    path: Path, key: str, base: KnowledgeBase, number: int, *, limited: bool
) -> tuple[int, int]:
    """Start a writer; *limited* to files of a size where there is no small disk to fill."""
    if not limited:
        return start_writer(path, key, base, number, 0.5)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, before[1]))
    try:
        return start_writer(path, key, base, number, 0.5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def refused(folder: Path, base: KnowledgeBase, case: Case) -> Outcome:
    """Take the right to write away, while a program has the database open and before."""
    outcome = Outcome("read-only")
    with small_disk(folder / "still") as (disk, limited):
        path = disk / "refused.db"
        store = Store.open(str(path), base)
        key = store.add(case)
        state = add_comment(store, key, 1)
        told = {state.version: digest_of(state.case)}
        with read_only(disk, path, mounted=not limited):
            outcome.refuse(lambda: add_comment(store, key, state.version), path)
            store.close()
            outcome.refuse(lambda: Store.open(str(path), base).close(), path)
        outcome.check(path, key, told, base)
    return outcome


def add_comment(store: Store, key: str, seen: int) -> State:
    """Record a comment and give the new state."""
    return store.record(key, [SetComments((f"after {seen}",))], seen=seen)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Give a folder on a small disk, and whether it is none, as only root can mount one."""
    folder.mkdir()
    mounted = os.geteuid() == 0 and not run(
        "mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder
    )
    try:
        yield folder, not mounted
    finally:
        if mounted:
            run("umount", folder)


@contextlib.contextmanager
def read_only(disk: Path, path: Path, *, mounted: bool) -> Iterator[None]:
    """Make a disk read-only for a while; else the files, which keeps everybody but root away."""
    files = [path, *path.parent.glob(f"{path.name}-*")]
    modes = {file: stat.S_IMODE(file.stat().st_mode) for file in files}
    if mounted:
        run("mount", "-o", "remount,ro", disk)
    else:
        for file in files:
            file.chmod(0o400)
    try:
        yield
    finally:
        if mounted:
            run("mount", "-o", "remount,rw", disk)
        else:
            for file, mode in modes.items():
                file.chmod(mode)


def run(*command: str | Path) -> int:
    """Run a program of the system and give its exit status."""
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode  # noqa: S603 -- from this file


def table(outcomes: list[Outcome]) -> str:
    """Give the outcomes as a table, with what the writers were told below."""
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
