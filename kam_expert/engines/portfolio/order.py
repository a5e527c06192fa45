"""Which rows of a table belong to which chunk of accounts.

A table whose rows come in the order of the accounts is read in slices. Any other is first parted
by chunk into a temporary folder, in one pass that needs no more memory than the keys do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.tables_in import Table, unreadable
from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHUNK = "_chunk"
_ALL = (1 << 32) - 1


@dataclass(frozen=True)
class Sliced:
    """A table in the order of the accounts; chunk *i* are the rows ``starts[i]:starts[i + 1]``."""

    table: Table
    starts: Sequence[int]

    def chunk(self, number: int) -> pl.LazyFrame:
        """Give the rows of a chunk."""
        start, end = self.starts[number], self.starts[number + 1]
        return self.table.scan.slice(start, end - start)


@dataclass(frozen=True)
class Parted:
    """A table parted by chunk into folders."""

    table: Table
    folder: Path

    def chunk(self, number: int) -> pl.LazyFrame:
        """Give the rows of a chunk."""
        folder = self.folder / f"{_CHUNK}={number}"
        if not folder.is_dir():
            return self.table.scan.clear()
        return pl.scan_parquet(folder / "*.parquet", hive_partitioning=False).sort(ROW)


Located = Sliced | Parted


def parquet_of(table: Table, temporary: Path) -> Table:
    """Give *table* in a form of which slices can be read."""
    if table.slices:
        return table
    path = temporary / f"{table.name}.parquet"
    try:
        table.scan.sink_parquet(path, compression="lz4", statistics=False)
    except pl.exceptions.PolarsError as error:
        raise unreadable(table.file, error) from None
    return Table(table.name, table.file, pl.scan_parquet(path))


def locate(table: Table, ids: pl.DataFrame, size: int, temporary: Path) -> Located:
    """Find where the rows of each chunk stand.

    Args:
        table: With a column ``account``.
        ids: Columns ``account`` (text, each once) and ``_chunk``.
        size: How many chunks there are.
        temporary: Where a table that is not in order is parted.
    """
    if size == 1:
        return Sliced(table, [0, _ALL])
    keyed = table.scan.with_columns(pl.col("account").cast(pl.String)).join(
        ids.lazy(), on="account", how="left", maintain_order="left"
    )
    # A row of no known account goes with the row before it: it is found out in that chunk.
    try:
        if table.slices:
            chunks = keyed.select(_CHUNK).collect(engine="streaming")[_CHUNK]
            chunks = chunks.forward_fill().fill_null(0)
            if chunks.is_sorted():
                starts = chunks.search_sorted(pl.Series(range(size), dtype=chunks.dtype), "left")
                return Sliced(table, [*starts.to_list(), chunks.len()])
        folder = temporary / f"parted_{table.name}"
        keyed.with_columns(pl.col(_CHUNK).fill_null(0)).sink_parquet(
            pl.PartitionBy(folder, key=_CHUNK, include_key=False),
            compression="lz4",
            statistics=False,
            mkdir=True,
        )
    except pl.exceptions.PolarsError as error:
        raise unreadable(table.file, error) from None
    return Parted(table, folder)
