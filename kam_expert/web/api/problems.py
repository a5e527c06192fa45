"""Failures as problem documents (RFC 9457), with the place of each mistake in what was sent."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kam_expert.errors import Problem

MEDIA_TYPE = "application/problem+json"
#: The path below which failures are problem documents.
PREFIX = "/api/"
_SAID = {
    400: "The request cannot be read.",
    403: "A page of another site may not ask.",
    404: "There is no such address or account.",
    405: "This address does not take this method.",
    408: "The request did not arrive in time.",
    413: "The request is too large.",
    421: "This host is not served here.",
    500: "Something went wrong on our side; nothing that was saved is lost.",
    503: "The accounts cannot be reached; this change was not saved, those before it are.",
}


def problem_response(
    status: int,
    detail: str = "",
    problems: Iterable[Problem] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Return a problem document.

    Args:
        status: The HTTP status.
        detail: What is wrong and what to try; empty for a general sentence about the status.
        problems: Mistakes with their places, JSON Pointers into the body.
        headers: More headers of the response.
        more: More keys of the document.
    """
    document = {
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or _SAID.get(status, HTTPStatus(status).description),
        "problems": [{"place": str(one.place), "message": one.message} for one in problems],
        **more,
    }
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return Response(text, status, headers, MEDIA_TYPE)
