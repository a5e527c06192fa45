"""Read the answers in a workbook that an owner returned."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.workbook_form import HEAD_ROWS, MARK, SheetCell
from kam_expert.facts.workbook_sheets import MOST_ROWS, as_text, mark_in, read_sheets
from kam_expert.knowledge.documents import parse_date
from kam_expert.results.campaign import ReturnedAnswer

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.workbook_parts import Parts
    from kam_expert.importing.campaign_answers import ReturnReading

#: The side of the answers on each sheet.
SHEETS = {"campaign": "ours", "predicted": "predicted"}
ORIGIN = ("by", "as_of")
_MODIFIED = re.compile(rb"<dcterms:modified[^>]*>\s*([0-9TZ:+.\-]{10,40})\s*<")
_CORE, _CORE_BYTES = "docProps/core.xml", 100_000


def saved_at(path: Path) -> str:
    """Return when a workbook was saved, in UTC; empty if it does not say."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_CORE).file_size > _CORE_BYTES:
                return ""
            found = _MODIFIED.search(archive.read(_CORE))
    except (KeyError, OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
        return ""
    return "" if found is None else moment(found[1].decode("ascii"))


def moment(text: str) -> str:
    """Return a time as ISO 8601 in UTC; empty if *text* is none."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC).isoformat(timespec="seconds")


def read_owner_workbook(path: Path, reading: ReturnReading) -> None:
    """Add the answers in the workbook at *path* to *reading*.

    Raises:
        KamError: It cannot be read, or is not a workbook of this campaign.
    """
    parts, sheets = read_sheets(path, reading.name)
    found = False
    others: set[str] = set()
    for title, rows, shown in sheets:
        begin = mark_in(rows)
        if begin is None:
            continue
        kind, _, campaign = str(rows[begin[0]][begin[1]]).strip().removeprefix(MARK).partition(" ")
        if kind not in SHEETS:
            continue
        if campaign.strip() != reading.campaign.id:
            others.add(campaign.strip())
            continue
        found = True
        if not shown:
            reading.problem(str(SheetCell.of(reading.name, title)), "this sheet is hidden; show it")
        else:
            _Sheet(reading, title, SHEETS[kind], rows, begin, parts).read()
    if not found and others:
        other = shortened(min(others), 20)
        raise KamError(f"{reading.name}: belongs to the campaign {other}, not to this one")
    if not found:
        raise KamError(f"{reading.name}: is not a workbook of a campaign")


@dataclass
class _Sheet:
    """A sheet of a returned workbook; its parts are those of the workbook."""

    reading: ReturnReading
    title: str
    side: str
    rows: list[list[Any]]
    begin: tuple[int, int]
    parts: Parts
    columns: dict[int, str] = field(default_factory=dict)

    def _at(self, row: int, column: int) -> SheetCell:
        """Return the place of a cell, counted from 0."""
        return SheetCell.of(self.reading.name, self.title, row + 1, column + 1)

    def read(self) -> None:
        """Read every row."""
        above, left = self.begin
        spoiled = self.parts.spoiled.get(self.title, {})
        if len(self.rows) > above + HEAD_ROWS + MOST_ROWS:
            what = f"this sheet has {len(self.rows):,} rows, at most {MOST_ROWS:,} are read"
            self.reading.problem(str(SheetCell.of(self.reading.name, self.title)), what)
            return
        for column, head in enumerate(self.rows[above]):
            name = str(head).strip()
            if column != left and name:
                self.columns[column] = name
        for (row, column), what in spoiled.items():
            if row > above + HEAD_ROWS:
                self.reading.problem(str(self._at(row - 1, column - 1)), f"this cell {what}")
        named: set[int] = set()
        for number, cells in enumerate(self.rows[above + HEAD_ROWS :], above + HEAD_ROWS):
            told = {
                column: value
                for column, value in enumerate(cells)
                # The second column has the name of the account.
                if column > left and value != "" and (column in self.columns)
            }
            self._strangers(number, cells, named)
            if told.keys() - self._origin_columns():
                self._row(number, cells[left] if left < len(cells) else "", told)

    def _origin_columns(self) -> set[int]:
        return {column for column, name in self.columns.items() if name in ORIGIN}

    def _strangers(self, number: int, cells: list[Any], named: set[int]) -> None:
        """Name each column with values that is not a question, once."""
        left = self.begin[1]
        for column, value in enumerate(cells):
            # Beside the id there is the name of the account.
            if value == "" or column in (left, left + 1) or column in named:
                continue
            name = self.columns.get(column, "")
            if name in ORIGIN or name in self.reading.texts:
                continue
            named.add(column)
            near = did_you_mean(name, self.reading.texts) if name else ""
            what = f'"{shortened(name)}" is no question of a campaign.{near}' if name else (
                "this column has no name in its first row, so it is not read"
            )  # fmt: skip
            self.reading.problem(str(self._at(number, column)), what)

    def _row(self, number: int, told_id: Any, told: dict[int, Any]) -> None:
        identity = as_text(told_id).strip()
        account = self.reading.campaign.accounts.get(identity)
        if account is None:
            known = self.reading.campaign.accounts
            what = (
                f'no account "{shortened(identity)}" is in this campaign.'
                f"{did_you_mean(identity, known)}"
                if identity
                else "this row has answers and no account in its first cell"
            )
            self.reading.problem(str(self._at(number, self.begin[1])), what)
            return
        by, day = account.owner, self.reading.day
        for column in self._origin_columns() & told.keys():
            text = as_text(told[column]).strip()
            if self.columns[column] == "by":
                by = text
            elif (given := parse_date(text)) is not None:
                day = min(given, self.reading.taken)
            else:
                self.reading.problem(
                    str(self._at(number, column)), f'"{shortened(text)}" is not a date YYYY-MM-DD'
                )
        for column in sorted(told.keys() - self._origin_columns()):
            name = self.columns[column]
            if name in self.reading.texts:
                cell = told[column]
                if isinstance(cell, float) and self._is_percent(number, column):
                    cell = f"{round(cell * 100, 10):g}%"
                self._answer((identity, name), cell, (by, day), self._at(number, column))

    def _is_percent(self, row: int, column: int) -> bool:
        return (row + 1, column + 1) in self.parts.percents.get(self.title, set())

    def _answer(
        self, of: tuple[str, str], cell: Any, origin: tuple[str, date], place: SheetCell
    ) -> None:
        try:
            value = self.reading.value(of[1], self.side, cell)
        except ValueError as error:
            self.reading.problem(str(place), str(error))
            return
        told = value_data(value)
        by, day = origin
        self.reading.add(ReturnedAnswer(*of, self.side, told, by[:100], day, place.within))
