"""The report on one account: a single HTML file, the same for the same diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert import __version__
from kam_expert.outputs.page import ReportPage
from kam_expert.outputs.room import ROOMS, SAVING, budget
from kam_expert.outputs.templating import rendered
from kam_expert.outputs.theme import PLAIN_LOOK

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.room import Room
    from kam_expert.outputs.theme import Appearance
    from kam_expert.results.diagnosis import Diagnosis


def render_report(
    diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str, look: Appearance = PLAIN_LOOK
) -> str:
    """Return the report on one account as an HTML document.

    Args:
        diagnosis: What came out.
        case: The facts it came from, which have the names of people and the comments.
        base: The rule base, which has the words.
        lang: ``uk`` or ``en``.
        look: The edition and the firm's own look.

    Returns:
        One self-contained page: no script, and nothing in it is fetched from anywhere. The same
        arguments give the same text.
    """
    return fitted_report(diagnosis, case, base, lang, look)[0]


def fitted_report(
    diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str, look: Appearance = PLAIN_LOOK
) -> tuple[str, Room]:
    """Return the report in the roomiest room in which it is small enough, and that room.

    One that is too large even in the tightest room is given in that.
    """
    most = budget(len(case.people or ())) + look.size
    pages: dict[int, str] = {}

    def over(index: int) -> float:
        if index not in pages:
            pages[index] = in_room(ROOMS[index], diagnosis, case, base, lang, look)
        return len(pages[index].encode()) / most - 1

    # Each room gives a smaller page than the one before it, mostly by a like part; so the excess
    # of the roomiest tells about how far to go, which saves making most of the pages.
    last = len(ROOMS) - 1
    index = min(last, round(max(0.0, over(0)) / SAVING))
    while index < last and over(index) > 0:
        index += 1
    while index and over(index - 1) <= 0:
        index -= 1
    over(index)
    return pages[index], ROOMS[index]


def in_room(  # noqa: PLR0913 -- what a report is made from
    room: Room,
    diagnosis: Diagnosis,
    case: Case,
    base: KnowledgeBase,
    lang: str,
    look: Appearance = PLAIN_LOOK,
) -> str:
    """Return the report with what there is room for."""
    report = ReportPage(diagnosis, case, base, lang, room, look.edition)
    return rendered(
        "report.html.j2",
        lang,
        r=report,
        d=diagnosis,
        w=report.words,
        base=base,
        case=case,
        program=__version__,
        theme=look.theme,
        paper=look.paper,
        folder=look.templates,
    )
