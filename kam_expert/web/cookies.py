"""What the server remembers about a visitor: a signed cookie in the visitor's own browser."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

from babel import negotiate_locale
from itsdangerous import BadSignature, URLSafeTimedSerializer

from kam_expert.outputs.interface import LANGUAGES
from kam_expert.web.auth import SESSION_SECONDS

if TYPE_CHECKING:
    from typing import Literal

    from starlette.requests import Request
    from starlette.responses import Response

#: A year: how long a device that logged in is known.
_DEVICE_SECONDS = 365 * 86_400
_NAME_LENGTH = 100
_DEVICE = "kam-device"


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


class VisitorCookies:
    """Reads and writes the cookies of one kind of visitor.

    Args:
        secret: Signs the cookies.
        kind: ``consultant`` or ``customer``; a cookie of one kind is invalid for the other.
        path: The path that the browser sends the cookie to.
        same_site: Whether the browser sends it with the first request from a link elsewhere.
        lang: The language of a visitor whose browser asks for none of ours.
    """

    def __init__(
        self,
        secret: str,
        kind: str,
        path: str,
        same_site: Literal["lax", "strict"],
        lang: str,
    ) -> None:
        self.name = f"kam-{kind}"
        self.path = path
        self.same_site = same_site
        self.lang = lang
        self._serializer = URLSafeTimedSerializer(secret, salt=f"session-{kind}")
        self._devices = URLSafeTimedSerializer(secret, salt="device")

    def read(self, request: Request) -> Visitor:
        """Return the visitor; a new one if the cookie is missing, expired or invalid."""
        try:
            cookie = request.cookies.get(self.name, "")
            data = self._serializer.loads(cookie, max_age=SESSION_SECONDS)
            return Visitor(**{field.name: data[field.name] for field in fields(Visitor)})
        except (BadSignature, KeyError, TypeError):
            return new_visitor(self._accepted_language(request))

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

    def _accepted_language(self, request: Request) -> str:
        header = request.headers.get("accept-language", "")
        preferred = [part.partition(";")[0].strip() for part in header.split(",")]
        return negotiate_locale(preferred, LANGUAGES, sep="-") or self.lang
