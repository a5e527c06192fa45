"""What comes of a form about one account: a change that is on disk before the page says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from kam_expert.errors import KamError
from kam_expert.facts.changes import Slot
from kam_expert.outputs.interface import translator
from kam_expert.store.records import Conflict, NotThere
from kam_expert.web.account_page import AccountPage
from kam_expert.web.account_views import account_shown, shown_by
from kam_expert.web.answer_form import question_id
from kam_expert.web.customer_links import DAYS
from kam_expert.web.customers import take_in
from kam_expert.web.denied_words import words_noted
from kam_expert.web.edit_words import CUSTOMER, edit_words
from kam_expert.web.failures import Missing
from kam_expert.web.form_edits import entity_sent
from kam_expert.web.page_state import look_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.responses import Response

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.store.records import State
    from kam_expert.web.request import RequestContext
    from kam_expert.web.service import AccountView


def action(
    edits_of: Callable[[RequestContext, Case], list[Edit]],
) -> Callable[[RequestContext], Response]:
    """Make a page of what gives the edits that a form asks for.

    Args:
        edits_of: Gives the edits, from the form and the case as the visitor saw it.
    """

    def changed(visit: RequestContext) -> Response:
        visit.home = f"/a/{visit.key}/"
        seen = visit.form.number("seen")
        edits = edits_of(visit, seen_case(visit, seen))
        try:
            look = visit.desk.record(visit.key, edits, visit.session.name, seen)
        except Conflict as conflict:
            return conflict_page(visit, edits, conflict)
        return after(visit, look, seen)

    return changed


def seen_case(visit: RequestContext, seen: int) -> Case:
    """Return the account as the visitor saw it. Raises Missing."""
    try:
        return visit.desk.store.state(visit.key, seen).case
    except NotThere:
        raise Missing from None


def after(visit: RequestContext, look: AccountView, seen: int) -> Response:
    """Return the page after a change: the same part again, with what others changed meanwhile."""
    since = seen if look.version > seen + 1 else None
    noted = look.version if words_noted(visit.desk, look, look.version) else None
    shown = shown_by(visit.form.text("back"), since, look.version, noted)
    if visit.live:
        return account_shown(visit, look, shown)
    said = {"others": since and f"{since}-{look.version}", "noted": noted}
    more = urlencode({name: value for name, value in said.items() if value is not None})
    address = f"/a/{look.key}/{shown.back}"
    if more:
        address += f"{'&' if shown.asked else '?'}{more}"
    place = _place(visit)
    return visit.go(f"{address}#{place}" if place else address)


def _place(visit: RequestContext) -> str:
    """Return where on the page the form stood."""
    form = visit.form
    if "fact" not in form:
        return ""
    slot = Slot(form.text("kind"), form.text("id"), form.text("fact"), form.text("side"))
    return "" if form.text("back") == "" else question_id(slot)


def conflict_page(visit: RequestContext, edits: Sequence[Edit], conflict: Conflict) -> Response:
    """Return the page on which a visitor chooses between two answers to the same thing."""
    look = visit.desk.judged(conflict.state)
    page = AccountPage(visit.desk, look, visit.lang)
    kept = [(name, value) for name, value in visit.form.items() if name not in ("csrf", "seen")]
    back = visit.form.text("back")
    return visit.page(
        "conflict.html.j2",
        409,
        **page.values(shown_by(back)),
        mine=[edit_words(edit, page.words) for edit in edits],
        theirs=[edit_words(edit, page.words) for edit in conflict.edits],
        kept=kept,
        action=visit.request.url.path,
        repeatable=bool(edits),
    )


def erase(visit: RequestContext) -> Response:
    """Erase a person from the account and its whole history."""
    form, key = visit.form, visit.key
    visit.home = f"/a/{key}/people"
    entity_sent(visit, look_of(visit).case)
    seen = form.number("seen")
    look = visit.desk.erase(key, form.text("kind"), form.text("id"), visit.session.name)
    return after(visit, look, max(seen, look.version - 1))


def bring_answers(visit: RequestContext) -> Response:
    """Take in the answers that a questionnaire brings back, in the customer's name."""
    key = visit.key
    visit.home = f"/a/{key}/customer"
    seen = visit.form.number("seen")
    edits = take_in(visit, seen_case(visit, seen))
    try:
        look = visit.desk.record(key, edits, CUSTOMER + visit.form.text("by"), seen)
    except Conflict as conflict:
        return conflict_page(visit, edits, conflict)
    return after(visit, look, seen)


def undo(visit: RequestContext) -> Response:
    """Take the last change back."""
    return _turned(visit, visit.desk.undo, lambda state: state.can_undo)


def redo(visit: RequestContext) -> Response:
    """Bring back what was taken back last."""
    return _turned(visit, visit.desk.redo, lambda state: state.can_redo)


def _turned(
    visit: RequestContext,
    turn: Callable[[str, str, int], AccountView],
    can: Callable[[State], bool],
) -> Response:
    visit.home = f"/a/{visit.key}/"
    seen = visit.form.number("seen")
    if not can(look_of(visit).state):
        raise KamError(translator(visit.lang).gettext("There is no such change any more."))
    try:
        look = turn(visit.key, visit.session.name, seen)
    except Conflict as conflict:
        return conflict_page(visit, [], conflict)
    return after(visit, look, seen)


def give_link(visit: RequestContext) -> Response:
    """Make a link for the customer; the one before it is worth nothing any more."""
    days = visit.form.number("days")
    if days not in DAYS:
        raise HTTPException(400)
    look = look_of(visit)
    until = datetime.now(UTC) + timedelta(days=days)
    visit.desk.store.give_link(look.key, until)
    return _customer_tab(visit, look)


def revoke_link(visit: RequestContext) -> Response:
    """Make the customer's link worth nothing."""
    look = look_of(visit)
    visit.desk.store.revoke_link(look.key)
    return _customer_tab(visit, look)


def _customer_tab(visit: RequestContext, look: AccountView) -> Response:
    if visit.live:
        return account_shown(visit, look, shown_by("customer"))
    return visit.go(f"/a/{look.key}/customer")
