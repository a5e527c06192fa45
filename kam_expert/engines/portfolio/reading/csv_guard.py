"""Guarding of text columns in CSV files, so that a spreadsheet does not run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.facts.csv_cells import ANY, guarded, unguarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def guarded_texts(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table with guarded texts, for a CSV file."""
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    return table.with_columns(_changed(table[name], guarded) for name in texts)


def unguarded_texts(table: pl.LazyFrame, columns: Iterable[str] | None = None) -> pl.LazyFrame:
    """Return a table from a CSV file with the original texts in all or some *columns*."""
    texts = pl.col(pl.String) if columns is None else pl.col(list(columns))
    return table.with_columns(
        texts.map_batches(
            lambda column: _changed(column, unguarded), return_dtype=pl.String, is_elementwise=True
        )
    )


def _changed(column: pl.Series, change: Callable[[str], str]) -> pl.Series:
    # Few texts need it; only these are processed one by one.
    found = column.str.contains(ANY).fill_null(value=False).arg_true()
    if not found.len():
        return column
    texts = [change(text) for text in column.gather(found)]
    return column.clone().scatter(found, pl.Series(texts, dtype=pl.String))
