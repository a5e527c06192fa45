"""Load test of the live session on this machine: many sessions answer at the same time.

Run it with the project's Python: ``.venv/bin/python benchmarks/load.py --sessions 10``. It starts
`kam serve` with a new database and one account for each session. A session answers, waits for the
page with the new diagnosis, pauses and answers again. Prints the duration of a round trip, and the
number of answers that were lost or recorded in the wrong account.

``--sessions 50 --seconds 600 --memory`` prints the memory of the server every half minute too. With
``--servers 2`` two servers use one file; the sessions change between them with every answer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import platform
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from kam_expert.facts.case_reader import read_case
from kam_expert.facts.edits import SetAnswer
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.base import KnowledgeBase

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.yaml"))
MOST_SESSIONS, MOST_SECONDS = 100, 3600
#: Seconds between two looks at the memory of the servers.
MEMORY_SECONDS = 30.0
WAIT = 180.0


@dataclass
class Session:
    """One user with an account.

    Attributes:
        given: Acknowledged answers in order: fact and value.
        trips: Seconds from an answer to the page with the diagnosis.
    """

    number: int
    key: str
    account: str
    ports: list[int] = field(default_factory=list)
    cookie: str = ""
    token: str = ""
    version: int = 1
    given: list[tuple[str, str]] = field(default_factory=list)
    trips: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def send(self, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
        """Send a request over the session's connection and return status and page."""
        # The servers take turns. They sign with one key, so a cookie of one is valid for all.
        self.ports.append(self.ports.pop(0))
        port = self.ports[-1]
        if len(self.ports) > 1 and self.writer is not None:
            self.writer.close()
            self.writer = None
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        assert self.reader is not None  # noqa: S101 -- they come together
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Kam: live\r\n"
            f"Cookie: {self.cookie}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        await self.writer.drain()
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        for line in lines:
            if line.lower().startswith("set-cookie:"):
                self.cookie = line.split(":", 1)[1].partition(";")[0].strip()
        text = (await self.reader.readexactly(int(headers.get("content-length", "0")))).decode()
        if headers.get("connection") == "close":
            self.writer.close()
            self.writer = None
        return int(lines[0].split()[1]), text

    def read(self, page: str) -> bool:
        """Read token and version from a page, and return whether it shows this account."""
        token = re.search(r'name=csrf value="([^"]+)"', page)
        version = re.search(r"data-version=(\d+)", page)
        if not token or not version or f'data-at="/a/{self.key}"' not in page:
            return False
        self.token, self.version = token[1], int(version[1])
        return "id=stage-name" in page

    async def run(self, facts: list[tuple[str, list[str]]], seconds: float, pause: float) -> None:
        """Answer for *seconds*."""
        chance = random.Random(self.number)
        status, page = await self.send("GET", f"/a/{self.key}/")
        if status != 200 or not self.read(page):
            self.errors.append(f"the first page: {status}")
            return
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(chance.uniform(0, 2 * pause))
            fact, values = chance.choice(facts)
            value = chance.choice(values)
            fields = {
                "csrf": self.token, "seen": self.version, "kind": "account", "id": self.account,
                "fact": fact, "side": "ours", "value": value, "back": "",
                "by": f"session {self.number}", "as_of": "2026-11-23",
            }  # fmt: skip
            start = time.monotonic()
            status, page = await self.send(
                "POST", f"/a/{self.key}/answer", urlencode(fields).encode()
            )
            spent = time.monotonic() - start
            if status == 200 and self.read(page):
                self.given.append((fact, value))
                self.trips.append(spent)
            else:
                self.errors.append(f"{fact}: {status}")


@contextlib.contextmanager
def serving(url: str, folder: str) -> Iterator[tuple[int, int]]:
    """Run `kam serve` and yield its port and process id."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kam_expert.cli", "serve", "--store", url]
    command += ["--port", str(port), "--date", "2026-11-23"]
    server = subprocess.Popen(  # noqa: S603 -- our own command
        command, stderr=subprocess.DEVNULL, env={**os.environ, "XDG_DATA_HOME": folder}
    )
    try:
        until = time.monotonic() + WAIT
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if time.monotonic() > until or server.poll() is not None:
                raise SystemExit("the server did not start")
            time.sleep(0.1)
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(WAIT)


def cpu_seconds(process: int) -> float:
    """Return the CPU seconds of a process, or 0 if they are not available."""
    try:
        fields = (
            Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        )
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(process: int) -> float:
    """Return the resident memory of a process, or 0 if it is not available."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0.0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def choosable(base: KnowledgeBase) -> list[tuple[str, list[str]]]:
    """Return the facts about an account with a fixed set of values, and the values."""
    return [
        (fact.name, fact.words())
        for fact in base.facts.values()
        if fact.kind == "account" and fact.doc.asked_of != "customer" and fact.words()
        and fact.doc.type in ("choice", "ordered", "yes_no")
    ]  # fmt: skip


def faults(store: Store, sessions: list[Session]) -> tuple[int, int]:
    """Return the numbers of acknowledged answers that are missing or in a wrong account."""
    lost = crossed = 0
    for session in sessions:
        edits = [
            edit
            for entry in store.history(session.key)
            for edit in entry.edits
            if isinstance(edit, SetAnswer)
        ]
        mine = f"session {session.number}"
        crossed += sum(edit.by != mine for edit in edits)
        kept = [(edit.slot.fact, str(edit.value)) for edit in edits]
        # An answer without a page may be in the database; an acknowledged one must be.
        remaining = iter(kept)
        lost += sum(given not in remaining for given in session.given)
    return lost, crossed


def percentile(values: list[float], share: float) -> float:
    """Return a percentile of *values* (in seconds) in milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def measure(  # noqa: PLR0913 -- the options of the command
    number: int, seconds: float, pause: float, base: KnowledgeBase, servers: int, *, memory: bool
) -> None:
    """Run one load and print a line, and the memory of each server before it if it is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        url = str(Path(folder) / "accounts.db")
        store = Store.open(url, base)
        sessions = []
        for index in range(number):
            case = read_case(EXAMPLES[index % len(EXAMPLES)], base)
            sessions.append(Session(index, store.add(case), case.account.id))
        store.close()
        facts = choosable(base)
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(serving(url, folder)) for _ in range(servers)]
            processes = [process for _, process in running]
            for session in sessions:
                session.ports = [port for port, _ in running]

            async def watch() -> None:
                began = time.monotonic()
                while memory:
                    found = "  ".join(f"{megabytes(process):6.0f} MB" for process in processes)
                    print(f"  {time.monotonic() - began:6.0f} s  {found}", flush=True)
                    await asyncio.sleep(MEMORY_SECONDS)

            async def everybody() -> None:
                watching = asyncio.create_task(watch())
                await asyncio.gather(*(s.run(facts, seconds, pause) for s in sessions))
                watching.cancel()

            before = sum(map(cpu_seconds, processes))
            asyncio.run(everybody())
            spent = sum(map(cpu_seconds, processes)) - before
        store = Store.open(url, base)
        lost, crossed = faults(store, sessions)
        store.close()
    trips = [trip for session in sessions for trip in session.trips]
    errors = [error for session in sessions for error in session.errors]
    print(
        f"{number:8}{len(trips):9}{len(trips) / seconds:8.1f}"
        + "".join(f"{percentile(trips, share):8.0f}" for share in (0.5, 0.95, 0.99, 1.0))
        + f"{1000 * spent / max(1, len(trips)):9.0f}{len(errors):8}{lost:6}{crossed:9}"
    )
    for error in errors[:3]:
        print(f"  {error}")


def main() -> None:
    """Read the options, measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sessions", type=int, nargs="+", default=[10, 50])
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--pause", type=float, default=1.0, help="mean seconds of thinking")
    options.add_argument("--servers", type=int, default=1, help="servers on one file")
    options.add_argument("--memory", action="store_true", help="print the memory of the servers")
    given = options.parse_args()
    seconds = min(given.seconds, MOST_SECONDS)
    base = load_knowledge_base(rules_folder())
    print(
        f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores, ",
        end="",
    )
    print(f"{date.today().isoformat()}, load before {os.getloadavg()[0]:.1f}")  # noqa: DTZ011
    print(f"{seconds:g} s; {given.pause:g} s of thinking before an answer; round trips in ms\n")
    print(
        "sessions  answers   per s     p50     p95     p99     max   CPU ms  errors  lost  crossed"
    )
    for number in given.sessions:
        sessions = min(number, MOST_SESSIONS)
        measure(sessions, seconds, given.pause, base, given.servers, memory=given.memory)


if __name__ == "__main__":
    main()
