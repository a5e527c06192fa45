"""One request from its arrival to its answer: who asks, what was sent, what is said back."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kam_expert.errors import KamError
from kam_expert.store.records import NotThere, Unavailable
from kam_expert.web.failures import Missing, failure_page, page_text
from kam_expert.web.forms import Form, read_form

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from kam_expert.web.auth import Authenticator
    from kam_expert.web.cookies import Visitor, VisitorCookies
    from kam_expert.web.service import AccountService
    from kam_expert.web.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AppState:
    """What all pages share.

    Attributes:
        limiter: How many requests are worked on at once. Python does one thing at a time, so more
            would only make each of them slower.
    """

    settings: Settings
    desk: AccountService
    door: Authenticator
    consultants: VisitorCookies
    customers: VisitorCookies
    limiter: anyio.CapacityLimiter


@dataclass
class RequestContext:
    """One request.

    Attributes:
        live: Whether our script asks, which puts parts of the answer into the page it has.
        home: Where a failure leads back to; empty for nowhere.
    """

    site: AppState
    request: Request
    sessions: VisitorCookies
    session: Visitor
    form: Form = field(default_factory=Form)
    home: str = "/"

    @property
    def desk(self) -> AccountService:
        """Return the accounts."""
        return self.site.desk

    @property
    def lang(self) -> str:
        """Return the language of the visitor."""
        return self.session.lang

    @property
    def live(self) -> bool:
        """Return whether our script asks."""
        return self.request.headers.get("x-kam") == "live"

    @property
    def path(self) -> dict[str, str]:
        """Return the parts of the address."""
        return self.request.path_params

    @property
    def key(self) -> str:
        """Return the key of the account that the address names. Raises Missing for what is none."""
        key = self.path.get("key", "")
        # Not every database takes every letter in a question.
        if not (key.isascii() and key.isalnum()):
            raise Missing
        return str(key)

    def query(self, name: str) -> str:
        """Return a part of the address behind the question mark."""
        return self.request.query_params.get(name, "")[:500]

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        return HTMLResponse(self.text(template, **values), status)

    def text(self, template: str, **values: Any) -> str:
        """Return the text of a page."""
        return page_text(
            f"live/{template}",
            self.lang,
            session=self.session,
            settings=self.site.settings,
            locked=self.site.door.locked,
            **values,
        )

    def go(self, address: str) -> Response:
        """Lead the browser on after a form, so that loading again does not send it again."""
        return RedirectResponse(address, 303)

    def remember(self, **changes: Any) -> None:
        """Note something about the visitor."""
        self.session = replace(self.session, **changes)


Work = "Callable[[RequestContext], Response]"


def answered(
    work: Callable[[RequestContext], Response], *, customers: bool = False, outside: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """Make of *work* what the framework calls for a request.

    Args:
        work: Gives the answer; it may wait for the disk.
        customers: Whether the page is for the customer's team, who has a session of its own.
        outside: Whether the page is there for visitors who have not given the password.
    """

    @functools.wraps(work)
    async def endpoint(request: Request) -> Response:
        site: AppState = request.app.state.site
        sessions = site.customers if customers else site.consultants
        # Whoever came by a customer's link is led to no page of ours.
        home = "" if customers else "/"
        visit = RequestContext(site, request, sessions, sessions.read(request), home=home)
        known = visit.session
        response = await _answer(visit, work, outside=outside or customers)
        if visit.session != known or sessions.cookie not in request.cookies:
            sessions.write(response, visit.session, secure=request.url.scheme == "https")
        return response

    return endpoint


async def _answer(
    visit: RequestContext, work: Callable[[RequestContext], Response], *, outside: bool
) -> Response:
    site = visit.site
    if not outside and site.door.locked and not visit.session.entered:
        # Our script keeps the page, and what was typed on it.
        return failure_page(401, visit.lang) if visit.live else visit.go("/enter")
    try:
        if visit.request.method == "POST":
            visit.form = await read_form(visit.request)
            if not visit.session.knows(visit.form.text("csrf")):
                return failure_page(403, visit.lang, home=visit.home)
        return await anyio.to_thread.run_sync(work, visit, limiter=site.limiter)
    except Missing:
        return failure_page(404, visit.lang, home=visit.home)
    except NotThere:
        return failure_page(404, visit.lang, home=visit.home)
    except Unavailable as error:
        log.error("the accounts are unavailable: %s", error.reason)  # noqa: TRY400 -- no place of ours is at fault
        return failure_page(503, visit.lang, home=visit.home)
    except KamError as error:
        return failure_page(422, visit.lang, str(error), home=visit.home)
    except (ClientDisconnect, TimeoutError):
        # The form did not come, or not in time; there may be nobody to hear of it.
        return failure_page(408, visit.lang, home=visit.home, headers={"connection": "close"})
    except HTTPException as error:
        return failure_page(error.status_code, visit.lang, home=visit.home)
    except Exception as error:  # noqa: BLE001 -- whatever it was, a browser sees no traceback
        log.error("%s at %s", type(error).__name__, place_of(error))  # noqa: TRY400 -- its text may hold names
        return failure_page(500, visit.lang, home=visit.home)


def place_of(error: BaseException) -> str:
    """Return where an error arose, without its text, which may name people."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
