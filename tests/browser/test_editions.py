"""Each edition in both languages on every screen and on paper, as a browser and checkers see it.

With --all more screens, another example, and widths and paper in the other language too.
"""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.theme import PLAIN, read_theme
from kam_expert.resources import rules_folder
from tests.sampling import few_of, some_of
from tests.shipped import shipped_base, shipped_engine, shipped_privacy

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

EXAMPLES = rules_folder().parent / "examples"
THEME = Path(__file__).parents[1] / "data" / "firm_theme.yaml"
SHOWN = ("diamond_with_conductor", "barricaded_butterfly")
SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
    "telephone": {"viewport": {"width": 360, "height": 800}},
}

Findings = list[dict[str, Any]]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, *, every: bool) -> list[Path]:
    """All editions of an example in both languages; those for others with a firm's look.

    With --all also those of another example.
    """
    folder = tmp_path_factory.mktemp("editions")
    theme = read_theme(THEME)
    base = shipped_base()
    written = []
    for name in some_of(SHOWN[::-1], 1, every=every):
        case = read_case(EXAMPLES / f"{name}.yaml", base)
        for lang in ("uk", "en"):
            for edition in Edition:
                inside = edition is Edition.CONSULTANT
                wishes: dict[str, Any] = {} if inside else {"names": ("p1",), "reviewed_by": "O."}
                maker = EditionMaker(
                    base, date(2026, 11, 23), shipped_engine(), shipped_privacy(), edition, **wishes
                )
                path = folder / f"{name}.{edition}.{lang}.html"
                report = Report.of(case, maker, lang, PLAIN if inside else theme)
                path.write_text(report.text("html"), encoding="utf-8")
                written.append(path)
    return written


def test_the_html_is_valid(pages: list[Path], nu_messages: Callable[..., Findings]) -> None:
    assert nu_messages(*pages) == []


@pytest.mark.parametrize("screen", few_of(SCREENS, 1))
@pytest.mark.parametrize("example", few_of(SHOWN[::-1], 1))
def test_everybody_can_read_it(  # noqa: PLR0913 -- two choices, and tools
    screen: str,
    example: str,
    pages: list[Path],
    visitors: Callable[..., Page],
    axe_violations: Callable[[Page], Findings],
    *,
    every: bool,
) -> None:
    page = visitors(**SCREENS[screen])
    shown = [path for path in pages if path.name.startswith(example)]
    for path in some_of(shown, len(Edition), every=every):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert axe_violations(page) == [], path.name


def test_it_fits_every_screen_its_first_page_is_one_sheet_and_links_lead_somewhere(
    pages: list[Path], visitors: Callable[..., Page], *, every: bool
) -> None:
    page = visitors()
    for path in some_of(pages, len(Edition), every=every):
        page.goto(path.as_uri())
        lost = page.evaluate(
            "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href'))"
            ".filter(h => !document.getElementById(decodeURIComponent(h.slice(1))))"
        )
        assert lost == [], path.name
        for width in (320, 360, 820, 1280):
            page.set_viewport_size({"width": width, "height": 720})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        bottom = page.evaluate("document.querySelector('#brief').getBoundingClientRect().bottom")
        assert bottom <= 720, path.name
        said = page.locator("#hindering > p").first.text_content() or ""
        after = " ".join(said.split())[:30]
        sheets = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
        first, second = (" ".join(sheet.extract_text().split()) for sheet in sheets[:2])
        assert after not in first, path.name
        assert after in second, path.name


def test_full_and_empty_differ_in_forced_colours(
    pages: list[Path], visitors: Callable[..., Page]
) -> None:
    page = visitors(**SCREENS["forced colours"])
    paint = """selector => [...new Set([...document.querySelectorAll(selector)].map(
        e => getComputedStyle(e).fill + getComputedStyle(e).backgroundColor))]"""
    for path in pages:
        page.goto(path.as_uri())
        tied = page.evaluate(paint, "#brief circle:not(.un, .ring)")
        alone = page.evaluate(paint, "#brief circle.un")
        assert len(tied) == 1, path.name
        assert not set(tied) & set(alone), path.name
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        bars = page.evaluate(paint, ".m i")
        assert all(ground not in bar for bar in bars), path.name
