"""Diagnosis of a portfolio on a Spark cluster.

Spark reads the tables and distributes their rows to buckets of whole accounts. Each task judges one
bucket with the same program as on one machine. (Spark would take longer to plan the columns of a
rule base than to compute them.)
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.cluster.buckets import BUCKET, Buckets, Wanted, gather
from kam_expert.engines.portfolio.judging.engine import Content
from kam_expert.engines.portfolio.reading.closing import Closing
from kam_expert.engines.portfolio.reading.tables_in import find_tables, unreadable
from kam_expert.errors import KamError, shortened
from kam_expert.extras import needs
from kam_expert.facts.row_reader import ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from kam_expert.engines.portfolio.reading.needs import Needs
    from kam_expert.engines.portfolio.reading.tables_in import InputTable
    from kam_expert.engines.portfolio.writing.run import RunOutput
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView

#: Minimum number of accounts per task.
_FEWEST = 5_000
_GLOB = re.compile(r"([\\*?{}\[\]])")
_ERROR = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception): .*")
#: Parts of Spark's messages about files or folders that an executor cannot find.
_UNSEEN = ("FileNotFound", "FILE_NOT_EXIST", "FILE_FOOTER", "KD001", "Mkdirs failed")
_UNSEEN_HINT = (
    "\nExecutors must find the folders of the portfolio and of the results under the same names "
    "as this process; nothing was written"
)


class Cluster(Closing):
    """A portfolio on a Spark cluster, a context manager that removes its temporary files.

    Args:
        path: A folder of tables or case files. Spark reads Parquet tables, this process all others;
            all executors must see the folder under this name.
        base: The rule base.
        day: The date of the diagnosis.
        size: Approximate maximum number of accounts per task.
        needs: The facts to read.
        folder: A temporary folder to create and remove; all executors must see it.

    Attributes:
        total: Number of accounts, including rejected ones.

    Raises:
        KamError: PySpark or Java is missing, or the portfolio cannot be read.
    """

    def __init__(  # noqa: PLR0913 -- parameters of a source, and a folder
        self, path: Path, base: KnowledgeBase, day: date, size: int, needs: Needs, folder: Path
    ) -> None:
        self._spark, self._started = _session()
        self._folder = folder.resolve()
        shutil.rmtree(self._folder, ignore_errors=True)  # left by a killed run
        self._folder.mkdir()
        try:
            (self._folder / "given").mkdir()
            self._found = find_tables(path, base, self._folder / "given")
            self._open(path, base, day, size, needs)
        except BaseException:
            self.close()
            raise

    def _open(self, path: Path, base: KnowledgeBase, day: date, size: int, needs: Needs) -> None:
        tables = self._found.tables
        given = {name: _rows(table) for name, table in tables.items()}
        rows = given["accounts"]
        self.total = rows + len({fault["file"] for fault in self._found.unread})
        tasks = min(self._spark.sparkContext.defaultParallelism, -(-rows // _FEWEST))
        count = max(1, -(-rows // size), tasks)
        files = {name: table.file for name, table in tables.items()}
        buckets = Buckets(self._folder, count, files, base, day, needs)
        buckets.begin(tables)
        for table in tables.values():
            with _spark_errors():  # Spark already reads the footers here
                self._spread(self._read(table, path.resolve() / table.file), table.name, count)
        self._buckets = buckets.count_rows(given)

    def close(self) -> None:
        """Remove the temporary files, and stop Spark if it was started here."""
        if self._started:
            self._spark.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    # Rows into buckets --------------------------------------------------------------------------

    def _read(self, table: InputTable, place: Path) -> DataFrame:
        """Return the rows of a table with the row numbers of `find_tables`."""
        from pyspark.sql import functions as f  # noqa: PLC0415 -- an extra

        if place.suffix != ".parquet":
            place = self._folder / "given" / f"{table.name}.parquet"
            try:
                table.scan.sink_parquet(place)
            except pl.exceptions.PolarsError as error:
                raise unreadable(table.file, error) from None
            return self._spark.read.parquet(_spark_path(place))
        # Spark percent-encodes the file name, except plus signs.
        coded = f.replace(f.col("_metadata.file_name"), f.lit("+"), f.lit("%2B"))
        name = f.url_decode(coded)
        start = f.lit(1)
        if place.is_dir():
            before, starts = 1, []
            for part in sorted(place.glob("*.parquet")):
                starts += [f.lit(part.name), f.lit(before)]
                before += pl.scan_parquet(part, glob=False).select(pl.len()).collect().item()
            start = f.create_map(*starts)[name]
        number = (f.col("_metadata.row_index") + start).cast("long")
        return self._spark.read.parquet(_spark_path(place)).withColumn(ROW, number)

    def _spread(self, rows: DataFrame, name: str, count: int) -> None:
        """Write rows to the folders of their buckets."""
        from pyspark.sql import functions as f  # noqa: PLC0415 -- an extra

        text = f.col("account").cast("string")
        bucket = f.pmod(f.xxhash64(text), f.lit(count)).cast("int")
        spread = rows.withColumn("account", text).withColumn(BUCKET, bucket)
        partitions = spread.repartition(count, BUCKET)
        ordered = partitions.sortWithinPartitions(BUCKET, ROW)
        # Unlike paths to read, Spark does not expand patterns in a path to write.
        ordered.write.partitionBy(BUCKET).parquet(f"file://{self._folder / name}")

    # Tasks --------------------------------------------------------------------------------------

    def write(  # noqa: PLR0913 -- five have a default
        self,
        folder: Path,
        *,
        view: PortfolioView | None = None,
        form: str = "parquet",
        content: Content = Content.PLANS,
        candidates: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> RunOutput:
        """Judge the portfolio and write its tables into *folder*, as `run.write` does.

        Args:
            folder: The output folder, on the same storage as the temporary folder.
            view: See `run.judge`.
            form: parquet, csv or jsonl. Every table is a folder of parts.
            content: How much to write.
            candidates: Whether to list what may become a move.
            progress: Called regularly with the approximate number of accounts done and the total.

        Raises:
            KamError: A task failed as often as Spark's settings allow or did not find all rows of
                its bucket, or its result was not found.
        """
        wanted = Wanted(view, form, content, candidates)
        work = partial(self._buckets.judge, banded=self._banded, wanted=wanted)

        def report() -> None:
            if progress is not None:
                progress(self.total * self._buckets.judged() // self._buckets.count, self.total)

        self._run(work, report)
        return gather(self._buckets, self._found.unread, self.total, folder, form)

    def case(self, account: str) -> Case:
        """Return one account. Raises the same errors as `PortfolioSource.case`."""
        return self._buckets.case(account, self._banded)

    @cached_property
    def _banded(self) -> frozenset[str]:
        self._run(self._buckets.survey, lambda: None)
        return self._buckets.settle()

    def _run(self, work: Callable[[int], bool], report: Callable[[], None]) -> None:
        """Run *work* on each bucket in its own task, and call *report* every second."""
        threads = str(self._spark.conf.get("spark.task.cpus", "1"))
        count = self._buckets.count
        numbers = self._spark.sparkContext.parallelize(range(count), count)
        done = numbers.mapPartitions(_task(pickle.dumps(work), threads))
        with ThreadPoolExecutor(1) as pool, _spark_errors():
            running = pool.submit(done.collect)
            while wait([running], timeout=1).not_done:
                report()
            incomplete = [number for number, complete in running.result() if not complete]
        if incomplete:
            found = f"{len(incomplete)} of {count} tasks did not find all their rows"
            raise self._buckets.unshared(self._folder, found)
        report()


def _task(payload: bytes, threads: str) -> Callable[[Iterable[int]], list[tuple[int, bool]]]:
    """Return the function of a task: it calls the pickled work on each bucket number."""

    def run(numbers: Iterable[int]) -> list[tuple[int, bool]]:
        # Polars reads this when it is imported, which happens when the work is unpickled.
        os.environ.setdefault("POLARS_MAX_THREADS", threads)
        work = pickle.loads(payload)  # noqa: S301 -- made by the driver of this very job
        return [(number, work(number)) for number in numbers]

    return run


def _rows(table: InputTable) -> int:
    """Count the rows of a table of the source."""
    try:
        rows: int = table.scan.select(pl.len()).collect(engine="streaming").item()
    except pl.exceptions.PolarsError as error:
        raise unreadable(table.file, error) from None
    return rows


def _session() -> tuple[SparkSession, bool]:
    """Return the Spark session, and whether it was started here."""
    with needs("spark", "--engine spark"):
        from pyspark.errors import PySparkException  # noqa: PLC0415 -- an extra
        from pyspark.sql import SparkSession  # noqa: PLC0415 -- as above
    there = SparkSession.getActiveSession()
    if there is not None:
        return there, False
    try:
        made = SparkSession.builder.appName("kam-expert").getOrCreate()
    except PySparkException as error:
        raise KamError(
            f"Spark did not start ({_first_line(error)}); it needs Java, which JAVA_HOME names"
        ) from None
    context = made.sparkContext
    named = "PYSPARK_PYTHON" in os.environ or context.getConf().contains("spark.pyspark.python")
    if str(context.master).startswith("local") and not named:
        # The default, python3 on the path, may not have this program installed.
        context.pythonExec = sys.executable
    return made, True


@contextmanager
def _spark_errors() -> Iterator[None]:
    """Convert Spark's errors into a KamError of one line."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 -- comes with PySpark
    from pyspark.errors import PySparkException  # noqa: PLC0415 -- an extra

    try:
        yield
    except (PySparkException, Py4JError) as error:
        hint = _UNSEEN_HINT if any(word in str(error) for word in _UNSEEN) else ""
        raise KamError(f"Spark: {_first_line(error)}{hint}") from error


def _first_line(error: Exception) -> str:
    """Return the message of an error; for a task's traceback, the final error."""
    found = _ERROR.findall(str(error))
    lines = found or str(error).strip().splitlines() or [type(error).__name__]
    return shortened(str(lines[0]), 300)


def _spark_path(path: Path) -> str:
    """Return a URL of a local path, with pattern characters escaped."""
    return "file://" + _GLOB.sub(r"\\\1", str(path))
