"""The pages of one account, by the name of the part of the session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from kam_expert.web.account_page import AccountPage
from kam_expert.web.asking_views import ask_view, question_view, questions_view
from kam_expert.web.comparing import history_view, what_if_view
from kam_expert.web.customers import customer_view
from kam_expert.web.failures import Missing
from kam_expert.web.page_state import Shown, look_of, number_in
from kam_expert.web.people_views import decisions_view, people_view, profiles_view

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.web.request import RequestContext
    from kam_expert.web.service import AccountView

#: Where a form may lead back to: a part of the same account and what it was asked.
_BACK = re.compile(r"([a-z-]*)(?:\?([^#\s]{0,3000}))?\Z")

#: What a page says once, after a change, and no link leads back to.
_SAID = ("others", "noted")


def shown_by(
    back: str, since: int | None = None, mine: int | None = None, noted: int | None = None
) -> Shown:
    """Return the part that a form leads back to; the first one where *back* names none."""
    found = _BACK.match(back)
    if found is None or found[1] not in VIEWS:
        return Shown("", "", since, mine, noted)
    return Shown(found[1], found[2] or "", since, mine, noted)


def account_view(visit: RequestContext) -> Response:
    """Return the page of one account that an address names."""
    tab = visit.path.get("tab", "")
    if tab not in VIEWS:
        raise Missing
    query = [(name, value) for name, value in visit.request.query_params.multi_items()]
    asked = urlencode([(name, value) for name, value in query if name not in _SAID])
    since, _, mine = visit.query("others").partition("-")
    noted = number_in(visit.query("noted"))
    shown = Shown(tab, asked, number_in(since), number_in(mine), noted)
    return account_shown(visit, look_of(visit), shown)


def account_shown(visit: RequestContext, look: AccountView, shown: Shown) -> Response:
    """Return a part of an account as a page."""
    page = AccountPage(visit.desk, look, visit.lang)
    values = page.values(shown)
    values |= VIEWS[shown.tab](visit, page, shown)
    return visit.page(f"{shown.tab or 'ask'}.html.j2", **values)


def _nothing_more(visit: RequestContext, page: AccountPage, shown: Shown) -> dict[str, Any]:
    """Return nothing: the diagnosis and the case are on every page."""
    del visit, page, shown
    return {}


#: What each part asks for, by its name in the address.
VIEWS = {
    "": ask_view,
    "question": question_view,
    "questions": questions_view,
    "people": people_view,
    "profiles": profiles_view,
    "decisions": decisions_view,
    "diagnosis": _nothing_more,
    "what-if": what_if_view,
    "history": history_view,
    "notes": _nothing_more,
    "customer": customer_view,
}
