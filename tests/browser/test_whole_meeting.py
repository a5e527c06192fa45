"""A whole meeting of forty answers with five people, in every way in which one can use the page."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import AddEntity, RemoveEntity, SetAnswer, SetComplete
from kam_expert.knowledge.values import UNKNOWN
from tests.browser.live_server import DAY, Live, key_in, version, wait_for_version_after
from tests.browser.meeting_player import SPEAKERS, MeetingPlayer, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from kam_expert.facts.edits import Edit

pytestmark = pytest.mark.browser

SIDES = ("ours", "theirs")
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


def changed_meanwhile(live: Live, key: str, shown: Slot, chance: Random) -> None:
    """Change the account as somebody else does, now and then what is being asked."""
    state = live.store.state(key)
    case, base = state.case, live.base
    kind = chance.choice(("same", "answer", "add", "remove", "complete"))
    edit: Edit = SetComplete("team", complete=chance.choice((True, False, None)))
    slot = shown
    if kind == "answer":
        names = [f.name for f in base.facts.values() if f.kind == "account" and f.doc.ask_customer]
        slot = Slot("account", case.account.id, chance.choice(names), chance.choice(SIDES))
    if kind in ("same", "answer"):
        words = [word for word in base.facts[slot.fact].words() if word.isidentifier()]
        fact = base.facts[slot.fact]
        value = fact.read(chance.choice(words)) if words else UNKNOWN
        edit = SetAnswer(slot, value, by="Хтось", as_of=DAY)
    elif kind == "add":
        edit = AddEntity("person", f"new{state.version}", f"Новий {state.version}")
    elif kind == "remove" and len(case.people or ()) > 1:
        edit = RemoveEntity("person", chance.choice(case.people or ()).id)
    live.store.record(key, [edit], by="Хтось", seen=state.version)


def stored_or_refused(page: Page, live: Live, key: str, before: int) -> bool:
    """Wait until an answer is stored or refused, and return whether it was stored."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if live.store.state(key).version > before:
            return True
        if page.locator("#conflict, main.failure, #status[role=alert]").count():
            return False
        page.wait_for_timeout(20)
    raise AssertionError("the answer is neither stored nor refused")


@pytest.mark.parametrize("moments", [5, pytest.param(200, marks=pytest.mark.long)])
def test_a_change_at_any_moment_moves_no_answer_to_another_question(
    live: Live, visitors: Callable[..., Page], moments: int
) -> None:
    """Each moment: a question is read, somebody else changes the account, and it is answered."""
    chance = Random(17)
    page = visitors(locale="uk")
    player = MeetingPlayer(page, live, "uk")
    player.begin(f"Мить {moments}")
    key = key_in(player.address)
    mine: set[Slot] = set()
    stored = refused = 0
    while stored + refused < moments:
        slots = player.slots() if page.locator("#next form.answer").count() else []
        # Our side first, then the customer, as the number keys do.
        slot = next((slot for slot in slots if slot not in mine), slots[0] if slots else None)
        form = page.locator("#next form.answer").nth(slots.index(slot) if slot else 0)
        buttons = form.locator(".choices button")
        if slot is None or not buttons.count():
            following = page.locator("ol.then a")
            assert following.count()
            page.goto(player.address + (following.nth(chance.randrange(following.count()))
                                        .get_attribute("href") or ""))  # fmt: skip
            mine.clear()
            continue
        place = chance.randrange(buttons.count())
        value = buttons.nth(place).get_attribute("value")
        changed_meanwhile(live, key, slot, chance)
        page.wait_for_timeout(chance.choice((0, 50, 300, 600)))
        before = live.store.state(key).version
        if chance.random() < 1 / 3 and place < len("123456789"):
            page.keyboard.press(str(place + 1))
        elif buttons.count() > place:
            buttons.nth(place).click()
        if stored_or_refused(page, live, key, before):
            entry = live.store.history(key)[-1]
            [edit] = entry.edits
            assert isinstance(edit, SetAnswer)
            said = value_of(live.base.facts[slot.fact], value or "")
            assert (edit.slot, edit.value) == (slot, said)
            expect(page.locator("body")).to_have_attribute("data-version", str(before + 1))
            mine.add(slot)
            stored += 1
        else:
            assert live.store.state(key).version == before
            refused += 1
            page.goto(player.address)
            mine.clear()
    assert stored > moments / 3


def test_nothing_that_is_found_is_told_in_front_of_the_customer(
    live: Live, visitors: Callable[..., Page]
) -> None:
    page = visitors(locale="en", viewport={"width": 360, "height": 740})
    player = MeetingPlayer(page, live, "en")
    player.begin("In front of the customer")
    player.answer(6)
    page.goto(f"{player.address}finish")
    found = page.locator(".effects li").all_text_contents()
    stage = page.locator("#stage-name").text_content() or ""

    for tab in ("", "finish"):
        page.goto(player.address + tab)
        seen = page.locator("body").inner_text()
        assert [line for line in (*found, stage) if line.strip() in seen] == [], tab
    asked = f"?kind=account&id={player.case.account.id}&fact=effort_balance&side=both"
    page.goto(player.address + asked)
    before = version(page)
    page.keyboard.press("1")
    wait_for_version_after(page, before)
    expect(page.locator("#status")).to_have_text("Saved.")
    assert found
