"""Slow and silent clients are disconnected, and one that leaves is not logged as an error."""

from __future__ import annotations

import logging
import re
import socket
import threading
from typing import TYPE_CHECKING

import pytest
import uvicorn

from kam_expert.web import middleware, slow_clients
from kam_expert.web.app import make_app
from kam_expert.web.settings import Settings
from tests.web.conftest import DAY, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.store import Store

#: Seconds.
TIMEOUT = 30.0


@pytest.fixture
def port(base: KnowledgeBase, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server with timeouts of a fifth of a second."""
    monkeypatch.setattr(slow_clients, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.2)
    listening = socket.create_server(("127.0.0.1", 0))
    number: int = listening.getsockname()[1]
    settings = Settings("127.0.0.1", number, "en", lambda: DAY, SECRET)
    config = uvicorn.Config(
        make_app(store, base, settings),
        http=slow_clients.HeaderTimeoutProtocol,
        log_level="error",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield number
    server.should_exit = True
    thread.join()


def opened(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)


def received(connection: socket.socket) -> bytes:
    """Return everything that the server sends until it closes the connection."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_a_connection_without_a_whole_request_head_is_closed(port: int) -> None:
    with opened(port) as silent, opened(port) as slow:
        slow.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode())

        assert received(silent) == b""
        assert received(slow) == b""


def test_silent_connections_of_one_address_leave_room_for_others(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_clients, "HEAD_SECONDS", TIMEOUT)
    monkeypatch.setattr(slow_clients, "CONNECTIONS_OF_ADDRESS", 5)
    silent = [opened(port) for _ in range(5)]
    one_too_many = opened(port)

    try:
        refused = received(one_too_many)
    except ConnectionResetError:
        refused = b""
    assert refused == b""
    monkeypatch.setattr(
        slow_clients.HeaderTimeoutProtocol, "is_proxy", staticmethod(lambda _: True)
    )
    with opened(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    for each in (*silent, one_too_many):
        each.close()


def test_a_connection_serves_several_requests(port: int) -> None:
    ask = f"GET /live.css HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    with opened(port) as connection:
        last = ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        connection.sendall(ask * 2 + last)

        assert received(connection).count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("leaves", [False, True])
def test_a_form_that_does_not_arrive_is_not_logged_as_an_error(
    port: int, caplog: pytest.LogCaptureFixture, *, leaves: bool
) -> None:
    caplog.set_level(logging.INFO)
    head = (
        f"POST /accounts HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\nname=a"
    )
    with opened(port) as connection:
        connection.sendall(head.encode())
        if leaves:
            connection.shutdown(socket.SHUT_RDWR)
        else:
            assert received(connection).startswith(b"HTTP/1.1 408 ")
    if leaves:
        with opened(port) as another:
            another.sendall(b"GET /live.css HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            received(another)

    faults = [r for r in caplog.records if r.name.startswith("kam_expert") and r.levelno > 20]
    assert faults == []


def test_a_body_that_is_too_large_is_rejected_before_it_is_sent(port: int) -> None:
    with opened(port) as connection:
        head = (
            f"POST /upload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 99999999\r\n"
            "Connection: close\r\n\r\n"
        )
        connection.sendall(head.encode())

        page = received(connection).decode()

    assert page.startswith("HTTP/1.1 413 ")
    assert re.search("<h1>That is too large</h1>", page)
