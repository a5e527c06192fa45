"""What the engine needs from a dataframe library: three ways to add columns to a frame.

All libraries get the same expressions. Polars' frames are in memory, and their rows are numbered,
so a column of another frame is fetched by position and nothing is hashed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from kam_expert.engines.portfolio.judging.expressions import Algebra

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.engines.portfolio.judging.nodes import Gathered, Lift, Make

#: A frame of the library in use.
Frame = Any


class Frames(Protocol):
    """Adds columns to frames.

    Attributes:
        name: The name of the engine in reports.
        x: Builds expressions.
    """

    name: str
    x: Algebra

    def load(self, frame: pl.DataFrame) -> Frame:
        """Return a frame in memory as one of the library."""

    def read(self, frame: Frame, columns: Sequence[str]) -> pl.DataFrame:
        """Return columns of a frame in memory; the order of rows is not defined."""

    def columns(self, frame: Frame) -> frozenset[str]:
        """Return the names of the columns."""

    def make(self, frame: Frame, nodes: Sequence[Make]) -> Frame:
        """Add columns computed from existing columns of the same frame."""

    def lift(self, frame: Frame, source: Frame, key: str, nodes: Sequence[Lift]) -> Frame:
        """Add columns of *source*; *key* is the number of its row."""

    def gather(self, frame: Frame, source: Frame, key: str, nodes: Sequence[Gathered]) -> Frame:
        """Add columns gathered over the rows of *source* with the same *key*."""

    def drop(self, frame: Frame, columns: Iterable[str]) -> Frame:
        """Drop columns that are no longer needed."""


class PolarsFrames:
    """Frames in memory; row i of a frame has the number i."""

    def __init__(self) -> None:
        self.name = "polars"
        self.x = Algebra(pl)

    def load(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame itself."""
        return frame

    def read(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """Return columns of a frame."""
        return frame.select(columns)

    def columns(self, frame: pl.DataFrame) -> frozenset[str]:
        """Return the names of the columns."""
        return frozenset(frame.columns)

    def make(self, frame: pl.DataFrame, nodes: Sequence[Make]) -> pl.DataFrame:
        """Add columns made from others of the same frame."""
        # A literal alone would give one row.
        made = frame.lazy().with_columns(n.expr.alias(n.name) for n in nodes)
        return frame.hstack(made.select(n.name for n in nodes).collect().get_columns())

    def lift(
        self, frame: pl.DataFrame, source: pl.DataFrame, key: str, nodes: Sequence[Lift]
    ) -> pl.DataFrame:
        """Add columns of *source*, fetched by position."""
        fetched = source.select({node.column for node in nodes})
        numbers = frame.get_column(key)
        if not (_once(numbers) and len(numbers) == len(fetched)):
            fetched = fetched[numbers]
        return frame.hstack([fetched.get_column(n.column).alias(n.name) for n in nodes])

    def gather(
        self, frame: pl.DataFrame, source: pl.DataFrame, key: str, nodes: Sequence[Gathered]
    ) -> pl.DataFrame:
        """Add columns gathered by *key*; rows without one belong to nothing."""
        if source.get_column(key).null_count():
            source = source.filter(pl.col(key).is_not_null())
        if _once(source.get_column(key)):
            return frame.hstack(self._single(frame, source, key, nodes))
        names = {node.column for node in nodes}
        groups = source.lazy().select(key, *names).group_by(key)
        made = groups.agg(aggregate(self.x, node) for node in nodes)
        # The streaming engine is faster; it adds in any order, and a sum's last digit would vary.
        exact = any(node.how == "sum" for node in nodes)
        gathered = made.collect(engine="in-memory" if exact else "streaming")
        rows = _at(gathered, gathered.get_column(key), frame.height)
        return frame.hstack(rows.select(filled(self.x, node) for node in nodes).get_columns())

    def _single(
        self, frame: pl.DataFrame, source: pl.DataFrame, key: str, nodes: Sequence[Gathered]
    ) -> list[pl.Series]:
        """Return gathered columns for distinct keys: each value is that of its only row."""
        rows = source.select({node.column for node in nodes}).with_columns(_there=True)
        numbers = source.get_column(key)
        if len(numbers) != len(frame):
            rows = _at(rows, numbers, len(frame))
        # An existing null counts as one distinct value.
        columns = [
            self.x.col("_there" if node.how == "n_unique" else node.column).alias(node.name)
            for node in nodes
        ]
        made = rows.select(columns)
        return made.select(filled(self.x, node) for node in nodes).get_columns()

    def drop(self, frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
        """Drop columns."""
        return frame.drop(columns)


def aggregate(x: Algebra, node: Gathered) -> Any:
    """Return the expression that gathers a column."""
    column = x.col(node.column)
    match node.how:
        case "count":
            # Spark cannot add Booleans; Polars can, and faster than it casts them.
            made = (column if x.library is pl else x.cast(column, "Int32")).sum()
        case "sum" | "total":
            made = column.sum()
        case "any":
            made = column.any()
        case "min":
            made = column.min()
        case "max":
            made = column.max()
        case "n_unique":
            made = column.n_unique()
    return made.alias(node.name)


def filled(x: Algebra, node: Gathered) -> Any:
    """Return a gathered column with its default where there was nothing to gather."""
    column = x.col(node.name)
    if node.how == "any":
        return column.fill_null(False)
    if node.how in ("min", "max"):
        return column
    # Unsigned numbers would wrap below zero.
    return x.cast(column, "Float64" if node.how == "sum" else "Int32").fill_null(0)


def _at(rows: pl.DataFrame, numbers: pl.Series, height: int) -> pl.DataFrame:
    """Return each row at the index of its number, with nulls elsewhere."""
    nowhere = pl.Series([None], dtype=pl.UInt32).new_from_index(0, height)
    place = pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
    return rows[nowhere.scatter(numbers, place)]


def _once(numbers: pl.Series) -> bool:
    """Return whether row numbers are strictly increasing, without nulls."""
    if numbers.null_count():
        return False
    return len(numbers) == 0 or bool((numbers.diff().cast(pl.Int64) > 0).all())
