"""What stands before every page: whom the server answers, and what it says to every browser.

A page of some other site must not reach this server through the visitor's browser. So the host
that was asked for must be one of ours (or a name that points here by trickery would be served),
and what changes anything must come from a page of ours.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders

from kam_expert.web.failures import failure_page
from kam_expert.web.forms import BODY_BYTES
from kam_expert.web.settings import is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from kam_expert.web.settings import Settings

log = logging.getLogger(__name__)

#: Nothing from elsewhere, nothing inline, nobody frames us, forms go nowhere else.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": a form would then be sent with the origin "null".
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
#: Seconds within which a form or a file has to arrive.
BODY_SECONDS = 60.0
_SAFE = ("GET", "HEAD")
_OURS = ("same-origin", "none")


class Middleware:
    """Refuses requests for other hosts and from other sites; puts safe headers on every answer.

    Args:
        app: What is guarded.
        settings: Whose host and names are ours.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # there are no sockets here
        began = time.perf_counter()
        status = 0
        deadline = anyio.current_time() + BODY_SECONDS

        async def in_time() -> Message:
            with anyio.fail_after(max(0.0, deadline - anyio.current_time())):
                return await receive()

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refusal(scope)
        try:
            if refused is not None:
                page = failure_page(refused, self.settings.lang)
                await page(scope, receive, guarded)
            else:
                await self.app(scope, in_time, guarded)
        except Exception as error:  # noqa: BLE001 -- its traceback would go to the log, with names
            log.error("%s before or after a page", type(error).__name__)  # noqa: TRY400 -- as above
            if not status:
                await failure_page(500, self.settings.lang)(scope, receive, guarded)
        # The route and not the address: that has the keys of accounts in it.
        route = getattr(scope.get("route"), "path", "-")
        spent = 1000 * (time.perf_counter() - began)
        log.info("%s %s %d %.0f ms", scope["method"], route, status, spent)

    def _refusal(self, scope: Scope) -> int | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.answers_to(hosts[0]):
            return 421
        size = headers.get("content-length", "0")
        if not (size.isascii() and size.isdigit()) or int(size) > BODY_BYTES:
            return 413
        if scope["method"] not in _SAFE and not _from_our_page(headers, hosts[0]):
            return 403
        return None

    def answers_to(self, host: str) -> bool:
        """Return whether a request for *host* (with its port) is meant for this server."""
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
        # No name can be made to point to an address that the browser was given as a number.
        return name == self.settings.host or _is_address(name) or is_loopback(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _from_our_page(headers: Headers, host: str) -> bool:
    """Return whether a request that changes something comes from a page of this server.

    Browsers say so with every such request. What is no browser may say nothing; it has no cookie
    of a visitor either, and the token of the form is asked for all the same.
    """
    if headers.get("sec-fetch-site", "none") not in _OURS:
        return False
    origin = headers.get("origin") or headers.get("referer")
    return origin is None or urlsplit(origin).netloc == host
