"""Measure the first page of reports: words, height on a screen, sheets of paper; or draw it.

    python benchmarks/first_page.py                      # all examples and whole accounts
    python benchmarks/first_page.py --picture docs/report.png
    python benchmarks/first_page.py --picture docs/report.uk.png --lang uk

It has at most 250 words and fits a screen of 1280 × 720 and a sheet of A4. Every edition is
measured in both languages. The sheet is a print of Chromium; `page_fill.py` looks at PDF files.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
from playwright.sync_api import sync_playwright
from random_cases import built

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.accounts import read_accounts
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.outputs.brief import MOST_WORDS, brief_of
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

ROOT = Path(__file__).parent.parent
DAY = date(2026, 11, 23)
SCREEN: Any = {"width": 1280, "height": 720}


def cases(base: KnowledgeBase) -> Iterator[tuple[str, Case, date]]:
    """Yield the examples and the whole accounts with their days."""
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        yield path.stem, read_case(path, base, path.name), DAY
    for account in read_accounts(rules_folder(), base)[0]:
        yield account.name, built(account.case, base), account.day


def measured(page: Page, report: str) -> tuple[float, int]:
    """Return the lowest point of the first page in pixels, and the sheets that it takes."""
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(report)
        file.flush()
        page.goto(Path(file.name).as_uri())
        bottom: float = page.evaluate(
            "document.querySelector('#brief').getBoundingClientRect().bottom"
        )
        printed = page.pdf(format="A4")
    sheets = pypdf.PdfReader(io.BytesIO(printed)).pages
    # The heading of the next part tells where the first page is over.
    after = page.evaluate("document.querySelector('#hindering h2').textContent").split()
    for number, sheet in enumerate(sheets):
        if " ".join(after) in " ".join(sheet.extract_text().split()):
            return bottom, number
    return bottom, len(sheets)


def picture(page: Page, base: KnowledgeBase, target: Path, lang: str) -> None:
    """Draw the first page of an example, as the README shows it."""
    path = ROOT / "examples" / "barricaded_butterfly.yaml"
    maker = EditionMaker(base, DAY, PlainEngine(), None, Edition.CONSULTANT)
    report = Report.of(read_case(path, base, path.name), maker, lang).text("html")
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(report)
        file.flush()
        page.goto(Path(file.name).as_uri())
        page.screenshot(path=target)


def main() -> None:
    """Print a table of the worst of each edition and language, and all that does not fit."""
    from run import BROWSER  # noqa: PLC0415 -- of the developers

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--lang", choices=("uk", "en"), default="en", help="of the picture")
    parser.add_argument("--every", type=int, default=1, help="measure one case of N")
    wanted = parser.parse_args()
    base = load_knowledge_base(rules_folder())
    privacy = load_privacy(rules_folder(), base)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER.find(), args=["--no-sandbox"])
        page = browser.new_page(viewport=SCREEN, color_scheme="light")
        if wanted.picture is not None:
            picture(page, base, wanted.picture, wanted.lang)
            return
        found: dict[tuple[Edition, str], list[tuple[int, float, int]]] = {}
        for name, case, day in list(cases(base))[:: wanted.every]:
            for edition in Edition:
                for lang in LANGUAGES:
                    maker = EditionMaker(base, day, PlainEngine(), privacy, edition)
                    report = Report.of(case, maker, lang)
                    made = report.made
                    words = brief_of(made.diagnosis, made.case, base, lang).words
                    bottom, sheets = measured(page, report.text("html"))
                    found.setdefault((edition, lang), []).append((words, bottom, sheets))
                    if words > MOST_WORDS or bottom > SCREEN["height"] or sheets > 1:
                        print(f"{name} {edition} {lang}: {words} words, {bottom:.0f} px, "
                              f"{sheets} sheets", file=sys.stderr)  # fmt: skip
    print("edition     lang  accounts  most words  lowest point, px  most sheets")
    for (edition, lang), rows in found.items():
        most, lowest, papers = (max(row[place] for row in rows) for place in range(3))
        print(f"{edition:<11} {lang:<5} {len(rows):8} {most:11} {lowest:17.0f} {papers:12}")


if __name__ == "__main__":
    main()
