"""Documents about an account for one reader: report, plan, and workbook with the answers."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.plan_output import FORMS, TASKS, PlanOutput
from kam_expert.app.report import Report
from kam_expert.engines.planning import PlanLimits
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.case_workbook import case_workbook
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.web.downloads import REPORT_POLICY, file_response

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.web.request import RequestContext

#: The suffixes of each document, and the media type of each suffix.
DOCUMENTS = {
    "report": ("html", "pdf", "json", "txt"),
    "plan": ("html", "pdf", "ics", "xlsx", "csv", "json", "txt"),
    "answers": ("xlsx",),
}
_MEDIA = {
    "html": "text/html",
    "pdf": "application/pdf",
    "json": "application/json",
    "txt": "text/plain",
    "ics": "text/calendar",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def editions_of(context: RequestContext) -> tuple[Edition, ...]:
    """Return the readers for whom documents can be made: all of them, if personal data is known."""
    return tuple(Edition) if context.service.privacy is not None else (Edition.CONSULTANT,)


def suffixes_of(context: RequestContext) -> frozenset[str]:
    """Return the suffixes of the documents that can be made here."""
    lacking = {
        "pdf": not context.app_state.settings.pdf or find_spec("weasyprint") is None,
        "ics": find_spec("icalendar") is None,
        "xlsx": find_spec("xlsxwriter") is None,
    }
    return frozenset(suffix for suffix in _MEDIA if not lacking.get(suffix, False))


def document(context: RequestContext) -> Response:
    """Return a document for a reader, which opens in the browser.

    ``?lang=`` is its language. ``?tasks=`` of a plan as CSV or workbook gives the tasks of a CRM.
    """
    what, reader, suffix = (context.path_params[key] for key in ("what", "edition", "suffix"))
    tasks = context.query("tasks") or None
    known = suffix in DOCUMENTS.get(what, ()) and reader in editions_of(context)
    known = known and suffix in suffixes_of(context)
    if not known or (tasks is not None and (what, tasks in TASKS) != ("plan", True)):
        raise HTTPException(404)
    lang = context.query("lang") if context.query("lang") in LANGUAGES else context.lang
    service, case, edition = context.service, context.account().case, Edition(reader)
    with service.engine() as engine:
        maker = EditionMaker(service.base, service.today(), engine, service.privacy, edition)
        if what == "plan":
            plan = PlanOutput.of(case, maker, PlanLimits(), lang)
            content = plan.written(
                FORMS[f".{suffix}"], tasks if suffix in ("csv", "xlsx") else None
            )
        elif what == "answers":
            shown = maker.made(case, lang).case
            content = case_workbook(service.base, lang, shown, edition=edition)
        else:
            report = Report.of(case, maker, lang)
            form = "text" if suffix == "txt" else suffix
            content = report.pdf() if suffix == "pdf" else report.text(form)
    named = (case.account.id, *([what] if what != "report" else []), tasks, reader, lang, suffix)
    name = ".".join(filter(None, named))
    policy = REPORT_POLICY if suffix == "html" else "default-src 'none'"
    return file_response(content, _MEDIA[suffix], name, policy, opens=True)
