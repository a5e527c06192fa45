"""Changes between two runs of a portfolio: accounts that moved, and changed answers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.summing.answer_changes import Changes
from kam_expert.engines.portfolio.summing.obstacles import LIKELY, statuses
from kam_expert.engines.portfolio.writing.run_files import read_manifest, read_table
from kam_expert.errors import KamError
from kam_expert.facts.columns import CHOSEN
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.status import STATUSES
from kam_expert.results.portfolio import AccountMove, Since

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

#: Maximum number of moved accounts that are listed; the others are counted.
MAX_MOVES = 500


def since_of(
    earlier: Path,
    folder: Path,
    accounts: pl.DataFrame,
    base: KnowledgeBase,
    reports: Mapping[str, str],
) -> Since:
    """Compare a run with an earlier one.

    Args:
        earlier: The folder of the earlier run.
        folder: The folder of the run.
        accounts: The accounts of the run in the order of attention: ``account``, ``name``,
            ``_stage``, ``_firm``, ``_strategy`` and, by finding, the index of its status in
            `STATUSES`.
        base: The rule base of the run.
        reports: Path of the report by account.

    Raises:
        KamError: A folder is not the folder of a run.
    """
    manifests = [read_manifest(place) for place in (earlier, folder)]
    then, now = (manifest.get("edition", Edition.CONSULTANT) for manifest in manifests)
    if then != now:
        raise KamError(f"{earlier}: is a run of the {then} edition, and this one is of the {now}")
    table = read_table(earlier, "accounts")
    names = table.collect_schema().names()
    was = statuses(names, base)
    # A run of a rule base without strategies has none.
    strategies = [pl.col(name).cast(pl.String) for name in (CHOSEN, "strategy") if name in names]
    before = table.select(
        pl.col("account").cast(pl.String),
        pl.col("stage").cast(pl.String).alias("was__stage"),
        pl.col("stage_firm").alias("was__firm"),
        pl.coalesce(*strategies, pl.lit(None, dtype=pl.String)).alias("was__strategy"),
        *(status.alias(f"was__{name}") for name, status in was.items()),
    ).collect()
    shared = [name for name in was if name in accounts.columns]
    both = accounts.join(before, on="account", how="inner", maintain_order="left")
    restaged = pl.col("_stage") != pl.col("was__stage")
    redirected = (pl.col("_strategy") != pl.col("was__strategy")).fill_null(value=False)
    turned = [(pl.col(name) >= LIKELY) != (pl.col(f"was__{name}") >= LIKELY) for name in shared]
    moved = both.filter(pl.any_horizontal(restaged, redirected, *turned)).sort(
        ~restaged, ~redirected, maintain_order=True
    )
    named = moved.head(MAX_MOVES)
    changes = Changes(earlier, folder, named["account"], base)
    stages = both.group_by("was__stage", "_stage").len().sort("was__stage", "_stage")
    return Since(
        day=date.fromisoformat(manifests[0]["date"]),
        same_rules=len({manifest["rule_base"]["digest"] for manifest in manifests}) == 1,
        stages={(then, now): count for then, now, count in stages.iter_rows()},
        changed=moved.height,
        moves=tuple(
            _move(row, shared, changes, base, reports) for row in named.iter_rows(named=True)
        ),
        added=accounts.height - both.height,
        gone=before.height - both.height,
    )


def _move(
    row: Mapping[str, Any],
    shared: Iterable[str],
    changes: Changes,
    base: KnowledgeBase,
    reports: Mapping[str, str],
) -> AccountMove:
    turned = tuple(
        (name, STATUSES[row[f"was__{name}"]], STATUSES[row[name]])
        for name in shared
        if (row[name] >= LIKELY) != (row[f"was__{name}"] >= LIKELY)
    )
    restaged = row["_stage"] != row["was__stage"]
    strategy = (row["was__strategy"], row["_strategy"])
    changed = [name for name, *_ in turned]
    if strategy[0] is not None and strategy[0] != strategy[1]:
        changed += [name for name in strategy if name in base.findings]
    return AccountMove(
        id=row["account"],
        name=row["name"],
        stage=(row["was__stage"], row["_stage"]),
        firm=(row["was__firm"], row["_firm"]),
        strategy=strategy,
        findings=turned,
        facts=changes.of(row["account"], changed, restaged=restaged),
        report=reports.get(row["account"]),
    )
