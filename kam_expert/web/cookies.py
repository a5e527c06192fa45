"""What the server remembers about a visitor: signed cookies in the visitor's own browser.

A session in the visitor's own process (`OneVisitor`) remembers the same in a file.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from babel import negotiate_locale
from itsdangerous import BadSignature, URLSafeTimedSerializer

from kam_expert.outputs.interface import LANGUAGES
from kam_expert.web.auth import SESSION_SECONDS
from kam_expert.web.meeting_state import MeetingState

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

    from starlette.requests import Request
    from starlette.responses import Response

#: A year: how long a device that logged in is known.
_DEVICE_SECONDS = 365 * 86_400
_NAME_LENGTH = 100
_DEVICE = "kam-device"
_MEETING = "kam-meeting"

_Remembered = TypeVar("_Remembered", "Visitor", MeetingState)


@dataclass(frozen=True)
class Visitor:
    """A visitor.

    Attributes:
        csrf: The token in every form of ours; a form of another site cannot know it.
        lang: The chosen language.
        name: The name recorded with each answer.
        large: Whether the visitor chose large type, as for a projector.
        session: The id of the session that the password opened; empty for none.
    """

    csrf: str
    lang: str
    name: str = ""
    large: bool = False
    session: str = ""

    def owns(self, token: str) -> bool:
        """Return whether *token* is the CSRF token of this visitor."""
        return hmac.compare_digest(self.csrf.encode(), token.encode())

    def named(self, name: str) -> Visitor:
        """Return the same visitor with another name."""
        return replace(self, name=" ".join(name.split())[:_NAME_LENGTH])


def new_visitor(lang: str) -> Visitor:
    """Return an anonymous visitor with a new token."""
    return Visitor(csrf=secrets.token_urlsafe(16), lang=lang)


class Sessions(Protocol):
    """What is remembered about visitors between their requests."""

    def read(self, request: Request) -> Visitor:
        """Return the visitor who sent a request; a new one if nothing is remembered."""

    def is_new(self, request: Request) -> bool:
        """Return whether nothing is remembered about the visitor yet."""

    def write(self, response: Response, visitor: Visitor, *, secure: bool) -> None:
        """Remember a visitor."""

    def read_meeting(self, request: Request, key: str) -> MeetingState:
        """Return the meeting about the account *key*; one that has not begun if none is known."""

    def write_meeting(
        self, response: Response, key: str, state: MeetingState, *, secure: bool
    ) -> None:
        """Remember the meeting about the account *key*."""

    def known_device(self, request: Request) -> str:
        """Return the id of a device that logged in before; empty for any other."""

    def remember_device(self, response: Response, device: str, *, secure: bool) -> None:
        """Remember a device; that opens nothing by itself."""


class VisitorCookies:
    """Reads and writes the cookies of one kind of visitor: `Sessions` of any number of visitors.

    The cookie of a meeting belongs to the pages of one account, so nothing about who sat in a
    meeting is stored with the account.

    Args:
        secret: Signs the cookies.
        kind: ``consultant`` or ``customer``; a cookie of one kind is invalid for the other.
        path: The path that the browser sends the cookie to.
        same_site: Whether the browser sends it with the first request from a link elsewhere.
        lang: The language of a visitor whose browser asks for none of ours.
    """

    def __init__(
        self, secret: str, kind: str, path: str, same_site: Literal["lax", "strict"], lang: str
    ) -> None:
        self.name = f"kam-{kind}"
        self.path = path
        self.same_site = same_site
        self.lang = lang
        self._serializer = URLSafeTimedSerializer(secret, salt=f"session-{kind}")
        self._devices = URLSafeTimedSerializer(secret, salt="device")
        self._meetings = URLSafeTimedSerializer(secret, salt="meeting")

    def read(self, request: Request) -> Visitor:
        """Return the visitor; a new one if the cookie is missing, expired or invalid."""
        try:
            cookie = request.cookies.get(self.name, "")
            return _made(Visitor, self._serializer.loads(cookie, max_age=SESSION_SECONDS))
        except (BadSignature, KeyError, TypeError):
            return new_visitor(_accepted_language(request) or self.lang)

    def is_new(self, request: Request) -> bool:
        """Return whether the browser sent no cookie."""
        return self.name not in request.cookies

    def write(self, response: Response, visitor: Visitor, *, secure: bool) -> None:
        """Set the cookie on a response."""
        response.set_cookie(
            self.name,
            str(self._serializer.dumps(asdict(visitor))),
            path=self.path,
            httponly=True,
            samesite=self.same_site,
            secure=secure,
        )

    def read_meeting(self, request: Request, key: str) -> MeetingState:
        """Return the meeting of this browser; its cookie belongs to the pages of the account."""
        del key
        try:
            cookie = request.cookies.get(_MEETING, "")
            return _made(MeetingState, self._meetings.loads(cookie, max_age=SESSION_SECONDS))
        except (BadSignature, KeyError, TypeError):
            return MeetingState()

    def write_meeting(
        self, response: Response, key: str, state: MeetingState, *, secure: bool
    ) -> None:
        """Set the cookie of a meeting on a response."""
        response.set_cookie(
            _MEETING,
            str(self._meetings.dumps(asdict(state))),
            path=f"/a/{key}/",
            httponly=True,
            samesite="strict",
            secure=secure,
        )

    def known_device(self, request: Request) -> str:
        """Return the id of a device that logged in before; empty for any other."""
        try:
            cookie = request.cookies.get(_DEVICE, "")
            return str(self._devices.loads(cookie, max_age=_DEVICE_SECONDS))
        except BadSignature:
            return ""

    def remember_device(self, response: Response, device: str, *, secure: bool) -> None:
        """Set the cookie by which a device is known; it opens nothing by itself."""
        response.set_cookie(
            _DEVICE,
            str(self._devices.dumps(device or secrets.token_urlsafe(16))),
            max_age=_DEVICE_SECONDS,
            path=self.path,
            httponly=True,
            samesite="strict",
            secure=secure,
        )


class OneVisitor:
    """`Sessions` of the only visitor, remembered in a file.

    Args:
        path: The file; what cannot be read from it counts as not remembered.
        lang: The language of a visitor whose browser asks for none of ours.
    """

    def __init__(self, path: Path, lang: str) -> None:
        self._path = path
        self._lang = lang
        self._visitor: Visitor | None = None
        self._meetings: dict[str, MeetingState] = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            kept = json.loads(path.read_text(encoding="utf-8"))
            self._visitor = _made(Visitor, kept["visitor"])
            self._meetings = {k: _made(MeetingState, m) for k, m in kept["meetings"].items()}

    def read(self, request: Request) -> Visitor:
        """Return the visitor."""
        return self._visitor or new_visitor(_accepted_language(request) or self._lang)

    def is_new(self, request: Request) -> bool:
        """Return whether the visitor was never here before."""
        del request
        return self._visitor is None

    def write(self, response: Response, visitor: Visitor, *, secure: bool) -> None:
        """Remember the visitor."""
        del response, secure
        self._visitor = visitor
        self._save()

    def read_meeting(self, request: Request, key: str) -> MeetingState:
        """Return the meeting about an account."""
        del request
        return self._meetings.get(key, MeetingState())

    def write_meeting(
        self, response: Response, key: str, state: MeetingState, *, secure: bool
    ) -> None:
        """Remember the meeting about an account; those of earlier days are forgotten."""
        del response, secure
        self._meetings = {k: m for k, m in self._meetings.items() if m.day == state.day}
        self._meetings[key] = state
        self._save()

    def known_device(self, request: Request) -> str:
        """Return nothing: nobody logs in."""
        del request
        return ""

    def remember_device(self, response: Response, device: str, *, secure: bool) -> None:
        """Remember nothing: nobody logs in."""

    def _save(self) -> None:
        kept = {
            "visitor": None if self._visitor is None else asdict(self._visitor),
            "meetings": {key: asdict(state) for key, state in self._meetings.items()},
        }
        self._path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")


def _made(kind: type[_Remembered], data: Any) -> _Remembered:
    """Return what was remembered. Raises KeyError or TypeError if it has another form."""
    return kind(**{field.name: data[field.name] for field in fields(kind)})


def _accepted_language(request: Request) -> str | None:
    header = request.headers.get("accept-language", "")
    preferred = [part.partition(";")[0].strip() for part in header.split(",")]
    return negotiate_locale(preferred, LANGUAGES, sep="-")
