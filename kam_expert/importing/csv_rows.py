"""Rows of a CSV file; run by its path, the same column by column, so that another core parts them.

What is read comes as JSON on standard input, the columns go to standard output (`columns_of`). It
imports nothing of this project, so that it starts at once wherever the file lies.
"""

from __future__ import annotations

import csv
import gc
import io
import json
import marshal
import sys
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: So many rows at a time stay near the processor.
ROWS, _CHARACTERS = 1000, 4_000_000
_FEW = 50
_PIECE, _BUFFER = 1 << 16, 1 << 20
#: What may part cells: printable, so that it makes no text unprintable, and seldom met.
_BETWEEN = "~^`"
_SIZE = 8
_MOST_CODES = 256
#: The different cells and one of them a row; or what stands between the cells, these, and whether
#: some say nothing.
Packed = tuple[Any, Any, bool]


class UnreadableError(Exception):
    """A file cannot be parted into rows; the message goes on after its name."""


@dataclass(frozen=True)
class CsvFormat:
    """How a file is written.

    Attributes:
        path: The file.
        encoding, delimiter: As Python calls them.
        skip: So many lines before the header say nothing.
        header: Whether the first row is one.
        width: How many cells a row should have.
        wanted: The numbers of the columns that somebody asks for.
        days: The numbers of those of which only the day is asked for.
        unknown: Cells that say nothing.
        longest: Texts of more characters are nothing but text.
    """

    path: str
    encoding: str
    delimiter: str
    skip: int
    header: bool
    width: int
    wanted: list[int]
    days: list[int]
    unknown: list[str]
    longest: int


def row_batches(layout: CsvFormat) -> Iterator[list[list[str]]]:
    """Yield the rows of a file, some at a time; a line without anything in it is no row.

    Raises:
        UnreadableError: The file cannot be parted into rows, or holds other letters than it should.
    """
    taken = done = 0

    def pieces() -> Iterator[io.StringIO]:
        nonlocal taken
        while text := file.read(_PIECE):
            # A line, and its two signs of an end, stay whole.
            piece = text + file.readline()
            taken += len(piece)
            yield io.StringIO(piece, newline="")

    with open(layout.path, encoding=layout.encoding, newline="", buffering=_BUFFER) as file:  # noqa: PTH123 -- Path.open says the same and costs an import
        for _ in range(layout.skip):
            file.readline()
        lines = chain.from_iterable(pieces())
        reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
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
                    # As spreadsheets leave them below a table.
                    batch = [row for row in batch if any(row)]
                done += len(batch)
                yield batch
        except csv.Error as error:
            what = " ".join(str(error).split())
            line = reader.line_num + layout.skip
            raise UnreadableError(f":{line}: cannot be parted into rows ({what})") from None
        except UnicodeError:
            raise UnreadableError(
                f": is not {layout.encoding} after row {done}; say its encoding: --encoding NAME"
            ) from None


def without_time(cell: str) -> str:
    """Return a date without the time of day, which makes every one of them another."""
    return cell[:10] if cell[10:11] in ("T", " ") else cell


def columns_of(rows: list[list[str]], layout: CsvFormat) -> tuple[Any, ...]:
    """Return rows column by column, as they travel.

    Returns:
        How many rows there are; by number of a row how many cells it has, where it has the wrong
        number, and its cells are empty; by number of a column its cells, for `unpacked`, and
        whether all are printable and not too long; by number the days of the other columns.
    """
    odd: dict[int, int] = {}
    if set(map(len, rows)) != {layout.width}:
        odd = {i: len(row) for i, row in enumerate(rows) if len(row) != layout.width}
    for i in odd:
        rows[i] = [""] * layout.width
    columns = list(zip(*rows, strict=True))
    unknown = frozenset(layout.unknown)
    sent, days = {}, {}
    for i in layout.wanted if columns else ():
        if i in layout.days:
            cells = [
                "" if (bare := cell.strip()) in unknown else without_time(bare)
                for cell in columns[i]
            ]
            days[i] = _packed(cells)
        else:
            sent[i] = _sent(columns[i], unknown, layout.longest)
    return len(rows), odd, sent, days


def _sent(cells: Sequence[str], unknown: frozenset[str], longest: int) -> tuple[Packed, bool]:
    """Return a column packed, and whether it is plain."""
    if (different := _different(cells)) is not None:
        meant = {cell: "" if (bare := cell.strip()) in unknown else bare for cell in different}
        plain = all(cell.isprintable() and len(cell) <= longest for cell in meant.values())
        return _coded(cells, meant), plain
    between, text = _joined(cells)
    printable = text.isprintable()
    # No other space than " " is printable.
    if not printable or (
        f" {between}" in text or f"{between} " in text or text[:1] == " " or text[-1:] == " "
    ):
        cells = [cell.strip() for cell in cells]
        between, text = _joined(cells)
        printable = text.isprintable()
    if gaps := not unknown.isdisjoint(cells):
        cells = ["" if cell in unknown else cell for cell in cells]
        between, text = _joined(cells)
    plain = printable and (_short(text, between, longest) or max(map(len, cells)) <= longest)
    return (between, text if between else list(cells), gaps), plain


def _short(text: str, between: str, longest: int) -> bool:
    """Return whether surely no cell is too long: one that is holds a whole piece of half of that."""
    half = longest // 2
    return bool(between) and all(
        between in text[at : at + half] for at in range(0, len(text) - half, half)
    )


def _different(cells: Sequence[str]) -> set[str] | None:
    """Return the different cells of a column if these are few."""
    if 2 * len(set(cells[:_FEW])) > _FEW:
        return None
    different = set(cells)
    return different if len(different) < _MOST_CODES else None


def _packed(cells: Sequence[str]) -> Packed:
    if (different := _different(cells)) is not None:
        return _coded(cells, {cell: cell for cell in different})
    between, text = _joined(cells)
    return between, text if between else list(cells), "" in cells


def _coded(cells: Sequence[str], meant: dict[str, str]) -> Packed:
    codes = {cell: code for code, cell in enumerate(meant)}
    return [word or None for word in meant.values()], bytes(map(codes.__getitem__, cells)), False


def _joined(cells: Sequence[str]) -> tuple[str, str]:
    """Return a sign that stands in no cell, if there is one, and the cells with it between them."""
    for between in _BETWEEN:
        text = between.join(cells)
        if text.count(between) < len(cells):
            return between, text
    return "", " ".join(cells)


def unpacked(packed: Packed) -> list[str | None]:
    """Return the cells of a column, None where they say nothing."""
    how, what, gaps = packed
    if isinstance(how, list):
        return list(map(how.__getitem__, what))
    cells = what.split(how) if how else what
    return [cell or None for cell in cells] if gaps else cells


def send(layout: CsvFormat, out: IO[bytes]) -> None:
    """Write the columns of a file, batch by batch, each after its size; last the end or a fault."""
    try:
        for rows in row_batches(layout):
            _put(columns_of(rows, layout), out)
        _put(None, out)
    except UnreadableError as error:
        _put(str(error), out)
    out.flush()


def _put(what: Any, out: IO[bytes]) -> None:
    data = marshal.dumps(what)
    out.write(len(data).to_bytes(_SIZE, "little"))
    out.write(data)


def received(source: IO[bytes]) -> Iterator[tuple[Any, ...]]:
    """Yield what `send` wrote.

    Raises:
        UnreadableError: As `row_batches` raises it.
        EOFError: It stops before its end.
    """
    while size := int.from_bytes(source.read(_SIZE), "little"):
        data = source.read(size)
        if len(data) < size:
            break
        what = marshal.loads(data)  # noqa: S302 -- what this very file has written
        if what is None:
            return
        if isinstance(what, str):
            raise UnreadableError(what)
        yield what
    raise EOFError


def order(layout: CsvFormat) -> bytes:
    """Return what such a process is told on its standard input."""
    return json.dumps(asdict(layout)).encode()


if __name__ == "__main__":
    gc.disable()  # nothing here goes in circles
    send(CsvFormat(**json.load(sys.stdin)), sys.stdout.buffer)
