"""Behind a reverse proxy: prefix, port, HTTPS and the visitor’s address, with nginx and Caddy."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import uvicorn
from starlette.testclient import TestClient

from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.web import slow_clients
from kam_expert.web.app import make_app
from kam_expert.web.proxy import PublicAddress
from kam_expert.web.settings import Settings
from run import CADDY, NGINX
from tests.web.conftest import DAY, EXAMPLES, SECRET, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.store import Store

PASSWORD = "a long password"  # noqa: S105 -- of a test
PUBLIC = PublicAddress.of("https://kam.example:8443/sales")
FORWARDED = {"host": "kam.example:8443", "x-forwarded-for": "203.0.113.7"}
ORIGIN = "https://kam.example:8443"
WAIT = 30.0

NGINX_CONFIG = """\
daemon off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /sales/ {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""
CADDY_CONFIG = """\
{{
  admin off
  auto_https off
}}
http://:{port} {{
  handle_path /sales/* {{
    reverse_proxy 127.0.0.1:{upstream}
  }}
}}
"""


def client(base: KnowledgeBase, store: Store, address: str = "127.0.0.1") -> TestClient:
    """Return what a proxy with that address sends."""
    settings = Settings(
        "127.0.0.1", 8765, "en", lambda: DAY, SECRET, password=PASSWORD, public=PUBLIC
    )
    app = make_app(store, base, settings)
    return TestClient(app, base_url="https://127.0.0.1:8765", client=(address, 5000))


def login(http: Any, path: str, origin: str, headers: dict[str, str]) -> httpx2.Response:
    page = http.get(f"{path}/enter", headers=headers)
    token = page.text.split('name=csrf value="')[1].split('"')[0]
    data = {"csrf": token, "password": PASSWORD}
    sent = {**headers, "origin": origin}
    response: httpx2.Response = http.post(
        f"{path}/enter", data=data, headers=sent, follow_redirects=False
    )
    return response


def test_links_redirects_and_cookies_have_the_prefix(base: KnowledgeBase, store: Store) -> None:
    http = client(base, store)

    moved = http.get("/sales/", headers=FORWARDED, follow_redirects=False)
    page = http.get("/sales/enter", headers=FORWARDED)

    assert moved.headers["location"] == "/sales/enter"
    assert 'action="/sales/enter"' in page.text
    assert 'href="/sales/live.css' in page.text
    assert not [part for part in ('href="/live', 'action="/e') if part in page.text]
    assert int(page.headers["content-length"]) == len(page.content)
    cookie = moved.headers["set-cookie"].lower()
    assert "path=/sales/" in cookie
    assert "; secure" in cookie


def test_a_proxy_that_strips_the_prefix_gets_the_same_page(
    base: KnowledgeBase, store: Store
) -> None:
    page = client(base, store).get("/enter", headers=FORWARDED)

    assert 'action="/sales/enter"' in page.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (FORWARDED, 303),
        ({**FORWARDED, "host": "evil.example"}, 421),
        ({**FORWARDED, "origin": "https://evil.example"}, 403),
        ({**FORWARDED, "origin": "http://["}, 400),
    ],
)
def test_only_pages_of_the_public_address_may_log_in(
    base: KnowledgeBase, store: Store, headers: dict[str, str], status: int
) -> None:
    http = client(base, store)
    page = http.get("/sales/enter", headers=FORWARDED)
    token = page.text.split('name=csrf value="')[1].split('"')[0]
    cookies = "; ".join(part.split(";")[0] for part in page.headers.get_list("set-cookie"))
    sent = {"origin": ORIGIN, "cookie": cookies, **headers}

    answer = http.post(
        "/sales/enter",
        data={"csrf": token, "password": PASSWORD},
        headers=sent,
        follow_redirects=False,
    )

    assert answer.status_code == status


def test_a_stranger_cannot_pretend_to_be_a_proxy(base: KnowledgeBase, store: Store) -> None:
    answer = client(base, store, "198.51.100.9").get("/sales/enter", headers=FORWARDED)

    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("forwarded", "visitor"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("9.9.9.9, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 127.0.0.1", "203.0.113.7"),
        ("", "127.0.0.1"),
        ("nonsense", "127.0.0.1"),
    ],
)
def test_the_visitor_is_the_last_address_that_no_proxy_has(forwarded: str, visitor: str) -> None:
    assert PUBLIC.visitor_of("127.0.0.1", forwarded) == visitor


@pytest.mark.parametrize(
    "url",
    ["kam.example", "ftp://kam.example", "https://", "https://a@b/", "https://a/?q", "https://[",
     "https://a/b c", "https://a:99999/", "https://a/../b/\r\n"],
)  # fmt: skip
def test_an_invalid_public_address_is_named(url: str) -> None:
    with pytest.raises(KamError, match="is not a public address, such as"):
        PublicAddress.of(url)


def test_an_invalid_proxy_is_named() -> None:
    with pytest.raises(KamError, match='"nowhere" is not an address or network of a proxy'):
        PublicAddress.of("https://kam.example", ["nowhere"])


def test_the_customers_link_has_the_public_address(base: KnowledgeBase, store: Store) -> None:
    http = client(base, store)
    key = Visitor(http, base, store).example()
    login(http, "/sales", ORIGIN, FORWARDED)
    page = http.get(f"/sales/a/{key}/customer", headers=FORWARDED)
    token = page.text.split('name=csrf value="')[1].split('"')[0]
    data = {"csrf": token, "days": "14", "back": "customer"}
    sent = {**FORWARDED, "origin": ORIGIN}

    http.post(f"/sales/a/{key}/link", data=data, headers=sent, follow_redirects=False)
    shown = http.get(f"/sales/a/{key}/customer", headers=FORWARDED).text

    link = shown.split("https://kam.example:8443/sales/c/")[1].split("/")[0]
    assert http.get(f"/sales/c/{link}/", headers=FORWARDED).status_code == 200


@pytest.fixture(params=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest, tmp_path: Path, base: KnowledgeBase, store: Store
) -> Iterator[str]:
    """The public URL of a server behind a real proxy; nginx keeps the prefix, Caddy strips it."""
    tool = {"nginx": NGINX, "caddy": CADDY}[request.param]
    program = tool.find()
    if program is None:
        pytest.fail(f"{tool.name} is missing. Did 'python3 run.py test' run?", pytrace=False)
    listening = socket.create_server(("127.0.0.1", 0))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    upstream = listening.getsockname()[1]
    url = f"http://127.0.0.1:{port}/sales"
    settings = Settings("127.0.0.1", upstream, "en", lambda: DAY, SECRET, password=PASSWORD,
                        public=PublicAddress.of(url))  # fmt: skip
    config = uvicorn.Config(
        make_app(store, base, settings),
        http=slow_clients.HeaderTimeoutProtocol,
        proxy_headers=False,
        log_level="error",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    written = tmp_path / "config"
    text = NGINX_CONFIG if request.param == "nginx" else CADDY_CONFIG
    written.write_text(text.format(folder=tmp_path, port=port, upstream=upstream))
    command = {
        "nginx": [program, "-c", str(written), "-e", str(tmp_path / "log")],
        "caddy": [program, "run", "--adapter", "caddyfile", "--config", str(written)],
    }[request.param]
    env = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    running = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + WAIT
        while not _listens(port) and time.monotonic() < until:
            time.sleep(0.05)
        yield url
    finally:
        running.terminate()
        running.wait(WAIT)
        server.should_exit = True
        thread.join()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_session_works_behind_a_real_proxy(proxy: str, base: KnowledgeBase, store: Store) -> None:
    origin = proxy.removesuffix("/sales")
    key = store.add(read_case(EXAMPLES / "barricaded_butterfly.yaml", base))
    with httpx2.Client(timeout=WAIT) as http:
        assert login(http, proxy, origin, {}).headers["location"] == "/sales/"
        listed = http.get(f"{proxy}/")
        page = http.get(f"{proxy}/a/{key}/")
        script = http.get(f"{proxy}/live.js")
        token = page.text.split('name=csrf value="')[1].split('"')[0]
        data = {"csrf": token, "seen": "1", "comment": ["Через проксі"], "back": "notes"}
        sent = http.post(f"{proxy}/a/{key}/comments", data=data, headers={"origin": origin})

    assert f'href="/sales/a/{key}/"' in listed.text
    assert (page.status_code, script.status_code) == (200, 200)
    assert sent.url.path.startswith("/sales/") or sent.status_code == 303, sent.text
    assert "Через проксі" in store.state(key).case.notes.comments
