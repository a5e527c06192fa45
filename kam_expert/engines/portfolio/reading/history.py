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
from kam_expert.engines.portfolio.reading.voids import DOUBT, VOID
from kam_expert.errors import did_you_mean
from kam_expert.facts.answer_schema import SOURCES
from kam_expert.facts.columns import SIDES, THEIRS
from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest
    from kam_expert.engines.portfolio.reading.faults import Faults
    from kam_expert.engines.portfolio.reading.voids import Voids

TABLE = "history"


def merge(  # noqa: PLR0913 -- what is merged, and into what
    rows: pl.DataFrame | None,
    answers: dict[str, pl.DataFrame],
    layout: ReadRequest,
    faults: Faults,
    facts: frozenset[str],
    voids: Voids | None = None,
) -> dict[str, pl.DataFrame]:
    """Merge answers of the history into the frames of *answers*.

    Args:
        rows: The rows from `valid`; None without a history.
        answers: By kind, the converted columns, row *n* for entity *n*; changed in place.
        layout: The columns to make.
        faults: Faults are added here.
        facts: The facts to merge.
        voids: Which of these answers no longer hold; None if all do.

    Returns:
        By fact, our answers of those entities that the history names, with ``entity`` and
        ``as_of``, oldest first.
    """
    seen: dict[str, pl.DataFrame] = {}
    if rows is None:
        return seen
    rows = rows.filter(pl.col("fact").is_in(list(facts)))
    for (name, side), given in rows.group_by("fact", "side", maintain_order=True):
        fact = layout.base.facts[str(name)]
        prefix = fact.name + (THEIRS if side == "theirs" else "")
        cells = Cells(fact, "value", prefix, banded=fact.name in layout.banded)
        made = converted(given, [cells], layout.day)
        for row_numbers, values in made.faults.values():
            bad = given[row_numbers.to_list()]
            faults.add(TABLE, bad, "value", reasons(fact, values), values)
        dated = given.select("entity", "account", "by", "as_of", ROW).hstack(made.frame)
        frame = answers[fact.kind]
        absent = {n: t for n, t in cells.dtypes().items() if n not in frame.columns}
        if absent:
            frame = frame.with_columns(null_columns(absent))
        doubted = [c for c in (f"{prefix}__doubt",) if c in frame.columns]
        plain = frame.select(*cells.dtypes(), *doubted).with_row_index("entity")
        every = _with_plain(dated, plain, cells)
        _check_dates(every, given, fact.name, faults)
        if side == "ours":
            seen[fact.name] = every
        limits = None
        if voids is not None and fact.name in layout.doubted:
            limits = voids.given(fact.name, every)
        answers[fact.kind] = frame.with_columns(_current(every, plain, cells, layout, limits))
    return seen


def aged(answers: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """Return the answers up to the day with their age in days, null for an undated one."""
    past = answers.filter(pl.col("as_of").is_null() | (pl.col("as_of") <= day))
    age = (pl.lit(day) - pl.col("as_of")).dt.total_days().cast(pl.Int32)
    return past.with_columns(age=age)


def doubt(voids: Voids, answers: dict[str, pl.DataFrame], layout: ReadRequest) -> None:
    """Note which answers without a date may no longer hold.

    Args:
        voids: What events void.
        answers: By kind, the converted columns, row *n* for entity *n*; changed in place.
        layout: The columns to make.
    """
    for name in sorted(layout.doubted):
        fact = layout.base.facts[name]
        limits = voids.limits(name)
        frame = answers[fact.kind]
        if limits is None or limits[DOUBT].null_count() == limits.height:
            continue
        maybe = limits[DOUBT].is_not_null()
        answers[fact.kind] = frame.with_columns(
            maybe.alias(f"{prefix}__doubt")
            for prefix in layout.sides(fact)
            if f"{prefix}__doubt" in layout.answers(fact, prefix)
        )


def valid(
    history: pl.DataFrame,
    entities: Mapping[str, pl.DataFrame],
    layout: ReadRequest,
    faults: Faults,
) -> pl.DataFrame:
    """Return the valid rows with the number of their entity.

    Args:
        history: Rows with ``account`` (number), ``account_id`` and ``_row``.
        entities: By kind, the number of each entity by ``account`` and ``id``.
        layout: The columns to make.
        faults: Faults are added here.
    """
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
    """Return the answers of the history and the plain ones of the same entities, oldest first."""
    every = dated.filter(cells.known())
    undated = plain.filter(cells.known() & pl.col("entity").is_in(dated["entity"].implode()))
    if not undated.is_empty():
        nulls = null_columns({name: dated.schema[name] for name in ("by", "as_of", ROW)})
        accounts = dated.select("entity", "account").unique("entity")
        undated = undated.join(accounts, on="entity", how="left", maintain_order="left")
        every = pl.concat([every, undated.with_columns(nulls).select(dated.columns)])
    return every.sort("entity", "as_of", nulls_last=True)


def _check_dates(every: pl.DataFrame, given: pl.DataFrame, fact: str, faults: Faults) -> None:
    """Report two answers with the same date, or two without a date."""
    duplicate = every.select("entity", "as_of").is_duplicated()
    if duplicate.any():
        rows = given.join(every.filter(duplicate).select(ROW), on=ROW, how="semi")
        faults.add(TABLE, rows, "as_of", f"{fact}: two values with the same date")


def _current(
    every: pl.DataFrame,
    plain: pl.DataFrame,
    cells: Cells,
    layout: ReadRequest,
    limits: pl.DataFrame | None,
) -> pl.DataFrame:
    """Return the columns of *plain* for the current answer, its age and the previous answer.

    Args:
        every: The answers, oldest first.
        plain: The columns without the history.
        cells: The columns to make of an answer.
        layout: The columns to make of all.
        limits: The ages above which each of *every* is void or in doubt; None if none is.
    """
    names, prefix = list(cells.dtypes()), cells.prefix
    flag = f"{prefix}__doubt"
    if limits is not None:
        every = every.hstack(limits)
    past = aged(every.lazy(), layout.day)
    if limits is not None:
        age, latest = pl.col("age"), pl.col(DOUBT)
        past = past.with_columns(
            _holds=(age <= pl.col(VOID)).fill_null(True),
            _doubt=latest.is_not_null() & (age.is_null() | (age > latest)),
        )

    def held(name: str) -> pl.Expr:
        return pl.col(name) if limits is None else pl.col(name).filter("_holds")

    made = {f"_{n}": held(n).last() for n in names}
    wanted = {
        f"{prefix}__age": held("age").last(),
        f"{prefix}__dated": held("as_of").is_not_null().all(),
        **{
            n.replace(prefix, f"{prefix}__before", 1): held(n).get(-2, null_on_oob=True)
            for n in names
        },
    }
    if limits is not None:
        # A previous answer in doubt hides itself and those before it from the strict reading.
        wanted[f"{prefix}__dated"] &= ~held("_doubt").get(-2, null_on_oob=True).fill_null(False)
        wanted[f"{prefix}__gone"] = ~pl.col("_holds").all()
        made["_doubt"] = held("_doubt").last()
    more = {n: e for n, e in wanted.items() if n in layout.answers(cells.fact, prefix)}
    count = pl.len() if limits is None else pl.col("_holds").sum()
    found = (pl.col("_count") > 0).fill_null(False)
    whole = plain.lazy().join(
        past.group_by("entity").agg(_count=count, **made, **more),
        on="entity",
        how="left",
        maintain_order="left",
    )
    kept = [pl.when(found).then(f"_{n}").otherwise(n).alias(n) for n in names]
    if limits is not None and flag in plain.columns:
        kept.append(pl.when(found).then("_doubt").otherwise(flag).alias(flag))
    elif limits is not None:
        kept.append(pl.col("_doubt").alias(flag))
    return whole.select(*kept, *more).collect()
