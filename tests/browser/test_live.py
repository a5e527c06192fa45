"""A whole meeting in a browser: with scripts and without, in both languages, by keyboard alone."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kam_expert.facts.case_reader import read_case
from kam_expert.store.store import Store
from kam_expert.web.app import make_app
from kam_expert.web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kam_expert.knowledge.base import KnowledgeBase

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2026, 11, 23)
SECRET = "forty letters that sign what a test makes."  # noqa: S105 -- of a server that lives as long as these tests
TABS = (
    "", "questions?theme=trust", "people", "people?kind=person&id=p1", "profiles", "decisions",
    "diagnosis", "what-if", "history", "history?since=1", "notes", "customer",
)  # fmt: skip
NARROW, TABLET, WIDE = 320, 820, 1280
TEN = 10

Findings = list[dict[str, Any]]


@dataclass(frozen=True)
class Live:
    """A server that runs while the tests of this file do."""

    address: str
    base: KnowledgeBase
    store: Store

    def example(self, name: str = "diamond_with_conductor") -> str:
        key = self.store.add(read_case(EXAMPLES / f"{name}.yaml", self.base))
        return f"{self.address}/a/{key}/"


@pytest.fixture(scope="module")
def live(base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    store = Store.open(str(tmp_path_factory.mktemp("live") / "accounts.db"), base)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    settings = Settings("127.0.0.1", port, "en", lambda: DAY, SECRET, polling=0.3)
    app = make_app(store, base, settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield Live(f"http://127.0.0.1:{port}", base, store)
    server.should_exit = True
    thread.join()
    store.close()


@pytest.fixture
def visitors(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a browser of somebody's own; two of them know nothing of each other."""
    contexts: list[BrowserContext] = []

    def visitor(**options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": WIDE, "height": 900}} | options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        return context.new_page()

    yield visitor
    for context in contexts:
        context.close()


def version(page: Page) -> int:
    return int(page.locator("body").get_attribute("data-version") or 0)


def wait_for_version_after(page: Page, before: int) -> None:
    expect(page.locator("body")).not_to_have_attribute("data-version", str(before))


def begin(page: Page, live: Live, name: str) -> None:
    page.goto(live.address)
    page.locator("form[action='/accounts'] input[name=name]").fill(name)
    page.locator("form[action='/accounts'] button").click()
    expect(page.locator("h1")).to_have_text(name)


def customers_link(page: Page, address: str) -> str:
    """Make a link for the customer and give it."""
    page.goto(f"{address}customer")
    page.locator("form[action$='/link'] button").click()
    return page.locator("#work a[href*='/c/']").get_attribute("href") or ""


def answer_next(page: Page) -> None:
    """Give any answer to the question on top."""
    question = page.locator("#next")
    before = version(page)
    if question.locator(".choices button").count():
        question.locator(".choices button").first.click()
    elif question.locator(".choices input").count():
        question.locator(".choices label").first.click()
        question.locator("button.main").click()
    else:
        question.locator("input[name=typed]").fill("2")
        question.locator("input[name=typed]").press("Enter")
    wait_for_version_after(page, before)


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("lang", ["uk", "en"])
def test_a_whole_meeting(
    live: Live, visitors: Callable[..., Page], lang: str, *, script: bool
) -> None:
    page = visitors(locale=lang, java_script_enabled=script)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)

    # A new account, and who types.
    page.goto(live.address)
    page.locator("form[action='/visitor'] input[name=name]").fill("Соломія")
    page.locator("form[action='/visitor'].typed button").click()
    expect(page.locator("form[action='/visitor'] input[name=name]")).to_have_value("Соломія")
    begin(page, live, "ТОВ «Нове»")
    assert page.locator("html").get_attribute("lang") == lang

    # Ten answers as they come up, the diagnosis beside them.
    asked = []
    for _ in range(TEN):
        asked.append(page.locator("#next-t").inner_text())
        answer_next(page)
    assert len(set(asked)) == TEN
    assert version(page) == TEN + 1
    expect(page.locator("#panel .m i.y").first).to_be_attached()

    # A correction of the answer given last: it says who said it and when.
    last = page.locator("#work details.ask").first
    last.locator("summary").first.click()
    expect(last.locator(".told").first).to_contain_text("Соломія")
    before = version(page)
    last.locator("button[name=unknown]").last.click()
    wait_for_version_after(page, before)
    page.locator("#undo").click()
    wait_for_version_after(page, before + 1)
    page.locator("#redo").click()
    wait_for_version_after(page, before + 2)
    page.locator("#undo").click()
    wait_for_version_after(page, before + 3)

    # Two people and the tie between them: the picture draws itself.
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
    with page.expect_download() as saved:
        page.locator("#panel a[href*='report.html']").click()
    report = saved.value.path().read_text(encoding="utf-8")
    assert f'<html lang="{lang}">' in report
    assert "ТОВ «Нове»" in report
    with page.expect_download() as saved:
        page.locator("#panel a[href$='case.yaml']").click()
    assert "Соломія" in saved.value.path().read_text(encoding="utf-8")
    assert faults == []


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_the_customers_team_answers_on_a_page_that_shows_nothing_of_ours(
    live: Live, visitors: Callable[..., Page], *, script: bool
) -> None:
    address = live.example("two_sides_disagree")
    ours = visitors()
    link = customers_link(ours, address)

    theirs = visitors(java_script_enabled=script)
    theirs.goto(link)
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


def test_a_questionnaire_is_sent_filled_in_and_read_back(
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
    # The other one has begun to write: what is half typed stays when the account changes.
    details = other.locator("details.more").first
    details.locator("summary").click()
    details.locator("input[name=by]").fill("Друга")

    before = version(one)
    one.locator("button[value=blocked]").first.click()
    wait_for_version_after(one, before)
    if script:
        wait_for_version_after(other, before)
        expect(other.locator("#news")).to_contain_text(":")
        assert details.locator("input[name=by]").input_value() == "Друга"
    other.locator("button[value=buyer_present]").first.click()
    expect(other.locator("#work form input[name=value]")).to_have_value("buyer_present")
    now = live.store.state(address.split("/")[-2])
    assert now.case.account.ours["access_to_others"][-1].value == "blocked"
    before = now.version
    other.locator("#work form button.main").click()
    expect(other.locator("body")).to_have_attribute("data-version", str(before + 1))

    now = live.store.state(address.split("/")[-2])
    answer = now.case.account.ours["access_to_others"][-1]
    assert (answer.value, answer.by) == ("buyer_present", "Друга")


def test_answers_to_different_questions_meet_and_each_sees_the_others(
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

    expect(without.locator("#news .news")).to_be_visible()
    expect(with_script.locator("body")).to_have_attribute("data-version", str(before + 2))
    expect(with_script.locator("#news .news")).to_be_visible()


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
        tab_to("#next .choices button, #next input[name=typed], #next .choices input")
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
        # Whoever does not see the page hears what came of it and stands at the next question.
        expect(page.locator("#next-t")).to_be_focused()
        expect(page.locator("#said")).not_to_be_empty()
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


# Every page and state


@pytest.mark.parametrize(("lang", "scheme"), [("uk", "light"), ("en", "dark")])
def test_no_page_violates_a_rule_of_wcag(
    live: Live,
    visitors: Callable[..., Page],
    axe_violations: Callable[[Page], Findings],
    lang: str,
    scheme: str,
) -> None:
    address = live.example("barricaded_butterfly")
    page = visitors(locale=lang, color_scheme=scheme)
    found = {}

    for tab in TABS:
        page.goto(address + tab)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        found[tab] = axe_violations(page)
    for path in ("", "/no/such/page", f"/a/{address.split('/')[-2]}/remove"):
        page.goto(live.address + path)
        found[path or "accounts"] = axe_violations(page)

    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.parametrize("width", [NARROW, TABLET])
def test_nothing_scrolls_sideways_and_no_rule_is_violated_on_small_screens(
    live: Live,
    visitors: Callable[..., Page],
    axe_violations: Callable[[Page], Findings],
    width: int,
) -> None:
    address = live.example()
    page = visitors(locale="uk", viewport={"width": width, "height": 800}, has_touch=True)

    for tab in TABS:
        page.goto(address + tab)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") == width, tab
        assert axe_violations(page) == [], tab


@pytest.mark.parametrize("width", [NARROW, TABLET, WIDE])
def test_large_type_scrolls_nothing_sideways(
    live: Live, visitors: Callable[..., Page], width: int
) -> None:
    address = live.example()
    page = visitors(locale="uk", viewport={"width": width, "height": 800})
    link = customers_link(page, address)

    for start, others in ((live.address, [address + tab for tab in TABS]), (link, [])):
        page.goto(start)
        page.locator("button[name=large]").click()
        expect(page.locator("html")).to_have_class("large")
        for place in (start, *others):
            page.goto(place)
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            assert page.evaluate("document.documentElement.scrollWidth") == width, place


def test_other_states_violate_no_rule_of_wcag(
    live: Live, visitors: Callable[..., Page], axe_violations: Callable[[Page], Findings]
) -> None:
    address = live.example()
    page = visitors(locale="uk")
    page.goto(address)
    page.locator("button[name=large]").click()
    expect(page.locator("html")).to_have_class("large")
    states = {"large type": axe_violations(page)}

    answer_next(page)
    states["after an answer"] = axe_violations(page)
    link = customers_link(page, address)
    page.goto(link)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    states["the customer's page"] = axe_violations(page)
    page.goto(f"{address}people?kind=person&id=p1&erase=yes")
    states["before erasing"] = axe_violations(page)
    page.goto(f"{address}questions")
    page.locator("details.ask summary").first.click()
    old = page.locator("details.ask input[name=seen]").first
    old.evaluate("field => { field.value = 99 }")
    page.locator("details.ask .choices button, details.ask button.main").first.click()
    expect(page.locator("#said")).not_to_be_empty()
    states["after a failure"] = axe_violations(page)

    assert {name: said for name, said in states.items() if said} == {}


def test_the_html_has_no_error(
    live: Live, visitors: Callable[..., Page], nu_messages: Callable[..., Findings], tmp_path: Path
) -> None:
    address = live.example("two_sides_disagree")
    page = visitors()
    link = customers_link(page, address)
    addresses = [
        *(address + tab for tab in TABS), live.address, link, f"{address}questionnaire.html",
        f"{live.address}/no/such", f"{address}remove",
    ]  # fmt: skip
    files = []
    for lang in ("uk", "en"):
        for number, one in enumerate(addresses):
            answer = page.request.get(one, headers={"accept-language": lang, "cookie": ""})
            file = tmp_path / f"{lang}-{number}.html"
            file.write_text(answer.text(), encoding="utf-8")
            files.append(file)

    found = nu_messages(*files)

    assert [message for message in found if message["type"] == "error"] == []


def test_the_language_changes_at_any_moment_and_leads_back(
    live: Live, visitors: Callable[..., Page]
) -> None:
    page = visitors(locale="en")
    address = f"{live.example()}questions?theme=trust"
    page.goto(address)
    english = page.locator("h2").first.inner_text()

    page.locator("button[value=uk]").click()

    expect(page.locator("html")).to_have_attribute("lang", "uk")
    assert page.url == address
    assert page.locator("h2").first.inner_text() != english
    assert re.search("[А-Яа-я]", page.locator("#work summary").first.inner_text())
