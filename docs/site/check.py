"""Look at every page of the built site as readers do, and print what is wrong.

    python3 run.py docs && .venv/bin/python docs/site/check.py

Each page is opened wide and light, and on a telephone in the dark: axe-core finds no violation of
WCAG 2.2 AA, nothing scrolls sideways, and nothing is requested from elsewhere. Each page has its
text without scripts too. At the end the search is asked for a word of each language. Exits with 1
if anything is wrong. It takes about two minutes, and the browser and checkers of the tests.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from static_server import serving_files  # noqa: E402 - the same

from run import BROWSER  # noqa: E402 - the folders are on the path only now
from tests.browser.conftest import AXE, QUIET, violations_on  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

SITE = ROOT / "docs-site"
LOOKS: dict[str, dict[str, Any]] = {
    "wide and light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 720}},
    "telephone and dark": {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}},
}
#: What is searched for, with a page that must be found.
SEARCHES = {"gatekeeper": "glossary.html", "воротар": "glossary.uk.html"}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def main() -> int:
    """Check the site and return the exit status."""
    # The pages of the method are checked in both languages by the tests.
    pages = sorted(p for p in SITE.rglob("*.html") if "method" not in p.relative_to(SITE).parts)
    if not pages:
        print(f"{SITE} has no pages: build it with python3 run.py docs")
        return 1
    faults: list[str] = []
    # At the root, as the page of a missing address expects.
    with serving_files(SITE, prefix="/") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER.find(), args=QUIET)
        names = [path.relative_to(SITE).as_posix() for path in pages]
        for look, options in LOOKS.items():
            found = [f for name in names for f in seen(browser, address, name, options)]
            print(f"{len(names):4} pages, {look}: {len(found)} faults")
            faults += found
        silent = [name for name in names if not readable_without_scripts(browser, address, name)]
        print(f"{len(names):4} pages without scripts: {len(silent)} have no text")
        faults += [f"{name}: no text without scripts" for name in silent]
        lost = [word for word in SEARCHES if not is_found(browser, address, word)]
        print(f"{len(SEARCHES):4} words searched for: {len(lost)} not found")
        faults += [f"search: {word!r} is not found" for word in lost]
        browser.close()
    print(*faults, sep="\n")
    return 1 if faults else 0


@contextlib.contextmanager
def opened(
    browser: Browser, address: str, name: str, **options: Any
) -> Iterator[tuple[Page, list[str]]]:
    """Open a page of the site; give it with the addresses elsewhere that it asked for."""
    context = browser.new_context(**options)
    elsewhere: list[str] = []

    def only_here(route: Route) -> None:
        url = route.request.url
        if url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            elsewhere.append(url)
            route.abort()

    context.route("**/*", only_here)
    page = context.new_page()
    page.goto(address + name)
    yield page, elsewhere
    context.close()


def seen(browser: Browser, address: str, name: str, options: dict[str, Any]) -> list[str]:
    """Return what is wrong with one page in one look."""
    with opened(browser, address, name, **options) as (page, elsewhere):
        faults = [
            f"{name}: {violation['id']} at {node['target'][0]}"
            for violation in violations_on(page, AXE.read_text(encoding="utf-8"))
            for node in violation["nodes"]
        ]
        sideways = page.evaluate(SIDEWAYS)
        if sideways > 0:
            faults.append(f"{name}: {sideways} px too wide at {options['viewport']}")
        return faults + [f"{name}: asks for {url}" for url in elsewhere]


def readable_without_scripts(browser: Browser, address: str, name: str) -> bool:
    """Return whether a page shows its text where no script runs."""
    with opened(browser, address, name, java_script_enabled=False) as (page, _):
        article = page.locator("article")
        return article.is_visible() and bool(article.inner_text().strip())


def is_found(browser: Browser, address: str, word: str) -> bool:
    """Return whether the search leads to the page that explains a word."""
    with opened(browser, address, "index.html", **LOOKS["wide and light"]) as (page, elsewhere):
        page.locator("input.md-search__input").fill(word)
        hit = page.locator(f"a.md-search-result__link[href*='{SEARCHES[word]}']").first
        try:
            hit.wait_for(timeout=20_000)
        except PlaywrightError:
            return False
        return not elsewhere


if __name__ == "__main__":
    sys.exit(main())
