"""Measure the CPU time of the live session, and print tables in milliseconds.

    .venv/bin/python benchmarks/live_session.py [--versions 5000]

The server is called without a network. Measured are an answer to the page with the diagnosis, the
first page of an account with many contacts, and pages of an account with many versions. The goals
are 100 ms for an answer, 300 ms for a first page with 200 contacts, and for many versions the same
as for five.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import platform
import random
import re
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from random_cases import built, random_case

from kam_expert.engines.assemble import assemble
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.engines.questions import open_questions
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.resources import rules_folder
from kam_expert.store.store import Store
from kam_expert.web.app import make_app
from kam_expert.web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 23)
EXAMPLES = Path(__file__).parent.parent / "examples"
ANSWERS, RUNS = 30, 7
FACT, VALUES = "access_to_others", ("blocked", "free")
CONTACTS = (10, 50, 200)
TABS = ("", "history", "questions", "plan")


class Browser:
    """Calls the application as a browser would, without a network."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.cookie = ""

    async def send(self, method: str, path: str, fields: dict[str, Any], *, live: bool) -> str:
        """Send a request and return the page."""
        body = urlencode(fields).encode()
        path, _, query = path.partition("?")
        headers = [
            (b"host", b"127.0.0.1:8765"),
            (b"cookie", self.cookie.encode()),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", str(len(body)).encode()),
            *([(b"x-kam", b"live")] if live else []),
        ]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": headers, "scheme": "http", "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8765), "root_path": "",
        }  # fmt: skip
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        pieces: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def told(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] in (200, 303), message["status"]  # noqa: S101 -- else the figures mean nothing
                for name, value in message["headers"]:
                    if name == b"set-cookie":
                        self.cookie = value.decode().partition(";")[0]
            pieces.append(message.get("body", b""))

        await self.app(scope, receive, told)
        return b"".join(pieces).decode()


def milliseconds(work: Callable[[], Any], runs: int = RUNS) -> float:
    """Return the median CPU milliseconds of *work*."""
    spent = []
    for _ in range(runs):
        start = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - start))
    return statistics.median(spent)


async def answers(browser: Browser, key: str, account: str, *, live: bool) -> list[float]:
    """Return the CPU milliseconds of answers, including the page with the new diagnosis."""
    page = await browser.send("GET", f"/a/{key}/", {}, live=False)
    spent = []
    for number in range(ANSWERS):
        token = re.search(r'name=csrf value="([^"]+)"', page)
        seen = re.search(r"data-version=(\d+)", page)
        assert token, "a page without a form"  # noqa: S101 -- as above
        assert seen, "a page without a version"  # noqa: S101 -- as above
        fields = {
            "csrf": token[1], "seen": seen[1], "kind": "account", "id": account, "fact": FACT,
            "side": "ours", "value": VALUES[number % 2], "as_of": DAY.isoformat(), "back": "",
        }  # fmt: skip
        start = time.process_time()
        told = await browser.send("POST", f"/a/{key}/answer", fields, live=live)
        page = told if live else await browser.send("GET", f"/a/{key}/", {}, live=True)
        spent.append(1000 * (time.process_time() - start))
    return spent


def browser_of(store: Store, base: KnowledgeBase) -> Browser:
    """Return a browser of a server that was just started."""
    settings = Settings("127.0.0.1", 8765, "uk", lambda: DAY, "s" * 40)
    return Browser(make_app(store, base, settings, privacy=load_privacy(rules_folder(), base)))


def measured(case: Case, base: KnowledgeBase, folder: Path) -> tuple[float, float, float]:
    """Return the median and the worst CPU milliseconds with scripts, and the median without."""
    store = Store.open(str(folder / f"{case.account.id}.db"), base)
    key = store.add(case)
    browser = browser_of(store, base)

    async def run() -> tuple[list[float], list[float]]:
        await browser.send("GET", f"/a/{key}/", {}, live=False)
        with_script = await answers(browser, key, case.account.id, live=True)
        return with_script, await answers(browser, key, case.account.id, live=False)

    with_script, without = asyncio.run(run())
    store.close()
    return statistics.median(with_script), max(with_script), statistics.median(without)


async def page_time(browser: Browser, path: str) -> float:
    """Return the CPU milliseconds of a page."""
    start = time.process_time()
    await browser.send("GET", path, {}, live=False)
    return 1000 * (time.process_time() - start)


def many_contacts(base: KnowledgeBase, folder: Path) -> None:
    """Print the CPU time of the first page and of the next one with many contacts.

    Of some contacts nothing is known but the name; of others random facts, with random ties.
    """
    print(f"\n{'contacts':>8}  {'known of them':14}{'first page':>11}{'next page':>11}")
    for number in CONTACTS:
        random_facts = built(random_case(base, random.Random(5), contacts=number), base)
        people = tuple(replace(p, ours={}, theirs={}) for p in random_facts.people or ())
        named = replace(random_facts, people=people, links=None)
        for known, case in (("names", named), ("random facts", random_facts)):
            store = Store.open(str(folder / f"{number}-{known}.db"), base)
            keys = [store.add(case) for _ in range(RUNS)]
            browser = browser_of(store, base)

            async def run(
                browser: Browser = browser, keys: list[str] = keys
            ) -> tuple[list[float], list[float]]:
                first = [await page_time(browser, f"/a/{key}/") for key in keys]
                return first[1:], [await page_time(browser, f"/a/{key}/") for key in keys]

            first, then = map(statistics.median, asyncio.run(run()))
            print(f"{number:8}  {known:14}{first:11.0f}{then:11.0f}", flush=True)
            store.close()


def many_versions(base: KnowledgeBase, folder: Path, versions: int) -> None:
    """Print the CPU time of an answer and of pages of an account with few and many versions."""
    case = read_case(EXAMPLES / "barricaded_butterfly.yaml", base)
    slot = Slot("account", case.account.id, FACT)
    print(f"\n{'versions':>8}{'answer':>9}" + "".join(f"{tab or 'meeting':>11}" for tab in TABS))
    for number in (5, versions):
        store = Store.open(str(folder / f"versions-{number}.db"), base)
        key = store.add(case)
        for version in range(1, number):
            edit = SetAnswer(slot, VALUES[version % 2], as_of=DAY)
            store.record(key, [edit], seen=version)
        browser = browser_of(store, base)

        async def run(
            browser: Browser = browser, key: str = key
        ) -> tuple[list[float], list[list[float]]]:
            spent = await answers(browser, key, case.account.id, live=True)
            pages = [
                [await page_time(browser, f"/a/{key}/{tab}") for _ in range(RUNS)] for tab in TABS
            ]
            return spent, pages

        spent, pages = asyncio.run(run())
        told = "".join(f"{statistics.median(times):11.0f}" for times in pages)
        print(f"{number:8}{statistics.median(spent):9.0f}{told}", flush=True)
        store.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=5000)
    versions = parser.parse_args().versions
    base = load_knowledge_base(rules_folder())
    gc.collect()
    gc.freeze()  # as the server does
    gc.set_threshold(50_000)
    plain, session = PlainEngine(), ForwardChainingEngine(base)
    print(f"{platform.machine()}, Python {platform.python_version()}, {date.today().isoformat()}")  # noqa: DTZ011
    print("CPU ms; one answer to the page with the new diagnosis: median, worst of 30\n")
    print(
        f"{'account':27}{'answer':>8}{'worst':>7}{'no JS':>7}{'settle':>8}{'experta':>9}"
        f"{'reasons':>9}{'questions':>10}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(EXAMPLES.glob("*.yaml")):
            case = read_case(path, base)
            settled = settle_case(case, base, DAY, plain)
            median, worst, without = measured(case, base, Path(folder))
            print(
                f"{path.stem:27}{median:8.0f}{worst:7.0f}{without:7.0f}"
                f"{milliseconds(lambda: settle_case(case, base, DAY, plain)):8.1f}"  # noqa: B023 -- called at once
                f"{milliseconds(lambda: settle_case(case, base, DAY, session)):9.1f}"  # noqa: B023 -- called at once
                f"{milliseconds(lambda: assemble(settled, base)):9.1f}"  # noqa: B023 -- called at once
                f"{milliseconds(lambda: open_questions(settled, base)):10.1f}"  # noqa: B023 -- called at once
            )
        many_contacts(base, Path(folder))
        many_versions(base, Path(folder), versions)


if __name__ == "__main__":
    main()
