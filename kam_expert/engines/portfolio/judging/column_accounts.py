"""Judge whole accounts on the portfolio engine."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.column_cases import source_of
from kam_expert.engines.portfolio.writing.run import judge
from kam_expert.engines.whole_accounts import CONCLUDED, AccountResult
from kam_expert.knowledge.accounts import MOVES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import polars as pl

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.accounts import WholeAccount
    from kam_expert.knowledge.base import KnowledgeBase


def results_on_columns(
    read: Sequence[tuple[WholeAccount, Case]], base: KnowledgeBase
) -> list[AccountResult]:
    """Return the result of each account; accounts of one day are judged together."""
    by_day: dict[date, list[int]] = defaultdict(list)
    for index, (account, _) in enumerate(read):
        by_day[account.day].append(index)
    results: dict[int, AccountResult] = {}
    for day, indexes in by_day.items():
        with source_of([read[index][1] for index in indexes], base, day) as source:
            [(_, tables)] = judge(source, base, day)
            if source.rejected:
                raise AssertionError(source.rejected[0])
        for number, index in enumerate(indexes):
            results[index] = _result(str(number), tables, base)
    return [results[index] for index in range(len(read))]


def _result(account: str, tables: Mapping[str, pl.DataFrame], base: KnowledgeBase) -> AccountResult:
    rows = {
        name: tables[name].filter(tables[name]["account"] == account).to_dicts()
        for name in ("accounts", "people", "team", "decisions", "gaps", "causes", "steps", "plan")
    }
    [about] = rows["accounts"]
    steps = sorted(rows["steps"], key=lambda row: row["order"])
    moves = sorted(rows["plan"], key=lambda row: row["place"])
    concluded = {
        name
        for table in ("accounts", "people", "team", "decisions")
        for row in rows[table]
        for name in base.findings
        if row.get(name) in CONCLUDED
    }
    concluded |= {row["finding"] for row in rows["gaps"] if row["status"] in CONCLUDED}
    return AccountResult(
        stage=about["stage"],
        strategy=about.get("strategy"),
        causes=tuple(dict.fromkeys(row["finding"] for row in rows["causes"])),
        moves=tuple(frozenset((row["step"], *row["with"])) for row in moves[:MOVES]),
        findings=frozenset(concluded),
        steps=frozenset(row["step"] for row in steps),
    )
