"""The map of people in a browser: with mouse and keyboard, on every screen, for everybody.

With --all on more screens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer
from tests.browser.live_server import Live, key_in, version
from tests.sampling import few_of
from tests.web.test_map import crowd

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.browser

#: Boxes of cards that overlap, and texts that reach beyond their card.
MEASURE = """() => {
  const cards = [...document.querySelectorAll("svg.map a.card")];
  const boxes = cards.map(card => card.querySelector("rect").getBoundingClientRect());
  const faults = [];
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
    if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      faults.push([cards[i].dataset.key, cards[i + 1 + j].dataset.key]);
  }));
  cards.forEach((card, i) => card.querySelectorAll("text").forEach(text => {
    const t = text.getBoundingClientRect();
    if (t.right > boxes[i].right + .5 || t.bottom > boxes[i].bottom + .5)
      faults.push(text.textContent);
  }));
  return faults;
}"""


def test_sixty_people_on_each_side_are_readable(live: Live, visitors: Callable[..., Page]) -> None:
    key = live.store.add(crowd(60))
    page = visitors(locale="uk")
    for query in ("", "?open=person:quality&open=member:sales&open=person:finance"):
        page.goto(f"{live.address}/a/{key}/map{query}")
        assert page.evaluate(MEASURE) == []
        # Text on cards is not smaller than it is meant to be.
        height = page.locator("svg.map text.name").first.evaluate("e => e.getBBox().height")
        shown = page.locator("svg.map text.name").first.evaluate(
            "e => e.getBoundingClientRect().height"
        )
        assert shown >= 0.95 * height
    page.goto(f"{live.address}/a/{key}/map")
    page.get_by_role("link", name="якість: показати всіх").first.click()
    expect(page.locator("svg.map a.card.person")).to_have_count(3 * 8 + 7)


@pytest.mark.parametrize("width", few_of([320, 1280, 360, 820], 1))
def test_no_page_of_people_is_wider_than_its_screen(
    live: Live, visitors: Callable[..., Page], width: int
) -> None:
    address = live.example()
    page = visitors(locale="uk", viewport={"width": width, "height": 800})
    for path in ("map", "map?view=matrix", "map?kind=person&id=p1", "map?do=add&side=person",
                 "map?do=tie&from=member:m1&to=person:p7", "people", "profiles", ""):  # fmt: skip
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize(
    "options", few_of([{}, {"color_scheme": "dark"}, {"forced_colors": "active"}], 1)
)
def test_the_map_is_accessible(
    live: Live,
    visitors: Callable[..., Page],
    axe_violations: Callable[[Page], list[dict[str, Any]]],
    options: dict[str, Any],
) -> None:
    address = live.example()
    page = visitors(locale="en", **options)
    for path in ("map", "map?view=matrix", "map?kind=person&id=p1#one", "map?do=add&side=person",
                 "map?do=move&from=person:p1", "map?do=tie&from=person:p1&to=person:p7",
                 "map?finding=no_goal"):  # fmt: skip
        page.goto(address + path)
        assert axe_violations(page) == [], path


def test_the_map_is_made_with_the_keyboard_alone(live: Live, visitors: Callable[..., Page]) -> None:
    page = visitors(locale="en")
    address = live.example()
    page.goto(address + "map")
    # By accessible names: a card says who, what say, when last talked, and its ties.
    card = page.get_by_role("link", name="Ольга Чумак can veto talked 7 days ago")
    assert "talks to Лариса Біла (7 days)" in (card.get_attribute("aria-label") or "")
    card.focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) == "person:p5"
    page.keyboard.press("ArrowUp")
    assert focused(page) in ("person:p4", "person:p7")
    # Shift and an arrow move the card, and the focus stays on it.
    card.focus()
    before = version(page)
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("body")).to_have_attribute("data-version", str(before + 1))
    assert focused(page) == "person:p3"
    assert "; quality; director;" in (page.locator(":focus").get_attribute("aria-label") or "")
    # A tie from card to card.
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Who is at the other end")).to_be_visible()
    page.get_by_role("link", name="Остап Рибак talked").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Time since the pair last talked")
    field.fill("3")
    field.press("Enter")
    expect(page.get_by_role("group", name="Ольга Чумак")).to_contain_text("Остап Рибак (3 days)")
    # Add somebody where they belong.
    page.get_by_role("link", name="Add somebody at the customer").press("Enter")
    page.get_by_role("link", name="Add here: IT, specialist").press("Enter")
    page.get_by_role("textbox", name="Name or role").fill("Новий айтівець")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Done").press("Enter")
    expect(
        page.get_by_role("link", name="Новий айтівець talked: never; IT; specialist")
    ).to_be_visible()


def focused(page: Page) -> str:
    return page.locator(":focus").get_attribute("data-key") or ""


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_cards_are_moved_and_ties_drawn_with_the_mouse(
    live: Live, visitors: Callable[..., Page]
) -> None:
    page = visitors(locale="en", viewport={"width": 1400, "height": 1100})
    address = live.example("doubled_channel")
    page.goto(address + "map")
    before = version(page)
    # p1 is moved to where p2 is.
    start = middle(page, "[data-key='person:p1']")
    end = middle(page, "[data-key='person:p2']")
    drag(page, start, end)
    expect(page.locator("body")).to_have_attribute("data-version", str(before + 1))
    assert page.locator("[data-key='person:p1']").get_attribute("data-place") == "logistics|manager"
    # A tie is drawn from the dot of a card.
    page.locator("[data-key='person:p3']").hover()
    start = middle(page, "[data-key='person:p3'] .handle")
    drag(page, start, middle(page, "[data-key='member:m4']"))
    expect(page.get_by_role("heading", name="Тетяна Вовк – Ростислав Панчук")).to_be_visible()
    page.get_by_role("button", name="They do not talk yet, but should").click()
    expect(page.get_by_role("group", name="Тетяна Вовк")).to_contain_text("Ростислав Панчук")


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def test_the_other_editor_is_seen_and_nothing_is_overwritten(
    live: Live, visitors: Callable[..., Page]
) -> None:
    page = visitors(locale="en", java_script_enabled=False)
    address = live.example("doubled_channel")
    page.goto(address + "map?do=move&from=person:p2")
    key = key_in(address)
    slot = Slot("person", "p2", "function")
    live.store.record(key, [SetAnswer(slot, "finance", as_of=None)], by="Оля", seen=1)
    page.get_by_role("button", name="Move here: quality, manager").click()
    # Both changed the function of the same person, so the page shows both and asks.
    expect(page.locator("#conflict")).to_be_visible()


def test_a_click_on_a_conclusion_shows_whom_it_is_about(
    live: Live, visitors: Callable[..., Page]
) -> None:
    page = visitors(locale="en", java_script_enabled=False)
    page.goto(live.example("friendly_single_thread") + "map")
    page.locator("ul.found a[href*=dependence_risk]").click()

    assert page.locator("svg.map a.card.lit").count() == 2
    assert page.locator("svg.map .lines path.lit").count() == 1
