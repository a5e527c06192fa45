"""Rows of the tables of a web page, which some systems call .xls."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
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
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
        elif self._depth != 1:
            return
        elif tag == "tr":
            self._end_cell()
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._end_cell()
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span), _SPANNED) if span.isascii() and span.isdigit() else 1
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close a table, a row or a cell."""
        if self._depth == 1 and tag in ("td", "th", "tr", "table"):
            self._end_cell()
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
        lines = ("".join(self._text)).split("\n")
        text = "\n".join(line for part in lines if (line := " ".join(part.split())))
        self.tables[-1][-1] += [text, *[""] * (self._span - 1)]
        self._cells += self._span
        self._text = None
        if self._cells > _CELLS:
            raise KamError(f"{self.name}: more than {_CELLS:,} cells; save it as .xlsx")
