"""The cookie of a meeting.

It is signed and belongs to the pages of one account, so nothing about who sat in a meeting is
stored with the account. It ends with the day.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from itsdangerous import BadSignature, URLSafeTimedSerializer

from kam_expert.web.meeting_state import MeetingState

if TYPE_CHECKING:
    from datetime import date

    from starlette.responses import Response

    from kam_expert.web.request import RequestContext

_COOKIE = "kam-meeting"
_MAX_AGE_SECONDS = 12 * 3600


def _serializer(context: RequestContext) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(context.app_state.settings.secret, salt="meeting")


def read_meeting(context: RequestContext, day: date) -> MeetingState:
    """Return the meeting of this browser about the account; one that has not begun otherwise."""
    cookie = context.request.cookies.get(_COOKIE, "")
    try:
        data = _serializer(context).loads(cookie, max_age=_MAX_AGE_SECONDS)
        found = MeetingState(**{field.name: data[field.name] for field in fields(MeetingState)})
    except (BadSignature, KeyError, TypeError):
        return MeetingState()
    return found if found.day == day.isoformat() else MeetingState()


def write_meeting(context: RequestContext, response: Response, state: MeetingState) -> None:
    """Set the cookie on a response."""
    response.set_cookie(
        _COOKIE,
        str(_serializer(context).dumps(asdict(state))),
        path=f"/a/{context.key}/",
        httponly=True,
        samesite="strict",
        secure=context.request.url.scheme == "https",
    )
