"""All texts of a Parquet file, for a search for names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def parquet_texts(path: Path) -> Iterator[str]:
    """Yield the names of the columns, and each different cell as a text.

    Raises:
        ValueError: The file cannot be read.
    """
    try:
        schema = pl.scan_parquet(path).collect_schema()
        for name in schema:
            yield name
            for cell in pl.read_parquet(path, columns=[name]).to_series().unique().to_list():
                if cell is not None:
                    yield str(cell)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(str(error)) from None
