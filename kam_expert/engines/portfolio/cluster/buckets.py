"""A portfolio in buckets: whole accounts, spread so that each bucket can be judged apart.

Whoever judges a bucket may be stopped and tried again, and two may try at once: what a bucket
gives appears in its place whole, once. In the folder:

    accounts/bucket=0/*.parquet   rows of a table as given, numbered as in the whole table
    heads/accounts.parquet        its columns, without rows
    surveyed/0/                   what must be known of a bucket before any is judged
    ranks/0.parquet               the computed ranks of its accounts
    judged/0/                     the tables of its result

On storage that is not shared, whoever judges a bucket finds none of its rows, or others do not find
what was made of them. So rows are counted at both ends.
"""

from __future__ import annotations

import json
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.reading import ranks
from kam_expert.engines.portfolio.reading.portfolio_source import AccountBatch, open_source
from kam_expert.engines.portfolio.reading.tables_in import InputTable, Tables
from kam_expert.engines.portfolio.writing.answers_read import ANSWERS
from kam_expert.engines.portfolio.writing.run import Written, judge, write_manifest
from kam_expert.engines.portfolio.writing.run_files import REJECTED, form_of, line_of, write_table
from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from kam_expert.engines.portfolio.reading.needs import Needs
    from kam_expert.engines.portfolio.reading.portfolio_source import PortfolioSource
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.attention import PortfolioView
    from kam_expert.knowledge.base import KnowledgeBase

#: The column that says which bucket a row is in, until it stands in a folder of that name.
BUCKET = "bucket"
_COUNTS = "counts.json"
_BASIS = "basis.parquet"
_BANDED = "banded.json"
_ALL = 1 << 31


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each bucket; see `run.write`."""

    view: PortfolioView | None = None
    form: str = "parquet"
    details: bool = True


@dataclass(frozen=True)
class Buckets:
    """A portfolio in buckets. It goes as it is to those who judge them.

    Attributes:
        folder: Where they are; all who judge them must see it.
        count: How many there are, numbered from 0.
        files: The tables, with the names of their files.
        needs: What to carry; must be the same for all.
        rows: By table, how many rows each bucket has, as `spread` has counted them.
    """

    folder: Path
    count: int
    files: Mapping[str, str]
    base: KnowledgeBase
    day: date
    needs: Needs
    rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def begin(self, tables: Mapping[str, InputTable]) -> None:
        """Make the folders, and note the columns of *tables*, for buckets without a row."""
        for name in ("heads", "surveyed", "ranks", "judged"):
            (self.folder / name).mkdir()
        for name, table in tables.items():
            text = pl.col("account").cast(pl.String)
            head = table.scan.clear().with_columns(text).collect()
            head.write_parquet(self._head(name))

    def spread(self, given: Mapping[str, int]) -> Buckets:
        """Count the rows in all buckets; give the buckets with their counts.

        Args:
            given: By table, how many rows were to be spread.

        Raises:
            KamError: There are fewer, or more.
        """
        counted = {
            name: tuple(self._rows(name, number) for number in range(self.count))
            for name in self.files
        }
        for name, rows in given.items():
            if sum(counted[name]) != rows:
                found = f"{sum(counted[name])} of {rows} rows arrived here"
                raise self.unshared(self.folder / name, found)
        return replace(self, rows=counted)

    def _rows(self, name: str, number: int) -> int:
        """Count the rows of a table that stand in a bucket."""
        parts = self._parts(name, number)
        if not parts:
            return 0
        counted = pl.scan_parquet(parts, glob=False, hive_partitioning=False).select(pl.len())
        rows: int = counted.collect().item()
        return rows

    def _parts(self, name: str, number: int) -> list[Path]:
        return sorted((self.folder / name / f"{BUCKET}={number}").glob("*.parquet"))

    def _whole(self, number: int) -> bool:
        """Return whether a bucket can be seen from here, with every row that was counted."""
        return all(
            self._head(name).is_file() and self._rows(name, number) == counted[number]
            for name, counted in self.rows.items()
        )

    def _head(self, name: str) -> Path:
        return self.folder / "heads" / f"{name}.parquet"

    def unshared(self, place: Path, found: str) -> KamError:
        """Return the error for rows that one process wrote and another does not find."""
        return KamError(
            f"{place}: {found}; nothing was written\n{self.folder.parent} must be on storage that "
            "this process and all executors share under this name: choose such a folder"
        )

    def _open(
        self, number: int, banded: frozenset[str] | None = None, *, ranked: bool = False
    ) -> PortfolioSource:
        tables = {}
        for name, file in self.files.items():
            here = self._parts(name, number) or [self._head(name)]
            scan = pl.scan_parquet(here, glob=False, hive_partitioning=False)
            tables[name] = InputTable(name, file, scan)
        found = pl.read_parquet(self._ranks(number), glob=False) if ranked else pl.DataFrame()
        return open_source(
            AccountBatch(Tables(tables), banded, found), self.base, self.day, _ALL, self.needs
        )

    def _ranks(self, number: int) -> Path:
        return self.folder / "ranks" / f"{number}.parquet"

    def survey(self, number: int) -> bool:
        """Find what must be known of a bucket before any is judged, unless it is not all here.

        Returns:
            Whether it is all here.
        """
        if not self._whole(number):
            return False
        with whole(self.folder / "surveyed" / str(number)) as draft, self._open(number) as source:
            source.basis().write_parquet(draft / _BASIS)
            banded = json.dumps(sorted(source.layout.banded))
            (draft / _BANDED).write_text(banded, encoding="utf-8")
        return True

    def settle(self) -> frozenset[str]:
        """Rank all accounts, each bucket having been surveyed; give the facts with a band.

        Raises:
            KamError: What was found of a bucket did not arrive here.
        """
        self.arrived("surveyed")
        folders = [self.folder / "surveyed" / str(number) for number in range(self.count)]
        parts = [pl.read_parquet(folder / _BASIS, glob=False) for folder in folders]
        every = ranks.ranked(pl.concat(parts))
        start = 0
        for number, part in enumerate(parts):
            every.slice(start, part.height).write_parquet(self._ranks(number))
            start += part.height
        listed = (json.loads((f / _BANDED).read_text(encoding="utf-8")) for f in folders)
        return frozenset(name for names in listed for name in names)

    def arrived(self, name: str) -> None:
        """Raise KamError unless every bucket has an entry in the folder *name*."""
        here = sum((self.folder / name / str(number)).is_dir() for number in range(self.count))
        if here < self.count:
            found = f"the results of {here} of {self.count} tasks arrived here"
            raise self.unshared(self.folder / name, found)

    def judge(self, number: int, banded: frozenset[str], wanted: Wanted) -> bool:
        """Judge the accounts of a bucket, unless it is not all here; all must have been settled.

        Returns:
            Whether it is all here.
        """
        if not (self._whole(number) and self._ranks(number).is_file()):
            return False
        place = self.folder / "judged" / str(number)
        with whole(place) as draft, self._open(number, banded, ranked=True) as source:
            (draft / ANSWERS).mkdir()
            written = Written(draft)
            for _, tables in judge(
                source, self.base, self.day, view=wanted.view, details=wanted.details
            ):
                for name, table in tables.items():
                    form = form_of(name, wanted.form)
                    write_table(table, draft / f"{name}.{form}", form)
                written.count(tables)
            with (draft / REJECTED).open("w", encoding="utf-8", newline="") as faults:
                faults.writelines(line_of(fault) for fault in source.rejected)
            counts = {
                "accounts": written.accounts,
                "rows": written.rows,
                "stages": written.stages,
                "source_rows": source.counts,
            }
            (draft / _COUNTS).write_text(json.dumps(counts), encoding="utf-8")
        return True

    def judged(self) -> int:
        """Return how many buckets are judged."""
        return sum(not path.name.startswith(".") for path in (self.folder / "judged").iterdir())

    def case(self, account: str, banded: frozenset[str]) -> Case:
        """Return one account as `PortfolioSource.case` does. Raises as that does."""
        parts = sorted((self.folder / "accounts").glob("*/*.parquet"))
        every = pl.scan_parquet(parts, glob=False, hive_partitioning=True)
        mine = every.filter(pl.col("account") == account).select(BUCKET).collect()
        if mine.is_empty():
            raise KamError(f'there is no account "{account}"')
        with self._open(int(mine[BUCKET][0]), banded, ranked=True) as source:
            return source.case(account)


def gather(
    buckets: Buckets, unread: list[dict[str, Any]], total: int, folder: Path, form: str
) -> Written:
    """Put the results of all buckets into the folder of a run.

    Args:
        buckets: All judged.
        unread: Faults of files that are in no bucket as they could not be read.
        total: How many accounts there are, those rejected included.
        folder: Of the run.
        form: As in what was wanted.

    Raises:
        KamError: A result did not arrive here, or not every account is in one.
    """
    buckets.arrived("judged")
    written = Written(folder)
    source_rows = {name: {"read": 0, "used": 0, "rejected": 0} for name in buckets.files}
    files = len({fault["file"] for fault in unread})
    source_rows["accounts"]["read"] = source_rows["accounts"]["rejected"] = files
    with (folder / REJECTED).open("w", encoding="utf-8", newline="") as faults:
        faults.writelines(line_of(fault) for fault in unread)
        for number in range(buckets.count):
            part = buckets.folder / "judged" / str(number)
            counts = json.loads((part / _COUNTS).read_text(encoding="utf-8"))
            written.accounts += counts["accounts"]
            _add(written.rows, counts["rows"])
            _add(written.stages, counts["stages"])
            for name, rows in counts["source_rows"].items():
                _add(source_rows[name], rows)
            with (part / REJECTED).open(encoding="utf-8") as mine:
                shutil.copyfileobj(mine, faults)
            for name in counts["rows"]:
                ending = form_of(name, form)
                table = folder / f"{name}.{ending}"
                table.mkdir(parents=True, exist_ok=True)
                (part / f"{name}.{ending}").rename(table / f"part-{number:05}.{ending}")
    read, used = source_rows["accounts"]["read"], source_rows["accounts"]["used"]
    if (read, used) != (total, written.accounts):
        found = f"tasks read {read} of {total} accounts and judged {written.accounts} of {used}"
        raise buckets.unshared(buckets.folder, found)
    written.rejected = total - written.accounts
    write_manifest(written, buckets.base, buckets.day, source_rows, form)
    return written


def _add(sums: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        sums[name] = sums.get(name, 0) + count


@contextmanager
def whole(place: Path) -> Iterator[Path]:
    """Return an empty folder that is moved to *place* at the end, unless one came there before."""
    draft = place.with_name(f".{place.name}-{uuid.uuid4().hex}")
    draft.mkdir()
    try:
        yield draft
        try:
            draft.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
