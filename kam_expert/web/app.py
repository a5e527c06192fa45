"""The parts of the live session put together: which address leads to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from starlette.applications import Starlette
from starlette.routing import Route

from kam_expert.web.account_actions import (
    action,
    bring_answers,
    erase,
    give_link,
    redo,
    revoke_link,
    undo,
)
from kam_expert.web.account_list import (
    accounts_page,
    ask_to_remove,
    begin,
    bring_in,
    enter,
    enter_page,
    leave,
    remove,
    visitor,
)
from kam_expert.web.account_views import account_view
from kam_expert.web.auth import Authenticator
from kam_expert.web.cookies import VisitorCookies
from kam_expert.web.customers import (
    customer_answer,
    customer_page,
    customer_visitor,
    questionnaire,
)
from kam_expert.web.downloads import case_file, report_file, script, style, version
from kam_expert.web.failures import failure_page
from kam_expert.web.form_edits import ACTIONS
from kam_expert.web.forms import BODY_BYTES
from kam_expert.web.middleware import Middleware
from kam_expert.web.request import AppState, answered
from kam_expert.web.service import AccountService

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.store.store import Store
    from kam_expert.web.settings import Settings

#: Python works on one request at a time; a second may wait for the disk meanwhile.
_AT_ONCE = 2


def make_app(
    store: Store,
    base: KnowledgeBase,
    settings: Settings,
    privacy: Privacy | None = None,
) -> ASGIApp:
    """Return the live session as an ASGI application.

    Args:
        store: Where the accounts are kept.
        base: By what they are judged.
        settings: Host, language, password and the rest.
        privacy: Which words have no place in a note; by default nothing is said of words.
    """
    door = Authenticator(settings.password)
    # Under another password, the cookies of before are worth nothing.
    signing = settings.secret + door.mark
    app = Starlette(
        routes=_routes(),
        exception_handlers={404: _failed, 405: _failed, 413: _failed},
        max_body_size=BODY_BYTES,
    )
    app.state.site = AppState(
        settings=settings,
        desk=AccountService(store, base, settings.today, privacy),
        door=door,
        consultants=VisitorCookies(signing, "consultant", "/", "strict", settings.lang),
        # The link of a customer is opened from a message, that is, from another site.
        customers=VisitorCookies(signing, "customer", "/c/", "lax", settings.lang),
        limiter=anyio.CapacityLimiter(_AT_ONCE),
    )
    return Middleware(app, settings)


def _routes() -> list[Route]:
    return [
        Route("/", answered(accounts_page)),
        Route("/accounts", answered(begin), methods=["POST"]),
        Route("/upload", answered(bring_in), methods=["POST"]),
        Route("/visitor", answered(visitor, outside=True), methods=["POST"]),
        Route("/enter", answered(enter_page, outside=True), methods=["GET"]),
        Route("/enter", answered(enter, outside=True), methods=["POST"]),
        Route("/leave", answered(leave), methods=["POST"]),
        Route("/live.css", style),
        Route("/live.js", script),
        Route("/a/{key}/remove", answered(ask_to_remove), methods=["GET"]),
        Route("/a/{key}/remove", answered(remove), methods=["POST"]),
        Route("/a/{key}/version", answered(version)),
        Route("/a/{key}/report.html", answered(report_file)),
        Route("/a/{key}/case.yaml", answered(case_file)),
        Route("/a/{key}/undo", answered(undo), methods=["POST"]),
        Route("/a/{key}/redo", answered(redo), methods=["POST"]),
        Route("/a/{key}/erase", answered(erase), methods=["POST"]),
        Route("/a/{key}/answers", answered(bring_answers), methods=["POST"]),
        Route("/a/{key}/link", answered(give_link), methods=["POST"]),
        Route("/a/{key}/revoke", answered(revoke_link), methods=["POST"]),
        Route("/a/{key}/questionnaire.html", answered(questionnaire)),
        *(
            Route(f"/a/{{key}}/{name}", answered(action(edits_of)), methods=["POST"])
            for name, edits_of in ACTIONS.items()
        ),
        Route("/c/{token}/", answered(customer_page, customers=True)),
        Route("/c/{token}/answer", answered(customer_answer, customers=True), methods=["POST"]),
        Route("/c/{token}/visitor", answered(customer_visitor, customers=True), methods=["POST"]),
        Route("/a/{key}/", answered(account_view)),
        Route("/a/{key}/{tab}", answered(account_view)),
    ]


async def _failed(request: Request, error: Exception) -> Response:
    site: AppState = request.app.state.site
    status = getattr(error, "status_code", 500)
    headers = getattr(error, "headers", None)
    lang = site.consultants.read(request).lang
    return failure_page(status, lang, headers=headers)
