"""The portfolio page in a browser: with and without its script, with hostile names.

With --all in the other language and colours, and on more widths of the screen.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plain_summary import summary_of
from playwright.sync_api import Browser, Locator, Page, Request
from portfolio_page import DAY, random_summary

from kam_expert.knowledge.base import KnowledgeBase
from kam_expert.knowledge.portfolio_view import PortfolioView, load_portfolio_view
from kam_expert.outputs.portfolio_html import render_portfolio
from kam_expert.outputs.portfolio_plot import WIDTH
from kam_expert.resources import rules_folder
from kam_expert.results.portfolio import AccountRow, PortfolioSummary
from tests.sampling import few_of, some_of

pytestmark = pytest.mark.browser

LANGUAGES = ("uk", "en")
SCHEMES = ("light", "dark")
HOSTILE = (
    "</script></style></title><script>document.title='x'</script>"
    "\"><img src=x onerror=alert(1)>' {{7*7}} \u202e\u2066&amp;\u0000\ufffe"
)
NARROW, WIDE = 320, 1280
MANY, FEW = 5000, 60

Findings = list[dict[str, Any]]
Write = Callable[[PortfolioSummary, str], Path]


@pytest.fixture(scope="module")
def view(base: KnowledgeBase) -> PortfolioView:
    return load_portfolio_view(rules_folder(), base)


@pytest.fixture(scope="module")
def many(base: KnowledgeBase, view: PortfolioView) -> PortfolioSummary:
    return random_summary(MANY, base, view)


@pytest.fixture(scope="module")
def few(base: KnowledgeBase, view: PortfolioView) -> PortfolioSummary:
    return random_summary(FEW, base, view)


@pytest.fixture(scope="module")
def write(
    base: KnowledgeBase, view: PortfolioView, tmp_path_factory: pytest.TempPathFactory
) -> Write:
    """Write the page about a summary, once for all tests, and return its path."""
    folder = tmp_path_factory.mktemp("portfolio")
    # By identity, as equal summaries of 5,000 accounts are slow to compare; the summary is kept so
    # that no other one gets its identity.
    made: dict[tuple[int, str], tuple[PortfolioSummary, Path]] = {}

    def written(summary: PortfolioSummary, lang: str) -> Path:
        if (id(summary), lang) not in made:
            page = folder / f"portfolio-{len(made)}.{lang}.html"
            page.write_text(render_portfolio(summary, base, view, lang), encoding="utf-8")
            made[id(summary), lang] = summary, page
        return made[id(summary), lang][1]

    return written


@pytest.fixture
def hostile(few: PortfolioSummary, base: KnowledgeBase, view: PortfolioView) -> PortfolioSummary:
    """A portfolio with hostile text wherever a case or a table can have any."""
    rows = [
        dataclasses.replace(
            row,
            id=f"{HOSTILE}{number}",
            name=HOSTILE if number else "=cmd|' /C calc'!A0",
            owner=HOSTILE,
            segment=HOSTILE,
            report=f"javascript:alert(1)//{HOSTILE}" if number % 2 else None,
        )
        for number, row in enumerate(few.rows[:12])
    ]
    return summary_of(rows, base, view, day=DAY, files=(HOSTILE,), since=few.since)


def column(page: Page, name: str) -> list[str]:
    """Return the visible texts of a column of the table of all accounts."""
    found: list[str] = page.evaluate(
        """name => {
            const heads = [...document.querySelectorAll('#accounts thead th')];
            const place = heads.findIndex(head => head.dataset.name === name);
            return [...document.querySelectorAll('#accounts tbody tr')]
                .map(row => row.cells[place].textContent);
        }""",
        name,
    )
    return found


def head(page: Page, name: str) -> Locator:
    return page.locator(f"#accounts th[data-name={name}] button")


@pytest.mark.parametrize("scheme", few_of(SCHEMES[::-1], 1))
@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_a_page_violates_no_rule_of_wcag(  # noqa: PLR0913 -- two choices, four tools
    write: Write,
    few: PortfolioSummary,
    opened: Callable[..., Page],
    axe_violations: Callable[[Page], Findings],
    lang: str,
    scheme: str,
) -> None:
    page = opened(write(few, lang), color_scheme=scheme)

    assert axe_violations(page) == []


@pytest.mark.parametrize("width", few_of([NARROW, 700], 1))
def test_a_narrow_page_violates_no_rule_of_wcag(
    write: Write,
    few: PortfolioSummary,
    opened: Callable[..., Page],
    axe_violations: Callable[[Page], Findings],
    width: int,
) -> None:
    page = opened(write(few, "uk"), width)

    assert axe_violations(page) == []


def test_the_html_has_no_error(  # noqa: PLR0913 -- three portfolios, and two checkers
    write: Write,
    few: PortfolioSummary,
    many: PortfolioSummary,
    hostile: PortfolioSummary,
    base: KnowledgeBase,
    view: PortfolioView,
    nu_messages: Callable[..., Findings],
    *,
    every: bool,
) -> None:
    empty = summary_of([], base, view, day=DAY)
    languages = some_of(LANGUAGES, 1, every=every)
    pages = [write(each, lang) for each in (few, hostile, empty) for lang in languages]
    pages += [write(many, "uk")] if every else []

    found = nu_messages(*pages)

    assert [message for message in found if message["type"] == "error"] == []


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_no_request_leaves_the_page(
    write: Write, hostile: PortfolioSummary, chromium: Browser, lang: str
) -> None:
    path = write(hostile, lang)
    asked: list[Request] = []
    refused: list[str] = []

    with chromium.new_page() as page:
        page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 -- it takes no method of a list
        page.on("console", lambda message: refused.append(message.text))
        page.on("pageerror", lambda error: refused.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")

    assert [request.url for request in asked] == [path.as_uri()]
    assert refused == []


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_every_account_is_there_without_the_script(
    write: Write, many: PortfolioSummary, opened: Callable[..., Page], lang: str
) -> None:
    page = opened(write(many, lang), java_script_enabled=False)

    assert page.locator("#accounts tbody tr").count() == MANY
    assert page.locator("#accounts form").is_hidden()
    assert page.locator("#accounts button:visible").count() == 0
    assert page.locator("#accounts tbody tr").last.is_visible()


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_five_thousand_accounts_stay_below_a_megabyte_and_a_half(
    write: Write, many: PortfolioSummary, base: KnowledgeBase, view: PortfolioView, lang: str
) -> None:
    linked = [dataclasses.replace(row, report=f"reports/{row.id}.html") for row in many.rows]
    wordy = [dataclasses.replace(row, name="Щ" * 300) for row in many.rows]

    sizes = [
        write(summary_of(rows, base, view, day=DAY), lang).stat().st_size
        for rows in (many.rows, linked, wordy)
    ]

    assert max(sizes) < 1_500_000


def test_rows_that_do_not_fit_are_counted(
    write: Write,
    many: PortfolioSummary,
    base: KnowledgeBase,
    view: PortfolioView,
    opened: Callable[..., Page],
) -> None:
    wordy = [dataclasses.replace(row, name="W" * 600) for row in many.rows]

    page = opened(write(summary_of(wordy, base, view, day=DAY), "en"), java_script_enabled=False)

    shown = page.locator("#accounts tbody tr").count()
    assert 0 < shown < MANY
    assert f"first {shown:,} of 5,000 accounts" in (page.locator("#accounts").text_content() or "")


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_hostile_text_is_only_text(
    write: Write, hostile: PortfolioSummary, opened: Callable[..., Page], lang: str
) -> None:
    page = opened(write(hostile, lang))

    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, [onerror], [style], [onclick]").count() == 0
    assert "<script>" in (page.locator("#accounts tbody tr").last.text_content() or "")
    addresses = page.locator("main a").evaluate_all("all => all.map(a => a.protocol)")
    assert set(addresses) == {"file:"}


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_nothing_scrolls_sideways_on_any_screen(
    write: Write,
    few: PortfolioSummary,
    hostile: PortfolioSummary,
    opened: Callable[..., Page],
    lang: str,
) -> None:
    for summary in (few, hostile):
        page = opened(write(summary, lang), NARROW)
        for width in (NARROW, 800, WIDE):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_a_click_sorts_by_a_column_and_a_second_reverses_it(
    write: Write, many: PortfolioSummary, opened: Callable[..., Page], lang: str
) -> None:
    page = opened(write(many, lang))
    known = sorted((row.size for row in many.rows if row.size is not None), reverse=True)

    head(page, "size").click()
    falling = [int("".join(filter(str.isdigit, text))) for text in column(page, "size")]
    order = page.locator("#accounts th[data-name=size]").get_attribute("aria-sort")
    head(page, "size").click()
    rising = [int("".join(filter(str.isdigit, text))) for text in column(page, "size")]

    assert falling == known[:100]
    assert order == "descending"
    assert rising == known[::-1][:100]


def test_unknown_values_come_last_in_both_directions(
    write: Write, few: PortfolioSummary, opened: Callable[..., Page]
) -> None:
    page = opened(write(few, "en"))

    for _ in range(2):
        head(page, "attractiveness").click()
        shown = column(page, "attractiveness")
        unknown = shown.count("–")

        assert unknown
        assert set(shown[-unknown:]) == {"–"}


def test_filters_are_combined(
    write: Write,
    many: PortfolioSummary,
    base: KnowledgeBase,
    opened: Callable[..., Page],
) -> None:
    page = opened(write(many, "en"))
    row = next(row for row in many.rows if row.segment and not row.firm)
    name = next(s.finding for s in row.findings if s.status in ("likely", "established"))
    stage = base.stage_model.title(row.stage).en
    form = page.locator("#accounts form")

    form.locator("[name=owner]").select_option(row.owner)
    form.locator("[name=segment]").select_option(row.segment)
    form.locator("[name=stage]").select_option(stage)
    label = form.locator("[name=finding] option", has_text=base.findings[name].name.en).first
    form.locator("[name=finding]").select_option(label.get_attribute("value"))

    fitting = [other.name for other in many.rows if fits(other, row, name)]
    assert column(page, "name") == fitting[:100]
    form.locator("[name=text]").fill(row.name)
    assert row.name in column(page, "name")
    form.locator("button").click()
    page.wait_for_function("document.querySelectorAll('#accounts tbody tr').length === 100")
    assert column(page, "name") == [other.name for other in many.rows[:100]]


def fits(other: AccountRow, row: AccountRow, name: str) -> bool:
    standing = {s.finding for s in other.findings if s.status in ("likely", "established")}
    return (other.owner, other.segment, other.stage) == (
        row.owner,
        row.segment,
        row.stage,
    ) and name in standing


def test_all_accounts_can_be_shown_and_are_counted(
    write: Write, many: PortfolioSummary, opened: Callable[..., Page]
) -> None:
    page = opened(write(many, "en"))
    told = page.locator("#accounts output")

    assert told.text_content() == "Shown: 100 of 5,000 that fit; 5,000 in all"
    page.locator("#accounts .more button").nth(1).click()
    assert page.locator("#accounts tbody tr").count() == MANY
    assert page.locator("#accounts .more button:visible").count() == 0


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_the_table_says_the_same_as_the_plot(
    write: Write, many: PortfolioSummary, opened: Callable[..., Page], lang: str
) -> None:
    page = opened(write(many, lang))

    cells = page.locator("table.counts tbody td").evaluate_all(
        "all => all.filter(cell => cell.cellIndex > 2 && cell.textContent.trim())"
        ".map(cell => Number(cell.firstChild.textContent.replace(/\\D/g, '')))"
    )

    assert sum(cells) == MANY
    assert len(cells) == page.locator(".plot .dots path").count()


def test_marks_of_few_accounts_have_names_that_do_not_lie_on_each_other(
    write: Write, few: PortfolioSummary, many: PortfolioSummary, opened: Callable[..., Page]
) -> None:
    page = opened(write(few, "uk"))
    labels = page.locator(".plot .names text")
    boxes = labels.evaluate_all(
        "all => all.map(text => text.getBBox())"
        ".map(({x, y, width, height}) => ({x, y, width, height}))"
    )
    names = [row.name or row.id for row in few.rows]

    assert 0 < len(boxes) <= len(names)
    for text in labels.all_text_contents():
        begins = text.partition(" +")[0].rstrip("…")
        assert any(name.startswith(begins) for name in names), text
    for place, one in enumerate(boxes):
        assert one["x"] + one["width"] <= WIDTH
        for other in boxes[:place]:
            apart = one["x"] >= other["x"] + other["width"] or other["x"] >= one["x"] + one["width"]
            assert apart or abs(one["y"] - other["y"]) >= one["height"]
    assert opened(write(many, "uk")).locator(".plot .names").count() == 0


def test_paper_shows_what_is_folded(write: Write, few: PortfolioSummary, chromium: Browser) -> None:
    with chromium.new_page() as page:
        page.goto(write(few, "uk").as_uri())
        page.emulate_media(media="print")

        assert page.locator("#obstacles details tr").last.is_visible()
        assert page.locator("#accounts form").is_hidden()
