"""Error pages in the language of the visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from kam_expert.outputs.interface import translator
from kam_expert.outputs.templating import environment
from kam_expert.resources import templates_folder

if TYPE_CHECKING:
    from collections.abc import Mapping


def failure_page(
    status: int,
    lang: str,
    message: str = "",
    *,
    home: str = "/",
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return the page for a failed request.

    Args:
        status: The HTTP status.
        lang: ``uk`` or ``en``.
        message: The problem and its remedy; empty for a general sentence about the status.
        home: Where the link on the page leads; empty for no link.
        headers: More headers of the response.
    """
    text = page_text(
        "live/failure.html.j2",
        lang,
        title=_title(status, lang),
        lines=(message or _sentence(status, lang)).split("\n"),
        home=home,
    )
    return HTMLResponse(text, status, headers)


def page_text(template: str, lang: str, **values: object) -> str:
    """Return a rendered template. Unlike a report, it keeps the line breaks of text fields."""
    page = environment(templates_folder(), lang).get_template(template)
    return page.render(lang=lang, **values)


def _title(status: int, lang: str) -> str:
    _ = translator(lang).gettext
    return {
        401: _("The password is required again"),
        403: _("This form cannot be accepted"),
        404: _("Not found"),
        409: _("Somebody else has changed the same thing"),
        410: _("This link no longer works"),
        413: _("That is too large"),
        421: _("This address is not served here"),
        422: _("The input is invalid"),
        429: _("Too many attempts"),
        500: _("Something went wrong on our side"),
        503: _("The accounts cannot be reached"),
    }.get(status, _("That did not work"))


def _sentence(status: int, lang: str) -> str:
    _ = translator(lang).gettext
    return {
        401: _(
            "Enter it in another tab, then press the button here again; what you typed is still "
            "here."
        ),
        403: _(
            "The page was open too long, or the form came from another site. "
            "Go back and load the page again."
        ),
        404: _("There is no such page or account, or it was removed."),
        410: _("Ask whoever sent it to you for a new one. The answers given before are saved."),
        413: _("A file or a text is larger than can be accepted."),
        421: _("Open the page at the address that the program printed when it started."),
        500: _("Nothing that was saved is lost. Go back and try again."),
        503: _(
            "They cannot be read or written just now: the disk may be full, or the file or its "
            "folder read-only. This change was not saved; everything saved before is there."
        ),
    }.get(status, _("Go back and try again."))
