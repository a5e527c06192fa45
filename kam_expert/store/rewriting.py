"""An erasure from the history of an account: every version as if what is erased had not been."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import Place
from kam_expert.store.event_log import case_from, edits_from, edits_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.answer_erasure import AnswerErasure
    from kam_expert.store.erasure import Erasure
    from kam_expert.store.event_log import EventLog, Version
    from kam_expert.store.expiry import Expiry
    from kam_expert.store.records import State

    AnyErasure = Erasure | Expiry | AnswerErasure


def contents(
    rows: Sequence[Version], base: KnowledgeBase
) -> list[tuple[Case | None, tuple[Edit, ...]]]:
    """Return the snapshot and the edits of each version."""
    return [
        (
            None if row.whole is None else case_from(row.whole, base, Place(row.account)),
            edits_from(row.edits, base),
        )
        for row in rows
    ]


def rewritten(log: EventLog, erasure: AnyErasure, by: str | None, base: KnowledgeBase) -> State:
    """Erase from every version of an account, and return the new latest version."""
    rows = log.rows()
    told = contents(rows, base)
    for case, edits in told:
        erasure.learn(case, edits)
    erasure.ready()
    cases: dict[int, Case] = {}
    for row, (whole, edits) in zip(rows, told, strict=True):
        left = erasure.edits(edits)
        if row.same_as is not None:
            case = cases[row.same_as]
        elif row.version == 1 and whole is not None:
            case = erasure.case(whole)
        else:
            case = log.replayed(cases[row.version - 1], left)
        cases[row.version] = case
        log.rewrite(row, erasure.text(row.by or "") or None, edits_to(left), case)
    newest = rows[-1]
    log.account = log.account._replace(erasures=log.account.erasures + 1)
    return log.append(
        cases[newest.version], by, same_as=newest.version, last=newest.last, redo=newest.redo
    )
