"""Judge random accounts on every engine and count the differences in the results.

    python benchmarks/agreement.py [--accounts 10000] [--seed 1] [--random-bases 0]

The accounts have missing facts, people, two sides, dated answers, notes and bands. They are written
as case files and judged by the portfolio engine, and its tables are compared with the diagnosis of
each account.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from random_cases import random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.writing.run import judge
from kam_expert.engines.settling import PlainEngine
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kam_expert.engines.settling import Engine
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis

DAY = date(2026, 11, 1)
_IDS = {"people": "person", "team": "member", "decisions": "decision"}
Key = tuple[str, ...]
_STRATEGY = (
    "strategy", "strategy_status", "strategy_firm", "strategy_could_be", "strategy_passed_over",
    "strategy_chosen",
)  # fmt: skip


def told(diagnosis: Diagnosis) -> dict[Key, Any]:
    """Return the parts of a diagnosis by key, without absent findings."""
    stage = diagnosis.stage
    said: dict[Key, Any] = {
        ("stage",): (stage.verdict, stage.firm, stage.leaning, list(stage.could_be)),
        ("margin",): stage.margin,
        ("contradictions",): len(diagnosis.contradictions),
        ("strategy",): _strategy(diagnosis),
        **{("reached", name): found for name, found in stage.reached.items()},
    }
    for finding in diagnosis.findings:
        about = finding.about
        key = ("finding", finding.id, about.kind, about.id, about.fact or "")
        said[key] = (finding.status, finding.firm)
    for place, cause in enumerate(diagnosis.causes, 1):
        # A gap is one cause of the account, however many pairs of answers differ.
        abouts = dict.fromkeys((f.about.kind, f.about.id) for f in cause.findings)
        for number, (kind, identity) in enumerate(abouts):
            found = next(f for f in cause.findings if f.about.id == identity)
            said["cause", cause.first.id, kind, identity] = (
                place, number, found.severity, found.status,
            )  # fmt: skip
    for step in diagnosis.next_steps:
        said["step", step.id, step.about.kind, step.about.id] = (
            step.order, step.kind, step.within_days, step.due, sorted(step.because),
            sorted(step.held_back_by), step.instead_of, step.owner, step.noted_due, step.place,
        )  # fmt: skip
    for move in diagnosis.plan.moves:
        said["move", str(move.place)] = (
            [*move.steps], [a.id for a in move.about if a.kind != "account"], [*move.because],
            move.begin, move.due, move.effort, move.by, move.finding,
        )  # fmt: skip
    for place, question in enumerate(diagnosis.open_questions):
        about = question.about
        key = ("question", question.name, about.kind, about.id, question.asked_of)
        said[key] = (place, question.why, list(question.could_change))
    return said


def _strategy(diagnosis: Diagnosis) -> tuple[Any, ...]:
    if (found := diagnosis.strategy) is None:
        return ()
    chosen = found.chosen.id if found.chosen else None
    finding = found.found
    could_be, passed_over = [*found.could_be], [*found.passed_over]
    return finding.id, finding.status, finding.firm, could_be, passed_over, chosen


def tabled(tables: Iterable[dict[str, Any]], base: KnowledgeBase) -> dict[str, dict[Key, Any]]:
    """Return the parts of each account's diagnosis from the tables of a run."""
    said: dict[str, dict[Key, Any]] = {}
    about = {name: doc.about for name, doc in base.findings.items()}
    for chunk in tables:
        for row in chunk["accounts"].to_dicts():
            here = said[row["account"]] = {
                ("stage",): (row["stage"], row["stage_firm"], row["leaning"], row["could_be"]),
                ("margin",): row["margin"],
                ("contradictions",): row["contradictions"],
                ("strategy",): tuple(row[name] for name in _STRATEGY if name in row),
            }
            for stage in base.stage_model.stages:
                counts = (row[f"reached__{stage.name}"], row[f"needed__{stage.name}"])
                here["reached", stage.name] = counts
            here.update(_findings(row, about, "account", row["account"]))
        for table, kind in _IDS.items():
            for row in chunk[table].to_dicts():
                said[row["account"]].update(_findings(row, about, kind, row[kind]))
        for row in chunk["gaps"].to_dicts():
            key: Key = ("finding", row["finding"], "account", row["account"], row["fact"])
            said[row["account"]][key] = (row["status"], row["firm"])
        numbers = Counter[tuple[str, str]]()
        for row in chunk["causes"].to_dicts():
            key = ("cause", row["finding"], row["about_kind"], row["about"])
            number = numbers[row["account"], row["finding"]]
            said[row["account"]][key] = (row["place"], number, row["severity"], row["status"])
            numbers[row["account"], row["finding"]] += 1
        for row in chunk["steps"].to_dicts():
            key = ("step", row["step"], row["about_kind"], row["about"])
            said[row["account"]][key] = (
                row["order"], row["kind"], row["within_days"], row["due"],
                sorted(row["because"]), sorted(row["held_back_by"]), row["instead_of"],
                row["owner"], row["noted_due"], row["place"],
            )  # fmt: skip
        for row in chunk["plan"].to_dicts():
            said[row["account"]]["move", str(row["place"])] = (
                [row["step"], *row["with"]], row["about"], row["because"], row["begin"],
                row["due"], row["effort"], row["by"], row["finding"],
            )  # fmt: skip
        places = Counter[str]()
        for row in chunk["questions"].to_dicts():
            key = ("question", row["fact"], row["about_kind"], row["about"], row["asked_of"])
            place = places[row["account"]]
            said[row["account"]][key] = (place, row["why"], row["could_change"])
            places[row["account"]] += 1
    return said


def _findings(
    row: dict[str, Any], about: Iterable[str], kind: str, identity: str
) -> Iterator[tuple[Key, Any]]:
    for name in about:
        if f"{name}__firm" in row and row[name] != "absent":
            yield ("finding", name, kind, identity, ""), (row[name], row[f"{name}__firm"])


def differences(
    cases: dict[str, dict[str, Any]], base: KnowledgeBase, *engines: Engine, chunk: int = 2_000
) -> list[tuple[str, Key, Any, Any]]:
    """Judge cases one by one and as a portfolio.

    Args:
        cases: Case files by account id, as plain data.
        base: The rule base.
        engines: What judges single accounts; the portfolio is judged once and compared with each.
        chunk: Maximum number of accounts in a chunk of the portfolio engine.

    Returns:
        Account, key, part of the portfolio and part of the diagnosis for each difference.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, case in enumerate(cases.values()):
            path = folder / f"{number}.json"
            path.write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
        with open_source(folder, base, DAY, chunk) as source:
            found = tabled((tables for _, tables in judge(source, base, DAY)), base)
            if source.rejected:
                raise AssertionError(source.rejected[:3])
            # From the source, because ranks are computed over all accounts.
            single = {identity: source.case(identity) for identity in cases}
    differ = []
    for identity, judged in single.items():
        got = found[identity]
        for engine in engines:
            want = told(diagnose(judged, base, DAY, engine))
            differ += [
                (identity, key, got.get(key), want.get(key))
                for key in sorted(got.keys() | want.keys())
                if got.get(key) != want.get(key)
            ]
    return differ


def random_accounts(base: KnowledgeBase, random: Random, number: int) -> dict[str, dict[str, Any]]:
    """Return random cases with distinct ids."""
    cases = {}
    for index in range(number):
        case = random_case(base, random, rich=True)
        case["account"]["id"] = f"a{index}"
        cases[f"a{index}"] = case
    return cases


def main() -> int:
    """Run the comparison and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["experta", "plain", "both"], default="both")
    asked = parser.parse_args()
    base = load_knowledge_base(rules_folder())
    engines: dict[str, Engine] = {"experta": ForwardChainingEngine(base), "plain": PlainEngine()}
    if asked.engine != "both":
        engines = {asked.engine: engines[asked.engine]}
    random = Random(asked.seed)
    start = time.perf_counter()
    done, pieces = 0, Counter[str]()
    while done < asked.accounts:
        cases = random_accounts(base, random, min(500, asked.accounts - done))
        for account, key, got, want in differences(cases, base, *engines.values()):
            pieces[key[0]] += 1
            print(f"{account} of block {done}: {' '.join(key)}: {got} against {want}")
        done += len(cases)
        print(f"{done} accounts, {sum(pieces.values())} differences", file=sys.stderr)
    spent = time.perf_counter() - start
    print(f"{platform.machine()}, Python {platform.python_version()}, {date.today().isoformat()}")  # noqa: DTZ011
    print(
        f"{len(base.rules)} rules, {' and '.join(engines)} against the portfolio engine on Polars"
    )
    print(f"{done} random accounts: {sum(pieces.values())} differences ({spent:.0f} s)")
    return 1 if pieces else 0


if __name__ == "__main__":
    sys.exit(main())
