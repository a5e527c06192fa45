"""Which tab of an account a page shows, with its query and notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException

from kam_expert.facts.number_text import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
        """Return the query parameters by name."""
        return parse_qs(self.query)

    def param(self, name: str) -> str:
        """Return the first value of a query parameter; empty if it is missing."""
        return self.params.get(name, [""])[0]


def number_in(text: str) -> int | None:
    """Return the whole number that a query parameter is; None if it is missing or empty.

    Raises:
        HTTPException: 400 if it is something else or has too many digits.
    """
    if not text:
        return None
    number = whole_number(text, None)
    if number is None:
        raise HTTPException(400)
    return number
