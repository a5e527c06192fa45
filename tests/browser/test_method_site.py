"""A sample of the pages about a method: axe-core finds nothing, and the search works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.resources import rules_folder
from kam_expert.workshop.method_site import write_site
from kam_expert.workshop.sources import RuleSources
from tests.sampling import few_of
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

BASE = shipped_base()
FIRST = {
    "statements": next(iter(BASE.statements.statements)),
    "rules": BASE.rules[0].name,
    "findings": next(iter(BASE.findings)),
    "steps": next(iter(BASE.steps)),
    "strategies": BASE.strategies[1].id,
}
SAMPLE = ("index.html", *(f"{folder}/{name}.html" for folder, name in FIRST.items()))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_site(RuleSources(rules_folder(), BASE), (), folder)
    return folder


@pytest.mark.parametrize("lang", few_of(["uk", "en"], 1))
def test_axe_finds_nothing(
    site: Path,
    opened: Callable[..., Page],
    axe_violations: Callable[[Page], list[dict[str, Any]]],
    lang: str,
) -> None:
    for path in SAMPLE:
        page = opened(site / lang / path)
        assert axe_violations(page) == [], path


def test_the_search_hides_what_has_not_all_the_words(
    site: Path, opened: Callable[..., Page]
) -> None:
    page = opened(site / "en" / "index.html")
    before = page.locator(".entries li:visible").count()

    page.fill("#search", next(iter(BASE.findings)))

    assert 0 < page.locator(".entries li:visible").count() < before
