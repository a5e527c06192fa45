"""Every page of the live session, in every state it can be in, against WCAG 2.2 AA.

With --all also in the other language and colours, further pages of one template, and further states
of one page.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from campaign_round import BEGUN, campaign_round
from playwright.sync_api import Page, expect

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import (
    AddEntity,
    SetAnswer,
    SetBelongs,
    SetComments,
    SetComplete,
    SetStepNote,
)
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.resources import examples_folder
from kam_expert.store.users import User, UserRole
from kam_expert.web.account_views import TABS as _TABS
from kam_expert.web.answer_form import form_of
from kam_expert.web.app import _routes
from kam_expert.web.auth import TRIES, password_hash
from kam_expert.web.failures import failure_page
from tests.browser.live_server import (
    DAY,
    PASSWORD,
    Live,
    answer_next,
    customers_link,
    key_in,
    open_all,
    serving,
    version,
    wait_for_version_after,
)
from tests.sampling import few_of, some_of
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.results.diagnosis import OpenQuestion

pytestmark = pytest.mark.browser

Findings = list[dict[str, Any]]
#: Every page is visited in one appearance, and with --all in the other too.
APPEARANCES = [("uk", "light"), pytest.param(("en", "dark"), marks=pytest.mark.long)]
TABS = (
    "", "questions", "people", "map", "profiles", "decisions", "events", "diagnosis", "plan",
    "review", "what-if", "history", "notes", "customer", "finish", "inbox",
)  # fmt: skip
#: Tabs that other files of this folder visit too, on a smaller screen.
ELSEWHERE = ("people", "map", "diagnosis", "plan", "review", "inbox")
#: Tabs that say something of their own where nothing is known.
EMPTY_TABS = ("", "map", "diagnosis")
STATUSES = (400, 403, 404, 405, 409, 410, 413, 421, 422, 429, 500, 503)


class Tour:
    """Visits pages in all states, checks each and collects the violations.

    Args:
        page: Of the visitor.
        check: Returns the violations on a page.
    """

    def __init__(self, page: Page, check: Callable[[Page], Findings]) -> None:
        self.page = page
        self.check = check
        self.found: dict[str, list[str]] = {}
        self.seen: list[str] = []

    def check_page(self, state: str) -> None:
        """Check the page as it is, with all details open."""
        self.page.wait_for_load_state("load")  # the colours need the style sheet
        open_all(self.page)
        self.seen.append(state)
        said = [f"{f['id']}: {f['nodes'][0]['html'][:200]}" for f in self.check(self.page)]
        if said:
            self.found[state] = said

    def at(self, address: str, state: str = "") -> None:
        """Go to an address and check the page."""
        self.page.goto(address)
        self.check_page(state or address)


@pytest.fixture(params=APPEARANCES, ids=["uk-light", "en-dark"])
def tour(
    visitors: Callable[..., Page],
    axe_violations: Callable[[Page], Findings],
    axe_source: str,
    request: pytest.FixtureRequest,
) -> Tour:
    """A tour in each language, one in the light colours and one in the dark."""
    lang, scheme = request.param
    page = visitors(locale=lang, color_scheme=scheme)
    page.add_init_script(axe_source)  # nearly every page is checked
    return Tour(page, axe_violations)


def test_login(locked: Live, tour: Tour, *, every: bool) -> None:
    page = tour.page
    tour.at(locked.address, "password")
    page.locator("button[name=large]").click()
    expect(page.locator("html")).to_have_class("large")
    if every:
        tour.check_page("password, large type")
    page.locator("input[name=password]").fill("wrong")
    page.locator("button.main").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    tour.check_page("wrong password")
    page.goto(f"{locked.address}/enter")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button.main").click()
    expect(page.locator("form[action='/leave']")).to_be_visible()
    tour.check_page("no account yet")
    page.locator("form[action='/leave'] button").click()
    for _ in range(TRIES + 1):
        page.goto(f"{locked.address}/enter")
        page.locator("input[name=password]").fill("wrong")
        page.locator("button.main").click()
    expect(page.locator("main.failure")).to_be_visible()
    tour.check_page("too many tries")

    assert tour.found == {}


def test_pages_before_an_account_and_failures(live: Live, tour: Tour) -> None:
    address = live.example()
    while len(live.store.accounts()) <= 50:
        live.example("almost_nothing_known")
    tour.at(live.address, "accounts")
    tour.at(f"{live.address}/?page=2", "accounts, second page")
    tour.at(f"{address}remove", "remove")
    tour.at(f"{live.address}/no/such/page", "no such page")
    tour.page.goto(live.address)
    tour.page.locator("form[action='/upload'] input[type=file]").set_input_files(
        {"name": "a.yaml", "mimeType": "text/plain", "buffer": b"facts: {trsut_self: 3}"}
    )
    tour.page.locator("form[action='/upload'] button").click()
    expect(tour.page.locator("main.failure")).to_be_visible()
    tour.check_page("a file with a mistake")
    tour.at(f"{live.address}/import", "import")
    tour.page.locator("select[name=system]").select_option("salesforce")
    tour.page.locator("input[name=files]").set_input_files(
        sorted((examples_folder() / "salesforce").glob("*.csv"))
    )
    tour.page.locator("main button.main").click()
    expect(tour.page.locator("input[name=word]")).to_be_attached()
    tour.check_page("what the files hold")
    tour.page.locator("main button.main").click()
    expect(tour.page.locator("main li")).to_have_count(2)
    tour.check_page("imported")

    assert tour.found == {}


def with_new_markup_first(statuses: Iterable[int]) -> list[Any]:
    """Return the statuses of failures; those whose page differs in its texts only are long."""
    by_markup: dict[str, list[int]] = {}
    for status in statuses:
        markup = re.sub(r">[^<]*<", "><", bytes(failure_page(status, "en").body).decode())
        by_markup.setdefault(markup, []).append(status)
    first = [alike[0] for alike in by_markup.values()]
    return few_of([*first, *(n for n in statuses if n not in first)], len(first))


@pytest.mark.parametrize("status", with_new_markup_first(STATUSES))
def test_a_failure(live: Live, tour: Tour, status: int) -> None:
    tour.page.goto(live.address)
    lang = tour.page.locator("html").get_attribute("lang") or ""
    body = bytes(failure_page(status, lang).body).decode()
    tour.page.route("**/failed", lambda route: route.fulfill(body=body, content_type="text/html"))
    tour.at(f"{live.address}/failed", f"failure {status}")

    assert tour.found == {}


def test_an_account_of_which_nothing_is_known(live: Live, tour: Tour, *, every: bool) -> None:
    tour.page.goto(live.address)
    tour.page.locator("form[action='/accounts'] input[name=name]").fill("ТОВ «Нове»")
    tour.page.locator("form[action='/accounts'] button").click()
    expect(tour.page.locator("h1")).to_have_text("ТОВ «Нове»")
    address = f"{live.address}/a/{key_in(tour.page.url)}/"
    for tab in TABS if every else EMPTY_TABS:
        tour.at(address + tab, f"nothing known: {tab or 'meeting'}")
    tour.page.goto(address)
    answer_next(tour.page)
    tour.check_page("after an answer")

    assert tour.found == {}


def test_an_account_of_which_much_is_known(live: Live, tour: Tour, *, every: bool) -> None:
    address = live.example("barricaded_butterfly")
    key = key_in(address)
    case = live.store.state(key).case
    edits: list[Edit] = [
        AddEntity("decision", "more", "Ще одне рішення"),
        SetBelongs((case.people or ())[0].id, frozenset({"more"})),
        SetComments(("Перший", "Другий")),
        SetStepNote("measure_trust_twice", hide=True)
        if "measure_trust_twice" in live.base.steps
        else SetStepNote(next(iter(live.base.steps)), hide=True),
    ]
    live.store.record(key, edits, by="Олена", seen=1)
    for tab in TABS if every else (tab for tab in TABS if tab not in ELSEWHERE):
        tour.at(address + tab, f"much known: {tab or 'meeting'}")
    kinds = [("link", case.links), ("member", case.team), ("person", case.people)]
    for kind, entities in some_of(kinds, 1, every=every):
        identity = entities[0].id
        tour.at(f"{address}people?kind={kind}&id={identity}", f"all about one {kind}")
    tour.at(f"{address}people?kind=person&id={(case.people or ())[0].id}&erase=yes", "erasing")
    tour.at(f"{address}history?since=1", "since a version")
    if every:
        tour.at(f"{address}profiles?person={(case.people or ())[-1].id}", "another profile")
        tour.at(f"{address}history?day=2026-01-01", "since a day")

    assert tour.found == {}


def form_key(fact: Fact) -> tuple[str, bool, bool]:
    """Return what the form of a question depends on."""
    return form_of(fact), bool(fact.words()), fact.doc.asked_of == "both"


def with_new_form_first(base: KnowledgeBase) -> list[Any]:
    """Return the themes; those whose questions have only forms of earlier ones are long."""
    forms: dict[str, set[str]] = {}
    for fact in base.facts.values():
        forms.setdefault(fact.doc.theme, set()).add(form_of(fact))
    first: list[str] = []
    for theme, own in forms.items():
        if own - {form for earlier in first for form in forms[earlier]}:
            first.append(theme)
    return few_of([*first, *(theme for theme in forms if theme not in first)], len(first))


@pytest.mark.parametrize("theme", with_new_form_first(shipped_base()))
def test_the_open_questions_of_a_theme(live: Live, tour: Tour, theme: str) -> None:
    address = live.example("barricaded_butterfly")
    tour.at(f"{address}questions?theme={theme}&open=yes")

    assert tour.found == {}


def each_form(live: Live, form: Callable[[Fact], Any]) -> Iterator[tuple[str, str, str]]:
    """Yield a fact for each form of question, with its kind."""
    met = set()
    for fact in live.base.facts.values():
        if fact.kind in ("account", "person") and form(fact) not in met:
            met.add(form(fact))
            yield fact.name, fact.kind, "theirs" if fact.doc.asked_of == "customer" else "ours"


def test_questions_of_every_form_and_what_if(live: Live, tour: Tour, *, every: bool) -> None:
    address = live.example("two_sides_disagree")
    case = live.store.state(key_in(address)).case
    ids = {"account": case.account.id, "person": (case.people or ())[0].id}
    for fact, kind, side in each_form(live, form_key if every else form_of):
        tour.at(f"{address}question?kind={kind}&id={ids[kind]}&fact={fact}&side={side}")
    # There an answer has no words of its own, and one side answers.
    for fact, kind, side in some_of([*each_form(live, form_of)], 1, every=every):
        tour.at(f"{address}what-if?pick={json.dumps([kind, ids[kind], fact, side])}")
    slot = json.dumps(["account", ids["account"], "trust_other", "theirs"])
    tour.at(f"{address}what-if?pick={slot}&value=9", "what if: no such value")
    tour.at(f"{address}what-if?pick={slot}&value=1", "what if: what would follow")
    names = ("two_sides_disagree", "large_and_unprofitable", "doubled_channel")
    for name in some_of(names, 1, every=every):
        tour.at(f"{live.example(name)}diagnosis", f"diagnosis: {name}")

    assert tour.found == {}


def answer_not_known(live: Live, address: str, *, sides: tuple[str, ...], of_lists: bool) -> None:
    """Answer all that these sides are asked with "not known"; of lists only on request."""
    key = key_in(address)
    while True:
        state = live.store.state(key)
        found = diagnose(state.case, live.base, DAY, PlainEngine())
        told = {
            edit.slot if isinstance(edit, SetAnswer) else edit.list
            for entry in live.store.history(key)
            for edit in entry.edits
            if isinstance(edit, SetAnswer | SetComplete)
        }
        edits = [
            edit
            for question in found.open_questions
            for place, edit in edits_not_known(question, sides)
            if place not in told and (of_lists or isinstance(place, Slot))
        ]
        if not edits:
            return
        live.store.record(key, list(dict.fromkeys(edits)), seen=state.version)


def edits_not_known(
    question: OpenQuestion, sides: tuple[str, ...]
) -> Iterator[tuple[Slot | str, SetAnswer | SetComplete]]:
    """Yield each slot or list of a question, and the edit for the answer "not known".

    A meeting asks both sides a question that both can answer.
    """
    if question.fact is None:
        yield question.of or "", SetComplete(question.of or "", complete=None)
        return
    asked = ("ours", "theirs") if question.asked_of == "both" else (question.side,)
    for side in asked:
        if side in sides:
            slot = Slot(question.about.kind, question.about.id, question.fact, side)
            yield slot, SetAnswer(slot, UNKNOWN)


def test_the_end_of_the_questions(live: Live, tour: Tour) -> None:
    address = live.example("almost_nothing_known")
    next_question = tour.page.locator("#next form")
    answer_not_known(live, address, sides=("ours",), of_lists=False)
    tour.page.goto(address)
    if tour.page.locator("input[name=list]").count():
        tour.check_page("whether a list is complete")
    answer_not_known(live, address, sides=("ours",), of_lists=True)
    tour.page.goto(address)
    expect(next_question).to_have_count(0)
    expect(tour.page.locator("#next a[href=customer]")).to_be_visible()
    tour.check_page("what is left needs the customer")
    answer_not_known(live, address, sides=("ours", "theirs"), of_lists=True)
    tour.page.goto(address)
    expect(next_question).to_have_count(0)
    expect(tour.page.locator("#next a[href=customer]")).to_have_count(0)
    expect(tour.page.locator("#next a[href=finish]")).to_be_visible()
    tour.check_page("nothing more to ask")

    assert tour.found == {}
    assert tour.seen == [
        "whether a list is complete", "what is left needs the customer", "nothing more to ask",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "script", few_of([True, False], 1), ids=["with scripts", "without scripts"]
)
def test_what_others_do_meanwhile(live: Live, tour: Tour, *, script: bool) -> None:
    page = tour.page
    if not script:
        page.route("**/live.js", lambda route: route.abort())
    address = live.example()
    key = key_in(address)
    account = live.store.state(key).case.account.id
    place = Slot("account", account, "access_to_others")
    question = f"{address}question?kind=account&id={account}&fact={place.fact}&side=ours"

    page.goto(question)
    page.locator("form.answer details").first.locator("summary").click()
    page.locator("input[name=by]").first.fill("хворий Петро")
    live.store.record(key, [SetAnswer(place, "blocked")], by="Інша", seen=1)
    page.locator("button[value=buyer_present]").first.click()
    expect(page.locator("#conflict")).to_be_visible()
    tour.check_page("two answers to one question")
    page.locator("#conflict button.main").click()
    expect(page.locator(".denied")).to_be_visible()
    tour.check_page("a denied word")

    page.goto(f"{address}notes")
    live.store.record(key, [SetAnswer(place, "free")], by="Інша", seen=3)
    page.locator("textarea").last.fill("Ще одна нотатка")
    page.locator("form[action$='/comments'] button").click()
    expect(page.locator("#notices .notice").first).to_be_visible()
    tour.check_page("what others changed")

    page.goto(question)
    page.locator("input[name=seen]").evaluate_all("all => all.forEach(f => { f.value = 99 })")
    page.locator("button[value=free]").first.click()
    expect(page.locator("#status:not(:empty), main.failure")).to_be_visible()
    tour.check_page("an answer that was refused")

    assert tour.found == {}


def test_the_customers_page(
    live: Live, tour: Tour, visitors: Callable[..., Page], tmp_path: Path, *, every: bool
) -> None:
    page = tour.page
    address = live.example("two_sides_disagree")
    key = key_in(address)
    link = customers_link(page, address)
    tour.check_page("a link that works")
    tour.at(link, "the customer's page")
    first, fact, following = live.base.chapters.customer_questions[:3]
    page.locator("#next a.main").click()
    expect(page.locator("#next input[name=fact]")).to_have_value(first)
    tour.check_page("a question on a screen")
    page.locator("#next a.button").last.click()
    expect(page.locator("#next input[name=fact]")).to_have_value(fact)
    assert fact == "trust_other"
    case = live.store.state(key)
    slot = Slot("account", case.case.account.id, fact, "theirs")
    live.store.record(key, [SetAnswer(slot, 2)], by="customer/Інша", seen=case.version)
    page.locator("#next button[value='5']").click()
    expect(page.locator("#notices .notice")).to_be_visible()
    expect(page.locator("#next .answered b").first).to_contain_text("2")
    tour.check_page("a colleague was faster")
    page.locator("#next button[value='4']").click()
    expect(page.locator("#next input[name=fact]")).to_have_value(following)
    tour.check_page("after an answer of the customer")
    page.locator("#next a.button").first.click()
    expect(page.locator("#next .answered b").first).to_contain_text("4")
    if every:
        tour.check_page("an answer to change")
        tour.at(link, "the customer's page when something is answered")
    for step in ("review", "thanks", "all"):
        tour.at(f"{link}?step={step}", f"the customer's page: {step}")
    question = page.locator("details.ask", has=page.locator(f"input[value={fact}]"))
    expect(question.locator(".now b")).to_contain_text("4")
    question.locator("button[value='3']").click()
    expect(question.locator(".now b")).to_contain_text("3")
    if every:
        tour.check_page("an answer among all questions")

    file = visitors().request.get(f"{address}questionnaire.html")
    (tmp_path / "questions.html").write_bytes(file.body())
    tour.at((tmp_path / "questions.html").as_uri(), "questionnaire")
    live.store.give_link(key, datetime.now(UTC) - timedelta(days=1))
    tour.at(link, "an expired link")
    tour.at(f"{address}customer", "our page when the link has expired")

    assert tour.found == {}


def test_a_meeting_from_the_people_to_the_end(live: Live, tour: Tour, *, every: bool) -> None:
    page = tour.page
    page.goto(live.address)
    page.locator("form[action='/accounts'] input[name=name]").fill("ТОВ «Зустріч»")
    page.locator("form[action='/accounts'] button").click()
    address = f"{live.address}/a/{key_in(page.url)}/"
    for of in some_of(("links", "people", "team"), 1, every=every):
        tour.at(f"{address}?list={of}", f"nobody named yet: {of}")

    page.goto(address)
    page.locator("#here-name").fill("Олена")
    page.locator("#here-until").fill("23:59")
    page.locator("#here button[value=no]").click()
    expect(page.locator("details#here")).to_be_attached()
    tour.check_page("the meeting has begun")
    for of, names in (("people", "Закупівлі\nТехнолог"), ("team", "Продажі\nСервіс")):
        page.goto(f"{address}?list={of}")
        before = version(page)
        page.locator(f"#new-{of}").fill(names)
        page.locator("form[action$='/names'] button").click()
        wait_for_version_after(page, before)
        if every or of == "team":
            tour.check_page(f"some are named: {of}")
    page.goto(f"{address}?list=links")
    expect(page.locator("table.pairs input")).to_have_count(4)
    if every:
        tour.check_page("the grid of ties")
    before = version(page)
    page.locator("table.pairs input").first.check()
    page.locator("form[action$='/ties'] button[name=some]").click()
    wait_for_version_after(page, before)
    page.goto(f"{address}?list=links")
    expect(page.locator("table.pairs input:checked")).to_have_count(1)
    tour.check_page("the grid of ties with a tie")

    for chapter in some_of([*live.base.chapters.docs], 1, every=every):
        tour.at(f"{address}?chapter={chapter}", f"chapter: {chapter}")
    theirs = f"{address}?kind=account&id={account_id(live, address)}&fact=trust_other&side=theirs"
    tour.at(theirs, "a question that needs the customer")
    page.locator("#next button").click()
    expect(page.locator("#panel-folded")).to_be_attached()
    tour.check_page("the customer is here too")
    tour.at(theirs.replace("=theirs", "=both"), "a question to both sides")
    answer_next(page)
    tour.check_page("one side has answered")
    tour.at(f"{address}finish", "the end of the meeting")

    assert tour.found == {}


def account_id(live: Live, address: str) -> str:
    """Return the id of the account on a page."""
    return live.store.state(key_in(address)).case.account.id


def test_what_can_be_taken_away(live: Live, tour: Tour, tmp_path: Path, *, every: bool) -> None:
    page = tour.page
    page.goto(f"{live.example('barricaded_butterfly')}finish")
    lang = page.locator("html").get_attribute("lang")
    files = page.locator("ul.files a").evaluate_all("all => all.map(a => a.href)")
    kinds = {address: address.partition("?")[0].rpartition(".")[2] for address in files}
    assert Counter(kinds.values()) == {
        "html": 9, "pdf": 9, "xlsx": 6, "csv": 6, "ics": 3, "json": 3,
    }  # fmt: skip
    shown = [a for a, kind in kinds.items() if kind == "html" and a.endswith(f"lang={lang}")]
    assert len(shown) == 6
    shown.sort(key=lambda address: "customer" not in address)
    for address in some_of(shown, 2, every=every):
        # Its policy forbids scripts, also those of axe-core: checked as the saved file.
        saved = tmp_path / "report.html"
        saved.write_bytes(page.request.get(address).body())
        tour.at(saved.as_uri(), address)
        expect(page.locator("html")).to_have_attribute("lang", lang or "")
    # A file that is not a page has its first bytes.
    first = {"pdf": b"%PDF-", "xlsx": b"PK"}
    fetched = {kind: address for address, kind in kinds.items() if kind in first}
    for kind, address in fetched.items():
        assert page.request.get(address).body().startswith(first[kind]), address

    assert tour.found == {}


@pytest.fixture(scope="module")
def with_campaign(base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A live session with a campaign in which some have answered."""
    folder, *_ = campaign_round(tmp_path_factory.mktemp("round"), 4, 2, 1)
    store = tmp_path_factory.mktemp("store")
    with serving(base, store, today=lambda: BEGUN, campaign=folder.status) as served:
        yield served


def test_the_page_of_a_campaign(with_campaign: Live, tour: Tour) -> None:
    tour.page.goto(with_campaign.address)
    tour.page.locator("a[href='/campaign/']").first.click()
    expect(tour.page).to_have_url(f"{with_campaign.address}/campaign/")
    tour.check_page("campaign")

    assert tour.found == {}


def test_the_page_of_users(
    tmp_path_factory: pytest.TempPathFactory, base: KnowledgeBase, tour: Tour
) -> None:
    page = tour.page
    with serving(base, tmp_path_factory.mktemp("store"), has_users=True) as served:
        served.store.users.add(User("Олена", UserRole.OWNER, password_hash(PASSWORD)))
        tour.at(f"{served.address}/enter", "name and password")
        page.locator("input[name=name]").fill("Олена")
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("button.main").click()
        expect(page.locator("form[action='/leave']")).to_be_visible()
        tour.at(f"{served.address}/users", "users")

    assert tour.found == {}


def test_every_route_is_visited() -> None:
    """A new page has to be added to the tours above, and to this list."""
    routes = _routes(links=True, portable=False, workshop=True)
    shown = {route.path for route in routes if "GET" in (route.methods or ())}

    assert shown == {
        "/", "/enter", "/a/{key}/", "/a/{key}/{tab}", "/a/{key}/remove", "/c/{token}/",
        "/a/{key}/questionnaire.html", "/campaign/", "/users", "/a/{key}/{what}/{edition}.{suffix}",
        "/import",
        # Not pages: style sheets, scripts, data, and files to save.
        "/live.css", "/live.js", "/map.css", "/map.js", "/a/{key}/version",
        "/a/{key}/case.yaml",
        # In tests/browser/test_workshop.py.
        "/workshop/", "/workshop/{rule}/", "/workshop.css", "/workshop.js",
    }  # fmt: skip
    assert {*TABS, "question"} == set(_TABS)
