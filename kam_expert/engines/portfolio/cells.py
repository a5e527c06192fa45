"""From the cells of a source to the columns that rules are run on, a whole column at a time.

The meaning is that of `kam_expert.knowledge.vocabulary.Fact.read`. What no expression can make
sense of is a fault; only for its words is the value read once more, by `Fact.read` itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.errors import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kam_expert.knowledge.vocabulary import Fact

DTypes = dict[str, "pl.DataType | type[pl.DataType]"]
#: What stands in a cell when nobody said; so does null.
BLANKS = ("", "unknown")
_BAND = r"^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)$"
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_TEXTS = (pl.String, pl.Categorical, pl.Enum)
# Elements of a set are bits; these stand beyond all values.
_NONE, _BLANK, _STRANGE = 1 << 60, 1 << 61, 1 << 62
_MAX_ELEMENTS = 60
_REASONS_A_COLUMN = 1000


@dataclass(frozen=True)
class Cells:
    """The answers of one side to one fact, as they stand in one column.

    Attributes:
        column: The column's name in the source.
        prefix: What the names of the made columns begin with.
        banded: Whether any number of the fact, anywhere in the source, is a band.
    """

    fact: Fact
    column: str
    prefix: str
    banded: bool = False

    def dtypes(self) -> DTypes:
        """Give the names and types of the columns made."""
        return dtypes_of(self.fact, self.prefix, banded=self.banded)

    def known(self) -> pl.Expr:
        """Tell where the made columns hold an answer."""
        return known(self.fact, self.prefix)

    def exprs(self, raw: pl.Expr, dtype: pl.DataType, day: date) -> list[pl.Expr]:
        """Give the made columns; a cell that is no value of the fact gives none."""
        doc = self.fact.doc
        if isinstance(dtype, pl.Null):
            return [pl.lit(None, kind).alias(name) for name, kind in self.dtypes().items()]
        if doc.type == "set":
            return self._set(raw, dtype)
        if isinstance(dtype, pl.List | pl.Array | pl.Struct):
            return [pl.lit(None, kind).alias(name) for name, kind in self.dtypes().items()]
        if self.fact.is_number:
            return self._number(raw, dtype)
        if doc.type == "date":
            return self._date(raw, dtype, day)
        if doc.type == "text":
            text = raw.cast(pl.String)
            return [pl.when(~text.is_in(BLANKS)).then(text).alias(self.prefix)]
        return [self._word(raw, dtype).alias(self.prefix)]

    def _word(self, raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        words = pl.Enum(self.fact.words())
        if isinstance(dtype, pl.Boolean):
            raw = raw.replace_strict([True, False], ["yes", "no"], return_dtype=pl.String)
        elif not isinstance(dtype, _TEXTS):
            raw = raw.cast(pl.String)
        return raw.cast(words, strict=False)

    def _number(self, raw: pl.Expr, dtype: pl.DataType) -> list[pl.Expr]:
        text = raw.cast(pl.String)
        if isinstance(dtype, _TEXTS):
            number = text.cast(pl.Float64, strict=False)
        elif dtype.is_numeric():
            number = raw.cast(pl.Float64)
        else:
            number = pl.lit(None, pl.Float64)
        whole = dtype.is_integer()
        made = [pl.when(self._fits(number, whole=whole)).then(number).alias(self.prefix)]
        if self.banded:
            low, high = (text.str.extract(_BAND, part).cast(pl.Float64) for part in (1, 2))
            fits = self._fits(low) & self._fits(high) & (low <= high)
            plain = made[0]
            made = [
                pl.coalesce(plain, pl.when(fits).then(low)).alias(self.prefix),
                pl.coalesce(plain, pl.when(fits).then(high)).alias(f"{self.prefix}__hi"),
            ]
        return made + self._also(text)

    def _fits(self, number: pl.Expr, *, whole: bool = False) -> pl.Expr:
        limits = self.fact.doc.range
        fits = number.is_not_null() if whole else number.is_finite()
        if self.fact.doc.type == "integer" and not whole:
            fits &= number == number.floor()
        if limits and limits.min is not None:
            fits &= number >= limits.min
        if limits and limits.max is not None:
            fits &= number <= limits.max
        return fits

    def _date(self, raw: pl.Expr, dtype: pl.DataType, day: date) -> list[pl.Expr]:
        days = (pl.lit(day) - _as_date(raw, dtype)).dt.total_days().cast(pl.Int32)
        return [days.alias(self.prefix), *self._also(raw.cast(pl.String))]

    def _also(self, text: pl.Expr) -> list[pl.Expr]:
        also = list(self.fact.doc.also)
        if not also:
            return []
        return [pl.when(text.is_in(also)).then(text).alias(f"{self.prefix}__word")]

    def _set(self, raw: pl.Expr, dtype: pl.DataType) -> list[pl.Expr]:
        values = list(self.fact.doc.values)
        words, bits = values.copy(), [1 << place for place in range(len(values))]
        for word, bit in (("none", _NONE), ("unknown", _BLANK), ("", _BLANK)):
            if word not in words:
                words.append(word)
                bits.append(bit)
        if isinstance(dtype, pl.List | pl.Array):
            listed = raw.cast(pl.List(pl.String)) if isinstance(dtype, pl.Array) else raw
        else:
            listed = raw.cast(pl.String).str.split(";")
        flags = listed.list.eval(
            pl.element()
            .cast(pl.String)
            .cast(pl.Enum(words), strict=False)
            .to_physical()
            .replace_strict(
                list(range(len(words))), bits, default=_STRANGE, return_dtype=pl.UInt64
            )
            .fill_null(_STRANGE)
        )
        mask = flags.list.sum()
        # A sum of different bits has as many bits as terms: one that occurs twice is seen.
        apart = mask.bitwise_count_ones() == listed.list.len()
        sound = (apart & (mask < _NONE)) | (mask == _NONE)
        return [
            pl.when(sound).then((mask & (1 << place)) != 0).alias(f"{self.prefix}__is__{value}")
            for place, value in enumerate(values)
        ]

    def tidied(self, raw: pl.Expr, dtype: pl.DataType) -> pl.Expr | None:
        """Give the column without blanks, spare spaces and doubles; None if it can have none."""
        if isinstance(dtype, pl.List):
            items = raw.list.eval(pl.element().cast(pl.String).fill_null("unknown")).list.unique()
            blank = (items.list.len() == 1) & (items.list.first() == "unknown")
            return pl.when(~blank).then(items)
        if not isinstance(dtype, _TEXTS):
            return None
        text = raw.cast(pl.String).str.strip_chars()
        if self.fact.doc.type == "set":
            items = text.str.split(";").list.eval(pl.element().str.strip_chars())
            items = items.list.unique().list.eval(pl.element().filter(pl.element() != ""))
            text = items.list.join(";")
        elif {"yes", "no"} <= set(self.fact.words()):
            lower = text.str.to_lowercase()
            text = text.replace(
                ["true", "True", "TRUE", "false", "False", "FALSE"], ["yes"] * 3 + ["no"] * 3
            )
            text = pl.when(lower.is_in(["yes", "no"])).then(lower).otherwise(text)
        return pl.when(~text.is_in(BLANKS)).then(text)


def dtypes_of(fact: Fact, prefix: str, *, banded: bool) -> DTypes:
    """Give the names and types of the columns that an answer to *fact* is made of."""
    doc = fact.doc
    if doc.type == "set":
        return {f"{prefix}__is__{value}": pl.Boolean() for value in doc.values}
    if doc.type == "text":
        return {prefix: pl.String()}
    if not fact.is_number and doc.type != "date":
        return {prefix: pl.Enum(fact.words())}
    made: DTypes = {prefix: pl.Float64() if fact.is_number else pl.Int32()}
    if fact.is_number and banded:
        made[f"{prefix}__hi"] = pl.Float64()
    if doc.also:
        made[f"{prefix}__word"] = pl.String()
    return made


def known(fact: Fact, prefix: str) -> pl.Expr:
    """Tell where the columns of an answer hold one."""
    doc = fact.doc
    if doc.type == "set":
        return pl.col(f"{prefix}__is__{next(iter(doc.values))}").is_not_null()
    there = pl.col(prefix).is_not_null()
    if doc.also and (fact.is_number or doc.type == "date"):
        there |= pl.col(f"{prefix}__word").is_not_null()
    return there


def _as_date(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Date):
        return raw
    if isinstance(dtype, pl.Datetime):
        return pl.when(raw == raw.dt.truncate("1d")).then(raw.dt.date())
    if not isinstance(dtype, _TEXTS):
        return pl.lit(None, pl.Date)
    text = raw.cast(pl.String)
    day = text.str.to_date("%Y-%m-%d", strict=False)
    # Written back, as the parser also takes signs, blanks and single digits.
    return pl.when((day.dt.to_string("%Y-%m-%d") == text) & (day.dt.year() > 0)).then(day)


def as_date(column: str, dtype: pl.DataType) -> pl.Expr:
    """Give a column as dates; null where it holds none."""
    return _as_date(pl.col(column), dtype)


@dataclass
class Converted:
    """A table's cells, converted.

    Attributes:
        frame: The made columns, row by row as in the source.
        faults: By column: the numbers of the rows that hold no value of the fact, and the values.
    """

    frame: pl.DataFrame
    faults: dict[str, tuple[pl.Series, pl.Series]]


def converted(table: pl.DataFrame, cells: list[Cells], day: date) -> Converted:
    """Convert columns of *table*; what is no value of its fact stands in the faults."""
    schema = table.schema
    made = table.lazy().select(
        expr for c in cells for expr in c.exprs(pl.col(c.column), schema[c.column], day)
    )
    frame = made.collect() if cells else pl.DataFrame(height=table.height)
    faults: dict[str, tuple[pl.Series, pl.Series]] = {}
    doubtful = [c for c in cells if _unread(table, frame, c)]
    for c in doubtful:
        tidy = c.tidied(pl.col(c.column), schema[c.column])
        source = table.select(c.column) if tidy is None else table.select(tidy.alias(c.column))
        if tidy is not None:
            again = source.select(c.exprs(pl.col(c.column), source.schema[c.column], day))
            frame = frame.with_columns(again)
        if _unread(source, frame, c):
            bad = source[c.column].is_not_null() & ~frame.select(c.known()).to_series()
            rows = bad.arg_true()
            faults[c.column] = rows, table[c.column].gather(rows)
    return Converted(frame, faults)


def _unread(table: pl.DataFrame, frame: pl.DataFrame, cells: Cells) -> bool:
    if cells.fact.doc.type == "text":
        return False
    given = table.height - table[cells.column].null_count()
    doc = cells.fact.doc
    if doc.also:
        return given != int(frame.select(cells.known().sum()).item())
    first = next(iter(cells.dtypes()))
    return given != table.height - frame[first].null_count()


def reasons(fact: Fact, values: pl.Series) -> list[str]:
    """Say of each value why it is none of *fact*."""
    said: dict[str, str] = {}
    return [_reason(fact, value, said) for value in values.to_list()]


def _reason(fact: Fact, value: Any, said: dict[str, str]) -> str:
    key = repr(value)
    if key not in said:
        plain = f'"{shortened(value)}" is not a value of {fact.name}'
        if len(said) >= _REASONS_A_COLUMN:  # the nearest word takes time to find
            return plain
        said[key] = plain
        try:
            fact.read(_plain(fact, value))
        except ValueError as error:
            said[key] = str(error)
    return said[key]


def _plain(fact: Fact, value: Any) -> Any:
    """Give a cell the way a case file would have it."""
    if fact.doc.type == "set":
        items = value.split(";") if isinstance(value, str) else value
        return [item.strip() if isinstance(item, str) else item for item in items]
    if isinstance(value, str):
        value = value.strip()
        return float(value) if fact.is_number and _NUMBER.match(value) else value
    return value.isoformat() if hasattr(value, "isoformat") else value


def null_columns(dtypes: Mapping[str, Any]) -> list[pl.Expr]:
    """Give columns without values."""
    return [pl.lit(None, dtype).alias(name) for name, dtype in dtypes.items()]
