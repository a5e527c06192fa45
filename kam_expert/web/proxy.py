"""Requests that come through a reverse proxy: the visitor’s address, and the public address.

The public address (``--public-url``) may have another scheme, host and port, and a prefix before
the paths. Pages are rendered without the prefix; it is added to their links on the way out.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from kam_expert.errors import KamError, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Message, Scope, Send

#: The proxy on the same machine.
LOCAL_PROXIES = ("127.0.0.0/8", "::1/128")
#: Links in attributes of our pages; a quote in a text is escaped, so texts are not touched.
_LINK = re.compile(rb'(?<=[\s"])((?:href|src|action|formaction|data-at|data-here)=")/(?!/)')
_COOKIE_PATH = re.compile(r"(;\s*path=)/", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class PublicAddress:
    """The address at which visitors reach the server through a proxy.

    Attributes:
        scheme: ``http`` or ``https``.
        netloc: Host, with its port if it is not the usual one.
        prefix: The path before every path, such as ``/kam``; empty for none.
        trusted: The networks of proxies whose headers are believed.
    """

    scheme: str
    netloc: str
    prefix: str = ""
    trusted: tuple[str, ...] = LOCAL_PROXIES
    _networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = field(
        init=False, repr=False, compare=False, default_factory=list
    )

    def __post_init__(self) -> None:
        """Read the networks. Raises KamError."""
        for text in self.trusted:
            try:
                self._networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                raise KamError(
                    f'"{shortened(text)}" is not an address or network of a proxy, '
                    "such as 10.0.0.5 or 10.0.0.0/24"
                ) from None

    @classmethod
    def of(cls, url: str, trusted: Iterable[str] = ()) -> PublicAddress:
        """Return the public address at *url*. Raises KamError."""
        wrong = KamError(
            f'"{shortened(url)}" is not a public address, such as https://kam.example/sales'
        )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise wrong from None
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise wrong
        if "@" in parts.netloc or not re.fullmatch(r"(/(?!\.)[\w.~-]+)*/?", parts.path, re.ASCII):
            raise wrong
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        usual = port in (None, _PORTS[parts.scheme])
        netloc = host if usual else f"{host}:{port}"
        return cls(parts.scheme, netloc, parts.path.rstrip("/"), tuple(trusted) or LOCAL_PROXIES)

    @property
    def url(self) -> str:
        """Return the URL of the start page."""
        return f"{self.scheme}://{self.netloc}{self.prefix}/"

    def is_trusted(self, address: str) -> bool:
        """Return whether *address* is that of a trusted proxy."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def visitor_of(self, proxy: str, forwarded: str) -> str:
        """Return the address of the visitor: the last one that no trusted proxy has.

        Args:
            proxy: The address that the request came from.
            forwarded: The header ``X-Forwarded-For``, to which each proxy appends.
        """
        addresses = [part.strip() for part in forwarded.split(",") if part.strip()]
        for address in reversed(addresses):
            try:
                ipaddress.ip_address(address)
            except ValueError:
                return proxy
            if not self.is_trusted(address):
                return address
        return proxy

    @cached_property
    def _prefix_bytes(self) -> bytes:
        return self.prefix.encode()

    def received(self, scope: Scope) -> Scope:
        """Return the request as if the visitor had reached this server without the proxy."""
        headers = MutableHeaders(raw=list(scope["headers"]))
        visitor = self.visitor_of(scope["client"][0], headers.get("x-forwarded-for", ""))
        headers["host"] = self.netloc
        path = scope["path"]
        if self.prefix and (path + "/").startswith(self.prefix + "/"):
            path = path[len(self.prefix) :] or "/"
        return {
            **scope,
            "client": (visitor, 0),
            "headers": headers.raw,
            "path": path,
            "raw_path": path.encode(),
            "scheme": self.scheme,
        }

    def names(self, scope: Scope) -> bool:
        """Return whether the host that the visitor asked for is the public one.

        A proxy that does not forward it names itself; it then decides which hosts it serves.
        """
        headers = Headers(scope=scope)
        asked = headers.get("x-forwarded-host", headers.get("host", "")).lower()
        return asked in {self.netloc, self.netloc.partition(":")[0]}

    def sending(self, send: Send) -> Send:
        """Return *send* with the prefix in links, redirects and cookies."""
        if not self.prefix:
            return send
        held: Message | None = None

        async def send_with_prefix(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=[self._header(*pair) for pair in message["headers"]])
                message = {**message, "headers": headers.raw}
                page = headers.get("content-type", "").startswith("text/html")
                if page and "content-disposition" not in headers:
                    held = message
                    return
            elif held is not None:
                body = _LINK.sub(rb"\g<1>" + self._prefix_bytes + b"/", message.get("body", b""))
                headers = MutableHeaders(raw=held["headers"])
                if "content-length" in headers and not message.get("more_body"):
                    headers["content-length"] = str(len(body))
                await send({**held, "headers": headers.raw})
                held = None
                message = {**message, "body": body}
            await send(message)

        return send_with_prefix

    def _header(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        text = value.decode("latin-1")
        if name.lower() == b"location" and text.startswith("/"):
            text = self.prefix + text
        elif name.lower() == b"set-cookie":
            text = _COOKIE_PATH.sub(rf"\g<1>{self.prefix}/", text)
        return name, text.encode("latin-1")
