"""The accounts of a store with their diagnoses, questions and histories, cached by version.

Others may write to the store too, so each request asks it for the newest version. A diagnosis is
computed once for a version and a day.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache, cachedmethod

from kam_expert.app.inbox import Inbox
from kam_expert.engines.assemble import assemble
from kam_expert.engines.forward_chaining import ForwardChainingEngine, engine_of
from kam_expert.engines.inquiry.compare import compare, what_if
from kam_expert.engines.inquiry.review import review
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.settling import settle_case
from kam_expert.errors import KamError
from kam_expert.facts.case import each_entity
from kam_expert.facts.edits import SetAnswer, SetComplete
from kam_expert.facts.known_on import last_entered
from kam_expert.facts.near_names import NearNames
from kam_expert.knowledge.conditions.leaf import refs
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.store.records import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.changes import Slot
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.knowledge.rule import Rule
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.results.inquiry import Comparison
    from kam_expert.results.reviewed import Review
    from kam_expert.store.merging import MergeResult
    from kam_expert.store.records import Entry, State
    from kam_expert.store.store import Store

_CACHED = 100
#: The number of findings that are not firm whose rules decide on the order of questions. An account
#: with 50 contacts has fewer; with 200, the others hardly change what is asked first.
MOST_ORDERED = 1500


class AccountView:
    """A version of an account with its diagnosis.

    Args:
        state: The version.
        diagnose: Returns its diagnosis; called when the diagnosis is first read.
    """

    def __init__(self, state: State, diagnose: Callable[[], Diagnosis]) -> None:
        self.state = state
        self._diagnose = diagnose

    @functools.cached_property
    def diagnosis(self) -> Diagnosis:
        """Return the diagnosis. A form that changes nothing needs none."""
        return self._diagnose()

    @property
    def key(self) -> str:
        """Return the key of the account in the store."""
        return self.state.key

    @property
    def case(self) -> Case:
        """Return the facts."""
        return self.state.case

    @property
    def name(self) -> str:
        """Return the name of the account."""
        return self.case.account.name

    @property
    def version(self) -> int:
        """Return the number of the version."""
        return self.state.version


@dataclass(frozen=True)
class History:
    """The history of an account.

    Attributes:
        entries: All versions, the oldest first.
        not_known: Slots and lists whose last answer is "not known".
        effective: The entries that were not undone, the oldest first.
    """

    entries: tuple[Entry, ...]
    not_known: frozenset[Slot | str]
    effective: tuple[Entry, ...]


class AccountService:
    """The accounts of a store, diagnosed by a rule base.

    Args:
        store: Has the accounts.
        base: The rule base.
        today: Returns the date of the diagnosis.
        privacy: Has the denylist of words in notes; None for no denylist.
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
        self._engines = [engine_of(base)]
        self._lock = threading.Lock()
        self._diagnoses: LRUCache[tuple[str, int, date], Diagnosis] = LRUCache(_CACHED)
        self._summarised: LRUCache[tuple[str, int, date], bool] = LRUCache(8192)
        self._reviews: LRUCache[tuple[str, int, date], Review | None] = LRUCache(64)
        self._histories: LRUCache[tuple[str, int], History] = LRUCache(64)

    def account(self, key: str) -> AccountView:
        """Return the newest version of an account. Raises NotThere."""
        return self.newest(self.store.state(key))

    def view(self, state: State) -> AccountView:
        """Return a version of an account with its diagnosis."""
        return AccountView(state, lambda: self._diagnosis(state, self.today()))

    def newest(self, state: State) -> AccountView:
        """Return the newest version of an account; its summary is stored with its diagnosis."""
        return AccountView(state, lambda: self.summarise(state))

    def summarise(self, state: State) -> Diagnosis:
        """Return the diagnosis of the newest version, and store its summary if that is missing."""
        diagnosis = self._diagnosis(state, self.today())
        known = (state.key, state.version, self.today())
        if known not in self._summarised:
            # A list without it is still a list.
            with contextlib.suppress(KamError):
                self.store.summarise(state.key, state.version, summary_of(state.case, diagnosis))
                self._summarised[known] = True
        return diagnosis

    @cachedmethod(
        attrgetter("_diagnoses"),
        key=lambda _self, state, day: (state.key, state.version, day),
        lock=attrgetter("_lock"),
    )
    def _diagnosis(self, state: State, day: date) -> Diagnosis:
        with self.engine() as engine:
            settled = settle_case(state.case, self.base, day, engine)
        with self._lock:
            before = self._diagnoses.get((state.key, state.version - 1, day))
        earlier = before.open_questions if before else ()
        return assemble(settled, self.base, most_ordered=MOST_ORDERED, earlier=earlier)

    @contextlib.contextmanager
    def engine(self) -> Iterator[ForwardChainingEngine]:
        """Lend an engine. Each is used for one account at a time, and none waits for another."""
        try:
            engine = self._engines.pop()
        except IndexError:
            engine = ForwardChainingEngine(self.base)
        try:
            yield engine
        finally:
            self._engines.append(engine)

    def history(self, account: AccountView) -> History:
        """Return the history of an account."""
        return self._history(account.key, account.version)

    @cachedmethod(attrgetter("_histories"), lock=attrgetter("_lock"))
    def _history(self, key: str, version: int) -> History:
        del version  # it is part of the key of the cache
        return _replay(self.store.history(key))

    def inbox(self, key: str) -> Inbox | None:
        """Return the inbox of an account; None without privacy settings."""
        return None if self.privacy is None else Inbox(self.store.inbox(key), self.privacy)

    # Comparisons

    def changes_since(self, account: AccountView, version: int) -> Comparison:
        """Return what changed since an earlier version."""
        day = self.today()
        return compare(
            self.store.state(account.key, version).case, account.case, self.base, (day, day)
        )

    def last_meeting(self, account: AccountView) -> tuple[Case, date] | None:
        """Return the account as it was at the last meeting, and that day.

        It is the last version of an earlier day; without one, what has an earlier date in it.

        Returns:
            None if nothing had been agreed by then.
        """
        today = self.today()
        days = [(e.at.astimezone().date(), e.version) for e in self.history(account).entries]
        before = [(day, version) for day, version in days if day < today]
        if before:
            since, version = before[-1]
            case = self.store.state(account.key, version).case
        else:
            entered = last_entered(account.case, self.base, today)
            if entered is None:
                return None
            since, case = entered, account.case
        agreed = any(entry.on(since) is not None for entry in case.plan)
        return (case, since) if agreed else None

    def review(self, account: AccountView) -> Review | None:
        """Return what happened since the last meeting; None if nothing had been agreed by then."""
        return self._review(account, self.today())

    @cachedmethod(
        attrgetter("_reviews"),
        key=lambda _self, account, day: (account.key, account.version, day),
        lock=attrgetter("_lock"),
    )
    def _review(self, account: AccountView, day: date) -> Review | None:
        earlier = self.last_meeting(account)
        if earlier is None:
            return None
        old, since = earlier
        return review(old, account.case, self.base, (since, day))

    def what_if(self, account: AccountView, changes: Mapping[Slot, Any]) -> Comparison:
        """Return what other facts would change; nothing is saved."""
        return what_if(Variants(account.case, self.base, self.today()), changes)

    # Changes

    def record(
        self,
        key: str,
        edits: Sequence[Edit],
        by: str,
        seen: int,
        decided: Sequence[dict[str, Any]] = (),
    ) -> AccountView:
        """Record edits and return the account after them; see `Store.record`. Raises Conflict."""
        state = self.store.record(key, edits, by=by or None, seen=seen, decided=decided)
        account = self.newest(state)
        self.summarise(account.state)  # a list shows what was recorded, also if no page follows
        return account

    def like_name(self, key: str, kind: str, identity: str) -> tuple[str, ...]:
        """Return the words in the history that may be the name of a person. Raises KamError."""
        erasure = self.store.erasure(key, kind, identity)
        near_names = NearNames(erasure.forms)
        found = (like.word for text in erasure.texts for like in near_names.in_text(text))
        return tuple(dict.fromkeys(found))

    def erase(
        self, key: str, kind: str, identity: str, by: str, also: Sequence[str] = ()
    ) -> AccountView:
        """Erase a person, and the words *also*, from the whole history."""
        state = self.store.erase_person(key, kind, identity, by=by or None, also=also)
        self._clear()
        return self.view(state)

    def remove(self, key: str) -> None:
        """Delete an account with its history."""
        self.store.remove(key)
        self._clear()

    def merge(self, data: bytes) -> MergeResult:
        """Add the accounts of another store. Raises KamError."""
        result = self.store.merge(data)
        self._clear()
        return result

    def _clear(self) -> None:
        """Empty the caches, as versions of an account were rewritten or removed."""
        caches: tuple[LRUCache[Any, Any], ...] = (
            self._diagnoses, self._histories, self._reviews, self._summarised,
        )  # fmt: skip
        with self._lock:
            for cache in caches:
                cache.clear()

    def undo(self, key: str, by: str, seen: int) -> AccountView:
        """Undo the last change. Raises Conflict."""
        return self.view(self.store.undo(key, by=by or None, seen=seen))

    def redo(self, key: str, by: str, seen: int) -> AccountView:
        """Redo the change that was undone last. Raises Conflict."""
        return self.view(self.store.redo(key, by=by or None, seen=seen))


def summary_of(case: Case, diagnosis: Diagnosis) -> Summary:
    """Return what a list of accounts shows of a diagnosis."""
    agreed = [entry for entry in case.plan if entry.is_open and entry.due is not None]
    moves = [(entry.due, entry.step) for entry in agreed if entry.due is not None] or [
        (move.due, move.steps[0]) for move in diagnosis.plan.moves
    ]
    due, step = min(moves, default=(None, ""))
    days = [
        answer.as_of
        for entity in each_entity(case)
        for side in (entity.ours, entity.theirs)
        for given in side.values()
        for answer in given
        if answer.as_of is not None and answer.as_of <= diagnosis.day
    ]
    return Summary(
        rules=diagnosis.rule_base_digest,
        day=diagnosis.day,
        stage=diagnosis.stage.verdict,
        firm=diagnosis.stage.firm,
        strategy=diagnosis.strategy.effective if diagnosis.strategy else "",
        owner=case.owner,
        step=step,
        due=due,
        met=max(days, default=None),
    )


def _replay(entries: tuple[Entry, ...]) -> History:
    effective: dict[int, Entry] = {}
    by_version = {entry.version: entry for entry in entries}
    for entry in entries:
        if entry.undoes is not None:
            effective.pop(entry.undoes, None)
        elif entry.redoes is not None:
            effective[entry.redoes] = by_version[entry.redoes]
        else:
            effective[entry.version] = entry
    in_order = tuple(effective[version] for version in sorted(effective))
    not_known: dict[Slot | str, bool] = {}
    for edit in (edit for entry in in_order for edit in entry.edits):
        if isinstance(edit, SetAnswer):
            not_known[edit.slot] = edit.value is UNKNOWN
        elif isinstance(edit, SetComplete):
            not_known[edit.list] = edit.complete is None
    return History(entries, frozenset(place for place, yes in not_known.items() if yes), in_order)


def _readers(base: KnowledgeBase) -> dict[str, tuple[Rule, ...]]:
    """Return the rules that read each fact."""
    found: dict[str, tuple[Rule, ...]] = {}
    for rule in base.rules:
        names = {ref.name for part in rule.conditions() for ref in refs(part)}
        for name in names if rule.status != "retired" else ():
            found[name] = (*found.get(name, ()), rule)
    return found
