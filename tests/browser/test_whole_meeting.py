"""A whole meeting of forty answers with five people, in every way in which one can use the page."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import AddEntity, RemoveEntity, SetAnswer, SetComplete
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.web.answer_form import asked_sides
from tests.browser.live_server import DAY, Live, key_in, version, wait_for_version_after
from tests.browser.meeting_player import SPEAKERS, MeetingPlayer, typed_value, value_of
from tests.sampling import few_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.vocabulary import Fact

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
    played(live, visitors, "uk", "keyboard", 4)


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
        facts = [f for f in base.facts.values() if f.kind == "account" and f.doc.ask_customer]
        fact = chance.choice(facts)
        slot = Slot("account", case.account.id, fact.name, chance.choice(asked_sides(fact)))
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


#: Seconds to wait for an answer: a machine with other work may take many for one.
PATIENCE = 60


def stored_or_refused(page: Page, live: Live, key: str, before: int) -> bool:
    """Wait until an answer is stored or refused, and return whether it was stored."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if live.store.state(key).version > before:
            return True
        if page.locator("#conflict, main.failure, #status[role=alert]").count():
            return False
        page.wait_for_timeout(20)
    raise AssertionError("the answer is neither stored nor refused")


@dataclass(frozen=True)
class Move:
    """A way to answer the question that is shown: the value for the store, and what gives it."""

    value: Any
    give: Callable[[], None]


def a_move(page: Page, form: Locator, fact: Fact, chance: Random) -> Move:
    """Return any answer to a form, by a click, a key or typing."""
    buttons, boxes = form.locator(".choices button"), form.locator(".choices input")
    save = form.locator("button.main")
    ticked = not buttons.count()
    choices = boxes if ticked else buttons
    if not choices.count():
        typed = form.locator("[name=typed]")
        value = typed_value(fact)

        def type_it() -> None:
            typed.fill(str(value))
            save.click()

        return Move(value, type_it)
    place = chance.randrange(choices.count())
    value = value_of(fact, choices.nth(place).get_attribute("value") or "")
    by_key = chance.random() < 1 / 3 and place < len("123456789")

    def choose() -> None:
        if by_key:
            page.keyboard.press(str(place + 1))
        else:
            choices.nth(place).click()
        if ticked:
            save.click()

    return Move(value, choose)


@pytest.mark.parametrize(
    ("moments", "seed"), few_of([(5, 17), *((25, seed) for seed in range(8))], 1)
)
def test_a_change_at_any_moment_moves_no_answer_to_another_question(
    live: Live, visitors: Callable[..., Page], moments: int, seed: int
) -> None:
    """Each moment: a question is read, somebody else changes the account, and it is answered."""
    chance = Random(seed)
    page = visitors(locale="uk")
    player = MeetingPlayer(page, live, "uk")
    player.begin(f"Мить {seed}")
    key = key_in(player.address)
    mine: set[Slot] = set()
    stored = refused = 0
    while stored + refused < moments:
        if not page.locator("#next form.answer").count():
            before = version(page)
            page.locator("#next button[name=complete][value=unknown]").click()
            wait_for_version_after(page, before)
            continue
        slots = player.slots()
        # Our side first, then the customer, as the number keys do.
        slot = next((slot for slot in slots if slot not in mine), slots[0])
        form = page.locator("#next form.answer").nth(slots.index(slot))
        move = a_move(page, form, live.base.facts[slot.fact], chance)
        changed_meanwhile(live, key, slot, chance)
        page.wait_for_timeout(chance.choice((0, 50, 300, 600)))
        before = live.store.state(key).version
        move.give()
        if stored_or_refused(page, live, key, before):
            [edit] = live.store.history(key)[-1].edits
            assert isinstance(edit, SetAnswer)
            assert (edit.slot, edit.value) == (slot, move.value)
            shown = page.locator(f"body[data-version='{before + 1}']")
            shown.wait_for(timeout=1000 * PATIENCE)
            mine.add(slot)
            stored += 1
        else:
            assert live.store.state(key).version == before
            refused += 1
            page.goto(player.address)
            mine.clear()
    assert stored > moments / 3


def test_a_change_while_a_button_is_down_does_not_lose_the_answer(
    live: Live, visitors: Callable[..., Page]
) -> None:
    page = visitors(locale="en")
    player = MeetingPlayer(page, live, "en")
    player.begin("Button down")
    key = key_in(player.address)
    slot = Slot("account", player.case.account.id, "effort_balance")
    page.goto(f"{player.address}?kind=account&id={slot.id}&fact={slot.fact}&side=ours")
    page.locator("#next .choices button").first.hover()

    page.mouse.down()
    before = version(page)
    live.store.record(key, [SetComplete("team", complete=True)], by="Хтось", seen=before)
    for sought in (re.compile("others="), re.compile("/version$")):
        with page.expect_response(sought):  # the page was updated before the second
            pass
    page.mouse.up()

    page.locator(f"body[data-version='{before + 2}']").wait_for(timeout=1000 * PATIENCE)
    assert player.case.account.ours[slot.fact][-1].value == live.base.facts[slot.fact].words()[0]


def test_nothing_that_is_found_is_told_in_front_of_the_customer(
    live: Live, visitors: Callable[..., Page]
) -> None:
    page = visitors(locale="en", viewport={"width": 360, "height": 740})
    player = MeetingPlayer(page, live, "en")
    player.begin("In front of the customer")
    player.answer(4)
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
