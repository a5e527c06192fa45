"""Files that a browser fetches besides pages: style, script, version, case file."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from kam_expert.facts.case_writer import case_text
from kam_expert.resources import templates_folder

if TYPE_CHECKING:
    from starlette.requests import Request

    from kam_expert.web.request import RequestContext

#: A report embeds its style and needs nothing else.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


async def style(request: Request) -> Response:
    """Return the style sheet that the path names."""
    headers = {"cache-control": "max-age=300"}
    return Response(_text(f"live{request.url.path}"), media_type="text/css", headers=headers)


async def script(request: Request) -> Response:
    """Return the script that the path names."""
    headers = {"cache-control": "max-age=300"}
    return Response(_text(f"live{request.url.path}"), media_type="text/javascript", headers=headers)


@functools.cache
def _text(name: str) -> str:
    return (templates_folder() / name).read_text(encoding="utf-8")


def version(context: RequestContext) -> Response:
    """Return the newest version of an account, and whether its questions are ranked.

    A page polls it to notice that it is outdated, or that the new order of questions is ready.
    """
    newest = context.service.store.state(context.key).version
    return JSONResponse({"version": newest})


def case_file(context: RequestContext) -> Response:
    """Return the case as a file."""
    case = context.account().case
    return file_response(case_text(case), "application/yaml", f"{case.account.id}.yaml")


def file_response(
    content: str | bytes,
    media_type: str,
    name: str,
    policy: str = "default-src 'none'",
    *,
    opens: bool = False,
) -> Response:
    """Return a file to save, or to open in the browser.

    Args:
        content: A text or bytes.
        media_type: Of the content.
        name: The suggested file name; characters that are unsafe in one are replaced.
        policy: The content security policy.
        opens: Whether the browser shows it, with that name if somebody saves it.
    """
    way = "inline" if opens else "attachment"
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[-100:]
    headers = {
        "content-disposition": f"{way}; filename*=UTF-8''{quote(safe)}",
        "content-security-policy": policy,
    }
    charset = "; charset=utf-8" if isinstance(content, str) else ""
    return Response(content, media_type=media_type + charset, headers=headers)
