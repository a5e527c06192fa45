"""The inbox on the live page: quotations, decisions, and that nothing proposed is read before.

With --all each document for others is read in every format.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kam_expert.app.account_tools import AccountTools
from kam_expert.app.inbox import Inbox
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.proposals import Note
from kam_expert.store.store import Store
from kam_expert.store.users import UserRole
from tests.sampling import some_of
from tests.shipped import shipped_base, shipped_privacy
from tests.web.conftest import DAY, EXAMPLES, Visitor, served, text_of
from tests.web.test_users import add_users, entered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

CASE = EXAMPLES / "friendly_single_thread.yaml"
NOTE = Note(
    "visit.txt",
    "Complaints: two are still open.\nGross margin fell to 27 percent.\n"
    "Pavlo called back within the hour and gave us the numbers.\nДві скарги <b>досі</b> відкриті.",
)
COMPLAINTS: dict[str, Any] = {
    "fact": "complaints_open", "value": 2, "line": 1, "quote": "Complaints: two are still open.",
}  # fmt: skip
MARGIN: dict[str, Any] = {
    "fact": "gross_margin_pct", "value": 27, "line": 2, "quote": "Gross margin fell to 27 percent.",
}  # fmt: skip
OPEN: dict[str, Any] = {
    "fact": "open_to_us", "value": 4, "about": "p1", "basis": "deeds", "line": 3,
    "quote": "Pavlo called back within the hour and gave us the numbers.",
}  # fmt: skip
MARKED = COMPLAINTS | {"line": 4, "value": 3, "quote": "Дві скарги <b>досі</b> відкриті."}
PROPOSED = [COMPLAINTS, MARGIN, OPEN, MARKED]


def propose(store: Store, key: str, *facts: dict[str, Any]) -> list[str]:
    """Put facts into the inbox of an account and return their ids."""
    privacy, case = shipped_privacy(), store.state(key).case
    inbox = Inbox(store.inbox(key), privacy)
    tools = AccountTools(lambda: case, privacy, lambda: DAY, inbox, {NOTE.name: NOTE})
    results = tools.propose([{"note": NOTE.name} | fact for fact in facts])
    assert all(one["status"] == "proposed" for one in results), results
    return [one["id"] for one in results]


def decide(visitor: Visitor, key: str, identity: str, decision: str, **more: Any) -> Any:
    seen = visitor.store.state(key).version
    fields = {"proposal": identity, "decision": decision, "back": "inbox", "seen": seen}
    return visitor.post(f"/a/{key}/inbox", fields | more)


@pytest.fixture
def key(store: Store, base: KnowledgeBase) -> str:
    return store.add(read_case(CASE, base))


def statuses(store: Store, key: str) -> list[tuple[str, str]]:
    found = Inbox(store.inbox(key), shipped_privacy()).proposals()
    return [(one.status, one.decided_by) for one in found]


def test_an_account_without_proposals_has_no_tab(visitor: Visitor, key: str) -> None:
    assert f'href="/a/{key}/inbox"' not in visitor.get(f"/a/{key}/").text


def test_a_proposal_is_next_to_its_quotation(visitor: Visitor, key: str) -> None:
    propose(visitor.store, key, COMPLAINTS, MARKED)

    page = visitor.get(f"/a/{key}/inbox")

    assert "Inbox (2)" in visitor.get(f"/a/{key}/").text
    assert COMPLAINTS["quote"] in text_of(page)
    assert "visit.txt , line 1" in text_of(page)
    assert "Known until now: 0" in text_of(page)
    assert "Дві скарги &lt;b&gt;досі&lt;/b&gt; відкриті." in page.text


def test_an_accepted_proposal_is_an_answer_with_its_evidence(visitor: Visitor, key: str) -> None:
    (identity,) = propose(visitor.store, key, COMPLAINTS)
    visitor.post("/visitor", {"name": "Оксана", "lang": "en", "back": "/"})

    answer = decide(visitor, key, identity, "accept")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/a/{key}/inbox")
    given_ = visitor.store.state(key).case.account.ours["complaints_open"][-1]
    assert (given_.value, given_.by) == (2, f"visit.txt:1 «{COMPLAINTS['quote']}»")
    assert visitor.store.history(key)[-1].by == "Оксана"
    assert statuses(visitor.store, key) == [("accepted", "Оксана")]
    assert "accepted: Оксана" in text_of(visitor.get(f"/a/{key}/inbox"))


def test_a_person_can_give_another_value(visitor: Visitor, key: str) -> None:
    first, second = propose(visitor.store, key, COMPLAINTS, OPEN)

    decide(visitor, key, first, "accept", value="5")
    wrong = decide(visitor, key, second, "accept", value="eleven")

    case = visitor.store.state(key).case
    assert case.account.ours["complaints_open"][-1].value == 5
    assert wrong.status_code == 422
    assert statuses(visitor.store, key)[1] == ("open", "")


def test_a_refused_proposal_changes_nothing(visitor: Visitor, key: str) -> None:
    (identity,) = propose(visitor.store, key, COMPLAINTS)
    before = visitor.store.state(key)

    decide(visitor, key, identity, "refuse")
    decide(visitor, key, identity, "accept")  # it was decided before

    assert visitor.store.state(key) == before
    assert [status for status, _ in statuses(visitor.store, key)] == ["refused"]


def test_a_conflict_decides_nothing_until_somebody_chooses(visitor: Visitor, key: str) -> None:
    (identity,) = propose(visitor.store, key, COMPLAINTS)
    visitor.answer(key, "complaints_open", "7")

    late = decide(visitor, key, identity, "accept", seen=1)

    assert late.status_code == 409
    assert [status for status, _ in statuses(visitor.store, key)] == ["open"]
    assert re.search(f'name="?proposal"? value="{identity}"', late.text)


def test_a_script_gets_the_same_page_in_place(visitor: Visitor, key: str) -> None:
    first, second = propose(visitor.store, key, COMPLAINTS, MARGIN)

    page = visitor.post(
        f"/a/{key}/inbox",
        {"proposal": first, "decision": "accept", "back": "inbox", "seen": 1},
        headers={"origin": "http://127.0.0.1:8765", "x-kam": "live"},
    )

    assert page.status_code == 200
    assert f'id="p-{second}"' in page.text
    assert f'id="p-{first}"' not in page.text


def test_a_reader_sees_proposals_and_cannot_decide(
    base: KnowledgeBase, store: Store, key: str
) -> None:
    (identity,) = propose(store, key, COMPLAINTS)
    add_users(store)
    reader = entered(base, store, UserRole.READER)

    page, answer = reader.get(f"/a/{key}/inbox"), decide(reader, key, identity, "accept")

    assert COMPLAINTS["quote"] in text_of(page)
    assert f'action="/a/{key}/inbox"' not in page.text
    assert answer.status_code == 403
    assert [status for status, _ in statuses(store, key)] == ["open"]


def test_quotations_are_folded_while_the_customer_is_here(visitor: Visitor, key: str) -> None:
    propose(visitor.store, key, COMPLAINTS)
    visitor.post(f"/a/{key}/meeting", {"seen": 1, "customer": "yes"})

    page = visitor.get(f"/a/{key}/inbox").text

    assert page.index("id=inbox-folded") < page.index("class=quoted")


@pytest.mark.parametrize("edition", ["client", "customer"])
def test_quotations_are_not_in_documents_for_others(
    edition: str, visitor: Visitor, key: str, *, every: bool
) -> None:
    for identity in propose(visitor.store, key, COMPLAINTS, MARGIN, OPEN):
        decide(visitor, key, identity, "accept")

    for name in ("report", "plan"):
        for form in some_of(("html", "json", "txt"), 1 if name == "plan" else 2, every=every):
            shown = visitor.get(f"/a/{key}/{name}/{edition}.{form}")
            assert shown.status_code == 200
            assert not [fact["quote"] for fact in PROPOSED if fact["quote"] in shown.text]
            assert NOTE.name not in shown.text


def test_an_erasure_clears_the_inbox_of_the_person(
    visitor: Visitor, key: str, tmp_path: Path
) -> None:
    first, second, _ = propose(visitor.store, key, COMPLAINTS, OPEN, MARGIN)
    decide(visitor, key, first, "refuse")
    decide(visitor, key, second, "refuse")

    visitor.store.erase_person(key, "person", "p1", by="Ілля")

    found = Inbox(visitor.store.inbox(key), shipped_privacy()).proposals()
    assert [one.edit.slot.fact for one in found] == ["complaints_open", "gross_margin_pct"]
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"Pavlo called back" not in kept


def test_a_removed_account_leaves_no_proposals(visitor: Visitor, key: str) -> None:
    propose(visitor.store, key, COMPLAINTS)

    visitor.store.remove(key)

    assert visitor.store.inbox(key).entries() == []


def test_stores_that_come_together_have_both_inboxes(
    base: KnowledgeBase, store: Store, key: str, tmp_path: Path
) -> None:
    propose(store, key, COMPLAINTS)
    other = Store.open(str(tmp_path / "other.db"), base)
    other.merge(store.image())
    propose(other, key, MARGIN)
    propose(store, key, OPEN)

    store.merge(other.image())

    facts = [p.edit.slot.fact for p in Inbox(store.inbox(key), shipped_privacy()).proposals()]
    assert facts == ["complaints_open", "open_to_us", "gross_margin_pct"]
    other.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    base = shipped_base()
    store = Store.open(str(tmp_path_factory.mktemp("inbox") / "a.db"), base)
    yield Visitor(served(base, store), base, store)
    store.close()


@settings(max_examples=4, deadline=None)
@given(acts=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["leave", "refuse", "accept"]))))
def test_no_rule_reads_what_nobody_accepted(shared: Visitor, acts: list[tuple[int, str]]) -> None:
    key = shared.store.add(read_case(CASE, shared.base))
    plain = shared.store.add(read_case(CASE, shared.base))
    ids = propose(shared.store, key, *PROPOSED)

    for number, act in acts:
        if act != "leave":
            decide(shared, key, ids[number], act)

    done: dict[int, str] = {}
    for number, act in acts:
        if act != "leave":
            done.setdefault(number, act)
    accepted = [PROPOSED[number] for number, act in done.items() if act == "accept"]
    for identity in propose(shared.store, plain, *accepted) if accepted else ():
        decide(shared, plain, identity, "accept")
    assert shared.store.state(key).case == shared.store.state(plain).case
    assert report(shared, key) == report(shared, plain)


def report(visitor: Visitor, key: str) -> str:
    return visitor.get(f"/a/{key}/report/consultant.json").text
