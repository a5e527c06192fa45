"""The agreed plans of a portfolio: checks of their rows, and the promises that they tell of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.reading.cell_columns import as_date
from kam_expert.errors import did_you_mean
from kam_expert.facts.plan_entries import CHOICES, DATES, ONLY_WHEN, TEXTS
from kam_expert.facts.plan_subjects import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest
    from kam_expert.engines.portfolio.reading.faults import Faults
    from kam_expert.engines.portfolio.reading.ids import Ids
    from kam_expert.knowledge.fact_documents import FromPlanDoc

TABLE = "plan"
_DEFAULTS = {"side": "ours", "status": "agreed"}


def entries(plan: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the table with typed columns for every key of an entry.

    The id is in ``entry``, the ids of ``about`` are a list; invalid dates are null.
    """
    there = plan.schema

    def text(column: str) -> pl.Expr:
        if column not in there:
            return pl.lit(None, pl.String)
        cell = pl.col(column).cast(pl.String).str.strip_chars()
        return pl.when(cell != "").then(cell)

    made = {"entry" if key == "id" else key: text("entry" if key == "id" else key) for key in TEXTS}
    made |= {key: text(key).fill_null(pl.lit(_DEFAULTS.get(key), pl.String)) for key in CHOICES}
    made |= {
        key: as_date(key, there[key]) if key in there else pl.lit(None, pl.Date) for key in DATES
    }
    made |= {f"_{key}": text(key) for key in DATES}
    about = pl.lit(None, pl.List(pl.String))
    if isinstance(there.get("about"), pl.List):
        about = pl.col("about").cast(pl.List(pl.String))
    elif "about" in there:
        parts = text("about").str.split(";").list.eval(pl.element().str.strip_chars())
        about = parts.list.eval(pl.element().filter(pl.element() != ""))
    return plan.with_columns(about=about, **made)


def check_plan(plan: pl.DataFrame, ids: Mapping[str, Ids], faults: Faults) -> None:
    """Add the faults of the entries.

    Args:
        plan: From `entries`.
        ids: The ids of the people, members and decisions, by table.
        faults: Faults are added here.
    """

    def check(bad: pl.Expr, column: str, reason: str, known: Collection[str] = ()) -> None:
        wrong = plan.filter(bad.fill_null(False))
        hints = [did_you_mean(word, known) if known else "" for word in wrong[column]]
        faults.add(TABLE, wrong, column, [f"{reason}.{hint}" if hint else reason for hint in hints])

    step, text = pl.col("step").is_not_null(), pl.col("text").is_not_null()
    for key, words in CHOICES.items():
        check(~pl.col(key).is_in(words), key, f"unknown {key}", words)
    for key in DATES:
        wrong = plan.filter(pl.col(f"_{key}").is_not_null() & pl.col(key).is_null())
        faults.add(TABLE, wrong, key, "not a date as YYYY-MM-DD", wrong[f"_{key}"])
    check(pl.col("entry").is_null() & ~step, "entry", "this entry of the plan has no id")
    check(~step & ~text, "step", "an entry needs a step or a text")
    check(step & text, "text", "an entry has a step or a text, not both")
    for key, statuses in ONLY_WHEN.items():
        bad = pl.col(key).is_not_null() & ~pl.col("status").is_in(statuses)
        said = " or ".join(f'"{status}"' for status in statuses)
        check(bad, key, f"{key} belongs to an entry that is {said}")
    dropped, done = pl.col("status") == "dropped", pl.col("status") == "done"
    check(dropped & pl.col("reason").is_null(), "status", "a dropped entry needs a reason")
    check(done & pl.col("_done_on").is_null(), "status", "an entry that is done needs done_on")
    check(pl.col("due") < pl.col("begin"), "due", "the entry is due before it begins")
    again = pl.col("entry").is_not_null() & pl.struct("account", "entry").is_duplicated()
    check(again, "entry", "duplicate id in the plan")
    named = plan.filter(pl.col("about").list.len() > 0).explode("about")
    if named.height:
        unknown = pl.repeat(True, named.height, dtype=pl.Boolean, eager=True)
        for table in SUBJECTS:
            unknown &= ids[table].find(named, "about").is_null()
        strangers = named.filter(unknown)
        reason = "this id is not in people, team or decisions"
        faults.add(TABLE, strangers, "about", reason, strangers["about"])


#: What `agreed` returns.
AGREED = {
    "account": pl.UInt32(),
    "step": pl.String(),
    "status": pl.String(),
    "rank": pl.Int64(),
    "begin": pl.Date(),
    "due": pl.Date(),
}


def agreed(plan: pl.DataFrame | None, layout: ReadRequest) -> pl.DataFrame:
    """Return what we agreed to do, as `kam_expert.engines.plan_agreed.Agreed` reads it.

    Args:
        plan: From `entries`; None or empty for no plan.
        layout: Of the source.

    Returns:
        Number of the account, step, status (``open``, ``rests``, ``done`` or ``dropped``), place
        among what is open, first and last day.
    """
    if plan is None or plan.is_empty():
        return pl.DataFrame(schema=AGREED)
    day = pl.lit(layout.day)
    within = {name: doc.within_days for name, doc in layout.base.steps.items()}
    days = pl.col("step").replace_strict(within, default=None, return_dtype=pl.Int64)
    future = (pl.col("done_on") > day).fill_null(False)
    is_open = pl.col("status").is_in(["agreed", "begun"]) | future
    rests = (pl.col("done_on") + pl.duration(days=days) >= day).fill_null(False)
    closed = pl.when((pl.col("status") == "done") & rests).then(pl.lit("rests"))
    known = (pl.col("agreed_on") <= day).fill_null(True)
    order = ["account", "due", pl.coalesce("entry", "step")]
    return (
        plan.filter((pl.col("side") == "ours") & known)
        .with_columns(
            pl.when(is_open)
            .then(pl.lit("open"))
            .otherwise(closed.otherwise("status"))
            .alias("status")
        )
        .sort(order, nulls_last=True)
        .select(
            pl.col("account").cast(pl.UInt32),
            "step",
            "status",
            ((pl.col("status") == "open").cum_sum().over("account") - 1)
            .cast(pl.Int64)
            .alias("rank"),
            "begin",
            "due",
        )
    )


def with_promises(accounts: pl.DataFrame, plan: pl.DataFrame, layout: ReadRequest) -> pl.DataFrame:
    """Return the answers of the accounts, those that nobody gave taken from the plans.

    Args:
        accounts: Row *n* for account *n*.
        plan: From `entries`.
        layout: The columns to make.

    As in `kam_expert.facts.promises`, the strict reading does not rely on them.
    """
    docs = {
        name: doc
        for name, doc in layout.base.from_plan.items()
        if name in layout.needs.values["account"]
    }
    numbers = pl.DataFrame({"account": pl.int_range(accounts.height, dtype=pl.UInt32, eager=True)})
    found = numbers.join(
        _promised(plan, docs, layout.day), on="account", how="left", maintain_order="left"
    )
    made: list[pl.Expr] = []
    for name in docs:
        types = layout.answers(layout.base.facts[name], name)
        absent = {column: dtype for column, dtype in types.items() if column not in accounts}
        accounts = accounts.with_columns(
            pl.lit(None, dtype).alias(column) for column, dtype in absent.items()
        )
        counted = found[name].cast(types[name])
        filled = pl.col(name).is_null() & counted.is_not_null()
        made.append(pl.when(filled).then(counted).otherwise(name).alias(name))
        if f"{name}__hi" in types:
            high = f"{name}__hi"
            made.append(pl.when(filled).then(counted).otherwise(high).alias(high))
        made.append((filled | pl.col(f"{name}__doubt")).alias(f"{name}__doubt"))
    return accounts.with_columns(made)


def _promised(plan: pl.DataFrame, docs: Mapping[str, FromPlanDoc], day: date) -> pl.DataFrame:
    """Return what the plans of the accounts tell, a column for each fact."""
    named = pl.min_horizontal(pl.lit(day), "begin", "due", "done_on")
    made = pl.coalesce("agreed_on", named)
    promises = plan.filter(pl.col("due").is_not_null() & (made <= day)).with_columns(
        account=pl.col("account").cast(pl.UInt32),
        _made=made,
        _open=pl.col("status").is_in(["agreed", "begun"])
        | (pl.col("done_on") > day).fill_null(False),
    )
    return promises.group_by("account").agg(
        _counted(doc, day).alias(name) for name, doc in docs.items()
    )


def _counted(doc: FromPlanDoc, day: date) -> pl.Expr:
    mine = pl.col("side") == doc.side
    since = day - timedelta(days=doc.days)
    if doc.counts == "made":
        count = (mine & (pl.col("_made") >= since)).sum()
        return pl.when(count > 0).then(count)
    if doc.counts == "open":
        return pl.when(mine.any()).then((mine & pl.col("_open")).sum())
    come = mine & (pl.col("status") != "dropped") & (pl.col("due") >= since)
    come &= (pl.col("due") < day) | ~pl.col("_open")
    kept = ~pl.col("_open") & (pl.col("done_on") <= pl.col("due")).fill_null(False)
    count = come.sum().cast(pl.Int64)
    share = (200 * (come & kept).sum().cast(pl.Int64) + count) // (2 * count)
    return pl.when(count > 0).then(share)
