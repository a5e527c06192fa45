"""The ASGI application: its routes and the state they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from kam_expert.store.users import UserRole
from kam_expert.web.account_actions import (
    begin_meeting,
    create_link,
    edit_handler,
    erase_person,
    import_answers,
    redo,
    revoke_link,
    undo,
)
from kam_expert.web.account_list import (
    create_account,
    login,
    login_page,
    logout,
    remove_account,
    remove_page,
    save_visitor,
    upload_account,
)
from kam_expert.web.account_views import account_tab
from kam_expert.web.api.problems import PREFIX, problem_response
from kam_expert.web.auth import Authenticator
from kam_expert.web.campaign_views import campaign_page
from kam_expert.web.cookies import OneVisitor, VisitorCookies
from kam_expert.web.crm_import import add_import, import_page, read_import
from kam_expert.web.customers import (
    customer_answer,
    customer_page,
    questionnaire,
    save_customer_visitor,
)
from kam_expert.web.document_views import document
from kam_expert.web.downloads import case_file, script, style, version
from kam_expert.web.failures import failure_page
from kam_expert.web.form_edits import ACTIONS
from kam_expert.web.inbox_actions import decide
from kam_expert.web.middleware import Middleware
from kam_expert.web.plan_views import PLAN_ACTIONS
from kam_expert.web.portable import add_store, store_file
from kam_expert.web.rate_limit import RateLimit
from kam_expert.web.request import AppState, endpoint
from kam_expert.web.service import AccountService
from kam_expert.web.start_page import accounts_page
from kam_expert.web.user_views import add_user, change_user, own_password, remove_user, users_page
from kam_expert.web.waiting_imports import WaitingImports

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.store.store import Store
    from kam_expert.web.settings import Settings

#: Requests handled at once: one computes while another waits for the disk.
_CONCURRENCY = 2
#: Answers by one customer link, and wrong links from one address, within some seconds.
_LINK_ANSWERS, _WRONG_LINKS, _LINK_SECONDS = 300, 20, 600.0


def make_app(
    store: Store, base: KnowledgeBase, settings: Settings, privacy: Privacy | None = None
) -> ASGIApp:
    """Return the live session as an ASGI application.

    Args:
        store: Has the accounts.
        base: The rule base.
        settings: Host, language, password and the rest.
        privacy: Has the denylist of words in notes; None for no denylist.
    """
    authenticator = Authenticator(
        settings.password,
        passphrase=settings.passphrase,
        users=store.users if settings.has_users else None,
    )
    signing = settings.secret + authenticator.password_digest
    service = AccountService(store, base, settings.today, privacy)
    limiter = anyio.CapacityLimiter(_CONCURRENCY)
    for_programs = []
    if settings.api_rate is not None:
        from kam_expert.web.api.api_app import VERSION, make_api  # noqa: PLC0415 -- most servers have none

        assert privacy is not None  # noqa: S101 -- kam serve has it
        api = make_api(
            service, privacy, limiter, rate=settings.api_rate, file_bytes=settings.file_bytes
        )
        for_programs.append(Mount(VERSION, api))
    app = Starlette(
        routes=[
            *for_programs,
            *_routes(
                links=settings.links,
                portable=settings.portable,
                workshop=settings.workshop is not None,
            ),
        ],
        exception_handlers={404: _failure, 405: _failure, 413: _failure},
        max_body_size=2 * settings.file_bytes,
    )
    app.state.app_state = AppState(
        settings=settings,
        service=service,
        authenticator=authenticator,
        consultants=VisitorCookies(signing, "consultant", "/", "strict", settings.lang)
        if settings.one_visitor is None
        else OneVisitor(settings.one_visitor, settings.lang),
        # "lax": a customer opens the link from a message, which is another site.
        customers=VisitorCookies(signing, "customer", "/c/", "lax", settings.lang),
        limiter=limiter,
        link_answers=RateLimit(_LINK_ANSWERS, _LINK_SECONDS),
        wrong_links=RateLimit(_WRONG_LINKS, _LINK_SECONDS),
        imports=WaitingImports(),
    )
    return Middleware(app, settings)


def _routes(*, links: bool = True, portable: bool = False, workshop: bool = False) -> list[Route]:
    for_customers = [
        Route("/a/{key}/link", endpoint(create_link, role=UserRole.OWNER), methods=["POST"]),
        Route("/a/{key}/revoke", endpoint(revoke_link, role=UserRole.OWNER), methods=["POST"]),
        Route("/c/{token}/", endpoint(customer_page, customers=True)),
        Route("/c/{token}/answer", endpoint(customer_answer, customers=True), methods=["POST"]),
        Route(
            "/c/{token}/visitor", endpoint(save_customer_visitor, customers=True), methods=["POST"]
        ),
    ]
    of_the_store = [
        Route("/store.db", endpoint(store_file, role=UserRole.OWNER)),
        Route("/store", endpoint(add_store, role=UserRole.OWNER), methods=["POST"]),
    ]
    return [
        Route("/", endpoint(accounts_page)),
        *(of_the_store if portable else ()),
        Route("/accounts", endpoint(create_account), methods=["POST"]),
        Route("/upload", endpoint(upload_account), methods=["POST"]),
        Route("/import", endpoint(import_page), methods=["GET"]),
        Route("/import", endpoint(read_import), methods=["POST"]),
        Route("/import/add", endpoint(add_import), methods=["POST"]),
        Route("/visitor", endpoint(save_visitor, public=True), methods=["POST"]),
        Route("/enter", endpoint(login_page, public=True), methods=["GET"]),
        Route("/enter", endpoint(login, public=True), methods=["POST"]),
        Route("/leave", endpoint(logout, role=UserRole.READER), methods=["POST"]),
        Route("/own-password", endpoint(own_password, role=UserRole.READER), methods=["POST"]),
        Route("/users", endpoint(users_page, role=UserRole.OWNER), methods=["GET"]),
        Route("/users/add", endpoint(add_user, role=UserRole.OWNER), methods=["POST"]),
        Route("/users/change", endpoint(change_user, role=UserRole.OWNER), methods=["POST"]),
        Route("/users/remove", endpoint(remove_user, role=UserRole.OWNER), methods=["POST"]),
        Route("/campaign/", endpoint(campaign_page)),
        *(_workshop_routes() if workshop else ()),
        Route("/live.css", style),
        Route("/live.js", script),
        Route("/map.css", style),
        Route("/map.js", script),
        Route("/a/{key}/remove", endpoint(remove_page, role=UserRole.OWNER), methods=["GET"]),
        Route("/a/{key}/remove", endpoint(remove_account, role=UserRole.OWNER), methods=["POST"]),
        Route("/a/{key}/version", endpoint(version)),
        Route("/a/{key}/{what}/{edition}.{suffix}", endpoint(document)),
        Route("/a/{key}/case.yaml", endpoint(case_file)),
        Route("/a/{key}/meeting", endpoint(begin_meeting), methods=["POST"]),
        Route("/a/{key}/undo", endpoint(undo), methods=["POST"]),
        Route("/a/{key}/redo", endpoint(redo), methods=["POST"]),
        Route("/a/{key}/erase", endpoint(erase_person, role=UserRole.OWNER), methods=["POST"]),
        Route("/a/{key}/answers", endpoint(import_answers), methods=["POST"]),
        Route("/a/{key}/inbox", endpoint(decide), methods=["POST"]),
        Route("/a/{key}/questionnaire.html", endpoint(questionnaire)),
        *(
            Route(f"/a/{{key}}/{name}", endpoint(edit_handler(edits_of)), methods=["POST"])
            for name, edits_of in {**ACTIONS, **PLAN_ACTIONS}.items()
        ),
        *(for_customers if links else ()),
        Route("/a/{key}/", endpoint(account_tab)),
        Route("/a/{key}/{tab}", endpoint(account_tab)),
    ]


def _workshop_routes() -> list[Route]:
    from kam_expert.web.workshop_views import (  # noqa: PLC0415 -- needs an extra of its own
        change_rule,
        rule_page,
        workshop_page,
    )

    owner = UserRole.OWNER
    return [
        Route("/workshop/", endpoint(workshop_page, role=owner)),
        Route("/workshop/{rule}/", endpoint(rule_page, role=owner), methods=["GET"]),
        Route("/workshop/{rule}/", endpoint(change_rule, role=owner), methods=["POST"]),
        Route("/workshop.css", style),
        Route("/workshop.js", script),
    ]


async def _failure(request: Request, error: Exception) -> Response:
    app_state: AppState = request.app.state.app_state
    status = getattr(error, "status_code", 500)
    headers = getattr(error, "headers", None)
    if request.url.path.startswith(PREFIX):  # a line break fits no route of it
        return problem_response(status, headers=headers)
    lang = app_state.consultants.read(request).lang
    return failure_page(status, lang, headers=headers)
