"""Accounts that went on in two stores come together again."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import KamError
from kam_expert.store.store import Store
from tests.store.conftest import answered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


@pytest.fixture
def here(tmp_path: Path, base: KnowledgeBase) -> Iterator[Store]:
    store = Store.open(str(tmp_path / "here.db"), base)
    yield store
    store.close()


@pytest.fixture
def there(tmp_path: Path, base: KnowledgeBase) -> Iterator[Store]:
    store = Store.open(str(tmp_path / "there.db"), base)
    yield store
    store.close()


@pytest.mark.every_method
def test_new_accounts_are_added_and_known_ones_go_on(here: Store, there: Store, case: Case) -> None:
    key = here.add(case, by="Ілля")

    assert there.merge(here.image()).added == [case.account.name]
    assert there.history(key) == here.history(key)

    answered(there, key, case, 3)
    assert here.merge(there.image()).updated == [case.account.name]
    assert here.state(key) == there.state(key)
    assert here.merge(there.image()).kept == [case.account.name]

    answered(here, key, case, 4)
    assert here.merge(there.image()).kept == [case.account.name]
    assert here.state(key).version == 3


@pytest.mark.every_method
def test_histories_that_went_different_ways_are_left(here: Store, there: Store, case: Case) -> None:
    key = here.add(case)
    there.merge(here.image())
    answered(here, key, case, 3)
    answered(there, key, case, 4)
    before = here.history(key)

    assert here.merge(there.image()).different == [case.account.name]
    assert here.history(key) == before


def test_an_erasure_is_taken_and_never_taken_back(here: Store, there: Store, case: Case) -> None:
    key = here.add(case)
    there.merge(here.image())
    (person, *_) = case.people or ()
    there.erase_person(key, "person", person.id)
    erased = there.image()

    assert there.merge(here.image()).kept == [case.account.name]
    assert here.merge(erased).updated == [case.account.name]
    assert here.state(key) == there.state(key)

    answered(there, key, case, 3)
    assert here.merge(there.image()).updated == [case.account.name]


def test_what_is_no_store_or_damaged_changes_nothing(
    here: Store, there: Store, case: Case, tmp_path: Path
) -> None:
    there.add(case)
    with sqlite3.connect(tmp_path / "there.db") as connection:
        connection.execute("UPDATE versions SET edits = '[1]'")
    image = there.image()

    for data, said in (
        (b"no store", "not a file of accounts"),
        (image[:5000], "cannot be read"),
        (image, "is damaged"),
    ):
        with pytest.raises(KamError, match=said):
            here.merge(data)
    assert here.accounts() == ()
