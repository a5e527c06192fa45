"""Run the cases of all rules on Spark, through the same expressions as on Polars.

    python benchmarks/spark_cases.py [RULE]...

Spark's master and everything else come from its ordinary settings; with none it runs here.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from pyspark.sql import SparkSession

from kam_expert.engines.portfolio.frames import NarwhalsFrames
from kam_expert.engines.portfolio.rule_cases import run_cases
from kam_expert.knowledge.compiled import load_compiled
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    import polars as pl
    from pyspark.sql import DataFrame


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rules", nargs="*", metavar="RULE", help="only the cases of these")
    asked = parser.parse_args()
    spark = SparkSession.builder.appName("kam-expert rule cases").getOrCreate()

    def native(frame: pl.DataFrame) -> DataFrame:
        # Cached, as every rule reads them anew.
        return spark.createDataFrame(frame.to_arrow()).cache()

    base = load_compiled(rules_folder())
    start = time.perf_counter()
    runs = failures = 0
    for run in run_cases(base, NarwhalsFrames("spark", native), frozenset(asked.rules)):
        runs += 1
        if not run.passed:
            failures += 1
            print(f"{run.rule.name}: {run.case.name}: {run.outcome}, not {run.case.expect}")
    seconds = time.perf_counter() - start
    print(f"Spark {spark.version}: {runs} cases, {failures} failures, {seconds:.0f} s")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
