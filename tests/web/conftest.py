"""A live session in the process of the test: store, application and a visitor."""

from __future__ import annotations

import contextlib
import html
import re
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from kam_expert.facts.case_reader import read_case
from kam_expert.store.store import Store
from kam_expert.web import auth
from kam_expert.web.app import make_app
from kam_expert.web.settings import Settings
from tests.shipped import examples_of, plainly_judged, privacy_of, shipped_base

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from kam_expert.knowledge.base import KnowledgeBase

EXAMPLES = Path(__file__).parents[2] / "examples"
#: An example of each method with much to do.
TROUBLED = ("barricaded_butterfly", "dairy_that_feels_trapped")
DAY = date(2026, 11, 23)
ADDRESS = "http://127.0.0.1:8765"
SECRET = "a secret of forty letters, more or less."  # noqa: S105 -- of a test


class Visitor:
    """A visitor with a browser, which keeps cookies and fills in the hidden fields of forms.

    Args:
        client: Sends the requests.
        base: The rule base.
        store: Has the accounts.
    """

    def __init__(self, client: TestClient, base: KnowledgeBase, store: Store) -> None:
        self.client = client
        self.base = base
        self.store = store
        self._tokens: dict[tuple[str, str], str] = {}

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.client.get(path, **options)

    def token(self, path: str = "/") -> str:
        found = re.search(r'name=csrf value="([^"]+)"', self.client.get(path).text)
        assert found, f"no form on {path}"
        return found[1]

    def _cookies(self) -> str:
        return str(sorted((cookie.name, cookie.value or "") for cookie in self.client.cookies.jar))

    def post(
        self, path: str, fields: dict[str, Any] | None = None, **options: Any
    ) -> httpx2.Response:
        """Send a form of one of our pages."""
        # A page that needs no account to be judged.
        page = "/import" if not path.startswith("/c/") else "/".join(path.split("/")[:3]) + "/"
        # A token lasts as long as the cookies that it belongs to.
        token = self._tokens.get((page, self._cookies())) or self.token(page)
        self._tokens[page, self._cookies()] = token
        data = {"csrf": token, **(fields or {})}
        options.setdefault("headers", {"origin": ADDRESS})
        return self.client.post(path, data=data, follow_redirects=False, **options)

    def example(self, *names: str) -> str:
        """Add an example of the method to the store and return its key.

        Args:
            names: One for each method; by default an example with much to do.
        """
        [path] = [path for path in examples_of(self.base) if path.stem in (names or TROUBLED)]
        return self.store.add(read_case(path, self.base))

    def begin(self, name: str = "Новий клієнт") -> str:
        """Create an account by the form and return its key."""
        answer = self.post("/accounts", {"name": name})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"].split("/")[2])

    def answer(self, key: str, fact: str, value: str, **fields: Any) -> httpx2.Response:
        """Answer a question about the newest version of an account."""
        state = self.store.state(key)
        answer: dict[str, Any] = {
            "seen": state.version,
            "kind": "account",
            "id": state.case.account.id,
            "fact": fact,
            "side": "ours",
            "value": value,
            "as_of": DAY.isoformat(),
        }
        return self.post(f"/a/{key}/answer", answer | fields)


@pytest.fixture(autouse=True, scope="module")
def _pages_are_judged_plainly(*, every: bool) -> Iterator[None]:
    """Without --all, judge what a page shows the quicker way."""
    with contextlib.nullcontext() if every else plainly_judged():
        yield


@pytest.fixture(autouse=True, scope="session")
def cheap_hashes() -> Iterator[None]:
    """Hash the passwords of tests with the least effort."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(auth, "hasher", lambda: cheap)
        yield


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store without accounts."""
    path = tmp_path_factory.mktemp("empty") / "accounts.db"
    Store.open(str(path), shipped_base()).close()
    return path


@pytest.fixture
def store(base: KnowledgeBase, empty_store: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(empty_store, tmp_path)
    opened = Store.open(str(tmp_path / "accounts.db"), base)
    yield opened
    opened.close()


def served(base: KnowledgeBase, store: Store, **changes: Any) -> TestClient:
    """Return a browser for a server with these settings."""
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 8765,
        "lang": "en",
        "today": lambda: DAY,
        "secret": SECRET,
    }
    settings = Settings(**values | changes)
    app = make_app(store, base, settings, privacy=privacy_of(base))
    return TestClient(app, base_url=ADDRESS)


@pytest.fixture
def visitor(base: KnowledgeBase, store: Store) -> Visitor:
    return Visitor(served(base, store), base, store)


def use_cookie(visitor: Visitor, copied: str) -> None:
    """Replace the cookie of a visitor by a copied one."""
    visitor.client.cookies.clear()
    visitor.client.cookies.set("kam-consultant", copied)


def text_of(page: httpx2.Response) -> str:
    """Return the visible text of a page."""
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", page.text).split()))
