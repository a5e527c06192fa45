"""The rows of each chunk of accounts in a table.

A table in the order of the accounts is read in slices. Any other table is first split by chunk into
a temporary folder, in one pass that keeps only the keys in memory.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.reading.tables_in import InputTable, unreadable
from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHUNK = "_chunk"
_ALL = (1 << 32) - 1
#: How many times the size of the first chunk is halved.
_HALVINGS = 2


@dataclass(frozen=True)
class SlicedTable:
    """A table in the order of the accounts; chunk *i* has the rows ``starts[i]:starts[i + 1]``."""

    table: InputTable
    starts: Sequence[int]

    def chunk(self, number: int) -> pl.LazyFrame:
        """Return the rows of a chunk."""
        start, end = self.starts[number], self.starts[number + 1]
        return self.table.scan.slice(start, end - start)


@dataclass(frozen=True)
class SplitTable:
    """A table split by chunk into folders."""

    table: InputTable
    folder: Path

    def chunk(self, number: int) -> pl.LazyFrame:
        """Return the rows of a chunk."""
        folder = self.folder / f"{_CHUNK}={number}"
        if not folder.is_dir():
            return self.table.scan.clear()
        return pl.scan_parquet(folder / "*.parquet", hive_partitioning=False).sort(ROW)


Located = SlicedTable | SplitTable


def parquet_of(table: InputTable, temporary: Path) -> InputTable:
    """Return *table* in a format that can be read in slices."""
    if table.slices:
        return table
    path = temporary / f"{table.name}.parquet"
    try:
        table.scan.sink_parquet(path, compression="lz4", statistics=False)
    except pl.exceptions.PolarsError as error:
        raise unreadable(table.file, error) from None
    return InputTable(table.name, table.file, pl.scan_parquet(path))


def starts_of(accounts: int, size: int) -> list[int]:
    """Return the start of each chunk of at most *size* accounts, and the end.

    Reading, judging and writing run in parallel on different chunks. The first chunks are small, so
    that judging starts early, and so are the last, because they are written alone.
    """
    if accounts <= size:
        return [0, accounts]
    rising = [size >> shift or 1 for shift in range(_HALVINGS, 0, -1)]
    while 2 * sum(rising) + size > accounts and rising:
        rising.pop()
    left = accounts - 2 * sum(rising)
    count = -(-left // size)
    even = [left * (n + 1) // count - left * n // count for n in range(count)]
    return list(accumulate([*rising, *even, *reversed(rising)], initial=0))


class Order:
    """The chunks of the accounts, in the order of their table.

    Args:
        accounts: The ids of the accounts.
        size: Maximum number of accounts in a chunk.

    Attributes:
        starts: The start of each chunk, and the end.
    """

    def __init__(self, accounts: pl.Series, size: int) -> None:
        self.accounts = accounts
        self.starts = starts_of(accounts.len(), size)
        self.chunks = len(self.starts) - 1

    def slice(self, number: int) -> tuple[int, int]:
        """Return the start of a chunk and its number of accounts."""
        return self.starts[number], self.starts[number + 1] - self.starts[number]

    def chunk_of(self, place: int) -> int:
        """Return the chunk of the account at *place*."""
        return bisect_right(self.starts, place, hi=self.chunks) - 1

    @cached_property
    def _by_id(self) -> bool:
        return self.accounts.null_count() == 0 and self.accounts.is_sorted()

    @cached_property
    def _keys(self) -> pl.DataFrame:
        """Return the distinct ids with their chunks."""
        chunks = [
            pl.repeat(number, self.slice(number)[1], dtype=pl.UInt32, eager=True)
            for number in range(self.chunks)
        ]
        keys = self.accounts.to_frame().with_columns(pl.concat(chunks).alias(_CHUNK))
        return keys.filter(pl.col("account").is_not_null()).unique("account", keep="first")

    def locate(self, table: InputTable, temporary: Path) -> Located:
        """Locate the rows of each chunk.

        Args:
            table: A table with the column ``account``.
            temporary: The folder in which an unordered table is split.
        """
        if self.chunks == 1:
            return SlicedTable(table, [0, _ALL])
        named = table.scan.with_columns(pl.col("account").cast(pl.String))
        try:
            if table.slices and (starts := self._starts(named)):
                return SlicedTable(table, starts)
            folder = temporary / f"split_{table.name}"
            keyed = named.join(self._keys.lazy(), on="account", how="left")
            keyed.with_columns(pl.col(_CHUNK).fill_null(0)).sink_parquet(
                pl.PartitionBy(folder, key=_CHUNK, include_key=False),
                compression="lz4",
                statistics=False,
                mkdir=True,
            )
        except pl.exceptions.PolarsError as error:
            raise unreadable(table.file, error) from None
        return SplitTable(table, folder)

    def _starts(self, rows: pl.LazyFrame) -> list[int]:
        """Return the start of each chunk, and the end; empty if the chunks are mixed."""
        account = pl.col("account")
        first = rows.select("account", ROW).filter(account.ne_missing(account.shift()))
        heads = first.collect(engine="streaming").sort(ROW)
        named = heads["account"]
        # A row of an unknown account belongs to the chunk around it, which reports the fault.
        if self._by_id and named.null_count() == 0 and named.is_sorted():
            places = named.search_sorted(self.accounts.gather(self.starts[:-1]), "left")
        else:
            found = heads.join(self._keys, on="account", how="left", maintain_order="left")
            chunks = found[_CHUNK].forward_fill().fill_null(0)
            if not chunks.is_sorted():
                return []
            every = pl.Series(range(self.chunks), dtype=chunks.dtype)
            places = chunks.search_sorted(every, "left")
        count = rows.select(pl.len()).collect().item()
        before = [*(heads[ROW].cast(pl.Int64) - 1).to_list(), count]
        return [0, *(before[place] for place in places.to_list()[1:]), count]
