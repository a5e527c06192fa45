"""The end of a meeting: what it showed, the plan agreed line by line, and files to take away."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kam_expert.app.plan_output import TASKS
from kam_expert.web.asking_views import answers_taken
from kam_expert.web.document_views import editions_of, suffixes_of
from kam_expert.web.plan_views import plan_tab

if TYPE_CHECKING:
    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.page_state import PageState
    from kam_expert.web.request import RequestContext

_SHOWN = 8


def finish_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return what the meeting showed, the plan with its forms, and the editions of the report."""
    since = page.meeting.since
    effects: list[str] = []
    agreed: Counter[str] = Counter()
    if page.meeting.begun and since < page.account.version:
        state = page.service.store.state(page.account.key, since)
        effects = page.effects(page.service.view(state).diagnosis)
        known = {entry.id for entry in state.case.plan or ()}
        new = [entry for entry in page.account.case.plan or () if entry.id not in known]
        agreed = Counter(entry.side for entry in new)
    return {
        **plan_tab(context, page, page_state),
        "shown_today": effects[:_SHOWN],
        "agreed_today": agreed,
        "answers_taken": answers_taken(page),
        "editions": editions_of(context),
        "suffixes": suffixes_of(context),
        "tasks": TASKS,
    }
