"""Check an OpenDocument sheet before it is read: how large it is when its repeats are written out.

A cell or row can be repeated by a number, so a file of a few bytes can be millions of cells.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import IO
from xml.parsers import expat

from kam_expert.errors import KamError
from kam_expert.facts.number_text import whole_number
from kam_expert.facts.workbook_parts import TABLES, Limits
from kam_expert.facts.workbook_xml import WorkbookXml

_CONTENT = "content.xml"
_DAMAGED = "is not a workbook (.ods), or is damaged; save it again"


class _Size(WorkbookXml):
    """Counts the cells of the sheets, up to the last one with a value in each row."""

    damaged = _DAMAGED

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.rows = self.columns = self.cells = self.characters_held = 0
        self._row = self._column = self._last = 0
        self._repeat = self._cell = 1
        self._text = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        told = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        if name == "table-row":
            self._repeat = whole_number(told.get("number-rows-repeated"), 1)
            self._column = self._last = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = whole_number(told.get("number-columns-repeated"), 1)
            self._column += self._cell
            self._text = 0
            if any(key in told for key in ("value-type", "value", "string-value")):
                self._last = self._column

    def characters(self, text: str) -> None:
        self._text += len(text)

    def end(self, name: str) -> None:
        if name == "table-cell" and self._text:
            self._last = self._column
            self.characters_held += self._text * self._cell * self._repeat
        elif name == "table-row":
            self._row += self._repeat
            if self._last:
                self.rows, self.columns = self._row, max(self.columns, self._last)
        elif name == "table":
            self.cells += self.rows * self.columns
            self._row = self.rows = self.columns = 0
        if self.cells + self.rows * self.columns > self.limits.cells:
            raise KamError(f"has more than {self.limits.cells:,} cells, which is too large")
        if self.characters_held > self.limits.characters:
            most = self.limits.characters // 1_000_000
            raise KamError(f"holds more than {most} million characters, which is too large")


def check_open_document(file: IO[bytes], name: str, limits: Limits = TABLES) -> None:
    """Check an OpenDocument sheet.

    Raises:
        KamError: The file is not one, is damaged or too large.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > limits.unpacked:
                raise KamError(f"unpacks to {size / 1e6:,.0f} MB, which is too large")  # noqa: TRY301 -- one place adds the name
            _Size(limits).walk(archive.read(_CONTENT))
    except KamError as error:
        raise KamError(f"{name}: {error}") from None
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, KeyError, ValueError):
        raise KamError(f"{name}: {_DAMAGED}") from None
    # What zipfile raises for compression it does not know, a password, and damaged sizes.
    except (NotImplementedError, RuntimeError, OSError, OverflowError, MemoryError):
        raise KamError(f"{name}: is protected or packed in an unsupported way") from None
