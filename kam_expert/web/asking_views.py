"""The tabs that ask questions: the next one, a single one, all of them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer
from kam_expert.web.answer_form import asked_sides
from kam_expert.web.plan_views import last_meeting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.results.diagnosis import OpenQuestion
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.answer_form import Question
    from kam_expert.web.page_state import PageState
    from kam_expert.web.question_list import FactQuestions
    from kam_expert.web.request import RequestContext

_FOLLOWING, _LATEST = 5, 3


def ask_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return the next question, those after it, and the latest answers."""
    del page_state
    diagnosis = page.account.diagnosis
    questions = page.book.to_ask(diagnosis.open_questions)
    first = questions[0] if questions else None
    question = other = None
    if first is not None and first.fact is not None:
        question = _question(page, page.book.next_slot(first))
        if question.theirs and len(asked_sides(context.service.base.facts[first.fact])) > 1:
            other = _question(page, Slot(question.slot.kind, question.slot.id, first.fact))
    return {
        "next": first,
        "question": question,
        "other": other,
        "listed": _listed(page, first.of) if first is not None and first.of else "",
        "stage_firm": diagnosis.stage.firm,
        "following": _following(page, questions[1:]),
        "latest": _latest(page),
        "meeting": last_meeting(page),
    }


def _listed(page: AccountPage, name: str) -> str:
    """Return the names on a list."""
    entities = getattr(page.account.case, name) or ()
    return ", ".join(page.name_of(entity) for entity in entities)


def _following(page: AccountPage, questions: Sequence[OpenQuestion]) -> list[tuple[Question, str]]:
    places = map(page.book.next_slot, questions)
    slots = (place for place in places if isinstance(place, Slot))
    return [(_question(page, slot), address_of(slot)) for slot in islice(slots, _FOLLOWING)]


def address_of(slot: Slot) -> str:
    """Return a slot as a query string."""
    return urlencode({"kind": slot.kind, "id": slot.id, "fact": slot.fact, "side": slot.side})


def _question(page: AccountPage, slot: Slot | str) -> Question:
    assert isinstance(slot, Slot)  # noqa: S101 -- only a fact has a slot
    return page.book.question(slot)


def _latest(page: AccountPage) -> list[FactQuestions]:
    """Return the facts answered last, so that they can be corrected."""
    found: dict[tuple[str, str, str], FactQuestions] = {}
    for entry in reversed(page.history.entries):
        for edit in reversed(entry.edits):
            if isinstance(edit, SetAnswer):
                slot = edit.slot
                asked = page.book.fact_questions(slot)
                if asked is not None:
                    found.setdefault((slot.kind, slot.id, slot.fact), asked)
        if len(found) >= _LATEST:
            break
    return list(found.values())[:_LATEST]


def question_tab(
    context: RequestContext, page: AccountPage, page_state: PageState
) -> dict[str, Any]:
    """Return the questions about a single fact."""
    del context
    slot = Slot(*(page_state.param(name) for name in ("kind", "id", "fact", "side")))
    asked = page.book.fact_questions(slot)
    if asked is None:
        raise HTTPException(404)
    return {"asked": asked}


def questions_tab(
    context: RequestContext, page: AccountPage, page_state: PageState
) -> dict[str, Any]:
    """Return the questions of one theme."""
    titles = page.service.base.themes
    themes = page.book.themes()
    wanted = page_state.param("theme")
    theme = wanted if wanted in [name for name, *_ in themes] else themes[0][0]
    only_open = page_state.param("open") == "yes"
    return {
        "themes": [(name, titles[name].get(context.lang), *numbers) for name, *numbers in themes],
        "theme": theme,
        "theme_label": titles[theme].get(context.lang),
        "only_open": only_open,
        "questions": page.book.theme(theme, only_open=only_open),
    }
