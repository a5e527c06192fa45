"""The link by which the customer's team reaches its page: made for some days, and revocable."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from babel.dates import format_datetime
from itsdangerous import BadData, URLSafeSerializer
from starlette.exceptions import HTTPException

from kam_expert.web.failures import Missing
from kam_expert.web.page_state import look_of
from kam_expert.web.settings import is_loopback

if TYPE_CHECKING:
    from kam_expert.store.records import Link
    from kam_expert.web.request import RequestContext
    from kam_expert.web.service import AccountView

#: For so many days a link can be made, and for so many where nobody chooses.
DAYS, USUAL_DAYS = (1, 7, 14, 30, 90), 14
_PARTS = 2


def _signer(visit: RequestContext) -> URLSafeSerializer:
    return URLSafeSerializer(visit.site.settings.secret, salt="customer-link")


def address_of(visit: RequestContext, key: str, link: Link) -> str:
    """Return the address of the customer's page of an account; nobody can guess it."""
    return f"/c/{_signer(visit).dumps([key, link.id])}/"


def opened_by_link(visit: RequestContext) -> tuple[AccountView, str]:
    """Return the account that the customer's link opens, and the address of the page.

    Raises:
        Missing: It is no link of ours, or the account is gone.
        HTTPException: 410 where it has ended or was revoked.
    """
    try:
        parts = _signer(visit).loads(visit.path["token"])
    except BadData:
        raise Missing from None
    if not isinstance(parts, list) or len(parts) != _PARTS:
        raise HTTPException(410)  # of a program that knew no end of links
    visit.path["key"], wanted = parts
    look = look_of(visit)
    link = visit.desk.store.link(look.key)
    if link is None or link.id != wanted or _is_over(link):
        raise HTTPException(410)
    return look, address_of(visit, look.key, link)


def _is_over(link: Link) -> bool:
    return link.until <= datetime.now(UTC)


def link_values(visit: RequestContext, key: str) -> dict[str, Any]:
    """Return what our page says of the link."""
    link = visit.desk.store.link(key)
    url = visit.request.base_url
    over = link is not None and _is_over(link)
    address = until = ""
    if link is not None:
        address = f"{url.scheme}://{url.netloc}{address_of(visit, key, link)}"
        until = format_datetime(link.until.astimezone(), "d MMMM y, HH:mm", locale=visit.lang)
    return {
        "customer_link": "" if over else address,
        "link_over": over,
        "link_until": until,
        "link_days": DAYS,
        "usual_days": USUAL_DAYS,
        "only_here": is_loopback(visit.site.settings.host),
    }
