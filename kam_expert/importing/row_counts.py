"""The outcome of every row: used, rejected, or left out for a named reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, Problem, ProblemsError, shortened
from kam_expert.importing.cell_log import CellLog
from kam_expert.importing.table import FIRST_REASON, REJECTED, UNSEEN, USED

if TYPE_CHECKING:
    from collections.abc import Collection

    from kam_expert.errors import Place
    from kam_expert.importing.table import SourceTable

_MOST_PROBLEMS = 100_000
_MOST_REASONS = 250


class SourceError(ProblemsError):
    """A source has faulty rows."""

    #: Rows are fixed one by one, so more faults are shown than of a case file.
    shown = 100


@dataclass(frozen=True)
class Rejected:
    """A cell that rejects its row."""

    place: Place
    value: str | None
    message: str


@dataclass(frozen=True)
class Counts:
    """The numbers of rows of a table by outcome; they add up to *read*."""

    table: str
    how: str
    read: int
    used: int
    rejected: int
    left_out: dict[str, int]


class RowCounts:
    """Counts the outcomes of rows.

    Attributes:
        rejected: The faults of rows, in the order of discovery.
        cells: What was not understood in rows that are used.
        questions: What the user has to decide about whole columns.
    """

    def __init__(self, keep: Collection[str], leave_out: Collection[str]) -> None:
        self.keep, self.leave_out = frozenset(keep), frozenset(leave_out)
        self.rejected: list[Rejected] = []
        self.cells = CellLog()
        self.questions: list[Problem] = []
        self._codes: dict[str, int] = {}

    def code(self, reason: str) -> int:
        """Return the code of a reason."""
        if reason not in self._codes:
            if len(self._codes) >= _MOST_REASONS:
                raise KamError(f"more than {_MOST_REASONS} reasons to leave rows out")
            self._codes[reason] = FIRST_REASON + len(self._codes)
        return self._codes[reason]

    def reject(self, table: SourceTable, row: int, names: str, value: str | None, why: str) -> None:
        """Reject a row; *names* is the column with the fault."""
        if len(self.rejected) >= _MOST_PROBLEMS:
            raise KamError(
                f"{table.shown}: more than {_MOST_PROBLEMS:,} faults; is it the right mapping?"
            )
        self.rejected.append(Rejected(table.place(row, names, exact=True), value, why))
        table.mark(row, REJECTED)

    def complain(self) -> None:
        """Raise SourceError with all faults of rows and all questions, if there are any."""
        asked = [Problem(cell.place, cell.reason) for cell in self.cells.found if cell.asked]
        faults = [
            Problem(fault.place, f"{fault.message}{_valued(fault)}") for fault in self.rejected
        ]
        if faults or asked or self.questions:
            raise SourceError([*faults, *asked, *self.questions])

    def ask(self) -> None:
        """Raise SourceError with the questions about whole columns, if there are any."""
        if self.questions:
            raise SourceError(self.questions)

    def counts(self, table: SourceTable) -> Counts:
        """Return the counts of a table.

        Raises:
            RuntimeError: A row has no outcome, which is a bug.
        """
        seen, read = table.outcomes.count, len(table.outcomes)
        left_out = {name: many for name, code in self._codes.items() if (many := seen(code))}
        used, rejected = seen(USED), seen(REJECTED)
        if seen(UNSEEN) or read != used + rejected + sum(left_out.values()):
            raise RuntimeError(f"{table.shown}: {seen(UNSEEN)} rows of {read} have no outcome")
        return Counts(table.shown, table.how, read, used, rejected, left_out)


def _valued(fault: Rejected) -> str:
    if not fault.value or shortened(fault.value) in fault.message:
        return ""
    return f' (the cell says "{shortened(fault.value)}")'
