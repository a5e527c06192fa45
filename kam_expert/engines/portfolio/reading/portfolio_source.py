"""A portfolio as it is given, read chunk by chunk."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import polars as pl

from kam_expert.engines.portfolio.reading import ranks
from kam_expert.engines.portfolio.reading.cell_columns import TEXTS
from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest, cells_of
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
from kam_expert.facts.row_reader import ROW
from kam_expert.facts.tables import case_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from types import TracebackType

    from kam_expert.engines.portfolio.reading.chunk_layout import ChunkFrames
    from kam_expert.knowledge.base import KnowledgeBase

CHUNK_ACCOUNTS = 150_000


@dataclass(frozen=True)
class AccountBatch:
    """Some accounts of a larger portfolio, with all that belongs to them.

    Attributes:
        tables: Their rows, numbered as in the tables of the whole, which are known by their files.
        banded: The facts that have a band anywhere in the whole; None to look for bands here.
        ranks: A column for each rank in the whole, row by row as in the table of accounts.
    """

    tables: Tables
    banded: frozenset[str] | None = None
    ranks: pl.DataFrame = field(default_factory=pl.DataFrame)


class PortfolioSource:
    """A portfolio that is open for reading. Use it in a ``with``: temporary files go at its end.

    Attributes:
        total: How many accounts there are, those rejected included.
        rejected: Why accounts were rejected, filled while chunks are read: account, file, row
            (from 1, the header not counted; the line of a case file), column, value, reason.
            A reader of many chunks may take them out as they come.
        counts: By table, how many rows were read, used and rejected so far.
        temporary: The folder of what is put aside while reading.
        layout: The columns of the frames: ``layout.columns(table)``.
    """

    def __init__(
        self, path: Path | AccountBatch, base: KnowledgeBase, day: date, needs: Needs, size: int
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="kam_")
        self._most = size
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
        )
        accounts = tables["accounts"]
        try:
            named = accounts.scan.select(pl.col("account").cast(pl.String))
            ids = named.collect(engine="streaming")
        except pl.exceptions.PolarsError as error:
            raise unreadable(accounts.file, error) from None
        self._ids = ids["account"]
        self.total = ids.height + len({fault["file"] for fault in self._unread})
        order = self._order = Order(self._ids, self._most)
        self._twice = self._ids.filter(self._ids.is_duplicated() & self._ids.is_not_null()).unique()
        if self._order.chunks > 1:
            accounts = parquet_of(accounts, folder)
        self._accounts = accounts
        self._located: dict[str, Located] = {
            name: order.locate(table, folder)
            for name, table in tables.items()
            if name != "accounts"
        }
        self._ranks = self._ranked() if part is None else part.ranks

    def __enter__(self) -> Self:
        """Return the source itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was put aside."""
        self.close()

    def close(self) -> None:
        """Remove what was put aside; nothing can be read any more."""
        self._temporary.cleanup()

    def chunks(self) -> Iterator[ChunkFrames]:
        """Yield the accounts, a chunk at a time, in the order of their table."""
        self.rejected.extend(self._unread)
        unread = len({fault["file"] for fault in self._unread})
        self._count("accounts", unread, 0)
        for number in range(self._order.chunks):
            tables = self._tables(number)
            ranked = self._ranks.slice(*self._order.slice(number))
            made = normal(tables, self.layout, self._twice, ranked)
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
        """Return the ranks of all accounts, row by row as in their table."""
        return ranks.ranked(self.basis())

    def basis(self) -> pl.DataFrame:
        """Return what accounts are ranked by, row by row as in their table."""
        base = self.layout.base
        names = ranks.read_by(base)
        nothing = dict.fromkeys(KINDS, frozenset[str]())
        needs = Needs({**nothing, "account": names}, frozenset(), frozenset())
        cells = [c for c in self.layout.cells["accounts"] if c.fact.name in names]
        layout = replace(self.layout, needs=needs, cells={"accounts": cells})
        columns = ["account", ROW, *(c.column for c in cells)]
        parts = []
        for number in range(self._order.chunks):
            scans = {"accounts": self._scans(number)["accounts"].select(columns)}
            if "history" in self._located:
                said = self._located["history"].chunk(number)
                of = pl.col("fact").cast(pl.String).is_in(list(names))
                scans["history"] = said.filter(of)
            frames = dict(zip(scans, pl.collect_all(scans.values()), strict=True))
            made = normal(frames, layout, self._twice, pl.DataFrame())
            # By id: those that are left are numbered anew where some were rejected.
            every = frames["accounts"].select(account_id=pl.col("account").cast(pl.String))
            sound = made.frames.accounts
            every = every.join(sound, on="account_id", how="left", maintain_order="left")
            parts.append(ranks.basis(every, base))
        return pl.concat(parts)

    def case(self, account: str) -> Case:
        """Return one account as `kam diagnose` has it, with its computed ranks as answers.

        Raises:
            KamError: There is no such account.
            CaseError: Its rows are faulty.
        """
        place = (self._ids == account).arg_max()
        if place is None or self._ids[place] != account:
            raise KamError(f'there is no account "{account}"')
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
            if self._ranks[name][place] is not None
        }
        entity = replace(case.account, ours={**case.account.ours, **computed})
        return replace(case, account=entity)


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number


def _banded(tables: Mapping[str, InputTable], base: KnowledgeBase) -> frozenset[str]:
    """Return the facts that have a band anywhere."""
    found: set[str] = set()
    for table in tables.values():
        schema = table.schema
        texts = [
            c
            for c in cells_of(table, base)
            if c.fact.is_number and isinstance(schema[c.column], TEXTS)
        ]
        if texts:
            bands = [
                pl.col(c.column).cast(pl.String).str.contains("..", literal=True).any()
                for c in texts
            ]
            row = table.scan.select(bands).collect(engine="streaming")
            found.update(c.fact.name for c in texts if row[c.column].item())
        if table.name == "history":
            value = pl.col("value").cast(pl.String)
            said = table.scan.filter(value.str.contains("..", literal=True))
            facts = said.select(pl.col("fact").cast(pl.String).unique()).collect(engine="streaming")
            found.update(name for name in facts["fact"] if name in base.facts)
    return frozenset(name for name in found if base.facts[name].is_number)


def open_source(
    path: Path | AccountBatch,
    base: KnowledgeBase,
    day: date,
    chunk_accounts: int = CHUNK_ACCOUNTS,
    needs: Needs | None = None,
) -> PortfolioSource:
    """Open a portfolio.

    Args:
        path: A folder of case files, or of tables; or a part of a portfolio, in one chunk. All
            money in it is of one currency.
        base: The rule base, whose vocabulary the tables must keep to.
        day: The date of the diagnosis.
        chunk_accounts: How many accounts are read at a time, at most.
        needs: What to carry; all that the rules read by default.

    Raises:
        KamError: The folder or a table cannot be read, or has columns that it cannot have.
    """
    return PortfolioSource(path, base, day, needs or needs_of(base), chunk_accounts)
