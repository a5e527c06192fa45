"""Look for wrong advice over the examples, the whole accounts and random accounts.

    python benchmarks/advice_sweep.py [--accounts 2000] [--seed 1] [--firm 500] [--completions 20]

Each account is judged by plain evaluation. Counted are: steps that the strategy or the award rules
forbid, advice to defend or to bind where a loss is measured, findings that change when the answers
that an event voided are taken away, obstacles that are neither a main cause nor follow from one,
accounts without a strategy, and strategies and steps that no account reaches. Then random answers
are added to random accounts, and what was firm and has changed is counted.
"""

from __future__ import annotations

import argparse
import copy
import platform
import sys
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from agreement import DAY, random_accounts
from random_cases import built, extended, random_case

from kam_expert.engines.assemble import assemble, diagnose
from kam_expert.engines.causes import MOST
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.knowledge.accounts import read_accounts
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.yaml_reader import read_file
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis

PLAIN = PlainEngine()
#: What is about keeping or deepening, which a measured loss silences.
LOSS, DEFENDING = "measured_loss", ("keep", "defend", "develop")
KEEPING = ("protect_what_works", "use_open_access", "add_wanted_tie", "keep_sponsor_pair")
_BLOCKS = {"person": "people", "member": "team", "decision": "decisions"}
_SIDES = {"ours": "facts", "theirs": "customer"}


def accounts(base: KnowledgeBase, random: Random, number: int) -> Iterator[tuple[str, Any, date]]:
    """Yield the examples, the whole accounts and random ones, each with its day."""
    folder = rules_folder()
    for path in sorted((folder.parent / "examples").glob("*.yaml")):
        yield path.name, read_file(path, path.name), DAY
    for account in read_accounts(folder, base)[0]:
        yield account.name, account.case, account.day
    for name, data in random_accounts(base, random, number).items():
        yield name, data, DAY


def forbidden(found: Diagnosis, base: KnowledgeBase) -> Iterator[str]:
    """Yield the steps that the strategy, or where one is, does not allow."""
    standing = {f.id for f in found.findings if at_least_likely(f.status)}
    model = base.strategy(found.strategy.effective) if found.strategy else None
    for step in found.next_steps:
        doc = base.steps[step.id]
        if model and doc.purpose not in model.allowed:
            yield f"{step.id} under {model.id}"
        for word, place in base.step_book.under.items():
            if place.finding in standing and doc.under.get(word) == "no":
                yield f"{step.id} under {word}"


def beside_a_loss(found: Diagnosis) -> Iterator[str]:
    """Yield advice to defend or to bind where a loss has been measured."""
    standing = {f.id for f in found.findings if at_least_likely(f.status)}
    if LOSS not in standing:
        return
    if found.strategy and not found.strategy.chosen and found.strategy.effective in DEFENDING:
        yield f"strategy {found.strategy.effective}"
    yield from (step.id for step in found.next_steps if step.id in KEEPING)


def without_cause(found: Diagnosis, base: KnowledgeBase) -> Iterator[str]:
    """Yield the obstacles that are under no main cause, where there is room for more causes."""
    told = {f.id for cause in found.causes for f in (*cause.findings, *cause.rests)}
    for finding in found.findings:
        hinders = base.is_obstacle(finding.id, finding.severity, finding.status)
        if hinders and finding.id not in told and len(found.causes) < MOST:
            yield finding.id


def without_voided(data: Any, found: Diagnosis) -> Any:
    """Return a case without the answers that an event voided; None if there are none."""
    if not found.voided:
        return None
    case = copy.deepcopy(data)
    for void in found.voided:
        for block in _blocks(case, void.about.kind, void.about.id, void.side):
            told = block.get(void.fact)
            listed = told if isinstance(told, list) else [told]
            left = [
                answer
                for answer in listed
                if not isinstance(answer, dict) or str(answer.get("as_of")) != str(void.as_of)
            ]
            if left:
                block[void.fact] = left if len(left) > 1 else left[0]
            else:
                block.pop(void.fact, None)
    return case


def _blocks(case: Any, kind: str, identity: str, side: str) -> Iterator[Any]:
    if kind == "account":
        yield case.get(_SIDES[side], {})
    elif kind == "link":
        for link in case.get("links", ()):
            if identity in (
                f"{link['member']}–{link['person']}",
                f"{link['member']}-{link['person']}",
            ):
                yield link
    else:
        if kind == "decision" and isinstance(case.get("decision"), dict):
            yield case["decision"]
        yield from (i for i in case.get(_BLOCKS[kind], ()) if i.get("id") == identity)


def concluded(found: Diagnosis) -> Mapping[Any, str]:
    """Return what is concluded, by finding and subject."""
    said: dict[Any, str] = {(f.id, f.about): f.status for f in found.findings}
    said["stage"] = found.stage.verdict
    if found.strategy:
        said["strategy"] = found.strategy.effective
    return said


def sweep(base: KnowledgeBase, random: Random, number: int) -> tuple[Counter[str], int]:
    """Judge the accounts and print what is wrong; return the counts and the number of accounts."""
    wrong: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    voids = done = 0

    def tell(kind: str, name: str, what: str) -> None:
        wrong[kind] += 1
        print(f"{kind}: {name}: {what}")

    for name, data, day in accounts(base, random, number):
        done += 1
        found = diagnose(built(data, base), base, day, PLAIN)
        reached.update({f"step {step.id}" for step in found.next_steps})
        if found.strategy is None:
            tell("without a strategy", name, "")
        else:
            reached[f"strategy {found.strategy.effective}"] += 1
        for what in forbidden(found, base):
            tell("forbidden step", name, what)
        for what in beside_a_loss(found):
            tell("defends a loss", name, what)
        for what in without_cause(found, base):
            tell("obstacle without a cause", name, what)
        rest = without_voided(data, found)
        if rest is not None:
            voids += 1
            other = concluded(diagnose(built(rest, base), base, day, PLAIN))
            for key, status in concluded(found).items():
                if other.get(key) != status:
                    tell("rests on a voided answer", name, f"{key}: {status}, {other.get(key)}")
    wanted = [f"step {step}" for step in base.steps]
    wanted += [f"strategy {strategy.id}" for strategy in base.strategies]
    for missing in [what for what in wanted if not reached[what]]:
        tell("never reached", "", missing)
    print(
        f"{done} accounts, {voids} of them with voided answers; {len(wanted)} steps and strategies"
    )
    return wrong, done


def firm(base: KnowledgeBase, random: Random, number: int, completions: int) -> Counter[str]:
    """Add random answers to random accounts; count and print what was firm and has changed."""
    wrong: Counter[str] = Counter()
    for index in range(number):
        data = random_case(base, random)
        before = settle_case(built(data, base), base, DAY, PLAIN)
        told = assemble(before, base)
        stay = {key: found.status for key, found in before.findings.items() if found.firm}
        for _ in range(completions):
            case = built(extended(data, base, random), base)
            after = settle_case(case, base, DAY, PLAIN)
            for key, status in stay.items():
                if after.findings[key].status != status:
                    wrong["firm finding"] += 1
                    print(f"firm finding: account {index}: {key}")
            if told.stage.firm and after.verdict != before.verdict:
                wrong["firm stage"] += 1
                print(f"firm stage: account {index}: {before.verdict}, {after.verdict}")
    return wrong


def main() -> int:
    """Run the sweep and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--firm", type=int, default=500)
    parser.add_argument("--completions", type=int, default=20)
    asked = parser.parse_args()
    base = load_compiled(rules_folder())
    random = Random(asked.seed)
    start = time.perf_counter()
    wrong, done = sweep(base, random, asked.accounts)
    middle = time.perf_counter()
    print(f"{done} accounts: {sum(wrong.values())} faults ({middle - start:.0f} s)")
    more = firm(base, random, asked.firm, asked.completions)
    spent = time.perf_counter() - middle
    print(
        f"{asked.firm} accounts, {asked.completions} completions each: "
        f"{sum(more.values())} changes of what was firm ({spent:.0f} s)"
    )
    print(f"{len(base.rules)} rules; {platform.machine()}, Python {platform.python_version()}")
    for kind, count in sorted((wrong + more).items()):
        print(f"{kind}: {count}")
    return 1 if wrong or more else 0


if __name__ == "__main__":
    sys.exit(main())
