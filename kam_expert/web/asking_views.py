"""The parts of a session in which questions are asked: the next one, one by itself, all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer
from kam_expert.web.failures import Missing
from kam_expert.web.page_state import theme_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.results.diagnosis import OpenQuestion
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.answer_form import Question
    from kam_expert.web.page_state import Shown
    from kam_expert.web.question_list import Asking
    from kam_expert.web.request import RequestContext

_FOLLOWING, _LATEST = 5, 3


def ask_view(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return the next question, those after it, and the answers given last."""
    del shown
    diagnosis = page.look.diagnosis
    questions = page.book.to_ask(diagnosis.open_questions)
    first = questions[0] if questions else None
    question = other = None
    if first is not None and first.fact is not None:
        question = _question(page, page.book.next_slot(first))
        if question.theirs and len(page.book.sides(visit.desk.base.facts[first.fact])) > 1:
            other = _question(page, Slot(question.slot.kind, question.slot.id, first.fact))
    return {
        "next": first,
        "question": question,
        "other": other,
        "listed": _listed(page, first.of) if first is not None and first.of else "",
        "stage_firm": diagnosis.stage.firm,
        "following": _following(page, questions[1:]),
        "latest": _latest(page),
    }


def _listed(page: AccountPage, name: str) -> str:
    """Return who is on a list, in words."""
    entities = getattr(page.look.case, name) or ()
    return ", ".join(page.name_of(entity) for entity in entities)


def _following(page: AccountPage, questions: Sequence[OpenQuestion]) -> list[tuple[Question, str]]:
    found = []
    for asked in questions:
        slot = page.book.next_slot(asked)
        if isinstance(slot, Slot):
            found.append((_question(page, slot), address_of(slot)))
    return found[:_FOLLOWING]


def address_of(slot: Slot) -> str:
    """Return a slot as it stands behind the question mark of an address."""
    return urlencode({"kind": slot.kind, "id": slot.id, "fact": slot.fact, "side": slot.side})


def _question(page: AccountPage, slot: Slot | str) -> Question:
    assert isinstance(slot, Slot)  # noqa: S101 -- lists have no fact
    return page.book.question(slot)


def _latest(page: AccountPage) -> list[Asking]:
    """Return the facts answered last, to be corrected at once."""
    found: dict[tuple[str, str, str], Asking] = {}
    for entry in reversed(page.story.entries):
        for edit in reversed(entry.edits):
            if isinstance(edit, SetAnswer):
                slot = edit.slot
                asking = page.book.asking(slot)
                if asking is not None:
                    found.setdefault((slot.kind, slot.id, slot.fact), asking)
        if len(found) >= _LATEST:
            break
    return list(found.values())[:_LATEST]


def question_view(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return one question by itself."""
    del visit
    slot = Slot(shown.one("kind"), shown.one("id"), shown.one("fact"), shown.one("side"))
    asking = page.book.asking(slot)
    if asking is None:
        raise Missing
    return {"asked": asking}


def questions_view(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return the questions of one theme."""
    labels = theme_names(visit.lang)
    themes = page.book.themes()
    wanted = shown.one("theme")
    theme = wanted if wanted in [name for name, *_ in themes] else themes[0][0]
    only_open = shown.one("open") == "yes"
    return {
        "themes": [(name, labels.get(name, name), *numbers) for name, *numbers in themes],
        "theme": theme,
        "theme_label": labels.get(theme, theme),
        "only_open": only_open,
        "askings": page.book.theme(theme, only_open=only_open),
    }
