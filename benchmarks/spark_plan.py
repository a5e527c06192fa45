"""Judge random accounts by a plan of Spark's own (or DuckDB's), and compare it with Polars.

    python benchmarks/spark_plan.py [--accounts 1000] [--backend spark|duckdb] [--everything]

narwhals computes the whole rule base as columns that depend on columns: the stage and the findings
about accounts, and with --everything the findings about people, pairs of answers, steps and open
questions. `kam portfolio --engine spark` does not work this way, and the seconds show why.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import local_spark
import polars as pl
from agreement import DAY, random_accounts
from narwhals_frames import NarwhalsFrames
from spark_cases import BACKENDS

from kam_expert.engines.portfolio.judging.column_graph import KEYS
from kam_expert.engines.portfolio.judging.engine import Content, PortfolioEngine
from kam_expert.engines.portfolio.judging.frames import PolarsFrames
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.writing.run import by_kind
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random as Chance

    from kam_expert.engines.portfolio.judging.frames import Frame
    from kam_expert.knowledge.base import KnowledgeBase


class SettledFrames(NarwhalsFrames):
    """Frames of another library, computed and cached after each pass of the plan.

    If they were lazy, each pass would be planned again in every later one.
    """

    def __init__(self, name: str, backend: Any) -> None:
        super().__init__(name, backend.native)
        self._settle = backend.settled
        self._kept: list[Frame] = []

    def drop(self, frame: Frame, columns: Iterable[str]) -> Frame:
        """Drop columns, and compute the others."""
        gone = list(columns)
        if not gone and any(frame is kept for kept in self._kept):
            return frame
        made = self._wrapped(self._settle(frame.drop(*gone).to_native())).lazy()
        self._kept.append(made)
        return made


@dataclass(frozen=True)
class Compared:
    """The result of a comparison.

    Attributes:
        columns: Number of compared columns and of rows.
        seconds: Seconds from frames in memory to the columns of the result, by engine.
        differ: The columns that differ.
    """

    columns: int
    rows: int
    seconds: Mapping[str, float]
    differ: list[str]


def random_frames(base: KnowledgeBase, random: Chance, accounts: int) -> dict[str, pl.DataFrame]:
    """Return random accounts as input frames of the engine."""
    with tempfile.TemporaryDirectory() as name:
        for identity, case in random_accounts(base, random, accounts).items():
            path = Path(name) / f"{identity}.json"
            path.write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
        with open_source(Path(name), base, DAY, accounts) as source:
            [chunk] = source.chunks()
            if source.rejected:
                raise AssertionError(source.rejected[:3])
    return by_kind(chunk)


def compare(
    base: KnowledgeBase,
    frames: Mapping[str, pl.DataFrame],
    other: NarwhalsFrames,
    *,
    content: Content,
) -> Compared:
    """Judge the same frames on Polars and on another library."""
    found, seconds = [], {}
    for library in (PolarsFrames(), other):
        start = time.perf_counter()
        loaded = {kind: library.load(frame) for kind, frame in frames.items()}
        engine = PortfolioEngine(base, DAY, library, content=content)
        program, made = engine.apply(loaded)
        wanted: dict[str, list[str]] = {}
        for kind, column in program.wanted:
            wanted.setdefault(kind, [KEYS[kind]]).append(column)
        found.append({kind: library.read(made[kind], names) for kind, names in wanted.items()})
        seconds[library.name] = time.perf_counter() - start
    columns = rows = 0
    differ = []
    for kind, first in found[0].items():
        key = KEYS[kind]
        one = first.sort(key)
        two = found[1][kind].with_columns(pl.col(key).cast(one.schema[key])).sort(key)
        columns += one.width - 1
        rows += one.height
        differ += [
            f"{kind}: {name}"
            for name in one.columns
            if not one[name].equals(two[name].cast(one.schema[name]), null_equal=True)
        ]
    return Compared(columns, rows, seconds, differ)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", choices=BACKENDS, default="spark")
    parser.add_argument("--everything", action="store_true")
    local_spark.add_options(parser)
    asked = parser.parse_args()
    base = load_compiled(rules_folder())
    frames = random_frames(base, Random(asked.seed), asked.accounts)
    backend = BACKENDS[asked.backend](asked)
    library = SettledFrames(asked.backend, backend)
    made = compare(
        base, frames, library, content=Content.EVERYTHING if asked.everything else Content.FINDINGS
    )
    for name in made.differ:
        print(f"differs: {name}")
    today = date.today().isoformat()  # noqa: DTZ011 -- of the reader's calendar
    print(f"{platform.machine()}, Python {platform.python_version()}, {backend.version}, {today}")
    spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in made.seconds.items())
    print(
        f"{asked.accounts} accounts, {len(base.rules)} rules, {made.columns} columns of results in "
        f"{made.rows} rows: {len(made.differ)} columns differ ({spent})"
    )
    return int(bool(made.differ))


if __name__ == "__main__":
    sys.exit(main())
