"""The table of main causes: a row for each cause and entity, in the order of each account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.causes import MOST
from kam_expert.engines.portfolio.judging.cause_plan import WEIGHTS
from kam_expert.engines.portfolio.writing.patterns import ABOUT, enum
from kam_expert.knowledge.documents import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.engines.portfolio.judging.cause_plan import CauseColumns
    from kam_expert.engines.portfolio.writing.patterns import RowIds
    from kam_expert.knowledge.base import KnowledgeBase

#: The statuses of a cause, by the rest of its weight.
_STATUSES = pl.Enum(["established", "likely"])
_SEVERITIES = pl.Enum(SEVERITIES)


class CauseRows:
    """Builds the table of causes chunk by chunk."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._findings = pl.Enum(list(base.findings))
        self._position = {name: place for place, name in enumerate(base.findings)}

    def table(
        self,
        causes: Sequence[CauseColumns],
        frames: Mapping[str, pl.DataFrame],
        names: RowIds,
        chosen: pl.DataFrame,
    ) -> pl.DataFrame:
        """Return the causes of a chunk.

        Args:
            causes: The columns of each finding.
            frames: The evaluated frames by kind.
            names: The ids of all entities.
            chosen: From `chosen`.
        """
        parts = [self._entities(cause, frames[cause.frame], names).lazy() for cause in causes]
        rows = (
            pl.concat(parts)
            .join(chosen.lazy(), on=["_account", "_finding"], how="inner")
            .sort("_account", "place", "_weight", "_order")
            .collect()
        )
        weight = pl.col("_weight")
        return pl.DataFrame(
            [
                names.account.gather(rows["_account"]).alias("account"),
                rows["place"],
                *rows.select(
                    enum(pl.col("_finding"), self._findings).alias("finding"),
                    enum(weight // WEIGHTS, _SEVERITIES).alias("severity"),
                    enum(weight % WEIGHTS, _STATUSES).alias("status"),
                    "about_kind",
                ).get_columns(),
                names.about.gather(rows["_row"]).alias("about"),
            ]
        )

    def chosen(self, causes: Sequence[CauseColumns], accounts: pl.DataFrame) -> pl.DataFrame:
        """Return the weightiest causes of each account with their places."""
        size = len(self._position)
        keys = [
            pl.col(cause.least).cast(pl.Int32) * size + self._position[cause.finding]
            for cause in causes
        ]
        places = [str(place) for place in range(1, MOST + 1)]
        rows = accounts.lazy().select(each.alias(f"_key{n}") for n, each in enumerate(keys))
        # The keys of an account are all different, so each is the least above the one before.
        found = [pl.col(f"_key{n}") for n in range(len(keys))] or [pl.lit(None, pl.Int32)]
        left = found
        for place in places:
            rows = rows.with_columns(pl.min_horizontal(left).alias(place))
            left = [pl.when(each > pl.col(place)).then(each) for each in found]
        return (
            rows.select(places)
            .with_row_index("_account")
            .unpivot(places, index="_account", variable_name="place", value_name="_key")
            .drop_nulls("_key")
            .select(
                "_account",
                (pl.col("_key") % size).cast(pl.UInt32).alias("_finding"),
                pl.col("place").cast(pl.UInt8),
            )
            .collect()
        )

    def _entities(self, cause: CauseColumns, frame: pl.DataFrame, names: RowIds) -> pl.DataFrame:
        """Return the entities about which a finding is a cause."""
        order = names.order(cause.frame)
        place = pl.col("_row") if order is None else pl.lit(order)
        found = frame.lazy().select("account", cause.own).with_row_index("_row")
        return (
            found.with_columns(place.alias("_order"))
            .filter(pl.col(cause.own).is_not_null())
            .select(
                pl.col("account").cast(pl.UInt32).alias("_account"),
                pl.lit(self._position[cause.finding], pl.UInt32).alias("_finding"),
                pl.col(cause.own).cast(pl.UInt8).alias("_weight"),
                pl.col("_order").cast(pl.UInt32),
                pl.lit(cause.frame, ABOUT).alias("about_kind"),
                (pl.col("_row") + pl.lit(names.start(cause.frame), pl.UInt32)).alias("_row"),
            )
            .collect()
        )
