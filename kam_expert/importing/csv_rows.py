"""Rows of a CSV file in batches."""

from __future__ import annotations

import csv
import io
from array import array
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Rows = list[list[str]]
#: With more lines of one cell at the end, the file is broken rather than a report with a footer.
_MOST_CLOSING = 20
#: A batch of this size fits in the cache of a processor.
ROWS, _CHARACTERS = 1000, 4_000_000
_FEW = 50
_PIECE, _BUFFER = 1 << 16, 1 << 20


@dataclass(frozen=True)
class CsvFormat:
    """How a file is written.

    Attributes:
        path: The file.
        encoding, delimiter: As Python names them.
        skip: The number of lines to skip before the header.
        header: Whether the first row is a header.
        width: The number of cells in a row.
    """

    path: Path
    encoding: str
    delimiter: str
    skip: int
    header: bool
    width: int


class RowBatch(NamedTuple):
    """Rows that follow each other; the last *closing* ones are lines below the table."""

    rows: Rows
    closing: int = 0


def row_batches(layout: CsvFormat) -> Iterator[RowBatch]:
    """Yield the rows of a file in batches, without empty lines.

    Lines of one cell below a table of several columns are the closing lines of a report.

    Raises:
        KamError: The file is not valid CSV, or not in its encoding.
    """
    held: Rows = []
    for rows in _row_batches(layout):
        batch, held = held + rows, []
        while layout.width > 1 and batch and len(batch[-1]) == 1:
            held.insert(0, batch.pop())
        if len(held) > _MOST_CLOSING:
            batch, held = batch + held, []
        yield RowBatch(batch)
    if held:
        yield RowBatch(held, len(held))


def line_numbers(layout: CsvFormat) -> array[int]:
    """Return the line of the file on which each row begins; lines after a fault are left out."""
    lines = array("I")
    try:
        with layout.path.open(encoding=layout.encoding, newline="", buffering=_BUFFER) as file:
            for _ in range(layout.skip):
                file.readline()
            reader = csv.reader(file, delimiter=layout.delimiter, strict=True)
            if layout.header:
                next(reader, None)
            before = reader.line_num
            for row in reader:
                if any(row):
                    lines.append(before + layout.skip + 1)
                before = reader.line_num
    except (csv.Error, UnicodeError, OSError):
        pass
    return lines


def _row_batches(layout: CsvFormat) -> Iterator[Rows]:
    """Yield the rows of a file in batches, without empty lines.

    Raises:
        KamError: The file is not valid CSV, or not in its encoding.
    """
    name = layout.path.name
    taken = done = 0

    def pieces() -> Iterator[io.StringIO]:
        nonlocal taken
        while text := file.read(_PIECE):
            # `readline` keeps a line and its line break in one piece.
            piece = text + file.readline()
            taken += len(piece)
            yield io.StringIO(piece, newline="")

    with layout.path.open(encoding=layout.encoding, newline="", buffering=_BUFFER) as file:
        for _ in range(layout.skip):
            file.readline()
        reader = csv.reader(chain.from_iterable(pieces()), delimiter=layout.delimiter, strict=True)
        try:
            if layout.header:
                next(reader, None)
            while batch := list(islice(reader, _FEW)):
                while (
                    len(batch) < ROWS
                    and taken < _CHARACTERS
                    and (more := list(islice(reader, _FEW)))
                ):
                    batch += more
                taken = 0
                if not all(map(any, batch)):
                    # Spreadsheets leave empty lines below a table.
                    batch = [row for row in batch if any(row)]
                done += len(batch)
                yield batch
        except csv.Error as error:
            line = reader.line_num + layout.skip
            raise KamError(f"{name}:{line}: is not valid CSV: {_reason(error)}") from None
        except UnicodeError:
            raise KamError(
                f"{name}: is not {layout.encoding} after row {done}; "
                "give its encoding: --encoding NAME"
            ) from None


def _reason(error: csv.Error) -> str:
    text = " ".join(str(error).split())
    return "unclosed quote" if text == "unexpected end of data" else text
