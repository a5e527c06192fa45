"""Rows of the tables of a web page, which some systems call .xls."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.facts.number_text import whole_number
from kam_expert.importing.text_rows import encoding_of

if TYPE_CHECKING:
    from pathlib import Path

#: The maximum sizes: bytes of a page, and cells of its tables.
_BYTES, _CELLS = 40_000_000, 2_000_000
_SPANNED = 1_000


def page_rows(path: Path) -> list[list[list[str]]]:
    """Return the rows of each table of a web page; a table inside a table is a part of a cell.

    Raises:
        KamError: The page is too large, or its encoding is not known.
    """
    if path.stat().st_size > _BYTES:
        raise KamError(f"{path.name}: more than {_BYTES // 1_000_000} MB is too large for a page")
    encoding = encoding_of(path)
    reader = _TableParser(path.name)
    try:
        reader.feed(path.read_bytes().decode(encoding).removeprefix("\ufeff"))
    except UnicodeDecodeError:
        raise KamError(f"{path.name}: is not valid {encoding}; save it as .xlsx") from None
    reader.close()
    return [table for table in reader.tables if len(table) > 1]


class _TableParser(HTMLParser):
    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name = name
        self.tables: list[list[list[str]]] = []
        self._depth = self._cells = 0
        self._text: list[str] | None = None
        self._span = self._down = 1
        #: By column, how many further rows a cell above spans, and its text.
        self._above: dict[int, tuple[int, str]] = {}
        self._in_row = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
                self._above = {}
        elif self._depth != 1:
            return
        elif tag == "tr":
            self._end_row()
            self.tables[-1].append([])
            self._in_row = True
        elif tag in ("td", "th"):
            self._end_cell()
            self._span, self._down = (_spanned(attrs, name) for name in ("colspan", "rowspan"))
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close a table, a row or a cell."""
        if self._depth == 1 and tag in ("td", "th", "tr", "table"):
            self._end_cell()
        if self._depth == 1 and tag in ("tr", "table"):
            self._end_row()
        if tag == "table" and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        """Add to the text of a cell."""
        if self._text is not None:
            self._text.append(data)

    def _end_cell(self) -> None:
        if self._text is None:
            return
        if not self.tables[-1]:
            self.tables[-1].append([])
            self._in_row = True
        lines = ("".join(self._text)).split("\n")
        text = "\n".join(line for part in lines if (line := " ".join(part.split())))
        self._from_above()
        row = self.tables[-1][-1]
        if self._down > 1:
            self._above[len(row)] = (self._down, text)
        row += [text, *[""] * (self._span - 1)]
        self._cells += self._span
        self._text = None
        if self._cells > _CELLS:
            raise KamError(f"{self.name}: more than {_CELLS:,} cells; save it as .xlsx")

    def _from_above(self) -> None:
        """Add the cells of earlier rows that span this row."""
        row = self.tables[-1][-1]
        while (above := self._above.get(len(row))) is not None and above[0] > 0:
            row.append(above[1])
            self._cells += 1

    def _end_row(self) -> None:
        """End the last cell of a row; each spanning cell spans one row less."""
        self._end_cell()
        if self._in_row:
            self._in_row = False
            self._from_above()
            self._above = {
                at: (left - 1, text) for at, (left, text) in self._above.items() if left > 1
            }


def _spanned(attrs: list[tuple[str, str | None]], name: str) -> int:
    """Return how many columns or rows a cell spans."""
    return min(whole_number(dict(attrs).get(name), 1), _SPANNED)
