"""The plan of an account as a page: a single HTML file that prints on one sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.templating import rendered
from kam_expert.outputs.theme import PLAIN_LOOK
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.theme import Appearance
    from kam_expert.results.diagnosis import Diagnosis


def render_plan_page(
    diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str, look: Appearance = PLAIN_LOOK
) -> str:
    """Return the plan as an HTML document; arguments as for `render_report`.

    The page has no scripts and loads nothing. The same arguments give the same text.
    """
    words = Words(base, case, lang, diagnosis.day)
    return rendered(
        "plan.html.j2",
        lang,
        d=diagnosis,
        w=words,
        case=case,
        plan=shown_plan(diagnosis, words),
        theme=look.theme,
        paper=look.paper,
        folder=look.templates,
    )
