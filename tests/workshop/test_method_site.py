"""The pages about a method: every link leads somewhere, every statement is within two clicks."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from kam_expert.resources import rules_folder
from kam_expert.workshop.method_site import LANGUAGES, write_site
from kam_expert.workshop.sources import RuleSources
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from pathlib import Path

BASE = shipped_base()
LINK = re.compile(r'(?:href|src)="([^"#]+)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_site(RuleSources(rules_folder(), BASE), (), folder)
    return folder


def links_of(page: Path) -> set[Path]:
    return {
        (page.parent / link).resolve() for link in LINK.findall(page.read_text(encoding="utf-8"))
    }


def test_every_link_leads_to_a_page(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    missing = {
        (page.name, str(target)) for page in pages for target in links_of(page)
        if not target.is_file()
    }  # fmt: skip

    assert len(pages) > len(BASE.findings) * 2
    assert missing == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_statement_and_what_encodes_it_is_within_two_clicks(site: Path, lang: str) -> None:
    start = site / lang / "index.html"
    one = links_of(start)
    two = one | {far for near in one if near.suffix == ".html" for far in links_of(near)}

    for name in BASE.statements.statements:
        assert (site / lang / "statements" / f"{name}.html").resolve() in one
    for rule in BASE.rules:
        if rule.cites and rule.status == "reviewed":
            assert (site / lang / "rules" / f"{rule.name}.html").resolve() in two


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_says_it_in_its_language(site: Path, lang: str) -> None:
    rule = next(rule for rule in BASE.rules if rule.cites and rule.thresholds)
    text = (site / lang / "rules" / f"{rule.name}.html").read_text(encoding="utf-8")

    assert f'<html lang="{lang}">' in text
    assert BASE.findings[rule.finding].name.get(lang) in text
    assert rule.thresholds[0].name in text
    assert rule.cases[0].name.replace("’", "’") in text


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "from worse to better: falling; flat; rising"),
        ("uk", "від гіршого до кращого: зменшується; без змін; зростає"),
    ],
)
def test_pages_say_which_answers_are_better_and_why_one_may_raise_a_finding(
    site: Path, lang: str, said: str
) -> None:
    rule, finding = (
        unescape((site / lang / page).read_text(encoding="utf-8"))
        for page in ("rules/volume_falls.html", "findings/sponsors_unconfirmed.html")
    )
    [(_, reason)] = BASE.findings["sponsors_unconfirmed"].raised_by_better.items()

    assert said in rule
    assert reason.get(lang) in finding
