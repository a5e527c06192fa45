"""The parts of a session about people: tables and picture, profiles, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.facts.changes import Slot
from kam_expert.web.failures import Missing

if TYPE_CHECKING:
    from kam_expert.facts.case import Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.page_state import Shown
    from kam_expert.web.request import RequestContext


def people_view(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return people, team and ties, and all about one of them if one was chosen."""
    chosen = _chosen(page, shown)
    return {
        "person": chosen,
        "person_askings": page.book.about(chosen) if chosen else (),
        "erasable": chosen is not None and chosen.kind in ("person", "member"),
        "asks_to_erase": shown.one("erase") == "yes",
        "lists": page.lists(),
        "columns": _columns(visit.desk.base),
    }


def _columns(base: KnowledgeBase) -> dict[str, list[str]]:
    """Return the facts in the tables, by kind; the others stand on a page of their own."""
    shown = base.shown
    role = shown.roles.get("person")
    main = [shown.main_contact] if shown.main_contact else []
    names = dict.fromkeys([*([role] if role else []), *shown.standing, *main])
    columns = {"person": [n for n in names if base.facts[n].doc.type != "set"]}
    for kind in ("member", "link"):
        columns[kind] = [f.name for f in base.facts.values() if f.kind == kind]
    return columns


def _chosen(page: AccountPage, shown: Shown) -> Entity | None:
    kind, identity = shown.one("kind"), shown.one("id")
    if not kind:
        return None
    for entity in page.look.case.entities(kind):
        if entity.id == identity and kind != "account":
            return entity
    raise Missing


def profiles_view(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return the profiles, and one of them by the anchors of its scores."""
    people = page.look.case.people or ()
    wanted = shown.one("person")
    chosen = next((p for p in people if p.id == wanted), people[0] if people else None)
    sides = (
        []
        if chosen is None
        else [
            (side.name.get(page.lang), [Slot("person", chosen.id, name) for name in side.facts])
            for side in visit.desk.base.shown.profile
        ]
    )
    asked = [(name, [page.book.asking(slot) for slot in slots]) for name, slots in sides]
    return {"person": chosen, "sides": asked}


def decisions_view(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return the decisions with their questions."""
    del visit, shown
    return {"of": {d.id: page.book.about(d) for d in page.look.case.decisions or ()}}
