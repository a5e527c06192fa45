"""Users: the page on which an owner manages them, and the form for a password of one’s own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from kam_expert.errors import KamError
from kam_expert.outputs.interface import translator
from kam_expert.store.users import NameTaken, NoOwner, User, UserRole
from kam_expert.web.auth import ANYBODY, MINIMUM, password_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from kam_expert.store.users import Users
    from kam_expert.web.request import RequestContext


def users_page(context: RequestContext) -> Response:
    """Return the page with the users."""
    return context.page("users.html.j2", users=_users(context).all(), roles=role_words(context))


def role_words(context: RequestContext) -> dict[str, str]:
    """Return each role in words."""
    _ = translator(context.lang).gettext
    return {
        UserRole.READER.value: _("reader: sees everything, changes nothing"),
        UserRole.COLLEAGUE.value: _("colleague: changes accounts"),
        UserRole.OWNER.value: _("owner: also users, customer links, erasure, removal"),
    }


def add_user(context: RequestContext) -> Response:
    """Add a user."""
    form = context.form
    hash_ = _new_hash(context, "password")
    return _changed(
        context, lambda users: users.add(User(form.text("name"), _role(context), hash_))
    )


def change_user(context: RequestContext) -> Response:
    """Change the role of a user, and the password if one was typed."""
    name, role = context.form.text("user"), _role(context)
    hash_ = _new_hash(context, "password") if context.form.password("password") else None
    return _changed(context, lambda users: users.change(name, role=role, hash_=hash_))


def remove_user(context: RequestContext) -> Response:
    """Remove a user, whose sessions end."""
    name = context.form.text("user")
    return _changed(context, lambda users: users.remove(name))


def own_password(context: RequestContext) -> Response:
    """Change the visitor’s own password; the other sessions of the user end."""
    _ = translator(context.lang).gettext
    users, user = _users(context), context.user
    if user is None or user is ANYBODY:  # by the passphrase of the console
        raise HTTPException(404)
    attempt = context.app_state.authenticator.attempt(
        context.address, context.form.password("current"), name=user.name
    )
    if attempt.wait:
        raise HTTPException(429)
    if attempt.user is None or attempt.user is ANYBODY:
        raise KamError(_("This is not the password."))
    changed = users.change(user.name, hash_=_new_hash(context, "password"))
    authenticator = context.app_state.authenticator
    authenticator.end(context.visitor.session)
    context.update_visitor(session=authenticator.begin(changed))
    return context.redirect("/")


def _changed(context: RequestContext, change: Callable[[Users], object]) -> Response:
    """Change the users and return to their page. Raises KamError in the visitor’s language."""
    _ = translator(context.lang).gettext
    context.home = "/users"
    try:
        change(_users(context))
    except NoOwner:
        raise KamError(_("At least one user must be an owner. Nothing was changed.")) from None
    except NameTaken:
        raise KamError(_("There is a user of this name already.")) from None
    return context.redirect("/users")


def _users(context: RequestContext) -> Users:
    users = context.app_state.authenticator.users
    if users is None:
        raise HTTPException(404)
    return users


def _role(context: RequestContext) -> UserRole:
    try:
        return UserRole(context.form.text("role"))
    except ValueError:
        raise HTTPException(400) from None


def _new_hash(context: RequestContext, field: str) -> str:
    """Return the hash of a new password. Raises KamError if it is too short."""
    password = context.form.password(field)
    if len(password) < MINIMUM:
        _ = translator(context.lang).gettext
        message = _("A password needs at least %(number)d characters.")
        raise KamError(message % {"number": MINIMUM})
    return password_hash(password)
