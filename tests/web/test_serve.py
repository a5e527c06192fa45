"""`kam serve` listens only where it may, and reports errors in a line or two."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kam_expert.cli import kam
from kam_expert.errors import KamError
from kam_expert.web.settings import is_loopback, load_secret

EXAMPLE = Path(__file__).parents[2] / "examples" / "almost_nothing_known.yaml"
WAIT = 60.0


def serve(tmp_path: Path, *options: str, **env: str) -> Result:
    env = {"XDG_DATA_HOME": str(tmp_path), **env}
    return CliRunner().invoke(kam, ["serve", *options], env=env)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "kam.example"])  # noqa: S104 -- refused
def test_other_machines_need_a_password(tmp_path: Path, host: str) -> None:
    result = serve(tmp_path, "--host", host)

    assert isinstance(result.exception, KamError)
    assert "--password" in str(result.exception)


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    result = serve(tmp_path, "--host", "0.0.0.0", "--password", KAM_PASSWORD="short")  # noqa: S104, S106 -- refused

    assert isinstance(result.exception, KamError)
    assert "fewer than" in str(result.exception)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        result = serve(tmp_path, "--port", port, "--store", str(tmp_path / "a.db"))

    assert isinstance(result.exception, KamError)
    assert port in str(result.exception)


def test_an_invalid_certificate_is_named(tmp_path: Path) -> None:
    none = tmp_path / "none.pem"
    none.write_text("nothing")
    options = ("--certificate", str(none), "--private-key", str(none), "--port", free_port())

    result = serve(tmp_path, *options)
    alone = serve(tmp_path, "--certificate", str(none))

    assert isinstance(result.exception, KamError)
    assert "none.pem" in str(result.exception)
    assert "belong together" in str(alone.exception)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def test_a_case_with_a_fault_is_named_before_anything_starts(tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text("account: {id: a}\nfacts: {trsut_self: 3}\n")

    result = serve(tmp_path, str(case))

    assert "trust_self" in str(result.exception)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.8.8.8", True),
     ("0.0.0.0", False), ("::", False),  # noqa: S104 -- nothing listens
     ("10.0.0.1", False), ("localhost.evil.example", False)],
)  # fmt: skip
def test_a_loopback_address_is_recognised(host: str, *, here: bool) -> None:
    assert is_loopback(host) is here


def test_the_secret_is_created_once_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    first = load_secret(tmp_path / "data")

    assert load_secret(tmp_path / "data") == first
    assert stat.S_IMODE((tmp_path / "data" / "session.key").stat().st_mode) == 0o600


def test_a_secret_that_is_too_short_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "session.key").write_text("short")

    with pytest.raises(KamError, match="too short"):
        load_secret(tmp_path)


def test_the_command_serves_a_case_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kam_expert.cli", "serve", str(EXAMPLE), "--port", str(port)]
    command += ["--store", str(tmp_path / "accounts.db")]
    env = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    server = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        page = fetched(address)
        key = page.split('href="/a/')[1].split("/")[0]
        assert "next-t" in fetched(f"{address}/a/{key}/")
        server.send_signal(signal.SIGKILL)
        server.wait(WAIT)

        until = time.monotonic() + WAIT
        while still_there(server.pid) and time.monotonic() < until:
            pass
        assert not still_there(server.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


def fetched(address: str) -> str:
    until = time.monotonic() + WAIT
    while True:
        try:
            with urllib.request.urlopen(address, timeout=WAIT) as answer:  # noqa: S310 -- our own server
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > until:
                raise


def still_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_server_shuts_down_cleanly_on_a_signal(tmp_path: Path, end: signal.Signals) -> None:
    port = free_port()
    command = [sys.executable, "-m", "kam_expert.cli", "serve", str(EXAMPLE), "--port", port]
    command += ["--store", str(tmp_path / "accounts.db")]
    env = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    server = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, start_new_session=True)
    try:
        page = fetched(f"http://127.0.0.1:{port}")
        key = page.split('href="/a/')[1].split("/")[0]
        fetched(f"http://127.0.0.1:{port}/a/{key}/")
        server.send_signal(end)
        _, said = server.communicate(timeout=WAIT)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)

    assert server.returncode == 0
    assert b"Traceback" not in said
    assert b"leaked" not in said
    assert b"Aborted" not in said
    # The journal is merged into the database: a copy needs only one file.
    assert [path.name for path in tmp_path.glob("accounts.db*")] == ["accounts.db"]
