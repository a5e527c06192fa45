"""The link to the customer's page: it expires after some days and can be revoked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from babel.dates import format_datetime
from itsdangerous import BadData, URLSafeSerializer
from starlette.exceptions import HTTPException

from kam_expert.web.settings import is_loopback

if TYPE_CHECKING:
    from kam_expert.store.records import Link
    from kam_expert.web.request import RequestContext
    from kam_expert.web.service import AccountView

#: Days after which a link can expire, and the default.
DAYS, DEFAULT_DAYS = (1, 7, 14, 30, 90), 14
_PARTS = 2


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="customer-link")


def link_path(secret: str, key: str, link: Link) -> str:
    """Return the path of the customer's page of an account; *secret* signs it."""
    return f"/c/{_signer(secret).dumps([key, link.id])}/"


def _address(context: RequestContext, key: str, link: Link) -> str:
    return link_path(context.app_state.settings.secret, key, link)


def account_of_link(context: RequestContext) -> tuple[AccountView, str]:
    """Return the account of the customer link in the path, and the address of the page.

    Raises:
        HTTPException: 404 if the link is not signed by us; 410 if it expired or was revoked; 429
            after too many wrong links from one address.
        NotThere: The account was removed.
    """
    try:
        parts = _signer(context.app_state.settings.secret).loads(context.path_params["token"])
    except BadData:
        wrong = context.app_state.wrong_links.exceeds(context.address)
        raise HTTPException(429 if wrong else 404) from None
    if not isinstance(parts, list) or len(parts) != _PARTS:
        raise HTTPException(410)  # an earlier version signed links that never expired
    context.path_params["key"], link_id = parts
    account = context.account()
    link = context.service.store.link(account.key)
    if link is None or link.id != link_id or _is_expired(link):
        raise HTTPException(410)
    if context.request.method == "POST" and context.app_state.link_answers.exceeds(link.id):
        raise HTTPException(429)
    return account, _address(context, account.key, link)


def _is_expired(link: Link) -> bool:
    return link.until <= datetime.now(UTC)


def link_values(context: RequestContext, key: str) -> dict[str, Any]:
    """Return what the consultants' page says about the link."""
    link = context.service.store.link(key)
    url = context.request.base_url
    expired = link is not None and _is_expired(link)
    address = until = ""
    if link is not None:
        public = context.app_state.settings.public
        prefix = public.prefix if public else ""
        address = f"{url.scheme}://{url.netloc}{prefix}{_address(context, key, link)}"
        until = format_datetime(link.until.astimezone(), "d MMMM y, HH:mm", locale=context.lang)
    return {
        "customer_link": "" if expired else address,
        "link_expired": expired,
        "link_until": until,
        "link_days": DAYS,
        "default_days": DEFAULT_DAYS,
        "local_only": is_loopback(context.app_state.settings.host)
        and context.app_state.settings.public is None,
    }
