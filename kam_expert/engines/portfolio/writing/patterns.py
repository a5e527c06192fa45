"""Deduplication of the rows of a long table, apart from the entity they are about.

A table of steps or questions has dozens of rows for each account, and everything else in a row
follows from a few flags. So the flags become the bits of one number, the columns are computed once
for each distinct number, and a row refers to them by index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.reading.needs import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

_BITS = 62  # of a signed integer
_BYTE = 255
#: Numbers below this are looked up in an array.
_LOOKED_UP = 1 << 16
ABOUT = pl.Enum(sorted(["account", "person", "member", "link", "decision", "event"]))


class Patterns:
    """The distinct rows of a long table, without the entity.

    Args:
        schema: The columns of a pattern.
    """

    def __init__(self, schema: Mapping[str, pl.DataType]) -> None:
        self._schema = pl.Schema(schema)
        self._rows: list[tuple[Any, ...]] = []
        self._places: dict[Hashable, dict[int, int]] = {}

    def places(
        self, of: Hashable, masks: pl.Series, words: Callable[[int], tuple[Any, ...]]
    ) -> pl.Series:
        """Return the index of each row's pattern in the table.

        Args:
            of: The object to which the bits of *masks* belong.
            masks: The flags of each row as bits.
            words: Returns the columns of a pattern for its bits.
        """
        known = self._places.setdefault(of, {})
        most = masks.max()
        if not isinstance(most, int):  # no rows
            return pl.Series(dtype=pl.UInt32)
        if most < _LOOKED_UP:
            # Few flags: every possible number has an entry in an array.
            places = _at(known, most + 1).gather(masks)
            if not places.has_nulls():
                return places
        distinct = masks.unique().sort()
        for mask in distinct:
            if mask not in known:
                known[mask] = len(self._rows)
                self._rows.append(words(mask))
        if most < _LOOKED_UP:
            return _at(known, most + 1).gather(masks)
        places = pl.Series([known[mask] for mask in distinct], dtype=pl.UInt32)
        return places[distinct.search_sorted(masks)]

    def table(self) -> pl.DataFrame:
        """Return the patterns so far."""
        return pl.DataFrame(self._rows, schema=self._schema, orient="row")


def _at(known: Mapping[int, int], size: int) -> pl.Series:
    """Return the index of each number below *size*; null for unknown numbers."""
    numbers = [number for number in known if number < size]
    places = pl.Series([known[number] for number in numbers], dtype=pl.UInt32)
    return pl.Series([None], dtype=pl.UInt32).new_from_index(0, size).scatter(numbers, places)


def mask(flags: Sequence[str | pl.Expr]) -> pl.Expr:
    """Return flags, or columns of flags, as the bits of one number, the first lowest."""
    if len(flags) > _BITS:
        raise AssertionError(f"{len(flags)} flags do not fit into one number")
    bits = [
        pl.when(flag).then(pl.lit(1 << bit, dtype=pl.Int64)).otherwise(0)
        for bit, flag in enumerate(flags)
    ]
    return pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *bits)


def set_in(bits: int, words: Sequence[str]) -> list[str]:
    """Return the distinct words whose bits are set."""
    return list(dict.fromkeys(word for bit, word in enumerate(words) if bits >> bit & 1))


def enum(code: pl.Expr, words: pl.Enum) -> pl.Expr:
    """Return the words for their indexes."""
    few = words.categories.len() <= _BYTE
    return code.cast(pl.UInt8 if few else pl.UInt16).cat.to(words)


class RowIds:
    """The ids of all entities, one kind after another.

    Attributes:
        account: The ids of the accounts by number.
        about: The ids of all kinds; each kind begins at its `start`.
    """

    def __init__(self, ids: Mapping[str, pl.DataFrame]) -> None:
        account = self.account = ids["account"]["account_id"]
        self._of = {kind: ids[kind]["account"] for kind in KINDS}
        self._ids = {
            "account": account,
            **{kind: ids[kind][f"{kind}_id"] for kind in ("person", "member", "decision", "event")},
            "link": _arrows(ids),
        }
        self._starts: dict[str, int] = {}
        start = 0
        for kind, listed in self._ids.items():
            self._starts[kind] = start
            start += listed.len()
        self.about = pl.concat(list(self._ids.values()), rechunk=True)

    def start(self, kind: str) -> int:
        """Return the index at which the ids of a kind begin."""
        return self._starts[kind]

    def order(self, kind: str) -> pl.Series | None:
        """Return the rank of each id of a kind; None if ids are sorted within accounts."""
        of, ids = self._of[kind], self._ids[kind]
        if kind == "account":
            return None
        if of.is_sorted():
            back = (pl.col("of") == pl.col("of").shift()) & (pl.col("id") < pl.col("id").shift())
            if not pl.DataFrame({"of": of, "id": ids}).select(back.any()).item():
                return None
        return ids.rank("ordinal")


def _arrows(ids: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Return the id of each link: both ends, with arrows inside ids doubled."""
    ends = []
    for kind in ("member", "person"):
        listed = ids[kind][f"{kind}_id"]
        if listed.str.contains("→", literal=True).any():
            listed = listed.str.replace_all("→", "→→", literal=True)
        ends.append(listed.gather(ids["link"][kind]))
    return pl.select(pl.concat_str(ends, separator="→")).to_series()
