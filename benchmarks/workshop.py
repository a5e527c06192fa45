"""How long the tools for a method take: all mutants of the rules, and a change on a portfolio.

    python benchmarks/workshop.py [--accounts 100000]

The mutants run on one core. Of the two changed rule bases one has another threshold in one rule,
the other in every rule with a threshold of 2.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from portfolio_engine import DAY, tables

from kam_expert.engines.portfolio.summing.rule_changes import judged_differently
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder
from kam_expert.workshop.sources import RuleSources
from kam_expert.workshop.trial import Score, Trial


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--accounts", type=int, default=100_000)
    accounts = options.parse_args().accounts
    base = load_knowledge_base(rules_folder())
    start, cpu = time.perf_counter(), time.process_time()
    trial, score = Trial(RuleSources(rules_folder(), base)), Score()
    list(trial.run(trial.sources.rules, score))
    _print(f"{score.tried.total()} mutants of the rules", start, cpu)
    start, cpu = time.perf_counter(), time.process_time()
    everything = Score()
    list(trial.run(trial.written(), everything))
    _print(f"{everything.tried.total()} mutants of the whole method", start, cpu)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        tables(place / "accounts", base, accounts)
        for name, most in (("few", 1), ("many", None)):
            shutil.copytree(rules_folder(), place / name)
            moved = _move_thresholds(place / name, most)
            changed = load_knowledge_base(place / name)
            start, cpu = time.perf_counter(), time.process_time()
            found = judged_differently(place / "accounts", base, changed, DAY, 50)
            what = f"rules changed: {moved}; judged differently: {found.changed}/{found.accounts}"
            _print(what, start, cpu)


def _move_thresholds(rules: Path, most: int | None) -> int:
    """Raise a threshold of 2 in some rules, or in all that have one, and return their number."""
    found = [
        (path, text)
        for path in sorted(rules.glob("*/*.yaml"))
        if "    value: 2\n" in (text := path.read_text(encoding="utf-8"))
    ][:most]
    for path, text in found:
        path.write_text(text.replace("    value: 2\n", "    value: 3\n", 1), encoding="utf-8")
    return len(found)


def _print(what: str, start: float, cpu: float) -> None:
    wall, used = time.perf_counter() - start, time.process_time() - cpu
    print(f"{what:60}{wall:>8.1f} s{used:>8.1f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
