"""Frames of other libraries for the plan of the portfolio engine, through narwhals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals
import polars as pl
import polars.selectors as cs

from kam_expert.engines.portfolio.judging.expressions import Algebra
from kam_expert.engines.portfolio.judging.frames import aggregate, filled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kam_expert.engines.portfolio.judging.frames import Frame
    from kam_expert.engines.portfolio.judging.nodes import Gathered, Lift, Make


class NarwhalsFrames:
    """Lazy frames of any library that narwhals supports.

    Args:
        name: The name of the library.
        native: Makes a frame of the library from one in memory. It gets only text and signed
            numbers, as not every library has enums and unsigned numbers.
    """

    def __init__(self, name: str, native: Callable[[pl.DataFrame], Any]) -> None:
        self.name = name
        self.x = Algebra(narwhals)
        self._wrapped = narwhals.from_native
        self._native = native

    def load(self, frame: pl.DataFrame) -> Frame:
        """Return a frame in memory as one of the library."""
        plain = frame.with_columns(cs.enum().cast(pl.String), cs.unsigned_integer().cast(pl.Int64))
        return self._wrapped(self._native(plain)).lazy()

    def read(self, frame: Frame, columns: Sequence[str]) -> pl.DataFrame:
        """Compute columns of a frame."""
        found: pl.DataFrame = frame.select(*columns).collect("polars").to_native()
        return found

    def columns(self, frame: Frame) -> frozenset[str]:
        """Return the names of the columns."""
        return frozenset(frame.collect_schema().names())

    def make(self, frame: Frame, nodes: Sequence[Make]) -> Frame:
        """Add columns computed from others of the same frame."""
        return frame.with_columns(*(node.expr.alias(node.name) for node in nodes))

    def lift(self, frame: Frame, source: Frame, key: str, nodes: Sequence[Lift]) -> Frame:
        """Add columns of *source* by a join."""
        other = source.select(key, *(self.x.col(n.column).alias(n.name) for n in nodes))
        return frame.join(other, on=key, how="left")

    def gather(self, frame: Frame, source: Frame, key: str, nodes: Sequence[Gathered]) -> Frame:
        """Add columns gathered by *key*, by a join."""
        other = source.group_by(key).agg(*(aggregate(self.x, node) for node in nodes))
        joined = frame.join(other, on=key, how="left")
        return joined.with_columns(*(filled(self.x, node) for node in nodes))

    def drop(self, frame: Frame, columns: Iterable[str]) -> Frame:
        """Keep all columns: a lazy frame computes only what is read."""
        del columns
        return frame
