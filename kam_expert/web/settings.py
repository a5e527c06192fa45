"""The settings of a server."""

from __future__ import annotations

import ipaddress
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from kam_expert.results.campaign import CampaignStatus
    from kam_expert.web.proxy import PublicAddress
    from kam_expert.workshop.workshop import Workshop

_SECRET_BYTES = 32


@dataclass(frozen=True)
class Settings:
    """How a server runs.

    Attributes:
        host, port: Where the server listens.
        lang: The language of a visitor whose browser asks for none of ours.
        today: Returns the date of the diagnosis.
        secret: Signs cookies and customer links.
        names: Host names of the server, besides its addresses.
        password: The password of the visitors; None if only this machine can connect.
        has_users: Whether visitors log in as users of the store; then there is no password.
        passphrase: Accepted at any time instead of the password; empty for a random one.
        public: The address at which visitors reach the server through a proxy; None for no proxy.
        campaign: Returns the status of a campaign on a day, for its page; None for no campaign.
        workshop: The drafts of rules; None for a server without the workshop.
        supplier: The name of our firm, as the customer's page says it; empty for none.
        polling: Seconds between the requests by which a page notices the changes of others.
        threads: Whether a request is worked on in a thread; without threads, where it arrives.
        one_visitor: Remembers the only visitor in this file; None for any number, with cookies.
        framed: Whether a page of the same origin may show the pages in a frame.
        links: Whether customers can reach this server, so that a link to it makes sense.
        pdf: Whether PDF documents can be made; without, a reader prints the page.
        file_bytes: Of an uploaded file at most; a request has at most twice as many.
        api_rate: Requests of one program within a minute; None without the interface for programs.
        portable: Whether a visitor may save all accounts as one file and add those of such a file.
    """

    host: str
    port: int
    lang: str
    today: Callable[[], date]
    secret: str
    names: frozenset[str] = frozenset()
    password: str | None = None
    has_users: bool = False
    passphrase: str = ""
    public: PublicAddress | None = None
    campaign: Callable[[date], CampaignStatus] | None = None
    workshop: Workshop | None = None
    supplier: str = ""
    polling: float = 2.0
    threads: bool = True
    one_visitor: Path | None = None
    framed: bool = False
    links: bool = True
    pdf: bool = True
    file_bytes: int = 2_000_000
    api_rate: int | None = None
    portable: bool = False


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach *host*."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def load_secret(folder: Path) -> str:
    """Return the secret that signs cookies and links, created at the first call.

    Links stay valid after a restart because the secret is on disk.

    Args:
        folder: Has the secret in a file that only its owner can read.

    Raises:
        KamError: The file cannot be read or written.
    """
    path = folder / "session.key"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(_SECRET_BYTES))
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KamError(f"{path}: cannot be used as the key that signs sessions ({error})") from None
    if len(text) < _SECRET_BYTES:
        raise KamError(f"{path}: is too short for a key; remove it and a new one is made")
    return text
