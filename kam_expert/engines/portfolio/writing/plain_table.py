"""Plain rows as a Parquet file."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TYPES: dict[type, Any] = {
    str: pl.String(), int: pl.Int64(), bool: pl.Boolean(), date: pl.Date(),
    list: pl.List(pl.String()),
}  # fmt: skip


def parquet(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, type]) -> bytes:
    """Return rows as the bytes of a Parquet file; *columns* has the types."""
    schema = {name: _TYPES[kind] for name, kind in columns.items()}
    memory = io.BytesIO()
    pl.DataFrame(list(rows), schema=schema).write_parquet(memory, compression="zstd")
    return memory.getvalue()
