"""A whole meeting of forty answers with five people, in every way in which one can use the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.facts.edits import SetAnswer
from tests.browser.live_server import DAY, Live, key_in, version, wait_for_version_after
from tests.browser.meeting_player import SPEAKERS, MeetingPlayer

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

WAYS: dict[str, dict[str, Any]] = {
    "keyboard": {},
    "without scripts": {"java_script_enabled": False},
    "telephone": {"viewport": {"width": 360, "height": 740}, "has_touch": True},
    # A zoom of 200 % halves the pixels of a window of 1280 × 720.
    "zoom": {"viewport": {"width": 640, "height": 360}, "device_scale_factor": 2},
}


def played(live: Live, visitors: Callable[..., Page], lang: str, way: str, answers: int) -> None:
    """Play a meeting and compare the store with what was said."""
    page = visitors(locale=lang, **WAYS[way])
    player = MeetingPlayer(page, live, lang, by_keys=way == "keyboard")
    player.begin(f"ТОВ «{way}»")
    player.answer(answers)

    recorded = [
        (edit.slot, edit.value, edit.by, edit.as_of)
        for entry in live.store.history(key_in(player.address))
        for edit in entry.edits
        if isinstance(edit, SetAnswer)
    ]
    said = [(one.slot, one.value, SPEAKERS[one.slot.side], DAY) for one in player.said]
    assert recorded == said
    for one in player.said:
        entity = next(e for e in player.case.entities(one.slot.kind) if e.id == one.slot.id)
        answer = getattr(entity, one.slot.side)[one.slot.fact][-1]
        assert (answer.value, answer.by, answer.as_of) == (
            one.value, SPEAKERS[one.slot.side], DAY,
        )  # fmt: skip
    assert {one.slot.side for one in player.said} == {"ours", "theirs"}
    if page.viewport_size and way != "without scripts":
        width = page.viewport_size["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_meeting_begins_by_keyboard(live: Live, visitors: Callable[..., Page]) -> None:
    played(live, visitors, "uk", "keyboard", 6)


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lang", ["uk", "en"])
def test_every_answer_of_a_meeting_is_stored_for_its_side_person_and_day(
    live: Live, visitors: Callable[..., Page], lang: str, way: str
) -> None:
    played(live, visitors, lang, way, 40)


def test_number_keys_answer_first_for_us_and_then_for_the_customer(
    live: Live, visitors: Callable[..., Page]
) -> None:
    page = visitors(locale="en")
    player = MeetingPlayer(page, live, "en")
    player.begin("Keys")
    case = player.case
    asked = f"?kind=account&id={case.account.id}&fact=effort_balance&side=both"
    page.goto(player.address + asked)
    words = live.base.facts["effort_balance"].words()

    for key in ("1", "2"):
        before = version(page)
        page.keyboard.press(key)
        wait_for_version_after(page, before)

    account = player.case.account
    assert account.ours["effort_balance"][-1].value == words[0]
    assert account.theirs["effort_balance"][-1].value == words[1]
