"""Draw a meeting in the browser, as the README shows it.

    python benchmarks/meeting_picture.py docs/meeting.png
    python benchmarks/meeting_picture.py docs/meeting.uk.png --lang uk

The server of `kam serve` runs on a store of its own, with an example, until the picture is made.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
EXAMPLE = "examples/barricaded_butterfly.yaml"
SCREEN: Any = {"width": 1280, "height": 800}


def main() -> None:
    """Serve the example, begin a meeting with our own team, and save what the screen shows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", type=Path)
    parser.add_argument("--browser", default="/usr/bin/chromium", help="path of Chromium")
    parser.add_argument("--lang", choices=("uk", "en"), default="en")
    parser.add_argument("--port", type=int, default=8943)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "kam_expert.cli", "serve", EXAMPLE, "--lang", asked.lang]
        command += ["--store", str(Path(folder) / "store.db"), "--port", str(asked.port)]
        server = subprocess.Popen(  # noqa: S603 -- our own program
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            found = re.search(
                r"https?://[\w.:]+/", server.stdout.readline() if server.stdout else ""
            )
            if not found:
                raise SystemExit("kam serve did not print its address")
            draw(found[0], asked.target, asked.browser, asked.lang)
        finally:
            server.terminate()
            server.wait()


def draw(address: str, target: Path, browser_path: str, lang: str) -> None:
    """Save the first screen of the meeting of the only account at *address*."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=SCREEN, locale=lang)
        page.goto(address)
        page.locator("a[href^='/a/']").first.click()
        page.locator("form.here button").first.click()
        page.locator("form.here textarea").first.wait_for(state="hidden")
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main()
