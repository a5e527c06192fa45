"""The tabs of one account, by their name in the address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from kam_expert.web.account_page import AccountPage
from kam_expert.web.asking_views import ask_tab, question_tab, questions_tab
from kam_expert.web.comparing import history_tab, what_if_tab
from kam_expert.web.customers import customer_tab
from kam_expert.web.finish_views import finish_tab
from kam_expert.web.inbox_views import inbox_tab
from kam_expert.web.map_views import map_tab
from kam_expert.web.page_state import PageState, number_in
from kam_expert.web.people_views import decisions_tab, events_tab, people_tab, profiles_tab
from kam_expert.web.plan_views import plan_tab, review_tab

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.web.request import RequestContext
    from kam_expert.web.service import AccountView

#: Where a form may lead back to: a tab of the same account with its query.
_BACK = re.compile(r"([a-z-]*)(?:\?([^#\s]{0,3000}))?\Z")

#: Query parameters of notices, which a page shows once after a change.
_NOTICES = ("others", "noted")


def page_state_of(
    back: str, since: int | None = None, own_version: int | None = None, noted: int | None = None
) -> PageState:
    """Return the tab that a form leads back to; the first tab if *back* is none of them."""
    found = _BACK.match(back)
    if found is None or found[1] not in TABS:
        return PageState("", "", since, own_version, noted)
    return PageState(found[1], found[2] or "", since, own_version, noted)


def account_tab(context: RequestContext) -> Response:
    """Return the tab of an account that the address names."""
    tab = context.path_params.get("tab", "")
    if tab not in TABS:
        raise HTTPException(404)
    params = context.request.query_params.multi_items()
    query = urlencode([(name, value) for name, value in params if name not in _NOTICES])
    since, _, own_version = context.query("others").partition("-")
    noted = number_in(context.query("noted"))
    page_state = PageState(tab, query, number_in(since), number_in(own_version), noted)
    return account_response(context, context.account(), page_state)


def account_response(
    context: RequestContext, account: AccountView, page_state: PageState
) -> Response:
    """Return a tab of an account as a page."""
    meeting = context.meeting or context.current_meeting(account.diagnosis.day)
    page = AccountPage(context.service, account, context.lang, meeting)
    values = page.values(page_state)
    values |= TABS[page_state.tab](context, page, page_state)
    return context.page(f"{page_state.tab or 'ask'}.html.j2", **values)


def _no_values(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return nothing: the template needs only what every tab has."""
    del context, page, page_state
    return {}


#: By tab, the function that returns the values of its template.
TABS = {
    "": ask_tab,
    "question": question_tab,
    "questions": questions_tab,
    "map": map_tab,
    "people": people_tab,
    "profiles": profiles_tab,
    "decisions": decisions_tab,
    "events": events_tab,
    "diagnosis": _no_values,
    "plan": plan_tab,
    "review": review_tab,
    "what-if": what_if_tab,
    "history": history_tab,
    "notes": _no_values,
    "customer": customer_tab,
    "finish": finish_tab,
    "inbox": inbox_tab,
}
