"""Open questions as they are put to those who are asked."""

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
    }


def question_text(name: str, asked_of: str, base: KnowledgeBase, lang: str) -> str:
    """Return a question as it is put, without whom or what it is about.

    Args:
        name: What is asked, as `OpenQuestion.name` has it.
        asked_of: us, customer or both.
        base: The rule base.
        lang: The language.
    """
    if name not in base.facts:
        listed = list_names(lang)[name.partition(".")[2]]
        return translator(lang).gettext("Are these all? %(list)s") % {"list": listed}
    doc = base.facts[name].doc
    ask = doc.ask_customer if asked_of == "customer" and doc.ask_customer else doc.ask
    return ask.get(lang)
