"""The start page: searched, sorted and filtered, from summaries stored with the version."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from kam_expert.facts.case import Case, Entity
from kam_expert.facts.edits import SetAccount
from tests.shipped import example
from tests.web.conftest import DAY, Visitor, served, text_of

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.store import Store

NAMES = ("barricaded_butterfly", "diamond_with_conductor", "friendly_single_thread")


def listed(visitor: Visitor, query: str = "") -> list[str]:
    """Return the names of the accounts on the page."""
    page = visitor.get(f"/?{query}").text
    return re.findall(r'<th scope=row><a href="/a/\w+/"><bdi>([^<]+)</bdi>', page)


@pytest.fixture
def filled(visitor: Visitor) -> Visitor:
    """A store with three accounts, two of them with an owner."""
    for name, owner in zip(NAMES, ("Оля", "Іван", ""), strict=True):
        key = visitor.example(name)
        if owner:
            visitor.store.record(key, [SetAccount(owner=owner)], seen=1)
        visitor.get(f"/a/{key}/map")
    return visitor


def test_accounts_are_found_by_name_owner_stage_and_strategy(filled: Visitor) -> None:
    names = [example(name).account.name for name in NAMES]

    assert sorted(listed(filled)) == sorted(names)
    assert listed(filled, "q=млин") == [names[1]]
    assert listed(filled, "q=оля") == [names[0]]
    assert listed(filled, "q=partnership") == [names[1]]
    assert listed(filled, "owner=Іван") == [names[1]]
    summaries = {a.name: a.summary for a in filled.store.accounts()}
    first = summaries[names[0]]
    assert first is not None
    assert names[0] in listed(filled, f"strategy={first.strategy}")
    assert listed(filled, "q=nobody") == []
    assert "No account matches." in text_of(filled.get("/?q=nobody"))


@pytest.mark.parametrize("sort", ["name", "stage", "strategy", "owner", "due", "met", "changed"])
def test_accounts_are_sorted_by_each_column(filled: Visitor, sort: str) -> None:
    found = listed(filled, f"sort={sort}")
    summaries = {a.name: a.summary for a in filled.store.accounts()}
    told = [summaries[name] for name in found]
    if sort in ("stage", "strategy", "owner", "due", "met"):
        values = [str(getattr(summary, sort) or "\uffff") for summary in told]
        assert values == sorted(values, key=str.casefold)
    assert len(found) == len(NAMES)


def test_a_row_says_what_is_due_next_and_when_people_last_met(filled: Visitor) -> None:
    page = text_of(filled.get("/"))

    # Facts of the example: the latest day of an answer.
    assert "16 October 2026" in page
    assert all(a.summary and a.summary.due for a in filled.store.accounts())


def test_a_summary_follows_the_version(filled: Visitor) -> None:
    account = next(a for a in filled.store.accounts() if "Млин" in a.name)
    filled.answer(account.key, "trust_trend", "falling")
    after = next(a for a in filled.store.accounts() if a.key == account.key)

    assert after.version == account.version + 1
    assert after.summary is not None


@pytest.mark.usefixtures("filled")
def test_the_summary_of_an_earlier_day_is_shown_on_a_new_day(
    base: KnowledgeBase, store: Store
) -> None:
    # No diagnosis is made for the list: it would take too long for thousands of accounts.
    later = Visitor(served(base, store, today=lambda: DAY + timedelta(days=1)), base, store)
    before = store.accounts()

    assert len(listed(later)) == len(NAMES)
    assert store.accounts() == before
    assert {a.summary.day for a in before if a.summary} == {DAY}


def test_an_account_that_was_never_opened_is_worked_out_for_the_list(visitor: Visitor) -> None:
    visitor.example()

    assert "Butterfly" in text_of(visitor.get("/"))
    assert next(iter(visitor.store.accounts())).summary is not None


def test_what_an_erased_person_owned_is_not_in_the_summary(visitor: Visitor) -> None:
    key = visitor.example("diamond_with_conductor")
    visitor.store.record(key, [SetAccount(owner="Соломія Гайдук")], seen=1)
    visitor.get(f"/a/{key}/map")
    visitor.store.erase_person(key, "member", "m1")
    visitor.get(f"/a/{key}/map")
    summary = next(iter(visitor.store.accounts())).summary

    assert summary is not None
    assert "Гайдук" not in summary.owner


def test_a_due_move_that_is_late_says_so(visitor: Visitor) -> None:
    key = visitor.store.add(Case(Entity("account", "a", "Пізній")))
    account = visitor.get(f"/a/{key}/map")
    assert account.status_code == 200
    stored = next(iter(visitor.store.accounts())).summary
    assert stored is not None
    visitor.store.summarise(key, 1, replace(stored, due=date(2026, 11, 1), step=""))

    assert "1 November 2026, late an agreed move" in text_of(visitor.get("/"))
