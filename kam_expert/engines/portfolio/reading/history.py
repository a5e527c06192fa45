"""Answers with a date, a source or a speaker: which one counts on the day, and the one before."""

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
from kam_expert.facts.answer_form import SOURCES
from kam_expert.facts.columns import SIDES, THEIRS
from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest
    from kam_expert.engines.portfolio.reading.faults import Faults

TABLE = "history"


def counted(
    history: pl.DataFrame,
    entities: Mapping[str, pl.DataFrame],
    told: dict[str, pl.DataFrame],
    layout: ReadRequest,
    faults: Faults,
) -> None:
    """Put the answers of the history into the frames of *told*.

    Args:
        history: Its rows, with ``account`` (number), ``account_id`` and ``_row``.
        entities: By kind, the number of each thing (``entity``) by ``account`` and ``id``.
        told: By kind, the converted columns, row *n* for thing *n*; changed in place.
        layout: What is wanted.
        faults: Where faults are added.
    """
    rows = _sound(history, entities, layout, faults)
    for (name, side), answers in rows.group_by("fact", "side", maintain_order=True):
        fact = layout.base.facts[str(name)]
        prefix = fact.name + (THEIRS if side == "theirs" else "")
        cells = Cells(fact, "value", prefix, banded=fact.name in layout.banded)
        made = converted(answers, [cells], layout.day)
        for row_numbers, values in made.faults.values():
            bad = answers[row_numbers.to_list()]
            faults.add(TABLE, bad, "value", reasons(fact, values), values)
        later = answers.select("entity", "as_of", ROW).hstack(made.frame)
        frame = told[fact.kind]
        absent = {n: t for n, t in cells.dtypes().items() if n not in frame.columns}
        frame = frame.with_columns(null_columns(absent))
        plain = frame.select(*cells.dtypes()).with_row_index("entity")
        every = _with_plain(later, plain, cells)
        _check_dates(every, answers, fact.name, faults)
        told[fact.kind] = frame.with_columns(_counting(every, plain, cells, layout))


def _sound(
    history: pl.DataFrame,
    entities: Mapping[str, pl.DataFrame],
    layout: ReadRequest,
    faults: Faults,
) -> pl.DataFrame:
    """Return the rows that speak of a fact of something that is there, with its number."""
    facts = layout.base.facts
    rows = history.with_columns(pl.col("kind", "fact", "side", "id").fill_null(""), as_of="_as_of")
    account = (pl.col("kind") == "account") & (pl.col("id") == pl.col("account_id"))
    rows = rows.with_columns(id=pl.when(account).then(pl.lit("")).otherwise("id"))

    def drop(bad: pl.Expr, column: str, reason: str) -> None:
        nonlocal rows
        wrong = rows.filter(bad)
        if wrong.is_empty():
            return
        said = []
        for row in wrong.to_dicts():
            near = {"kind": list(entities), "fact": facts, "source": SOURCES, "side": SIDES}
            hint = did_you_mean(row[column], near[column]) if column in near else ""
            said.append(reason.format(**row) + hint)
        faults.add(TABLE, wrong, column, said)
        rows = rows.filter(~bad)

    drop(~pl.col("kind").is_in(list(entities)).fill_null(False), "kind", '"{kind}" is no kind')
    kinds = {name: fact.kind for name, fact in facts.items()}
    rows = rows.with_columns(_of=pl.col("fact").replace_strict(kinds, default=None))
    drop(pl.col("_of").is_null(), "fact", 'unknown fact "{fact}".')
    drop(
        pl.col("_of") != pl.col("kind"),
        "fact",
        '"{fact}" is a fact about the {_of}, not the {kind}',
    )
    drop(~pl.col("side").is_in(SIDES), "side", '"{side}" is no side')
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
        '"{source}" is no source',
    )
    drop(
        pl.col("_said_as_of").is_not_null() & pl.col("as_of").is_null(),
        "as_of",
        '"as_of" is a date as YYYY-MM-DD, not "{_said_as_of}"',
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
    """Return the rows of the history with all of its columns, blanks as nulls."""
    texts = ("kind", "id", "fact", "side", "value", "source", "by")
    absent = [name for name in (*texts, "as_of") if name not in history.columns]
    history = history.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    dtype = history.schema["as_of"]
    said = pl.col("as_of").cast(pl.String).str.strip_chars()
    if not dtype.is_temporal():
        history = history.with_columns(as_of=pl.when(said != "").then(said))
        dtype = pl.String()
    return history.with_columns(
        *(_text(name) for name in texts),
        _as_of=as_date("as_of", dtype),
        _said_as_of=pl.col("as_of").cast(pl.String),
    )


def _text(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String)
    bare = text.str.strip_chars()
    return pl.when(bare != "").then(text if name == "value" else bare).alias(name)


def _with_plain(later: pl.DataFrame, plain: pl.DataFrame, cells: Cells) -> pl.DataFrame:
    """Return the answers of the history and the plain ones of the same things, each as one row."""
    entities = later.lazy().select("entity").unique()
    said = plain.lazy().filter(cells.known()).join(entities, on="entity", how="semi")
    nulls = null_columns({name: later.schema[name] for name in ("as_of", ROW)})
    said = said.with_columns(nulls).select(later.columns)
    return pl.concat([later.lazy().filter(cells.known()), said]).collect()


def _check_dates(every: pl.DataFrame, answers: pl.DataFrame, fact: str, faults: Faults) -> None:
    """Look for two answers of one day, or two without a day."""
    twice = every.select("entity", "as_of").is_duplicated()
    if twice.any():
        rows = answers.join(every.filter(twice).select(ROW), on=ROW, how="semi")
        faults.add(TABLE, rows, "as_of", f"{fact}: two values with the same date")


def _counting(
    every: pl.DataFrame, plain: pl.DataFrame, cells: Cells, layout: ReadRequest
) -> pl.DataFrame:
    """Return the columns of *plain* by the answer that counts, with its age and the one before."""
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
    there = pl.col("_there").is_not_null()
    return (
        plain.lazy()
        .join(
            past.group_by("entity").agg(_there=pl.len(), **made, **more),
            on="entity",
            how="left",
            maintain_order="left",
        )
        .select(
            *(pl.when(there).then(f"_{n}").otherwise(n).alias(n) for n in names),
            *more,
        )
        .collect()
    )
