"""What mail and calendars have in common: whose address it is, and a table of contacts.

A row says who of theirs and who of ours had contact on which day, or why it is none. Nothing that
was said is kept: no subject, no text, no place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.importing.chunk import Chunk
from kam_expert.importing.table import SourceTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The columns of a table of contacts; addresses in a cell are separated by semicolons.
COLUMNS = ("id", "with", "ours", "day", "left_out")
_BATCH = 4096


@dataclass(frozen=True)
class Contact:
    """A message or a meeting.

    Attributes:
        id: The id that its system gave it.
        theirs, ours: E-mail addresses in lower case.
        day: As YYYY-MM-DD; empty if it is not known.
        left_out: Why it is not a contact; empty if it is one.
    """

    id: str
    theirs: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    day: str = ""
    left_out: str = ""


@dataclass(frozen=True)
class Sides:
    """Whose an address is.

    Attributes:
        domains: Our own domains, in lower case.
        opted_out: Addresses of people about whom nothing may be kept, in lower case.
    """

    domains: frozenset[str]
    opted_out: frozenset[str] = field(default_factory=frozenset)

    def is_ours(self, address: str) -> bool:
        """Return whether an address has one of our domains, or a part of one."""
        domain = address.rpartition("@")[2]
        return any(domain == own or domain.endswith(f".{own}") for own in self.domains)

    def split(self, addresses: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        """Return their addresses, ours, and whether somebody who opted out was among theirs."""
        each = dict.fromkeys(addresses)
        theirs = [address for address in each if not self.is_ours(address)]
        kept = tuple(address for address in theirs if address not in self.opted_out)
        ours = tuple(address for address in each if self.is_ours(address))
        return kept, ours, len(kept) < len(theirs)


def contact_table(name: str, files: int, contacts: list[Contact], how: str) -> SourceTable:
    """Return contacts as a table of the source."""

    def batches() -> Iterator[Chunk]:
        for start in range(0, len(contacts), _BATCH):
            rows = [
                [c.id, ";".join(c.theirs), ";".join(c.ours), c.day, c.left_out]
                for c in contacts[start : start + _BATCH]
            ]
            yield Chunk(rows, len(COLUMNS))

    many = "" if files == 1 else f" of {files} files"
    return SourceTable((name,), name, list(COLUMNS), batches, f"{how}{many}")
