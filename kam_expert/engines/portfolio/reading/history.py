"""Answers with a date or source: the current answer on the day, and the previous one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.reading.cell_columns import (
    Cells,
    as_date,
    converted,
    null_columns,
)
from kam_expert.engines.portfolio.reading.cell_errors import reasons
from kam_expert.errors import did_you_mean
from kam_expert.facts.answer_schema import SOURCES
from kam_expert.facts.columns import SIDES, THEIRS
from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest
    from kam_expert.engines.portfolio.reading.faults import Faults

TABLE = "history"


def merge_history(
    history: pl.DataFrame,
    entities: Mapping[str, pl.DataFrame],
    answers: dict[str, pl.DataFrame],
    layout: ReadRequest,
    faults: Faults,
) -> None:
    """Merge the answers of the history into the frames of *answers*.

    Args:
        history: Rows with ``account`` (number), ``account_id`` and ``_row``.
        entities: By kind, the number of each entity by ``account`` and ``id``.
        answers: By kind, the converted columns, row *n* for entity *n*; changed in place.
        layout: The columns to make.
        faults: Faults are added here.
    """
    rows = _valid(history, entities, layout, faults)
    for (name, side), given in rows.group_by("fact", "side", maintain_order=True):
        fact = layout.base.facts[str(name)]
        prefix = fact.name + (THEIRS if side == "theirs" else "")
        cells = Cells(fact, "value", prefix, banded=fact.name in layout.banded)
        made = converted(given, [cells], layout.day)
        for row_numbers, values in made.faults.values():
            bad = given[row_numbers.to_list()]
            faults.add(TABLE, bad, "value", reasons(fact, values), values)
        dated = given.select("entity", "as_of", ROW).hstack(made.frame)
        frame = answers[fact.kind]
        absent = {n: t for n, t in cells.dtypes().items() if n not in frame.columns}
        frame = frame.with_columns(null_columns(absent))
        plain = frame.select(*cells.dtypes()).with_row_index("entity")
        every = _with_plain(dated, plain, cells)
        _check_dates(every, given, fact.name, faults)
        answers[fact.kind] = frame.with_columns(_current(every, plain, cells, layout))


def _valid(
    history: pl.DataFrame,
    entities: Mapping[str, pl.DataFrame],
    layout: ReadRequest,
    faults: Faults,
) -> pl.DataFrame:
    """Return the valid rows with the number of their entity."""
    facts = layout.base.facts
    rows = history.with_columns(pl.col("kind", "fact", "side", "id").fill_null(""), as_of="_as_of")
    account = (pl.col("kind") == "account") & (pl.col("id") == pl.col("account_id"))
    rows = rows.with_columns(id=pl.when(account).then(pl.lit("")).otherwise("id"))

    def drop(bad: pl.Expr, column: str, reason: str) -> None:
        nonlocal rows
        wrong = rows.filter(bad)
        if wrong.is_empty():
            return
        messages = []
        for row in wrong.to_dicts():
            near = {"kind": list(entities), "fact": facts, "source": SOURCES, "side": SIDES}
            hint = did_you_mean(row[column], near[column]) if column in near else ""
            messages.append(reason.format(**row) + hint)
        faults.add(TABLE, wrong, column, messages)
        rows = rows.filter(~bad)

    drop(
        ~pl.col("kind").is_in(list(entities)).fill_null(False),
        "kind",
        f'unknown kind "{{kind}}"; it is one of {", ".join(entities)}.',
    )
    kinds = {name: fact.kind for name, fact in facts.items()}
    rows = rows.with_columns(_of=pl.col("fact").replace_strict(kinds, default=None))
    drop(pl.col("_of").is_null(), "fact", 'unknown fact "{fact}".')
    drop(
        pl.col("_of") != pl.col("kind"),
        "fact",
        '"{fact}" is a fact about the {_of}, not the {kind}',
    )
    drop(
        ~pl.col("side").is_in(SIDES),
        "side",
        f'unknown side "{{side}}"; it is one of {", ".join(SIDES)}.',
    )
    asked = {name: fact.doc.asked_of for name, fact in facts.items()}
    rows = rows.with_columns(_asked=pl.col("fact").replace_strict(asked, return_dtype=pl.String))
    ours = pl.col("side") == "ours"
    drop(ours & (pl.col("_asked") == "customer"), "side", '"{fact}" is asked of the customer')
    drop(
        ~ours & ((pl.col("_asked") == "us") | (pl.col("kind") != "account")),
        "side",
        '"{fact}" is asked of our side',
    )
    drop(
        pl.col("source").is_not_null() & ~pl.col("source").is_in(SOURCES),
        "source",
        f'unknown source "{{source}}"; it is one of {", ".join(SOURCES)}.',
    )
    drop(
        pl.col("_as_of_text").is_not_null() & pl.col("as_of").is_null(),
        "as_of",
        '"as_of" is a date as YYYY-MM-DD, not "{_as_of_text}"',
    )
    known_ids = pl.concat(
        [
            frame.select(pl.lit(kind).alias("kind"), "account", "id", "entity")
            for kind, frame in entities.items()
        ]
    ).unique(["kind", "account", "id"])
    rows = rows.join(known_ids, on=["kind", "account", "id"], how="left", maintain_order="left")
    drop(pl.col("entity").is_null(), "id", 'no {kind} has the id "{id}"')
    return rows


def prepared(history: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the history with all columns, blanks as nulls."""
    texts = ("kind", "id", "fact", "side", "value", "source", "by")
    absent = [name for name in (*texts, "as_of") if name not in history.columns]
    history = history.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    dtype = history.schema["as_of"]
    text = pl.col("as_of").cast(pl.String).str.strip_chars()
    if not dtype.is_temporal():
        history = history.with_columns(as_of=pl.when(text != "").then(text))
        dtype = pl.String()
    return history.with_columns(
        *(_text(name) for name in texts),
        _as_of=as_date("as_of", dtype),
        _as_of_text=pl.col("as_of").cast(pl.String),
    )


def _text(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String)
    bare = text.str.strip_chars()
    return pl.when(bare != "").then(text if name == "value" else bare).alias(name)


def _with_plain(dated: pl.DataFrame, plain: pl.DataFrame, cells: Cells) -> pl.DataFrame:
    """Return the answers of the history and the plain answers of the same entities as rows."""
    entities = dated.lazy().select("entity").unique()
    undated = plain.lazy().filter(cells.known()).join(entities, on="entity", how="semi")
    nulls = null_columns({name: dated.schema[name] for name in ("as_of", ROW)})
    undated = undated.with_columns(nulls).select(dated.columns)
    return pl.concat([dated.lazy().filter(cells.known()), undated]).collect()


def _check_dates(every: pl.DataFrame, given: pl.DataFrame, fact: str, faults: Faults) -> None:
    """Report two answers with the same date, or two without a date."""
    duplicate = every.select("entity", "as_of").is_duplicated()
    if duplicate.any():
        rows = given.join(every.filter(duplicate).select(ROW), on=ROW, how="semi")
        faults.add(TABLE, rows, "as_of", f"{fact}: two values with the same date")


def _current(
    every: pl.DataFrame, plain: pl.DataFrame, cells: Cells, layout: ReadRequest
) -> pl.DataFrame:
    """Return the columns of *plain* for the current answer, its age and the previous answer."""
    names, prefix = list(cells.dtypes()), cells.prefix
    day = pl.lit(layout.day)
    past = every.lazy().filter(pl.col("as_of").is_null() | (pl.col("as_of") <= day))
    past = past.sort("entity", "as_of", nulls_last=True)
    made = {f"_{n}": pl.col(n).last() for n in names}
    wanted = {
        f"{prefix}__age": (day - pl.col("as_of").last()).dt.total_days().cast(pl.Int32),
        f"{prefix}__dated": pl.col("as_of").is_not_null().all(),
        **{
            n.replace(prefix, f"{prefix}__before", 1): pl.col(n).get(-2, null_on_oob=True)
            for n in names
        },
    }
    more = {n: e for n, e in wanted.items() if n in layout.answers(cells.fact, prefix)}
    found = pl.col("_count").is_not_null()
    return (
        plain.lazy()
        .join(
            past.group_by("entity").agg(_count=pl.len(), **made, **more),
            on="entity",
            how="left",
            maintain_order="left",
        )
        .select(
            *(pl.when(found).then(f"_{n}").otherwise(n).alias(n) for n in names),
            *more,
        )
        .collect()
    )
