"""The forms outside of an account: new accounts, removal, language, login and logout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import KamError, Place
from kam_expert.facts.case import Case, Entity
from kam_expert.facts.case_reader import build_case
from kam_expert.outputs.interface import LANGUAGES, translator
from kam_expert.web.cookies import new_visitor
from kam_expert.web.denied_words import denied_words_in
from kam_expert.web.failures import failure_page
from kam_expert.web.forms import read_document

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.web.request import RequestContext


def create_account(context: RequestContext) -> Response:
    """Create an account of which only the name is known."""
    name = " ".join(context.form.text("name").split())
    if not name:
        _ = translator(context.lang).gettext
        raise KamError(_("An account needs a name."))
    slug = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")[:60] or "account"
    case = Case(Entity("account", slug, name))
    key = context.service.store.add(case, by=context.author or None)
    return context.redirect(f"/a/{key}/")


def upload_account(context: RequestContext) -> Response:
    """Create an account from a case file. Raises KamError with every problem in the file."""
    name = translator(context.lang).gettext("your file")
    document = read_document(context.form.file("case"), name)
    case = build_case(document, context.service.base, Place(name))
    key = context.service.store.add(case, by=context.author or None)
    denied = denied_words_in(context.service, context.service.account(key), 1)
    return context.redirect(f"/a/{key}/?noted=1" if denied else f"/a/{key}/")


def remove_page(context: RequestContext) -> Response:
    """Return the page that asks for confirmation before an account is removed."""
    return context.page("remove.html.j2", account=context.account())


def remove_account(context: RequestContext) -> Response:
    """Remove an account for good."""
    context.service.remove(context.account().key)
    return context.redirect("/")


def save_visitor(context: RequestContext) -> Response:
    """Save the language, the size of type or the name, and return to the page of the form."""
    form = context.form
    if form.text("lang") in LANGUAGES:
        context.update_visitor(lang=form.text("lang"))
    if "large" in form:
        context.update_visitor(large=form.text("large") == "yes")
    if "name" in form:
        context.visitor = context.visitor.named(form.text("name"))
    return context.redirect(local_address(form.text("back")))


def local_address(text: str) -> str:
    """Return *text* if it is an address on this server, otherwise that of the start page."""
    local = text.startswith("/") and not text.startswith("//") and "\\" not in text
    return text if local and text.isprintable() else "/"


def login_page(context: RequestContext) -> Response:
    """Return the page that asks for the password."""
    if context.user is not None:
        return context.redirect("/")
    return context.page("enter.html.j2", error="")


def login(context: RequestContext) -> Response:
    """Log in a visitor who sends the password."""
    _ = translator(context.lang).gettext
    password = context.form.password("password")
    authenticator, sessions = context.app_state.authenticator, context.sessions
    device = sessions.known_device(context.request)
    name = context.form.text("name")
    attempt = authenticator.attempt(context.address, password, device, name)
    if attempt.wait:
        message = _(
            "Too many wrong passwords. Try again in %(number)d seconds. The passphrase that the "
            "program printed at its start is accepted at once."
        )
        headers = {"retry-after": str(attempt.wait)}
        text = message % {"number": attempt.wait}
        return failure_page(429, context.lang, text, home="/enter", headers=headers)
    if attempt.user is None:
        users = authenticator.users is not None
        wrong = _("Name or password is wrong.") if users else _("This is not the password.")
        return context.page("enter.html.j2", 403, error=wrong)
    # A new token: one that was known before the login must not work after it.
    before = context.visitor
    context.visitor = new_visitor(before.lang).named(attempt.user.name or name)
    authenticator.end(before.session)
    context.update_visitor(session=authenticator.begin(attempt.user), large=before.large)
    response = context.redirect("/")
    sessions.remember_device(response, device, secure=context.is_secure)
    return response


def logout(context: RequestContext) -> Response:
    """Log the visitor out, here and wherever the same cookie is."""
    context.app_state.authenticator.end(context.visitor.session)
    context.visitor = new_visitor(context.lang)
    return context.redirect("/enter")
