"""Measure the session engine and `kam diagnose`: prints a table of medians.

Run it with the project's Python: ``.venv/bin/python benchmarks/session_engine.py``.
"""

from __future__ import annotations

import dataclasses
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
from kam_expert.engines.forward_chaining import SessionEngine
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


def main() -> None:
    """Measure and print."""
    base = load_knowledge_base(rules_folder())
    random = Random(1)
    cases = [built(random_case(base, random, contacts=CONTACTS), base) for _ in range(ACCOUNTS)]
    print(f"{platform.machine()}, Python {platform.python_version()}, {date.today().isoformat()}")  # noqa: DTZ011
    print(f"{len(base.rules)} rules; {ACCOUNTS} random accounts of {CONTACTS} contacts; medians\n")
    print(f"{'engine':28}{'rules':>7}{'ms/account':>12}{'us/rule':>10}")
    plain, session = PlainEngine(), SessionEngine(base)
    for name, engine in (("plain evaluation", plain), ("experta", session)):
        spent = milliseconds(engine, base, cases)
        print(f"{name:28}{len(base.rules):7}{spent:12.2f}{1000 * spent / len(base.rules):10.1f}")
    for number in (50, 100, 200, 400):
        grown = with_rules(base, number)
        spent = milliseconds(SessionEngine(grown), grown, cases)
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
