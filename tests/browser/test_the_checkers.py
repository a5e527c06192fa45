"""The checkers find planted errors, so a report without findings is valid."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SOUND = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title></head>
<body><main><h1>A page</h1><p>Text.</p></main></body></html>
"""
WITHOUT_ALT = SOUND.replace("Text.", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">')
MISSPELT = SOUND.replace("<p>", "<p clas=lead>")

Findings = list[dict[str, Any]]


@pytest.mark.parametrize(("html", "rules"), [(SOUND, set()), (WITHOUT_ALT, {"image-alt"})])
def test_axe_reports_a_planted_violation_and_no_other(
    chromium: Browser,
    axe_violations: Callable[[Page], Findings],
    html: str,
    rules: set[str],
) -> None:
    with chromium.new_page() as page:
        page.set_content(html)
        found = axe_violations(page)

    assert {violation["id"] for violation in found} == rules


def test_nu_reports_a_planted_error_and_no_other(
    nu_messages: Callable[..., Findings], tmp_path: Path
) -> None:
    sound, broken = tmp_path / "sound.html", tmp_path / "broken.html"
    sound.write_text(SOUND, encoding="utf-8")
    broken.write_text(MISSPELT, encoding="utf-8")

    [message] = nu_messages(sound, broken)

    assert message["type"] == "error"
    assert message["url"].endswith("broken.html")
    assert "clas" in message["message"]


def test_a_missing_page_does_not_count_as_valid(
    nu_messages: Callable[..., Findings], tmp_path: Path
) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"absent\.html is missing"):
        nu_messages(tmp_path / "absent.html")
