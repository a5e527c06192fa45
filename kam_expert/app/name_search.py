"""Search files for a person’s name: cases, earlier reports, tables of runs, databases, caches."""

from __future__ import annotations

import codecs
import html
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from kam_expert.facts.name_forms import MARK, NameForms
from kam_expert.facts.near_names import NearNames
from kam_expert.results.certificate import SearchedPlace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kam_expert.results.certificate import Unsearched, What

#: Bytes of a file, or of what it holds unpacked.
_MOST_BYTES = 256 * 1024 * 1024
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")
_PDF, _PARQUET = b"%PDF-", b"PAR1"
_TAG = re.compile(r"<[^<>]{0,2000}>")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
#: Names of `kam_expert.knowledge.rule_cache` and `kam_expert.outputs.templating`.
_COMPILED = re.compile(r"\.?rules-.*|template-.*\.cache")
#: Long lines of calendars and mails go on in the next one.
_CONTINUED = re.compile(r"\r?\n[ \t]|=\r?\n")


class _UnsearchableError(Exception):
    def __init__(self, reason: Unsearched) -> None:
        super().__init__(reason)
        self.reason = reason


class NameSearch:
    """Searches texts and files for one person.

    Args:
        forms: Finds the names.
    """

    def __init__(self, forms: NameForms) -> None:
        self.forms = forms
        self.near = NearNames(forms)

    def count(self, texts: Iterable[str], *, near: bool = True) -> tuple[int, int]:
        """Return how many texts name the person, and how many different words may be the name.

        Args:
            texts: The texts.
            near: Whether to look for such words; otherwise their number is 0.
        """
        named = 0
        words = set()
        for text in texts:
            named += self.forms.are_in(text)
            if near:
                words |= set(self.near.in_text(text))
        return named, len(words)

    def place(self, what: What, name: str, texts: Iterable[str], found: int = 0) -> SearchedPlace:
        """Return the result for texts that are not a file of their own."""
        left, like = self.count(texts)
        return SearchedPlace(what, self.masked(name), found, left, like)

    def masked(self, name: str) -> str:
        """Return the name of a place without names of the person."""
        left = self.forms.without(name) or MARK
        for word in self.near.in_text(left):
            left = left.replace(word.word, MARK)
        return left

    def path(self, what: What, path: Path) -> Iterator[SearchedPlace]:
        """Yield the result for a file, or for each file of a folder that has something to say.

        In databases, which hold much else, only surely found names count. Of the cache, compiled
        rules and templates are not searched: nothing of a case is in them.
        """
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file())
            if what == "cache":
                files = [file for file in files if not _COMPILED.match(file.name)]
            results = [self._file(what, file) for file in files]
            spoken = [one for one in results if one.left or one.like or one.unsearched]
            clean = len(results) - len(spoken)
            yield SearchedPlace(what, f"{self.masked(str(path))} ({clean})", 0, 0, 0)
            yield from spoken
        else:
            yield self._file(what, path)

    def _file(self, what: What, path: Path) -> SearchedPlace:
        name = self.masked(str(path))
        try:
            near = what != "database"
            left, like = self.count([path.name, *_texts_in(path)], near=near)
        except _UnsearchableError as error:
            return SearchedPlace(what, name, 0, 0, 0, error.reason)
        # A text may come twice, with and without its markup.
        return SearchedPlace(what, name, 0, min(left, 1), like)


def _texts_in(path: Path) -> Iterator[str]:
    """Yield the texts of a file. Raises _UnsearchableError."""
    try:
        if not path.is_file():
            raise _UnsearchableError("missing")
        if path.stat().st_size > _MOST_BYTES:
            raise _UnsearchableError("too_large")
        data = path.read_bytes()
    except OSError:
        raise _UnsearchableError("unreadable") from None
    if data.startswith(_PDF):
        yield from _pdf_texts(path)
    elif data.startswith(_PARQUET):
        yield from _parquet_texts(path)
    elif data.startswith(_ARCHIVES):
        yield from _archive_texts(path)
    else:
        yield from _plain_texts(data)


def _plain_texts(data: bytes) -> Iterator[str]:
    for text in _decoded(data):
        yield from _markup_free(
            _ESCAPED.sub(lambda found: chr(int(found[1], 16)), _CONTINUED.sub("", text))
        )


def _decoded(data: bytes) -> Iterator[str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield data.decode("utf-16", errors="replace")
        return
    text = data.decode(errors="replace")
    yield text
    if "\ufffd" in text and b"\0" not in data:
        yield data.decode("cp1251", errors="replace")


def _markup_free(text: str) -> Iterator[str]:
    if "<" in text and ">" in text:
        yield html.unescape(text)
        # A name may be split by tags, as the runs of a cell are.
        yield html.unescape(_TAG.sub("", text))
    else:
        yield html.unescape(text)


def _archive_texts(path: Path) -> Iterator[str]:
    left = _MOST_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                yield member.filename
                with archive.open(member) as file:
                    data = file.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise _UnsearchableError("too_large")
                yield from _plain_texts(data)
    # The second half: unknown compression, a password, and a file that ends too early.
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _UnsearchableError("unreadable") from None


def _pdf_texts(path: Path) -> Iterator[str]:
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ModuleNotFoundError:
        raise _UnsearchableError("format") from None
    try:
        reader = PdfReader(path)
        yield str(dict(reader.metadata or {}))
        yield from (page.extract_text() for page in reader.pages)
    except (PyPdfError, ValueError, OSError, KeyError, AttributeError, TypeError):
        raise _UnsearchableError("unreadable") from None


def _parquet_texts(path: Path) -> Iterator[str]:
    try:
        from kam_expert.engines.portfolio.reading.cell_texts import parquet_texts
    except ModuleNotFoundError:
        raise _UnsearchableError("format") from None
    try:
        yield from parquet_texts(path)
    except ValueError:
        raise _UnsearchableError("unreadable") from None
