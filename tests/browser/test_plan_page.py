"""The page of a plan on paper, on a screen, on a telephone, and for the checkers."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.outputs.plan_html import render_plan_page
from tests.sampling import few_of
from tests.shipped import NAMES, example, shipped_base, shipped_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

DAY = date(2026, 11, 23)
LANGUAGES = ("uk", "en")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Write the plan of an example and return its path."""
    folder = tmp_path_factory.mktemp("plans")

    def write(name: str, lang: str) -> Path:
        path = folder / f"{name}.{lang}.html"
        if not path.exists():
            case, base = example(name), shipped_base()
            diagnosis = diagnose(case, base, DAY, shipped_engine())
            path.write_text(render_plan_page(diagnosis, case, base, lang), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
@pytest.mark.parametrize("name", few_of(NAMES, 4))
def test_a_plan_prints_on_one_sheet_of_a4(
    written: Callable[[str, str], Path], chromium: Browser, name: str, lang: str
) -> None:
    with chromium.new_page() as page:
        page.goto(written(name, lang).as_uri())
        printed = page.pdf(prefer_css_page_size=True)

    [sheet] = pypdf.PdfReader(io.BytesIO(printed)).pages
    assert [round(float(x)) for x in sheet.mediabox[2:]] == pytest.approx([595, 842], abs=1)


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
@pytest.mark.parametrize("width", few_of([320, 1280, 360, 800]))
def test_nothing_scrolls_sideways(
    written: Callable[[str, str], Path], chromium: Browser, width: int, lang: str
) -> None:
    with chromium.new_page(viewport={"width": width, "height": 900}) as page:
        for name in NAMES[:4]:
            page.goto(written(name, lang).as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_a_plan_meets_wcag(
    written: Callable[[str, str], Path],
    chromium: Browser,
    axe_violations: Callable[[Page], list[dict[str, Any]]],
    lang: str,
    scheme: Any,
) -> None:
    with chromium.new_page(color_scheme=scheme) as page:
        page.goto(written("barricaded_butterfly", lang).as_uri())

        assert axe_violations(page) == []


def test_the_html_of_a_plan_has_no_error(
    written: Callable[[str, str], Path], nu_messages: Callable[..., list[dict[str, Any]]]
) -> None:
    pages = [written(name, lang) for name in NAMES for lang in LANGUAGES]

    assert [one for one in nu_messages(*pages) if one["type"] == "error"] == []
