"""Measure the engines and `kam diagnose`: prints a table of medians.

    python benchmarks/engines.py [--against FOLDER] [--rounds 5]

FOLDER is a checkout of another version. Its engine is measured in turn with this one's, each time
in a process of its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule

DAY = date(2026, 11, 1)
ACCOUNTS, CONTACTS, RUNS = 60, 5, 9
EXAMPLE = Path(__file__).parent.parent / "examples" / "diamond_with_conductor.yaml"


def milliseconds(engine: Engine, base: KnowledgeBase, cases: list[Case]) -> float:
    """Return the median CPU milliseconds of settling one account."""
    times = []
    for case in cases:
        start = time.process_time()
        settle_case(case, base, DAY, engine)
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def with_rules(base: KnowledgeBase, number: int) -> KnowledgeBase:
    """Return the base with *number* rules: some of them, or all with copies under other names."""
    rules: list[Rule] = []
    round_ = 0
    while len(rules) < number:
        for rule in base.rules:
            name = rule.name if round_ == 0 else f"{rule.name}_{round_}"
            rules.append(dataclasses.replace(rule, name=name))
        round_ += 1
    step = len(rules) / number
    return dataclasses.replace(base, rules=tuple(rules[int(i * step)] for i in range(number)))


def diagnose_command() -> tuple[list[float], int]:
    """Return the CPU seconds of `kam diagnose` to HTML, and the size of the report."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        command = [
            sys.executable,
            "-m",
            "kam_expert.cli",
            "diagnose",
            str(EXAMPLE),
            "-o",
            str(report),
        ]
        for _ in range(RUNS):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([*command, "--date", "2026-11-23"], check=True, capture_output=True)  # noqa: S603 -- our own command
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return seconds, report.stat().st_size


def engine_times(folder: Path) -> list[float]:
    """Return the milliseconds of each account by the version in *folder*."""
    script = Path(__file__).parent / "engine_time.py"
    done = subprocess.run(  # noqa: S603 -- our own script
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    )
    times: list[float] = json.loads(done.stdout)
    return times


def compare(other: Path, rounds: int) -> None:
    """Print the engine time per account of this version and of another, and the ratio.

    The least of all rounds is taken for each account: what else runs on the machine only adds.
    """
    folders = (other.resolve(), Path(__file__).resolve().parent.parent)
    found = [[engine_times(folder) for folder in folders] for _ in range(rounds)]
    before, after = (
        statistics.median(map(min, zip(*(times[side] for times in found), strict=True)))
        for side in (0, 1)
    )
    ratios = [statistics.median(new) / statistics.median(old) for old, new in found]
    print(f"experta, ms/account (median account, least of {rounds} rounds)")
    print(f"{'the other version':28}{before:7.2f}")
    print(f"{'this version':28}{after:7.2f}")
    print(f"{'ratio':28}{after / before:7.2f}")
    print(f"{'ratio, median of rounds':28}{statistics.median(ratios):7.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    if asked.against is not None:
        compare(asked.against, asked.rounds)
        return
    base = load_knowledge_base(rules_folder())
    random = Random(1)
    cases = [built(random_case(base, random, contacts=CONTACTS), base) for _ in range(ACCOUNTS)]
    print(f"{platform.machine()}, Python {platform.python_version()}, {date.today().isoformat()}")  # noqa: DTZ011
    print(f"{len(base.rules)} rules; {ACCOUNTS} random accounts of {CONTACTS} contacts; medians\n")
    print(f"{'engine':28}{'rules':>7}{'ms/account':>12}{'us/rule':>10}")
    plain, session = PlainEngine(), ForwardChainingEngine(base)
    for name, engine in (("plain evaluation", plain), ("experta", session)):
        spent = milliseconds(engine, base, cases)
        print(f"{name:28}{len(base.rules):7}{spent:12.2f}{1000 * spent / len(base.rules):10.1f}")
    for number in (50, 100, 200, 400):
        grown = with_rules(base, number)
        spent = milliseconds(ForwardChainingEngine(grown), grown, cases)
        print(f"{'experta, growing':28}{number:7}{spent:12.2f}{1000 * spent / number:10.1f}")
    start = time.process_time()
    for case in cases:
        diagnose(case, base, DAY, session)
    whole = 1000 * (time.process_time() - start) / len(cases)
    print(f"{'whole diagnosis, experta':28}{len(base.rules):7}{whole:12.2f}")
    seconds, size = diagnose_command()
    spent = statistics.median(seconds)
    print(f"\nkam diagnose to HTML, {EXAMPLE.stem}: {spent:.2f} s CPU, {size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
