"""A meeting on the page: whose answer is taken, and no answer goes to another question."""

from __future__ import annotations

import html
import re
from contextlib import nullcontext
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from property_search import examples

from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import AddEntity, RemoveEntity, SetAnswer, SetComplete
from kam_expert.web.service import AccountService
from tests.web.conftest import ADDRESS, DAY, Visitor, text_of

if TYPE_CHECKING:
    from kam_expert.facts.edits import Edit

_HIDDEN = re.compile(r'<input type=hidden name=(\w+) value="([^"]*)"')
_FORM = re.compile(r"<form method=post action=\"([^\"]+)\"[^>]*>(.*?)</form>", re.DOTALL)


def shown(page: str) -> str:
    """Return the question on the page."""
    found = re.search(r"id=next-t tabindex=-1>(.*?)</h2>", page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def answer_forms(page: str) -> list[dict[str, str]]:
    """Return the hidden fields of the forms of the question that is shown."""
    return forms_in(page.split("id=next data-part")[1].split("</section>", maxsplit=1)[0])


def forms_in(page: str) -> list[dict[str, str]]:
    """Return the hidden fields of the forms for an answer."""
    forms = [fields for action, fields in _FORM.findall(page) if action.endswith("/answer")]
    return [{n: html.unescape(v) for n, v in _HIDDEN.findall(fields)} for fields in forms]


def begin(visitor: Visitor, key: str, *, customer: bool = False, **fields: str) -> None:
    """Say who is here."""
    sent = {"seen": visitor.store.state(key).version, "customer": "yes" if customer else "no"}
    assert visitor.post(f"/a/{key}/meeting", sent | fields).status_code == 303


def valid(visitor: Visitor, fact: str, chance: Random) -> str:
    """Return an answer to a fact as a form sends it."""
    doc = visitor.base.facts[fact].doc
    words = [w for w in visitor.base.facts[fact].form.words if w.isidentifier()]
    if words:
        return chance.choice(words)
    if doc.type == "date":
        return "2026-12-01"
    return "Olena" if doc.type == "text" else str(chance.randint(1, 4))


def test_the_page_asks_who_is_here_and_begins_with_people(visitor: Visitor) -> None:
    key = visitor.begin()
    assert "Who is here?" in visitor.get(f"/a/{key}/").text.split("id=next ")[0]

    begin(
        visitor, key, team="Anna\nBorys\nVira", people="Halyna\nDmytro", until="11:30", name="Anna"
    )

    case = visitor.store.state(key).case
    assert [e.name for e in case.team or ()] == ["Anna", "Borys", "Vira"]
    assert [e.name for e in case.people or ()] == ["Halyna", "Dmytro"]
    page = visitor.get(f"/a/{key}/").text
    assert shown(page) == "Who on our side talks to whom at the customer?"
    assert "The meeting ends at 11:30." in page
    pairs = re.findall(r'name=pair value="([^"]+)"', page)
    visitor.post(f"/a/{key}/ties", {"seen": 2, "pair": [html.unescape(p) for p in pairs[:2]]})
    assert len(visitor.store.state(key).case.links or ()) == 2


def test_people_are_asked_for_in_one_place_at_a_time(visitor: Visitor) -> None:
    key = visitor.begin()
    before = visitor.get(f"/a/{key}/").text
    assert "<textarea name=people" in before
    assert "Whom do you know at the customer?" not in before

    begin(visitor, key, people="", team="Anna")

    page = visitor.get(f"/a/{key}/").text
    assert shown(page) == "Whom do you know at the customer?"
    again = page.split("id=here ")[1]
    assert "<textarea name=people" in again
    assert "<textarea name=team" not in again


def test_without_the_customer_no_answer_is_stored_as_the_customers(visitor: Visitor) -> None:
    key = visitor.example("almost_nothing_known")
    begin(visitor, key)
    chance, sides = Random(1), set()
    for _ in range(8):
        forms = answer_forms(visitor.get(f"/a/{key}/").text)
        if not forms:
            seen = visitor.store.state(key).version
            visitor.post(
                f"/a/{key}/complete", {"seen": seen, "list": "links", "complete": "unknown"}
            )
            continue
        sides |= {form["side"] for form in forms}
        value = valid(visitor, forms[0]["fact"], chance)
        assert visitor.post(f"/a/{key}/answer", forms[0] | {"value": value}).status_code == 303

    assert sides == {"ours"}
    assert visitor.store.state(key).case.account.theirs == {}


def test_with_the_customer_both_sides_answer_on_one_card(visitor: Visitor) -> None:
    key = visitor.example("almost_nothing_known")
    begin(visitor, key, customer=True)
    query = {"kind": "account", "id": "ozernyi-krai", "fact": "effort_balance", "side": "both"}

    page = visitor.get(f"/a/{key}/?{urlencode(query)}").text
    ours, theirs = answer_forms(page)
    after = visitor.post(f"/a/{key}/answer", ours | {"value": "balanced"}).headers["location"]

    assert (ours["side"], theirs["side"]) == ("ours", "theirs")
    page = visitor.get(after).text
    assert shown(page) == visitor.base.facts["effort_balance"].doc.ask.en
    left = next(form for form in answer_forms(page) if form["side"] == "theirs")
    visitor.post(f"/a/{key}/answer", left | {"value": "only_us"})
    account = visitor.store.state(key).case.account
    assert account.ours["effort_balance"][-1].value == "balanced"
    assert account.theirs["effort_balance"][-1].value == "only_us"


def test_a_question_only_the_customer_can_answer_says_so(visitor: Visitor) -> None:
    key = visitor.example("almost_nothing_known")
    begin(visitor, key)
    query = {
        "kind": "account",
        "id": "ozernyi-krai",
        "fact": "satisfaction_rating",
        "side": "theirs",
    }

    page = visitor.get(f"/a/{key}/?{urlencode(query)}")

    assert answer_forms(page.text) == []
    assert "This needs the customer" in text_of(page)


def test_nobody_is_judged_in_front_of_the_customer(visitor: Visitor) -> None:
    key = visitor.example("almost_nothing_known")
    begin(visitor, key, customer=True)

    page = visitor.get(f"/a/{key}/")

    assert "wait until you are among yourselves" in text_of(page)
    asked = page.text.split("id=next data-part")[1].split("id=here")[0]
    for name in ("open_to_us", "authority", "account_attractiveness"):
        assert f"fact={name}&amp;" not in asked


#: Random moments between reading a question and answering it; more with KAM_TIMES_EXAMPLES.
MOMENTS = examples(200)
#: Answers from one page of questions, which becomes older with each.
FROM_A_PAGE = 10


def changed_meanwhile(visitor: Visitor, key: str, chance: Random) -> None:
    """Change the account as another server does: an answer, a person more or less, a list."""
    state = visitor.store.state(key)
    account, people = state.case.account, state.case.people or ()
    kind = chance.choice(("answer", "add", "remove", "complete"))
    edit: Edit = SetComplete("team", complete=chance.choice((True, False, None)))
    if kind == "answer":
        facts = [f for f in visitor.base.facts.values() if f.kind == "account" and not f.doc.parts]
        fact = chance.choice([f for f in facts if f.doc.asked_of != "customer"])
        typed = valid(visitor, fact.name, chance)
        value = fact.read(int(typed) if typed.isdigit() else typed)
        edit = SetAnswer(Slot("account", account.id, fact.name), value)
    elif kind == "add":
        edit = AddEntity("person", f"p{state.version}", f"P{state.version}")
    elif kind == "remove" and people:
        edit = RemoveEntity("person", chance.choice(people).id)
    visitor.store.record(key, [edit], by="another server", seen=state.version)


def test_no_answer_goes_to_another_question_whatever_others_do(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, *, every: bool
) -> None:
    """Each moment: a question is read, somebody else changes the account, and it is answered."""
    # Both engines find the same, and the plain one is quicker to ask the next question.
    monkeypatch.setattr(AccountService, "engine", lambda _: nullcontext(PlainEngine()))
    # The list of accounts is not read, so it needs no summary of each moment.
    monkeypatch.setattr(AccountService, "summarise", lambda *_: None)
    monkeypatch.setattr(AccountService, "newest", AccountService.view)
    chance = Random(20261129)
    key = visitor.example("almost_nothing_known")
    begin(visitor, key)
    themes = sorted({fact.doc.theme for fact in visitor.base.facts.values()})
    forms: list[dict[str, str]] = []
    stored = refused = 0
    moments = MOMENTS if every else MOMENTS // 4
    while stored + refused < moments:
        if not forms and chance.random() < 1 / 3:
            page = visitor.get(f"/a/{key}/").text
            forms = answer_forms(page)[:1]
            if of := re.search(r'name=list value="(\w+)"', page) if not forms else None:
                asked = SetComplete(of[1], complete=False)
                visitor.store.record(key, [asked], seen=visitor.store.state(key).version)
        if not forms:
            page = visitor.get(f"/a/{key}/questions?theme={chance.choice(themes)}").text
            found = forms_in(page)
            forms = chance.sample(found, min(FROM_A_PAGE, len(found)))
            continue
        changed_meanwhile(visitor, key, chance)
        read = forms.pop()
        value = valid(visitor, read["fact"], chance)
        before = visitor.store.state(key).version
        sent = visitor.client.post(
            f"/a/{key}/answer",
            data=read | {"value": value},
            headers={"origin": ADDRESS},
            follow_redirects=False,
        )
        after = visitor.store.state(key).version
        if sent.status_code == 303:
            assert after == before + 1
            (edit,) = visitor.store.history(key)[-1].edits
            assert isinstance(edit, SetAnswer)
            slot = edit.slot
            assert (slot.kind, slot.id, slot.fact, slot.side) == (
                read["kind"], read["id"], read["fact"], read["side"],
            )  # fmt: skip
            stored += 1
        else:
            assert sent.status_code in (404, 409, 422)
            assert after == before
            refused += 1
    assert stored > moments / 3


@pytest.mark.parametrize("example", ["almost_nothing_known", "barricaded_butterfly"])
def test_another_answer_leaves_the_question_that_is_shown(visitor: Visitor, example: str) -> None:
    key = visitor.example(example)
    begin(visitor, key)
    page = visitor.get(f"/a/{key}/").text
    here = re.search(r'data-here="/a/\w+/([^"]*)"', page)
    assert here
    back = html.unescape(here[1])
    read = shown(page)

    for fact, value in (("power_balance", "they_dictate"), ("vendor_rating", "none")):
        answer = visitor.answer(key, fact, value, back=back)
        assert shown(visitor.get(answer.headers["location"]).text) == read


def test_an_order_beyond_the_limit_is_the_one_before_the_answer(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = visitor.example("diamond_with_conductor")
    service = AccountService(visitor.store, visitor.base, lambda: DAY)
    before = service.account(key).diagnosis.open_questions
    [told] = [SetAnswer(Slot("account", "soniachnyi-mlyn", "vendor_rating"), "none", as_of=DAY)]

    monkeypatch.setattr("kam_expert.web.service.MOST_ORDERED", 0)
    after = service.record(key, [told], "", 1).diagnosis.open_questions

    places = {(q.name, q.about): place for place, q in enumerate(before)}
    kept = [places[q.name, q.about] for q in after if (q.name, q.about) in places]
    assert kept == sorted(kept)
    assert len(kept) > len(before) / 2
    assert len({name for name, about in places if about.kind == "person"}) > 2


def test_a_question_about_somebody_names_them(visitor: Visitor) -> None:
    key = visitor.example("almost_nothing_known")
    begin(visitor, key)
    query = {"kind": "person", "id": "p1", "fact": "authority", "side": "ours"}

    page = visitor.get(f"/a/{key}/?{urlencode(query)}").text

    assert shown(page) == "What say does Вероніка Шкляр have in this particular decision?"


def test_every_question_with_a_name_has_a_place_for_it(visitor: Visitor) -> None:
    named = {name: fact.doc.ask_named for name, fact in visitor.base.facts.items()}

    assert [n for n, text in named.items() if text and "{name}" not in text.uk] == []
    assert [n for n, text in named.items() if text and "{name}" not in text.en] == []
    assert any(named.values())


def test_the_finish_page_tells_what_the_meeting_showed_and_agrees_the_plan(
    visitor: Visitor,
) -> None:
    key = visitor.example("barricaded_butterfly")
    begin(visitor, key)
    assert "The diagnosis is as it was when the meeting began." in text_of(
        visitor.get(f"/a/{key}/finish")
    )

    visitor.answer(key, "access_to_others", "free")
    visitor.answer(key, "trust_other", "5", side="theirs")
    before = text_of(visitor.get(f"/a/{key}/finish"))
    page = visitor.get(f"/a/{key}/finish").text
    form = page.split(f'action="/a/{key}/agree"')[1].split("</form>")[0]
    fields = {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}
    due = form.split("name=due type=date value=")[1].split('"')[1]
    sent = visitor.post(f"/a/{key}/agree", fields | {"owner": "Назар", "due": due})

    assert "2 answered." in before
    assert "The diagnosis is as it was when the meeting began." not in before
    assert len(re.findall("<li>", page.split("class=effects>")[1].split("</ul>")[0])) > 0
    assert sent.status_code == 303
    assert sent.headers["location"].startswith(f"/a/{key}/finish")
    entry = visitor.store.state(key).case.plan[-1]
    assert (entry.step, entry.owner, str(entry.due)) == (fields["step"], "Назар", due)
    finish = text_of(visitor.get(f"/a/{key}/finish"))
    assert "Назар" in finish
    assert "1 move agreed." in finish
    assert "1 move agreed." not in before
