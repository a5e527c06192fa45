"""The tabs that ask questions: the meeting with its next question, a single one, all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from kam_expert.facts.case import link_id
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import SetAnswer, SetComplete
from kam_expert.knowledge.about import About
from kam_expert.outputs.interface import translator
from kam_expert.web.answer_form import asked_sides
from kam_expert.web.plan_views import last_meeting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.app.agenda import Item
    from kam_expert.results.diagnosis import OpenQuestion
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.answer_form import Question
    from kam_expert.web.page_state import PageState
    from kam_expert.web.question_list import FactQuestions
    from kam_expert.web.request import RequestContext

_FOLLOWING, _LATEST = 5, 3
_BOTH = "both"
_ENDS = ("people", "team")
_LISTS = (*_ENDS, "links")


@dataclass(frozen=True)
class QuestionCard:
    """The question that the page shows.

    Attributes:
        questions: With one side, or both next to each other; none for a list.
        of: The list that it asks for; empty for a fact.
        could_change: The findings that wait for it.
        pin: The query that keeps showing it.
        voices: Whose answer can be taken instead: side and query; empty if only one side is asked.
        voice: ours, theirs or both.
        needs_customer: Whether the customer has to answer and nobody of it is here.
        answered: Whether no side is left to answer in this meeting.
    """

    questions: tuple[Question, ...]
    of: str
    could_change: tuple[str, ...]
    pin: str
    voices: tuple[tuple[str, str], ...] = ()
    voice: str = "ours"
    needs_customer: bool = False
    answered: bool = False

    @property
    def name(self) -> str:
        """Return the fact or the list."""
        return self.questions[0].slot.fact if self.questions else self.of

    @property
    def open(self) -> tuple[str, ...]:
        """Return the sides that have not answered."""
        return tuple(q.slot.side for q in self.questions if q.open and not q.not_known)


def ask_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return the question of the meeting, those after it, and how far the meeting is."""
    diagnosis, agenda = page.account.diagnosis, page.agenda(page_state.param("chapter"))
    card = _pinned(page, page_state)
    pinned = card is not None
    waiting = _asked_with_who_is_here(page)
    items = [item for item in agenda.items if item.question.of not in waiting]
    if card is None and agenda.next is not None:
        asked = agenda.next if agenda.next.question.of not in waiting else next(iter(items), None)
        card = None if asked is None else _card(page, asked)
    later = [item for item in items if card is None or not _is_shown(item, card)]
    chapters = page.service.base.chapters.docs
    lang = context.lang
    pin = "" if card is None else f"?{card.pin}"
    here = "" if card is None else page.chapter_of(card.name)
    return {
        "card": card,
        "bridge": chapters[agenda.proposed].bridge.get(lang)
        if agenda.proposed and not pinned
        else "",
        "here": here,
        "chapters": [
            (p.chapter, chapters[p.chapter].name.get(lang), p.answered, p.left)
            for p in agenda.progress
        ],
        "agenda": agenda,
        "answers_taken": answers_taken(page),
        "list_question": _list_question(page, card.of) if card is not None and card.of else "",
        "listed": _listed(page, card.of) if card is not None and card.of else "",
        "stage_firm": diagnosis.stage.firm,
        "following": _following(page, later),
        "for_customer": [_short(page, q) for q in agenda.for_customer[:_FOLLOWING]],
        "latest": _latest(page),
        "meeting": last_meeting(page),
        "current_page": f"/a/{page.account.key}/{pin}",
        "pin": pin,
        "pairs": _pairs(page) if card is not None and card.of == "links" else [],
    }


def _asked_with_who_is_here(page: AccountPage) -> frozenset[str]:
    """Return the lists whose first names "Who is here?" asks for, so that their question waits."""
    case = page.account.case
    empty = [of for of in _ENDS if not getattr(case, of)]
    return frozenset(_LISTS if empty and not page.meeting.begun else ())


def _short(page: AccountPage, question: OpenQuestion) -> str:
    if question.fact is None:
        return page.words.list_name(question.of or "")
    return page.words.fact(question.fact)


def _is_shown(item: Item, card: QuestionCard) -> bool:
    if item.question.of is not None or card.of:
        return item.question.of == card.of
    shown = card.questions[0].slot
    about = item.question.about
    return (item.question.fact, about.kind, about.id) == (shown.fact, shown.kind, shown.id)


def _pinned(page: AccountPage, page_state: PageState) -> QuestionCard | None:
    """Return the question that the address keeps; None if it is none any more."""
    of = page_state.param("list")
    if of in _LISTS:
        return _list_card(page, of)
    kind, identity, fact, voice = (page_state.param(n) for n in ("kind", "id", "fact", "side"))
    asked = page.book.fact_questions(Slot(kind, identity, fact)) if fact else None
    if asked is None or page.service.base.facts[fact].kind != kind:
        return None
    sides = ("ours", "theirs") if voice == _BOTH else (voice,)
    allowed = asked_sides(page.service.base.facts[fact])
    return _fact_card(
        page, Slot(kind, identity, fact), [s for s in sides if s in allowed] or allowed
    )


def _card(page: AccountPage, item: Item) -> QuestionCard:
    if item.question.of is not None:
        return _list_card(page, item.question.of)
    return _fact_card(page, item.slots[0], item.sides)


def _list_card(page: AccountPage, of: str) -> QuestionCard:
    waits = (q.could_change for q in page.account.diagnosis.open_questions if q.of == of)
    return QuestionCard((), of, next(waits, ()), urlencode({"list": of}))


def _fact_card(page: AccountPage, slot: Slot, sides: Sequence[str]) -> QuestionCard:
    base, here = page.service.base, page.meeting.customer
    voice = _BOTH if len(sides) > 1 else sides[0]
    slots = [Slot(slot.kind, slot.id, slot.fact, side) for side in sides]
    allowed = asked_sides(base.facts[slot.fact])
    choices = (*allowed, _BOTH) if len(allowed) > 1 else ()
    about = About(slot.kind, slot.id)
    waits = (
        q.could_change
        for q in page.account.diagnosis.open_questions
        if q.fact == slot.fact and q.about == about
    )
    return QuestionCard(
        questions=tuple(page.book.question(s) for s in slots),
        of="",
        could_change=next(waits, ()),
        pin=_pin(slot, voice),
        voices=tuple((v, _pin(slot, v)) for v in choices if here or v != _BOTH),
        voice=voice,
        needs_customer=not here and "theirs" in sides,
        answered=all(page.book.closed(s) for s in slots),
    )


def _pin(slot: Slot, voice: str) -> str:
    return address_of(Slot(slot.kind, slot.id, slot.fact, voice))


def answers_taken(page: AccountPage) -> int:
    """Return how many questions were answered since the meeting began."""
    places: set[object] = set()
    for entry in page.history.effective:
        if entry.version > page.meeting.since:
            for edit in entry.edits:
                if isinstance(edit, SetAnswer):
                    places.add((edit.slot.kind, edit.slot.id, edit.slot.fact))
                elif isinstance(edit, SetComplete):
                    places.add(edit.list)
    return len(places)


def _list_question(page: AccountPage, of: str) -> str:
    """Return the question about a list: for names, or whether anybody is missing."""
    _ = translator(page.lang).gettext
    if of == "links":
        return _("Who on our side talks to whom at the customer?")
    if getattr(page.account.case, of):
        return _("Is this list complete: %(list)s?") % {"list": page.words.list_name(of)}
    if of == "people":
        return _("Whom do you know at the customer?")
    return _("Who on our side works with this customer?")


def _listed(page: AccountPage, name: str) -> str:
    """Return the names on a list."""
    entities = getattr(page.account.case, name) or ()
    return ", ".join(page.name_of(entity) for entity in entities)


def _pairs(page: AccountPage) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Return each person with a row of our team: the id of the tie, the name, whether it exists."""
    case = page.account.case
    ties = {link.id for link in case.links or ()}
    return [
        (
            page.name_of(person),
            [
                (
                    link_id(member.id, person.id),
                    page.name_of(member),
                    link_id(member.id, person.id) in ties,
                )
                for member in case.team or ()
            ],
        )
        for person in case.people or ()
    ]


def _following(page: AccountPage, items: Sequence[Item]) -> list[tuple[str, str, str]]:
    """Return the text, the name and the address of the questions after the one that is shown."""
    found = []
    for item in items[:_FOLLOWING]:
        card = _card(page, item)
        if card.of:
            found.append((_list_question(page, card.of), "", card.pin))
        else:
            first = card.questions[0]
            found.append((first.text, "" if first.names_entity else first.entity_name, card.pin))
    return found


def address_of(slot: Slot) -> str:
    """Return a slot as a query string."""
    return urlencode({"kind": slot.kind, "id": slot.id, "fact": slot.fact, "side": slot.side})


def _latest(page: AccountPage) -> list[FactQuestions]:
    """Return the facts answered last, so that they can be corrected."""
    seen: set[tuple[str, str, str]] = set()
    latest: list[FactQuestions] = []
    for entry in reversed(page.history.entries):
        for edit in reversed(entry.edits):
            if isinstance(edit, SetAnswer):
                slot = edit.slot
                thing = (slot.kind, slot.id, slot.fact)
                if thing not in seen:
                    seen.add(thing)
                    asked = page.book.fact_questions(slot)
                    latest += [] if asked is None else [asked]
        if len(latest) >= _LATEST:
            break
    return latest[:_LATEST]


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
