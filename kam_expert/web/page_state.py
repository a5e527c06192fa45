"""Which tab of an account a page shows, with its query and notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DIGITS = 9
_FIELDS = 60


@dataclass(frozen=True)
class PageState:
    """Which tab of an account a page shows.

    Attributes:
        tab: The name of the tab.
        query: The query string of the page, without the notices.
        since: The version that the visitor saw before, if others have changed the account since.
        own_version: The version that the visitor has just made; it is not among others' changes.
        noted: A version whose notes hold words on the denylist.
    """

    tab: str
    query: str = ""
    since: int | None = None
    own_version: int | None = None
    noted: int | None = None

    @property
    def back(self) -> str:
        """Return the address of this page within the account."""
        return f"{self.tab}?{self.query}" if self.query else self.tab

    @property
    def params(self) -> Mapping[str, Sequence[str]]:
        """Return the query parameters by name. Raises HTTPException 400 if they are too many."""
        try:
            return parse_qs(self.query, max_num_fields=_FIELDS)
        except ValueError:
            raise HTTPException(400) from None

    def param(self, name: str) -> str:
        """Return the first value of a query parameter; empty if it is missing."""
        return self.params.get(name, [""])[0]


def number_in(text: str) -> int | None:
    """Return the whole number that *text* is; None if it is none or has too many digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
