"""Mutants beyond the rules: each is another rule base, and whole accounts notice some of them."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.rule import DERIVED
from kam_expert.resources import methods_folder
from kam_expert.workshop.tried_accounts import tried_accounts
from kam_expert.workshop.whole_mutants import WHOLE_KINDS, WholeMutant, whole_mutants, whole_score
from tests.command import run_kam

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.workshop.tried_accounts import TriedAccount

DAY = date(2026, 11, 23)
QUALITY = methods_folder() / "relationship_quality"


@cache
def base() -> KnowledgeBase:
    return load_knowledge_base(QUALITY)


def mutant(kind: str, text: str) -> WholeMutant:
    [found] = [m for m in whole_mutants(base()) if m.kind == kind and text in str(m)]
    return found


def test_every_kind_is_made_and_each_mutant_is_another_rule_base() -> None:
    found = list(whole_mutants(base()))

    assert {m.kind for m in found} == {*WHOLE_KINDS}
    assert len({str(m) for m in found}) == len(found)


def test_strategies_in_another_order_are_barred_as_if_they_were_written_so() -> None:
    first, second = base().strategies[:2]
    changed = mutant("strategy order", f"{second.id}: before {first.id}").base
    text = (QUALITY / "strategies.yaml").read_text(encoding="utf-8")
    head, *blocks = _blocks(text, [strategy.id for strategy in base().strategies])
    swapped = head + "".join([blocks[1], blocks[0], *blocks[2:]])
    written = load_knowledge_base(QUALITY, texts={QUALITY / "strategies.yaml": swapped})

    by_name = {rule.name: rule for rule in written.rules}
    for rule in changed.rules:
        assert rule.unless == by_name[rule.name].unless, rule.name
    assert [set(part) for part in changed.strata] == [set(part) for part in written.strata]
    assert [s.id for s in changed.strategies] == [s.id for s in written.strategies]
    assert any(rule.status == DERIVED for rule in changed.rules)


def _blocks(text: str, names: list[str]) -> list[str]:
    """Return what is before the first strategy, and each strategy."""
    places = [text.index(f"\n  {name}:\n") + 1 for name in names]
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def test_a_change_of_the_stage_of_some_account_is_never_called_the_same() -> None:
    survivors = {str(m) for m in whole_score(QUALITY, base()).same}
    stages = [m for m in whole_mutants(base()) if m.kind == "stage sum"]

    for each in stages:
        differs = [
            account.name
            for account in tried_accounts((), QUALITY, base(), DAY)
            if verdict(account, base()) != verdict(account, each.base)
        ]
        assert not (differs and str(each) in survivors), (str(each), differs)
    assert 0 < len([m for m in stages if str(m) not in survivors]) < len(stages)


def verdict(account: TriedAccount, base: KnowledgeBase) -> str:
    return diagnose(account.case, base, account.day, PlainEngine()).stage.verdict


def test_the_report_is_text_and_json() -> None:
    text = run_kam("rules", "mutate", "--whole", "--score", "--rules", QUALITY)
    found = json.loads(run_kam("rules", "mutate", "--whole", "--json", "--rules", QUALITY).out)

    assert text.status == 0
    assert "strategy order" in text.out
    assert {"kind", "name", "change", "differs"} == {*found["survivors"][0]}
    assert found["score"]["stage sum"]["mutants"] > 10
    assert run_kam("rules", "mutate", "x", "--whole", "--rules", QUALITY).status == 2
