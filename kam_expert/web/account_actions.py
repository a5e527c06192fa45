"""Handlers of the forms about one account; a change is on disk before the page confirms it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from kam_expert.errors import KamError
from kam_expert.facts.changes import Slot
from kam_expert.outputs.interface import translator
from kam_expert.store.records import CUSTOMER, Conflict
from kam_expert.web.account_page import AccountPage
from kam_expert.web.account_views import account_response, page_state_of
from kam_expert.web.answer_form import question_id
from kam_expert.web.customer_links import DAYS
from kam_expert.web.customers import uploaded_answers
from kam_expert.web.denied_words import denied_words_in
from kam_expert.web.edit_words import edit_words
from kam_expert.web.form_edits import new_names, requested_entity
from kam_expert.web.meeting_state import MeetingState

#: An hour as a browser sends it.
_HOUR = re.compile(r"[0-2]\d:[0-5]\d")

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.responses import Response

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.store.records import State
    from kam_expert.web.request import Handler, RequestContext
    from kam_expert.web.service import AccountView


def edit_handler(edits_of: Callable[[RequestContext, Case], list[Edit]]) -> Handler:
    """Return a handler that records the edits of a form.

    Args:
        edits_of: Returns the edits, from the form and the case as the visitor saw it.
    """

    def handle(context: RequestContext) -> Response:
        context.home = f"/a/{context.key}/"
        seen = context.form.number("seen")
        edits = edits_of(context, _case_at(context, seen))
        return record_edits(context, edits, context.author, seen)

    return handle


def begin_meeting(context: RequestContext) -> Response:
    """Begin a meeting: who is here, until when, and the people who were named."""
    context.home = f"/a/{context.key}/"
    form = context.form
    seen, account = form.number("seen"), context.account()
    until = form.text("until")
    if until and not _HOUR.fullmatch(until):
        raise HTTPException(400)
    if "name" in form:
        context.visitor = context.visitor.named(form.text("name"))
    today = context.service.today()
    before = context.current_meeting(today)
    since = before.since if before.begun else account.version
    context.meeting = MeetingState(today.isoformat(), form.text("customer") == "yes", since, until)
    edits = new_names(context, _case_at(context, seen))
    if edits:
        response = record_edits(context, edits, context.author, seen)
    else:
        response = _after_change(context, account, account.version)
    context.sessions.write_meeting(response, context.key, context.meeting, secure=context.is_secure)
    return response


def import_answers(context: RequestContext) -> Response:
    """Record the answers of an uploaded questionnaire in the customer's name."""
    context.home = f"/a/{context.key}/customer"
    seen = context.form.number("seen")
    edits = uploaded_answers(context, _case_at(context, seen))
    name = context.visitor.named(context.form.text("by")).name
    return record_edits(context, edits, CUSTOMER + name, seen)


def _case_at(context: RequestContext, seen: int) -> Case:
    """Return the case at the version that the visitor saw."""
    return context.service.store.state(context.key, seen).case


def record_edits(
    context: RequestContext,
    edits: Sequence[Edit],
    by: str,
    seen: int,
    decided: Sequence[dict[str, Any]] = (),
) -> Response:
    """Record edits and return the page after them, or the one that shows a conflict.

    Args:
        context: The request.
        edits: Without any, nothing is recorded.
        by: The author.
        seen: The version that the visitor saw.
        decided: Entries for the inbox of the account, recorded with the edits.
    """
    try:
        account = context.service.record(context.key, edits, by, seen, decided)
    except Conflict as conflict:
        return _conflict_page(context, edits, conflict)
    return _after_change(context, account, seen)


def _after_change(context: RequestContext, account: AccountView, seen: int) -> Response:
    """Return the same tab again, with what others have changed since version *seen*."""
    since = seen if account.version > seen + 1 else None
    denied = denied_words_in(context.service, account, account.version)
    noted = account.version if denied else None
    page_state = page_state_of(context.form.text("back"), since, account.version, noted)
    if context.live:
        return account_response(context, account, page_state)
    notices = {"others": since and f"{since}-{account.version}", "noted": noted}
    query = urlencode({name: value for name, value in notices.items() if value is not None})
    address = f"/a/{account.key}/{page_state.back}"
    if query:
        address += f"{'&' if page_state.query else '?'}{query}"
    fragment = _fragment(context)
    return context.redirect(f"{address}#{fragment}" if fragment else address)


def _fragment(context: RequestContext) -> str:
    """Return the id of the question that the form answered; empty on the first tab."""
    form = context.form
    if "fact" not in form or not form.text("back"):
        return ""
    return question_id(
        Slot(form.text("kind"), form.text("id"), form.text("fact"), form.text("side"))
    )


def _conflict_page(context: RequestContext, edits: Sequence[Edit], conflict: Conflict) -> Response:
    """Return the page on which a visitor chooses between two changes of the same thing."""
    account = context.service.view(conflict.state)
    page = AccountPage(context.service, account, context.lang)
    fields = [item for item in context.form.items() if item[0] not in ("csrf", "seen")]
    return context.page(
        "conflict.html.j2",
        409,
        **page.values(page_state_of(context.form.text("back"))),
        own_changes=[edit_words(edit, page.words) for edit in edits],
        saved_changes=[edit_words(edit, page.words) for edit in conflict.edits],
        fields=fields,
        action=context.request.url.path,
        repeatable=bool(edits),
    )


def erase_person(context: RequestContext) -> Response:
    """Erase a person from the account and its whole history."""
    form, key = context.form, context.key
    context.home = f"/a/{key}/people"
    requested_entity(context, context.account().case)
    seen = form.number("seen")
    account = context.service.erase(
        key, form.text("kind"), form.text("id"), context.author, form.texts("also")
    )
    return _after_change(context, account, max(seen, account.version - 1))


def undo(context: RequestContext) -> Response:
    """Undo the last change."""
    return _undo_or_redo(context, context.service.undo, lambda state: state.can_undo)


def redo(context: RequestContext) -> Response:
    """Redo the change that was undone last."""
    return _undo_or_redo(context, context.service.redo, lambda state: state.can_redo)


def _undo_or_redo(
    context: RequestContext,
    change: Callable[[str, str, int], AccountView],
    is_possible: Callable[[State], bool],
) -> Response:
    context.home = f"/a/{context.key}/"
    seen = context.form.number("seen")
    if not is_possible(context.account().state):
        raise KamError(translator(context.lang).gettext("There is no such change any more."))
    try:
        account = change(context.key, context.author, seen)
    except Conflict as conflict:
        return _conflict_page(context, [], conflict)
    return _after_change(context, account, seen)


def create_link(context: RequestContext) -> Response:
    """Create a customer link; the one before it stops working."""
    days = context.form.number("days")
    if days not in DAYS:
        raise HTTPException(400)
    account = context.account()
    until = datetime.now(UTC) + timedelta(days=days)
    context.service.store.give_link(account.key, until)
    return _customer_tab(context, account)


def revoke_link(context: RequestContext) -> Response:
    """Revoke the customer link."""
    account = context.account()
    context.service.store.revoke_link(account.key)
    return _customer_tab(context, account)


def _customer_tab(context: RequestContext, account: AccountView) -> Response:
    if context.live:
        return account_response(context, account, page_state_of("customer"))
    return context.redirect(f"/a/{account.key}/customer")
