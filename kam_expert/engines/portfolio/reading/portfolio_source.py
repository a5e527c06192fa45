"""Input of a portfolio, read chunk by chunk."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.reading import ranks
from kam_expert.engines.portfolio.reading.cell_columns import TEXTS
from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest, cells_of
from kam_expert.engines.portfolio.reading.closing import Closing
from kam_expert.engines.portfolio.reading.needs import KINDS, Needs, needs_of
from kam_expert.engines.portfolio.reading.normal import normal
from kam_expert.engines.portfolio.reading.order import Located, Order, parquet_of
from kam_expert.engines.portfolio.reading.tables_in import (
    FILE,
    InputTable,
    Tables,
    find_tables,
    unreadable,
)
from kam_expert.errors import KamError
from kam_expert.facts.case import Answer, Case
from kam_expert.facts.readings import Readings
from kam_expert.facts.row_reader import ROW
from kam_expert.facts.tables import case_of
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from kam_expert.engines.portfolio.reading.chunk_layout import ChunkFrames
    from kam_expert.knowledge.base import KnowledgeBase

CHUNK_ACCOUNTS = 75_000


@dataclass(frozen=True)
class AccountBatch:
    """Some accounts of a larger portfolio with their rows in all tables.

    Attributes:
        tables: The rows, with the row numbers and file names of the whole portfolio.
        banded: Facts with a band anywhere in the portfolio; None to search this batch.
        ranks: A column for each rank in the portfolio, in the row order of the accounts.
    """

    tables: Tables
    banded: frozenset[str] | None = None
    ranks: pl.DataFrame = field(default_factory=pl.DataFrame)


class PortfolioSource(Closing):
    """A portfolio that is open for reading, a context manager that removes temporary files.

    Attributes:
        total: Number of accounts, including rejected ones.
        rejected: Faults of rejected accounts, added while chunks are read: account, file, row
            (from 1 without the header; the line of a case file), column, value, reason. A reader
            may remove them while it reads.
        counts: Number of rows read, used and rejected so far, by table.
        temporary: The folder of temporary files.
        layout: The columns of the frames: ``layout.columns(table)``.
    """

    def __init__(
        self, path: Path | AccountBatch, base: KnowledgeBase, day: date, needs: Needs, size: int
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="kam_")
        self._size = size
        try:
            self._open(path, base, day, needs)
        except BaseException:
            self.close()
            raise

    def _open(
        self, path: Path | AccountBatch, base: KnowledgeBase, day: date, needs: Needs
    ) -> None:
        folder = self.temporary = Path(self._temporary.name)
        part = path if isinstance(path, AccountBatch) else None
        found = find_tables(path, base, folder) if isinstance(path, Path) else path.tables
        tables = found.tables
        self._unread = found.unread
        self.rejected: list[dict[str, Any]] = []
        self.counts = {name: {"read": 0, "used": 0, "rejected": 0} for name in tables}
        banded = None if part is None else part.banded
        if banded is None:
            banded = _banded(tables, base)
        self.layout = ReadRequest(
            base,
            day,
            needs,
            banded,
            {name: table.file for name, table in tables.items()},
            {name: cells_of(table, base, banded) for name, table in tables.items()},
            _doubted(tables, base)
            | (frozenset(base.from_plan) if "plan" in tables else frozenset()),
        )
        accounts = tables["accounts"]
        try:
            named = accounts.scan.select(pl.col("account").cast(pl.String))
            ids = named.collect(engine="streaming")
        except pl.exceptions.PolarsError as error:
            raise unreadable(accounts.file, error) from None
        self._ids = ids["account"]
        self.total = ids.height + len({fault["file"] for fault in self._unread})
        order = self._order = Order(self._ids, self._size)
        self._duplicates = self._ids.filter(
            self._ids.is_duplicated() & self._ids.is_not_null()
        ).unique()
        if self._order.chunks > 1:
            accounts = parquet_of(accounts, folder)
        self._accounts = accounts
        self._located: dict[str, Located] = {
            name: order.locate(table, folder)
            for name, table in tables.items()
            if name != "accounts"
        }
        self._ranks = self._ranked() if part is None else part.ranks

    def close(self) -> None:
        """Remove the temporary files; nothing can be read afterwards."""
        self._temporary.cleanup()

    def chunks(self) -> Iterator[ChunkFrames]:
        """Yield chunks of accounts in the order of their table."""
        self.rejected.extend(self._unread)
        unread = len({fault["file"] for fault in self._unread})
        self._count("accounts", unread, 0)
        for number in range(self._order.chunks):
            tables = self._tables(number)
            ranked = self._ranks.slice(*self._order.slice(number))
            made = normal(tables, self.layout, self._duplicates, ranked)
            self.rejected.extend(made.faults.records(self.layout.files))
            for name, rows in tables.items():
                self._count(name, rows.height, made.used[name])
            yield made.frames

    def _count(self, name: str, read: int, used: int) -> None:
        counts = self.counts[name]
        counts["read"] += read
        counts["used"] += used
        counts["rejected"] += read - used

    def _scans(self, number: int) -> dict[str, pl.LazyFrame]:
        accounts = self._accounts.scan.slice(*self._order.slice(number))
        return {"accounts": accounts, **{n: t.chunk(number) for n, t in self._located.items()}}

    def _tables(self, number: int) -> dict[str, pl.DataFrame]:
        scans = self._scans(number)
        try:
            frames = pl.collect_all(scans.values())
        except pl.exceptions.PolarsError as error:
            raise KamError(f"the portfolio cannot be read ({error})") from None
        return dict(zip(scans, frames, strict=True))

    def _ranked(self) -> pl.DataFrame:
        """Return the ranks of all accounts in the row order of their table."""
        return ranks.ranked(self.basis(), ranks.shares(self.layout.base))

    def basis(self) -> pl.DataFrame:
        """Return the values by which accounts are ranked, in the row order of their table."""
        base = self.layout.base
        names = ranks.read_by(base)
        nothing = dict.fromkeys(KINDS, frozenset[str]())
        needs = Needs({**nothing, "account": names}, frozenset(), frozenset())
        cells = [c for c in self.layout.cells["accounts"] if c.fact.name in names]
        cells_read = {"accounts": cells}
        layout = replace(self.layout, needs=needs, cells=cells_read, doubted=frozenset())
        columns = ["account", ROW, *(c.column for c in cells)]
        parts = []
        for number in range(self._order.chunks):
            scans = {"accounts": self._scans(number)["accounts"].select(columns)}
            if "history" in self._located:
                of_ranks = pl.col("fact").cast(pl.String).is_in(list(names))
                scans["history"] = self._located["history"].chunk(number).filter(of_ranks)
            frames = dict(zip(scans, pl.collect_all(scans.values()), strict=True))
            made = normal(frames, layout, self._duplicates, pl.DataFrame())
            # Joined by id, because accounts are renumbered after some were rejected.
            every = frames["accounts"].select(account_id=pl.col("account").cast(pl.String))
            valid = made.frames.accounts
            every = every.join(valid, on="account_id", how="left", maintain_order="left")
            parts.append(ranks.basis(every, base))
        return pl.concat(parts)

    def case(self, account: str) -> Case:
        """Return one account as a case for `kam diagnose`, with its computed ranks as answers.

        Raises:
            KamError: The account is unknown.
            CaseError: Its rows have faults.
        """
        place = (self._ids == account).arg_max()
        if place is None or self._ids[place] != account:
            raise KamError(f'unknown account "{account}"')
        scans = self._scans(self._order.chunk_of(place))
        mine = [
            scan.filter(pl.col("account").cast(pl.String) == account) for scan in scans.values()
        ]
        rows = {
            name: [
                {key: cell for key, cell in row.items() if cell is not None and key != FILE}
                for row in frame.to_dicts()
            ]
            for name, frame in zip(scans, pl.collect_all(mine), strict=True)
        }
        case = case_of(rows, self.layout.base, self.layout.files)
        computed = {
            name: (Answer(_plain(self._ranks[name][place]), by="portfolio"),)
            for name in self._ranks.columns
            if self._ranks[name][place] is not None and not self._is_told(name, case)
        }
        entity = replace(case.account, ours={**case.account.ours, **computed})
        return replace(case, account=entity)

    def _is_told(self, name: str, case: Case) -> bool:
        """Return whether a share is stated and no event voids it; it then counts."""
        base = self.layout.base
        if name not in ranks.shares(base):
            return False
        view = Readings(case, base, self.layout.day).view(case.account, strict=False)
        return view.stated(Ref(name)) is not UNKNOWN


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number


def _banded(tables: Mapping[str, InputTable], base: KnowledgeBase) -> frozenset[str]:
    """Return the facts with a band anywhere."""
    found: set[str] = set()
    for table in tables.values():
        schema = table.schema
        texts = [
            c
            for c in cells_of(table, base)
            if c.fact.is_number and isinstance(schema[c.column], TEXTS)
        ]
        if texts:
            bands = [_may_be_band(pl.col(c.column)).any() for c in texts]
            row = table.scan.select(bands).collect(engine="streaming")
            found.update(c.fact.name for c in texts if row[c.column].item())
        if table.name == "history":
            with_bands = table.scan.filter(_may_be_band(pl.col("value")))
            facts = with_bands.select(pl.col("fact").cast(pl.String).unique()).collect(
                engine="streaming"
            )
            found.update(name for name in facts["fact"] if name in base.facts)
    return frozenset(name for name in found if base.facts[name].is_number)


def _may_be_band(column: pl.Expr) -> pl.Expr:
    """Return whether a text is not a number, so that it may be a band in any of its forms."""
    text = column.cast(pl.String).str.strip_chars()
    return (text != "") & (text != "unknown") & text.cast(pl.Float64, strict=False).is_null()


def _doubted(tables: Mapping[str, InputTable], base: KnowledgeBase) -> frozenset[str]:
    """Return the facts to which an answer may no longer hold after an event of the portfolio."""
    book, history = base.events, tables.get("history")
    if book is None:
        return frozenset()
    heads = [t.scan.select(pl.len()) for n, t in tables.items() if n == "events"]
    told = list(book.same_as)
    accounts = tables["accounts"]
    heads += [
        accounts.scan.select(pl.col(name).is_not_null().sum())
        for name in told
        if name in accounts.schema
    ]
    by = pl.LazyFrame({"fact": pl.Series([], dtype=pl.String)})
    if history is not None:
        fact = pl.col("fact").cast(pl.String)
        heads.append(history.scan.select(fact.is_in(told).sum()))
        if "by" in history.schema:
            by = history.scan.filter(pl.col("by").is_not_null()).select(fact.unique())
    if not any(frame.item() for frame in pl.collect_all(heads)):
        return frozenset()
    found = {*base.voided_by, *by.collect(engine="streaming")["fact"]}
    found |= {
        name for name, fact in base.facts.items() if fact.kind in ("person", "member", "link")
    }
    return frozenset(
        name
        for name in found - book.told_by
        if name in base.facts and base.facts[name].kind != "event"
    )


def _promised(tables: Mapping[str, InputTable], base: KnowledgeBase) -> frozenset[str]:
    """Return the facts of which a plan may tell, which the strict reading does not believe."""
    plan = tables.get("plan")
    if plan is None or not plan.scan.select(pl.len()).collect(engine="streaming").item():
        return frozenset()
    return frozenset(base.from_plan)


def open_source(
    path: Path | AccountBatch,
    base: KnowledgeBase,
    day: date,
    chunk_accounts: int = CHUNK_ACCOUNTS,
    needs: Needs | None = None,
) -> PortfolioSource:
    """Open a portfolio.

    Args:
        path: A folder of case files or tables, or a batch of a portfolio as one chunk.
        base: The rule base with the vocabulary of the tables.
        day: The date of the diagnosis.
        chunk_accounts: Maximum number of accounts in a chunk.
        needs: The facts to read; by default all that the rules read.

    Raises:
        KamError: The folder or a table cannot be read, or has unknown columns.
    """
    return PortfolioSource(path, base, day, needs or needs_of(base), chunk_accounts)
