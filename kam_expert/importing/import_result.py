"""The result of an import, for sources of all kinds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.importing.cell_log import CellLog
    from kam_expert.importing.imported_accounts import ImportedAccounts
    from kam_expert.importing.row_counts import Counts, Rejected
    from kam_expert.importing.titles import Titles
    from kam_expert.importing.workbook_accounts import Workbooks


class FindsDuplicates(Protocol):
    """Finds possible duplicates."""

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of possible duplicates as data."""
        ...


@dataclass(frozen=True)
class Imported:
    """The result of an import.

    Attributes:
        made: The accounts.
        day: The day of the export; None if it is unknown and not needed.
        counts: The numbers of rows by table and outcome.
        rejected: The faults of skipped rows.
        flags: Rows to check, as data.
        duplicates: The duplicate detection, which may still run.
        unread: Files without a table.
        cells: The cells of facts, counted, and those that were not understood.
        titles: What the titles of people gave; None if there are no titles.
        lacking: By table, columns of the mapping that the table does not have.
    """

    made: ImportedAccounts | Workbooks
    day: date | None
    counts: list[Counts]
    rejected: list[Rejected]
    flags: list[dict[str, Any]]
    duplicates: FindsDuplicates
    unread: list[str]
    cells: CellLog
    titles: Titles | None
    lacking: dict[str, list[str]]

    @cached_property
    def candidates(self) -> list[dict[str, Any]]:
        """Return the rows to check and the possible duplicates, as data."""
        return [*self.flags, *self.duplicates.groups()]
