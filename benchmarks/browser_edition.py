"""Build the browser edition and print its sizes and times, and whether it agrees with the command.

    python benchmarks/browser_edition.py [--parts DIR] [--rounds N]

It drives Chromium: the first visit, then starts without a network, then answers. Times are medians
in seconds of wall clock and depend on what else the machine does; the load is printed. At the end
every example is diagnosed by the Python of the edition in Node.js, and its reports are compared
with those of this Python, byte for byte.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import os
import subprocess
import tarfile
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright
from static_server import serving_files

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.browser.build import build_site
from kam_expert.browser.parts import program, provide_parts
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.resources import examples_folder, rules_folder
from run import BROWSER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Frame, Page, Playwright

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy

DAY = date(2026, 11, 23)
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
SCRIPT = """
import { pathToFileURL } from "node:url";
const [pyodide, program, work] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodide, env: {
  HOME: "/home", PYTHONPATH: "/program/packages", XDG_CACHE_HOME: "/program/cache" } });
python.FS.mkdirTree("/program");
python.mountNodeFS("/program", program);
python.mountNodeFS("/cases", work);
python.runPython(`
import importlib
importlib.invalidate_caches()
import sys
sys.path.append("/cases")
import kam_expert.browser
from pathlib import Path
from kam_expert.knowledge.rule_cache import read_compiled
from reports import write_reports
write_reports(*read_compiled(Path("/program/rules.pickle")), Path("/cases"), Path("/cases/out"))
`);
"""


def write_reports(base: KnowledgeBase, privacy: Privacy, folder: Path, target: Path) -> None:
    """Write each edition of the report on each case in *folder*, in both languages."""
    engine = ForwardChainingEngine(base)
    target.mkdir()
    for file in sorted(folder.glob("*.yaml")):
        case = read_case(file, base, file.name)
        for edition in Edition:
            maker = EditionMaker(base, DAY, engine, privacy, edition)
            for lang in LANGUAGES:
                report = Report.of(case, maker, lang)
                name = f"{file.stem}.{edition}.{lang}.html"
                (target / name).write_text(report.text("html"), encoding="utf-8")


@contextlib.contextmanager
def chromium(playwright: Playwright, profile: Path) -> Iterator[BrowserContext]:
    """Open Chromium with a profile on disk."""
    path = BROWSER.find()
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=path, args=ARGUMENTS, locale="en-GB"
    )
    context.set_default_timeout(300_000)
    try:
        yield context
    finally:
        context.close()


def started(page: Page, url: str) -> tuple[Frame, float, dict[str, int]]:
    """Open the edition; return its frame, the seconds to the first page, and marks of the start."""
    began = time.perf_counter()
    page.goto(url)
    page.frame_locator("#session").locator("h1").first.wait_for()
    seconds = time.perf_counter() - began
    marks = json.loads(page.locator("body").get_attribute("data-started") or "{}")
    frame = page.frame(url=lambda address: "/app/" in address)
    if frame is None:
        raise SystemExit("the edition shows no page of the session")
    return frame, seconds, marks


def answered(frame: Frame) -> float:
    """Answer the question that is shown; return the seconds until the page shows the next."""
    question, body = frame.locator("#next"), frame.locator("body")
    before = body.get_attribute("data-version") or ""
    began = time.perf_counter()
    if question.locator(".choices button").count():
        question.locator(".choices button").first.click()
    elif question.locator(".choices input").count():
        question.locator(".choices label").first.click()
        question.locator("button.main").click()
    elif question.locator("input[name=typed]").count():
        question.locator("input[name=typed]").fill("2")
        question.locator("input[name=typed]").press("Enter")
    else:
        question.locator("button[value=unknown]").first.click()
    frame.locator(f"body:not([data-version='{before}'])").wait_for(state="attached")
    return time.perf_counter() - began


def times(site: Path, folder: Path, rounds: int) -> None:
    """Print the times of a first visit, of starts without a network, and of answers."""
    with sync_playwright() as playwright:
        with serving_files(site) as url, chromium(playwright, folder / "profile") as context:
            frame, seconds, _ = started(context.pages[0], url)
            print(f"first visit to first page       {seconds:6.1f} s")
            frame.locator("form[action$='/accounts'] input[name=name]").fill("Light Works Ltd")
            frame.locator("form[action$='/accounts'] button").click()
            # A name changes the version, so that the answer to this form can be waited for.
            frame.locator("#here-people").fill("Maria Head")
            frame.locator("form.here button.main").click()
            frame.locator("body:not([data-version='1'])").wait_for(state="attached")
            answers = [answered(frame) for _ in range(4 * rounds)]
            account = frame.evaluate("document.body.dataset.at")
        longest = max(answers)
        print(f"answer                          {median(answers):6.2f} s, at most {longest:.2f} s")

        starts = []
        for _ in range(rounds):
            with chromium(playwright, folder / "profile") as context:
                inside = account.partition("/app")[2]
                frame, seconds, marks = started(context.pages[0], f"{url}#{inside}/")
                starts.append((seconds, marks))
        print(f"start without a network         {median(s for s, _ in starts):6.1f} s")
        snapshots = sum(marks["snapshot"] for _, marks in starts)
        print(f"  with a snapshot of the memory {snapshots:4} of {len(starts)}")
        for name in ("python", "session"):
            value = median(marks[name] for _, marks in starts) / 1000
            print(f"  until: {name:<22} {value:6.1f} s")


def agreement(site: Path, parts_folder: Path, folder: Path) -> None:
    """Print how many reports of the edition equal those of this Python."""
    work, unpacked = folder / "work", folder / "program"
    work.mkdir()
    packed = (site / "runtime" / "packages.tar.packed").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
        archive.extractall(unpacked, filter="data")
    for case in examples_folder().glob("*.yaml"):
        (work / case.name).write_bytes(case.read_bytes())
    base = load_compiled(rules_folder())
    write_reports(base, load_privacy(rules_folder(), base), work, folder / "here")
    # The same function runs there, without what only this script needs.
    text = Path(__file__).read_text(encoding="utf-8")
    function = text[text.index("def write_reports") : text.index("@contextlib")]
    imports = [
        line
        for line in text.splitlines()
        if line.startswith(("from kam_expert.", "from datetime", "from pathlib", "DAY"))
        and not any(word in line for word in ("browser", "load_", "resources"))
    ]
    head = "from __future__ import annotations\n"
    (work / "reports.py").write_text(head + "\n".join([*imports, function]), encoding="utf-8")
    (folder / "run.mjs").write_text(SCRIPT, encoding="utf-8")
    pyodide = provide_parts(parts_folder).pyodide
    command: list[str | Path] = [program("node"), folder / "run.mjs", pyodide, unpacked, work]
    subprocess.run(command, check=True)  # noqa: S603 -- as written here
    names = sorted(file.name for file in (folder / "here").iterdir())
    same = [(folder / "here" / n).read_bytes() == (work / "out" / n).read_bytes() for n in names]
    print(f"reports equal to the command    {sum(same)} of {len(names)}")


def main() -> None:
    """Run everything."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--parts", type=Path, default=Path("node_modules/site-parts"))
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="kam-site-") as name:
        folder = Path(name)
        began = time.perf_counter()
        files = build_site(folder / "site", asked.parts)
        print(f"build                           {time.perf_counter() - began:6.1f} s")
        for file, size in files:
            print(f"  {file:<40} {size / 1e6:6.2f} MB")
        print(f"all files                       {sum(size for _, size in files) / 1e6:6.1f} MB")
        print(f"load of the machine, {os.cpu_count()} cores    {os.getloadavg()[0]:6.1f}")
        times(folder / "site", folder, asked.rounds)
        agreement(folder / "site", asked.parts, folder)


if __name__ == "__main__":
    main()
