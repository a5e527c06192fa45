"""Judge portfolios on Spark and on this machine, and compare the results.

    python benchmarks/spark_agreement.py [--accounts 2000] [--seed 1] [--planned 500]

One portfolio has random accounts with missing facts, two sides, dated answers, notes, bands and
faulty rows, as text, as a folder of parts, as CSV and as case files. The other has typed columns
and few unknown facts. Then the rows of a bucket are removed, as if an executor did not see them.
Finally, the stage and the findings about some accounts are computed by a plan of Spark's own. A
Spark of two cores and 3 GB is started, unless spark-submit or SPARK_CONF_DIR name another.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import local_spark
import polars as pl
import portfolio_engine
import spark_cases
from agreement import random_accounts
from spark_plan import SettledFrames, compare, random_frames

from kam_expert.engines.portfolio.cluster.spark import Cluster
from kam_expert.engines.portfolio.judging.engine import Content
from kam_expert.engines.portfolio.reading.needs import needs_of
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.writing.results import ASKED, TABLES
from kam_expert.engines.portfolio.writing.run import write
from kam_expert.engines.portfolio.writing.run_files import (
    REJECTED,
    RunFolder,
    read_manifest,
    read_table,
)
from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.tables import as_text, rows_of
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 1)
_ANSWERS = tuple(
    f"answers/{name}" for name in ("accounts", "people", "team", "links", "decisions", "events")
)
Rows = dict[str, list[dict[str, Any]]]


def random_rows(cases: Path, base: KnowledgeBase, random: Random, number: int) -> Rows:
    """Write random accounts as case files, and return their rows, some of them faulty."""
    cases.mkdir()
    rows: Rows = {}
    for name, data in random_accounts(base, random, number).items():
        path = cases / f"{name}.json"
        path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        for table, listed in rows_of(read_case(path, base)).items():
            rows.setdefault(table, []).extend(
                {key: as_text(cell) for key, cell in row.items()} for row in listed
            )
    for table, column, value in (
        ("accounts", "account", "a1"),
        ("accounts", "tenure_months", "long"),
        ("people", "person", ""),
        ("people", "account", "nobody"),
        ("links", "person", "nobody"),
        ("history", "as_of", "yesterday"),
    ):
        random.choice(rows[table])[column] = value
    (cases / "bad.json").write_text('{"account": {"id": "bad"}, "facts": {"no_such": 1}}')
    return rows


def write_tables(folder: Path, rows: Rows, form: str) -> Path:
    """Write rows as tables: parquet, parts (folders of Parquet files) or csv."""
    folder.mkdir()
    for name, listed in rows.items():
        columns = dict.fromkeys(key for row in listed for key in row)
        table = pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String))
        if form == "csv":
            table.write_csv(folder / f"{name}.csv")
        elif form == "parquet":
            table.write_parquet(folder / f"{name}.parquet")
        else:
            (folder / f"{name}.parquet").mkdir()
            size = table.height // 3 + 1
            for part in range(3):
                path = folder / f"{name}.parquet" / f"part+{part} %20ä#.parquet"
                table.slice(part * size, size).write_parquet(path)
    return folder


def differences(one: Path, other: Path) -> list[str]:
    """Return the differences of two runs, ignoring the order of rows."""
    found = []
    for name in (*TABLES, *_ANSWERS):
        first, second = (_ordered(read_table(folder, name).collect()) for folder in (one, other))
        if not first.equals(second):
            found.append(name)
    sums = [_asked(folder) for folder in (one, other)]
    if not sums[0].equals(sums[1]):
        found.append(ASKED)
    if _counts(one) != _counts(other):
        found.append("manifest")
    lines = [sorted((f / REJECTED).read_text("utf-8").splitlines()) for f in (one, other)]
    return found if lines[0] == lines[1] else [*found, "rejected"]


def _counts(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run, without counts that depend on the number of chunks.

    Each chunk counts every question again, so their sums are compared instead.
    """
    manifest = dict(read_manifest(folder))
    rows = {name: count for name, count in manifest["rows"].items() if name != ASKED}
    return {**manifest, "rows": rows}


def _asked(folder: Path) -> pl.DataFrame:
    """Return for each question the number of accounts whose stage it could change."""
    parts = read_table(folder, ASKED).group_by("fact", "asked_of").agg(pl.col("accounts").sum())
    return parts.sort("fact", "asked_of").collect()


def _ordered(table: pl.DataFrame) -> pl.DataFrame:
    keys = [name for name, dtype in table.schema.items() if not isinstance(dtype, pl.List)]
    return table.sort(keys, nulls_last=True)


def judged(
    source: Path, place: Path, base: KnowledgeBase, size: int
) -> tuple[list[str], Mapping[str, float]]:
    """Judge a portfolio on both engines, and return the differences and the seconds."""
    start = time.perf_counter()
    with RunFolder(place / "here") as folder, open_source(source, base, DAY, size) as opened:
        write(opened, base, DAY, folder, content=Content.EVERYTHING)
        some = [opened.case(name) for name in ("a0", "a2")] if "random" in source.name else []
    here = time.perf_counter() - start
    start = time.perf_counter()
    with (
        RunFolder(place / "spark") as folder,
        Cluster(source, base, DAY, size, needs_of(base), folder / ".spark") as cluster,
    ):
        cluster.write(folder, content=Content.EVERYTHING)
        same = [cluster.case(case.account.id) for case in some]
    spark = time.perf_counter() - start
    found = differences(place / "here", place / "spark")
    return found if same == some else [*found, "cases"], {"here": here, "Spark": spark}


def unseen(source: Path, place: Path, base: KnowledgeBase, size: int) -> KamError:
    """Remove a bucket's rows before it is judged, and return the error."""
    aside = place / ".spark"
    (aside / "given").mkdir(parents=True)  # left by a killed run
    try:
        with (
            RunFolder(place / "run") as folder,
            Cluster(source, base, DAY, size, needs_of(base), aside) as cluster,
        ):
            shutil.rmtree(min((aside / "people").glob("bucket=*")))
            cluster.write(folder)
    except KamError as error:
        if left := list(place.iterdir()):
            raise AssertionError(left) from error
        return error
    raise AssertionError("a bucket without its rows was judged")


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--planned", type=int, default=500, help="accounts of Spark's own plan")
    local_spark.add_options(parser)
    asked = parser.parse_args()
    base = load_compiled(rules_folder())
    session = local_spark.start("kam-expert agreement", asked, {})
    today = date.today().isoformat()  # noqa: DTZ011 -- of the reader's calendar
    print(f"{platform.machine()}, Python {platform.python_version()}, {today}")
    print(f"{len(base.rules)} rules; Spark {session.version}, {session.sparkContext.master}")
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = folder / "random cases"
        rows = random_rows(cases, base, Random(asked.seed), asked.accounts)
        told = ", ".join(f"{len(listed)} {table}" for table, listed in rows.items())
        print(f"random rows: {told}", flush=True)
        forms = ("parquet", "parts", "csv")
        sources = [cases, *(write_tables(folder / f"random [{f}]", rows, f) for f in forms)]
        portfolio_engine.tables(folder / "typed", base, asked.accounts)
        sources.append(folder / "typed")
        size = asked.accounts // 4 + 1  # so that there are four buckets
        for source in sources:
            place = folder / "runs" / source.name
            place.mkdir(parents=True)
            found, seconds = judged(source, place, base, size)
            manifest = read_manifest(place / "spark")
            told = ", ".join(f"{word} {spent:.1f} s" for word, spent in seconds.items())
            print(
                f"{source.name}: {manifest['accounts']} accounts, {manifest['rejected']} rejected, "
                f"{sum(manifest['rows'].values())} rows of results: "
                f"{', '.join(found) or 'no'} differences ({told})",
                flush=True,
            )
            failed |= bool(found)
        (folder / "unseen").mkdir()
        error = unseen(sources[1], folder / "unseen", base, size)
        print("rows taken away: refused, nothing left:", *str(error).splitlines(), sep="\n  ")
    session.stop()
    backend = spark_cases.spark(asked)
    frames = random_frames(base, Random(asked.seed + 1), asked.planned)
    made = compare(base, frames, SettledFrames("Spark", backend), content=Content.FINDINGS)
    spent = ", ".join(f"{word} {seconds:.1f} s" for word, seconds in made.seconds.items())
    print(
        f"a plan of Spark's own: {asked.planned} accounts, {made.columns} columns of stage and "
        f"findings: {', '.join(made.differ) or 'no'} differences ({spent})"
    )
    return int(failed or bool(made.differ))


if __name__ == "__main__":
    sys.exit(main())
