"""Rejected requests: other sites and hosts, large bodies, guessed passwords, scripts in texts."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import re
import sqlite3
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.store.store import Store
from kam_expert.web.auth import TRIES, WINDOW, Authenticator
from kam_expert.web.middleware import CONTENT_POLICY
from tests.stored_versions import change_versions
from tests.web.conftest import ADDRESS, Visitor, served, text_of, use_cookie

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

HOSTILE = (
    "</title></textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{7*7}} \u202e"
)
PASSWORD = "a long password"  # noqa: S105 -- of a server that lives as long as a test
PAGES = (
    "", "questions", "people", "profiles", "decisions", "events", "diagnosis", "what-if",
    "history", "notes",
    "customer",
)  # fmt: skip


# Other sites and other hosts


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://[v1.x]:y"},
        {"referer": "http://evil.example/page"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": ADDRESS},
    ],
)
def test_a_form_of_another_site_changes_nothing(visitor: Visitor, headers: dict[str, str]) -> None:
    answer = visitor.post("/accounts", {"name": "Чужий"}, headers=headers)

    assert answer.status_code == 403
    assert visitor.store.accounts() == ()


@pytest.mark.parametrize("token", ["", "guessed", "ж" * 30])
def test_a_form_without_the_token_of_the_visitor_changes_nothing(
    visitor: Visitor, token: str
) -> None:
    visitor.token()

    answer = visitor.client.post("/accounts", data={"csrf": token, "name": "Чужий"})

    assert answer.status_code == 403
    assert visitor.store.accounts() == ()


def test_a_token_of_another_visitor_is_rejected(
    visitor: Visitor, base: KnowledgeBase, store: Store
) -> None:
    other = Visitor(served(base, store), base, store)
    other.token()

    answer = other.client.post("/accounts", data={"csrf": visitor.token(), "name": "Чужий"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8765", "127.0.0.1.evil.example:8765", "127.0.0.1:80", "",
        "127.0.0.1:8765@evil.example", "localhost:8765.evil.example", "[::1", "192.168.0.7:8765",
    ],
)  # fmt: skip
def test_another_host_is_not_served(visitor: Visitor, host: str) -> None:
    answer = visitor.get("/", headers={"host": host})

    assert answer.status_code == 421
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765", "127.0.0.1"])
def test_this_machine_is_served_under_each_of_its_names(visitor: Visitor, host: str) -> None:
    assert visitor.get("/", headers={"host": host}).status_code == 200


def test_a_server_for_others_answers_to_its_addresses_and_the_names_given(
    base: KnowledgeBase, store: Store
) -> None:
    client = served(
        base,
        store,
        host="0.0.0.0",  # noqa: S104 -- nothing listens
        names=frozenset({"kam.local"}),
        password=PASSWORD,
    )

    found = {
        host: client.get("/enter", headers={"host": host}).status_code
        for host in ("kam.local:8765", "192.168.0.7:8765", "evil.example:8765")
    }

    assert found == {"kam.local:8765": 200, "192.168.0.7:8765": 200, "evil.example:8765": 421}


# Paths, methods, sizes, forms


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml", "/..%2f..%2fetc/passwd", "/live.css/../../rules", "/a/../accounts.db",
        "/a/%2e%2e/x", "/static/", "/a/", "/a/nobody/", "/a/nobody/report/client.html",
        "/c/forged/",
        "/a/nobody/people?kind=person&id=p1", "/rules/facts.yaml", "/.git/config", "//etc/passwd",
    ],
)  # fmt: skip
def test_other_paths_are_not_found(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)

    assert answer.status_code == 404
    assert "root:" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(visitor: Visitor, method: str) -> None:
    key = visitor.example()

    answer = visitor.client.request(method, f"/a/{key}/", headers={"origin": ADDRESS})

    assert answer.status_code == 405


def test_a_form_cannot_be_sent_as_a_link(visitor: Visitor) -> None:
    key = visitor.example()

    assert visitor.get(f"/a/{key}/undo").status_code == 404
    assert visitor.get(f"/a/{key}/answer?fact=trust_self").status_code == 404
    assert visitor.store.state(key).version == 1


def test_a_body_that_is_too_large_is_refused(visitor: Visitor) -> None:
    answer = visitor.post("/accounts", {"name": "x" * 5_000_000})

    assert answer.status_code == 413


def test_a_large_body_without_a_length_is_rejected(visitor: Visitor) -> None:
    pieces = (b"x" * 100_000 for _ in range(60))
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": ADDRESS}

    answer = visitor.client.post("/accounts", content=pieces, headers=headers)

    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"%%%&&&===;\xff\xfe"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(2_000))),
        ("multipart/form-data", b"no boundary"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: nonsense\r\n\r\n\x00\r\n",
        ),
        ("application/json", b'{"csrf": 1}'),
        ("text/plain", b"csrf=1"),
        ("", b"\x00\x01"),
    ],
)
def test_a_malformed_form_is_refused(visitor: Visitor, kind: str, body: bytes) -> None:
    visitor.token()
    headers = {"content-type": kind, "origin": ADDRESS}

    answer = visitor.client.post("/accounts", content=body, headers=headers)

    assert answer.status_code in (400, 403)
    assert "Traceback" not in answer.text
    assert visitor.store.accounts() == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"seen": "-1"}, {"seen": "one"}, {"seen": "9" * 40}, {"seen": "99"},
        {"fact": "no_such_fact"}, {"kind": "person"}, {"id": "nobody"},
        {"side": "theirs", "fact": "revenue_12m"},
        {"side": "mine"}, {"value": "no such word"}, {"value": ""}, {"as_of": "yesterday"},
        {"fact": "complaints_open", "value": "-3"}, {"fact": "complaints_open", "value": "1e999"},
        {"fact": "complaints_open", "value": "nan"}, {"by": "x" * 5_000},
    ],
)  # fmt: skip
def test_an_invalid_answer_is_rejected_and_changes_nothing(
    visitor: Visitor, changed: dict[str, Any]
) -> None:
    key = visitor.example()
    before = visitor.store.state(key).case.digest()

    answer = visitor.answer(key, **{"fact": "access_to_others", "value": "free"} | changed)

    assert answer.status_code in (400, 404, 413, 422)
    assert "Traceback" not in answer.text
    assert visitor.store.state(key).case.digest() == before


@pytest.mark.parametrize(
    "back", ["//evil.example", "http://evil.example", "/\\evil.example", "javascript:1"]
)
def test_a_form_leads_back_to_this_server_only(visitor: Visitor, back: str) -> None:
    key = visitor.example()

    leads = [
        visitor.post("/visitor", {"lang": "uk", "back": back}).headers["location"],
        visitor.answer(key, "access_to_others", "free", back=back).headers["location"],
    ]

    assert leads[0] == "/"
    assert leads[1].startswith(f"/a/{key}/")


# Uploads


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"account: [", "not YAML"),
        (b"a: &x [1]\nb: *x", "aliases"),
        (b"account: {id: a}\nfacts: {trsut_self: 3}", "Did you mean"),
        (b"account: !!python/object/apply:os.system [ls]", "tag"),
        (b"[" * 50_000, ""),
    ],
)
def test_an_upload_is_checked_like_a_file(visitor: Visitor, data: bytes, says: str) -> None:
    answer = visitor.post("/upload", files={"case": ("case.yaml", data)})

    assert answer.status_code == 422
    assert says in text_of(answer)
    assert visitor.store.accounts() == ()


def test_a_file_that_is_too_large_is_refused(visitor: Visitor) -> None:
    answer = visitor.post("/upload", files={"case": ("case.yaml", b"# \n" * 1_000_000)})

    assert answer.status_code == 413
    assert visitor.store.accounts() == ()


# Scripts in texts


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]


def hostile_account(visitor: Visitor) -> str:
    """Return the key of an account with hostile text in every field that takes any text."""
    quoted = f"'{HOSTILE.replace(chr(39), chr(39) * 2)}'"
    case = f"""
account: {{id: {quoted}, name: {quoted}, owner: {quoted}, segment: {quoted}}}
facts: {{trust_self: {{value: 5, by: {quoted}, as_of: 2026-10-01}}}}
customer: {{trust_other: {{value: 2, by: {quoted}}}}}
decisions: [{{id: {quoted}, name: {quoted}}}, {{id: d, name: {quoted}}}]
people:
  - {{id: {quoted}, name: {quoted}, contact_owner: {quoted},
     open_to_us: {{value: 1, by: {quoted}}}}}
team: [{{id: {quoted}, name: {quoted}}}]
links: [{{member: {quoted}, person: {quoted}, link_last_two_way_days: 3}}]
comments: [{quoted}]
steps: {{put_right_with_person: {{owner: {quoted}}}}}
"""
    answer = visitor.post("/upload", files={"case": ("case.yaml", case.encode())})
    assert answer.status_code == 303, text_of(answer)
    key = str(answer.headers["location"].split("/")[2])
    visitor.post("/visitor", {"name": HOSTILE})
    visitor.answer(key, "access_to_others", "free", by=HOSTILE)
    return key


@pytest.mark.parametrize("page", [*PAGES, "history?since=1", "profiles?person=x"])
def test_a_script_in_any_field_is_only_text(visitor: Visitor, page: str) -> None:
    key = hostile_account(visitor)

    answer = visitor.get(f"/a/{key}/{page}")

    assert answer.status_code == 200
    tags = Tags(answer.text)
    assert tags.names.count("script") == 1  # our own
    assert "img" not in tags.names
    assert not any(name.startswith("on") for name in tags.attributes)
    assert "{{7*7}}" in text_of(answer)


def test_a_script_in_an_address_is_only_text(visitor: Visitor) -> None:
    key = visitor.example()

    for page in ("questions?theme=", "what-if?pick=", "history?day=", "people?kind=", "what-if?w="):
        answer = visitor.get(
            f"/a/{key}/{page}", params=None, headers={"accept-language": HOSTILE[:9]}
        )
        hostile = visitor.get(f"/a/{key}/{page}%3Cscript%3Ealert(1)%3C/script%3E%22'")
        assert answer.status_code in (200, 404)
        assert "<script>" not in hostile.text


def test_every_answer_forbids_scripts_that_are_not_ours(visitor: Visitor) -> None:
    key = visitor.example()

    for path in ("/", f"/a/{key}/", "/no/such/page", "/live.js", f"/a/{key}/version"):
        headers = visitor.get(path).headers
        assert headers["content-security-policy"] == CONTENT_POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert "unsafe" not in CONTENT_POLICY


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_a_script_or_a_style_inline(visitor: Visitor, page: str) -> None:
    text = visitor.get(f"/a/{visitor.example()}/{page}").text

    assert re.findall(r"<script[^>]*>", text) == ['<script src="/live.js" defer>']
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)


def test_a_report_opens_and_may_run_nothing(visitor: Visitor) -> None:
    headers = visitor.get(f"/a/{visitor.example()}/report/consultant.html").headers

    assert headers["content-disposition"].startswith("inline;")
    assert "script-src" not in headers["content-security-policy"]
    assert headers["content-security-policy"].endswith("sandbox")


# The cookie and the password


def test_the_cookie_is_not_sent_to_scripts_and_other_sites(visitor: Visitor) -> None:
    cookie = visitor.get("/").headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_forged_cookie_is_ignored(base: KnowledgeBase, store: Store) -> None:
    client = served(base, store, password=PASSWORD)
    client.cookies.set("kam-consultant", "eyJlbnRlcmVkIjp0cnVlfQ.x.y")

    assert client.get("/", follow_redirects=False).headers["location"] == "/enter"


@pytest.mark.parametrize(
    "path", ["/", "/a/x/", "/a/x/report/consultant.html", "/a/x/version", "/a/x/case.yaml"]
)
def test_nothing_is_shown_without_the_password(
    base: KnowledgeBase, store: Store, path: str
) -> None:
    key = Visitor(served(base, store), base, store).example()
    client = served(base, store, password=PASSWORD)

    answer = client.get(path.replace("/x/", f"/{key}/"), follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/enter")


def enter(visitor: Visitor, password: str) -> Any:
    return visitor.client.post(
        "/enter",
        data={"csrf": visitor.token("/enter"), "password": password},
        headers={"origin": ADDRESS},
        follow_redirects=False,
    )


def test_login_and_logout(base: KnowledgeBase, store: Store) -> None:
    visitor = Visitor(served(base, store, password=PASSWORD), base, store)
    before = visitor.token("/enter")

    assert enter(visitor, "wrong").status_code == 403
    assert enter(visitor, PASSWORD).status_code == 303
    assert visitor.get("/").status_code == 200
    assert visitor.token("/") != before
    assert visitor.post("/leave").headers["location"] == "/enter"
    assert visitor.get("/", follow_redirects=False).status_code == 303


def test_logging_out_ends_the_session_for_a_copy_of_its_cookie_too(
    base: KnowledgeBase, store: Store
) -> None:
    visitor = Visitor(served(base, store, password=PASSWORD), base, store)
    enter(visitor, PASSWORD)
    copied = visitor.client.cookies["kam-consultant"]
    visitor.post("/leave")

    use_cookie(visitor, copied)
    answer = visitor.get("/", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/enter")


def test_a_known_device_and_the_passphrase_pass_while_strangers_are_locked_out(
    base: KnowledgeBase, store: Store
) -> None:
    client = served(base, store, password=PASSWORD, passphrase="passphrase of the console")  # noqa: S106 -- of a test
    owner = Visitor(client, base, store)
    enter(owner, PASSWORD)
    owner.post("/leave")
    device = client.cookies["kam-device"]
    del client.cookies["kam-device"]
    for _ in range(TRIES):
        enter(owner, "wrong")

    assert enter(owner, PASSWORD).status_code == 429
    assert enter(owner, "passphrase of the console").status_code == 303
    owner.post("/leave")
    client.cookies.set("kam-device", device)
    assert enter(owner, PASSWORD).status_code == 303


def test_the_delay_of_an_address_grows_and_concerns_no_other() -> None:
    now = [0.0]
    authenticator = Authenticator(PASSWORD, lambda: now[0])
    waits = []
    for _ in range(TRIES + 3):
        while wait := authenticator.attempt("10.0.0.1", "wrong").wait:
            waits.append(wait)
            now[0] += wait

    assert waits == [31, 61, 121]
    assert authenticator.attempt("10.0.0.2", PASSWORD).accepted


def test_a_stranger_with_a_forged_device_is_a_stranger(base: KnowledgeBase, store: Store) -> None:
    visitor = Visitor(served(base, store, password=PASSWORD), base, store)
    visitor.client.cookies.set("kam-device", "forged.AAAA.BBBB")
    for _ in range(TRIES):
        enter(visitor, "wrong")

    assert enter(visitor, PASSWORD).status_code == 429


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/?page=²", {}, 400),
        ("/?page=" + "9" * 4000, {}, 400),
        ("/?page=999999", {}, 200),
        ("/?" + "&".join(f"a{n}=1" for n in range(100)), {}, 400),
        ("/", {"origin": "http://["}, 400),
        ("/a/KEY/people?" + "&".join(f"a{n}=1" for n in range(100)), {}, 400),
        ("/a/KEY/people?kind=²&id=²", {}, 404),
        ("/a/KEY/?others=²&noted=²", {}, 400),
    ],
)
def test_a_strange_address_is_never_a_failure_of_ours(
    visitor: Visitor, path: str, headers: dict[str, str], status: int
) -> None:
    key = visitor.example()

    answer = visitor.get(path.replace("KEY", key), headers=headers)

    assert answer.status_code == status


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "//["])
def test_a_malformed_origin_is_refused(visitor: Visitor, origin: str) -> None:
    answer = visitor.client.post("/accounts", data={"name": "x"}, headers={"origin": origin})

    assert answer.status_code == 400


def test_wrong_links_from_one_address_are_limited(visitor: Visitor) -> None:
    statuses = [visitor.get(f"/c/wrong{number}/").status_code for number in range(22)]

    assert statuses == [404] * 20 + [429] * 2


def test_a_password_is_taken_as_it_was_typed(base: KnowledgeBase, store: Store) -> None:
    visitor = Visitor(served(base, store, password=f" {PASSWORD} "), base, store)

    assert enter(visitor, PASSWORD).status_code == 403
    assert enter(visitor, f" {PASSWORD} ").status_code == 303


def test_after_several_wrong_passwords_the_right_one_has_to_wait(
    base: KnowledgeBase, store: Store
) -> None:
    visitor = Visitor(served(base, store, password=PASSWORD), base, store)

    for _ in range(TRIES):
        assert enter(visitor, "wrong").status_code == 403
    answer = enter(visitor, PASSWORD)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= WINDOW


def test_attempts_from_many_addresses_are_limited_for_a_time() -> None:
    now = [0.0]
    authenticator = Authenticator(PASSWORD, lambda: now[0], tries_of_all=8)

    for number in range(8):
        assert authenticator.attempt(f"10.0.0.{number}", "wrong").wait == 0
    refused = authenticator.attempt("10.1.1.1", PASSWORD)
    now[0] = WINDOW + 1
    opened = authenticator.attempt("10.1.1.1", PASSWORD)

    assert not refused.accepted
    assert 0 < refused.wait <= WINDOW + 1
    assert opened.accepted


def test_a_new_password_makes_old_cookies_invalid(base: KnowledgeBase, store: Store) -> None:
    visitor = Visitor(served(base, store, password=PASSWORD), base, store)
    enter(visitor, PASSWORD)
    other = served(base, store, password="another long password")  # noqa: S106 -- as above
    other.cookies = visitor.client.cookies

    assert other.get("/", follow_redirects=False).status_code == 303


# The log and errors


def test_the_log_names_no_account_and_no_person(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    key = visitor.begin("Тіньовий Клієнт")
    visitor.post(f"/a/{key}/add", {"seen": 1, "kind": "person", "name": "Ганна Тиха"})
    visitor.get(f"/a/{key}/people?kind=person&id=p1")

    said = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("kam_expert"))
    assert "/a/{key}/{tab}" in said
    for secret in (key, "Тіньовий", "Ганна", "p1"):
        assert secret not in said


def test_an_unexpected_error_is_a_page_and_a_log_line_without_its_text(
    base: KnowledgeBase, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    broken = dataclasses.replace(base, step_book=base.step_book.model_copy(update={"kinds": {}}))
    visitor = Visitor(served(broken, store), base, store)
    key = visitor.example()
    answer = visitor.get(f"/a/{key}/", headers={"accept-language": "uk"})

    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert 'lang="uk"' in answer.text
    said = [r.getMessage() for r in caplog.records if r.name == "kam_expert.web.request"]
    assert len(said) == 1
    assert re.fullmatch(r"\w+ at \S+:\d+", said[0])


# Database errors


def damaged(path: Path) -> None:
    """Overwrite the pages of a database and leave its header."""
    data = bytearray(path.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    path.write_bytes(data)


def no_database(path: Path) -> None:
    """Replace a database by another file."""
    path.write_bytes(b"no database at all\n" * 500)


@pytest.mark.parametrize("harm", [damaged, no_database])
def test_an_unreadable_database_is_an_error_page_without_its_path(
    base: KnowledgeBase, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    path = tmp_path / "accounts.db"
    store = Store.open(str(path), base)
    visitor = Visitor(served(base, store), base, store)
    key = visitor.example()
    token = visitor.token()
    store.close()
    for left in tmp_path.glob("accounts.db-*"):
        left.unlink()
    harm(path)

    fields = {"csrf": token, "seen": 1, "comment": "Перший"}
    answers = [
        *(visitor.get(path) for path in ("/", f"/a/{key}/", f"/a/{key}/case.yaml")),
        visitor.client.post(f"/a/{key}/comments", data=fields, headers={"origin": ADDRESS}),
    ]

    assert [answer.status_code for answer in answers] == [503] * 4
    for answer in answers:
        assert "everything saved before is there" in text_of(answer)
        assert str(tmp_path) not in answer.text


def test_a_locked_database_can_still_be_read(
    base: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kam_expert.store.database.PATIENCE", 0.1)
    path = tmp_path / "accounts.db"
    store = Store.open(str(path), base)
    visitor = Visitor(served(base, store), base, store)
    key = visitor.example()

    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = visitor.post(f"/a/{key}/comments", {"seen": 1, "comment": "Перший"})
        page = visitor.get(f"/a/{key}/")

    assert (answer.status_code, page.status_code) == (503, 200)
    assert "This change was not saved" in text_of(answer)
    assert visitor.store.state(key).version == 1


# Control characters and long texts


def test_control_characters_are_removed(visitor: Visitor) -> None:
    key = visitor.begin("Нуль\x00 і\x1b[2J ще\x0bрядок")

    visitor.post(f"/a/{key}/comments", {"seen": 1, "comment": "Перший\x00\r\n\tдругий\ufffe"})
    visitor.answer(key, "access_to_others", "free", by="\x07Олена\x9b")

    case = visitor.store.state(key).case
    assert case.account.name == "Нуль і [2J ще рядок"
    assert case.notes.comments == ("Перший \n\tдругий",)
    assert case.account.ours["access_to_others"][-1].by == "Олена"
    for page in ("case.yaml", "report/consultant.html", "notes"):
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", visitor.get(f"/a/{key}/{page}").text)


@pytest.mark.parametrize("key", ["%00", "x%00", "a'b", "%D0%B0", "a.b"])
def test_an_invalid_key_is_not_found(visitor: Visitor, key: str) -> None:
    for page in ("", "version", "case.yaml", "people"):
        assert visitor.get(f"/a/{key}/{page}").status_code == 404
    assert visitor.post(f"/a/{key}/undo", {"seen": 1}).status_code == 404


@pytest.mark.parametrize("letter", ["ж", "字", "\n"])
def test_a_comment_may_be_as_long_as_its_field_lets_it(visitor: Visitor, letter: str) -> None:
    key = visitor.begin()
    long = f"а{letter * 3_998}я"

    answers = [
        visitor.post(f"/a/{key}/comments", {"seen": 1, "comment": long}),
        visitor.post(f"/a/{key}/comments", {"seen": 2, "comment": "ж" * 40_001}),
    ]

    assert [answer.status_code for answer in answers] == [303, 413]
    assert visitor.store.state(key).case.notes.comments == (long,)


def test_our_script_learns_that_the_password_is_required_again(
    base: KnowledgeBase, store: Store
) -> None:
    visitor = Visitor(served(base, store, password=PASSWORD), base, store)
    key = visitor.example()
    headers = {"x-kam": "live", "origin": ADDRESS}

    answer = visitor.client.post(f"/a/{key}/comments", data={"comment": "x"}, headers=headers)

    assert answer.status_code == 401
    assert "what you typed is still here" in text_of(answer)
    assert store.state(key).version == 1


def test_an_account_that_does_not_fit_the_rules_hides_no_other(
    base: KnowledgeBase, store: Store, tmp_path: Path
) -> None:
    visitor = Visitor(served(base, store), base, store)
    key = visitor.example()
    visitor.begin("Без фактів")
    change_versions(
        str(tmp_path / "accounts.db"),
        lambda row: row._replace(whole=row.whole and row.whole.replace("trust_self", "trust_lost")),
    )

    # A new process, which has not cached the account.
    visitor = Visitor(served(base, Store.open(str(tmp_path / "accounts.db"), base)), base, store)
    opened = visitor.get(f"/a/{key}/")
    # A visit to the list works out as many accounts as it has time for.
    visits = (text_of(visitor.get("/")) for _ in range(10))
    listed = next((text for text in visits if "not worked out yet" not in text), "")

    assert "Без фактів" in listed
    assert listed.count("does not fit the rule base") == 1
    assert opened.status_code == 422
    assert "trust_lost" in text_of(opened)


# Scripts on pages that follow a form


def test_a_script_in_a_conflict_is_only_text(visitor: Visitor) -> None:
    key = hostile_account(visitor)
    visitor.answer(key, "access_to_others", "blocked", by=HOSTILE)

    answer = visitor.answer(
        key,
        "access_to_others",
        "buyer_present",
        seen=1,
        by=HOSTILE,
        back=HOSTILE,
        **{HOSTILE: HOSTILE},
    )

    assert answer.status_code == 409
    tags = Tags(answer.text)
    assert tags.names.count("script") == 1
    assert "img" not in tags.names
    assert not any(name.startswith("on") for name in tags.attributes)


def test_a_script_on_the_customers_page_is_only_text(visitor: Visitor) -> None:
    key = hostile_account(visitor)
    visitor.post(f"/a/{key}/link", {"days": 1})
    found = re.search(r'href="http://[^/]+(/c/[^"]+)"', visitor.get(f"/a/{key}/customer").text)
    assert found
    fields = {"seen": 2, "fact": "trust_other", "value": "4", "by": HOSTILE}

    assert visitor.client.post(f"{found[1]}answer", data=fields).status_code == 403
    assert visitor.post(f"{found[1]}answer", fields).status_code == 303
    for page in (visitor.get(found[1]), visitor.get(f"/a/{key}/customer")):
        tags = Tags(page.text)
        assert tags.names.count("script") == 1
        assert "img" not in tags.names
        assert not any(name.startswith("on") for name in tags.attributes)


def test_a_script_in_a_question_or_a_warning_is_only_text(visitor: Visitor) -> None:
    key = visitor.begin()
    visitor.post(f"/a/{key}/add", {"seen": 1, "kind": "person", "name": "Х"})
    slot = ["person", "p1", "backup_owner", "ours"]
    asked = {"pick": json.dumps(slot), "value": HOSTILE, "w": json.dumps([*slot, HOSTILE])}
    warned = visitor.post(f"/a/{key}/comments", {"seen": 2, "comment": f"<i>хворий{HOSTILE}"})

    pages = [
        visitor.get(f"/a/{key}/what-if", params=asked),
        visitor.get(warned.headers["location"]),
    ]

    for page in pages:
        tags = Tags(page.text)
        assert page.status_code == 200
        assert tags.names.count("script") == 1
        assert "img" not in tags.names
