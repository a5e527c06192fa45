"""Accounts per second on every engine, from tables on disk to tables on disk.

    python benchmarks/portfolio_engine.py [--largest 1000000]

Each account has ten people, ten links, a team of three and a decision. Three in four facts are
known, and one in three facts that both sides are asked has an answer of the customer. All rows use
the same rules and the same generator in one run. The figures of Spark for the same tables come from
spark_engine.py.
"""

from __future__ import annotations

import argparse
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.engines.portfolio.judging.engine import Content, PortfolioEngine
from kam_expert.engines.portfolio.judging.frames import PolarsFrames
from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest
from kam_expert.engines.portfolio.reading.needs import needs_of
from kam_expert.engines.portfolio.reading.portfolio_source import CHUNK_ACCOUNTS, open_source
from kam_expert.engines.portfolio.writing.run import RunOutput, write
from kam_expert.engines.portfolio.writing.run_files import RunFolder
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

DAY = date(2026, 11, 1)
PEOPLE, TEAM = 10, 3
KNOWN, THEIRS = 75, 33  # per cent
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SINGLE = 60  # number of accounts for the engines for single accounts
STARTS = 5


def tables(folder: Path, base: KnowledgeBase, accounts: int) -> None:
    """Write the tables of a portfolio, which depend only on the number of accounts."""
    folder.mkdir()
    facts = [fact for fact in base.facts.values() if fact.doc.context is None]
    number = pl.col("i")
    account = (pl.lit("acc") + number.cast(pl.String).str.zfill(8)).alias("account")

    def rows(name: str, each: int, keys: list[pl.Expr], kind: str) -> None:
        columns = []
        for seed, fact in enumerate(f for f in facts if f.kind == kind):
            form = fact.doc.computed
            if form is not None and "rank" not in form:
                continue
            if fact.doc.asked_of != "customer":
                columns.append(_cells(fact, 10 * seed, KNOWN).alias(fact.name))
            if kind == "account" and fact.doc.asked_of != "us":
                share = KNOWN if fact.doc.asked_of == "customer" else THEIRS
                columns.append(_cells(fact, 10 * seed + 5, share).alias(f"{fact.name}__theirs"))
        frame = pl.LazyFrame({"n": pl.int_range(accounts * each, eager=True, dtype=pl.UInt32)})
        frame = frame.with_columns(i=pl.col("n") // each, k=pl.col("n") % each)
        frame.select(account, *keys, *columns).sink_parquet(folder / f"{name}.parquet")

    k = pl.col("k")
    person, member = (pl.lit(word) + k.cast(pl.String) for word in ("p", "m"))
    rows("accounts", 1, [(pl.lit("Customer ") + number.cast(pl.String)).alias("name")], "account")
    rows("people", PEOPLE, [person.alias("person")], "person")
    rows("team", TEAM, [member.alias("member")], "member")
    linked = (pl.lit("m") + (k % TEAM).cast(pl.String)).alias("member")
    rows("links", PEOPLE, [linked, person.alias("person")], "link")
    rows("decisions", 1, [pl.lit("d1").alias("decision")], "decision")


def _cells(fact: Fact, seed: int, known: int) -> pl.Expr:
    doc = fact.doc
    chance = pl.col("n").hash(seed)
    if doc.type == "set":
        words = [
            pl.when(pl.col("n").hash(seed + 100 + i) % 3 == 0).then(pl.lit(word))
            for i, word in enumerate(doc.values)
        ]
        value = pl.concat_list(words).list.drop_nulls()
    elif doc.type == "date":
        value = pl.lit(DAY) - pl.duration(days=chance % 900)
    elif fact.is_number:
        low = int(doc.range.min) if doc.range and doc.range.min is not None else 0
        high = int(doc.range.max) if doc.range and doc.range.max is not None else 100
        value = (chance % (high - low + 1)).cast(pl.Int64) + low
    elif doc.type == "text":
        value = pl.lit("m") + (chance % TEAM).cast(pl.String)
    else:
        words_ = fact.words()
        value = (chance % len(words_)).cast(pl.UInt8).cat.to(pl.Enum(words_))
    return pl.when(pl.col("n").hash(seed + 1) % 100 < known).then(value)


def one(source: Path, place: Path, word: str) -> None:
    """Judge one portfolio in this process and print accounts, seconds, gigabytes and rows."""
    base = load_compiled(rules_folder())
    start, before = time.perf_counter(), time.process_time()
    written = RunOutput(place)
    with RunFolder(place) as folder, open_source(source, base, DAY, CHUNK_ACCOUNTS) as opened:
        if word == READING:
            for chunk in opened.chunks():
                written.accounts += chunk.accounts.height
        else:
            written = write(opened, base, DAY, folder, content=Content[word])
    spent, cpu = time.perf_counter() - start, time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    rows = sum(written.rows.values())
    print(written.accounts, spent, cpu, memory, rows)


def start(clock: float) -> None:
    """Print the seconds until the rules are loaded and until they are compiled.

    Args:
        clock: The time at which the process was started.
    """
    base = load_compiled(rules_folder())
    loaded = time.time()
    engine = PortfolioEngine(base, DAY, PolarsFrames())
    layout = ReadRequest(base, DAY, needs_of(base), frozenset(), {}, {})
    columns = len(engine.prepare(layout).rules.plan.nodes)
    print(loaded - clock, time.time() - clock, columns)


def _started() -> None:
    """Print the minimum time of several starts, with compilation of all rules."""
    runs = []
    for _ in range(STARTS):
        command = [sys.executable, __file__, "--start", str(time.time())]
        found = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- this script
        runs.append([float(part) for part in found.stdout.split()])
    loaded, compiled, columns = min(runs, key=lambda run: run[1])
    print(
        f"start-up: {loaded:.2f} s until rules are loaded, {compiled:.2f} s until they are compiled"
        f" to {columns:,.0f} columns (the quickest of {STARTS}; rules from the cache)"
    )


def _measured(source: Path, place: Path, word: str) -> list[float]:
    command = [sys.executable, __file__, "--one", str(source), str(place), word]
    found = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- this script
    shutil.rmtree(place)
    return [float(part) for part in found.stdout.split()]


def _line(name: str, accounts: float, seconds: float, *rest: Any) -> None:
    told = "".join(f"{item:>10}" for item in rest)
    print(
        f"{name:36}{accounts:>10,.0f}{seconds:>9.2f}{accounts / seconds:>12,.0f}{told}", flush=True
    )


def _single(base: KnowledgeBase, folder: Path) -> dict[str, float]:
    """Measure the engines for single accounts, and return experta's accounts per second."""
    with open_source(folder, base, DAY, CHUNK_ACCOUNTS) as source:
        cases = [source.case(f"acc{i:08}") for i in range(SINGLE)]
    session, plain = ForwardChainingEngine(base), PlainEngine()
    rates = {}
    for name, engine in (("experta", session), ("plain evaluation", plain)):
        start = time.perf_counter()
        for case in cases:
            settle_case(case, base, DAY, engine)
        spent = time.perf_counter() - start
        rates[name, "FINDINGS"] = SINGLE / spent
        _line(f"{name}: findings", SINGLE, spent)
        start = time.perf_counter()
        for case in cases:
            diagnose(case, base, DAY, engine)
        spent = time.perf_counter() - start
        rates[name, "EVERYTHING"] = rates[name, "PLANS"] = SINGLE / spent
        _line(f"{name}: everything", SINGLE, spent)
    return {word: rate for (name, word), rate in rates.items() if name == "experta"}


def _compared(spent: dict[tuple[str, int], float], experta: dict[str, float]) -> None:
    """Print the speed-up over experta, and the cost of an account, for each size."""
    for (word, size), seconds in spent.items():
        times = f"{size / seconds / experta[word]:,.0f} x experta, " if word in experta else ""
        cost, floor = 1e6 * seconds / size, seconds / spent[READING, size]
        whole = seconds / spent["EVERYTHING", size]
        print(
            f"{_WHAT[word]}, {size:,}: {times}{cost:.1f} us an account,"
            f" {floor:.2f} x reading, {whole:.2f} x everything"
        )


#: The floor: the tables are read and checked, and nothing is judged or written.
READING = "READING"
_WHAT = {
    READING: "reading alone",
    "FINDINGS": "stage and account findings",
    "PLANS": "plans (default)",
    "EVERYTHING": "everything",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--start", type=float, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(Path(asked.one[0]), Path(asked.one[1]), asked.one[2])
        return
    if asked.start is not None:
        start(asked.start)
        return
    base = load_compiled(rules_folder())
    print(f"{platform.machine()}, Python {platform.python_version()}, {date.today().isoformat()}")  # noqa: DTZ011
    print(
        f"{len(base.rules)} rules; per account {PEOPLE} people, {PEOPLE} links, {TEAM} in the team;"
        f" at most {CHUNK_ACCOUNTS:,} accounts at a time"
    )
    _started()
    print(f"{'':36}{'accounts':>10}{'s':>9}{'accounts/s':>12}{'CPU s':>10}{'GB':>10}{'rows':>10}")
    experta: dict[str, float] = {}
    spent: dict[tuple[str, int], float] = {}
    with tempfile.TemporaryDirectory() as name:
        for size in SIZES:
            if size > asked.largest:
                continue
            source = Path(name) / f"of_{size}"
            tables(source, base, size)
            if size == SIZES[0]:
                experta = _single(base, source)
            for word, what in _WHAT.items():
                count, wall, cpu, memory, rows = _measured(source, Path(name) / "run", word)
                spent[word, size] = wall
                _line(f"Polars: {what}", count, wall, f"{cpu:.1f}", f"{memory:.2f}", f"{rows:.3g}")
            shutil.rmtree(source)
    _compared(spent, experta)


if __name__ == "__main__":
    main()
