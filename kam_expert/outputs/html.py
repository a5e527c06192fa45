"""The report on one account: a single HTML file, reproducible from the diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert import __version__
from kam_expert.outputs.page import ReportPage
from kam_expert.outputs.templating import rendered
from kam_expert.outputs.theme import PLAIN_LOOK

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.theme import Appearance
    from kam_expert.results.diagnosis import Diagnosis


def render_report(
    diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str, look: Appearance = PLAIN_LOOK
) -> str:
    """Return the report on one account as an HTML document.

    Args:
        diagnosis: The diagnosis.
        case: The facts, with names of people and comments.
        base: The rule base with the texts.
        lang: ``uk`` or ``en``.
        look: The edition and the theme of the firm.

    Returns:
        A self-contained page without scripts that loads nothing. The same arguments give the same
        text.
    """
    report = ReportPage(diagnosis, case, base, lang, look.edition)
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
