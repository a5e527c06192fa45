"""A meeting in a browser: with and without scripts, in both languages, by keyboard alone.

With --all more widths of the screen, and all pages of each, also in large type; the customer
without scripts; a whole meeting with scripts, which is in tests/browser/test_whole_meeting.py too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer
from tests.browser.live_server import (
    PASSWORD,
    Live,
    answer_next,
    customers_link,
    open_all,
    serving,
    version,
    wait_for_version_after,
)
from tests.sampling import few_of, some_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

pytestmark = pytest.mark.browser

TABS = (
    "", "questions?theme=trust", "people", "people?kind=person&id=p1", "profiles", "decisions",
    "diagnosis", "what-if", "history", "history?since=1", "notes", "customer",
)  # fmt: skip
#: The tabs with tables, pictures or fields side by side.
WIDE_TABS = ("people", "diagnosis")
NARROW, TABLET, WIDE = 320, 820, 1280
SCRIPTS = ("with scripts", "without scripts")
TEN = 10

Findings = list[dict[str, Any]]


def begin(page: Page, live: Live, name: str) -> None:
    page.goto(live.address)
    page.locator("form[action='/accounts'] input[name=name]").fill(name)
    page.locator("form[action='/accounts'] button").click()
    expect(page.locator("h1")).to_have_text(name)


# What scripts do has no language, and the templates in each language are those of both pages.
@pytest.mark.parametrize(
    ("lang", "script"),
    few_of([("en", False), ("uk", True)], 1),
    ids=["without scripts", "with scripts"],
)
def test_a_whole_meeting(
    live: Live, visitors: Callable[..., Page], lang: str, *, script: bool
) -> None:
    page = visitors(locale=lang, java_script_enabled=script)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)

    # The visitor's name, and a new account.
    page.goto(live.address)
    page.locator("form[action='/visitor'] input[name=name]").fill("Соломія")
    page.locator("form[action='/visitor'].typed button").click()
    expect(page.locator("form[action='/visitor'] input[name=name]")).to_have_value("Соломія")
    begin(page, live, "ТОВ «Нове»")
    asked_before = page.locator("#next-t").inner_text()
    page.locator("form.here button.main").click()
    expect(page.locator("#next-t")).not_to_have_text(asked_before)
    assert page.locator("html").get_attribute("lang") == lang

    # Ten answers in the order of the questions, with the diagnosis next to them.
    asked = []
    for _ in range(TEN):
        asked.append(page.locator("#next-t").inner_text())
        answer_next(page)
    assert len(set(asked)) == TEN
    assert version(page) == TEN + 1
    expect(page.locator("#panel .m i.y").first).to_be_attached()

    # A correction of the latest answer, which shows its author and date.
    last = page.locator("#work details.ask").first
    last.locator("summary").first.click()
    expect(last.locator(".answered").first).to_contain_text("Соломія")
    before = version(page)
    last.locator("button[name=unknown]").last.click()
    wait_for_version_after(page, before)
    page.locator("#undo").click()
    wait_for_version_after(page, before + 1)
    page.locator("#redo").click()
    wait_for_version_after(page, before + 2)
    page.locator("#undo").click()
    wait_for_version_after(page, before + 3)

    # Two people and the tie between them appear in the picture.
    page.locator("nav.tabs a[href$='/people']").click()
    for field, name in (("#new-person", "Галина"), ("#new-member", "Назар")):
        before = version(page)
        page.locator(field).fill(name)
        page.locator(field).press("Enter")
        wait_for_version_after(page, before)
    before = version(page)
    tie = page.locator("form.typed", has=page.locator("#new-link-m"))
    tie.locator("input[name^='f-']").first.fill("3")
    tie.locator("button").click()
    wait_for_version_after(page, before)
    expect(page.locator("svg .active path")).to_have_count(1)
    expect(page.locator("svg text", has_text="Галина")).to_be_visible()

    # What if, without saving.
    before = version(page)
    page.locator("nav.tabs a[href$='/what-if']").click()
    page.locator("#pick").select_option(index=3)
    page.locator("form.typed button").click()
    page.locator("form.next .choices button, form.next button.main").first.click()
    expect(page.locator(".stagemove")).to_be_visible()
    assert version(page) == before

    # What changed since the beginning, and the report.
    page.locator("nav.tabs a[href$='/history']").click()
    page.locator("a[href='history?since=1#since-t']").click()
    expect(page.locator(".since .changes li").first).to_be_visible()
    page.locator("#panel a[href*='report/consultant.html']").click()
    expect(page.locator("section#brief")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == lang
    expect(page.locator("h1")).to_have_text("ТОВ «Нове»")
    page.go_back()
    with page.expect_download() as saved:
        page.locator("#panel a[href$='case.yaml']").click()
    assert "Соломія" in saved.value.path().read_text(encoding="utf-8")
    assert faults == []


@pytest.mark.parametrize(
    "script", few_of([True, False], 1), ids=["with scripts", "without scripts"]
)
def test_the_customers_team_answers_on_a_page_that_shows_nothing_of_ours(
    live: Live, visitors: Callable[..., Page], *, script: bool
) -> None:
    address = live.example("two_sides_disagree")
    ours = visitors()
    link = customers_link(ours, address)

    theirs = visitors(java_script_enabled=script)
    theirs.goto(f"{link}?step=all")
    case = live.store.state(address.split("/")[-2]).case
    text = theirs.content()
    names = [e.name for e in (*(case.people or ()), *(case.team or ()))]
    assert [name for name in names if name in text] == []
    assert "/a/" not in text
    theirs.locator("#your-name").fill("Олена")
    theirs.locator("#your-name").press("Enter")
    expect(theirs.locator("#your-name")).to_have_attribute("value", "Олена")
    question = theirs.locator("details.ask", has=theirs.locator("input[value=trust_other]"))
    question.locator("summary").first.click()
    before = version(theirs)
    question.locator("button[value='5']").click()
    wait_for_version_after(theirs, before)

    expect(question.locator(".now b")).to_contain_text("5")
    ours.reload()
    row = ours.locator("tr", has=ours.locator("a[href*='fact=trust_other&']"))
    expect(row).to_contain_text("Олена")

    # The link is revoked: the page is gone, the answer stays.
    ours.locator("form[action$='/revoke'] button").click()
    expect(ours.locator("#work a[href*='/c/']")).to_have_count(0)
    if question.get_attribute("open") is None:
        question.locator("summary").first.click()
    question.locator("button[value='1']").click()
    expect(theirs.locator("#status[role=alert], main.failure")).to_contain_text("no longer works")
    answers = live.store.state(address.split("/")[-2]).case.account.theirs["trust_other"]
    assert answers[-1].value == 5


def test_a_questionnaire_is_downloaded_filled_in_and_imported(
    live: Live, visitors: Callable[..., Page], tmp_path: Path
) -> None:
    address = live.example("two_sides_disagree")
    page = visitors()
    page.goto(f"{address}customer")
    with page.expect_download() as saved:
        page.locator("a[href='questionnaire.html']").click()
    sent = tmp_path / "questions.html"
    saved.value.save_as(sent)

    there = visitors(offline=True)
    there.goto(sent.as_uri())
    there.locator("#by").fill("Ірина з якості")
    trust = there.locator("fieldset[data-fact=trust_other]")
    trust.locator("input[value='1']").check()
    there.locator("fieldset[data-fact=complaints_open] input.typed").count()
    with there.expect_download() as saved:
        there.locator("#save").click()
    answers = tmp_path / "answers.json"
    saved.value.save_as(answers)
    before = version(page)
    page.locator("input[type=file]").set_input_files(answers)
    page.locator("form[enctype] button").click()
    wait_for_version_after(page, before)

    told = live.store.state(address.split("/")[-2]).case.account.theirs["trust_other"][-1]
    assert (told.value, told.by, told.source) == (1, "Ірина з якості", "said")


def test_a_denied_word_stays_named_while_the_next_question_loads(
    live: Live, visitors: Callable[..., Page]
) -> None:
    page = visitors()
    page.goto(live.example("barricaded_butterfly"))
    page.locator("#next form.answer details summary").click()
    page.locator("#next input[name=by]").fill("хворий Петро")

    answer_next(page)

    expect(page.locator("#status")).to_contain_text("хворий")
    expect(page.locator("#notices .denied")).to_contain_text("“хворий” (health)")


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_two_people_never_overwrite_each_other_silently(
    live: Live, visitors: Callable[..., Page], *, script: bool
) -> None:
    address = live.example()
    pages = [visitors(java_script_enabled=script) for _ in range(2)]
    question = f"{address}question?kind=account&id=soniachnyi-mlyn&fact=access_to_others&side=ours"
    for page in pages:
        page.goto(question)
    one, other = pages
    # The other visitor has started to type: the text stays when the account changes.
    details = other.locator("details.more").first
    details.locator("summary").click()
    details.locator("input[name=by]").fill("Друга")

    before = version(one)
    one.locator("button[value=blocked]").first.click()
    wait_for_version_after(one, before)
    if script:
        wait_for_version_after(other, before)
        expect(other.locator("#notices")).to_contain_text(":")
        assert details.locator("input[name=by]").input_value() == "Друга"
    other.locator("button[value=buyer_present]").first.click()
    expect(other.locator("#work form input[name=value]")).to_have_value("buyer_present")
    expect(other).to_have_title(re.compile("Somebody else has changed the same thing"))
    now = live.store.state(address.split("/")[-2])
    assert now.case.account.ours["access_to_others"][-1].value == "blocked"
    before = now.version
    other.locator("#work form button.main").click()
    expect(other.locator("body")).to_have_attribute("data-version", str(before + 1))

    now = live.store.state(address.split("/")[-2])
    answer = now.case.account.ours["access_to_others"][-1]
    assert (answer.value, answer.by) == ("buyer_present", "Друга")


def test_the_question_shown_stays_when_others_answer_it(
    live: Live, visitors: Callable[..., Page]
) -> None:
    address = live.example("almost_nothing_known")
    key = address.split("/")[-2]
    page = visitors()
    page.goto(f"{address}?chapter=trust")
    shown, before = page.locator("#next-t").inner_text(), version(page)
    kind, identity, fact, side = (
        page.locator(f"#next form.answer input[name={name}]").input_value()
        for name in ("kind", "id", "fact", "side")
    )
    slot = Slot(kind, identity, fact, side)

    choices = page.locator("#next .choices button")
    value = choices.first.get_attribute("value")
    assert value in live.base.facts[fact].words()

    live.store.record(key, [SetAnswer(slot, value)], by="Інша", seen=before)
    wait_for_version_after(page, before)

    assert page.locator("#next-t").inner_text() == shown
    choices.last.click()
    expect(page).to_have_title(re.compile("Somebody else has changed the same thing"))


def test_answers_to_different_questions_are_both_saved_and_shown(
    live: Live, visitors: Callable[..., Page]
) -> None:
    address = live.example()
    without, with_script = visitors(java_script_enabled=False), visitors()
    for page, fact in ((without, "access_to_others"), (with_script, "effort_balance")):
        page.goto(f"{address}question?kind=account&id=soniachnyi-mlyn&fact={fact}&side=ours")
    before = version(without)

    with_script.locator("button[value=mostly_ours], .choices button").first.click()
    wait_for_version_after(with_script, before)
    without.locator("button[value=blocked]").first.click()
    wait_for_version_after(without, before)

    expect(without.locator("#notices .notice")).to_be_visible()
    expect(with_script.locator("body")).to_have_attribute("data-version", str(before + 2))
    expect(with_script.locator("#notices .notice")).to_be_visible()


def test_a_meeting_by_keyboard_alone(live: Live, visitors: Callable[..., Page]) -> None:
    page = visitors()
    page.goto(live.address)

    def tab_to(selector: str) -> None:
        for _ in range(120):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        pytest.fail(f"Tab does not reach {selector}")

    tab_to("form[action='/accounts'] input[name=name]")
    page.keyboard.type("Клавіатура")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Клавіатура")
    for _ in range(3):
        before = version(page)
        tab_to(
            "#next .choices button, #next input[name=typed], #next .choices input, "
            "#next form[action$='/complete'] button[value=unknown]"
        )
        kind = page.evaluate("document.activeElement.type")
        if kind == "submit":
            page.keyboard.press("Enter")
        elif kind == "checkbox":
            page.keyboard.press("Space")
            tab_to("#next button.main")
            page.keyboard.press("Enter")
        else:
            page.keyboard.type("2")
            page.keyboard.press("Enter")
        wait_for_version_after(page, before)
        # The status line announces the result, and the next question has the focus.
        expect(page.locator("#next-t")).to_be_focused()
        expect(page.locator("#status")).not_to_be_empty()
    before = version(page)
    page.keyboard.press("Shift+Tab")
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == "undo":
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    wait_for_version_after(page, before)
    expect(page.locator("#undo")).to_be_focused()
    tab_to("nav.tabs a[href$='/notes']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/notes")
    tab_to("textarea[name=comment]")
    page.keyboard.type("Перший рядок")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("  третій рядок")
    before = version(page)
    tab_to("form[action$='/comments'] button")
    page.keyboard.press("Enter")
    wait_for_version_after(page, before)
    expect(page.locator("textarea[name=comment]").first).to_have_value(
        "Перший рядок\n\n  третій рядок"
    )


def test_typed_text_survives_a_restart_of_the_server(
    base: KnowledgeBase, visitors: Callable[..., Page], tmp_path: Path
) -> None:
    page = visitors()
    with serving(base, tmp_path) as first:
        page.goto(f"{first.example()}notes")
        page.locator("textarea").last.fill("Написане до кінця")
    save = page.locator("form[action$='/comments'] button")
    before = version(page)

    save.click()
    expect(page.locator("#status[role=alert]")).to_contain_text("did not arrive")
    with serving(base, tmp_path, port=int(first.address.rpartition(":")[2])):
        save.click()
        wait_for_version_after(page, before)
        page.reload()
        expect(page.locator("textarea[name=comment]").nth(-2)).to_have_value("Написане до кінця")


def test_typed_text_survives_an_expired_session(
    locked: Live, visitors: Callable[..., Page]
) -> None:
    def enter(page: Page) -> None:
        page.goto(f"{locked.address}/enter")
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("button.main").click()
        expect(page.locator("form[action='/leave']")).to_be_visible()

    page = visitors()
    enter(page)
    page.goto(f"{locked.example()}notes")
    page.locator("textarea").last.fill("Написане до кінця")
    before = version(page)

    page.context.clear_cookies()
    page.locator("form[action$='/comments'] button").click()
    expect(page.locator("#status[role=alert]")).to_contain_text("in another tab")
    enter(page.context.new_page())
    page.locator("form[action$='/comments'] button").click()

    wait_for_version_after(page, before)
    expect(page.locator("textarea[name=comment]").nth(-2)).to_have_value("Написане до кінця")


# Every page and state


@pytest.mark.parametrize("width", [NARROW, pytest.param(TABLET, marks=pytest.mark.long)])
def test_nothing_scrolls_sideways_and_no_rule_is_violated_on_small_screens(
    live: Live,
    visitors: Callable[..., Page],
    axe_violations: Callable[[Page], Findings],
    width: int,
    *,
    every: bool,
) -> None:
    address = live.example()
    page = visitors(locale="uk", viewport={"width": width, "height": 800}, has_touch=True)

    for tab in TABS:
        page.goto(address + tab)
        open_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width, tab
        # A table with input fields does not scroll, so its buttons are visible.
        tables = page.locator(".s:has(.grid)").evaluate_all(
            "all => all.map(one => one.scrollWidth - one.clientWidth)"
        )
        assert set(tables) <= {0}, tab
        if every or tab in WIDE_TABS:
            assert axe_violations(page) == [], tab


@pytest.mark.parametrize("width", few_of([NARROW, TABLET, WIDE], 1))
def test_large_type_scrolls_nothing_sideways(
    live: Live, visitors: Callable[..., Page], width: int, *, every: bool
) -> None:
    address = live.example()
    page = visitors(locale="uk", viewport={"width": width, "height": 800})
    link = customers_link(page, address)

    tabs = TABS if every else WIDE_TABS
    for start, others in ((live.address, [address + tab for tab in tabs]), (link, [])):
        page.goto(start)
        page.locator("button[name=large]").click()
        expect(page.locator("html")).to_have_class("large")
        for place in (start, *others):
            page.goto(place)
            open_all(page)
            assert page.evaluate("document.documentElement.scrollWidth") == width, place


def test_the_html_has_no_error(
    live: Live,
    visitors: Callable[..., Page],
    nu_messages: Callable[..., Findings],
    tmp_path: Path,
    *,
    every: bool,
) -> None:
    address = live.example("two_sides_disagree")
    page = visitors()
    link = customers_link(page, address)
    addresses = [
        *(address + tab for tab in TABS), live.address, link, f"{address}questionnaire.html",
        f"{live.address}/no/such", f"{address}remove",
    ]  # fmt: skip
    files = []
    for lang in some_of(("uk", "en"), 1, every=every):
        for number, one in enumerate(addresses):
            answer = page.request.get(one, headers={"accept-language": lang, "cookie": ""})
            file = tmp_path / f"{lang}-{number}.html"
            file.write_text(answer.text(), encoding="utf-8")
            files.append(file)

    found = nu_messages(*files)

    assert [message for message in found if message["type"] == "error"] == []


def test_a_change_of_language_keeps_the_page(live: Live, visitors: Callable[..., Page]) -> None:
    page = visitors(locale="en")
    address = f"{live.example()}questions?theme=trust"
    page.goto(address)
    english = page.locator("h2").first.inner_text()

    page.locator("button[value=uk]").click()

    expect(page.locator("html")).to_have_attribute("lang", "uk")
    assert page.url == address
    assert page.locator("h2").first.inner_text() != english
    assert re.search("[А-Яа-я]", page.locator("#work summary").first.inner_text())
