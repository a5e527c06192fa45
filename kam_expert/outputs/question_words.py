"""The wording of open questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.knowledge.audience import Edition
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


def question_text(
    name: str, asked_of: str, base: KnowledgeBase, lang: str, edition: Edition = Edition.CONSULTANT
) -> str:
    """Return the wording of a question, without its subject.

    “You” is who is asked. A question to both sides is worded for the side that reads it.

    Args:
        name: A fact, or ``complete.`` and a list: `OpenQuestion.name`.
        asked_of: us, customer or both.
        base: The rule base.
        lang: The language.
        edition: Who reads it.
    """
    if name not in base.facts:
        listed = list_names(lang)[name.partition(".")[2]]
        return translator(lang).gettext("Are these all? %(list)s") % {"list": listed}
    doc = base.facts[name].doc
    to_customer = asked_of == "customer" or edition is Edition.CUSTOMER
    return (doc.question_by_us if to_customer else doc.ask).get(lang)
