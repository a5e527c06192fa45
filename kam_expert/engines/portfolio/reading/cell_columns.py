"""Conversion of input cells to the columns that rules read, one whole column at a time.

The semantics is that of `kam_expert.knowledge.vocabulary.Fact.read`. A cell that no expression can
convert is a fault; `kam_expert.engines.portfolio.reading.cell_errors` gives the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.facts.answer_text import AnswerText, written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kam_expert.knowledge.vocabulary import Fact

DTypes = dict[str, "pl.DataType | type[pl.DataType]"]
_BAND = r"^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)$"
#: Types of text columns.
TEXTS = (pl.String, pl.Categorical, pl.Enum)
# YAML words for null, yes and no that a case file may contain.
_NULLS = ("~", "null", "Null", "NULL")
_TRUTHS = {
    **dict.fromkeys(("true", "True", "TRUE"), "yes"),
    **dict.fromkeys(("false", "False", "FALSE"), "no"),
}
# The elements of a set are bits; this bit is for unknown elements.
_UNKNOWN = 1 << 62
_LENGTH = "__length"
#: Of more different texts that are no values the rest are faults without a try.
_MOST_READ = 5_000


@dataclass(frozen=True)
class Cells:
    """The answers of one side to one fact, in one input column.

    Attributes:
        column: The column's name in the source.
        prefix: Prefix of the names of the converted columns.
        banded: Whether any value of the fact in the source is a band.
    """

    fact: Fact
    column: str
    prefix: str
    banded: bool = False

    def dtypes(self) -> DTypes:
        """Return the names and types of the converted columns."""
        return dtypes_of(self.fact, self.prefix, banded=self.banded)

    def known(self) -> pl.Expr:
        """Return whether the converted columns contain an answer."""
        return known(self.fact, self.prefix)

    def exprs(self, raw: pl.Expr, dtype: pl.DataType, day: date) -> list[pl.Expr]:
        """Return the converted columns; an invalid cell becomes null."""
        doc = self.fact.doc
        if isinstance(dtype, pl.Null):
            return [_nothing(raw, kind).alias(name) for name, kind in self.dtypes().items()]
        if doc.type == "set":
            return self._set(raw)
        if isinstance(dtype, pl.List | pl.Array | pl.Struct):
            return [_nothing(raw, kind).alias(name) for name, kind in self.dtypes().items()]
        if self.fact.is_number:
            return self._number(raw, dtype)
        if doc.type == "date":
            return self._date(raw, dtype, day)
        if doc.type == "text":
            text = raw.cast(pl.String)
            is_answer = (text.str.strip_chars() != "") & (text != "unknown")
            return [pl.when(is_answer).then(text).alias(self.prefix)]
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
            number = _nothing(raw, pl.Float64)
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
        """Return the elements as flags, from the bits of `prepared`."""
        return [
            ((raw & (1 << place)) != 0).alias(f"{self.prefix}__is__{value}")
            for place, value in enumerate(self.fact.doc.values)
        ]

    def prepared(self, dtype: pl.DataType) -> list[pl.Expr]:
        """Return the columns for `checked`: for sets, a bit for each element, and the length."""
        raw = pl.col(self.column)
        if self.fact.doc.type != "set":
            return [raw]
        if isinstance(dtype, pl.List | pl.Array):
            listed = raw.cast(pl.List(dtype.inner))
        else:
            listed = raw.cast(pl.String).str.split(";")
        places = pl.element().cast(pl.String).cast(pl.Enum(self._elements()), strict=False)
        bits = pl.lit(2, pl.UInt64).pow(places.to_physical().cast(pl.UInt32)).fill_null(_UNKNOWN)
        return [
            listed.list.eval(bits).list.sum().alias(self.column),
            listed.list.len().alias(f"{self.column}{_LENGTH}"),
        ]

    def _elements(self) -> list[str]:
        """Return the allowed words of a set; ``none`` stands for the empty set."""
        return list(dict.fromkeys([*self.fact.doc.values, "none"]))

    def checked(self) -> list[pl.Expr]:
        """Return the prepared column without invalid sets."""
        mask = pl.col(self.column)
        if self.fact.doc.type != "set":
            return []
        beyond = 1 << len(self.fact.doc.values)
        # A sum of distinct bits has as many bits as terms; a duplicate reduces the number.
        distinct = mask.bitwise_count_ones() == pl.col(f"{self.column}{_LENGTH}")
        valid = distinct & (mask <= beyond)
        return [pl.when(valid).then(mask)]

    def tidied(self, raw: pl.Expr, dtype: pl.DataType) -> pl.Expr | None:
        """Return the column without blanks and duplicate elements; None if nothing changes."""
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


def _nothing(raw: pl.Expr, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """Return a null for each row of *raw*; a literal would be a row of an empty table."""
    return pl.when(raw.is_null() & raw.is_not_null()).then(pl.lit(None, dtype))


def dtypes_of(fact: Fact, prefix: str, *, banded: bool) -> DTypes:
    """Return the names and types of the columns of an answer to *fact*."""
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
    """Return whether the columns of an answer contain one."""
    doc = fact.doc
    if doc.type == "set":
        return pl.col(f"{prefix}__is__{next(iter(doc.values))}").is_not_null()
    is_known = pl.col(prefix).is_not_null()
    if doc.also and (fact.is_number or doc.type == "date"):
        is_known |= pl.col(f"{prefix}__word").is_not_null()
    return is_known


def _as_date(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Date):
        return raw
    if isinstance(dtype, pl.Datetime):
        return pl.when(raw == raw.dt.truncate("1d")).then(raw.dt.date())
    if not isinstance(dtype, TEXTS):
        return _nothing(raw, pl.Date)
    text = raw.cast(pl.String)
    day = text.str.to_date("%Y-%m-%d", strict=False)
    # Compared with the text, because the parser also accepts signs, blanks and single digits.
    return pl.when((day.dt.to_string("%Y-%m-%d") == text) & (day.dt.year() > 0)).then(day)


def as_date(column: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column as dates; null for anything else."""
    return _as_date(pl.col(column), dtype)


@dataclass
class Converted:
    """The converted cells of a table.

    Attributes:
        frame: The converted columns, in the row order of the source.
        faults: By column, the row numbers of invalid cells, and the cells.
    """

    frame: pl.DataFrame
    faults: dict[str, tuple[pl.Series, pl.Series]]


def converted(table: pl.DataFrame, cells: list[Cells], day: date) -> Converted:
    """Convert columns of *table* and collect invalid cells as faults."""
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
            source = _as_told(source, ~frame.select(c.known()).to_series(), c)
            frame = frame.with_columns(_made(source, [c], day))
        if _unread(source, frame, c):
            bad = source[c.column].is_not_null() & ~frame.select(c.known()).to_series()
            rows = bad.arg_true()
            faults[c.column] = rows, table[c.column].gather(rows)
    return Converted(frame, faults)


def _as_told(source: pl.DataFrame, unread: pl.Series, cells: Cells) -> pl.DataFrame:
    """Return the column with the cells that no expression reads in the form of a case file.

    Each different text is read once, as people write it; a text that is not a value stays.
    """
    column = source[cells.column]
    if isinstance(column.dtype, pl.List):
        column = column.cast(pl.List(pl.String)).list.join(";")
    texts = column.cast(pl.String)
    different = texts.filter(unread & texts.is_not_null()).unique(maintain_order=True)
    read, currency = AnswerText(cells.fact).read, ""
    found: dict[str, str | None] = {}
    for text in different.head(_MOST_READ).to_list():
        try:
            told = read(text)
        except ValueError:
            continue
        currency = currency or told.currency
        # Cells that name a currency are read in the first one named in the column.
        if told.currency in ("", currency):
            value = written(told.value)
            found[text] = ";".join(value) if isinstance(value, list) else value and str(value)
    if not found:
        return source
    changed = texts.replace_strict(
        list(found), pl.Series(list(found.values()), dtype=pl.String), default=texts
    )
    return pl.DataFrame({cells.column: changed})


def _made(table: pl.DataFrame, cells: list[Cells], day: date) -> pl.DataFrame:
    if not cells:
        return pl.DataFrame(height=table.height)
    schema = table.schema
    # In separate steps: in one, the bits of a set would be computed once per use.
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
    """Return null columns."""
    return [pl.lit(None, dtype).alias(name) for name, dtype in dtypes.items()]
