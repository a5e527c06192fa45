"""Places of accounts in the portfolio, as ``facts.yaml`` declares them: ranks and shares.

A rank is 100 x (accounts with at most this value) / (accounts with a known value), a share is
100 x (the value) / (the sum of the known values), both if at least twenty values are known. For a
share at most one in twenty may be unknown, because each makes the sum too small. A value is an
account's answer on the day, or ``{part_of, percent, minus}``: a percentage of one fact minus
another, if the facts under ``only_if`` have the given values. A band counts as unknown. Accounts
are compared only with those of the same currency, and those that name none among themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.base import KnowledgeBase

ENOUGH = 20
#: The forms of a place in the portfolio.
RANK, SHARE = "rank", "share"
#: The column of the currency; no fact has a name like it.
_CURRENCY = ":currency"


def declared(base: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """Return the facts that are places in the portfolio, with their declarations."""
    forms = {name: fact.doc.computed or {} for name, fact in base.facts.items()}
    return {name: form for name, form in forms.items() if RANK in form or SHARE in form}


def shares(base: KnowledgeBase) -> frozenset[str]:
    """Return the facts that are shares."""
    return frozenset(name for name, form in declared(base).items() if SHARE in form)


def _of(form: Mapping[str, Any]) -> Any:
    return form[RANK] if RANK in form else form[SHARE]


def read_by(base: KnowledgeBase) -> frozenset[str]:
    """Return the facts that places are computed from."""
    names: set[str] = set()
    for form in declared(base).values():
        of = _of(form)
        names.update([of] if isinstance(of, str) else of.values())
        names.update(form.get("only_if", {}))
    return frozenset(names | {base.currency} if names and base.currency else names)


def basis(accounts: pl.DataFrame, base: KnowledgeBase) -> pl.DataFrame:
    """Return the values to compare, a column for each place, and the currency of each account.

    Args:
        accounts: A frame with the facts.
        base: The rule base.
    """
    columns = set(accounts.columns)
    named = pl.col(base.currency) if base.currency in columns else pl.lit(None)

    def exact(name: str) -> pl.Expr:
        if f"{name}__hi" not in columns:
            return pl.col(name)
        return pl.when(pl.col(name) == pl.col(f"{name}__hi")).then(pl.col(name))

    def value(form: Mapping[str, Any]) -> pl.Expr:
        of = _of(form)
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

    return accounts.select(
        *(value(form).alias(name) for name, form in declared(base).items()),
        named.cast(pl.String).fill_null("").alias(_CURRENCY),
    )


def ranked(values: pl.DataFrame, shares: frozenset[str]) -> pl.DataFrame:
    """Return the places of a frame from `basis`.

    A place is null for an unknown value, and if too few values are known.

    A share is rounded, because the sum depends on the order of the accounts in its last digits.
    """
    made = []
    for name in values.columns:
        if name == _CURRENCY:
            continue
        column = pl.col(name)
        known = column.count() >= ENOUGH
        if name in shares:
            place = (100 * column / column.sum()).round(1)
            known = known & (column.null_count() * ENOUGH <= pl.len()) & (column.sum() > 0)
        else:
            place = 100 * column.rank("max").cast(pl.Float64) / column.count()
        made.append(pl.when(known).then(place).over(_CURRENCY).alias(name))
    return values.select(made)
