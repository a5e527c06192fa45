"""Types of the columns of Parquet and Arrow tables: what is read, and what is rejected.

Numbers, dates, truth values and texts are read; of a set also lists of them. A column of another
type is rejected with its first row that has a value, and read as empty if no row has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.errors import Place, Problem
from kam_expert.facts.columns import OWN
from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = {
    pl.Binary: "bytes",
    pl.Duration: "durations",
    pl.Time: "times of day",
    pl.Struct: "structs",
    pl.List: "lists",
    pl.Array: "lists",
}


def readable(
    scan: pl.LazyFrame, table: str, file: str, kinds: Mapping[str, str]
) -> tuple[pl.LazyFrame, list[Problem]]:
    """Return a table with columns of types that can be read, and the columns that cannot.

    Args:
        scan: The table, with row numbers.
        table: Its name, such as people.
        file: Its file name.
        kinds: What each column holds, from `kam_expert.facts.columns.columns`.
    """
    casts, rejected = [], []
    for name, dtype in scan.collect_schema().items():
        if name == ROW or name not in kinds:
            continue
        column = pl.col(name)
        if isinstance(dtype, pl.Null):
            casts.append(column.cast(pl.String))
        elif _is_rejected(dtype, kinds[name]):
            rejected.append(name)
        elif isinstance(dtype, pl.List | pl.Array):
            texts = _text(pl.element(), dtype.inner)
            listed = column.cast(pl.List(dtype.inner)).list.eval(texts)
            casts.append(
                listed.list.join(";").replace("", "none") if name in OWN[table] else listed
            )
        elif _is_set(kinds[name]) or (name in OWN[table] and kinds[name] == "text"):
            casts.append(_text(column, dtype))
    problems = []
    if rejected:
        first = pl.col(ROW).cast(pl.Int64)
        rows = scan.select(first.filter(pl.col(c).is_not_null()).min().alias(c) for c in rejected)
        types = scan.collect_schema()
        for name, row in rows.collect().row(0, named=True).items():
            casts.append(pl.lit(None, pl.String).alias(name))
            if row is not None:
                what = _NAMES.get(type(types[name]), str(types[name]))
                said = f'row {row}, column "{name}" of {table} has {what}; {_TAKES}'
                problems.append(Problem(Place(file), said))
    return scan.with_columns(casts), problems


_TAKES = "give text, numbers, dates or yes and no, and for a set also lists of words"


def _is_rejected(dtype: pl.DataType, kind: str) -> bool:
    if isinstance(dtype, pl.List | pl.Array):
        inner = dtype.inner
        return not _is_set(kind) or not isinstance(inner, pl.DataType) or _is_nested(inner)
    return _is_nested(dtype) or not (
        dtype.is_numeric()
        or isinstance(
            dtype, pl.String | pl.Categorical | pl.Enum | pl.Boolean | pl.Date | pl.Datetime
        )
    )


def _is_set(kind: str) -> bool:
    return kind.partition(":")[0] == "set"


def _is_nested(dtype: pl.DataType) -> bool:
    return isinstance(
        dtype, pl.List | pl.Array | pl.Struct | pl.Binary | pl.Duration | pl.Time | pl.Object
    )


def _text(column: pl.Expr, dtype: object) -> pl.Expr:
    if isinstance(dtype, pl.Boolean):
        return column.replace_strict([True, False], ["yes", "no"], return_dtype=pl.String)
    return column.cast(pl.String)
