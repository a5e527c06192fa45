"""Faults in the rows of a portfolio, and the accounts rejected for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.reading.tables_in import FILE
from kam_expert.errors import shortened
from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Maximum number of faults per account; many faults usually have one cause.
MAX_FAULTS = 20
_SCHEMA = {
    "number": pl.UInt32,
    "account": pl.String,
    "table": pl.String,
    "file": pl.String,
    "row": pl.UInt32,
    "column": pl.String,
    "value": pl.String,
    "reason": pl.String,
}


@dataclass
class Faults:
    """The faults of one chunk, collected table by table.

    Attributes:
        found: Frames of faults; ``number`` is the number of the account in the chunk, null for an
            unknown account.
    """

    found: list[pl.DataFrame] = field(default_factory=list)

    def add(
        self,
        table: str,
        rows: pl.DataFrame,
        column: str | None,
        reason: str | list[str],
        values: pl.Series | None = None,
    ) -> None:
        """Add a fault for each of *rows*.

        Args:
            table: The table of the rows.
            rows: With the columns ``account`` (number), ``account_id`` and ``_row``.
            column: The faulty column; None for the whole row.
            reason: One reason for all rows, or one for each row.
            values: The faulty values; the default is the column of *rows*.
        """
        if rows.is_empty():
            return
        if values is None and column is not None and column in rows.columns and column != "account":
            values = rows[column]
        shown = [None] * rows.height if values is None else [_shown(v) for v in values.to_list()]
        reasons = [reason] * rows.height if isinstance(reason, str) else reason
        made = rows.select(
            number=pl.col("account"),
            account="account_id",
            table=pl.lit(table),
            file=pl.col(FILE) if FILE in rows.columns else pl.lit(None, pl.String),
            row=pl.col(ROW).cast(pl.UInt32),
            column=pl.lit(column, pl.String),
            value=pl.Series(shown, dtype=pl.String),
            reason=pl.Series(reasons, dtype=pl.String),
        )
        self.found.append(made)

    def frame(self) -> pl.DataFrame:
        """Return the faults in the order of the accounts, at most `MAX_FAULTS` for each."""
        if not self.found:
            return pl.DataFrame(schema=_SCHEMA)
        every = pl.concat(self.found).unique(maintain_order=True)
        return (
            every.sort("number", "account", "table", "row", maintain_order=True, nulls_last=True)
            .group_by("number", "account", maintain_order=True)
            .head(MAX_FAULTS)
            .select(*_SCHEMA)
        )

    def accounts(self) -> pl.Series:
        """Return the numbers of the accounts that have faults."""
        numbers = [frame["number"] for frame in self.found]
        none = pl.Series("account", dtype=pl.UInt32)
        return pl.concat([none, *numbers]).drop_nulls().unique().rename("account")

    def records(self, files: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the faults as plain data with file names."""
        file = pl.coalesce("file", pl.col("table").replace(dict(files)))
        rows = self.frame().with_columns(file=file)
        return rows.select("account", "file", "row", "column", "value", "reason").to_dicts()


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    return shortened(";".join(map(str, value)) if isinstance(value, list) else value, 200)
