"""The live session inside the reader's browser.

A worker of the page runs this module, passes it the requests of the pages, and gives it files of
the browser to keep the accounts in. The application is that of ``kam serve``.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import random
import tempfile
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from kam_expert.browser.slots import MemoryFile, Slots
from kam_expert.errors import KamError
from kam_expert.facts.case import Case, Entity
from kam_expert.knowledge.rule_cache import read_compiled
from kam_expert.store.store import Store
from kam_expert.web.app import make_app
from kam_expert.web.in_process import CLIENT, PlainResponse, respond
from kam_expert.web.proxy import PublicAddress
from kam_expert.web.settings import Settings, load_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: The compiled rule base, read once.
_rule_base = functools.cache(read_compiled)


class BrowserSession:
    """The application with its store, for one visitor.

    Args:
        folder: A folder in memory for the files that the program works on.
        url: The address of the start page.
        rules: The compiled rule base.
        accounts, visitor: Where the accounts and the visitor are kept.
        today: Returns the date of the diagnosis.
    """

    def __init__(  # noqa: PLR0913 -- what a session consists of
        self,
        folder: Path,
        url: str,
        rules: Path,
        accounts: Slots,
        visitor: Slots,
        today: Callable[[], date] = date.today,
    ) -> None:
        parts = urlsplit(url)
        self._address = PublicAddress(parts.scheme, parts.netloc, unquote(parts.path).rstrip("/"))
        self._base, self._privacy = _rule_base(rules)
        self._accounts = accounts
        self._visitor = visitor
        self._database = folder / "accounts.db"
        self._visitor_file = folder / "visitor.json"
        folder.mkdir(parents=True, exist_ok=True)
        if visitor.data is not None:
            self._visitor_file.write_bytes(visitor.data)
        self._settings = Settings(
            host=CLIENT,
            port=80,
            lang="uk",
            today=today,
            secret=load_secret(folder),
            public=self._address,
            polling=0,
            threads=False,
            one_visitor=self._visitor_file,
            framed=True,
            links=False,
            pdf=False,
            file_bytes=50_000_000,
            portable=True,
        )
        self._not_kept = False
        self._open()

    def _open(self) -> None:
        """Open the store as it was kept last, and make the application."""
        if self._accounts.data is not None:
            self._database.write_bytes(self._accounts.data)
        self._store = Store.open(str(self._database), self._base, self._keep)
        self._app = make_app(self._store, self._base, self._settings, self._privacy)

    def _keep(self, image: bytes) -> None:
        try:
            self._accounts.write(image)
        except OSError:
            self._not_kept = True
            raise

    async def answer(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> PlainResponse:
        """Return the answer to a request.

        What the request changed is kept by the browser when this returns.

        Args:
            method: Such as ``POST``.
            target: The path with its query, as it is in the address.
            headers: Name and value of each.
            body: Empty for none.
        """
        found = await respond(self._app, self._address, method, target, headers, body)
        if self._not_kept:
            # The database in memory is ahead of what is kept.
            self._not_kept = False
            self._store.close()
            for file in self._store.files:
                file.unlink()
            self._open()
        elif self._visitor_file.exists():
            visitor = self._visitor_file.read_bytes()
            if visitor != self._visitor.data:
                self._visitor.write(visitor)
        return found

    async def rehearse(self, languages: str) -> None:
        """Show the start page and an empty account, then close the store. Raises KamError."""
        key = self._store.add(Case(Entity("account", "a", "A")))
        for path in ("/", f"/a/{key}/"):
            target = f"{self._address.prefix}{path}"
            shown = await self.answer("GET", target, [("accept-language", languages)], b"")
            if shown.status != HTTPStatus.OK:
                raise KamError(f"{path}: status {shown.status}")
        self._store.close()


class _BrowserFile:
    """A file of the browser: an object of the worker with ``read()`` and ``write(data)``."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self) -> bytes:
        """Return the content."""
        data: bytes = self._file.read().to_bytes()
        return data

    def write(self, data: bytes) -> None:
        """Replace the content. Raises OSError."""
        try:
            self._file.write(data)
        except Exception as error:  # noqa: BLE001 -- whatever the browser throws
            raise OSError(str(error)) from None


async def prepare(rules: str, languages: str) -> None:
    """Import, read and compile what the first pages need, by showing them for an empty account.

    The browser keeps a snapshot of the memory after this, and a later start begins with it. So
    nothing here may see the accounts.

    Args:
        rules: The path of the compiled rule base.
        languages: Those of the browser, as in a request.

    Raises:
        KamError: A page cannot be shown.
    """
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as name:
        accounts, visitor = (Slots((MemoryFile(), MemoryFile())) for _ in range(2))
        session = BrowserSession(
            Path(name), "http://localhost/app/", Path(rules), accounts, visitor
        )
        await session.rehearse(languages)


def start(url: str, rules: str, files: Sequence[Any]) -> Callable[..., Any]:
    """Return what answers the requests of the pages.

    Args:
        url: The address of the start page.
        rules: The path of the compiled rule base.
        files: Two files for the accounts and two for the visitor.

    Returns:
        A function of method, target, headers as JSON, and body; its result can be awaited and is
        status, headers as JSON, and body.
    """
    random.seed()  # a snapshot has the state of an earlier start
    kept = [_BrowserFile(file) for file in files]
    session = BrowserSession(
        Path("/home/accounts"), url, Path(rules), Slots(kept[:2]), Slots(kept[2:])
    )
    turn = asyncio.Lock()

    async def ask(method: str, target: str, headers: str, body: Any) -> tuple[int, str, bytes]:
        async with turn:
            found = await session.answer(method, target, json.loads(headers), body.to_bytes())
        return found.status, json.dumps(found.headers), found.body

    return ask
