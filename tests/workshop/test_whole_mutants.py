"""Mutants beyond the rules: each is another rule base, and situations notice them."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from random_cases import built, random_case

from kam_expert.engines.assemble import advise
from kam_expert.engines.reasons import Explainer
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.rule import DERIVED
from kam_expert.knowledge.situations import FILE, read_situations
from kam_expert.resources import methods_folder, rules_folder
from kam_expert.workshop.whole_mutants import (
    WHOLE_KINDS,
    WholeMutant,
    whole_mutants,
)
from kam_expert.workshop.whole_score import situation_problems
from tests.command import run_kam
from tests.shipped import METHODS, method_folder, shipped_base, shipped_method

if TYPE_CHECKING:
    from kam_expert.engines.settling import Settlement
    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 23)
QUALITY = methods_folder() / "relationship_quality"


@cache
def base() -> KnowledgeBase:
    return load_knowledge_base(QUALITY)


def mutant(kind: str, text: str) -> WholeMutant:
    [found] = [m for m in whole_mutants(QUALITY, base()) if m.kind == kind and text in str(m)]
    return found


def test_every_kind_is_made_and_each_mutant_is_another_rule_base() -> None:
    found = list(whole_mutants(rules_folder(), shipped_base()))

    assert {m.kind for m in found} == {*WHOLE_KINDS}
    assert len({str(m) for m in found}) == len(found) > 300
    # A method that takes the plan of the built-in one has no mutants of it.
    assert "plan number" not in {m.kind for m in whole_mutants(QUALITY, base())}


@pytest.mark.parametrize("name", METHODS)
def test_situations_notice_every_change_or_the_rule_base_says_why_not(name: str) -> None:
    assert situation_problems(method_folder(name), shipped_method(name)) == []


@pytest.mark.parametrize("name", METHODS)
def test_no_account_tells_a_change_that_has_a_reason(name: str) -> None:
    method, folder = shipped_method(name), method_folder(name)
    situations, _ = read_situations(folder, method)
    assert situations is not None
    reasons = {change for change, _ in situations.unnoticed}
    excused = [m for m in whole_mutants(folder, method) if str(m) in reasons]
    cases = [built(random_case(method, Random(n)), method) for n in range(12)]
    settled = [settle_case(case, method, DAY, PlainEngine()) for case in cases]

    assert len(excused) == len(reasons) > 0
    for each in excused:
        for case, before in zip(cases, settled, strict=True):
            after = settle_case(case, each.base, DAY, PlainEngine()) if each.settles else before
            assert advice(after, each.base) == advice(before, method), str(each)


def advice(settled: Settlement, base: KnowledgeBase) -> tuple[object, ...]:
    found = advise(settled, base, Explainer(settled.readings))
    strategy = found.strategy.effective if found.strategy else None
    return settled.verdict, settled.leaning, strategy, found.steps, found.plan


def test_a_change_that_nothing_notices_and_a_reason_without_need_are_told(tmp_path: Path) -> None:
    changed = Path(shutil.copytree(QUALITY, tmp_path / "quality"))
    file = changed / FILE
    text = file.read_text(encoding="utf-8")
    name = "nothing is solid while one thing can end it"
    assert text.count(name) == 1
    head, _, rest = text.partition(f"- name: {name}")
    file.write_text(
        head + rest.partition("\n- ")[2].join(["- ", ""])
        + "- {change: “nothing of the kind”, why: none}\n",
        encoding="utf-8",
    )  # fmt: skip
    told = [str(problem) for problem in situation_problems(changed, base())]

    vetoes = ("trust_low", "exit_near", "dispute_unsettled", "customer_unhappy")
    assert [line.partition(": ")[2] for line in told] == [
        *(f"no situation notices: stage sum: solid: vetoes without {veto}" for veto in vetoes),
        "needs no reason: “nothing of the kind”",
    ]


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


def test_the_report_is_text_and_json(tmp_path: Path) -> None:
    bare = Path(shutil.copytree(QUALITY, tmp_path / "quality"))
    (bare / FILE).unlink()
    text = run_kam("rules", "mutate", "--whole", "--score", "--rules", QUALITY)
    found = json.loads(run_kam("rules", "mutate", "--whole", "--json", "--rules", bare).out)

    assert text.status == 0
    assert re.search(r"stage sum +16 +16 +0 +0\n", text.out)
    # Without situations the whole accounts notice some.
    stages = found["score"]["stage sum"]
    assert (stages["mutants"], stages["situations"], stages["excused"]) == (16, 0, 0)
    assert 0 < stages["accounts"] < 16
    assert {"kind", "name", "change"} == {*found["survivors"][0]}
    assert run_kam("rules", "mutate", "x", "--whole", "--rules", QUALITY).status == 2
