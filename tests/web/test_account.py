"""The consultants' pages: what is done on them is in the store."""

from __future__ import annotations

import html
import json
import re
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from markupsafe import escape

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.errors import Place
from kam_expert.facts.case_reader import build_case
from kam_expert.knowledge.values import Interval
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.wording import Words
from kam_expert.store import event_log
from tests.web.conftest import DAY, Visitor, text_of

if TYPE_CHECKING:
    from datetime import tzinfo

    import httpx2

    from kam_expert.facts.case import Answer, Entity
    from kam_expert.knowledge.base import KnowledgeBase


def last(visitor: Visitor, key: str, fact: str, side: str = "ours") -> Answer:
    answers: dict[str, tuple[Answer, ...]] = getattr(visitor.store.state(key).case.account, side)
    return answers[fact][-1]


def send(visitor: Visitor, key: str, action: str, /, **fields: object) -> httpx2.Response:
    """Send a form about the newest version of an account."""
    seen = {"seen": visitor.store.state(key).version}
    answer = visitor.post(f"/a/{key}/{action}", seen | fields)
    assert answer.status_code == 303, text_of(answer)
    return answer


# Strategy


@pytest.mark.every_method
def test_a_strategy_of_ones_own_has_its_reason_on_the_page(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.example()
    state = visitor.store.state(key)
    found = diagnose(state.case, base, DAY, engine_of(base)).strategy
    assert found
    other = next(s for s in base.strategies if s.id != found.found.id)
    by_rules = base.strategy(found.found.id)
    assert by_rules

    send(visitor, key, "strategy", strategy=other.id, reason=" The board asks for it ")

    chosen = visitor.store.state(key).case.notes.strategy
    assert chosen
    assert (chosen.id, chosen.reason) == (other.id, "The board asks for it")
    page = text_of(visitor.get(f"/a/{key}/diagnosis"))
    assert f"Strategy {other.name.en} Chosen – The board asks for it" in page
    assert f"By the rules it would be: {by_rules.name.en}." in page
    form = visitor.get(f"/a/{key}/notes").text
    assert f'<option value="{other.id}" selected>' in form
    assert 'value="The board asks for it"' in form

    send(visitor, key, "strategy", strategy="", reason="no longer of use")

    assert visitor.store.state(key).case.notes.strategy is None
    assert f"Strategy {by_rules.name.en} " in text_of(visitor.get(f"/a/{key}/diagnosis"))


def test_a_strategy_that_does_not_exist_changes_nothing(visitor: Visitor) -> None:
    key = visitor.example()
    before = visitor.store.state(key)

    answer = visitor.post(
        f"/a/{key}/strategy", {"seen": before.version, "strategy": "retreat", "reason": "tired"}
    )

    assert answer.status_code == 404
    assert visitor.store.state(key).version == before.version


# Accounts


@pytest.mark.every_method
def test_the_page_lists_the_main_causes_in_order(visitor: Visitor, base: KnowledgeBase) -> None:
    key = visitor.example()
    state = visitor.store.state(key)
    diagnosis = diagnose(state.case, base, DAY, engine_of(base))
    names = [base.findings[cause.first.id].name.en for cause in diagnosis.causes]
    panel = visitor.get(f"/a/{key}").text.partition("Main causes</h3>")[2].partition("</ol>")[0]
    shown = re.sub(r"<details.*?</details>", "", panel, flags=re.DOTALL)

    assert names
    assert [
        re.sub("<[^>]*>", "", item).partition(":")[0].strip().casefold()
        for item in shown.split("<li>")[1:]
    ] == [name.casefold() for name in names]


def test_a_new_account_is_listed_with_stage_and_date(visitor: Visitor) -> None:
    visitor.begin("ТОВ «Нове»")

    text = text_of(visitor.get("/"))

    assert "ТОВ «Нове»" in text
    assert "Undetermined" in text


@pytest.mark.every_method
def test_a_case_file_comes_in_and_goes_out_unchanged(visitor: Visitor) -> None:
    key = visitor.example()
    before = visitor.store.state(key).case

    file = visitor.get(f"/a/{key}/case.yaml")
    visitor.post("/upload", files={"case": ("case.yaml", file.content)})

    copies = [visitor.store.state(row.key).case.digest() for row in visitor.store.accounts()]
    assert copies == [before.digest()] * 2


def test_an_account_is_removed_after_a_question_only(visitor: Visitor) -> None:
    key = visitor.example()

    visitor.get(f"/a/{key}/remove")
    assert len(visitor.store.accounts()) == 1
    visitor.post(f"/a/{key}/remove")

    assert visitor.store.accounts() == ()
    assert visitor.get(f"/a/{key}/").status_code == 404


@pytest.mark.parametrize("lang", ["uk", "en"])
@pytest.mark.parametrize(
    "example", ["almost_nothing_known", "diamond_with_conductor", "two_sides_disagree"]
)
def test_the_page_shows_what_the_engine_finds(
    visitor: Visitor, base: KnowledgeBase, example: str, lang: str
) -> None:
    key = visitor.example(example)
    found = diagnose(visitor.store.state(key).case, base, DAY, engine_of(base))

    text, plan = (
        text_of(visitor.get(f"/a/{key}/{tab}", headers={"accept-language": lang}))
        for tab in ("diagnosis", "plan")
    )

    assert base.stage_model.title(found.stage.verdict).get(lang) in text
    for step in found.next_steps:
        assert base.steps[step.id].name.get(lang).split("{")[0] in plan


# Answers


def test_an_answer_records_its_author_date_and_source(visitor: Visitor) -> None:
    key = visitor.begin()

    visitor.answer(
        key, "access_to_others", "free", by="Олена", as_of="2026-10-01", source="observed"
    )

    answer = last(visitor, key, "access_to_others")
    said = (answer.value, answer.by, answer.as_of, answer.source)
    assert said == ("free", "Олена", date(2026, 10, 1), "observed")
    shown = text_of(visitor.get(f"/a/{key}/questions?theme=access"))
    assert "observed: Олена, 1 October 2026" in shown


@pytest.mark.parametrize(
    ("fact", "sent", "value"),
    [
        ("complaints_open", "12", 12),
        ("revenue_12m", "1 200 000,50", 1200000.5),
        ("revenue_rank_pct", "80..100", Interval(80, 100)),
        ("trust_self", "4", 4),
        ("structural_ties", "none", frozenset()),
        ("partnership_start", "2021-05-18", date(2021, 5, 18)),
        ("partnership_start", "none", "none"),
    ],
)
def test_an_answer_is_read_as_people_write_it(
    visitor: Visitor, fact: str, sent: str, value: object
) -> None:
    key = visitor.begin()

    visitor.answer(key, fact, sent)

    assert last(visitor, key, fact).value == value


def test_a_question_answered_not_known_is_not_asked_next_again(visitor: Visitor) -> None:
    key = visitor.example("almost_nothing_known")
    visitor.post(f"/a/{key}/complete", {"seen": 1, "list": "links", "complete": "unknown"})
    page = visitor.get(f"/a/{key}/").text
    first = page.split("id=next-t tabindex=-1>")[1].split("<")[0]
    hidden = dict(re.findall(r'name=(kind|id|fact|side) value="([^"]*)"', page))

    visitor.answer(key, hidden.pop("fact"), "", unknown="yes", **hidden)

    after = visitor.get(f"/a/{key}/").text
    assert after.split("id=next-t tabindex=-1>")[1].split("<")[0] != first
    assert visitor.store.state(key).case.account.theirs == {}


def test_loading_the_page_after_an_answer_does_not_send_it_again(visitor: Visitor) -> None:
    key = visitor.begin()

    answer = visitor.answer(key, "access_to_others", "free", back="questions?theme=access")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/a/{key}/questions?theme=access#q")


def test_the_script_gets_the_page_with_the_new_diagnosis_at_once(visitor: Visitor) -> None:
    key = visitor.example("almost_nothing_known")
    headers = {"origin": "http://127.0.0.1:8765", "x-kam": "live"}
    state = visitor.store.state(key)

    answer = visitor.answer(key, "complaints_open", "40", back="diagnosis")
    live = visitor.post(
        f"/a/{key}/answer",
        {
            "seen": state.version + 1, "kind": "account", "id": state.case.account.id,
            "fact": "complaints_open", "side": "ours", "value": "2", "back": "diagnosis",
        },
        headers=headers,
    )  # fmt: skip

    assert answer.status_code == 303
    assert live.status_code == 200
    assert f"data-version={state.version + 2}" in live.text
    assert live.text == visitor.get(f"/a/{key}/diagnosis").text


def test_the_page_lists_the_effects_of_the_last_change(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.begin()

    visitor.answer(key, "bad_news_from_us", "hidden", side="theirs")

    moved = visitor.get(f"/a/{key}/").text.split("<ul class=effects>")[1].split("</ul>")[0]
    assert base.findings["openness_lacking"].name.en in moved


@pytest.mark.parametrize(
    ("action", "fields", "says"),
    [
        ("undo", {}, "Такої зміни вже немає."),
        ("redo", {}, "Такої зміни вже немає."),
        ("add", {"kind": "person", "name": " "}, "Напишіть ім’я або роль."),
        ("add", {"kind": "decision"}, "Напишіть ім’я або роль."),
    ],
)
def test_an_impossible_action_is_an_error_in_the_language_of_the_visitor(
    visitor: Visitor, action: str, fields: dict[str, str], says: str
) -> None:
    key = visitor.begin()
    visitor.post("/visitor", {"lang": "uk"})

    answer = visitor.post(f"/a/{key}/{action}", {"seen": 1} | fields)

    assert answer.status_code == 422
    assert says in text_of(answer)
    assert visitor.store.state(key).version == 1


# Concurrent changes


def test_two_changes_of_the_same_thing_are_a_conflict(visitor: Visitor) -> None:
    key = visitor.begin()
    visitor.answer(key, "access_to_others", "free")
    seen = visitor.store.state(key).version
    visitor.answer(key, "access_to_others", "blocked")

    answer = visitor.answer(key, "access_to_others", "buyer_present", seen=seen, back="questions")

    assert answer.status_code == 409
    text = text_of(answer)
    assert "no access" in text
    assert "with the buyer present" in text
    assert last(visitor, key, "access_to_others").value == "blocked"


def test_changes_of_different_things_are_both_saved(visitor: Visitor) -> None:
    key = visitor.begin()
    visitor.answer(key, "access_to_others", "free")
    seen = visitor.store.state(key).version
    visitor.answer(key, "complaints_open", "2")

    answer = visitor.answer(key, "effort_balance", "balanced", seen=seen)

    assert answer.status_code == 303
    told = text_of(visitor.get(answer.headers["location"]))
    assert "Meanwhile others changed" in told
    assert "open complaints: 2" in told
    assert "balanced" not in told.split("Meanwhile")[1].split(".")[0]


def test_an_undo_of_an_unseen_change_is_a_conflict(visitor: Visitor) -> None:
    key = visitor.begin()
    visitor.answer(key, "access_to_others", "free")
    seen = visitor.store.state(key).version
    visitor.answer(key, "complaints_open", "2")

    answer = visitor.post(f"/a/{key}/undo", {"seen": seen})

    assert answer.status_code == 409
    assert last(visitor, key, "complaints_open").value == 2


# People


def only(entities: tuple[Entity, ...] | None) -> Entity:
    assert entities is not None
    [entity] = entities
    return entity


def test_people_team_and_ties_are_added_changed_and_removed(visitor: Visitor) -> None:
    key = visitor.begin()
    send(visitor, key, "add", kind="person", name="Галина")
    send(visitor, key, "add", kind="member", name="Назар")
    send(
        visitor, key, "add", kind="link", member="m1", person="p1", **{"f-link_exchanges_90d": "9"}
    )
    person = only(visitor.store.state(key).case.people)
    link = only(visitor.store.state(key).case.links)
    assert link.ours["link_exchanges_90d"][0].value == 9

    fields = {"f-function": "quality", "f-is_main_contact": ""}
    send(visitor, key, "row", kind="person", id=person.id, name="Галина Т.", **fields)
    changed = only(visitor.store.state(key).case.people)
    send(visitor, key, "take-away", kind="person", id=person.id)

    assert changed.name == "Галина Т."
    assert changed.ours["function"][0].value == "quality"
    assert "is_main_contact" not in changed.ours
    assert not visitor.store.state(key).case.people
    assert not visitor.store.state(key).case.links


def test_a_duplicate_tie_is_rejected(visitor: Visitor) -> None:
    key = visitor.example()
    link = (visitor.store.state(key).case.links or ())[0]
    member, person = link.ends or ("", "")
    fields = {"seen": 1, "kind": "link", "member": member, "person": person}

    answer = visitor.post(f"/a/{key}/add", fields)

    assert answer.status_code == 422
    assert "There is already a tie between these two." in text_of(answer)


def test_a_row_saved_unchanged_is_no_change(visitor: Visitor) -> None:
    key = visitor.example()
    before = visitor.store.state(key)
    person = (before.case.people or ())[0]
    function = person.ours["function"][-1].value

    send(
        visitor,
        key,
        "row",
        kind="person",
        id=person.id,
        name=person.name,
        **{"f-function": function},
    )

    assert visitor.store.state(key).version == before.version


def test_a_list_is_marked_as_complete_or_empty(visitor: Visitor) -> None:
    key = visitor.begin()

    send(visitor, key, "listed", list="people", listed="yes")
    send(visitor, key, "complete", list="team", complete="no")

    case = visitor.store.state(key).case
    assert case.people == ()
    assert case.complete == {"people": True, "team": False}

    send(visitor, key, "listed", list="people", listed="no")

    case = visitor.store.state(key).case
    assert (case.people, case.complete) == (None, {"team": False})


def test_an_erased_person_is_in_no_version(visitor: Visitor) -> None:
    key = visitor.begin()
    send(visitor, key, "add", kind="person", name="Ганна Тиха")

    send(visitor, key, "erase", kind="person", id="p1")

    pages = [visitor.get(f"/a/{key}/{tab}").text for tab in ("people", "history", "case.yaml")]
    assert [page for page in pages if "Ганна" in page] == []


def test_words_like_the_name_are_shown_before_an_erasure_and_erased_if_ticked(
    visitor: Visitor,
) -> None:
    key = visitor.begin()
    send(visitor, key, "add", kind="person", name="Ганна Тиха")
    send(visitor, key, "comments", comment=["Дзвонила Ганнуся", "h.tykha@client.ua"])

    page = visitor.get(f"/a/{key}/people?kind=person&id=p1&erase=yes").text
    send(visitor, key, "erase", kind="person", id="p1", also=["Ганнуся", "tykha"])

    assert 'value="Ганнуся"' in page
    assert 'value="tykha"' in page
    assert visitor.store.state(key).case.notes.comments == ()


def test_several_decisions_have_their_own_people(visitor: Visitor) -> None:
    key = visitor.begin()
    send(visitor, key, "add", kind="person", name="Галина")
    send(visitor, key, "add", kind="decision", name="Плівка")
    send(visitor, key, "add", kind="decision", name="Папір")

    send(visitor, key, "belongs", kind="person", id="p1", decision=["d2"])

    assert only(visitor.store.state(key).case.people).decisions == frozenset({"d2"})
    assert visitor.get(f"/a/{key}/decisions").status_code == 200


def test_an_event_is_added_changed_and_taken_away(visitor: Visitor) -> None:
    key = visitor.begin()
    send(visitor, key, "add", kind="person", name="Галина")
    answers = {"f-event_kind": "person_left", "f-event_day": "2026-10-03", "f-event_note": ""}
    send(visitor, key, "add", kind="event", person="p1", member="", **answers)

    [event] = visitor.store.state(key).case.events or ()
    told = [event.ours[fact][0].value for fact in ("event_kind", "event_day")]
    assert (event.ends, told) == (("", "p1"), ["person_left", date(2026, 10, 3)])
    assert "A person leaves, Галина, 3 October 2026" in text_of(visitor.get(f"/a/{key}/events"))

    send(visitor, key, "row", kind="event", id="e1", **answers | {"f-event_day": "2026-12-31"})
    [event] = visitor.store.state(key).case.events or ()
    assert [a.value for a in event.ours["event_day"]] == [date(2026, 12, 31)]

    note = "Йде на пенсію. " * 20 + "Наступника ще не названо."
    send(visitor, key, "row", kind="event", id="e1", **answers | {"f-event_note": note})
    page = visitor.get(f"/a/{key}/events").text
    assert f"{note}</textarea>" in page  # the whole note, in a field that grows with it

    send(visitor, key, "take-away", kind="event", id="e1")
    assert visitor.store.state(key).case.events is None


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"f-event_day": "2026-10-03"}, "Choose what happens and on what day."),
        ({"f-event_kind": "person_left"}, "Choose what happens and on what day."),
        (
            {"f-event_kind": "person_left", "f-event_day": "2026-10-03"},
            "Choose whom the event concerns.",
        ),
    ],
)
def test_an_event_without_kind_day_or_person_is_refused(
    visitor: Visitor, answers: dict[str, str], message: str
) -> None:
    key = visitor.begin()
    seen = {"seen": visitor.store.state(key).version, "kind": "event"}

    answer = visitor.post(f"/a/{key}/add", seen | answers)

    assert message in text_of(answer)
    assert visitor.store.state(key).case.events is None


def test_an_answer_that_no_longer_holds_is_shown_as_an_earlier_one(visitor: Visitor) -> None:
    key = visitor.begin()
    send(visitor, key, "add", kind="person", name="Галина")
    slot = {"kind": "person", "id": "p1", "fact": "open_to_us", "side": "ours"}
    send(visitor, key, "answer", **slot, value="3", as_of="2026-01-01")
    address = f"/a/{key}/question?kind=person&id=p1&fact=open_to_us"
    assert "no longer holds" not in text_of(visitor.get(address))

    answers = {"f-event_kind": "person_left", "f-event_day": "2026-02-01"}
    send(visitor, key, "add", kind="event", person="p1", **answers)

    assert "no longer holds: 3" in text_of(visitor.get(address))


def _drawn(picture: str) -> tuple[str, tuple[str, ...]]:
    """Return the words of a picture, and the width of each of its ties by state."""
    labels = re.sub(r"<title>.*?</title>", "", picture)
    words = " ".join(re.findall(r"[^<>]+(?=</text>)", labels))
    return words, tuple(re.findall(r'<g class=\w+>|stroke-width="?[\d.]+', picture))


@pytest.mark.parametrize("tab", ["", "people", "diagnosis"])
def test_the_picture_is_the_one_of_the_report(visitor: Visitor, tab: str) -> None:
    key = visitor.example()

    pages = [visitor.get(f"/a/{key}/{page}") for page in (tab, "report/consultant.html?lang=en")]

    live, report = (re.findall(r"(?s)<svg.*?</svg>", page.text) for page in pages)
    assert len(live) == 1
    # The report breaks names over two lines; people, ties and their width are the same.
    words, widths = zip(*(_drawn(picture) for picture in (*live, *report)), strict=True)
    assert len(set(words)) == len(set(widths)) == 1


# Notes in the report


@pytest.mark.every_method
def test_target_comments_and_notes_on_steps_are_saved_and_reported(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.example()
    step = diagnose(visitor.store.state(key).case, base, DAY, engine_of(base)).next_steps[0].id
    target = base.stage_model.stages[-1].name

    send(visitor, key, "account", name="Інша назва", owner="Олена", segment="", target=target)
    send(visitor, key, "comments", comment=["Перший", "", "Другий\r\nрядок"])
    send(visitor, key, "step", step=step, owner="Назар", due="2026-12-24")

    case = visitor.store.state(key).case
    told = (case.account.name, case.owner, case.notes.target_stage)
    assert told == ("Інша назва", "Олена", target)
    assert case.notes.comments == ("Перший", "Другий\nрядок")
    report = visitor.get(f"/a/{key}/report/consultant.html?lang=uk").text
    for said in ("Інша назва", "Другий", "Назар", "24 груд."):
        assert said in report


@pytest.mark.every_method
def test_a_step_is_hidden_and_shown_again(visitor: Visitor, base: KnowledgeBase) -> None:
    key = visitor.example()
    step = diagnose(visitor.store.state(key).case, base, DAY, engine_of(base)).next_steps[0].id

    send(visitor, key, "step", step=step, hide="yes")
    aside = visitor.get(f"/a/{key}/plan").text
    send(visitor, key, "step", step=step)
    back = visitor.get(f"/a/{key}/plan").text

    assert f'id="move-{step}"' not in aside
    assert f'id="move-{step}"' in back


@pytest.mark.every_method
def test_the_plan_is_in_one_place_and_the_diagnosis_leads_to_it(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.example()
    case = visitor.store.state(key).case
    diagnosis = diagnose(case, base, DAY, engine_of(base))
    plan = shown_plan(diagnosis, Words(base, case, "en", DAY))

    steps = visitor.get(f"/a/{key}/diagnosis").text.partition("<section id=steps")[2]
    section = steps.partition("</section>")[0]
    page = visitor.get(f"/a/{key}/plan").text

    for move in plan.moves:
        anchor = f"move-{move.move.step}"
        assert f'<a href="plan#{anchor}">{escape(move.name)}</a>' in section
        place = page.index(f'id="{anchor}"')
        assert str(escape(move.why)) in page[place:]
    assert "<form" not in section
    folded = page[page.index("<div id=later>") :]
    for left in (*plan.later, *plan.waits):
        assert str(escape(left.name)) in folded


def test_every_step_that_can_begin_can_be_agreed(visitor: Visitor, base: KnowledgeBase) -> None:
    key = visitor.example()
    case = visitor.store.state(key).case
    diagnosis = diagnose(case, base, DAY, engine_of(base))
    plan = shown_plan(diagnosis, Words(base, case, "en", DAY))
    groups = [lefts for _, lefts in plan.later_by_reason()]
    later = [left for lefts in groups for left in lefts if left.left.reason != "people"]

    page = visitor.get(f"/a/{key}/plan").text

    offered = re.findall(r'/agree".*?name=step value="(\w+)"', page, flags=re.DOTALL)
    assert later
    assert offered == [
        *(move.steps[0].id for move in plan.moves),
        *(left.steps[0].id for left in later),
    ]
    send(visitor, key, "agree", step=offered[-1], owner="Назар")
    [entry] = visitor.store.state(key).case.plan
    assert (entry.step, entry.owner, entry.side) == (offered[-1], "Назар", "ours")
    agreed = visitor.get(f"/a/{key}/plan").text.partition("<h2 id=agreed-t")[2]
    assert base.steps[offered[-1]].name.en in agreed.partition("</section>")[0]


# What if, and history


def test_what_if_shows_the_consequences_and_saves_nothing(visitor: Visitor) -> None:
    key = visitor.example()
    state = visitor.store.state(key)
    slot = f'["account", "{state.case.account.id}", "trust_other", "theirs"]'

    page = visitor.get(f"/a/{key}/what-if", params={"pick": slot, "value": "5"})
    wrong = visitor.get(f"/a/{key}/what-if", params={"pick": slot, "value": "9"})

    assert "because of:" in text_of(page)
    assert "does not answer" in text_of(wrong)
    assert visitor.store.state(key).version == state.version


def test_the_history_has_the_author_the_change_and_its_effects(visitor: Visitor) -> None:
    key = visitor.begin()
    visitor.post("/visitor", {"name": "Соломія", "back": "/"})
    visitor.answer(key, "bad_news_from_us", "hidden", side="theirs")

    text = text_of(visitor.get(f"/a/{key}/history?since=1"))

    assert "Соломія" in text
    assert "not known → hidden" in text
    assert "established" in text


def test_a_change_since_a_day_is_counted_from_its_beginning(visitor: Visitor) -> None:
    key = visitor.begin()
    visitor.answer(key, "bad_news_from_us", "hidden", side="theirs")

    text = text_of(visitor.get(f"/a/{key}/history?day=2020-01-01"))

    assert "Changed since version 1" in text


def test_what_changed_since_last_time_is_one_link_away(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 10, 12, 12, tzinfo=tz)

    with monkeypatch.context() as patch:
        patch.setattr(event_log, "datetime", Earlier)
        key = visitor.begin()
        visitor.answer(key, "access_to_others", "free")
        assert "since last time" not in text_of(visitor.get(f"/a/{key}/history"))
    visitor.answer(key, "bad_news_from_us", "hidden", side="theirs")

    page = visitor.get(f"/a/{key}/history")
    address = page.text.split('class=button href="')[1].split("#")[0]
    since = text_of(visitor.get(f"/a/{key}/{address}"))

    assert "What has changed since last time, 12 October 2026" in text_of(page)
    assert "1 fact has changed" in since


# Languages


@pytest.mark.parametrize("tab", ["", "questions", "people", "profiles", "decisions", "events",
                                 "diagnosis",
                                 "what-if", "history", "notes", "customer"])  # fmt: skip
def test_no_english_interface_text_is_left_on_a_ukrainian_page(visitor: Visitor, tab: str) -> None:
    key = visitor.example()

    text = text_of(visitor.get(f"/a/{key}/{tab}", headers={"accept-language": "uk"}))

    for english in ("English", "kam-expert"):
        text = text.replace(english, "")
    text = text.split("Diagnosis")[0] if tab == "diagnosis" else text
    left = {word for word in text.split() if word.isascii() and word.isalpha() and len(word) > 3}
    assert left <= {"http", *names_of_rules(visitor)}


def names_of_rules(visitor: Visitor) -> set[str]:
    return {part for rule in visitor.base.rules for part in rule.name.split("_")}


def test_a_downloaded_case_can_be_read(visitor: Visitor, base: KnowledgeBase) -> None:
    key = visitor.begin()
    visitor.answer(key, "revenue_rank_pct", "80..100")

    text = visitor.get(f"/a/{key}/case.yaml").text

    assert build_case(read_text(text, "case"), base, Place("case")).account.name == "Новий клієнт"


@pytest.mark.parametrize(
    ("fact", "sent", "read"),
    [
        ("contract_end", "2027-12-31", date(2027, 12, 31)),
        ("contract_end", "none", "none"),
        ("announced_change", "retirement", frozenset({"retirement"})),
        ("announced_change", "none", frozenset()),
        ("measure_results", "mixed", "mixed"),
        ("payment_late_days", "60..365", Interval(60, 365)),
        ("overdue_amount", "5200000", 5_200_000),
        ("we_want_more", "no", "no"),
        ("need_in_words", "Хліб м’який п’ять днів", "Хліб м’який п’ять днів"),
    ],
)
def test_a_fact_of_each_kind_can_be_answered_on_its_page(
    visitor: Visitor, base: KnowledgeBase, fact: str, sent: str, read: object
) -> None:
    key = visitor.begin()
    page = visitor.get(f"/a/{key}/questions", params={"theme": base.facts[fact].doc.theme})

    visitor.answer(key, fact, sent)

    assert base.facts[fact].doc.ask.en in text_of(page)
    assert last(visitor, key, fact).value == read


def test_a_fact_that_newer_ones_replace_is_on_no_page_unless_it_was_answered(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.begin()
    old = base.facts["bad_news_shared"].doc
    path, shown = f"/a/{key}/questions", {"theme": old.theme, "all": "1"}
    before = text_of(visitor.get(path, params=shown))

    visitor.answer(key, "bad_news_shared", "late")

    assert old.ask.en not in before
    assert old.ask.en in text_of(visitor.get(path, params=shown))


def test_what_if_begins_with_a_conclusion_and_the_facts_behind_it(visitor: Visitor) -> None:
    key = visitor.example()
    offered = re.findall(r'href="what-if\?for=(\w+)"', visitor.get(f"/a/{key}/what-if").text)

    read = visitor.get(f"/a/{key}/what-if", params={"for": "trust_barricade"})
    picks = [html.unescape(p) for p in re.findall(r'href="what-if\?(pick=[^"]+)"', read.text)]
    facts = [json.loads(parse_qs(pick)["pick"][0])[2] for pick in picks]
    asked = visitor.get(f"/a/{key}/what-if?{picks[facts.index('trust_other')]}")

    assert "trust_barricade" in offered
    assert "What would have to be otherwise for: lack of trust?" in text_of(read)
    assert "id=next-t" in asked.text
    assert "what-if?for=" in visitor.get(f"/a/{key}/what-if", params={"for": "nothing"}).text
