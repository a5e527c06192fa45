"""Accounts per second of `kam portfolio --engine spark` on two cores of this machine.

    python benchmarks/spark_engine.py [--accounts 10000 100000]

The portfolios are those of portfolio_engine.py, so the figures can be compared. Each row is a
separate run from tables on disk to tables on disk, including the start of Spark. Memory is the peak
of all its processes together.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import portfolio_engine

from kam_expert.engines.portfolio.cluster.spark import Cluster
from kam_expert.engines.portfolio.judging.engine import Content
from kam_expert.engines.portfolio.reading.needs import needs_of
from kam_expert.engines.portfolio.reading.portfolio_source import CHUNK_ACCOUNTS
from kam_expert.engines.portfolio.writing.run_files import RunFolder, read_manifest
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder

_SETTINGS = "spark.master local[2]\nspark.driver.memory 2g\nspark.ui.enabled false\n"
_PAUSE = 0.2  # seconds between two measurements of memory
_TABLES = {"stage and account findings": "accounts", "everything": "everything"}
_COMMAND = "kam portfolio --reports none"


def one(source: Path, place: Path, word: str) -> None:
    """Judge one portfolio on Spark, like `portfolio_engine.one` on Polars."""
    base = load_compiled(rules_folder())
    aside = place.with_name(f".{place.name}.spark")
    with (
        RunFolder(place) as folder,
        Cluster(
            source, base, portfolio_engine.DAY, CHUNK_ACCOUNTS, needs_of(base), aside
        ) as cluster,
    ):
        cluster.write(folder, content=Content[word.upper()])


def measured(command: list[str], settings: Path) -> tuple[float, float]:
    """Run a command, and return its seconds and the peak memory of its processes in GB."""
    environment = {**os.environ, "SPARK_CONF_DIR": str(settings), "SPARK_LOCAL_IP": "127.0.0.1"}
    start, most = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+") as told:
        running = subprocess.Popen(command, env=environment, stdout=told, stderr=told)  # noqa: S603 -- this script or the command
        while running.poll() is None:
            most = max(most, sum(_memory(number) for number in _family(running.pid)))
            time.sleep(_PAUSE)
        if running.returncode:
            told.seek(0)
            raise RuntimeError(told.read()[-2000:])
    return time.perf_counter() - start, most / 1e6


def _family(top: int) -> set[int]:
    """Return the ids of a process and its descendants."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # has just ended
    found, before = {top}, 0
    while len(found) > before:
        before = len(found)
        found |= {number for number, parent in parents.items() if parent in found}
    return found


def _memory(number: int) -> int:
    """Return the proportional set size of a process in kilobytes."""
    try:
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", nargs="+", type=int, default=[10_000, 100_000])
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(Path(asked.one[0]), Path(asked.one[1]), asked.one[2])
        return
    base = load_compiled(rules_folder())
    today = date.today().isoformat()  # noqa: DTZ011 -- of the reader's calendar
    print(f"{platform.machine()}, Python {platform.python_version()}, {today}")
    print(f"{len(base.rules)} rules; Spark {version('pyspark')}, local[2], 2 GB for its driver")
    print(f"{'':36}{'accounts':>10}{'s':>9}{'accounts/s':>12}{'GB':>10}{'rows':>10}")
    with tempfile.TemporaryDirectory() as name:
        settings = Path(name) / "settings"
        settings.mkdir()
        (settings / "spark-defaults.conf").write_text(_SETTINGS)
        for size in asked.accounts:
            source, place = Path(name) / f"of_{size}", Path(name) / "run"
            portfolio_engine.tables(source, base, size)
            again = [sys.executable, __file__, "--one", str(source), str(place)]
            kam = [str(Path(sys.executable).with_name("kam")), *_COMMAND.split()[1:]]
            kam += [str(source), "-o", str(place), "--engine", "spark"]
            kam.append(f"--date={portfolio_engine.DAY}")
            runs = {what: [*again, word] for what, word in _TABLES.items()} | {_COMMAND: kam}
            for what, command in runs.items():
                seconds, memory = measured(command, settings)
                manifest = read_manifest(place)
                if manifest["accounts"] != size:
                    raise AssertionError(manifest)
                rows = sum(manifest["rows"].values())
                told = f"{size:>10,}{seconds:>9.2f}{size / seconds:>12,.0f}"
                title = what if what == _COMMAND else f"Spark: {what}"
                print(f"{title:36}{told}{memory:>10.2f}{rows:>10.3g}", flush=True)
                shutil.rmtree(place)
            shutil.rmtree(source)


if __name__ == "__main__":
    main()
