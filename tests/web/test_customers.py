"""The customer's team sees only its own questions and sends only its own answers."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from babel.dates import format_datetime
from itsdangerous import URLSafeSerializer

from kam_expert.web import app, customer_links
from kam_expert.web.questionnaire import customer_facts
from tests.web.conftest import ADDRESS, SECRET, Visitor, served, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.store import Store


def link_of(visitor: Visitor, key: str, days: int = 14) -> str:
    """Create a customer link, as a consultant does."""
    assert visitor.post(f"/a/{key}/link", {"days": days}).status_code == 303
    return shown_link(visitor, key)


def shown_link(visitor: Visitor, key: str) -> str:
    found = re.search(r'href="http://[^/]+(/c/[^"]+)"', visitor.get(f"/a/{key}/customer").text)
    assert found
    return found[1]


def answer(visitor: Visitor, link: str, fact: str, value: str, **fields: Any) -> Any:
    seen = re.search(r"data-version=(\d+)", visitor.get(link).text)
    assert seen
    return visitor.post(f"{link}answer", {"seen": seen[1], "fact": fact, "value": value} | fields)


@pytest.mark.every_method
def test_the_page_has_only_the_name_and_the_questions(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.example("two_sides_disagree", "dairy_that_feels_trapped")
    case = visitor.store.state(key).case

    page = visitor.get(f"{link_of(visitor, key)}?step=all")

    text = text_of(page)
    assert case.account.name in text
    for fact in customer_facts(base):
        assert (fact.doc.ask_customer or fact.doc.ask).en in text
    people = [e.name for e in (*(case.people or ()), *(case.team or ()))]
    said = [a.by for answers in case.account.theirs.values() for a in answers if a.by]
    findings = [doc.name.en for doc in base.findings.values() if len(doc.name.en) > 25]
    stages = [f">{base.stage_model.title(name).en}<" for name in base.stage_model.names]
    assert [secret for secret in (*people, *said, *findings) if secret in text] == []
    assert [stage for stage in stages if stage in page.text] == []
    assert f"/a/{key}" not in page.text


def test_an_answer_recorded_by_us_is_not_shown_to_the_customers_team(visitor: Visitor) -> None:
    key = visitor.begin()
    visitor.answer(key, "trust_other", "2", side="theirs", by="Галина, у довірі")

    link = link_of(visitor, key)
    text = text_of(visitor.get(f"{link}?step=all")) + text_of(visitor.get(f"{link}?step=review"))

    assert "2 of 5" not in text
    assert "Галина" not in text


def test_an_answer_of_the_customers_team_is_marked_as_such_and_shown_to_both(
    visitor: Visitor,
) -> None:
    key = visitor.begin()
    link = link_of(visitor, key)

    answer(visitor, link, "trust_other", "4", by="Олена")

    told = visitor.store.state(key).case.account.theirs["trust_other"][-1]
    assert (told.value, told.by, told.source) == (4, "Олена", "said")
    assert "4 of 5" in text_of(visitor.get(f"{link}?step=review"))
    assert "Олена (customer)" in text_of(visitor.get(f"/a/{key}/history"))


def test_a_customers_name_is_as_long_as_its_field_lets_it(visitor: Visitor) -> None:
    key = visitor.begin()
    link = link_of(visitor, key)

    answer(visitor, link, "trust_other", "4", by="Я" * 3900)

    told = visitor.store.state(key).case.account.theirs["trust_other"][-1]
    assert told.by == "Я" * 100
    assert visitor.get(f"/a/{key}/history").text.count("Я") < 1000


@pytest.mark.parametrize("fact", ["revenue_12m", "function", "no_such", ""])
def test_the_customer_can_answer_only_its_own_questions(visitor: Visitor, fact: str) -> None:
    key = visitor.example()
    link = link_of(visitor, key)
    before = visitor.store.state(key).version

    assert answer(visitor, link, fact, "1").status_code == 404
    assert visitor.store.state(key).version == before


def test_the_customers_link_opens_no_page_of_ours(base: KnowledgeBase, store: Store) -> None:
    open_ = Visitor(served(base, store), base, store)
    key = open_.example()
    # The link is signed by the secret of the server and does not depend on the password.
    locked = served(base, store, password="a long password")  # noqa: S106 -- of a test
    link = link_of(open_, key)

    assert locked.get(link).status_code == 200
    for path in ("/", f"/a/{key}/", f"/a/{key}/case.yaml"):
        assert locked.get(path, follow_redirects=False).status_code == 303


def test_a_forged_link_is_not_found(visitor: Visitor) -> None:
    key, other = visitor.example(), visitor.begin()
    link, another = link_of(visitor, key), link_of(visitor, other)

    mixed = f"/c/{link.split('/')[2].split('.')[0]}.{another.split('/')[2].partition('.')[2]}/"

    answer = visitor.get(mixed)
    assert answer.status_code == 404
    assert "<a " not in answer.text


# Expiry and revocation


def test_a_link_has_to_be_created_and_our_page_shows_its_expiry(
    visitor: Visitor,
) -> None:
    key = visitor.example()
    assert "/c/" not in visitor.get(f"/a/{key}/customer").text
    before = datetime.now(UTC)

    link = link_of(visitor, key, days=7)

    kept = visitor.store.link(key)
    assert kept
    assert timedelta(days=7) <= kept.until - before < timedelta(days=7, minutes=5)
    said = format_datetime(kept.until.astimezone(), "d MMMM y, HH:mm", locale="en")
    assert f"works until {said}" in text_of(visitor.get(f"/a/{key}/customer"))
    assert visitor.get(link).status_code == 200


def revoked(visitor: Visitor, key: str) -> None:
    assert visitor.post(f"/a/{key}/revoke").status_code == 303


def replaced(visitor: Visitor, key: str) -> None:
    link_of(visitor, key)


@pytest.mark.parametrize("end", [revoked, replaced])
def test_an_invalid_link_shows_nothing_and_accepts_no_answer(
    visitor: Visitor, end: Callable[[Visitor, str], None]
) -> None:
    key = visitor.example()
    link = link_of(visitor, key)
    token = visitor.token(link)
    before = visitor.store.state(key)

    end(visitor, key)

    page = visitor.get(link)
    fields = {"csrf": token, "seen": before.version, "fact": "trust_other", "value": "4"}
    sent = visitor.client.post(f"{link}answer", data=fields, headers={"origin": ADDRESS})
    assert [page.status_code, sent.status_code] == [410, 410]
    assert before.case.account.name not in page.text
    assert "This link no longer works" in text_of(page)
    assert "<a " not in page.text
    assert visitor.store.state(key).version == before.version


def test_a_link_expires(visitor: Visitor) -> None:
    key = visitor.example()
    link = link_of(visitor, key)
    given = visitor.store.link(key)
    assert given

    with time_machine(given.until - timedelta(seconds=1)):
        assert visitor.get(link).status_code == 200
    with time_machine(given.until):
        assert visitor.get(link).status_code == 410
        assert "The link expired:" in text_of(visitor.get(f"/a/{key}/customer"))


@contextlib.contextmanager
def time_machine(now: datetime) -> Iterator[None]:
    """Check links at another time."""

    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return now.astimezone(tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(customer_links, "datetime", Then)
        yield


@pytest.mark.parametrize("days", ["0", "15", "-1", "9999", "x", ""])
def test_a_link_can_have_only_an_offered_lifetime(visitor: Visitor, days: str) -> None:
    key = visitor.example()

    assert visitor.post(f"/a/{key}/link", {"days": days}).status_code == 400
    assert visitor.store.link(key) is None


def test_a_link_of_an_earlier_version_without_expiry_is_invalid(visitor: Visitor) -> None:
    key = visitor.example()
    old = URLSafeSerializer(SECRET, salt="customer-link").dumps(key)

    assert visitor.get(f"/c/{old}/").status_code == 410


# The questionnaire


def send_back(visitor: Visitor, key: str, file: Any) -> Any:
    data = file if isinstance(file, bytes) else json.dumps(file).encode()
    seen = visitor.store.state(key).version
    return visitor.post(
        f"/a/{key}/answers", {"seen": seen, "by": "Олена"}, files={"answers": ("a.json", data)}
    )


@pytest.mark.every_method
def test_the_questionnaire_holds_the_customers_questions_and_nothing_else(
    visitor: Visitor, base: KnowledgeBase
) -> None:
    key = visitor.example("two_sides_disagree", "dairy_that_feels_trapped")
    case = visitor.store.state(key).case

    page = visitor.get(f"/a/{key}/questionnaire.html")

    assert page.headers["content-disposition"].startswith("attachment;")
    assert page.text.count("<fieldset") == len(customer_facts(base))
    names = [e.name for e in (*(case.people or ()), *(case.team or ()))]
    assert [name for name in names if name in page.text] == []
    assert not re.search(r"(src|href|action)=", page.text)


@pytest.mark.every_method
def test_returned_answers_are_imported_as_the_customers(visitor: Visitor) -> None:
    key = visitor.example()
    account = visitor.store.state(key).case.account
    score = next(fact.name for fact in customer_facts(visitor.base) if fact.doc.anchors)
    told = {"value": 1, "source": "said", "by": "Олена", "as_of": "2026-11-20"}

    sent = send_back(
        visitor, key, {"kam": 1, "account": {"id": account.id}, "customer": {score: told}}
    )

    assert sent.status_code == 303
    state = visitor.store.state(key)
    assert state.case.account.theirs[score][-1].value == 1
    assert state.case.account.ours == account.ours
    assert visitor.store.history(key)[-1].by == "customer/Олена"


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"facts": {"trust_self": 5}}, "not an answer of the customer"),
        ({"people": [{"id": "x"}]}, "not an answer of the customer"),
        ({"comments": ["x"]}, "not an answer of the customer"),
        ({"customer": {"revenue_12m": 1}}, "asked of our side"),
        ({"customer": {"trust_other": 9}}, "1 to 5"),
        ({"account": {"id": "somebody-else"}}, "not for this one"),
    ],
)
def test_a_questionnaire_with_anything_else_is_rejected_as_a_whole(
    visitor: Visitor, extra: dict[str, Any], says: str
) -> None:
    key = visitor.example()
    account = visitor.store.state(key).case.account
    file = {"kam": 1, "account": {"id": account.id}, "customer": {"satisfaction_rating": 1}} | extra
    before = visitor.store.state(key).version

    sent = send_back(visitor, key, file)

    assert sent.status_code == 422
    assert says in text_of(sent)
    assert visitor.store.state(key).version == before


# What the customer reads


def test_what_the_customer_reads_is_written_for_the_customer(base: KnowledgeBase) -> None:
    ours = re.compile(r"the customer|[Кк]лієнт|account manager on its behalf|замовник")
    for fact in customer_facts(base):
        doc = fact.doc
        assert doc.ask_customer, fact.name
        assert doc.help_customer, fact.name
        values = {**doc.values, **doc.also}
        assert set(doc.labels_customer) <= set(values), fact.name
        for lang in ("uk", "en"):
            labels = [doc.labels_customer.get(word, text) for word, text in values.items()]
            read = [doc.ask_customer, doc.help_customer, *labels, *doc.anchors.values()]
            assert [t.get(lang) for t in read if ours.search(t.get(lang))] == [], fact.name


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_no_page_of_the_customer_has_a_help_text_of_ours(
    base: KnowledgeBase, store: Store, lang: str
) -> None:
    visitor = Visitor(served(base, store, lang=lang), base, store)
    link = link_of(visitor, visitor.begin())

    steps = ["", "review", "thanks", "all", *base.chapters.customer_questions]
    pages = [
        visitor.get(f"{link}?step={step}", headers={"accept-language": lang}) for step in steps
    ]
    texts = " ".join(map(text_of, pages))

    found = [f.name for f in base.facts.values() if f.doc.help.get(lang) in texts]
    assert found == []


def test_the_customer_is_led_through_a_few_questions_one_at_a_time(
    base: KnowledgeBase, store: Store
) -> None:
    visitor = Visitor(served(base, store, supplier="Glassworks Ltd"), base, store)
    key = visitor.begin()
    link = link_of(visitor, key)
    start = text_of(visitor.get(link))
    assert "Glassworks Ltd" in start
    assert "see your answers" in start
    assert "kept while" in start

    seen = []
    page = visitor.get(f"{link}?step={base.chapters.customer_questions[0]}")
    while found := re.search(
        r'name=fact value="(\w+)"><input type=hidden name=next value="(\w+)"', page.text
    ):
        fact, following = found.groups()
        seen.append(fact)
        form = base.facts[fact].form
        value = next(iter(form.words), "3")
        told = answer(visitor, link, fact, value, next=following)
        assert told.headers["location"] == f"{link}?step={following}"
        page = visitor.get(told.headers["location"])

    assert seen == list(base.chapters.customer_questions)
    assert 10 <= len(seen) <= 12
    assert text_of(page).count("Change") == len(seen)
    assert set(visitor.store.state(key).case.account.theirs) == set(seen)
    assert "Thank you!" in text_of(visitor.get(f"{link}?step=thanks"))


def test_answers_by_one_link_are_limited_and_other_links_are_not_concerned(
    base: KnowledgeBase, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_LINK_ANSWERS", 3)
    visitor = Visitor(served(base, store), base, store)
    link, other = link_of(visitor, visitor.begin()), link_of(visitor, visitor.begin())

    statuses = [answer(visitor, link, "trust_other", "4").status_code for _ in range(5)]

    assert statuses == [303, 303, 303, 429, 429]
    assert answer(visitor, other, "trust_other", "4").status_code == 303
    assert visitor.get(link).status_code == 200
