"""The workshop page in a browser: with and without JavaScript, in both languages, on a phone.

With --all without JavaScript, and checked in the other language and on the page of another rule.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from kam_expert.resources import rules_folder
from kam_expert.workshop.impact import Impact
from kam_expert.workshop.rule_draft import Workbench
from kam_expert.workshop.workshop import Workshop
from tests.browser.live_server import DAY, serving
from tests.sampling import few_of, some_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

RULE = "volume_falls"
FILE = rules_folder() / "profitability" / f"{RULE}.yaml"
ACCOUNTS = 400
#: Those whose volume falls and who are rather satisfied, but not fully.
AFFECTED = ("acc0007", "acc0200", "acc0399")


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("portfolio")
    lines = ["account,name,account_status,volume_trend,satisfaction_rating__theirs"]
    for number in range(ACCOUNTS):
        account = f"acc{number:04}"
        answers = "falling,4" if account in AFFECTED else ("falling,3", "flat,4")[number % 2]
        lines.append(f"{account},Customer {number},established,{answers}")
    (folder / "accounts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drafts")


@pytest.fixture(scope="module")
def address(
    base: KnowledgeBase,
    portfolio: Path,
    drafts: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    bench = Workbench(rules_folder(), base, drafts)
    workshop = Workshop(bench, Impact(portfolio, base, DAY))
    with serving(base, tmp_path_factory.mktemp("live"), workshop=workshop) as served:
        yield f"{served.address}/workshop"


def lines_changed(after: str) -> list[str]:
    before = FILE.read_text(encoding="utf-8").splitlines()
    lines = difflib.unified_diff(before, after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def press(page: Page, act: str) -> None:
    page.locator(f"button[name=act][value='{act}']").first.click()


@pytest.mark.parametrize("script", few_of([True, False], 1), ids=["with script", "without script"])
def test_a_consultant_changes_a_rule_mends_its_case_and_saves_a_draft(
    address: str, drafts: Path, visitors: Callable[..., Page], *, script: bool
) -> None:
    page = visitors(java_script_enabled=script)
    page.goto(f"{address}/")
    page.get_by_role("link", name="volume falls", exact=True).click()
    total = page.locator("#cases-sum")
    expect(total).to_have_text("All 9 as expected")

    # An exception that makes three cases less certain, and a threshold that makes one fail.
    page.locator("select[name='fact:unless']").select_option("account_status")
    press(page, "choose:unless")
    page.get_by_label("prospect", exact=True).check()
    press(page, "add")
    expect(total).to_have_text("Not as expected: 3 of 9")
    page.locator("[name='thresholds/satisfied/value']").fill("5")
    if not script:
        press(page, "apply")
    expect(total).to_have_text("Not as expected: 4 of 9")

    # Each failing case opens in turn and is mended.
    for case in (0, 7, 8):
        if not page.locator(f"[name='give:{case}']").count():
            press(page, f"open:{case}")
        page.locator(f"select[name='give:{case}']").select_option("account_status")
        press(page, f"give:{case}")
        answer = page.locator(f"[name='cases/{case}/given/account_status']")
        answer.select_option("established")
        if not script:
            press(page, "apply")
        expect(page.locator(f"#case-{case}-result")).to_contain_text("as expected")
    if not page.locator("[name^='cases/4/given']").count():
        press(page, "open:4")
    page.locator("[name='cases/4/given/customer/satisfaction_rating']").fill("5")
    if not script:
        press(page, "apply")
    expect(total).to_have_text("All 9 as expected")

    if page.locator("button[value=accounts]").count():  # the same draft may have been tried before
        press(page, "accounts")
    accounts = page.locator("#accounts")
    expect(accounts).to_contain_text("3 of 400 accounts", timeout=60_000)
    if script:
        accounts.locator("summary").click()
    for name in AFFECTED:
        expect(accounts).to_contain_text(name)

    press(page, "save")
    expect(page.locator("#said")).to_contain_text("Saved:")
    saved = (drafts / "profitability" / f"{RULE}.yaml").read_text(encoding="utf-8")
    assert lines_changed(saved) == [
        "+    - account_status: prospect",
        "-    value: 4",
        "+    value: 5",
        *given_lines(saved, 0),
        "-    given: {volume_trend: falling, customer: {satisfaction_rating: 4}}",
        "+    given: {volume_trend: falling, customer: {satisfaction_rating: 5}}",
        *(line for case in (7, 8) for line in given_lines(saved, case)),
    ]
    press(page, "revert")
    press(page, "save")


def given_lines(saved: str, case: int) -> list[str]:
    """Return how the line with what is given to a case changes: one more answer at its end."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if "given:" in line]
    now = lines[case].removesuffix("}") + ", account_status: established}"
    assert now in saved
    return [f"-{lines[case]}", f"+{now}"]


def test_axe_and_the_checker_find_nothing_and_nothing_is_cut_off_on_a_phone(  # noqa: PLR0913 -- tools
    address: str,
    tmp_path: Path,
    visitors: Callable[..., Page],
    axe_violations: Callable[[Page], list[dict[str, Any]]],
    nu_messages: Callable[..., list[dict[str, Any]]],
    *,
    every: bool,
) -> None:
    files = []
    page = visitors(viewport={"width": 360, "height": 800})
    languages = (("uk", "Українською"), ("en", "English"))
    for lang, button in some_of(languages, 1, every=every):
        page.goto(f"{address}/")
        page.get_by_role("button", name=button).click()
        rules = ("", "proof_of_competence_requested/", "most_exchanges_in_one_pair/")
        for rule in some_of(rules, 2, every=every):
            page.goto(f"{address}/{rule}")
            if rule:
                press(page, "open:0")
                expect(page.locator("[name='cases/0/name']")).to_be_visible()
                page.locator("select[name='fact:when']").select_option(index=3)
                press(page, "choose:when")
                expect(page.locator("button[value=cancel]")).to_be_visible()
            assert axe_violations(page) == [], (lang, rule)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, (lang, rule)
            files.append(tmp_path / f"{lang}-{rule.strip('/')}.html")
            files[-1].write_text(page.request.get(page.url).text(), encoding="utf-8")
            if rule:
                press(page, "cancel")
                press(page, "open:0")
    assert [m for m in nu_messages(*files) if m["type"] == "error"] == []
