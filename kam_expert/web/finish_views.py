"""The end of a meeting: what it showed, the plan agreed line by line, and files to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from kam_expert.app.report import Report, ReportOptions
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.case_workbook import case_workbook
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.theme import PLAIN
from kam_expert.web.asking_views import answers_taken
from kam_expert.web.downloads import REPORT_POLICY, file_response
from kam_expert.web.plan_views import plan_tab

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.web.account_page import AccountPage
    from kam_expert.web.page_state import PageState
    from kam_expert.web.request import RequestContext

#: The editions of a report.
EDITIONS = tuple(map(str, Edition))
_SHOWN = 8


def finish_tab(context: RequestContext, page: AccountPage, page_state: PageState) -> dict[str, Any]:
    """Return what the meeting showed, the plan with its forms, and the editions of the report."""
    since = page.meeting.since
    effects: list[str] = []
    if page.meeting.begun and since < page.account.version:
        before = page.service.view(page.service.store.state(page.account.key, since))
        effects = page.effects(before.diagnosis)
    return {
        **plan_tab(context, page, page_state),
        "shown_today": effects[:_SHOWN],
        "answers_taken": answers_taken(page),
        "editions": EDITIONS if page.service.privacy is not None else EDITIONS[:1],
    }


def edition_file(context: RequestContext) -> Response:
    """Return an edition of the report as HTML or PDF."""
    edition, form = context.path_params["edition"], context.path_params["form"]
    service, account = context.service, context.account()
    if edition not in EDITIONS or form not in ("html", "pdf") or service.privacy is None:
        raise HTTPException(404)
    lang = context.query("lang") if context.query("lang") in LANGUAGES else context.lang
    options = ReportOptions(Edition(edition), (), "", PLAIN, None, lang)
    name = f"{account.case.account.id}.{edition}.{lang}.{form}"
    with service.engine() as engine:
        report = Report(
            account.case, service.base, service.today(), engine, service.privacy, options
        )
        if form == "pdf":
            return file_response(report.pdf(), "application/pdf", name, opens=True)
        return file_response(report.text("html"), "text/html", name, REPORT_POLICY, opens=True)


def workbook_file(context: RequestContext) -> Response:
    """Return the answers as a workbook, which can be filled in and imported again."""
    case = context.account().case
    data = case_workbook(context.service.base, context.lang, case)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return file_response(data, kind, f"{case.account.id}.xlsx")
