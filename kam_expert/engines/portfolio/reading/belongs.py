"""People of each decision: by the decisions they name, else all people of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from kam_expert.engines.portfolio.reading.faults import Faults
    from kam_expert.engines.portfolio.reading.ids import Ids

_KEYS = ("account", "decision", "person")


def belongings(people: pl.DataFrame, decisions: Ids, faults: Faults) -> pl.DataFrame:
    """Return a row for each person of each decision.

    Args:
        people: With ``account``, ``account_id``, ``person``, ``_row`` and optionally ``decisions``.
        decisions: The ids of the decisions.
        faults: Unknown decisions are added here.
    """
    all_decisions = decisions.known.select("account", decision="number")
    if "decisions" not in people.columns:
        return people.select("account", "person").join(all_decisions, on="account").select(_KEYS)
    named = pl.col("decisions")
    if isinstance(people.schema["decisions"], pl.List):
        listed = named.cast(pl.List(pl.String))
    else:
        text = named.cast(pl.String).str.strip_chars()
        parts = text.str.split(";").list.eval(pl.element().str.strip_chars())
        parts = parts.list.eval(pl.element().filter(pl.element() != ""))
        listed = pl.when(text != "").then(parts)
    people = people.select("account", "account_id", "person", ROW, listed.alias("decisions"))
    every = people.filter(named.is_null()).select("account", "person")
    every = every.join(all_decisions, on="account").select(_KEYS)
    some = people.filter(named.list.len() > 0)
    some = some.with_columns(alone=named.list.len() == 1).explode("decisions")
    some = some.with_columns(decisions.find(some, "decisions").alias("decision"))
    none = pl.col("alone") & (named == "none")
    unknown = some.filter(pl.col("decision").is_null() & ~none)
    faults.add("people", unknown, "decisions", "no decision has this id")
    some = some.filter(pl.col("decision").is_not_null()).select(_KEYS)
    return pl.concat([every, some.unique(maintain_order=True)])
