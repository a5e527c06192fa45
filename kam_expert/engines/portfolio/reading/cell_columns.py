"""From the cells of a source to the columns that rules are run on, a whole column at a time.

The meaning is that of `kam_expert.knowledge.vocabulary.Fact.read`. What no expression can make
sense of is a fault; `kam_expert.engines.portfolio.reading.cell_errors` says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kam_expert.knowledge.vocabulary import Fact

DTypes = dict[str, "pl.DataType | type[pl.DataType]"]
_BAND = r"^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)$"
#: Types of columns that hold text.
TEXTS = (pl.String, pl.Categorical, pl.Enum)
# Words of YAML that a case file may have in the place of yes, no and nothing.
_NULLS = ("~", "null", "Null", "NULL")
_TRUTHS = {
    **dict.fromkeys(("true", "True", "TRUE"), "yes"),
    **dict.fromkeys(("false", "False", "FALSE"), "no"),
}
# Elements of a set are bits; this one is of none that there is.
_STRANGE = 1 << 62
_LENGTH = "__length"


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
        """Return the names and types of the columns made."""
        return dtypes_of(self.fact, self.prefix, banded=self.banded)

    def known(self) -> pl.Expr:
        """Return where the made columns hold an answer."""
        return known(self.fact, self.prefix)

    def exprs(self, raw: pl.Expr, dtype: pl.DataType, day: date) -> list[pl.Expr]:
        """Return the made columns; a cell that is no value of the fact gives none."""
        doc = self.fact.doc
        if isinstance(dtype, pl.Null):
            return [pl.lit(None, kind).alias(name) for name, kind in self.dtypes().items()]
        if doc.type == "set":
            return self._set(raw)
        if isinstance(dtype, pl.List | pl.Array | pl.Struct):
            return [pl.lit(None, kind).alias(name) for name, kind in self.dtypes().items()]
        if self.fact.is_number:
            return self._number(raw, dtype)
        if doc.type == "date":
            return self._date(raw, dtype, day)
        if doc.type == "text":
            text = raw.cast(pl.String)
            said = (text.str.strip_chars() != "") & (text != "unknown")
            return [pl.when(said).then(text).alias(self.prefix)]
        return [self._word(raw, dtype).alias(self.prefix)]

    def _word(self, raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        words = pl.Enum(self.fact.words())
        if isinstance(dtype, pl.Boolean):
            raw = raw.replace_strict([True, False], ["yes", "no"], return_dtype=pl.String)
        elif not isinstance(dtype, TEXTS):
            raw = raw.cast(pl.String)
        return raw.cast(words, strict=False)

    def _number(self, raw: pl.Expr, dtype: pl.DataType) -> list[pl.Expr]:
        text = raw.cast(pl.String)
        if isinstance(dtype, TEXTS):
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

    def _set(self, raw: pl.Expr) -> list[pl.Expr]:
        """Return the elements, from the bits that `prepared` made."""
        return [
            ((raw & (1 << place)) != 0).alias(f"{self.prefix}__is__{value}")
            for place, value in enumerate(self.fact.doc.values)
        ]

    def prepared(self, dtype: pl.DataType) -> list[pl.Expr]:
        """Return the column for `checked`: of sets, a bit for each element, and the length."""
        raw = pl.col(self.column)
        if self.fact.doc.type != "set":
            return [raw]
        if isinstance(dtype, pl.List | pl.Array):
            listed = raw.cast(pl.List(dtype.inner))
        else:
            listed = raw.cast(pl.String).str.split(";")
        places = pl.element().cast(pl.String).cast(pl.Enum(self._elements()), strict=False)
        bits = pl.lit(2, pl.UInt64).pow(places.to_physical().cast(pl.UInt32)).fill_null(_STRANGE)
        return [
            listed.list.eval(bits).list.sum().alias(self.column),
            listed.list.len().alias(f"{self.column}{_LENGTH}"),
        ]

    def _elements(self) -> list[str]:
        """Return the words that may stand in a set; ``none`` stands for the empty one."""
        return list(dict.fromkeys([*self.fact.doc.values, "none"]))

    def checked(self) -> list[pl.Expr]:
        """Return the prepared column, of sets without those that cannot be."""
        mask = pl.col(self.column)
        if self.fact.doc.type != "set":
            return []
        beyond = 1 << len(self.fact.doc.values)
        # A sum of different bits has as many bits as terms: one that occurs twice is seen.
        apart = mask.bitwise_count_ones() == pl.col(f"{self.column}{_LENGTH}")
        sound = apart & (mask <= beyond)
        return [pl.when(sound).then(mask)]

    def tidied(self, raw: pl.Expr, dtype: pl.DataType) -> pl.Expr | None:
        """Return the column with blanks as nulls, no element twice; None if that changes nothing."""
        if isinstance(dtype, pl.List):
            items = raw.list.eval(pl.element().cast(pl.String).fill_null("unknown")).list.unique()
            blank = (items.list.len() == 1) & (items.list.first() == "unknown")
            return pl.when(~blank).then(items)
        if not isinstance(dtype, TEXTS):
            return None
        text = raw.cast(pl.String)
        blank = text.str.strip_chars() == ""
        if self.fact.doc.type == "set":
            items = text.str.split(";").list.eval(pl.element().str.strip_chars())
            items = items.list.unique().list.eval(pl.element().filter(pl.element() != ""))
            text = items.list.join(";").replace("", "none")
        elif self.fact.doc.type == "yes_no" or self.fact.is_number:
            blank |= text.is_in(_NULLS)
            text = text.replace(_TRUTHS) if self.fact.doc.type == "yes_no" else text
        return pl.when(~blank & (text != "unknown")).then(text)


def dtypes_of(fact: Fact, prefix: str, *, banded: bool) -> DTypes:
    """Return the names and types of the columns that an answer to *fact* is made of."""
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
    """Return where the columns of an answer hold one."""
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
    if not isinstance(dtype, TEXTS):
        return pl.lit(None, pl.Date)
    text = raw.cast(pl.String)
    day = text.str.to_date("%Y-%m-%d", strict=False)
    # Written back, as the parser also takes signs, blanks and single digits.
    return pl.when((day.dt.to_string("%Y-%m-%d") == text) & (day.dt.year() > 0)).then(day)


def as_date(column: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column as dates; null where it holds none."""
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
    frame = _made(table, cells, day)
    faults: dict[str, tuple[pl.Series, pl.Series]] = {}
    doubtful = [c for c in cells if _unread(table, frame, c)]
    for c in doubtful:
        tidy = c.tidied(pl.col(c.column), schema[c.column])
        source = table.select(c.column) if tidy is None else table.select(tidy.alias(c.column))
        if tidy is not None:
            frame = frame.with_columns(_made(source, [c], day))
        if _unread(source, frame, c):
            bad = source[c.column].is_not_null() & ~frame.select(c.known()).to_series()
            rows = bad.arg_true()
            faults[c.column] = rows, table[c.column].gather(rows)
    return Converted(frame, faults)


def _made(table: pl.DataFrame, cells: list[Cells], day: date) -> pl.DataFrame:
    if not cells:
        return pl.DataFrame(height=table.height)
    schema = table.schema
    # Step by step: in one, the bits of a set would be made anew wherever they are read.
    ready = table.select(expr for c in cells for expr in c.prepared(schema[c.column]))
    ready = ready.with_columns(expr for c in cells for expr in c.checked())
    made = (c.exprs(pl.col(c.column), schema[c.column], day) for c in cells)
    return ready.lazy().select(expr for exprs in made for expr in exprs).collect()


def _unread(table: pl.DataFrame, frame: pl.DataFrame, cells: Cells) -> bool:
    if cells.fact.doc.type == "text":
        return False
    given = table.height - table[cells.column].null_count()
    doc = cells.fact.doc
    if doc.also:
        return given != int(frame.select(cells.known().sum()).item())
    first = next(iter(cells.dtypes()))
    return given != table.height - frame[first].null_count()


def null_columns(dtypes: Mapping[str, Any]) -> list[pl.Expr]:
    """Return columns without values."""
    return [pl.lit(None, dtype).alias(name) for name, dtype in dtypes.items()]
