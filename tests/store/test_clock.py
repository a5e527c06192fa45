"""A clock that is set back: versions keep their order, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer
from kam_expert.store import event_log
from kam_expert.store.backup import verify
from kam_expert.store.store import Store

if TYPE_CHECKING:
    import pytest

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from tests.store.conftest import NewUrl

TODAY = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Clock:
    """Stands in for the class datetime in the event log."""

    time = TODAY

    @classmethod
    def now(cls, zone: object) -> datetime:
        assert zone is UTC
        return cls.time


def test_versions_keep_their_order_when_the_clock_is_set_back(
    new_url: NewUrl, base: KnowledgeBase, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "datetime", Clock)
    url = new_url()
    store = Store.open(url, base)
    key = store.add(case)
    slot = Slot("account", case.account.id, "complaints_open")
    # An hour on, a year back, a century on, and back to the beginning of all clocks.
    for number, days in enumerate((1 / 24, -365, 36_500, -20_000)):
        monkeypatch.setattr(Clock, "time", TODAY + timedelta(days))
        store.record(key, [SetAnswer(slot, number)], seen=store.state(key).version)
    store.undo(key, seen=5)
    undone = store.state(key).case
    store.redo(key, seen=6)
    store.close()

    again = Store.open(url, base)
    assert [entry.version for entry in again.history(key)] == [1, 2, 3, 4, 5, 6, 7]
    assert again.state(key).case == again.state(key, 5).case
    assert undone == again.state(key, 4).case
    given = [again.state(key, version).case.account.ours["complaints_open"][-1].value
             for version in (2, 3, 4, 5)]  # fmt: skip
    assert given == [0, 1, 2, 3]
    again.close()
    assert verify(url, base) == (1, 7, [])
