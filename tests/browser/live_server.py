"""A live session for browser tests, and actions that its pages share."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from playwright.sync_api import Frame, Page, expect

from kam_expert.facts.case_reader import read_case
from kam_expert.store.store import Store
from kam_expert.web.app import make_app
from kam_expert.web.settings import Settings
from tests.shipped import shipped_privacy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import CampaignStatus
    from kam_expert.workshop.workshop import Workshop

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2026, 11, 23)
PASSWORD = "ten letters, or a few more"  # noqa: S105 -- of a server that lives as long as the tests of a file
SECRET = "forty letters that sign what a test makes."  # noqa: S105 -- of a test


@dataclass(frozen=True)
class Live:
    """A live session and the store behind it."""

    address: str
    base: KnowledgeBase
    store: Store

    def example(self, name: str = "diamond_with_conductor") -> str:
        """Add an example and return the address of its first page."""
        key = self.store.add(read_case(EXAMPLES / f"{name}.yaml", self.base))
        return f"{self.address}/a/{key}/"


@contextlib.contextmanager
def serving(  # noqa: PLR0913 -- what a server can have
    base: KnowledgeBase,
    folder: Path,
    password: str | None = None,
    port: int = 0,
    today: Callable[[], date] = lambda: DAY,
    campaign: Callable[[date], CampaignStatus] | None = None,
    workshop: Workshop | None = None,
    *,
    has_users: bool = False,
) -> Iterator[Live]:
    """Serve the store in *folder*, on any free port unless one is named."""
    store = Store.open(str(folder / "accounts.db"), base)
    listening = socket.create_server(("127.0.0.1", port))
    port = listening.getsockname()[1]
    settings = Settings(
        "127.0.0.1", port, "en", today, SECRET, password=password, campaign=campaign,
        workshop=workshop,        has_users=has_users, polling=1.0,
    )  # fmt: skip
    app = make_app(store, base, settings, privacy=shipped_privacy())
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield Live(f"http://127.0.0.1:{port}", base, store)
    finally:
        server.should_exit = True
        thread.join()
        store.close()


def key_in(address: str) -> str:
    """Return the key of the account whose page has this address."""
    return address.split("/a/")[1].split("/", maxsplit=1)[0]


def version(page: Page | Frame) -> int:
    """Return the version that a page shows."""
    return int(page.locator("body").get_attribute("data-version") or 0)


def wait_for_version_after(page: Page | Frame, before: int) -> None:
    """Wait until a page shows a version other than *before*."""
    expect(page.locator("body")).not_to_have_attribute("data-version", str(before))


def customers_link(page: Page, address: str) -> str:
    """Create a customer link and return it."""
    page.goto(f"{address}customer")
    page.locator("form[action$='/link'] button").click()
    return page.locator("#work a[href*='/c/']").get_attribute("href") or ""


def answer_next(page: Page | Frame) -> None:
    """Answer the next question in any way."""
    question = page.locator("#next")
    before = version(page)
    if question.locator(".choices button").count():
        question.locator(".choices button").first.click()
    elif question.locator(".choices input").count():
        question.locator(".choices label").first.click()
        question.locator("button.main").click()
    elif question.locator("form[action$='/complete']").count():
        question.locator("button[value=unknown]").click()
    else:
        question.locator("input[name=typed]").fill("2")
        question.locator("input[name=typed]").press("Enter")
    wait_for_version_after(page, before)


def open_all(page: Page) -> None:
    """Open all details of a page."""
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
