"""Row numbers of a table by account and id.

Rows are found by an integer key made of the account and a hash of the id. A binary search over
sorted keys is several times faster than a join on two texts.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_HASH_BITS = 40
_KEYS = ("account", "id")


def _key(frame: pl.DataFrame) -> pl.Series:
    account = pl.col("account").cast(pl.UInt64) * (1 << _HASH_BITS)
    return frame.select(key=account | (pl.col("id").hash() & ((1 << _HASH_BITS) - 1)))["key"]


@dataclass(frozen=True)
class Ids:
    """Row numbers by id.

    Attributes:
        known: Columns ``account``, ``id`` and ``number`` (of the row).
        keys: Columns ``key`` and ``number``, sorted by ``key``.
        unique: Whether keys are unique. If not, there are duplicate ids or hash collisions.
    """

    known: pl.DataFrame
    keys: pl.DataFrame
    unique: bool

    @classmethod
    def of(cls, rows: pl.DataFrame, column: str) -> Ids:
        """Return the ids in *column* of *rows*, by ``account``; row *n* has the number *n*."""
        known = rows.select("account", id=pl.col(column)).with_row_index("number")
        keys = known.select(_key(known), "number").sort("key")
        unique = not keys.select((pl.col("key") == pl.col("key").shift()).any()).item()
        return cls(known, keys, unique)

    def duplicates(self) -> pl.Series:
        """Return for each row whether another row of its account has the same id."""
        if self.unique:
            return pl.repeat(False, self.known.height, dtype=pl.Boolean, eager=True)
        return self.known.select(_KEYS).is_duplicated()

    def find(self, rows: pl.DataFrame, column: str) -> pl.Series:
        """Return the number of the id in *column* of each row; null for an unknown id."""
        sought = rows.select("account", id=pl.col(column))
        if not self.unique:
            first = self.known.unique(_KEYS, keep="first")
            return sought.join(first, on=_KEYS, how="left", maintain_order="left")["number"]
        if self.keys.is_empty():
            return pl.repeat(None, rows.height, dtype=pl.UInt32, eager=True)
        place = self.keys["key"].search_sorted(_key(sought))
        near = self.keys["number"].gather(place.clip(upper_bound=self.keys.height - 1))
        # Another id may have the same hash, so the ids are compared.
        found = self.known.select("account", "id")[near]
        same = (found["account"] == sought["account"]) & (found["id"] == sought["id"])
        return near.to_frame().select(pl.when(same).then("number"))["number"]
