"""Random edits, undo, redo and two editors: the store gives back every state that there was."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from property_search import examples
from random_cases import built, random_case
from random_edits import random_edit

from kam_expert.errors import KamError
from kam_expert.facts.case import LISTS, each_entity
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.store.records import Conflict
from kam_expert.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase

SEEDS = st.integers(0, 100_000)
BUSY = settings(
    max_examples=examples(3),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class History(RuleBasedStateMachine):
    """One account in the store, and a plain list of its states for comparison."""

    def __init__(self, url: str, base: KnowledgeBase) -> None:
        super().__init__()
        self.url = url
        self.base = base
        self.store = Store.open(url, base)
        self.states: list[Case] = []
        self.done: list[tuple[Case, Case]] = []
        self.undone: list[tuple[Case, Case]] = []

    @property
    def newest(self) -> int:
        return len(self.states)

    @initialize(seed=SEEDS)
    def begin(self, seed: int) -> None:
        case = built(random_case(self.base, random.Random(seed), rich=True), self.base)
        self.key = self.store.add(case)
        self.states.append(case)

    @rule(seed=SEEDS, count=st.integers(1, 4))
    def edit(self, seed: int, count: int) -> None:
        before = self.states[-1]
        edits, after = self.random_edits(before, seed, count)

        state = self.store.record(self.key, edits, by="О. К.", seen=self.newest)

        self.states.append(after)
        self.done.append((before, after))
        self.undone.clear()
        assert state == self.store.state(self.key)

    @rule(seed=SEEDS, back=st.integers(0, 5))
    def edit_what_was_seen_earlier(self, seed: int, back: int) -> None:
        seen = max(1, self.newest - back)
        before = self.states[-1]
        edits, _ = self.random_edits(self.states[seen - 1], seed, 1)
        theirs = changed_parts(self.states[seen - 1], before)
        try:
            after = self.store.record(self.key, edits, seen=seen).case
        except Conflict as found:
            self.is_told(found, seen)
            return
        except KamError:
            # What it was about is gone since.
            assert seen < self.newest
            return

        assert after == apply_edit(before, edits[0], self.base)
        assert {part: parts(after).get(part) for part in theirs} == theirs
        self.states.append(after)
        self.done.append((before, after))
        self.undone.clear()

    @precondition(lambda self: self.done)
    @rule()
    def undo(self) -> None:
        state = self.store.undo(self.key, seen=self.newest)

        change = self.done.pop()
        self.undone.append(change)
        self.states.append(change[0])
        assert state == self.store.state(self.key)

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        state = self.store.redo(self.key, seen=self.newest)

        change = self.undone.pop()
        self.done.append(change)
        self.states.append(change[1])
        assert state == self.store.state(self.key)

    @rule()
    def another_program(self) -> None:
        self.store.close()
        self.store = Store.open(self.url, self.base)

    @rule(part=st.floats(0, 1))
    def look_back(self, part: float) -> None:
        version = 1 + int(part * (self.newest - 1))

        assert self.store.state(self.key, version).case == self.states[version - 1]

    @invariant()
    def the_newest_state_is_there(self) -> None:
        if not self.states:
            return
        state = self.store.state(self.key)

        assert (state.version, state.case) == (self.newest, self.states[-1])
        assert (state.can_undo, state.can_redo) == (bool(self.done), bool(self.undone))

    def teardown(self) -> None:
        self.store.close()
        if self.states:
            # Without a cache: each state is rebuilt from disk.
            anew = Store.open(self.url, self.base)
            versions = range(1, self.newest + 1)
            assert [anew.state(self.key, v).case for v in reversed(versions)] == self.states[::-1]
            assert [entry.version for entry in anew.history(self.key)] == list(versions)
            anew.close()

    def is_told(self, conflict: Conflict, seen: int) -> None:
        assert seen < self.newest
        assert conflict.edits
        assert conflict.state.case == self.states[-1]

    def random_edits(self, case: Case, seed: int, count: int) -> tuple[list[Edit], Case]:
        chance = random.Random(seed)
        edits = []
        for _ in range(count):
            edits.append(random_edit(case, self.base, chance, few=2))
            case = apply_edit(case, edits[-1], self.base)
        return edits, case


@pytest.mark.every_method
def test_every_state_comes_back(new_url: Callable[[], str], base: KnowledgeBase) -> None:
    url = new_url()

    class HistoryHere(History):
        def __init__(self) -> None:
            super().__init__(url, base)

    run_state_machine_as_test(HistoryHere, settings=BUSY)


def parts(case: Case) -> dict[Any, Any]:
    """Return a case as its smallest parts, each of which somebody may have changed."""
    found: dict[Any, Any] = {("complete", name): said for name, said in case.complete.items()}
    found |= {("listed", name): True for name in LISTS if getattr(case, name) == ()}
    found |= {("step", step): note for step, note in case.notes.steps.items()}
    found |= {"owner": case.owner, "segment": case.segment, "name": case.account.name}
    found |= {"comments": case.notes.comments, "target": case.notes.target_stage}
    for entity in each_entity(case):
        of = (entity.kind, entity.id)
        found |= {of: entity.ends, (*of, "name"): entity.name, (*of, "of"): entity.decisions}
        for side in ("ours", "theirs"):
            found |= {(*of, fact, side): told for fact, told in getattr(entity, side).items()}
    return found


def changed_parts(before: Case, after: Case) -> dict[Any, Any]:
    """Return the parts of *after* that are not those of *before*, None for those that are gone."""
    old, new = parts(before), parts(after)
    changed = {part: new.get(part) for part in old | new if old.get(part) != new.get(part)}
    # A list with a member is no longer marked as empty.
    return {part: to for part, to in changed.items() if part[0] != "listed" or to}
