"""Text columns of CSV files, guarded against running in a spreadsheet, and as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.facts.csv_cells import ANY, guarded, unguarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def guarded_texts(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table whose texts may stand in a CSV file."""
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    return table.with_columns(_changed(table[name], guarded) for name in texts)


def unguarded_texts(table: pl.LazyFrame, columns: Iterable[str] | None = None) -> pl.LazyFrame:
    """Return a table that was read from such a file with its texts, or some, as they were."""
    texts = pl.col(pl.String) if columns is None else pl.col(list(columns))
    return table.with_columns(
        texts.map_batches(
            lambda column: _changed(column, unguarded), return_dtype=pl.String, is_elementwise=True
        )
    )


def _changed(column: pl.Series, change: Callable[[str], str]) -> pl.Series:
    # Few texts begin so; the others are not touched one by one.
    found = column.str.contains(ANY).fill_null(value=False).arg_true()
    if not found.len():
        return column
    texts = [change(text) for text in column.gather(found)]
    return column.clone().scatter(found, pl.Series(texts, dtype=pl.String))
