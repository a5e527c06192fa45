"""Between the pages and the store: what is worked out of an account is kept while it is the same.

The store is asked for the version at each request, as others may write to it too; a diagnosis
is worked out once for a version and a day.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from kam_expert.engines.assemble import assemble
from kam_expert.engines.inquiry.compare import compare, what_if
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.facts.edits import SetAnswer, SetComplete
from kam_expert.knowledge.condition import refs
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.changes import Slot
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.knowledge.rule import Rule
    from kam_expert.results.diagnosis import Diagnosis, StageResult
    from kam_expert.results.inquiry import Comparison
    from kam_expert.store.records import Entry, State
    from kam_expert.store.store import Store

_KEPT = 256
Key = TypeVar("Key")
Value = TypeVar("Value")


class _LRUCache(Generic[Key, Value]):
    """The values used last."""

    def __init__(self, most: int = _KEPT) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def drop(self, unwanted: Callable[[Any], bool]) -> None:
        with self._lock:
            for key in [key for key in self._values if unwanted(key)]:
                del self._values[key]

    def put(self, key: Key, value: Value) -> Value:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


@dataclass(frozen=True)
class AccountView:
    """An account as it is now, with its diagnosis."""

    state: State
    diagnosis: Diagnosis

    @property
    def key(self) -> str:
        """Return the key of the account in the store."""
        return self.state.key

    @property
    def case(self) -> Case:
        """Return the facts."""
        return self.state.case

    @property
    def version(self) -> int:
        """Return the number of the version."""
        return self.state.version


@dataclass(frozen=True)
class History:
    """What was done to an account.

    Attributes:
        entries: The oldest first.
        in_vain: Slots and lists to which the last answer was that nobody knows.
        standing: The changes that were not taken back, the oldest first.
    """

    entries: tuple[Entry, ...]
    in_vain: frozenset[Slot | str]
    standing: tuple[Entry, ...]


class AccountService:
    """The accounts of a store, judged by a rule base.

    Args:
        store: Where they are kept.
        base: By what they are judged.
        today: Gives the day of the diagnosis.
        privacy: Which words have no place in a note; None where nobody says.
    """

    def __init__(
        self,
        store: Store,
        base: KnowledgeBase,
        today: Callable[[], date],
        privacy: Privacy | None = None,
    ) -> None:
        self.store = store
        self.base = base
        self.privacy = privacy
        self.today = today
        self.readers = _readers(base)
        self._engine = PlainEngine()
        self._looks: _LRUCache[tuple[str, int, date], Diagnosis] = _LRUCache()
        self._stages: _LRUCache[tuple[str, int, date], StageResult] = _LRUCache(4096)
        self._stories: _LRUCache[tuple[str, int], History] = _LRUCache(64)

    def look(self, key: str) -> AccountView:
        """Return an account as it is now. Raises KamError where there is none."""
        return self.judged(self.store.state(key))

    def judged(self, state: State) -> AccountView:
        """Return a version of an account with its diagnosis."""
        day = self.today()
        kept = (state.key, state.version, day)
        diagnosis = self._looks.get(kept)
        if diagnosis is None:
            settled = settle_case(state.case, self.base, day, self._engine)
            diagnosis = self._looks.put(kept, assemble(settled, self.base))
            self._stages.put(kept, diagnosis.stage)
        return AccountView(state, diagnosis)

    def stage(self, key: str, version: int) -> StageResult:
        """Return the stage of an account of which the list says that it has *version*."""
        known = self._stages.get((key, version, self.today()))
        return known if known is not None else self.look(key).diagnosis.stage

    def story(self, look: AccountView) -> History:
        """Return what was done to an account."""
        story = self._stories.get((look.key, look.version))
        if story is None:
            story = _story(self.store.history(look.key))
            self._stories.put((look.key, look.version), story)
        return story

    # Comparisons

    def since(self, look: AccountView, version: int) -> Comparison:
        """Return what changed since an earlier version."""
        day = self.today()
        return compare(self.store.state(look.key, version).case, look.case, self.base, (day, day))

    def what_if(self, look: AccountView, changes: Mapping[Slot, Any]) -> Comparison:
        """Return the difference that other facts would make; nothing is saved."""
        return what_if(Variants(look.case, self.base, self.today()), changes)

    # Changes

    def record(self, key: str, edits: Sequence[Edit], by: str, seen: int) -> AccountView:
        """Save edits and give the account after them. Raises Conflict."""
        return self.judged(self.store.record(key, edits, by=by or None, seen=seen))

    def erase(self, key: str, kind: str, identity: str, by: str) -> AccountView:
        """Rewrite the history as if a person had not been there."""
        state = self.store.erase_person(key, kind, identity, by=by or None)
        self.forget(key)
        return self.judged(state)

    def remove(self, key: str) -> None:
        """Delete an account with its history."""
        self.store.remove(key)
        self.forget(key)

    def forget(self, key: str) -> None:
        """Let go of everything worked out of an account."""
        for kept in (self._looks, self._stages, self._stories):
            kept.drop(lambda known: known[0] == key)

    def undo(self, key: str, by: str, seen: int) -> AccountView:
        """Take the last change back. Raises Conflict."""
        return self.judged(self.store.undo(key, by=by or None, seen=seen))

    def redo(self, key: str, by: str, seen: int) -> AccountView:
        """Bring back what was taken back last. Raises Conflict."""
        return self.judged(self.store.redo(key, by=by or None, seen=seen))


def _story(entries: tuple[Entry, ...]) -> History:
    standing: dict[int, Entry] = {}
    of = {entry.version: entry for entry in entries}
    for entry in entries:
        if entry.undoes is not None:
            standing.pop(entry.undoes, None)
        elif entry.redoes is not None:
            standing[entry.redoes] = of[entry.redoes]
        else:
            standing[entry.version] = entry
    kept = tuple(standing[version] for version in sorted(standing))
    in_vain: dict[Slot | str, bool] = {}
    for edit in (edit for entry in kept for edit in entry.edits):
        if isinstance(edit, SetAnswer):
            in_vain[edit.slot] = edit.value is UNKNOWN
        elif isinstance(edit, SetComplete):
            in_vain[edit.list] = edit.complete is None
    return History(entries, frozenset(place for place, vain in in_vain.items() if vain), kept)


def _readers(base: KnowledgeBase) -> dict[str, tuple[Rule, ...]]:
    """Return the rules that read each fact."""
    found: dict[str, tuple[Rule, ...]] = {}
    for rule in base.rules:
        names = {ref.name for part in rule.conditions() for ref in refs(part)}
        for name in names if rule.status != "retired" else ():
            found[name] = (*found.get(name, ()), rule)
    return found
