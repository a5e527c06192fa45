"""Run the cases of all rules through narwhals, with the expressions of the Polars engine.

    python benchmarks/spark_cases.py [--backend spark|duckdb] [--rules RULE ...]

Prints every case with an unexpected outcome, and a summary. A Spark of two cores and 3 GB is
started, unless spark-submit or SPARK_CONF_DIR name another.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any

import local_spark
from narwhals_frames import NarwhalsFrames

from kam_expert.engines.portfolio.judging.column_cases import run_cases
from kam_expert.errors import did_you_mean
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

_EVERY = 100  # number of runs between progress messages


@dataclass(frozen=True)
class Backend:
    """A library that narwhals uses.

    Attributes:
        version: Name and version.
        native: Converts a frame in memory to a frame of the library.
        settled: Computes and caches a frame, so that it is not planned again.
    """

    version: str
    native: Callable[[pl.DataFrame], Any]
    settled: Callable[[Any], Any]


def spark(asked: argparse.Namespace) -> Backend:
    """Return the Spark backend."""
    session = local_spark.start("kam-expert through narwhals", asked, local_spark.SMALL)

    def native(frame: pl.DataFrame) -> Any:
        # Cached, because every rule reads them; one partition, because there are few rows.
        return session.createDataFrame(frame.to_arrow()).coalesce(1).cache()

    return Backend(f"Spark {session.version}", native, lambda frame: frame.localCheckpoint())


def duckdb(asked: argparse.Namespace) -> Backend:
    """Return an in-memory DuckDB backend."""
    import duckdb as library  # noqa: PLC0415 -- of the two libraries only one need be there

    del asked
    connection = library.connect()
    numbers = count()

    def settled(frame: Any) -> Any:
        name = f"settled_{next(numbers)}"
        frame.create(name)
        return connection.table(name)

    return Backend(
        f"DuckDB {library.__version__}",
        lambda frame: connection.from_arrow(frame.to_arrow()),
        settled,
    )


BACKENDS = {"spark": spark, "duckdb": duckdb}


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=BACKENDS, default="spark")
    parser.add_argument("--rules", nargs="+", metavar="RULE", help="only the cases of these")
    local_spark.add_options(parser)
    asked = parser.parse_args()
    base = load_compiled(rules_folder())
    names = frozenset(asked.rules or ())
    for name in sorted(names - {rule.name for rule in base.rules}):
        near = did_you_mean(name, (rule.name for rule in base.rules))
        parser.error(f'unknown rule "{name}".{near}')
    backend = BACKENDS[asked.backend](asked)
    start = time.perf_counter()
    runs, rules, differences = 0, set(), 0
    for run in run_cases(base, NarwhalsFrames(asked.backend, backend.native), names):
        runs += 1
        rules.add(run.rule.name)
        if not run.passed:
            differences += 1
            print(f"{run.rule.name}: {run.case.name}: {run.outcome}, not {run.case.expect}")
        if runs % _EVERY == 0:
            spent = time.perf_counter() - start
            print(f"{runs} cases, {differences} differences, {spent:.0f} s", file=sys.stderr)
    seconds = time.perf_counter() - start
    today = date.today().isoformat()  # noqa: DTZ011 -- of the reader's calendar
    print(f"{platform.machine()}, Python {platform.python_version()}, {backend.version}, {today}")
    print(f"{runs} cases of {len(rules)} rules: {differences} differences ({seconds:.0f} s)")
    return int(differences > 0)


if __name__ == "__main__":
    sys.exit(main())
