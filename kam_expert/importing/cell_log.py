"""The cells that were not understood: each costs its value and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, shortened

if TYPE_CHECKING:
    from kam_expert.errors import Place
    from kam_expert.importing.cell_values import Bad
    from kam_expert.importing.table import SourceTable

_MOST = 100_000


@dataclass
class NotUnderstood:
    """A text that could not be read, in all cells of a column that hold it.

    Attributes:
        place: The first such cell.
        file, column: The table and the name of the column.
        fact: The fact; empty if it is a date, a name or a reference.
        value: The text.
        reason: Why.
        asked: Whether an option of the import would settle it.
        times: The number of cells.
    """

    place: Place
    file: str
    column: str
    fact: str
    value: str
    reason: str
    asked: bool
    times: int = 1


class CellLog:
    """Counts the cells of facts, and keeps those that were not understood.

    Attributes:
        read, known, unknown: Cells of facts; the rest of *read* was not understood.
    """

    def __init__(self) -> None:
        self.read = self.known = self.unknown = 0
        self._found: dict[tuple[str, str, str, str], NotUnderstood] = {}

    def add(  # noqa: PLR0913 -- a cell and what is wrong with it
        self, table: SourceTable, row: int, names: str, fact: str, value: str, bad: Bad
    ) -> None:
        """Note a cell. The same cell, read twice, counts once for each reading."""
        key = (table.shown, names, fact, value)
        before = self._found.get(key)
        if before is not None:
            before.times += 1
            return
        if len(self._found) >= _MOST:
            raise KamError(
                f"{table.shown}: more than {_MOST:,} different values that were not understood, "
                f'such as "{shortened(value)}"; is it the right mapping?'
            )
        self._found[key] = NotUnderstood(
            table.place(row, names, exact=True),
            table.shown,
            table.shown_column(names),
            fact,
            value,
            bad.message,
            bad.asked,
        )

    def count(self, read: int, known: int, unknown: int) -> None:
        """Count the cells of a column of a fact."""
        self.read += read
        self.known += known
        self.unknown += unknown

    def skip(self, many: int) -> None:
        """Do not count the cells of rows that are not used, which were counted as unknown."""
        self.read -= many
        self.unknown -= many

    @property
    def found(self) -> list[NotUnderstood]:
        """Return what was not understood, in the order of discovery."""
        return list(self._found.values())
