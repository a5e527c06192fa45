"""Judge a portfolio by two rule bases and compare: stage, strategy, findings about the account."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.judging.engine import Content
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.writing.run import judge
from kam_expert.results.judged_differently import (
    JudgedAccount,
    JudgedDifferently,
    JudgedMove,
    JudgedPart,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase


def judged_differently(
    path: Path, old: KnowledgeBase, new: KnowledgeBase, day: date, shown: int
) -> JudgedDifferently:
    """Return what differs between the judgements of two rule bases.

    A finding that only one of them has is not compared.

    Args:
        path: A folder of case files or of tables.
        old: The first rule base.
        new: The second one.
        day: The date of the diagnosis.
        shown: How many accounts to list.

    Raises:
        KamError: The portfolio cannot be read by one of them.
    """
    return compared(judgements(path, old, day), judgements(path, new, day), (old, new), shown)


def judgements(path: Path, base: KnowledgeBase, day: date) -> Iterator[pl.DataFrame]:
    """Yield the judged accounts of a portfolio, chunk by chunk. Raises KamError."""
    with open_source(path, base, day) as source:
        for _, tables in judge(source, base, day, content=Content.FINDINGS):
            yield tables["accounts"]


def compared(
    before: Iterable[pl.DataFrame],
    after: Iterable[pl.DataFrame],
    bases: tuple[KnowledgeBase, KnowledgeBase],
    shown: int,
) -> JudgedDifferently:
    """Return what differs between the judgements of the same chunks by two rule bases."""
    accounts = changed = 0
    counts: Counter[str] = Counter()
    firm: Counter[str] = Counter()
    rows: list[JudgedAccount] = []
    for was, now in zip(before, after, strict=True):
        both = _joined(was, now)
        accounts += both.height
        parts = list(_parts(both, *bases))
        differs = pl.DataFrame({name: both.select(_differs(name)).to_series() for name, _ in parts})
        for name, certain in parts:
            counts[name] += int(differs[name].sum())
            firm[name] += int((differs[name] & both.select(certain).to_series()).sum())
        moved = both.filter(differs.select(pl.any_horizontal(pl.all())).to_series())
        changed += moved.height
        rows += _rows(moved.head(shown - len(rows)), dict(parts))
    ordered = sorted((name for name in counts if counts[name]), key=lambda n: (-counts[n], n))
    return JudgedDifferently(
        accounts,
        changed,
        tuple(JudgedPart(name, counts[name], firm[name]) for name in ordered),
        tuple(rows),
    )


def _joined(was: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Return the accounts that both rule bases judged, columns of the second with ``now:``."""
    renamed = now.rename({name: f"now:{name}" for name in now.columns if name != "account"})
    return was.join(renamed, on="account", how="inner")


def _parts(
    both: pl.DataFrame, old: KnowledgeBase, new: KnowledgeBase
) -> Iterator[tuple[str, pl.Expr]]:
    """Yield what is compared, with whether it is firm in both."""
    findings = [name for name in new.findings if name in old.findings]
    for name in ("stage", "strategy", *findings):
        certain = f"{name}_firm" if name in ("stage", "strategy") else f"{name}__firm"
        if name in both.columns and f"now:{name}" in both.columns:
            yield name, pl.col(certain).fill_null(False) & pl.col(f"now:{certain}").fill_null(False)


def _differs(name: str) -> pl.Expr:
    was, now = pl.col(name).cast(pl.String), pl.col(f"now:{name}").cast(pl.String)
    return was.ne_missing(now).alias(name)


def _rows(moved: pl.DataFrame, parts: dict[str, pl.Expr]) -> Iterator[JudgedAccount]:
    certain = moved.select(expression.alias(name) for name, expression in parts.items())
    for row, firm in zip(moved.to_dicts(), certain.to_dicts(), strict=True):
        moves = tuple(
            JudgedMove(name, str(row[name]), str(row[f"now:{name}"]), bool(firm[name]))
            for name in parts
            if row[name] != row[f"now:{name}"]
        )
        yield JudgedAccount(row["account"], row["name"], moves)
