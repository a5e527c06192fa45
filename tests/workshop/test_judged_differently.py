"""What the difference of two rule bases says of a portfolio is what single accounts are judged.

With --all more accounts and changes of the rules.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from agreement import DAY, random_accounts

from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.summing.rule_changes import judged_differently
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely
from kam_expert.resources import rules_folder
from kam_expert.results.judged_differently import (
    JudgedAccount,
    JudgedDifferently,
    JudgedMove,
    JudgedPart,
)
from kam_expert.workshop.sources import RuleSources
from kam_expert.workshop.trial import Trial
from kam_expert.workshop.whole_mutants import whole_mutants
from tests.sampling import few_of
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

BASE = shipped_base()
ACCOUNTS = 30
#: What a pair of answers gives; it is in a table of its own.
GAPS = frozenset(rule.finding for rule in BASE.rules if rule.kind == "gap")
#: The part of a diagnosis with what it says, and whether that is firm.
Judgement = dict[str, tuple[str, bool]]


@pytest.fixture(scope="module")
def portfolio(
    tmp_path_factory: pytest.TempPathFactory, *, every: bool
) -> tuple[Path, dict[str, Case]]:
    """Return random accounts as a folder of case files, and as cases with their ranks."""
    folder = tmp_path_factory.mktemp("portfolio")
    written = random_accounts(BASE, Random(7), ACCOUNTS if every else 12)
    for name, case in written.items():
        (folder / f"{name}.json").write_text(json.dumps(case, ensure_ascii=False), "utf-8")
    with open_source(folder, BASE, DAY) as source:
        for _ in source.chunks():
            pass
        return folder, {name: source.case(name) for name in written}


def many_rules(seed: int) -> KnowledgeBase:
    """Return the rule base with a random change in each of a hundred rules."""
    trial, random = Trial(RuleSources(rules_folder(), BASE)), Random(seed)
    rules = {rule.name: rule for rule in BASE.rules}
    for written in random.sample(trial.sources.rules, 100):
        tried = [changed for _, changed in trial.mutants(written) if changed.base is BASE]
        rules.update(random.choice(tried).rules)
    return replace(BASE, rules=tuple(rules.values()))


def whole_mutant(text: str) -> KnowledgeBase:
    return next(
        mutant.base for mutant in whole_mutants(rules_folder(), BASE) if text in str(mutant)
    )


def judged(case: Case, base: KnowledgeBase) -> Judgement:
    """Judge one account on the plain engine."""
    settled = settle_case(case, base, DAY, PlainEngine())
    statuses = {
        name: (found.status, found.firm)
        for (name, kind, _), found in settled.findings.items()
        if kind == "account" and name not in GAPS
    }
    strategies = {name: statuses.pop(name) for name in base.strategy_findings}
    [chosen] = (s.id for s in base.strategies if at_least_likely(strategies[s.id][0]))
    firm = settled.verdict != UNDETERMINED and settled.possible_stages[1] == {settled.verdict}
    return {
        "stage": (settled.verdict, firm),
        "strategy": (chosen, strategies[chosen][1]),
        **{name: statuses[name] for name in base.findings if name in statuses},
    }


def expected(cases: dict[str, Case], changed: KnowledgeBase) -> JudgedDifferently:
    """Return the difference from the judgements of single accounts."""
    counts: Counter[str] = Counter()
    firm: Counter[str] = Counter()
    rows = []
    for name, case in cases.items():
        before, after = judged(case, BASE), judged(case, changed)
        moves = tuple(
            JudgedMove(part, was, now, sure and after[part][1])
            for part, (was, sure) in before.items()
            if was != (now := after[part][0])
        )
        counts.update(move.part for move in moves)
        firm.update(move.part for move in moves if move.firm)
        if moves:
            rows.append(JudgedAccount(name, case.account.name, moves))
    parts = [
        JudgedPart(p, counts[p], firm[p]) for p in sorted(counts, key=lambda p: (-counts[p], p))
    ]
    return JudgedDifferently(len(cases), len(rows), tuple(parts), tuple(rows))


@pytest.mark.parametrize(
    "change", few_of(["many rules", "strategy order: repair", "stage sum", "other rules"], 1)
)
def test_it_is_what_both_rule_bases_say_of_each_account(
    change: str, portfolio: tuple[Path, dict[str, Case]]
) -> None:
    seeds = {"many rules": 1, "other rules": 2}
    changed = many_rules(seeds[change]) if change in seeds else whole_mutant(change)
    folder, cases = portfolio

    found = judged_differently(folder, BASE, changed, DAY, len(cases))

    want = expected(cases, changed)
    assert found == replace(want, rows=found.rows)
    assert {row.account: row for row in found.rows} == {row.account: row for row in want.rows}
    assert found.changed
