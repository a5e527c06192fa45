"""The server itself: which address it listens on, and what it logs."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import platformdirs
import uvicorn

from kam_expert.errors import KamError
from kam_expert.web.settings import is_loopback
from kam_expert.web.slow_clients import TimelyProtocol

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp

#: Connections that wait to be taken, and those that are open at once; more are told to wait.
_WAITING, _AT_ONCE = 256, 400


@dataclass(frozen=True)
class Running:
    """Where a server listens.

    Attributes:
        certificate, private_key: PEM files to serve https with; None for http.
    """

    host: str
    port: int
    certificate: Path | None = None
    private_key: Path | None = None

    @property
    def address(self) -> str:
        """Return what to type into a browser."""
        scheme = "https" if self.certificate else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}/"


def data_folder() -> Path:
    """Return the folder for accounts and the key of sessions where none was named; made if missing.

    Raises:
        KamError: It cannot be made.
    """
    folder = platformdirs.user_data_path("kam-expert", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KamError(f"{folder}: cannot be made ({error.strerror or error})") from None
    return folder


def run(app: ASGIApp, running: Running) -> None:
    """Serve until the user stops it.

    Raises:
        KamError: The address is taken, or the certificate cannot be used.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    family = socket.AF_INET6 if ":" in running.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((running.host, running.port))
    except OSError as error:
        listening.close()
        raise KamError(
            f"cannot listen on {running.host} port {running.port} ({error.strerror or error}); "
            "another --port may be free"
        ) from None
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,  # it would name accounts; the guard has a line for each request
        server_header=False,
        proxy_headers=False,
        http=TimelyProtocol,
        ws="none",
        lifespan="off",
        backlog=_WAITING,
        limit_concurrency=_AT_ONCE,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=32_000,
        ssl_certfile=running.certificate,
        ssl_keyfile=running.private_key,
    )
    try:
        config.load()
    except (OSError, ValueError) as error:
        listening.close()
        raise KamError(f"{running.certificate}: is no certificate with its key ({error})") from None
    # What is there by now stays: looking at it again would stop an answer now and then.
    gc.collect()
    gc.freeze()
    log = logging.getLogger(__name__)
    log.info("Open %s in a browser; Ctrl-C stops it.", running.address)
    if not is_loopback(running.host) and running.certificate is None:
        log.warning("Passwords and answers go over the network unencrypted; see --certificate.")
    # What opened the store closes it, so that a signal closes it too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
