"""Let the disk be full at each write of each change of a store, and look at what is left.

    python benchmarks/full_disk.py

For each change a process may write a limited number of bytes into a file: none at first, then more
and more, until the change is acknowledged. After each attempt the store must open, every version
must be whole, and it must be as before or as after the change. A change that failed must say so in
a message. The exit status is 1 otherwise.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crash import Outcome, acknowledged, digest_of, start

from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.edits import SetComments
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder
from kam_expert.store.backup import back_up, verify
from kam_expert.store.store import Store
from kam_expert.store.users import User, UserRole

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

#: Bytes by which the disk grows from attempt to attempt.
STEP = 4_096
LARGEST = 4_000_000


@dataclass(frozen=True)
class Tried:
    """The attempts of one change.

    Attributes:
        full: Attempts at which the disk was full.
        wrong: What was not as it must be.
    """

    name: str
    full: int
    wrong: list[str]


def changes(case: Case) -> dict[str, Callable[[Store, str], object]]:
    """Return each kind of change."""
    person = (case.people or ())[0].id
    long = ("Довга примітка. " * 2_000,)
    return {
        "new account": lambda store, _: store.add(case),
        "an edit": lambda store, key: store.record(key, [SetComments(long)], seen=3),
        "undo": lambda store, key: store.undo(key, seen=3),
        "customer link": lambda store, key: store.give_link(key, datetime(2030, 1, 1, tzinfo=UTC)),
        "a user": lambda store, _: store.users.add(User("Олена", UserRole.OWNER, "x" * 100)),
        "erasure": lambda store, key: store.erase_person(key, "person", person),
        "removal": lambda store, key: store.remove(key),
        "backup": lambda store, _: back_up(
            str(store.files[0]), store.files[0].with_name("backup.db")
        ),
    }


def state_of(path: Path, base: KnowledgeBase) -> tuple[Any, ...]:
    """Return all that a store has, in comparable form."""
    store = Store.open(str(path), base)
    try:
        listed = [(a.id, a.version) for a in store.accounts()]
        latest = [digest_of(store.state(a.key).case) for a in store.accounts()]
        links = [store.link(a.key) is not None for a in store.accounts()]
        return listed, latest, links, store.users.all()
    finally:
        store.close()


def tried(
    name: str,
    change: Callable[[Store, str], object],
    folder: Path,
    base: KnowledgeBase,
    case: Case,
) -> Tried:
    """Try one change on fuller and less full disks until it is acknowledged."""
    original = folder / "original.db"
    store = Store.open(str(original), base)
    key = store.add(case)
    for seen in (1, 2):
        store.record(key, [SetComments((f"{seen}",))], seen=seen)
    store.close()
    after_path = folder / "after.db"
    shutil.copy(original, after_path)
    store = Store.open(str(after_path), base)
    change(store, key)
    store.close()
    before, after = state_of(original, base), state_of(after_path, base)
    (folder / "backup.db").unlink(missing_ok=True)
    wrong: list[str] = []
    for full, limit in enumerate(range(0, LARGEST, STEP)):
        path = folder / "tried.db"
        for left in folder.glob("tried.db*"):
            left.unlink()
        shutil.copy(original, path)

        def work(url: Any, say: Callable[[str], object]) -> None:
            opened = Store.open(str(url), base)
            change(opened, key)
            say("1 done")

        outcome = Outcome(name)
        process, pipe = start(path, work, limit=limit)
        done = acknowledged(process, pipe, outcome)
        wrong += outcome.lost
        found = state_of(path, base)
        if verify(str(path), base)[2]:
            wrong.append(f"{limit} bytes: a version is damaged")
        if found not in (before, after) or (done and found != after):
            wrong.append(f"{limit} bytes: neither as before nor as after")
        if not done and not outcome.messages:
            wrong.append(f"{limit} bytes: no message")
        backup = folder / "backup.db"
        if backup.exists():
            if not done or state_of(backup, base) != before:
                wrong.append(f"{limit} bytes: a backup that is not whole")
            backup.unlink()
        if done:
            return Tried(name, full, wrong)
    return Tried(name, full, [*wrong, "never acknowledged"])


def main() -> int:
    """Print the table."""
    rules = rules_folder()
    base = load_compiled(rules, None)
    case = read_case(rules.parent / "examples" / "one_sided_partnership.yaml", base)
    results = []
    for name, change in changes(case).items():
        with tempfile.TemporaryDirectory(prefix="kam-full-") as folder:
            try:
                results.append(tried(name, change, Path(folder), base, case))
            except KamError as error:
                results.append(Tried(name, 0, [str(error)]))
    print(f"{'change':16}{'full disks':>12}{'wrong':>8}")
    for result in results:
        print(f"{result.name:16}{result.full:12}{len(result.wrong):8}")
    for result in results:
        print("".join(f"{result.name}: {what}\n" for what in result.wrong[:5]), end="")
    return int(any(result.wrong for result in results))


if __name__ == "__main__":
    sys.exit(main())
