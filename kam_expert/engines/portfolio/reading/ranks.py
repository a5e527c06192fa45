"""Ranks of accounts in the portfolio, as ``facts.yaml`` declares them.

A rank is 100 x (accounts with at most this value) / (accounts with a known value), if at least
twenty values are known. A value is an account's answer on the day, or ``{part_of, percent,
minus}``: a percentage of one fact minus another, if the facts under ``only_if`` have the given
values. All money must be in one currency. A band counts as unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.base import KnowledgeBase

ENOUGH = 20


def declared(base: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """Return the facts that are ranks, with their declarations."""
    forms = {name: fact.doc.computed for name, fact in base.facts.items()}
    return {name: form for name, form in forms.items() if form is not None and "rank" in form}


def read_by(base: KnowledgeBase) -> frozenset[str]:
    """Return the facts that ranks are computed from."""
    names: set[str] = set()
    for form in declared(base).values():
        of = form["rank"]
        names.update([of] if isinstance(of, str) else of.values())
        names.update(form.get("only_if", {}))
    return frozenset(names)


def basis(accounts: pl.DataFrame, base: KnowledgeBase) -> pl.DataFrame:
    """Return the values to rank, a column for each rank, from a frame with the facts."""
    columns = set(accounts.columns)

    def exact(name: str) -> pl.Expr:
        if f"{name}__hi" not in columns:
            return pl.col(name)
        return pl.when(pl.col(name) == pl.col(f"{name}__hi")).then(pl.col(name))

    def value(form: Mapping[str, Any]) -> pl.Expr:
        of = form["rank"]
        if isinstance(of, str):
            made = exact(of)
        else:
            made = exact(of["part_of"]) * exact(of["percent"]) / 100 - exact(of["minus"])
        for name, words in form.get("only_if", {}).items():
            holds = (
                pl.col(name).cast(pl.String).is_in(words if isinstance(words, list) else [words])
            )
            made = pl.when(holds).then(made)
        return made

    return accounts.select(value(form).alias(name) for name, form in declared(base).items())


def ranked(values: pl.DataFrame) -> pl.DataFrame:
    """Return the ranks; null for an unknown value, and if too few values are known."""
    made = []
    for name in values.columns:
        column = pl.col(name)
        rank = 100 * column.rank("max").cast(pl.Float64) / column.count()
        made.append(pl.when(column.count() >= ENOUGH).then(rank).alias(name))
    return values.select(made)
