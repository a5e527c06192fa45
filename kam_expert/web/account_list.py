"""The pages before an account: the list of accounts, new ones, the door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from babel.dates import format_datetime

from kam_expert.errors import CaseError, KamError, Place, ProblemsError
from kam_expert.facts.case import Case, Entity
from kam_expert.facts.case_reader import build_case
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.outputs.interface import LANGUAGES, translator
from kam_expert.store.records import Unavailable
from kam_expert.web.cookies import new_session
from kam_expert.web.denied_words import words_noted
from kam_expert.web.failures import failure_page
from kam_expert.web.page_state import look_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.store.records import StoredAccount
    from kam_expert.web.request import RequestContext

_ON_A_PAGE = 50


def accounts_page(visit: RequestContext) -> Response:
    """Return the accounts at hand with stage and date."""
    rows = visit.desk.store.accounts()
    pages = max(1, -(-len(rows) // _ON_A_PAGE))
    asked = visit.query("page")
    page = min(pages, max(1, int(asked))) if asked.isdigit() and len(asked) < 6 else 1  # noqa: PLR2004 -- no store has so many pages
    shown = []
    for row in rows[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]:
        stage, firm = _stage(visit, row)
        shown.append(
            {
                "key": row.key,
                "name": row.name or row.id,
                "stage": stage,
                "firm": firm,
                "changed": format_datetime(
                    row.changed.astimezone(), "d MMM y, HH:mm", locale=visit.lang
                ),
            }
        )
    return visit.page("accounts.html.j2", rows=shown, page=page, pages=pages, **_front())


def _stage(visit: RequestContext, row: StoredAccount) -> tuple[str, bool]:
    """Return the stage of a listed account in words, and whether it is firm."""
    try:
        stage = visit.desk.stage(row.key, row.version)
    except Unavailable:
        raise
    except KamError:
        # Another rule base than it was made with: the other accounts are listed all the same.
        return translator(visit.lang).gettext("does not fit the rule base"), True
    return visit.desk.base.stage_model.title(stage.verdict).get(visit.lang), stage.firm


def _front() -> dict[str, Any]:
    return {"home": "/", "brand": "kam-expert", "settings_at": "/visitor", "self_address": "/"}


def begin(visit: RequestContext) -> Response:
    """Begin an account of which nothing is known but the name."""
    name = " ".join(visit.form.text("name").split())
    if not name:
        _ = translator(visit.lang).gettext
        raise KamError(_("An account needs a name."))
    slug = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")[:60] or "account"
    case = Case(Entity("account", slug, name))
    key = visit.desk.store.add(case, by=visit.session.name or None)
    return visit.go(f"/a/{key}/")


def bring_in(visit: RequestContext) -> Response:
    """Make an account of a case file. Raises KamError with every mistake in it."""
    case = case_of(visit.form.file("case"), visit)
    key = visit.desk.store.add(case, by=visit.session.name or None)
    unfit = words_noted(visit.desk, visit.desk.look(key), 1)
    return visit.go(f"/a/{key}/?noted=1" if unfit else f"/a/{key}/")


def case_of(data: bytes, visit: RequestContext) -> Case:
    """Return the case in an uploaded file, read with the same care as one on disk."""
    name = translator(visit.lang).gettext("your file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KamError(f"{name}: is not a text in UTF-8") from None
    try:
        return build_case(read_text(text, name), visit.desk.base, Place(name))
    except CaseError:
        raise
    except ProblemsError as error:
        raise CaseError(error.problems) from None


def ask_to_remove(visit: RequestContext) -> Response:
    """Ask whether an account is to be removed for good."""
    look = look_of(visit)
    return visit.page("remove.html.j2", look=look, **_front())


def remove(visit: RequestContext) -> Response:
    """Remove an account for good."""
    visit.desk.remove(look_of(visit).key)
    return visit.go("/")


def visitor(visit: RequestContext) -> Response:
    """Note the language, the size of type or the name, and go back."""
    form = visit.form
    if form.text("lang") in LANGUAGES:
        visit.remember(lang=form.text("lang"))
    if "large" in form:
        visit.remember(large=form.text("large") == "yes")
    if "name" in form:
        visit.session = visit.session.named(form.text("name"))
    return visit.go(own_address(form.text("back")))


def own_address(text: str) -> str:
    """Return an address within this server; the front page for anything else."""
    own = text.startswith("/") and not text.startswith("//") and "\\" not in text
    return text if own and text.isprintable() else "/"


def enter_page(visit: RequestContext) -> Response:
    """Ask for the password."""
    if not visit.site.door.locked or visit.session.entered:
        return visit.go("/")
    return visit.page("enter.html.j2", wrong="", **_front())


def enter(visit: RequestContext) -> Response:
    """Let in who knows the password."""
    _ = translator(visit.lang).gettext
    client = visit.request.client
    # As it was typed: a password may begin with a blank.
    typed = "".join(visit.form.texts("password")[:1])
    tried = visit.site.door.attempt(client.host if client else "", typed)
    if tried.wait:
        message = _("Too many wrong passwords. Try again in %(number)d seconds.")
        headers = {"retry-after": str(tried.wait)}
        text = message % {"number": tried.wait}
        return failure_page(429, visit.lang, text, home="/enter", headers=headers)
    if not tried.opened:
        return visit.page("enter.html.j2", 403, wrong=_("This is not the password."), **_front())
    # A fresh token: one that was seen before the door must not work behind it.
    known = visit.session
    visit.session = new_session(known.lang).named(visit.form.text("name"))
    visit.remember(entered=True, large=known.large)
    return visit.go("/")


def leave(visit: RequestContext) -> Response:
    """Forget the visitor."""
    visit.session = new_session(visit.lang)
    return visit.go("/enter")
