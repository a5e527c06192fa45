"""Which part of an account a page shows, and what the parts have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from kam_expert.store.records import NotThere
from kam_expert.web.failures import Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.web.request import RequestContext
    from kam_expert.web.service import AccountView

_DIGITS = 9
_FIELDS = 60


@dataclass(frozen=True)
class Shown:
    """Which part of an account is shown.

    Attributes:
        tab: Its name.
        asked: What stands behind the question mark.
        since: The version seen before, when others have changed something since.
        mine: The version that the visitor has just made; the others' are told.
        noted: A version whose notes hold words that have no place there.
    """

    tab: str
    asked: str = ""
    since: int | None = None
    mine: int | None = None
    noted: int | None = None

    @property
    def back(self) -> str:
        """Return the address of this part, within the account."""
        return f"{self.tab}?{self.asked}" if self.asked else self.tab

    @property
    def query(self) -> Mapping[str, Sequence[str]]:
        """Return what stands behind the question mark, by name."""
        return parse_qs(self.asked, max_num_fields=_FIELDS)

    def one(self, name: str) -> str:
        """Return a part of the query that stands once; an empty text where it is missing."""
        return self.query.get(name, [""])[0]


def number_in(text: str) -> int | None:
    """Return a whole number in an address; None where there is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def look_of(visit: RequestContext) -> AccountView:
    """Return the account that an address names. Raises Missing."""
    try:
        return visit.desk.look(visit.key)
    except NotThere:
        raise Missing from None
