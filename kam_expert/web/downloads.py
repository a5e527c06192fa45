"""What a browser fetches besides pages: the style, the script, the version, files to take along."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from kam_expert.facts.case_writer import case_text
from kam_expert.outputs.html import render_report
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.templating import compact_css
from kam_expert.resources import templates_folder
from kam_expert.web.page_state import look_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from kam_expert.web.request import RequestContext

#: A report has its style in it and nothing else; on this address it may do nothing.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


async def style(request: Request) -> Response:
    """Return the style sheet."""
    del request
    return Response(_style(), media_type="text/css", headers={"cache-control": "max-age=300"})


async def script(request: Request) -> Response:
    """Return the script."""
    del request
    headers = {"cache-control": "max-age=300"}
    return Response(_text("live/live.js"), media_type="text/javascript", headers=headers)


@functools.cache
def _style() -> str:
    return compact_css(_text("live/live.css"))


def _text(name: str) -> str:
    return (templates_folder() / name).read_text(encoding="utf-8")


def version(visit: RequestContext) -> Response:
    """Return the newest version of an account, for a page that asks whether it is out of date.

    And whether it is known what to ask next, for one that shows the order known before.
    """
    newest = visit.desk.store.state(visit.key).version
    return JSONResponse({"version": newest})


def report_file(visit: RequestContext) -> Response:
    """Return the report as a file."""
    look = look_of(visit)
    lang = visit.query("lang") if visit.query("lang") in LANGUAGES else visit.lang
    text = render_report(look.diagnosis, look.case, visit.desk.base, lang)
    return file_response(text, "text/html", f"{look.case.account.id}.{lang}.html", REPORT_POLICY)


def case_file(visit: RequestContext) -> Response:
    """Return the case as a file."""
    look = look_of(visit)
    return file_response(case_text(look.case), "application/yaml", f"{look.case.account.id}.yaml")


def file_response(text: str, kind: str, name: str, policy: str = "default-src 'none'") -> Response:
    """Return a file to be saved."""
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[-100:]
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(safe)}",
        "content-security-policy": policy,
    }
    return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)
