"""The sheets of a workbook for one account, as rows of cells with their places."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kam_expert.errors import CaseError, KamError, Place, Problem, shortened, unknown_name
from kam_expert.extras import needs
from kam_expert.facts.workbook_form import HEAD_ROWS, KIND_OF, MARK, OPTIONS, SHEETS, SheetCell
from kam_expert.facts.workbook_parts import Parts, open_checked, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

Rows = list[list[Any]]
#: The maximum number of rows of a sheet.
MOST_ROWS = 3_000
#: Rows and columns in which the heading of a sheet is looked for.
_LOOK_AT = 20
_FEW = 3


class Row(dict[str, tuple[Any, SheetCell]]):
    """The cells of a row that are not empty, by column."""

    def __init__(self, place: SheetCell) -> None:
        super().__init__()
        self.place = place

    def at(self, column: str) -> SheetCell:
        """Return the place of a cell, or of the row if the cell is empty."""
        return self[column][1] if column in self else self.place

    def text(self, column: str) -> str:
        """Return a cell as text; empty if there is none."""
        return as_text(self[column][0]) if column in self else ""


def as_text(value: Any) -> str:
    """Return a cell as text: whole numbers without a decimal point, dates as YYYY-MM-DD."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 -- floats are exact up to here
        return str(int(value))
    if isinstance(value, datetime):
        value = value.date() if not (value.hour or value.minute or value.second) else value
    return value.isoformat() if isinstance(value, date) else str(value)


class WorkbookErrors:
    """The mistakes in a workbook; reading stops after a hundred of them.

    The search for the nearest name takes time, and a hundred mistakes show what is wrong.
    """

    most = 100

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._foreseen: list[Problem] = []

    def add(self, place: Place, message: str) -> None:
        """Add a mistake."""
        self.problems.append(Problem(place, message))
        self._stop()

    def foresee(self, place: Place, message: str) -> None:
        """Count a mistake that the case reader will report as well."""
        self._foreseen.append(Problem(place, message))
        self._stop()

    def _stop(self) -> None:
        found = [*self.problems, *self._foreseen]
        if len(found) > self.most:
            stopped = f"reading stopped after {self.most} mistakes; there may be more"
            raise CaseError([Problem(SheetCell(self.file), stopped), *found])


def read_sheets(path: Path, name: str) -> tuple[Parts, list[tuple[str, Rows, bool]]]:
    """Read every sheet of a workbook.

    Args:
        path: An .xlsx file.
        name: The file's name in messages.

    Returns:
        The cells that need care; and of each sheet its title, its rows and whether it is visible.

    Raises:
        KamError: The file cannot be read, or python-calamine is missing.
    """
    with needs("excel", f"{name}: reading a workbook"):
        import python_calamine as calamine  # noqa: PLC0415 -- only workbooks need it
    with open_checked(path, name) as file:
        parts = parts_of(file, name)
        file.seek(0)
        sheets = []
        try:
            with calamine.CalamineWorkbook.from_filelike(file) as book:
                for about in book.sheets_metadata:
                    if about.typ is calamine.SheetTypeEnum.WorkSheet:
                        sheet = book.get_sheet_by_name(about.name)
                        rows = sheet.to_python(skip_empty_area=False)
                        shown = about.visible is calamine.SheetVisibleEnum.Visible
                        sheets.append((about.name, rows, shown))
        except (calamine.CalamineError, ValueError, OSError) as error:
            what = shortened(" ".join(str(error).split()), 80)
            raise KamError(f"{name}: the workbook cannot be read ({what})") from None
        except BaseException as error:
            # A bug of the library raises PanicException, which is not an Exception.
            if type(error).__name__ != "PanicException":
                raise
            raise KamError(f"{name}: the workbook cannot be read") from None
    return parts, sheets


class Sheets:
    """The sheets of the form in a workbook.

    Args:
        path: An .xlsx file.
        name: The file's name in messages.
        base: Whose facts are columns of the lists.

    Attributes:
        titles: The titles of the sheets by name.
        faults: The mistakes in sheets, columns and cells, added while rows are read.

    Raises:
        KamError: The file cannot be read or is not such a workbook, or python-calamine is missing.
    """

    def __init__(self, path: Path, name: str, base: KnowledgeBase) -> None:
        self.file = name
        self.base = base
        self.titles: dict[str, str] = {}
        self.faults = WorkbookErrors(name)
        self._found: dict[str, Rows] = {}
        #: The row and the column of the heading of each sheet, from 0.
        self._begin: dict[str, tuple[int, int]] = {}
        self._parts = self._open(path)
        if not self._found and not self.faults.problems:
            raise KamError(f"{name}: is not a workbook that `kam template` wrote")

    def _open(self, path: Path) -> Parts:
        parts, sheets = read_sheets(path, self.file)
        for title, rows, shown in sheets:
            self._take(title, rows, shown=shown)
        return parts

    def _take(self, title: str, rows: Rows, *, shown: bool) -> None:
        """Keep a sheet of the form; other sheets are the user's own."""
        place = SheetCell.of(self.file, title)
        begin = mark_in(rows)
        if title == OPTIONS and not shown:
            return
        if begin is None:
            kind = _alike(rows, self.base)
            if kind is not None:
                self.faults.add(
                    place,
                    f'looks like a sheet of the form, but its first cell is not "{MARK}{kind}"; '
                    "put back the row with the names of the columns",
                )
            return
        kind = str(rows[begin[0]][begin[1]]).strip().removeprefix(MARK)
        if not shown:
            self.faults.add(place, "this sheet is hidden; show it, or delete it")
        elif kind in self.titles:
            other = self.titles[kind]
            self.faults.add(place, f'duplicate sheet: "{other}" is the same part of the form')
        elif kind not in SHEETS:
            what = unknown_name("sheet", kind, SHEETS)
            self.faults.add(SheetCell.of(self.file, title, begin[0] + 1, begin[1] + 1), what)
        else:
            self.titles[kind], self._found[kind], self._begin[kind] = title, rows, begin

    def rows(self, kind: str) -> Iterator[Row]:
        """Yield the rows of a sheet that are not empty; none if there is no such sheet."""
        if kind not in self.titles:
            return
        title, rows = self.titles[kind], self._found[kind]
        above, left = self._begin[kind]
        heads = self._heads(kind, title, rows[above], left)
        spoiled, percents = (
            self._parts.spoiled.get(title, {}),
            self._parts.percents.get(title, set()),
        )
        first = above + HEAD_ROWS
        for at, what in spoiled.items():
            if at[0] > first:
                self.faults.add(SheetCell.of(self.file, title, *at), f"this cell {what}")
        if len(rows) > first + MOST_ROWS:
            what = f"this sheet has {len(rows):,} rows, at most {MOST_ROWS:,} are read"
            self.faults.add(SheetCell.of(self.file, title), what)
            return
        for number, cells in enumerate(rows[first:], first + 1):
            row = Row(SheetCell.of(self.file, title, number, left + 1))
            for column, value in enumerate(cells, 1):
                if value == "":
                    continue
                place = SheetCell.of(self.file, title, number, column)
                head = heads.get(column)
                if head is None:
                    what = "this column is not part of the form; use a sheet of your own for other"
                    self.faults.add(place, f"{what} notes")
                elif (number, column) in percents and isinstance(value, float):
                    row[head] = (f"{round(value * 100, 10):g}%", place)
                else:
                    row[head] = (value, place)
            if row:
                yield row

    def _heads(self, kind: str, title: str, heading: list[Any], left: int) -> dict[int, str]:
        known = [*SHEETS[kind]]
        if kind in KIND_OF:
            known += [f.name for f in self.base.facts.values() if f.kind == KIND_OF[kind]]
        heads = {left + 1: SHEETS[kind][0]}
        number = self._begin[kind][0] + 1
        for column, name in enumerate(heading, 1):
            if column == left + 1 or name == "":
                continue
            place = SheetCell.of(self.file, title, number, column)
            if name not in known:
                what = unknown_name("column", name, known)
                self.faults.add(place, what)
            elif name in heads.values():
                self.faults.add(place, f'duplicate column "{name}"')
            heads[column] = str(name)
        return heads


def mark_in(rows: Rows) -> tuple[int, int] | None:
    """Return where the mark of a sheet of the form is: the first cell, if nothing was inserted."""
    for number, cells in enumerate(rows[:_LOOK_AT]):
        for column, cell in enumerate(cells[:_LOOK_AT]):
            if isinstance(cell, str) and cell.strip().startswith(MARK):
                return number, column
    return None


def _alike(rows: Rows, base: KnowledgeBase) -> str | None:
    """Return the sheet of the form that a sheet without a mark looks like, None for none.

    It repeats the names of columns, or has three names of facts in a row or in a column, or the
    headings of all facts of a sheet in a row.
    """
    headings = {
        kind: [
            {fact.doc.short.uk, fact.doc.short.en}
            for fact in base.facts.values()
            if fact.kind == KIND_OF[kind] and fact.doc.computed is None
        ]
        for kind in KIND_OF
    }
    for cells in rows[:_LOOK_AT]:
        names = {cell for cell in cells if isinstance(cell, str)}
        for kind, columns in SHEETS.items():
            if len(columns) > 2 and names >= set(columns[1:]):  # noqa: PLR2004 -- two names are chance
                return kind
        if len(names & base.facts.keys()) >= _FEW:
            return "people"
        for kind, facts in headings.items():
            if len([1 for labels in facts if labels & names]) >= max(2, min(_FEW, len(facts))):
                return kind
    for column in zip(*(cells[:_LOOK_AT] for cells in rows), strict=False):
        if len({cell for cell in column if isinstance(cell, str)} & base.facts.keys()) >= _FEW:
            return "facts"
    return None
