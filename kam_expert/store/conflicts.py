"""What others changed since an editor saw an account, and whether both changed the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.facts.edit_things import meet, touches
from kam_expert.store.event_log import edits_from
from kam_expert.store.records import Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.facts.case import Case
    from kam_expert.facts.edit_things import Thing
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.event_log import EventLog


def refuse_unseen(log: EventLog, seen: int, base: KnowledgeBase) -> None:
    """Raise Conflict if there is a version after *seen*."""
    if seen != log.account.version:
        others = [edit for edits, _, _ in _since(log, seen, base) for edit in edits]
        raise _conflict(log, others)


def refuse_conflict(log: EventLog, edits: Sequence[Edit], seen: int, base: KnowledgeBase) -> None:
    """Raise Conflict if a version after *seen* changed what *edits* change."""
    if seen == log.account.version:
        return
    mine = frozenset().union(*(things for _, things in _touched(log, log.case(seen), edits)))
    others = [
        edit
        for made, case, stands in _since(log, seen, base)
        for edit, things in _touched(log, case, made)
        # A repeated edit is there already and conflicts with nothing.
        if not (stands and edit in edits) and meet(things, mine)
    ]
    if others:
        raise _conflict(log, others)


def _since(
    log: EventLog, seen: int, base: KnowledgeBase
) -> list[tuple[tuple[Edit, ...], Case, bool]]:
    """Return the changes after a version: the edits, the case before them, whether they hold.

    An undo or redo touches what the change itself touched.
    """
    log.row(seen)
    found = []
    for row in log.rows(seen):
        change = row.undoes or row.redoes or row.version
        edits = row.edits if change == row.version else log.row(change).edits
        case = log.case(change - 1)
        found.append((edits_from(edits, base), case, row.undoes is None))
    return found


def _conflict(log: EventLog, others: Sequence[Edit]) -> Conflict:
    state = log.state(log.account.version)
    said = "somebody changed this account in the meantime; nothing was recorded"
    return Conflict(said, state, tuple(dict.fromkeys(others)))


def _touched(
    log: EventLog, case: Case, edits: Sequence[Edit]
) -> list[tuple[Edit, frozenset[Thing]]]:
    """Return what each of the edits touches, in order."""
    found = []
    for edit in edits:
        found.append((edit, touches(case, edit)))
        case = log.replayed(case, [edit])
    return found
