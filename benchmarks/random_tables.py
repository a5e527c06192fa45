"""Read portfolios whose columns have random types, nested at random, and print the outcomes.

    python benchmarks/random_tables.py --tables 500

Every table must be read, with its rows judged or rejected, or refused with row and column.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.errors import KamError
from kam_expert.facts.columns import TABLES, columns
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder

DAY = date(2026, 11, 1)
NOON = datetime(2026, 1, 2, 12)  # noqa: DTZ001 -- a table may have times without a zone
SCALARS: list[tuple[Any, Any]] = [
    (pl.Boolean, True), (pl.Int8, 3), (pl.Int64, 3), (pl.UInt32, 3), (pl.Float32, 1.5),
    (pl.Float64, float("nan")), (pl.Decimal(12, 3), Decimal("2.5")), (pl.String, "yes"),
    (pl.String, "a;b"), (pl.Categorical, "p1"), (pl.Binary, b"\xff"), (pl.Date, NOON.date()),
    (pl.Datetime("ns"), NOON), (pl.Datetime("us", "Asia/Tokyo"), NOON), (pl.Time, clock(1)),
    (pl.Duration("ms"), timedelta(3)), (pl.Null, None),
]  # fmt: skip


def drawn(draw: random.Random, depth: int = 0) -> tuple[Any, Any]:
    """Return a random type and a value of it."""
    kind = draw.random()
    if depth > 3 or kind < 0.6:
        return draw.choice(SCALARS)
    dtype, value = drawn(draw, depth + 1)
    if kind < 0.8:
        return pl.List(dtype), [value] * draw.randrange(4)
    if kind < 0.9:
        return pl.Array(dtype, 2), [value] * 2
    return pl.Struct({"a": dtype}), {"a": value}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600, help="stop after this time")
    asked = parser.parse_args()
    draw = random.Random(asked.seed)
    base = load_compiled(rules_folder())
    known = columns(base)
    counts: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    end = time.monotonic() + asked.seconds
    for _ in range(asked.tables):
        if time.monotonic() > end:
            break
        name = draw.choice(TABLES)
        rows = draw.randrange(3)
        frame = []
        for column in draw.sample(list(known[name]), min(len(known[name]), draw.randrange(1, 8))):
            dtype, value = drawn(draw)
            values = [draw.choice([value, None]) for _ in range(rows)]
            frame.append(pl.Series(column, values, dtype=dtype))
        ids = [*known[name]][:2] if name != "accounts" else ["account"]
        made = pl.DataFrame(frame)
        missing = [pl.lit("a").alias(each) for each in ids if each not in made.columns]
        made = made.with_columns(missing) if rows else made.with_columns(
            pl.Series(each, [], dtype=pl.String) for each in ids if each not in made.columns
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            pl.DataFrame({"account": ["a"]}).write_parquet(Path(folder) / "accounts.parquet")
            try:
                made.write_parquet(Path(folder) / f"{name}.parquet")
            except pl.exceptions.PolarsError:
                counts["cannot be written"] += 1
                continue
            try:
                with open_source(Path(folder), base, DAY) as source:
                    for _chunk in source.chunks():
                        pass
                    counts["rows rejected" if source.rejected else "read"] += 1
            except KamError:
                counts["refused"] += 1
            except Exception as error:  # noqa: BLE001 -- any of them is a fault to be counted
                counts["traceback"] += 1
                faults[f"{name}: {type(error).__name__}: {str(error)[:100]}"] += 1
                print(made.schema)
    for result, count in sorted(counts.items()):
        print(f"{result:20}{count:6}")
    for fault, count in faults.most_common():
        print(f"{count:6} {fault}")


if __name__ == "__main__":
    main()
