"""Check a workbook before it is read: its unpacked size, and cells with errors.

A workbook is a zip of XML files. A small one can unpack to gigabytes (a repeated text, a cell in
the last row and column, a file of zeros), so sizes are checked before the library reads it. The
library returns an error value such as #REF!, and a formula without a value, as an empty cell; an
error is not a missing answer.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING
from xml.parsers import expat

from kam_expert.errors import KamError
from kam_expert.facts.number_text import whole_number
from kam_expert.facts.workbook_xml import WorkbookXml

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """How large a workbook may be.

    Attributes:
        packed: Bytes of the file.
        unpacked: Bytes of the files inside.
        cells: Cells of the used areas of all sheets, filled or not.
        characters: Characters of all cells; a repeated text counts repeatedly.
        parts: Files inside.
    """

    packed: int = 8_000_000
    unpacked: int = 12_000_000
    cells: int = 400_000
    characters: int = 48_000_000
    parts: int = 500


#: For one account (a filled-in template needs a hundredth of this), and for tables of many.
ONE_ACCOUNT = Limits()
TABLES = Limits(packed=20_000_000, unpacked=40_000_000, cells=1_000_000)
#: The limits of Excel.
_ROWS, _COLUMNS = 1_048_576, 16_384
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})\Z")
_PERCENT = ("9", "10")
_DAMAGED = "is not a workbook (.xlsx), or is damaged; save it again as .xlsx"


@dataclass
class Parts:
    """Cells of a workbook that need care.

    Attributes:
        spoiled: By sheet, cells (row and column from 1) with an error or a formula without a value,
            with the messages.
        percents: By sheet, cells formatted as percent: 0.12 means 12 %.
    """

    spoiled: dict[str, dict[tuple[int, int], str]] = field(default_factory=dict)
    percents: dict[str, set[tuple[int, int]]] = field(default_factory=dict)


class _Part(WorkbookXml):
    """What one file of a workbook says about sizes and cells."""

    damaged = _DAMAGED
    encoding = "UTF-8"

    def __init__(self, limits: Limits = ONE_ACCOUNT) -> None:
        self.limits = limits
        self.spoiled: dict[tuple[int, int], str] = {}
        self.styles: dict[tuple[int, int], str] = {}
        self.references: Counter[int] = Counter()
        self.texts: list[int] = []
        self.inline = 0
        self.sheets: list[tuple[str, str]] = []
        self.targets: dict[str, str] = {}
        self.formats: dict[str, str] = {}
        self.styled: list[str] = []
        self.last = (0, 0)
        self._row = self._column = 0
        self._cell: dict[str, str] | None = None
        self._formula = self._in_styles = False
        self._value: list[str] | None = None
        self._text: int | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "row":
                self._row = whole_number(attributes.get("r"), self._row + 1)
                self._column = 0
            case "c":
                self._place(attributes.get("r", ""))
                self._cell, self._formula, self._value = attributes, False, None
            case "f":
                self._formula = True
            case "v" | "t" if self._cell is not None:
                self._value = self._value or []
            case "si":
                self._text = 0
            case "sheet":
                relation = next((v for k, v in attributes.items() if k.endswith("}id")), "")
                self.sheets.append((attributes.get("name", ""), relation))
            case "Relationship":
                self.targets[attributes.get("Id", "")] = attributes.get("Target", "")
            case "numFmt":
                self.formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            case "cellXfs":
                self._in_styles = True
            case "xf" if self._in_styles:
                self.styled.append(attributes.get("numFmtId", ""))

    def _place(self, text: str) -> None:
        if found := _PLACE.match(text):
            self._column = 0
            for letter in found[1].upper():
                self._column = self._column * 26 + ord(letter) - ord("A") + 1
            self._row = int(found[2])
        elif text:
            raise KamError(f'has an invalid cell reference "{text[:20]}"')
        else:
            self._column += 1
        here = (self._row, self._column)
        if not (0 < here[0] <= _ROWS and 0 < here[1] <= _COLUMNS):
            raise KamError(f'has a cell "{text[:20]}" beyond the last row or column of a sheet')
        self.last = (max(self.last[0], here[0]), max(self.last[1], here[1]))
        _check_grid(self.grid, self.limits)

    def characters(self, text: str) -> None:
        if self._text is not None:
            self._text += len(text)
        elif self._value is not None:
            self._value.append(text)
            self.inline += len(text)

    def end(self, name: str) -> None:
        if name == "si" and self._text is not None:
            self.texts.append(self._text)
            self._text = None
        elif name == "cellXfs":
            self._in_styles = False
        elif name == "c" and self._cell is not None:
            self._cell_ended(self._cell, "".join(self._value or ()))
            self._cell = self._value = None

    def _cell_ended(self, cell: dict[str, str], value: str) -> None:
        here, kind = (self._row, self._column), cell.get("t", "n")
        if kind == "s":
            self.references[whole_number(value.strip(), -1)] += 1
        elif kind == "e":
            self.spoiled[here] = f"holds the error {value.strip()[:20]}; put a value there"
        elif self._formula and not value and kind != "str":
            self.spoiled[here] = "holds a formula without a value; put a value there"
        if "s" in cell and kind == "n" and value:
            self.styles[here] = cell["s"]

    @property
    def grid(self) -> int:
        """Return the number of cells in the used area of the sheet."""
        return self.last[0] * self.last[1]


def parts_of(file: IO[bytes], name: str, limits: Limits = ONE_ACCOUNT) -> Parts:
    """Check a workbook.

    Args:
        file: The workbook, open for reading.
        name: Its name in messages.
        limits: Its maximum size.

    Returns:
        The cells that need care.

    Raises:
        KamError: The file is not a workbook, is damaged or too large.
    """
    walked = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for info in _entries(archive, limits):
                data = archive.read(info)
                if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    raise KamError("is not in UTF-8 inside; save it again as .xlsx")  # noqa: TRY301 -- one place adds the name
                if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
                    walked[posixpath.normpath(info.filename).lower()] = part = _Part(limits)
                    part.walk(data)
        _check_size(list(walked.values()), limits)
    except KamError as error:
        raise KamError(f"{name}: {error}") from None
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError):
        raise KamError(f"{name}: {_DAMAGED}") from None
    except (NotImplementedError, RuntimeError):
        raise KamError(f"{name}: is protected or packed in an unsupported way") from None
    except (ValueError, OSError, OverflowError, MemoryError, LookupError):
        raise KamError(f"{name}: {_DAMAGED}") from None
    return _by_sheet(walked)


def _entries(archive: zipfile.ZipFile, limits: Limits) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > limits.parts:
        raise KamError(f"has {len(entries)} files inside, at most {limits.parts} are read")
    # Python rejects an entry that is larger than its declared size.
    size = sum(entry.file_size for entry in entries)
    if size > limits.unpacked:
        most = limits.unpacked // 1_000_000
        raise KamError(f"unpacks to {size / 1e6:,.0f} MB, at most {most} MB are read")
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise KamError("has duplicate file names inside")
    return entries


def _check_grid(cells: int, limits: Limits) -> None:
    if cells > limits.cells:
        raise KamError(
            f"has sheets of {cells:,} cells, at most {limits.cells:,} are read; "
            "delete the empty rows and columns after the last answer"
        )


def _check_size(parts: list[_Part], limits: Limits) -> None:
    _check_grid(sum(part.grid for part in parts), limits)
    references: Counter[int] = Counter()
    for part in parts:
        references.update(part.references)
    texts = [part.texts for part in parts if part.texts]
    inline = sum(part.inline for part in parts)
    size = inline + sum(
        count * max((t[index] for t in texts if 0 <= index < len(t)), default=0)
        for index, count in references.items()
    )
    if size > limits.characters:
        most = limits.characters // 1_000_000
        raise KamError(
            f"holds {size / 1e6:,.0f} million characters, at most {most} million are read"
        )


def _by_sheet(parts: dict[str, _Part]) -> Parts:
    book = parts.get("xl/workbook.xml", _Part())
    targets = parts.get("xl/_rels/workbook.xml.rels", _Part()).targets
    styles = parts.get("xl/styles.xml", _Part())
    percent = {
        str(index)
        for index, code in enumerate(styles.styled)
        if code in _PERCENT or "%" in styles.formats.get(code, "").replace('"%"', "")
    }
    found = Parts()
    for name, relation in book.sheets:
        target = targets.get(relation, "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
        sheet = parts.get(posixpath.normpath(path).lower())
        if sheet is not None:
            found.spoiled[name] = sheet.spoiled
            found.percents[name] = {at for at, style in sheet.styles.items() if style in percent}
    return found


def open_checked(path: Path, name: str, limits: Limits = ONE_ACCOUNT) -> IO[bytes]:
    """Return the file at *path*, open for reading, if it can be a workbook.

    Raises:
        KamError: It is missing, a folder, not readable or too large.
    """
    try:
        if path.is_dir():
            raise KamError(f"{name}: is a folder, a file is needed")
        size = path.stat().st_size
        if size > limits.packed:
            most = f"at most {limits.packed / 1e6:.0f} MB are read"
            raise KamError(f"{name}: {size / 1e6:.0f} MB is too large, {most}")
        file = path.open("rb")
    except FileNotFoundError:
        raise KamError(f"{name}: no such file") from None
    except OSError as error:
        raise KamError(f"{name}: cannot be read ({error.strerror or error})") from None
    return file
