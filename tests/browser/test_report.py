"""The report as a reader meets it: on a screen, on paper, on a telephone, with hostile facts.

With --all in the other language, on further examples and pictures.
"""

import itertools
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

from kam_expert.engines.assemble import diagnose
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.base import KnowledgeBase
from kam_expert.outputs.html import render_report
from tests.sampling import few_of
from tests.shipped import shipped_engine

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).parents[2] / "examples"
SHOWN = (
    "barricaded_butterfly",
    "diamond_with_conductor",
    "almost_nothing_known",
    "two_sides_disagree",
)
EXAMPLE_NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
DAY = date(2026, 11, 23)
LANGUAGES = ("uk", "en")
SCHEMES = ("light", "dark")
HOSTILE = (
    "</script></style></title><script>document.title='x'</script>"
    "\"><img src=x onerror=alert(1)>' {{7*7}} \u202e\u2066&amp;"
)
NARROW, WIDE = 320, 1280

Findings = list[dict[str, Any]]
Write = Callable[[dict[str, Any] | str, str], Path]


@pytest.fixture(scope="module")
def write(base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Write the report on an example (by name) or on a case (as data) and give its path."""
    engine = shipped_engine()
    folder = tmp_path_factory.mktemp("reports")
    number = itertools.count()

    def written(case: dict[str, Any] | str, lang: str) -> Path:
        source = EXAMPLES / f"{case}.yaml"
        if isinstance(case, dict):
            source = folder / f"case-{next(number)}.json"
            source.write_text(json.dumps(case), encoding="utf-8")
        elif (page := folder / f"{source.stem}.{lang}.html").exists():
            return page
        told = read_case(source, base, source.name)
        page = folder / f"{source.stem}.{lang}.html"
        diagnosis = diagnose(told, base, DAY, engine)
        page.write_text(render_report(diagnosis, told, base, lang), encoding="utf-8")
        return page

    return written


def person(number: int, name: str, **facts: Any) -> dict[str, Any]:
    main = "yes" if number == 0 else "no"
    return {
        "id": f"p{number}",
        "name": name,
        "function": "quality",
        "is_main_contact": main,
        **facts,
    }


def crowd(count: int, name: str, active: int) -> dict[str, Any]:
    """Return a case with *count* people on each side, some of them tied."""
    names = [f"{name} {number}" for number in range(count)]
    days = [5 if number < active else 300 for number in range(count)]
    return {
        "account": {"id": "crowd", "name": name},
        "people": [person(n, called) for n, called in enumerate(names)],
        "team": [
            {"id": f"m{n}", "name": called, "member_function": "sales"}
            for n, called in enumerate(names)
        ],
        "links": [
            {"member": f"m{n}", "person": f"p{n}", "link_last_two_way_days": ago}
            for n, ago in enumerate(days)
        ],
    }


def hostile_case() -> dict[str, Any]:
    """Return a case with hostile text in every field that takes any text."""
    said = {"value": 2, "by": HOSTILE, "source": "said", "as_of": "2026-10-01"}
    return {
        "account": {"id": HOSTILE, "name": HOSTILE, "owner": HOSTILE, "segment": HOSTILE},
        "facts": {"trust_self": {**said, "value": 5}, "complaints_open": said},
        "customer": {"trust_other": said},
        "decisions": [{"id": HOSTILE, "name": HOSTILE, "decision_path": "nobody_knows"}],
        "people": [
            {
                "id": HOSTILE,
                "name": HOSTILE,
                "contact_owner": HOSTILE,
                "is_main_contact": "yes",
                "friction_event": "bypassed",
                "open_to_us": {**said, "value": 4},
                "authority": "advises",
            },
            {
                "id": "rtl",
                "name": "\u202eדוד \u05d0" + HOSTILE,
                "backup_owner": HOSTILE,
                "open_to_us": 0,
            },
        ],
        "team": [
            {
                "id": HOSTILE,
                "name": HOSTILE,
                "relationship_skill": "untrained",
                "customer_facing": "yes",
            }
        ],
        "links": [{"member": HOSTILE, "person": HOSTILE, "link_last_two_way_days": 3}],
        "comments": [HOSTILE, "\u0000\u0008\ufffe"],
        "steps": {"put_right_with_person": {"owner": HOSTILE}},
    }


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
@pytest.mark.parametrize("example", few_of(SHOWN, 1))
def test_a_report_violates_no_rule_of_wcag(  # noqa: PLR0913 -- three choices, three tools
    write: Write,
    opened: Callable[..., Page],
    axe_violations: Callable[[Page], Findings],
    example: str,
    lang: str,
    scheme: str,
) -> None:
    page = opened(write(example, lang), color_scheme=scheme)

    assert axe_violations(page) == []


@pytest.mark.parametrize("width", few_of([NARROW, 700], 1))
def test_a_narrow_report_violates_no_rule_of_wcag(
    write: Write,
    opened: Callable[..., Page],
    axe_violations: Callable[[Page], Findings],
    width: int,
) -> None:
    page = opened(write("diamond_with_conductor", "uk"), width)

    assert axe_violations(page) == []


def test_the_html_has_no_error(write: Write, nu_messages: Callable[..., Findings]) -> None:
    cases: list[dict[str, Any] | str] = [*SHOWN, hostile_case()]
    pages = [write(case, lang) for case in cases for lang in LANGUAGES]

    found = nu_messages(*pages)

    assert [message for message in found if message["type"] == "error"] == []


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_no_request_leaves_the_page(write: Write, chromium: Browser, lang: str) -> None:
    path = write(hostile_case(), lang)
    asked: list[Request] = []

    with chromium.new_page() as page:
        page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 -- it takes no method of a list
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        page.wait_for_load_state("networkidle")

    assert [request.url for request in asked] == [path.as_uri()]


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_a_report_is_read_and_opened_without_scripts(
    write: Write, chromium: Browser, lang: str
) -> None:
    path = write("barricaded_butterfly", lang)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    conclusion = page.locator("#hindering details").first

    assert page.locator("script").count() == 0
    assert page.locator("h1").is_visible()
    assert conclusion.locator("li").first.is_hidden()
    conclusion.locator("summary").click()
    assert conclusion.locator("li").first.is_visible()
    context.close()


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_hostile_text_is_only_text(write: Write, opened: Callable[..., Page], lang: str) -> None:
    page = opened(write(hostile_case(), lang))

    assert page.locator("script, img, [onerror], iframe, object").count() == 0
    assert page.locator("title").count() >= 1
    assert "<script>" in page.title()
    assert HOSTILE in page.locator("h1").text_content()  # type: ignore[operator]
    assert HOSTILE in page.locator("#comments").text_content()  # type: ignore[operator]
    assert "49" not in (page.locator("h1").text_content() or "")


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
def test_hostile_names_turn_no_sentence_round(
    write: Write, opened: Callable[..., Page], lang: str
) -> None:
    page = opened(write(hostile_case(), lang))

    for text in page.locator("summary, h4").all_text_contents():
        outside = text
        for name in page.locator("bdi").all_text_contents():
            outside = outside.replace(name, "")
        assert not set(outside) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")


NAMES = (
    "Ян",
    "W" * 300,
    "Щ" * 300,
    "名" * 300,
    "Олександра-Вікторія " * 16,
    "👩‍🏭" * 60,
    "\u202eאבג " * 60,
)


@pytest.mark.parametrize("active", few_of([4, 0, 1], 1))
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_two_labels_of_the_picture_overlap(
    write: Write, opened: Callable[..., Page], name: str, active: int
) -> None:
    page = opened(write(crowd(5, name, active), "uk"))

    assert overlapping(page) == []
    assert outside(page) == 0


@pytest.mark.parametrize(("letters", "narrow"), [(20, 12), (300, 10)])
def test_the_labels_of_a_crowd_do_not_overlap(
    write: Write, opened: Callable[..., Page], letters: int, narrow: int
) -> None:
    page = opened(write(crowd(40, "Ж" * letters, 12), "en"))

    # The first page has a height: names of five lines and a role leave room for five a side.
    assert page.locator("svg.narrow circle:not(.ring)").count() == narrow
    assert page.locator("svg.wide circle:not(.ring)").count() == 60
    assert overlapping(page) == []
    assert outside(page) == 0


def overlapping(page: Page) -> list[str]:
    """Return the pairs of labels of one picture that overlap."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('svg')].flatMap(picture => {
            const labels = [...picture.querySelectorAll('text')];
            const boxes = labels.map(label => label.getBBox());
            const found = [];
            boxes.forEach((a, i) => boxes.slice(0, i).forEach((b, j) => {
                const apart = a.x >= b.x + b.width || b.x >= a.x + a.width
                    || a.y + 3 >= b.y + b.height - 3 || b.y + 3 >= a.y + a.height - 3;
                if (!apart) found.push(`${labels[i].textContent} / ${labels[j].textContent}`);
            }));
            return found;
        })"""
    )
    return found


def outside(page: Page) -> int:
    """Return how many labels reach out of their picture or into the other column."""
    count: int = page.evaluate(
        """() => [...document.querySelectorAll('svg text')].filter(label => {
            const box = label.getBBox(), view = label.ownerSVGElement.viewBox.baseVal;
            const middle = view.width / 2, end = box.x + box.width;
            return box.x < 0 || end > view.width || (box.x < middle && end > middle)
                || box.y < 0 || box.y + box.height > view.height;
        }).length"""
    )
    return count


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
@pytest.mark.parametrize("case", few_of(["long", "hostile", *SHOWN]))
def test_nothing_scrolls_sideways_on_any_screen(
    write: Write, opened: Callable[..., Page], case: str, lang: str
) -> None:
    made = {"hostile": hostile_case(), "long": crowd(6, "W" * 300, 3)}
    page = opened(write(made.get(case, case), lang), NARROW)

    for width in (NARROW, 800, WIDE):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
@pytest.mark.parametrize("example", few_of(EXAMPLE_NAMES, 4))
def test_the_first_page_is_one_screen(
    write: Write, opened: Callable[..., Page], example: str, lang: str
) -> None:
    page = opened(write(example, lang), WIDE)
    page.set_viewport_size({"width": WIDE, "height": 720})

    end: float = page.evaluate("document.querySelector('#brief').getBoundingClientRect().bottom")

    assert end <= 720


def test_the_map_is_readable_on_a_telephone(write: Write, opened: Callable[..., Page]) -> None:
    page = opened(write("diamond_with_conductor", "uk"), 360)

    smallest: float = page.evaluate(
        """() => { const picture = document.querySelector('#brief svg');
            const scale = picture.getBoundingClientRect().width / picture.viewBox.baseVal.width;
            return scale * Math.min(...[...picture.querySelectorAll('text')].map(
                text => parseFloat(getComputedStyle(text).fontSize))); }"""
    )

    assert smallest >= 10
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert overlapping(page) == []


def test_paper_shows_the_reasons_without_a_click(write: Write, chromium: Browser) -> None:
    with chromium.new_page() as page:
        page.goto(write("barricaded_butterfly", "uk").as_uri())
        page.emulate_media(media="print")

        assert page.locator("#hindering details li").first.is_visible()


def test_a_person_of_whom_nothing_is_known_has_no_empty_bar(
    write: Write, opened: Callable[..., Page]
) -> None:
    case = crowd(1, "Ян", 1)

    page = opened(write(case, "en"))

    cells = [cell.strip() for cell in page.locator("table.b td").all_text_contents()]
    assert cells == ["not known"] * 6


@pytest.mark.parametrize("lang", few_of(LANGUAGES, 1))
@pytest.mark.parametrize("example", few_of(SHOWN))
def test_every_link_leads_to_a_place_of_the_page(
    write: Write, opened: Callable[..., Page], example: str, lang: str
) -> None:
    page = opened(write(example, lang))

    lost = page.evaluate(
        """() => [...document.querySelectorAll('a')].map(a => a.getAttribute('href'))
            .filter(href => !document.getElementById(href.slice(1)))"""
    )

    assert lost == []


@pytest.mark.parametrize("example", few_of(SHOWN))
def test_every_conclusion_leads_to_a_statement_and_its_rules_lead_back(
    write: Write, opened: Callable[..., Page], example: str
) -> None:
    page = opened(write(example, "en"))

    alone = page.evaluate(
        """() => [...document.querySelectorAll('details[id]:not(.more)')].filter(conclusion =>
            ![...conclusion.querySelectorAll('a')].some(link => {
                const place = document.getElementById(link.getAttribute('href').slice(1));
                return place.closest('#appendix')
                    && place.parentElement.querySelector(`[href="#${conclusion.id}"]`);
            })).map(conclusion => conclusion.id)"""
    )

    assert page.locator("details[id]:not(.more)").count() > 0
    assert alone == []
