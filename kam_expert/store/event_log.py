"""The event log of one account within one transaction.

Events (edits) are appended and never changed, except by an erasure. A state is rebuilt from the
latest snapshot of the case by a replay of the events after it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import insert, select, update

from kam_expert.errors import Place, shortened
from kam_expert.facts.case import LISTS, Answer
from kam_expert.facts.case_reader import build_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edit_data import edit_from_data, edit_to_data
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.store.checksum import checksum
from kam_expert.store.records import Damaged, NotThere, State
from kam_expert.store.schema import accounts, versions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.cache import Cache

#: The number of versions from one snapshot to the next.
SNAPSHOT_EVERY = 50


class Account(NamedTuple):
    """The row of an account; see `kam_expert.store.schema`."""

    key: str
    id: str
    name: str
    version: int
    changed: datetime
    erasures: int


class Version(NamedTuple):
    """The row of a version; *whole* is a snapshot, *edits* are the events."""

    account: str
    version: int
    at: datetime
    by: str | None
    edits: str
    whole: str | None
    same_as: int | None = None
    undoes: int | None = None
    redoes: int | None = None
    last: int | None = None
    redo: int | None = None
    sum: str | None = None

    def summed(self) -> Version:
        """Return the row with its checksum."""
        return self._replace(sum=checksum(self[:-1]))

    def checked(self) -> Version:
        """Return the row. Raises Damaged if its checksum differs."""
        if self.sum != checksum(self[:-1]):
            raise Damaged(
                f'account "{self.account}", version {self.version}: is damaged in the database; '
                'the other accounts are not concerned. "kam store restore" brings back a backup'
            )
        return self


class EventLog:
    """The event log of one account, in one transaction."""

    def __init__(
        self,
        connection: Connection,
        key: str,
        base: KnowledgeBase,
        cache: Cache,
        *,
        lock: bool = False,
    ) -> None:
        """Find the account; with *lock*, other writers wait. Raises KamError."""
        self._connection = connection
        self._base = base
        self._cache = cache
        asked = select(accounts).where(accounts.c.key == key)
        # SQLite has no such lock and needs none: it has one writer at a time.
        row = connection.execute(asked.with_for_update() if lock else asked).one_or_none()
        if row is None:
            raise NotThere(f'unknown account "{shortened(key)}"')
        self.account = Account(*row)

    @classmethod
    def begin(
        cls,
        connection: Connection,
        key: str,
        case: Case,
        by: str | None,
    ) -> None:
        """Add an account whose first version is *case*."""
        now = datetime.now(UTC)
        account = Account(key, case.account.id, case.account.name, 1, now, 0)
        connection.execute(insert(accounts).values(account._asdict()))
        first = Version(key, 1, now, by, "[]", case_text(case))
        connection.execute(insert(versions).values(first.summed()._asdict()))

    def row(self, version: int) -> Version:
        """Return the row of a version. Raises KamError."""
        mine = (versions.c.account == self.account.key) & (versions.c.version == version)
        row = self._connection.execute(select(versions).where(mine)).one_or_none()
        if row is None:
            raise NotThere(f'the account "{self.account.key}" has no version {version}')
        return Version(*row).checked()

    def rows(self, after: int = 0) -> list[Version]:
        """Return the rows of all versions after one, oldest first."""
        mine = (versions.c.account == self.account.key) & (versions.c.version > after)
        asked = select(versions).where(mine).order_by(versions.c.version)
        return [Version(*row).checked() for row in self._connection.execute(asked)]

    def case(self, version: int) -> Case:
        """Return the case as it was at *version*. Raises KamError."""
        to_replay: list[str] = []
        at = version
        while (case := self._cache.get(self._cache_key(at))) is None:
            row = self.row(at)
            if row.whole is not None:
                case = case_from(row.whole, self._base, self._place(at))
                break
            if row.same_as is None:
                to_replay.append(row.edits)
            at = at - 1 if row.same_as is None else row.same_as
        for edits in reversed(to_replay):
            case = self.replayed(case, edits_from(edits, self._base))
        self._cache.put(self._cache_key(version), case)
        return case

    def replayed(self, case: Case, edits: Iterable[Edit]) -> Case:
        """Return *case* after a replay of *edits*. Raises KamError."""
        for edit in edits:
            case = apply_edit(case, edit, self._base)
        return case

    def state(self, version: int) -> State:
        """Return the account as it was at *version*. Raises KamError."""
        row = self.row(version)
        undo, redo = row.last is not None, row.redo is not None
        key = self.account.key
        return State(key, self.case(version), version, row.at, can_undo=undo, can_redo=redo)

    def append(self, case: Case, by: str | None, edits: str = "[]", **points: Any) -> State:
        """Add a version in which the account is *case*.

        Args:
            case: The account as it is from now on.
            by: Who changed it.
            edits: The events, from `edits_to`.
            points: The versions that the new one refers to; see `kam_expert.store.schema`.
        """
        now = datetime.now(UTC)
        version = self.account.version + 1
        whole = case_text(case) if version % SNAPSHOT_EVERY == 0 else None
        row = Version(self.account.key, version, now, by, edits, whole, **points)
        self._connection.execute(insert(versions).values(row.summed()._asdict()))
        self.account = self.account._replace(
            id=case.account.id, name=case.account.name, version=version, changed=now
        )
        mine = accounts.c.key == self.account.key
        self._connection.execute(update(accounts).where(mine).values(self.account._asdict()))
        undo, redo = row.last is not None, row.redo is not None
        return State(self.account.key, case, version, now, can_undo=undo, can_redo=redo)

    def rewrite(self, row: Version, by: str | None, edits: str, case: Case) -> None:
        """Replace the content of a version; only for an erasure."""
        whole = None if row.whole is None else case_text(case)
        mine = (versions.c.account == row.account) & (versions.c.version == row.version)
        left = row._replace(by=by, edits=edits, whole=whole).summed()
        values = {"by": by, "edits": edits, "whole": whole, "sum": left.sum}
        changed = update(versions).where(mine).values(values)
        self._connection.execute(changed)

    def _cache_key(self, version: int) -> tuple[str, int, int]:
        return self.account.key, self.account.erasures, version

    def _place(self, version: int) -> Place:
        return Place(f"account {self.account.key}, version {version}")


def case_from(text: str, base: KnowledgeBase, place: Place) -> Case:
    """Return the case of a stored text. Raises CaseError."""
    case = build_case(read_text(text, place.file), base, place)
    # Places in the stored text do not matter to a reader of a report.
    lists = {name: getattr(case, name) for name in LISTS}
    told = {name: tuple(map(_unplaced, listed)) for name, listed in lists.items() if listed}
    plan = tuple(replace(entry, place=None) for entry in case.plan)
    parts: dict[str, Any] = {"account": _unplaced(case.account), "plan": plan, **told}
    return replace(case, **parts)


def _unplaced(entity: Entity) -> Entity:
    sides: dict[str, Any] = {
        side: {
            fact: tuple([Answer(a.value, a.as_of, a.source, a.by) for a in answers])
            for fact, answers in getattr(entity, side).items()
        }
        for side in ("ours", "theirs")
    }
    return replace(entity, place=None, **sides)


def edits_to(edits: Iterable[Edit]) -> str:
    """Return *edits* as they are stored."""
    return json.dumps([edit_to_data(edit) for edit in edits], ensure_ascii=False)


def edits_from(text: str, base: KnowledgeBase) -> tuple[Edit, ...]:
    """Return the edits of a stored text. Raises KamError."""
    return tuple(edit_from_data(data, base) for data in json.loads(text))
