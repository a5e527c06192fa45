"""All accounts as one file: saved, and added from such a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from kam_expert.errors import KamError
from kam_expert.outputs.interface import translator
from kam_expert.web.downloads import file_response

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.web.request import RequestContext


def store_file(context: RequestContext) -> Response:
    """Return all accounts with their histories as an SQLite file."""
    day = context.service.today()
    name = f"kam-accounts-{day.isoformat()}.db"
    return file_response(context.service.store.image(), "application/vnd.sqlite3", name)


def add_store(context: RequestContext) -> Response:
    """Add the accounts of an uploaded store, and list which were added and which were not."""
    data = context.form.file("store")
    if not data:
        raise HTTPException(400)
    try:
        merged = context.service.merge(data)
    except KamError as error:
        _ = translator(context.lang).gettext
        said = _("The file was not taken, and nothing has changed.")
        raise KamError(f"{said}\n{error}") from None
    return context.page("merged.html.j2", merged=merged)
