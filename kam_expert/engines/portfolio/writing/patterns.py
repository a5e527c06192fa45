"""What the rows of a long table say apart from whom they are about: few things, said often.

A table of steps or questions has dozens of rows for each account, and whatever they say of a step
or a question comes from a few flags of the row. So the flags become the bits of one number, each
number that occurs is put into words once, and a row refers to it by its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.reading.needs import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

_BITS = 62  # of a signed whole number
_BYTE = 255
#: Numbers below this are looked up in a table.
_LOOKED_UP = 1 << 16
ABOUT = pl.Enum(sorted(["account", "person", "member", "link", "decision"]))


class Patterns:
    """The different rows of a long table, without whom they are about.

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
        """Return the place of each row's pattern in the table.

        Args:
            of: What the bits of *masks* are about.
            masks: The flags of each row, as bits.
            words: Gives the columns of a pattern from its bits.
        """
        known = self._places.setdefault(of, {})
        most = masks.max()
        if not isinstance(most, int):  # there is none
            return pl.Series(dtype=pl.UInt32)
        if most < _LOOKED_UP:
            # Few flags: every number they can make has its line in a table.
            places = _at(known, most + 1).gather(masks)
            if not places.has_nulls():
                return places
        different = masks.unique().sort()
        for mask in different:
            if mask not in known:
                known[mask] = len(self._rows)
                self._rows.append(words(mask))
        if most < _LOOKED_UP:
            return _at(known, most + 1).gather(masks)
        places = pl.Series([known[mask] for mask in different], dtype=pl.UInt32)
        return places[different.search_sorted(masks)]

    def table(self) -> pl.DataFrame:
        """Return the patterns that have occurred so far."""
        return pl.DataFrame(self._rows, schema=self._schema, orient="row")


def _at(known: Mapping[int, int], size: int) -> pl.Series:
    """Return what is known of each number below *size*, null of the others."""
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
    """Return the words whose bits are set, each once."""
    return list(dict.fromkeys(word for bit, word in enumerate(words) if bits >> bit & 1))


def enum(code: pl.Expr, words: pl.Enum) -> pl.Expr:
    """Return places in a list of words as the words."""
    few = words.categories.len() <= _BYTE
    return code.cast(pl.UInt8 if few else pl.UInt16).cat.to(words)


class RowIds:
    """The ids of everything that a row of a long table may be about, one kind after another.

    Attributes:
        account: The account ids, by number.
        about: The ids of all kinds; those of a kind begin at its `start`.
    """

    def __init__(self, ids: Mapping[str, pl.DataFrame]) -> None:
        account = self.account = ids["account"]["account_id"]
        self._of = {kind: ids[kind]["account"] for kind in KINDS}
        self._ids = {
            "account": account,
            **{kind: ids[kind][f"{kind}_id"] for kind in ("person", "member", "decision")},
            "link": _arrows(ids),
        }
        self._starts: dict[str, int] = {}
        start = 0
        for kind, listed in self._ids.items():
            self._starts[kind] = start
            start += listed.len()
        self.about = pl.concat(list(self._ids.values()), rechunk=True)

    def start(self, kind: str) -> int:
        """Return where the ids of a kind begin."""
        return self._starts[kind]

    def order(self, kind: str) -> pl.Series | None:
        """Return the place of each id of a kind among all of them; None if accounts have them so."""
        of, ids = self._of[kind], self._ids[kind]
        if kind == "account":
            return None
        if of.is_sorted():
            back = (pl.col("of") == pl.col("of").shift()) & (pl.col("id") < pl.col("id").shift())
            if not pl.DataFrame({"of": of, "id": ids}).select(back.any()).item():
                return None
        return ids.rank("ordinal")


def _arrows(ids: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Return the id of each link: both ends, an arrow in an id written twice."""
    ends = []
    for kind in ("member", "person"):
        listed = ids[kind][f"{kind}_id"]
        if listed.str.contains("→", literal=True).any():
            listed = listed.str.replace_all("→", "→→", literal=True)
        ends.append(listed.gather(ids["link"][kind]))
    return pl.select(pl.concat_str(ends, separator="→")).to_series()
