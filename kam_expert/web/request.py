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
from kam_expert.outputs.interface import translator
from kam_expert.store.records import CUSTOMER, NotThere, Unavailable
from kam_expert.store.users import User, UserRole
from kam_expert.web.auth import ANYBODY
from kam_expert.web.failures import failure_page, page_text
from kam_expert.web.forms import Form, read_form
from kam_expert.web.meeting_state import MeetingState
from kam_expert.web.read_only import without_forms

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    from starlette.requests import Request

    from kam_expert.web.auth import Authenticator
    from kam_expert.web.cookies import Sessions, Visitor
    from kam_expert.web.rate_limit import RateLimit
    from kam_expert.web.service import AccountService, AccountView
    from kam_expert.web.settings import Settings
    from kam_expert.web.waiting_imports import WaitingImports

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
        imports: The imports that wait for a confirmation.
    """

    settings: Settings
    service: AccountService
    authenticator: Authenticator
    consultants: Sessions
    customers: Sessions
    limiter: anyio.CapacityLimiter
    link_answers: RateLimit
    wrong_links: RateLimit
    imports: WaitingImports


@dataclass
class RequestContext:
    """One request.

    Attributes:
        sessions: Those of the kind of visitor that the page is for.
        home: Where a failure page links to; empty for no link.
        meeting: The meeting that this request has begun; None for one that began before.
        user: Who is logged in; None for nobody.
    """

    app_state: AppState
    request: Request
    sessions: Sessions
    visitor: Visitor
    form: Form = field(default_factory=Form)
    home: str = "/"
    meeting: MeetingState | None = None
    user: User | None = None

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

    def find_user(self) -> None:
        """Find out who is logged in. Raises KamError if the users cannot be read."""
        authenticator = self.app_state.authenticator
        self.user = authenticator.user_of(self.visitor.session) if authenticator.locked else ANYBODY

    def may(self, needed: UserRole) -> bool:
        """Return whether the user may do what *needed* may do."""
        return self.user is not None and self.user.role.may(needed)

    @property
    def author(self) -> str:
        """Return who a change is by: the name that is typed here, and the user if it is another."""
        typed = self.visitor.name
        while typed.startswith(CUSTOMER):  # what the customer records begins so
            typed = typed.removeprefix(CUSTOMER)
        user = self.user.name if self.user else ""
        if not user or typed.casefold() == user.casefold():
            return user or typed
        return f"{typed} ({user})" if typed else user

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
        """Return a rendered template; for a reader without the forms that would change anything."""
        reads = self.user is not None and not self.may(UserRole.COLLEAGUE)
        page = page_text(
            f"live/{template}",
            self.lang,
            visitor=self.visitor,
            settings=self.app_state.settings,
            locked=self.app_state.authenticator.locked,
            has_users=self.app_state.authenticator.users is not None,
            user=self.user,
            is_owner=self.may(UserRole.OWNER),
            is_reader=reads,
            **_LAYOUT | values,
        )
        return without_forms(page) if reads else page

    def redirect(self, address: str) -> Response:
        """Return a redirect after a form, so that a reload does not send the form again."""
        return RedirectResponse(address, 303)

    def update_visitor(self, **changes: Any) -> None:
        """Change attributes of the visitor; the response sets the cookie."""
        self.visitor = replace(self.visitor, **changes)


Handler: TypeAlias = "Callable[[RequestContext], Response]"


def endpoint(
    handler: Handler, *, customers: bool = False, public: bool = False, role: UserRole | None = None
) -> Callable[[Request], Awaitable[Response]]:
    """Return *handler* as an endpoint of the web framework.

    Args:
        handler: Returns the response. It may block: it runs in a thread if there are threads.
        customers: Whether the page is for the customer's team, which has cookies of its own.
        public: Whether the page is served to visitors who have not logged in.
        role: The least role that may ask; by default a colleague for a form, else a reader.
    """

    @functools.wraps(handler)
    async def handle(request: Request) -> Response:
        app_state: AppState = request.app.state.app_state
        sessions = app_state.customers if customers else app_state.consultants
        # A visitor with a customer link gets no links to the consultants' pages.
        home = "" if customers else "/"
        context = RequestContext(app_state, request, sessions, sessions.read(request), home=home)
        before = context.visitor
        needed = role or (UserRole.COLLEAGUE if request.method == "POST" else UserRole.READER)
        # A page of a customer is for everybody who has the link.
        response = await _respond(
            context, handler, None if public or customers else needed, customers=customers
        )
        if context.visitor != before or sessions.is_new(request):
            sessions.write(response, context.visitor, secure=context.is_secure)
        return response

    return handle


async def _respond(
    context: RequestContext, handler: Handler, needed: UserRole | None, *, customers: bool
) -> Response:
    app_state = context.app_state
    try:
        if not customers:
            if app_state.authenticator.users is not None:
                await anyio.to_thread.run_sync(context.find_user)
            else:
                context.find_user()
        if needed is not None and context.user is None:
            # live.js shows the failure and keeps the page with what was typed.
            return failure_page(401, context.lang) if context.live else context.redirect("/enter")
        if needed is not None and not context.may(needed):
            return failure_page(403, context.lang, _not_allowed(context, needed))
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


def _not_allowed(context: RequestContext, needed: UserRole) -> str:
    _ = translator(context.lang).gettext
    if needed is UserRole.OWNER:
        return _("Only an owner may do this.")
    return _("You may read here, but not change anything. An owner can change your role.")


def place_of(error: BaseException) -> str:
    """Return the file and line that raised *error*, without its text, which may hold names."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
