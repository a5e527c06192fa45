"""A request with what its handler needs: the visitor, the form and the shared state."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kam_expert.errors import KamError
from kam_expert.store.records import NotThere, Unavailable
from kam_expert.web.failures import failure_page, page_text
from kam_expert.web.forms import Form, read_form
from kam_expert.web.meeting_state import MeetingState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    from starlette.requests import Request

    from kam_expert.web.auth import Authenticator
    from kam_expert.web.cookies import Sessions, Visitor
    from kam_expert.web.rate_limit import RateLimit
    from kam_expert.web.service import AccountService, AccountView
    from kam_expert.web.settings import Settings

log = logging.getLogger(__name__)

#: What the layout of a page needs, where the page does not say otherwise.
_LAYOUT = {"home": "/", "brand": "kam-expert", "visitor_form": "/visitor", "current_page": "/"}


@dataclass(frozen=True)
class AppState:
    """The state that all requests share.

    Attributes:
        limiter: Limits the requests handled at once. Python runs one thread at a time, so more
            would only slow each of them down.
        link_answers: Limits the answers by each customer link.
        wrong_links: Limits the wrong customer links that one address can try.
    """

    settings: Settings
    service: AccountService
    authenticator: Authenticator
    consultants: Sessions
    customers: Sessions
    limiter: anyio.CapacityLimiter
    link_answers: RateLimit
    wrong_links: RateLimit


@dataclass
class RequestContext:
    """One request.

    Attributes:
        sessions: Those of the kind of visitor that the page is for.
        home: Where a failure page links to; empty for no link.
        meeting: The meeting that this request has begun; None for one that began before.
    """

    app_state: AppState
    request: Request
    sessions: Sessions
    visitor: Visitor
    form: Form = field(default_factory=Form)
    home: str = "/"
    meeting: MeetingState | None = None

    def current_meeting(self, day: date) -> MeetingState:
        """Return the meeting of *day* about the account; one that has not begun otherwise."""
        found = self.sessions.read_meeting(self.request, self.key)
        return found if found.day == day.isoformat() else MeetingState()

    @property
    def service(self) -> AccountService:
        """Return the service that holds the accounts."""
        return self.app_state.service

    @property
    def lang(self) -> str:
        """Return the language of the visitor."""
        return self.visitor.lang

    @property
    def is_logged_in(self) -> bool:
        """Return whether the visitor may see the accounts."""
        authenticator = self.app_state.authenticator
        return not authenticator.locked or authenticator.is_open(self.visitor.session)

    @property
    def is_secure(self) -> bool:
        """Return whether the visitor’s browser uses HTTPS."""
        return self.request.url.scheme == "https"

    @property
    def address(self) -> str:
        """Return the network address of the visitor."""
        client = self.request.client
        return client.host if client else ""

    @property
    def live(self) -> bool:
        """Return whether the request comes from live.js, which updates the page in place."""
        return self.request.headers.get("x-kam") == "live"

    @property
    def path_params(self) -> dict[str, str]:
        """Return the parameters in the path."""
        return self.request.path_params

    @property
    def key(self) -> str:
        """Return the account key in the path. Raises HTTPException if it cannot be one."""
        key = self.path_params.get("key", "")
        # Not every database accepts every character in a query.
        if not (key.isascii() and key.isalnum()):
            raise HTTPException(404)
        return str(key)

    def account(self) -> AccountView:
        """Return the account that the path names. Raises NotThere."""
        return self.service.account(self.key)

    def query(self, name: str) -> str:
        """Return a query parameter, cut to 500 characters; empty if it is missing."""
        return self.request.query_params.get(name, "")[:500]

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a rendered page as a response."""
        return HTMLResponse(self.text(template, **values), status)

    def text(self, template: str, **values: Any) -> str:
        """Return a rendered template."""
        return page_text(
            f"live/{template}",
            self.lang,
            visitor=self.visitor,
            settings=self.app_state.settings,
            locked=self.app_state.authenticator.locked,
            **_LAYOUT | values,
        )

    def redirect(self, address: str) -> Response:
        """Return a redirect after a form, so that a reload does not send the form again."""
        return RedirectResponse(address, 303)

    def update_visitor(self, **changes: Any) -> None:
        """Change attributes of the visitor; the response sets the cookie."""
        self.visitor = replace(self.visitor, **changes)


Handler: TypeAlias = "Callable[[RequestContext], Response]"


def endpoint(
    handler: Handler, *, customers: bool = False, public: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """Return *handler* as an endpoint of the web framework.

    Args:
        handler: Returns the response. It may block: it runs in a thread if there are threads.
        customers: Whether the page is for the customer's team, which has cookies of its own.
        public: Whether the page is served to visitors who have not logged in.
    """

    @functools.wraps(handler)
    async def handle(request: Request) -> Response:
        app_state: AppState = request.app.state.app_state
        sessions = app_state.customers if customers else app_state.consultants
        # A visitor with a customer link gets no links to the consultants' pages.
        home = "" if customers else "/"
        context = RequestContext(app_state, request, sessions, sessions.read(request), home=home)
        before = context.visitor
        response = await _respond(context, handler, public=public or customers)
        if context.visitor != before or sessions.is_new(request):
            sessions.write(response, context.visitor, secure=context.is_secure)
        return response

    return handle


async def _respond(context: RequestContext, handler: Handler, *, public: bool) -> Response:
    app_state = context.app_state
    if not public and not context.is_logged_in:
        # live.js shows the failure and keeps the page with what was typed.
        return failure_page(401, context.lang) if context.live else context.redirect("/enter")
    try:
        if context.request.method == "POST":
            context.form = await read_form(context.request, app_state.settings.file_bytes)
            if not context.visitor.owns(context.form.text("csrf")):
                return failure_page(403, context.lang, home=context.home)
        if not app_state.settings.threads:
            return handler(context)
        return await anyio.to_thread.run_sync(handler, context, limiter=app_state.limiter)
    except NotThere:
        return failure_page(404, context.lang, home=context.home)
    except Unavailable as error:
        log.error("the accounts are unavailable: %s", error.reason)  # noqa: TRY400 -- a traceback would not help
        return failure_page(503, context.lang, home=context.home)
    except KamError as error:
        return failure_page(422, context.lang, str(error), home=context.home)
    except (ClientDisconnect, TimeoutError):
        # The client may be gone, but a slow one still gets the response.
        return failure_page(408, context.lang, home=context.home, headers={"connection": "close"})
    except HTTPException as error:
        return failure_page(error.status_code, context.lang, home=context.home)
    except Exception as error:  # noqa: BLE001 -- no browser gets a traceback
        log.error("%s at %s", type(error).__name__, place_of(error))  # noqa: TRY400 -- its text may hold names
        return failure_page(500, context.lang, home=context.home)


def place_of(error: BaseException) -> str:
    """Return the file and line that raised *error*, without its text, which may hold names."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
