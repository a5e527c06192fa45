"""Checks of every request, and security headers on every response.

A page of another site must not reach this server through the visitor's browser. So the host in the
request must be one of ours, which stops DNS rebinding, and a request that changes anything must
come from one of our pages.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders

from kam_expert.web.api.problems import PREFIX, problem_response
from kam_expert.web.failures import failure_page
from kam_expert.web.settings import is_loopback

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from kam_expert.web.proxy import PublicAddress
    from kam_expert.web.settings import Settings

log = logging.getLogger(__name__)

#: Nothing from other sites, nothing inline, no frames, no forms to other sites.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
#: The same for pages that our own pages may show in a frame.
FRAMED_POLICY = CONTENT_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer", which sends forms with the origin "null".
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
#: Seconds within which the body of a request has to arrive.
BODY_SECONDS = 60.0
_SAFE_METHODS = ("GET", "HEAD")
#: More parameters than any page has.
_QUERY_FIELDS = 60
_OWN_SITES = ("same-origin", "none")


class Middleware:
    """Rejects requests to other hosts and from other sites; adds security headers.

    Args:
        app: The application that handles the other requests.
        settings: Has the host, the port and the names of this server.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self._headers = _HEADERS
        if settings.framed:
            framed = {"content-security-policy": FRAMED_POLICY, "x-frame-options": "SAMEORIGIN"}
            self._headers = _HEADERS | framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no page uses a websocket
        began = time.perf_counter()
        status = 0
        public = self._public(scope)
        deadline = anyio.current_time() + BODY_SECONDS

        async def receive_in_time() -> Message:
            with anyio.fail_after(max(0.0, deadline - anyio.current_time())):
                return await receive()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            rejected = self._rejection(scope, public)
            if public is not None:
                # The application gets another scope; the log below needs its route.
                scope, send = public.received(scope), public.sending(send)
            if rejected is not None:
                await self._failure(rejected, scope)(scope, receive, send_with_headers)
            else:
                await self.app(scope, receive_in_time, send_with_headers)
        except Exception as error:  # noqa: BLE001 -- the server would log its traceback, which may hold names
            log.error("%s outside of a handler", type(error).__name__)  # noqa: TRY400 -- as above
            if not status:
                await self._failure(500, scope)(scope, receive, send_with_headers)
        # The route, because the address holds the key of the account.
        route = getattr(scope.get("route"), "path", "-")
        milliseconds = 1000 * (time.perf_counter() - began)
        log.info("%s %s %d %.0f ms", scope["method"], route, status, milliseconds)

    def _failure(self, status: int, scope: Scope) -> Response:
        if scope["path"].startswith(PREFIX):
            return problem_response(status)
        return failure_page(status, self.settings.lang)

    def _public(self, scope: Scope) -> PublicAddress | None:
        """Return the public address of a request that came through a trusted proxy."""
        public, client = self.settings.public, scope.get("client")
        return public if public and client and public.is_trusted(client[0]) else None

    def _rejection(self, scope: Scope, public: PublicAddress | None) -> int | None:
        """Return the status with which a request is rejected; None if it is accepted."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        own = len(hosts) == 1 and self._is_own_host(hosts[0])
        if not own and not (len(hosts) == 1 and public and public.names(scope)):
            return 421
        host = public.netloc if public and public.names(scope) else hosts[0]
        size = headers.get("content-length", "0")
        if not (size.isascii() and size.isdigit()) or int(size) > 2 * self.settings.file_bytes:
            return 413
        if scope["query_string"].count(b"&") >= _QUERY_FIELDS or not _is_address_of_page(headers):
            return 400
        if scope["method"] not in _SAFE_METHODS and not _is_from_own_page(headers, host):
            return 403
        return None

    def _is_own_host(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.netloc != host or "@" in host or port not in (None, self.settings.port):
            return False
        if name in self.settings.names:
            return True
        if is_loopback(self.settings.host):
            return is_loopback(name)
        # A numeric address is safe: only a name can be rebound to this machine.
        return name == self.settings.host or _is_address(name) or is_loopback(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_from_own_page(headers: Headers, host: str) -> bool:
    """Return whether a request comes from a page of this server, or not from a browser.

    Every browser sends the origin of a form. Another client may send none; it has no cookie of a
    visitor, and the handler checks the CSRF token in any case.
    """
    if headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        return False
    origin = _origin(headers)
    return origin is None or urlsplit(origin).netloc == host


def _origin(headers: Headers) -> str | None:
    """Return the address of the page from which a request comes, if it is sent."""
    return headers.get("origin") or headers.get("referer")


def _is_address_of_page(headers: Headers) -> bool:
    """Return whether the origin of a request, if it is sent, is an address; ``http://[`` is not."""
    try:
        urlsplit(_origin(headers) or "")
    except ValueError:
        return False
    return True
