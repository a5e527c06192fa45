"""The inbox in a browser: decided with the mouse, with the keyboard alone, and without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from kam_expert.app.inbox import Inbox
from tests.browser.live_server import key_in
from tests.shipped import shipped_privacy
from tests.web.test_inbox import COMPLAINTS, MARGIN, MARKED, OPEN, propose

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.live_server import Live

pytestmark = pytest.mark.browser


def statuses(live: Live, key: str) -> list[str]:
    return [one.status for one in Inbox(live.store.inbox(key), shipped_privacy()).proposals()]


@pytest.mark.parametrize("way", ["mouse", "keyboard", "no script"])
def test_proposals_are_decided(way: str, live: Live, visitors: Callable[..., Page]) -> None:
    first = live.example("friendly_single_thread")
    key = key_in(first)
    ids = propose(live.store, key, COMPLAINTS, MARGIN, OPEN)
    page = visitors(java_script_enabled=way != "no script")
    page.goto(f"{first}inbox")

    def press(identity: str, label: str) -> None:
        button = page.locator(f"#p-{identity}").get_by_role("button", name=label)
        if way == "keyboard":
            for _ in range(60):
                page.keyboard.press("Tab")
                if button.evaluate("one => one === document.activeElement"):
                    break
            page.keyboard.press("Enter")
        else:
            button.click()
        expect(page.locator(f"#p-{identity}")).to_have_count(0)

    press(ids[0], "Accept")
    press(ids[1], "Refuse")
    page.locator(f"#v-{ids[2]} summary").click()
    page.locator(f"#v-{ids[2]} select").select_option("3")
    press(ids[2], "Accept")

    assert statuses(live, key) == ["accepted", "refused", "accepted"]
    case = live.store.state(key).case
    assert case.account.ours["complaints_open"][-1].value == 2
    assert next(p for p in case.people or () if p.id == "p1").ours["open_to_us"][-1].value == 3
    expect(page.get_by_text("Everything that was proposed is decided.")).to_be_visible()


def test_the_inbox_meets_wcag_and_fits_a_telephone(
    live: Live, visitors: Callable[..., Page], axe_violations: Callable[[Page], Any]
) -> None:
    first = live.example("friendly_single_thread")
    propose(live.store, key_in(first), COMPLAINTS, MARGIN, OPEN, MARKED)
    page = visitors(viewport={"width": 360, "height": 800})
    page.goto(f"{first}inbox")
    page.locator("details summary").first.click()

    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
