"""A portfolio split into buckets of whole accounts that are judged independently.

A task may be killed and retried, and two attempts may run at once, so the result of a bucket is
moved to its place atomically. The folder contains:

    accounts/bucket=0/*.parquet   rows of an input table, with their row numbers
    heads/accounts.parquet        its columns, without rows
    surveyed/0/                   what is needed of a bucket before any bucket is judged
    ranks/0.parquet               computed ranks of its accounts
    judged/0/                     tables of its result

If storage is not shared, tasks find no rows, or their results are not found. So the rows are
counted on both sides.
"""

from __future__ import annotations

import json
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.judging.engine import Content
from kam_expert.engines.portfolio.reading import ranks
from kam_expert.engines.portfolio.reading.portfolio_source import AccountBatch, open_source
from kam_expert.engines.portfolio.reading.tables_in import InputTable, Tables
from kam_expert.engines.portfolio.writing.answers_read import ANSWERS
from kam_expert.engines.portfolio.writing.run import RunOutput, judge, write_manifest
from kam_expert.engines.portfolio.writing.run_files import REJECTED, form_of, line_of, write_table
from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from kam_expert.engines.portfolio.reading.needs import Needs
    from kam_expert.engines.portfolio.reading.portfolio_source import PortfolioSource
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView

#: Name of the column, and of the folders, with the bucket of a row.
BUCKET = "bucket"
_COUNTS = "counts.json"
_BASIS = "basis.parquet"
_BANDED = "banded.json"
_ALL = 1 << 31


@dataclass(frozen=True)
class Wanted:
    """Options for the result of a bucket; see `run.write`."""

    view: PortfolioView | None = None
    form: str = "parquet"
    content: Content = Content.PLANS
    candidates: bool = False


@dataclass(frozen=True)
class Buckets:
    """A portfolio in buckets. Tasks receive it pickled.

    Attributes:
        folder: The folder of the buckets, on storage that all tasks share.
        count: Number of buckets, which are numbered from 0.
        files: File name by table.
        needs: The facts to read; must be the same for all.
        rows: Number of rows of each bucket by table, as counted by `count_rows`.
    """

    folder: Path
    count: int
    files: Mapping[str, str]
    base: KnowledgeBase
    day: date
    needs: Needs
    rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def begin(self, tables: Mapping[str, InputTable]) -> None:
        """Create the folders, and write the columns of *tables* for buckets without rows."""
        for name in ("heads", "surveyed", "ranks", "judged"):
            (self.folder / name).mkdir()
        for name, table in tables.items():
            text = pl.col("account").cast(pl.String)
            head = table.scan.clear().with_columns(text).collect()
            head.write_parquet(self._head(name))

    def count_rows(self, given: Mapping[str, int]) -> Buckets:
        """Count the rows of all buckets and return the buckets with their counts.

        Args:
            given: Expected number of rows by table.

        Raises:
            KamError: The numbers differ.
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
        """Count the rows of a table in a bucket."""
        parts = self._parts(name, number)
        if not parts:
            return 0
        counted = pl.scan_parquet(parts, glob=False, hive_partitioning=False).select(pl.len())
        rows: int = counted.collect().item()
        return rows

    def _parts(self, name: str, number: int) -> list[Path]:
        return sorted((self.folder / name / f"{BUCKET}={number}").glob("*.parquet"))

    def _is_complete(self, number: int) -> bool:
        """Return whether this process sees all rows of a bucket that were counted."""
        return all(
            self._head(name).is_file() and self._rows(name, number) == counted[number]
            for name, counted in self.rows.items()
        )

    def _head(self, name: str) -> Path:
        return self.folder / "heads" / f"{name}.parquet"

    def unshared(self, place: Path, found: str) -> KamError:
        """Return the error for rows that one process wrote and another cannot find."""
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
        """Read what is needed of a bucket before any bucket is judged.

        Returns:
            Whether all rows were found; if not, nothing is written.
        """
        if not self._is_complete(number):
            return False
        with (
            atomic_folder(self.folder / "surveyed" / str(number)) as draft,
            self._open(number) as source,
        ):
            source.basis().write_parquet(draft / _BASIS)
            banded = json.dumps(sorted(source.layout.banded))
            (draft / _BANDED).write_text(banded, encoding="utf-8")
        return True

    def settle(self) -> frozenset[str]:
        """Rank the accounts of all surveyed buckets, and return the facts with a band.

        Raises:
            KamError: The survey of a bucket was not found.
        """
        self.check_results("surveyed")
        folders = [self.folder / "surveyed" / str(number) for number in range(self.count)]
        parts = [pl.read_parquet(folder / _BASIS, glob=False) for folder in folders]
        every = ranks.ranked(pl.concat(parts), ranks.shares(self.base))
        start = 0
        for number, part in enumerate(parts):
            every.slice(start, part.height).write_parquet(self._ranks(number))
            start += part.height
        listed = (json.loads((f / _BANDED).read_text(encoding="utf-8")) for f in folders)
        return frozenset(name for names in listed for name in names)

    def check_results(self, name: str) -> None:
        """Raise KamError unless every bucket has an entry in the folder *name*."""
        here = sum((self.folder / name / str(number)).is_dir() for number in range(self.count))
        if here < self.count:
            found = f"the results of {here} of {self.count} tasks arrived here"
            raise self.unshared(self.folder / name, found)

    def judge(self, number: int, banded: frozenset[str], wanted: Wanted) -> bool:
        """Judge the accounts of a bucket, after `settle`.

        Returns:
            Whether all rows were found; if not, nothing is written.
        """
        if not (self._is_complete(number) and self._ranks(number).is_file()):
            return False
        place = self.folder / "judged" / str(number)
        with atomic_folder(place) as draft, self._open(number, banded, ranked=True) as source:
            (draft / ANSWERS).mkdir()
            written = RunOutput(draft)
            for _, tables in judge(
                source,
                self.base,
                self.day,
                view=wanted.view,
                content=wanted.content,
                candidates=wanted.candidates,
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
        """Return the number of judged buckets."""
        return sum(not path.name.startswith(".") for path in (self.folder / "judged").iterdir())

    def case(self, account: str, banded: frozenset[str]) -> Case:
        """Return one account. Raises the same errors as `PortfolioSource.case`."""
        parts = sorted((self.folder / "accounts").glob("*/*.parquet"))
        every = pl.scan_parquet(parts, glob=False, hive_partitioning=True)
        mine = every.filter(pl.col("account") == account).select(BUCKET).collect()
        if mine.is_empty():
            raise KamError(f'there is no account "{account}"')
        with self._open(int(mine[BUCKET][0]), banded, ranked=True) as source:
            return source.case(account)


def gather(
    buckets: Buckets, unread: list[dict[str, Any]], total: int, folder: Path, form: str
) -> RunOutput:
    """Move the results of all buckets into the folder of a run.

    Args:
        buckets: The judged buckets.
        unread: Faults of case files that could not be read and are in no bucket.
        total: Number of accounts, including rejected ones.
        folder: The folder of the run.
        form: The form of the tables, as in `Wanted`.

    Raises:
        KamError: A result was not found, or accounts are missing.
    """
    buckets.check_results("judged")
    written = RunOutput(folder)
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
def atomic_folder(place: Path) -> Iterator[Path]:
    """Yield an empty folder that is moved to *place* at the end, unless *place* exists by then."""
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
