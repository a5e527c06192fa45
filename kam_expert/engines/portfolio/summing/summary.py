"""The summary of a portfolio, computed from the tables of a run.

Only the accounts that are shown become objects. The reference for the tests, in plain Python, is
`benchmarks/plain_summary.py`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.summing.obstacles import (
    LIKELY,
    obstacles,
    severities,
    statuses,
)
from kam_expert.engines.portfolio.summing.since import since_of
from kam_expert.engines.portfolio.writing.answers_read import ANSWERS
from kam_expert.engines.portfolio.writing.results import ASKED, TABLES
from kam_expert.engines.portfolio.writing.run_files import (
    REJECTED,
    read_manifest,
    read_table,
    rows_of_accounts,
)
from kam_expert.engines.questions import QuestionOrder
from kam_expert.errors import KamError
from kam_expert.facts.columns import CHOSEN, THEIRS
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import STATUSES
from kam_expert.results.portfolio import (
    MOST_LISTED,
    MOST_ROWS,
    AccountGroup,
    AccountRow,
    AlikeAccounts,
    FindingTally,
    PortfolioSummary,
    QuestionCount,
    Standing,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView

_QUESTIONS = 3
_NO_REPORTS: Mapping[str, str] = {}


def summary(  # noqa: PLR0913 -- three have a default
    folder: Path,
    base: KnowledgeBase,
    view: PortfolioView,
    *,
    since: Path | None = None,
    reports: Mapping[str, str] = _NO_REPORTS,
    files: Iterable[str] = (),
) -> PortfolioSummary:
    """Return the summary of a run.

    Args:
        folder: The folder of the run.
        base: The rule base of the run.
        view: How a portfolio is sorted and shown.
        since: The folder of an earlier run to compare with.
        reports: Path of the full report, relative to *folder*, by account.
        files: Names of further files to list with the tables of the run.

    Raises:
        KamError: A folder is not the folder of a run.
    """
    manifest = read_manifest(folder)
    accounts = _Accounts(folder, base, view, reports)
    rows, listed = accounts.shown()
    names = [*TABLES, ANSWERS, REJECTED.partition(".")[0]]
    return PortfolioSummary(
        day=date.fromisoformat(manifest["date"]),
        rule_base_version=base.version,
        rule_base_digest=base.digest,
        accounts=accounts.ordered.height,
        rejected=manifest["rejected"],
        cells=accounts.cells(),
        strategies=accounts.strategies(),
        findings=accounts.findings(),
        causes=accounts.causes(),
        competitor=listed,
        undecided=accounts.undecided(),
        questions=_questions(folder, base),
        rows=rows,
        since=since_of(since, folder, accounts.in_order(), base, reports) if since else None,
        files=(*files, *_named(folder, names)),
        edition=Edition(manifest.get("edition", Edition.CONSULTANT)),
    )


def _named(folder: Path, names: Iterable[str]) -> Iterable[str]:
    """Return the non-empty files with these names and any suffix."""
    existing = {
        path.name.partition(".")[0]: path.name
        for path in sorted(folder.iterdir())
        if path.stat().st_size
    }
    return (existing[name] for name in names if name in existing)


class _Accounts:
    """The table of accounts.

    Attributes:
        every: A row for each account, in the order of the file.
        ordered: The columns for counting and sorting, in the order of attention; ``_row`` is the
            row in ``every``.
    """

    def __init__(
        self, folder: Path, base: KnowledgeBase, view: PortfolioView, reports: Mapping[str, str]
    ) -> None:
        self.base, self.view, self.reports = base, view, reports
        self._folder = folder
        table = read_table(folder, "accounts")
        names = table.collect_schema().names()
        found = statuses(names, base)
        self._found = tuple(found)
        self.likely = {name: pl.col(name) >= LIKELY for name in found}
        closest = base.stage_model.stages[-1].name
        seen, most = (pl.col(f"{word}__{closest}") for word in ("reached", "at_most"))
        parts = {part: answer(fact, names) for part, fact in view.facts.items()}
        self.every = table.select(
            pl.col("account", "name", "owner", "segment").cast(pl.String),
            pl.col("stage").cast(pl.String).alias("_stage"),
            pl.col("stage_firm").alias("_firm"),
            pl.col("leaning").cast(pl.String).alias("_leaning"),
            seen.alias("_seen"),
            (most - seen).alias("_open"),
            parts["attractiveness"].cast(pl.String).alias("_attractiveness"),
            parts["competitor"].cast(pl.String).alias("_competitor"),
            parts["size"].cast(pl.Float64).alias("_size"),
            parts.get("currency", pl.lit(None, pl.String)).alias("_currency"),
            pl.coalesce(CHOSEN, "strategy").cast(pl.String).alias("_strategy"),
            pl.col("strategy_firm").alias("_strategy_firm"),
            pl.col(CHOSEN).is_not_null().alias("_chosen"),
            *found.values(),
            *(pl.col(f"{name}__firm") for name in found),
        ).collect()
        self.ordered = self._ordered()

    def _ordered(self) -> pl.DataFrame:
        counts = obstacles(self.base, self.likely)
        order = {strategy.id: n for n, strategy in enumerate(self.view.strategies)}
        place = pl.col("_strategy").replace_strict(order, return_dtype=pl.UInt8).alias("_place")
        weighed = self.every.lazy().with_columns(e.alias(f"_{w}") for w, e in counts.items())
        # Only sizes in the same currency are compared.
        keys = ("_place", "_wanted", "_high", "_medium", "_currency", "_size", "account")
        return (
            weighed.with_row_index("_row")
            .select(
                pl.col("_row", "account", "_stage", "_firm", "_seen", "_open", "_strategy"),
                pl.col("_attractiveness", "_competitor", "_size", "_high", "_medium", "_currency"),
                place,
                self._wanted().alias("_wanted"),
            )
            .sort(keys, descending=[False, True, True, True, False, True, False], nulls_last=True)
            .collect()
        )

    def _wanted(self) -> pl.Expr:
        """Return how attractive an account is; an unknown one comes just before the least."""
        words = self.base.facts[self.view.facts["attractiveness"]].words()
        order = {word: 2 * n for n, word in enumerate(words)}
        level = pl.col("_attractiveness").replace_strict(order, default=None, return_dtype=pl.UInt8)
        return level.fill_null(1)

    def in_order(self) -> pl.DataFrame:
        """Return all columns in the order of attention."""
        return self.every[self.ordered["_row"]]

    def cells(self) -> tuple[AlikeAccounts, ...]:
        """Count equal accounts, in the order of attention."""
        keys = ["_attractiveness", "_stage", "_firm", "_seen", "_open"]
        alike = self.ordered.lazy().group_by(keys, maintain_order=True).len().collect()
        return tuple(AlikeAccounts(*row) for row in alike.iter_rows())

    def strategies(self) -> dict[str, int]:
        """Count the accounts of each strategy."""
        counts = dict(self.ordered["_strategy"].value_counts().iter_rows())
        return {found.id: counts.get(found.id, 0) for found in self.view.strategies}

    def undecided(self) -> int:
        """Count the accounts whose stage is undetermined or provisional."""
        return int((~self.ordered["_firm"]).sum())

    def findings(self) -> tuple[FindingTally, ...]:
        """Count the accounts by status of each finding that can be an obstacle."""
        total = self.every.height
        names = [
            name
            for name, doc in self.base.findings.items()
            if doc.about == "account"
            and doc.severity in self.base.obstacle_severities(name)
            and not self.base.is_gap(name)
        ]
        here = [name for name in names if name in self.likely]
        counted = self.every.lazy().select(
            pl.concat_list(
                (likely & ~aside).sum(),
                (likely & aside).sum(),
                (~likely & (pl.col(name) > 0)).sum(),
            ).alias(name)
            for name in here
            for likely, aside in [(self.likely[name], self._aside(name))]
        )
        counts = counted.collect().to_dicts()[0] if here else {}
        found = []
        for name in names:
            standing, aside, unsettled = counts.get(name, (0, 0, 0))
            absent = total - standing - aside - unsettled
            found.append(FindingTally(name, standing, aside, unsettled, absent))
        return tuple(found)

    def _aside(self, name: str) -> pl.Expr:
        """Return whether a finding has a severity that is not an obstacle."""
        allowed = self.base.obstacle_severities(name)
        cases = severities(self.base.findings[name], self.likely)
        none = pl.lit(value=False)
        return pl.any_horizontal(none, *(here for word, here in cases if word not in allowed))

    def causes(self) -> dict[str, int]:
        """Count the accounts of each main cause, the most frequent first."""
        table = read_table(self._folder, "causes").select(
            pl.col("account", "finding").cast(pl.String)
        )
        counts = dict(table.unique().group_by("finding").len().collect().iter_rows())
        places = {name: place for place, name in enumerate(self.base.findings)}
        found = sorted(counts.items(), key=lambda item: (-item[1], places[item[0]]))
        return dict(found)

    def _causes_of(self, accounts: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the main causes of some accounts; the same finding about several people is one."""
        found: dict[str, dict[str, None]] = {}
        for row in rows_of_accounts(self._folder, "causes", accounts):
            found.setdefault(row["account"], {})[row["finding"]] = None
        return {account: tuple(names) for account, names in found.items()}

    def shown(self) -> tuple[tuple[AccountRow, ...], dict[str | None, AccountGroup]]:
        """Return the accounts of the table, and those of each level of a competitor."""
        first = self.ordered["_row"].head(MOST_ROWS)
        words = self.base.facts[self.view.facts["competitor"]].words()
        chosen = {
            word: self.ordered.filter(pl.col("_competitor").eq_missing(pl.lit(word)))
            for word in (*words, None)
        }
        few = [here["_row"].head(MOST_LISTED) for here in chosen.values()]
        places = pl.concat([first, *few]).unique()
        made = dict(zip(places.to_list(), self._rows(places), strict=True))
        listed = {
            word: AccountGroup(here.height, tuple(made[n] for n in numbers))
            for (word, here), numbers in zip(chosen.items(), few, strict=True)
        }
        return tuple(made[number] for number in first), listed

    def _rows(self, places: pl.Series) -> Iterable[AccountRow]:
        rows = self.every[places]
        causes = self._causes_of(rows["account"].to_list())
        for row in rows.iter_rows(named=True):
            findings = tuple(self._standings(row))
            weights = [
                f.severity
                for f in findings
                if self.base.is_obstacle(f.finding, f.severity, f.status)
            ]
            yield AccountRow(
                id=row["account"],
                name=row["name"],
                owner=row["owner"] or None,
                segment=row["segment"] or None,
                stage=row["_stage"],
                firm=row["_firm"],
                leaning=row["_leaning"],
                seen=row["_seen"],
                open=row["_open"],
                attractiveness=row["_attractiveness"],
                competitor=row["_competitor"],
                size=row["_size"],
                currency=row["_currency"],
                findings=findings,
                obstacles={word: weights.count(word) for word in SEVERITIES[:-1]},
                strategy=row["_strategy"],
                strategy_firm=row["_strategy_firm"],
                chosen=row["_chosen"],
                causes=causes.get(row["account"], ()),
                report=self.reports.get(row["account"]),
            )

    def _standings(self, row: Mapping[str, Any]) -> Iterable[Standing]:
        for name in self._found:
            if row[name] == 0:
                continue
            doc = self.base.findings[name]
            severity = next(
                (v.severity or doc.severity for v in doc.variants if row.get(v.when, 0) >= LIKELY),
                doc.severity,
            )
            yield Standing(name, STATUSES[row[name]], row[f"{name}__firm"], severity)


def answer(fact: str, names: Iterable[str]) -> pl.Expr:
    """Return the customer's own answer, or else ours."""
    sides = [pl.col(n).cast(pl.String) for n in (fact + THEIRS, fact) if n in names]
    return pl.coalesce(sides) if sides else pl.lit(None, dtype=pl.String)


def _questions(folder: Path, base: KnowledgeBase) -> tuple[QuestionCount, ...]:
    """Return the questions that could change the unsettled stage of most accounts."""
    try:
        table = read_table(folder, ASKED)
    except KamError:  # a run without questions
        return ()
    asked = (
        table.group_by(pl.col("fact", "asked_of").cast(pl.String))
        .agg(pl.col("accounts").cast(pl.Int64).sum())
        .filter(pl.col("accounts") > 0)
        .collect()
    )
    order = QuestionOrder(base).places
    found = sorted(asked.iter_rows(), key=lambda row: (-row[2], order[row[0]], row[1]))
    return tuple(QuestionCount(*row) for row in found[:_QUESTIONS])
