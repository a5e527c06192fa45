"""The wording of open questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase


def list_names(lang: str) -> dict[str, str]:
    """Return the names of the lists of a case."""
    _ = translator(lang).gettext
    return {
        "people": _("people at the customer"),
        "team": _("our team"),
        "links": _("ties between people"),
        "decisions": _("decisions"),
        "events": _("events"),
    }


def question_text(name: str, asked_of: str, base: KnowledgeBase, lang: str) -> str:
    """Return the wording of a question, without its subject.

    Args:
        name: A fact, or ``complete.`` and a list: `OpenQuestion.name`.
        asked_of: us, customer or both.
        base: The rule base.
        lang: The language.
    """
    if name not in base.facts:
        listed = list_names(lang)[name.partition(".")[2]]
        return translator(lang).gettext("Are these all? %(list)s") % {"list": listed}
    return base.facts[name].doc.question_for(asked_of).get(lang)
