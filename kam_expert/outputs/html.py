"""The report on one account: a single HTML file, the same for the same diagnosis."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from kam_expert import __version__
from kam_expert.outputs.page import Report
from kam_expert.outputs.room import ROOMS, budget
from kam_expert.outputs.templating import rendered

if TYPE_CHECKING:
    from kam_expert.diagnosis import Diagnosis
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.room import Room


def render_report(diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str) -> str:
    """Give the report on one account as an HTML document.

    Args:
        diagnosis: What came out.
        case: The facts it came from, which have the names of people and the comments.
        base: The rule base, which has the words.
        lang: ``uk`` or ``en``.

    Returns:
        One self-contained page: no script, and nothing in it is fetched from anywhere. The same
        arguments give the same text.
    """
    return fitted_report(diagnosis, case, base, lang)[0]


def fitted_report(
    diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str
) -> tuple[str, Room]:
    """Give the report in the roomiest room in which it is small enough, and that room.

    One that is too large even in the tightest room is given in that.
    """
    most = budget(len(case.people or ()))
    pages: dict[Room, str] = {}

    def fits(room: Room) -> bool:
        pages[room] = in_room(room, diagnosis, case, base, lang)
        return len(pages[room].encode()) <= most

    # Each room gives a smaller page than the one before it.
    room = ROOMS[bisect.bisect_left(ROOMS[:-1], x=True, key=fits)]
    return pages.get(room) or in_room(room, diagnosis, case, base, lang), room


def in_room(room: Room, diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str) -> str:
    """Give the report with what there is room for."""
    report = Report(diagnosis, case, base, lang, room)
    return rendered(
        "report.html.j2",
        lang,
        r=report,
        d=diagnosis,
        w=report.words,
        base=base,
        case=case,
        program=__version__,
    )
