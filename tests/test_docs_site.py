"""The documents as a site: every page has its place, links lead into it, nothing is fetched."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
HOOKS = runpy.run_path(str(ROOT / "docs" / "site" / "hooks.py"))


def test_every_page_in_the_navigation_exists() -> None:
    pages = re.findall(r"^ +- ([\w/.-]+\.md)$", SETTINGS, re.MULTILINE)

    there = [page for page in pages if (ROOT / "docs" / page).is_file() or page in HOOKS["PROJECT"]]
    assert pages
    assert there == pages


def test_every_page_but_a_decision_is_in_the_navigation() -> None:
    docs = ROOT / "docs"
    pages = {str(path.relative_to(docs)) for path in docs.rglob("*.md")}

    missing = [page for page in pages if f"- {page}\n" not in f"{SETTINGS}\n"]

    assert [page for page in missing if not page.startswith("decisions/")] == []


def test_no_typeface_and_no_script_comes_from_elsewhere() -> None:
    assert "font: false" in SETTINGS
    assert "://" not in SETTINGS
    extra = re.findall(r"^extra_(?:javascript|css|templates): \[(.*)\]$", SETTINGS, re.MULTILINE)
    assert extra == ["site.css", "site.js"]
    assert all((ROOT / "docs" / name).is_file() for name in extra)


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<script src="https://a.example/x.js"></script>', ["https://a.example/x.js"]),
        ("<link rel=stylesheet href=//a.example/x.css>", ["//a.example/x.css"]),
        ("<style>p{background:url(https://a.example/p)}</style>", ["https://a.example/p"]),
        ('<img alt="" src=https://a.example/i.png>', ["https://a.example/i.png"]),
        ('<a href="https://a.example/">read</a><img src="map.png">', []),
        ('<link rel="canonical" href="https://a.example/">', []),
    ],
)
def test_requests_to_other_hosts_are_found(html: str, found: list[str]) -> None:
    assert HOOKS["external_requests"](html) == found


@pytest.mark.parametrize(
    ("source", "target", "link"),
    [
        ("docs/plan.md", "privacy.md#names", "privacy.md#names"),
        ("docs/how-to/import.md", "../import-mappings.md", "../import-mappings.md"),
        ("docs/versions.md", "../CHANGELOG.md", "CHANGELOG.md"),
        (
            "docs/decisions/pdf.md",
            "../../ARCHITECTURE.md#the-store",
            "../ARCHITECTURE.md#the-store",
        ),
        ("ARCHITECTURE.md", "docs/json.md", "json.md"),
        ("docs/accounts.md", "../rules/accounts/README.md", None),
        ("docs/plan.md", "https://example.org/", "https://example.org/"),
    ],
)
def test_links_of_documents_become_links_of_the_site(
    source: str, target: str, link: str | None
) -> None:
    assert HOOKS["site_link"](target, source) == link


def test_code_keeps_its_brackets() -> None:
    text = "See [it](../LICENSE).\n\n```text\n[a](../b)\n```\n"

    assert HOOKS["with_site_links"](text, "docs/x.md") == "See it.\n\n```text\n[a](../b)\n```\n"
