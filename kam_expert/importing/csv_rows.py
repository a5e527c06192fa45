"""Rows of a CSV file in batches."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Rows = list[list[str]]
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


def row_batches(layout: CsvFormat) -> Iterator[Rows]:
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
