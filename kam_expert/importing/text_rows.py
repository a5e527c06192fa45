"""Detect the encoding and the delimiter of text files."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, shortened
from kam_expert.facts.plain_text import mixed_word
from kam_expert.importing.csv_chunks import csv_chunks
from kam_expert.importing.csv_rows import CsvFormat, line_numbers
from kam_expert.importing.table import SourceTable, names_of, plain_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from kam_expert.importing.correspondence import Sides
    from kam_expert.importing.mapping_documents import FileDoc

DELIMITERS = ",;\t|"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
#: Eight-bit encodings of exports in Ukraine.
_EIGHT_BIT = ["cp1251", "cp1252", "cp1250", "koi8_u", "cp866", "mac_cyrillic"]
_CYRILLIC = ("cp1251", "koi8_u", "cp866")
_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_LOOK_AT = 20
_USUAL = re.compile("[А-Яа-яІіЇїЄєҐґЁё«»„“”’–—…№•\u00a0]")
_CAPITAL_WITHIN = re.compile("[а-яіїєґё][А-ЯІЇЄҐЁ]")
_CYRILLIC_WORD = re.compile("[А-Яа-яІіЇїЄєҐґЁё]{3}")
#: With fewer characters that are not ASCII, any encoding fits.
_ENOUGH = 8
_LONGEST_LINE = 3_000_000


class FewCharactersError(KamError):
    """A file has too few characters to detect its encoding."""


def encodings_of(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the encodings of text files of one export.

    A file with too few characters has the encoding of the others that are not UTF-8.

    Raises:
        KamError: The detection of one fails.
    """
    found: dict[Path, str] = {}
    few: dict[Path, KamError] = {}
    for path in paths:
        try:
            found[path] = encoding_of(path)
        except FewCharactersError as error:
            few[path] = error
    others = set(found.values()) - {"utf-8", *_MARKS.values()}
    for path, why in few.items():
        if len(others) != 1:
            raise why
        (found[path],) = others
    return found


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file. Raises KamError if detection fails."""
    _check_lines(path)
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
        for mark, name in _MARKS.items():
            if head.startswith(mark):
                return name
        if b"\0" in head:
            return _without_mark(path, head)
        if _all_utf8(path):
            return "utf-8"
        file.seek(0)
        return _guessed(path, file)


def _check_lines(path: Path) -> None:
    """Reject a file with a line that would fill the memory."""
    before = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            before = len(chunk) - end - 1 if end >= 0 else before + len(chunk)
            if before > _LONGEST_LINE:
                most = _LONGEST_LINE // 1_000_000
                raise KamError(f"{path.name}: has a line of more than {most} MB")


def _without_mark(path: Path, head: bytes) -> str:
    # Latin letters, digits and delimiters have a zero byte before or after them in UTF-16.
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.2 * len(head) / 2 and 4 * min(even, odd) <= max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    raise KamError(f"{path.name}: not a text file (it has zero bytes)")


def _all_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
                if b"\0" in chunk:
                    raise KamError(f"{path.name}: not a text file (it has zero bytes)")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _guessed(path: Path, file: io.BufferedReader) -> str:
    # Only lines with non-English letters help to choose.
    sample = b""
    while len(sample) < _SAMPLE and (chunk := file.read(_CHUNK)):
        sample += b"".join(line for line in chunk.splitlines(keepends=True) if not line.isascii())
    sample = sample[:_SAMPLE]
    text = sample.decode("utf-8", "replace")
    if 2 * text.count("\ufffd") < sum(c > "\x7f" and c != "\ufffd" for c in text):
        raise KamError(
            f"{path.name}: is UTF-8 with invalid bytes; "
            "save it again, or give its encoding: --encoding NAME"
        )
    try:
        from charset_normalizer import from_bytes  # noqa: PLC0415 -- few files need it
    except ModuleNotFoundError:
        raise KamError(
            f"{path.name}: is not UTF-8; give its encoding, such as --encoding cp1251, "
            "or pip install kam-expert[crm]"
        ) from None
    if len(sample.translate(None, bytes(range(128)))) < _ENOUGH:
        if (only := _only_cyrillic(sample)) is not None:
            return only
        raise FewCharactersError(
            f"{path.name}: too few characters to detect the encoding; "
            "give it: --encoding NAME, such as cp1251"
        )
    if _is_ukrainian(sample.decode("cp1251", "replace")):
        return "cp1251"
    best = from_bytes(sample, cp_isolation=_EIGHT_BIT, enable_fallback=False).best()
    if best is None:
        raise KamError(f"{path.name}: unknown encoding; give it: --encoding NAME, such as cp1251")
    return best.encoding


def _only_cyrillic(sample: bytes) -> str | None:
    """Return the one Cyrillic encoding in which *sample* reads as words; None if there is not one.

    Few characters are enough if they make a word, because in another encoding it is none.
    """
    texts: dict[str, str] = {}
    for name in _CYRILLIC:
        text = sample.decode(name, "replace")
        if _is_ukrainian(text) and text not in texts.values():
            texts[name] = text
    name, text = texts.popitem() if len(texts) == 1 else ("", "")
    return name if _CYRILLIC_WORD.search(text) else None


def _is_ukrainian(text: str) -> bool:
    """Return whether *text* reads as Ukrainian or Russian words.

    Read in another encoding, the same bytes give odd letters, words of two alphabets, or capitals
    within words.
    """
    odd = {c for c in text if c > "\x7f" and not _USUAL.match(c)}
    return not odd and mixed_word(text) is None and not _CAPITAL_WITHIN.search(text)


def _text(path: Path, encoding: str) -> io.TextIOWrapper:
    try:
        return path.open(encoding=encoding, newline="", buffering=_CHUNK)
    except LookupError:
        raise KamError(f'unknown encoding "{shortened(encoding)}"') from None


@dataclass(frozen=True)
class TextOptions:
    """Options for text files.

    Attributes:
        columns: The names of the columns to read, normalized by `plain_name`.
        encoding: The encoding, if the user gave it.
        sides: Whose the addresses in mail and calendars are.
        day: The day of the export, if the user gave it.
        every: Whether to read all columns.
    """

    columns: frozenset[str]
    encoding: str | None = None
    sides: Sides | None = None
    day: date | None = None
    every: bool = False


def text_table(path: Path, doc: FileDoc, asked: TextOptions) -> SourceTable:
    """Return the table in a file of comma-, semicolon-, tab- or bar-separated values.

    Args:
        path: The file.
        doc: How the file is written, according to the mapping.
        asked: The columns to read, by which the delimiter is detected, and the encoding.

    Raises:
        KamError: The file is not such a table.
    """
    name = doc.encoding or asked.encoding or encoding_of(path)
    try:
        with _text(path, name) as file:
            sample = file.read(_SAMPLE)
    except UnicodeError:
        raise KamError(f"{path.name}: is not {name}; give its encoding: --encoding NAME") from None
    skip = 0
    delimiter = doc.delimiter
    if sample.lower().startswith("sep=") and len(sample.splitlines()[0]) == 5:  # noqa: PLR2004 -- sep=;
        delimiter, skip = delimiter or sample[4], 1
    body = "".join(sample.splitlines(keepends=True)[skip:])
    delimiter = delimiter or _delimiter(body, asked.columns)
    header, above = doc.columns, 0
    if header is None:
        rows = _first_rows(body, delimiter)
        at = heading(
            [row for _, row in rows],
            asked.columns,
            None if doc.header is None else sum(line <= doc.header - skip for line, _ in rows) - 1,
        )
        if at is None:
            raise KamError(f"{path.name}: is empty")
        above, cells = rows[at][0] - 1, rows[at][1]
        skip += above
        header = [cell.strip() for cell in cells]
        while header and not header[-1]:
            header.pop()
    layout = CsvFormat(path, name, delimiter, skip, doc.columns is None, len(header))
    wanted = [
        i
        for i, column in enumerate(header)
        if asked.every or not names_of(column).isdisjoint(asked.columns)
    ]
    how = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}.get(delimiter, delimiter)
    return SourceTable(
        (path.stem,),
        path.name,
        header,
        lambda: csv_chunks(layout, wanted),
        f"{name}, {how}{below(above)}",
        lines=lambda: line_numbers(layout),
        heading=0 if doc.columns else skip + 1,
    )


def below(lines: int) -> str:
    """Return the words for lines above the heading."""
    return f", {lines} line{'s' if lines > 1 else ''} above the heading" if lines else ""


def heading(
    rows: Sequence[Sequence[str]], columns: frozenset[str], stated: int | None = None
) -> int | None:
    """Return the position of the row with the names of the columns; None if all are empty.

    It is the first row with a text, or a later one with more names that the mapping knows. If only
    one more is known, all rows above must have so few cells that they are titles of the table
    rather than records.
    """
    filled = {at: sum(bool(cell.strip()) for cell in row) for at, row in enumerate(rows)}
    filled = {at: many for at, many in filled.items() if many}
    if not filled:
        return None
    if stated is not None:
        return min(max(stated, 0), len(rows) - 1)
    first = next(iter(filled))
    known = {
        at: len({name for cell in rows[at] for name in names_of(cell)} & columns) for at in filled
    }
    for at in filled:
        above = [many for before, many in filled.items() if before < at]
        more = known[at] - known[first]
        if more > 1 or (more == 1 and 2 * max(above) <= filled[at]):
            return at
    return first


def _first_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the first rows, each with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for row in islice(reader, _LOOK_AT):
            rows.append((before + 1, row))
            before = reader.line_num
    except csv.Error:
        pass
    return rows


def _delimiter(text: str, columns: frozenset[str]) -> str:
    """Return the delimiter with most known column names, then with most columns in all rows."""

    def merit(delimiter: str) -> tuple[int, bool, int]:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            rows = [row for row in islice(lines, _LOOK_AT) if row]
        except csv.Error:
            return 0, False, 0
        # The sample may end within its last row.
        widths = [len(row) for row in rows[:-1] or rows]
        known = max((sum(plain_name(cell) in columns for cell in row) for row in rows), default=0)
        narrow = min(widths, default=0)
        return known, narrow > 1 and narrow == max(widths), narrow

    return max(DELIMITERS, key=merit)
