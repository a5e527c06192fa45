"""The tools that check pages: Chromium, axe-core and the Nu HTML checker.

A test fails if one of them is missing, because a check that cannot run has failed.
"""

import contextlib
import http.client
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    sync_playwright,
)

from kam_expert.knowledge.base import KnowledgeBase
from run import BROWSER, JAVA
from tests.browser.live_server import PASSWORD, Live, serving
from tests.shipped import plainly_judged
from tests.web.conftest import cheap_hashes

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NU = ROOT / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
WCAG_2_2_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
USUAL_SCREEN: ViewportSize = {"width": 1280, "height": 900}
#: So many contexts wait for the next test; each takes a process.
MOST_ROOMS = 4

__all__ = ["cheap_hashes"]  # a fixture for every test of this folder

# A violation of axe-core, or a message of the Nu HTML checker, in its own format.
Finding = dict[str, Any]


@pytest.fixture(autouse=True, scope="module")
def _pages_are_judged_plainly(*, every: bool) -> Iterator[None]:
    """Without --all, judge what a page shows the quicker way."""
    with contextlib.nullcontext() if every else plainly_judged():
        yield


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, which a process can start only once."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium, started once."""
    path = present(BROWSER.find(), BROWSER.name)
    browser = playwright.chromium.launch(executable_path=path, args=QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def axe_source() -> str:
    """The text of axe-core, to be evaluated in a page."""
    return Path(present(AXE)).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def axe_violations(axe_source: str, *, every: bool) -> Callable[[Page], list[Finding]]:
    """Return the violations of WCAG 2.2 AA on a page."""

    return lambda page: violations_on(page, axe_source, preload=every)


def violations_on(page: Page, axe_source: str, *, preload: bool = True) -> list[Finding]:
    """Return the violations of WCAG 2.2 AA that axe-core finds on a page.

    Args:
        page: The page.
        axe_source: The text of axe-core.
        preload: Whether it first loads style sheets, sounds and films again. Only the rule against
            sound that starts by itself needs this.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_source)
    found: list[Finding] = page.evaluate(
        "([tags, preload]) => axe.run("
        "document, {runOnly: tags, resultTypes: ['violations'], preload}"
        ").then(result => result.violations)",
        [WCAG_2_2_AA, preload],
    )
    return found


@pytest.fixture(scope="session")
def nu_port() -> Iterator[int]:
    """The Nu HTML checker as a server: it takes seconds to start, and then little for a page."""
    java = present(JAVA.find(), JAVA.name)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    options = ("bind-address=127.0.0.1", "max-file-size=50000000")
    settings = [f"-Dnu.validator.servlet.{option}" for option in options]
    # Code that runs for some seconds is not worth the work of the second compiler; the code of the
    # first needs more stack.
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss8m"]
    command = [java, *quick, *settings, "-cp", present(NU), "nu.validator.servlet.Main", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not _is_answered(port):
            assert server.poll() is None, "the Nu HTML checker has ended"
            assert time.monotonic() < deadline, "the Nu HTML checker does not start"
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def _is_answered(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def nu_messages(nu_port: int) -> Callable[..., list[Finding]]:
    """Have HTML files checked and return the messages: errors, warnings and hints."""
    # Without a name of the asking program the checker says "Bad Request".
    head = {"Content-Type": "text/html; charset=utf-8", "User-Agent": "kam-expert tests"}

    def messages(*pages: Path) -> list[Finding]:
        found: list[Finding] = []
        for page in pages:
            text = Path(present(page)).read_bytes()
            connection = http.client.HTTPConnection("127.0.0.1", nu_port, timeout=120)
            connection.request("POST", "/?out=json", text, head)
            answer = connection.getresponse()
            assert answer.status == HTTPStatus.OK, answer.reason
            said = json.load(answer)["messages"]
            connection.close()
            assert not any(one["type"] == "non-document-error" for one in said), said
            found += [{**message, "url": page.as_uri()} for message in said]
        return found

    return messages


def present(path: Path | str | None, name: str = "") -> str:
    """Return the path of a file; fail the test if it is missing."""
    if path is None or not Path(path).is_file():
        pytest.fail(f"{name or path} is missing. Did 'python3 run.py test' run?", pytrace=False)
    return str(path)


@pytest.fixture(scope="module")
def live(base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A live session for the tests of one file."""
    with serving(base, tmp_path_factory.mktemp("live")) as served:
        yield served


@pytest.fixture
def locked(base: KnowledgeBase, tmp_path: Path) -> Iterator[Live]:
    """A live session without accounts that asks for a password."""
    with serving(base, tmp_path, PASSWORD) as served:
        yield served


class Rooms:
    """Browser contexts, which tests use one after the other, as a new one takes half a second.

    Our pages keep cookies and what a tab remembers, so a room without both is as good as new.

    Args:
        chromium: In which they are.
    """

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._free: list[tuple[str, BrowserContext]] = []

    def take(self, options: dict[str, Any]) -> tuple[str, BrowserContext]:
        """Return a context that nobody else has, with the name of what it is for."""
        name = json.dumps(options, sort_keys=True)
        for room in reversed(self._free):
            if room[0] == name:
                self._free.remove(room)
                return room
        context = self._chromium.new_context(**{"viewport": USUAL_SCREEN} | options)
        context.set_default_timeout(20_000)
        context.new_page()  # keeps the process of its pages
        return name, context

    def give_back(self, room: tuple[str, BrowserContext]) -> None:
        """Empty a context for the next test; close the one that was used the longest ago."""
        _, context = room
        for page in context.pages[1:]:
            page.close()
        context.clear_cookies()
        self._free.append(room)
        if len(self._free) > MOST_ROOMS:
            self._free.pop(0)[1].close()


@pytest.fixture(scope="session")
def rooms(chromium: Browser) -> Rooms:
    """The contexts of a run."""
    return Rooms(chromium)


@pytest.fixture
def visitors(rooms: Rooms) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page in a browser context of its own."""
    taken: list[tuple[str, BrowserContext]] = []

    def visitor(viewport: ViewportSize = USUAL_SCREEN, **options: Any) -> Page:
        taken.append(rooms.take(options))
        page = taken[-1][1].new_page()
        page.set_viewport_size(viewport)
        return page

    yield visitor
    for room in taken:
        rooms.give_back(room)


@pytest.fixture
def opened(visitors: Callable[..., Page]) -> Callable[..., Page]:
    """Open a file with everything unfolded, in a context of its own."""

    def open_(path: Path, width: int = 1280, **options: Any) -> Page:
        page = visitors(viewport={"width": width, "height": 900}, **options)
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        return page

    return open_
