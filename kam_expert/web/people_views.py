"""The tabs about people: tables and picture, profiles, decisions, events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import Entity
from kam_expert.facts.changes import Slot
from kam_expert.web.form_edits import find_entity

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.page_state import PageState
    from kam_expert.web.request import RequestContext


def people_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return people, team and ties, and the questions about one of them if it is chosen."""
    kind, identity = page_state.param("kind"), page_state.param("id")
    chosen = find_entity(page.account.case, kind, identity) if kind else None
    confirm = page_state.param("erase") == "yes"
    return {
        "person": chosen,
        "person_questions": page.book.about(chosen) if chosen else (),
        "erasable": chosen is not None and chosen.kind in ("person", "member"),
        "confirm_erasure": confirm,
        "like": context.service.like_name(page.account.key, kind, identity)
        if confirm and chosen is not None
        else (),
        "lists": page.lists(),
        "columns": _columns(context.service.base),
    }


def _columns(base: KnowledgeBase) -> dict[str, list[str]]:
    """Return the facts that are columns of the tables, by kind of entity."""
    shown = base.shown
    role = shown.roles.get("person")
    main = [shown.main_contact] if shown.main_contact else []
    names = dict.fromkeys([*([role] if role else []), *shown.standing, *main])
    columns = {"person": [n for n in names if base.facts[n].doc.type != "set"]}
    for kind in ("member", "link"):
        columns[kind] = [f.name for f in base.facts.values() if f.kind == kind]
    return columns


def profiles_tab(
    context: RequestContext, page: AccountPage, page_state: PageState
) -> dict[str, Any]:
    """Return the profiles, and the questions about the scores of one of them."""
    people = page.account.case.people or ()
    wanted = page_state.param("person")
    chosen = next((p for p in people if p.id == wanted), people[0] if people else None)
    sides = (
        []
        if chosen is None
        else [
            (side.name.get(page.lang), [Slot("person", chosen.id, name) for name in side.facts])
            for side in context.service.base.shown.profile
        ]
    )
    questions = [(name, [page.book.fact_questions(s) for s in slots]) for name, slots in sides]
    return {"person": chosen, "sides": questions}


def decisions_tab(
    context: RequestContext, page: AccountPage, page_state: PageState
) -> dict[str, Any]:
    """Return the questions about each decision, by its id."""
    del context, page_state
    return {
        "questions_by_decision": {
            d.id: page.book.about(d) for d in page.account.case.decisions or ()
        }
    }


def events_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return the fields of an event to add; none if the rule base has no events."""
    del page_state
    book = context.service.base.events
    return {
        "fields": []
        if book is None
        else [asked.questions[0] for asked in page.book.about(Entity("event", ""))]
    }
