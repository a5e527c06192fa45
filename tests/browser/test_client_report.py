"""The client edition with a firm's own look, as a browser and the checkers see it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.theme import read_theme
from kam_expert.resources import rules_folder
from tests.shipped import shipped_base, shipped_engine, shipped_privacy

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

EXAMPLES = rules_folder().parent / "examples"
THEME = Path(__file__).parents[1] / "data" / "firm_theme.yaml"
SHOWN = ("diamond_with_conductor", "barricaded_butterfly")

Findings = list[dict[str, Any]]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The editions of examples for other readers, in both languages."""
    folder = tmp_path_factory.mktemp("client")
    theme = read_theme(THEME)
    base = shipped_base()
    written = []
    for name in SHOWN:
        case = read_case(EXAMPLES / f"{name}.yaml", base)
        for lang in ("uk", "en"):
            for edition in (Edition.CLIENT, Edition.CUSTOMER):
                maker = EditionMaker(
                    base, date(2026, 11, 23), shipped_engine(), shipped_privacy(), edition,
                    names=("p1",), reviewed_by="O. K.",
                )  # fmt: skip
                path = folder / f"{name}.{edition}.{lang}.html"
                report = Report.of(case, maker, lang, theme)
                path.write_text(report.text("html"), encoding="utf-8")
                written.append(path)
    return written


def test_the_html_is_valid(pages: list[Path], nu_messages: Callable[..., Findings]) -> None:
    assert nu_messages(*pages) == []


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_everybody_can_read_it(
    scheme: Any,
    pages: list[Path],
    chromium: Browser,
    axe_violations: Callable[[Page], Findings],
) -> None:
    for path in pages:
        context = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert axe_violations(page) == []
        context.close()


def test_it_fits_a_telephone(pages: list[Path], chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    for path in pages:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def test_every_link_leads_somewhere(pages: list[Path], chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    for path in pages:
        page.goto(path.as_uri())
        lost = page.evaluate(
            "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href'))"
            ".filter(h => !document.getElementById(decodeURIComponent(h.slice(1))))"
        )
        assert lost == []
    context.close()
