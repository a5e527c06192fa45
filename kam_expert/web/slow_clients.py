"""Limits for connections: a few hundred silent ones of one client would fill a server."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

#: Seconds within which the whole head of a request has to arrive.
HEAD_SECONDS = 15.0
#: Open connections of one address; a browser has six.
CONNECTIONS_OF_ADDRESS = 60


class HeaderTimeoutProtocol(H11Protocol):
    """The HTTP protocol of uvicorn, with a timeout for the head of a request.

    Attributes:
        open_connections: The connections of each address.
        is_proxy: Returns whether an address is that of a trusted proxy, which has no limit.
    """

    open_connections: ClassVar[Counter[str]] = Counter()
    is_proxy: ClassVar[Callable[[str], bool]] = staticmethod(lambda _: False)
    _head_timeout: asyncio.TimerHandle | None = None
    _address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout for the first request; close one connection too many."""
        super().connection_made(transport)
        self._address = str((transport.get_extra_info("peername") or ("",))[0])
        self.open_connections[self._address] += 1
        too_many = self.open_connections[self._address] > CONNECTIONS_OF_ADDRESS
        if too_many and not type(self).is_proxy(self._address):
            transport.abort()
            return
        self._update_timeout()

    def data_received(self, data: bytes) -> None:
        """Receive data; the timeout runs on if it is not the whole head."""
        super().data_received(data)
        self._update_timeout()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timeout."""
        self._cancel_timeout()
        self.open_connections[self._address] -= 1
        if self.open_connections[self._address] <= 0:
            del self.open_connections[self._address]
        super().connection_lost(exc)

    def _update_timeout(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._cancel_timeout()
        elif self._head_timeout is None:
            self._head_timeout = self.loop.call_later(HEAD_SECONDS, self._time_out)

    def _cancel_timeout(self) -> None:
        if self._head_timeout is not None:
            self._head_timeout.cancel()
            self._head_timeout = None

    def _time_out(self) -> None:
        self._head_timeout = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
