"""Three meetings with one account in the browser, in the terminal and by files: the same plan."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from kam_expert.facts.case_reader import read_case
from kam_expert.facts.known_on import known_on
from kam_expert.facts.plan_entries import entry_data
from tests.browser.live_server import EXAMPLES, Live, open_all, serving
from tests.command import run_kam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

pytestmark = pytest.mark.browser

EXAMPLE = EXAMPLES / "barricaded_butterfly.yaml"
DAYS = (date(2026, 11, 23), date(2026, 12, 8), date(2026, 12, 22))
STEP, SIGN, RECOVERED = "clear_failures", "complaints_open", "complaint_recovered"
PHONE = 360

Findings = list[dict[str, Any]]


class Calendar:
    """The day on which a meeting takes place."""

    def __init__(self) -> None:
        self.day = DAYS[0]

    def __call__(self) -> date:
        return self.day


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def meetings(base: KnowledgeBase, tmp_path: Path, calendar: Calendar) -> Iterator[Live]:
    with serving(base, tmp_path, today=calendar) as served:
        yield served


def press(page: Page, form: str, button: str = "button.main") -> None:
    """Send a form of the plan, and wait for the new version."""
    before = int(page.locator("body").get_attribute("data-version") or 0)
    page.locator(form).locator(button).first.click()
    expect(page.locator("body")).to_have_attribute("data-version", str(before + 1))


def unfold(page: Page, form: str) -> None:
    """Open what a form is folded in."""
    closed = page.locator("details:not([open])").filter(has=page.locator(form))
    while closed.count():
        closed.first.locator("> summary").click()


def in_browser(page: Page, live: Live, calendar: Calendar, recovered: str) -> str:
    """Play the three meetings on the pages; return the address of the account."""
    address = live.example("barricaded_butterfly")
    plan = f"{address}plan"
    page.goto(plan)
    agree = f"form[action$='/agree']:has(input[value={STEP}])"
    press(page, agree)
    for side, text, due in (
        ("ours", "Lunch with the engineer", "2026-12-01"),
        ("theirs", "Data about stoppages", "2026-12-05"),
    ):
        words = f"form[action$='/promise']:has(#new-{side})"
        unfold(page, words)
        form = page.locator(words)
        form.locator("[name=text]").fill(text)
        form.locator("[name=due]").fill(due)
        if side == "ours":
            form.locator("[name=owner]").fill("Olena")
        press(page, words, "button")

    calendar.day = DAYS[1]
    page.goto(address)
    expect(page.locator("#meeting")).to_contain_text("Late: 2")
    page.goto(plan)
    press(page, f"form[action$='/mark']:has(input[value={STEP}])", "button[value=begun]")
    done = "form[action$='/mark']:has(input[name=id][value=move]):has([name=done_on])"
    unfold(page, done)
    page.locator(done).locator("[name=result]").select_option("not")
    page.locator(done).locator("[name=evidence]").fill("Nobody came")
    press(page, done)
    expect(page.get_by_text("Did it succeed?")).to_have_count(0)

    calendar.day = DAYS[2]
    page.goto(plan)
    done = f"form[action$='/mark']:has(input[value={STEP}]):has([name=done_on])"
    unfold(page, done)
    page.locator(done).locator("[name=result]").select_option("worked")
    page.locator(done).locator("[name=evidence]").fill("Protocol")
    press(page, done)
    asked = page.locator("section.next")
    expect(asked).to_contain_text("Did it succeed?")
    answer = f"form.answer:has(input[value={SIGN}])"
    page.locator(answer).locator("[name=typed]").fill("0")
    press(page, answer)
    answer = f"form.answer:has(input[value={RECOVERED}])"
    press(page, answer, f"button[name=value][value={recovered}]")
    expect(page.get_by_text("Did it succeed?")).to_have_count(0)
    return address


def in_terminal(file: Path, recovered: str) -> None:
    """Play the same three meetings in sessions."""
    shutil.copy(EXAMPLE, file)
    typed = (
        ("agree 3", "own: Lunch with the engineer", "Olena", "2026-12-01",
         "customer: Data about stoppages", "", "2026-12-05"),
        ("begin 2", "done 1 Nobody came", "3"),
        ("done 1 Protocol", "1", "0", recovered),
    )  # fmt: skip
    for day, lines in zip(DAYS, typed, strict=True):
        told = "".join(f"{line}\n" for line in (*lines, "stop"))
        found = run_kam("session", file, "--lang", "en", "--date", str(day), lines=told)
        assert found.status == 0, found.err
        assert "not understood" not in found.out


def in_a_file(file: Path, agreed: dict[str, Any], recovered: str) -> None:
    """Write the same into a case file by hand; *agreed* is what the plan of the first day said."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for fact, value in ((SIGN, "0"), (RECOVERED, recovered)):
        line = next(line for line in text.splitlines() if line.startswith(f"  {fact}: "))
        before = line.split(": ", 1)[1]
        new = f"  {fact}: [{before}, {{value: {value}, source: said, as_of: {DAYS[2]}}}]"
        text = text.replace(line, new)
    text += f"""
plan:
  - {{step: {STEP}, owner: "{agreed["owner"]}", begin: {agreed["begin"]}, due: {agreed["due"]},
     agreed_on: {DAYS[0]}, status: done, done_on: {DAYS[2]}, result: worked, evidence: Protocol}}
  - {{id: move, text: Lunch with the engineer, owner: Olena, due: 2026-12-01, agreed_on: {DAYS[0]},
     status: done, done_on: {DAYS[1]}, result: not, evidence: Nobody came}}
  - {{id: promise, text: Data about stoppages, side: theirs, due: 2026-12-05,
     agreed_on: {DAYS[0]}}}
"""
    file.write_text(text, encoding="utf-8")


def test_three_meetings_give_the_same_plan_and_history(  # noqa: PLR0913 -- fixtures
    meetings: Live,
    calendar: Calendar,
    visitors: Callable[..., Page],
    base: KnowledgeBase,
    tmp_path: Path,
    axe_violations: Callable[[Page], Findings],
) -> None:
    recovered = next(iter(base.facts[RECOVERED].words()))
    page = visitors(locale="en")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    address = in_browser(page, meetings, calendar, recovered)
    files = {name: tmp_path / f"{name}.yaml" for name in ("browser", "terminal", "file")}
    in_terminal(files["terminal"], recovered)
    with page.expect_download() as download:
        page.locator("a[href$='case.yaml']").first.click()
    download.value.save_as(files["browser"])
    cases = {name: read_case(file, base) for name, file in files.items() if file.exists()}
    first = known_on(cases["terminal"], base, DAYS[0], DAYS[2]).plan
    agreed = next(entry_data(entry) for entry in first if entry.step == STEP)
    in_a_file(files["file"], agreed, recovered)
    cases["file"] = read_case(files["file"], base)

    # The plan, as it was known on each of the days.
    for day in DAYS:
        plans = {
            name: [entry_data(entry) for entry in known_on(case, base, day, DAYS[2]).plan]
            for name, case in cases.items()
        }
        assert plans["browser"] == plans["terminal"] == plans["file"]
        assert len(plans["file"]) == len(DAYS)
    # What the review says of each meeting.
    for since, day in ((DAYS[0], DAYS[1]), (DAYS[1], DAYS[2]), (DAYS[0], DAYS[2])):
        options = ("--since", str(since), "--date", str(day), "--lang", "en")
        said = {name: run_kam("review", file, *options).out for name, file in files.items()}
        assert said["browser"] == said["terminal"] == said["file"]
        assert "WHAT WAS PROMISED" in said["file"]
    # The history has every edit.
    page.goto(f"{address}history")
    lines = page.locator(".versions li li").all_inner_texts()
    for words in (
        "agreed: ",
        "the customer promised: ",
        "begun: ",
        "done on 8 December",
        "done on 22 December",
    ):
        assert any(line.startswith(words) for line in lines), words
    assert not faults
    # The pages on a phone.
    page.set_viewport_size({"width": PHONE, "height": 800})
    for tab in ("plan", "review", ""):
        page.goto(f"{address}{tab}")
        open_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, tab
        assert axe_violations(page) == [], tab


def test_the_plan_works_without_scripts(
    meetings: Live, calendar: Calendar, visitors: Callable[..., Page], base: KnowledgeBase
) -> None:
    recovered = next(iter(base.facts[RECOVERED].words()))
    page = visitors(locale="en", java_script_enabled=False)

    in_browser(page, meetings, calendar, recovered)


def test_a_move_is_agreed_by_keyboard(meetings: Live, visitors: Callable[..., Page]) -> None:
    page = visitors(locale="uk")
    page.goto(f"{meetings.example('barricaded_butterfly')}plan")
    before = page.locator("form[action$='/agree']").count()
    page.locator("form[action$='/agree'] input[name=due]").first.focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('form[action$=\"/agree\"] button')"):
            break
    page.keyboard.press("Enter")

    expect(page.locator("form[action$='/agree']")).to_have_count(before - 1)
