"""The HTTP server: its address, its limits and its log."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from kam_expert.errors import KamError
from kam_expert.web.settings import is_loopback
from kam_expert.web.slow_clients import HeaderTimeoutProtocol

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp

    from kam_expert.web.proxy import PublicAddress

#: Connections in the backlog, and open ones; beyond that the server answers 503.
_BACKLOG, _CONNECTIONS = 256, 400


@dataclass(frozen=True)
class ServerAddress:
    """The address of a server.

    Attributes:
        certificate, private_key: PEM files for HTTPS; None for HTTP.
    """

    host: str
    port: int
    certificate: Path | None = None
    private_key: Path | None = None

    @property
    def url(self) -> str:
        """Return the URL of the start page."""
        scheme = "https" if self.certificate else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}/"


#: Objects that are made before the garbage is collected.
_COLLECT_AFTER = 50_000


def run(app: ASGIApp, address: ServerAddress, public: PublicAddress | None = None) -> None:
    """Serve until the user stops it.

    Args:
        app: The application.
        address: Where it listens.
        public: Where a proxy serves it; None for no proxy.

    Raises:
        KamError: The port is in use, or the certificate is invalid.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address.host, address.port))
    except OSError as error:
        listening.close()
        raise KamError(
            f"cannot listen on {address.host} port {address.port} ({error.strerror or error}); "
            "another --port may be free"
        ) from None
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,  # it would hold account keys; the middleware logs each request
        server_header=False,
        proxy_headers=False,
        http=HeaderTimeoutProtocol,
        ws="none",
        lifespan="off",
        backlog=_BACKLOG,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=32_000,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.private_key,
    )
    try:
        config.load()
    except (OSError, ValueError) as error:
        listening.close()
        raise KamError(f"{address.certificate}: is no certificate with its key ({error})") from None
    # The loaded rules never become garbage, so collections need not pause a response for them.
    gc.collect()
    gc.freeze()
    # A diagnosis makes many objects that die with it; a seventh of its time went to look for them.
    gc.set_threshold(_COLLECT_AFTER)
    log = logging.getLogger(__name__)
    if public is not None:
        HeaderTimeoutProtocol.is_proxy = staticmethod(public.is_trusted)
        log.info("The proxy serves %s from %s.", public.url, address.url)
    log.info("Open %s in a browser; Ctrl-C stops it.", public.url if public else address.url)
    if not is_loopback(address.host) and address.certificate is None and public is None:
        log.warning("Passwords and answers go over the network unencrypted; see --certificate.")
    # Exit by an exception, so that the caller closes the store.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
