"""The questionnaire for the customer: an HTML file that works without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.facts.case import Case, Entity
from kam_expert.facts.changes import Slot
from kam_expert.outputs.templating import rendered
from kam_expert.outputs.wording import Words
from kam_expert.web.question_list import QuestionBook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.web.answer_form import Question


def customer_facts(base: KnowledgeBase) -> list[Fact]:
    """Return the facts that the customer is asked."""
    facts = [f for f in base.facts.values() if f.kind == "account" and f.doc.asked_of != "us"]
    return [f for f in facts if not f.doc.parts]


def questions_by_theme(
    book: QuestionBook, lang: str, facts: Sequence[str] | None = None
) -> list[tuple[str, list[Question]]]:
    """Return the questions to the customer, or those for *facts*, by the title of their theme."""
    themes = book.base.themes
    questions: dict[str, list[Question]] = {theme: [] for theme in themes}
    for fact in customer_facts(book.base):
        if facts is None or fact.name in facts:
            slot = Slot("account", book.case.account.id, fact.name, "theirs")
            questions[fact.doc.theme].append(book.question(slot))
    return [(themes[theme].get(lang), found) for theme, found in questions.items() if found]


def questionnaire_text(
    account: tuple[str, str],
    base: KnowledgeBase,
    lang: str,
    day: date,
    campaign: tuple[str, Sequence[str]] | None = None,
) -> str:
    """Return the questionnaire as HTML.

    Args:
        account: The id and the name. Nothing else of the account is in the file, which leaves our
            company.
        base: The rule base.
        lang: ``uk`` or ``en``.
        day: The day of the questionnaire.
        campaign: The id of a campaign and the facts that it asks for; without a campaign the
            customer is asked everything.
    """
    entity = Entity("account", *account)
    case = Case(entity)
    book = QuestionBook(case, base, Words(base, case, lang, day), {})
    return rendered(
        "live/questionnaire.html.j2",
        lang,
        entity=entity,
        themes=questions_by_theme(book, lang, None if campaign is None else campaign[1]),
        campaign="" if campaign is None else campaign[0],
    )
