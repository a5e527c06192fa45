"""The dated runs of a portfolio as snapshots to learn from.

Tables tell what was found, planned and agreed on their day. They do not tell what was done, nor
whether the sign of a step was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.writing.run_files import MANIFEST, read_table, words_listed
from kam_expert.errors import KamError
from kam_expert.knowledge.status import at_least_likely
from kam_expert.results.learned import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

#: Tables with a column of statuses for each finding about their rows.
_STATUSES = ("accounts", "people", "team", "decisions")


def is_run(folder: Path) -> bool:
    """Return whether a folder holds the tables of a run."""
    return (folder / MANIFEST).is_file()


def run_snapshots(folder: Path, base: KnowledgeBase, day: date) -> Iterator[Snapshot]:
    """Yield the accounts of a run as they were judged on its day.

    A step is proposed if it is in the table of steps, which a run has with ``--everything``;
    without that table, if it is in the plan.

    Raises:
        KamError: A table of the run is missing.
    """
    standing = _standing(folder, base)
    proposed: dict[str, dict[str, tuple[str, ...]]] = {}
    agreed: dict[str, set[str]] = {}
    for row in _rows(folder, "plan", "account", "step", "with", "because", "agreed"):
        for step in (row["step"], *words_listed(row["with"])):
            proposed.setdefault(row["account"], {})[step] = words_listed(row["because"])
            if row["agreed"]:
                agreed.setdefault(row["account"], set()).add(step)
    for row in _rows(folder, "steps", "account", "step", "because", optional=True):
        own = proposed.setdefault(row["account"], {})
        own[row["step"]] = (*own.get(row["step"], ()), *words_listed(row["because"]))
    for row in _rows(folder, "accounts", "account", "stage", "strategy", "strategy_chosen"):
        account = row["account"]
        yield Snapshot(
            account=account,
            day=day,
            stage=row["stage"],
            strategy=row["strategy_chosen"] or row["strategy"],
            proposed=proposed.get(account, {}),
            standing=frozenset(standing.get(account, ())),
            signs={},
            agreed=frozenset(agreed.get(account, ())),
            done={},
            tells_done=False,
        )


def _standing(folder: Path, base: KnowledgeBase) -> Mapping[str, set[str]]:
    """Return the findings that are likely or established, by account."""
    found: dict[str, set[str]] = {}
    for table in _STATUSES:
        columns = read_table(folder, table).collect_schema().names()
        names = [name for name in base.findings if name in columns]
        for row in _rows(folder, table, "account", *names):
            own = found.setdefault(row["account"], set())
            own.update(name for name in names if row[name] and at_least_likely(row[name]))
    for row in _rows(folder, "gaps", "account", "finding", "status"):
        if at_least_likely(row["status"]):
            found.setdefault(row["account"], set()).add(row["finding"])
    return found


def _rows(
    folder: Path, name: str, *columns: str, optional: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table; a column that it lacks is null."""
    try:
        table = read_table(folder, name)
    except KamError:
        if optional:
            return
        raise
    have = table.collect_schema().names()
    wanted = [pl.col(c) if c in have else pl.lit(None).alias(c) for c in columns]
    yield from table.select(wanted).collect().iter_rows(named=True)
