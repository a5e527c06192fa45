"""Who may read what: the audience of facts and conclusions, and the editions of a diagnosis."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

#: ``joint``: both sides; ``supplier``: our side; ``consultant``: who runs the diagnosis.
Audience = Literal["joint", "supplier", "consultant"]
#: From the widest.
AUDIENCES: tuple[Audience, ...] = get_args(Audience)


class Edition(StrEnum):
    """A diagnosis as one reader may see it."""

    #: For who runs the diagnosis: everything.
    CONSULTANT = "consultant"
    #: For the firm that ordered it: the supplier. Nothing about individual people.
    CLIENT = "client"
    #: For the customer: what both sides own.
    CUSTOMER = "customer"

    def may_see(self, audience: Audience) -> bool:
        """Return whether the reader of this edition belongs to an audience."""
        return AUDIENCES.index(audience) <= AUDIENCES.index(_READER[self])

    @property
    def names_rules(self) -> bool:
        """Return whether the reader reads names of rules and lines of the case file."""
        return self is Edition.CONSULTANT


_READER: dict[Edition, Audience] = {
    Edition.CONSULTANT: "consultant",
    Edition.CLIENT: "supplier",
    Edition.CUSTOMER: "joint",
}


def narrowest(audiences: Iterable[Audience]) -> Audience:
    """Return the narrowest of some audiences; ``joint`` if there are none."""
    return max(audiences, key=AUDIENCES.index, default="joint")


def is_wider(one: Audience, other: Audience) -> bool:
    """Return whether one audience is wider than another."""
    return AUDIENCES.index(one) < AUDIENCES.index(other)
