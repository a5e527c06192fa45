"""What the server knows of a visitor: nothing but a signed cookie in the visitor's own browser."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

from itsdangerous import BadSignature, URLSafeTimedSerializer

from kam_expert.outputs.interface import LANGUAGES

if TYPE_CHECKING:
    from typing import Literal

    from starlette.requests import Request
    from starlette.responses import Response

#: A working day with its evening; then the password is asked for again.
_SECONDS = 12 * 3600
_NAME_LENGTH = 100


@dataclass(frozen=True)
class Visitor:
    """A visitor.

    Attributes:
        csrf: What a form of ours carries and a form of another site cannot know.
        lang: The language chosen.
        name: Who types; stands beside each answer.
        large: Whether the type is large, for a projector.
        entered: Whether the password was given.
    """

    csrf: str
    lang: str
    name: str = ""
    large: bool = False
    entered: bool = False

    def knows(self, token: str) -> bool:
        """Return whether *token* is the one of this visitor's forms."""
        return hmac.compare_digest(self.csrf.encode(), token.encode())

    def named(self, name: str) -> Visitor:
        """Return the same visitor with another name."""
        return replace(self, name=" ".join(name.split())[:_NAME_LENGTH])


def new_session(lang: str) -> Visitor:
    """Return a visitor of whom nothing is known yet."""
    return Visitor(csrf=secrets.token_urlsafe(16), lang=lang)


class VisitorCookies:
    """Reads and writes the cookies of one kind of visitors.

    Args:
        secret: Signs the cookies.
        kind: Consultants and customers have cookies that do not stand for each other.
        path: The pages that the cookie is sent to.
        same_site: Whether it is sent with the first request from a link elsewhere.
        lang: The language where none was chosen.
    """

    def __init__(
        self,
        secret: str,
        kind: str,
        path: str,
        same_site: Literal["lax", "strict"],
        lang: str,
    ) -> None:
        self.cookie = f"kam-{kind}"
        self.path = path
        self.same_site = same_site
        self.lang = lang
        self._signer = URLSafeTimedSerializer(secret, salt=f"session-{kind}")

    def read(self, request: Request) -> Visitor:
        """Return who asks; a new visitor where the cookie is missing, too old or not ours."""
        try:
            data = self._signer.loads(request.cookies.get(self.cookie, ""), max_age=_SECONDS)
            session = Visitor(**{field.name: data[field.name] for field in fields(Visitor)})
        except (BadSignature, KeyError, TypeError):
            return new_session(self._asked_for(request))
        return session

    def write(self, response: Response, session: Visitor, *, secure: bool) -> None:
        """Put the cookie on a response."""
        response.set_cookie(
            self.cookie,
            str(self._signer.dumps(asdict(session))),
            path=self.path,
            httponly=True,
            samesite=self.same_site,
            secure=secure,
        )

    def _asked_for(self, request: Request) -> str:
        wanted = request.headers.get("accept-language", "").lower()
        places = {lang: wanted.find(lang) for lang in LANGUAGES if lang in wanted}
        return min(places, key=lambda lang: places[lang]) if places else self.lang
