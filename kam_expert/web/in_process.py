"""Ask the application for a response in this process, without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Scope

    from kam_expert.web.proxy import PublicAddress

#: The address of the only client.
CLIENT = "127.0.0.1"


@dataclass(frozen=True)
class PlainResponse:
    """The response to a request; ``headers`` are name and value of each."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


async def respond(  # noqa: PLR0913 -- what a request consists of
    app: ASGIApp,
    address: PublicAddress,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
) -> PlainResponse:
    """Return the response of *app* to a request.

    Args:
        app: The application.
        address: That of its pages.
        method: Such as ``POST``.
        target: The path with its query, as it is in the address.
        headers: Name and value of each.
        body: Empty for none.
    """
    path, _, query = target.partition("?")
    own = {"host": address.netloc, "content-length": str(len(body))}
    sent = [(n, v) for n, v in headers if n not in own] + list(own.items())
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": address.scheme,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(n.encode("latin-1"), v.encode("latin-1", "replace")) for n, v in sent],
        "client": (CLIENT, 0),
        "server": (CLIENT, 80),
    }
    heads: list[Message] = []
    parts: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            heads.append(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    decoded = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in heads[0]["headers"]]
    return PlainResponse(heads[0]["status"], decoded, b"".join(parts))
