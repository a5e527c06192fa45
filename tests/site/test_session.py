"""The session of the browser edition in this Python: its settings, and what it keeps."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from kam_expert.browser.runtime import BrowserSession
from kam_expert.browser.slots import Slots
from kam_expert.errors import KamError
from kam_expert.facts.case_writer import case_text
from kam_expert.knowledge.rule_cache import read_compiled, write_compiled
from kam_expert.store.store import Store
from tests.event_loop import finished
from tests.shipped import example, shipped_privacy
from tests.site.test_slots import Memory
from tests.web.conftest import DAY

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.web.in_process import PlainResponse

PREFIX = "/tools/kam/app"
HEADERS = [("accept-language", "en")]


class Reader:
    """A reader with a browser that keeps files."""

    def __init__(self, base: KnowledgeBase, folder: Path) -> None:
        self.files = [Memory() for _ in range(4)]
        self.rules = folder / "rules.pickle"
        write_compiled(self.rules, base, shipped_privacy())
        self.folder = folder
        self.starts = 0
        self.start()

    def start(self) -> None:
        """Start the program; what was in memory is lost."""
        self.starts += 1
        self.session = BrowserSession(
            self.folder / str(self.starts),
            f"https://example.org{PREFIX}/",
            self.rules,
            Slots(self.files[:2]),
            Slots(self.files[2:]),
            lambda: DAY,
        )

    def ask(
        self, method: str, path: str, body: bytes = b"", *more: tuple[str, str]
    ) -> PlainResponse:
        asked = self.session.answer(method, f"{PREFIX}{path}", [*HEADERS, *more], body)
        return finished(asked)

    def get(self, path: str) -> str:
        found = self.ask("GET", path)
        assert found.status == 200, found.body.decode()
        return found.body.decode()

    def post(self, path: str, **fields: str) -> PlainResponse:
        token = re.search(r'name=csrf value="([^"]+)"', self.get("/"))
        assert token
        body = urlencode({"csrf": token[1], **fields}).encode()
        kind = ("content-type", "application/x-www-form-urlencoded")
        return self.ask("POST", path, body, kind)

    def upload(self, path: str, field: str, data: bytes) -> PlainResponse:
        token = re.search(r'name=csrf value="([^"]+)"', self.get("/"))
        assert token
        part = b'--x\r\ncontent-disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
        body = part % (b"csrf", b"", token[1].encode())
        body += part % (field.encode(), b'; filename="a"', data) + b"--x--\r\n"
        return self.ask("POST", path, body, ("content-type", "multipart/form-data; boundary=x"))

    def begin(self, name: str) -> str:
        """Create an account and return its path."""
        made = self.post("/accounts", name=name)
        assert made.status == 303
        return dict(made.headers)["location"].removeprefix(PREFIX)


@pytest.fixture(scope="module")
def reader(base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(base, tmp_path_factory.mktemp("reader"))


def test_what_was_answered_is_there_after_a_restart(reader: Reader) -> None:
    account = reader.begin("Kept Ltd")
    reader.post("/visitor", name="Olena", back="/")

    reader.start()

    assert "Kept Ltd" in reader.get(account)
    assert 'value="Olena"' in reader.get("/")


def test_what_cannot_be_kept_is_not_acknowledged(reader: Reader) -> None:
    for file in reader.files[:2]:
        file.writes_until_full = 0
    refused = reader.post("/accounts", name="Lost Ltd")
    for file in reader.files[:2]:
        file.writes_until_full = 100

    assert refused.status == 503
    assert "Lost Ltd" not in reader.get("/")
    assert "Next Ltd" in reader.get(reader.begin("Next Ltd"))


def test_every_address_of_a_page_is_below_that_of_the_session(reader: Reader) -> None:
    page = reader.get(reader.begin("Here Ltd"))

    addresses = re.findall(r'(?:href|src|action|data-at|data-here)="(/[^"]*)"', page)
    assert len(addresses) > 20
    assert [address for address in addresses if not address.startswith(PREFIX)] == []


def test_pages_may_be_framed_by_their_own_origin_only(reader: Reader) -> None:
    headers = dict(reader.ask("GET", "/").headers)

    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "SAMEORIGIN"


def test_no_link_and_no_pdf_is_offered(reader: Reader) -> None:
    account = reader.begin("Plain Ltd")

    assert "questionnaire.html" in reader.get(f"{account}customer")
    assert "/link" not in reader.get(f"{account}customer")
    assert reader.post(f"{account}link", days="14", seen="1").status == 405
    assert ".pdf" not in reader.get(f"{account}finish")
    assert "your browser can print" in reader.get(f"{account}finish")
    assert reader.ask("GET", f"{account}report/consultant.pdf").status == 404


def test_a_file_is_uploaded_without_a_thread(reader: Reader) -> None:
    text = case_text(example("barricaded_butterfly")).encode()
    padded = text + b"#" * (1_500_000 - len(text))  # larger than what Starlette keeps in memory

    made = reader.upload("/upload", "case", padded)

    assert made.status == 303, html.unescape(made.body.decode())
    path = dict(made.headers)["location"].removeprefix(PREFIX).partition("?")[0]
    assert reader.get(f"{path}case.yaml") == text.decode()


def test_a_damaged_compiled_rule_base_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.pickle"
    file.write_bytes(b"no pickle")

    with pytest.raises(KamError, match="is not a compiled rule base"):
        read_compiled(file)


def test_all_accounts_move_as_one_file(reader: Reader, base: KnowledgeBase, tmp_path: Path) -> None:
    account = reader.begin("Moving Ltd")
    saved = reader.ask("GET", "/store.db")
    other = Reader(base, tmp_path)

    assert saved.body.startswith(b"SQLite format 3")
    page = other.upload("/store", "store", saved.body)
    assert page.status == 200
    assert "Moving Ltd" in page.body.decode()
    assert "Moving Ltd" in other.get(account)

    refused = other.upload("/store", "store", b"SQLite format 3\0 and no more")
    assert refused.status == 422
    assert "The file was not taken" in refused.body.decode()


def test_a_file_of_kam_serve_is_taken(reader: Reader, base: KnowledgeBase, tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    store = Store.open(str(path), base)
    store.add(example("barricaded_butterfly"))
    store.close()

    page = reader.upload("/store", "store", path.read_bytes())

    assert "Added" in page.body.decode()
