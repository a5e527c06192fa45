"""Faults planted in a rule base are found, each with a witness or a proof."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.resources import rules_folder
from kam_expert.workshop.prove import Verdict, prove

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

RULE = """\
rule: {name}
status: draft
origin: practice
for: account
{body}
concludes: {{finding: {finding}, strength: {strength}}}
explains: {{uk: Так, en: Yes}}
"""
STRATEGY = """\
  planted:
    name: {uk: Ніколи, en: Never}
    says: {uk: Ніколи., en: Never.}
    when:
      account_attractiveness: low
    unless:
      account_attractiveness: [low, medium]
    first: [key]
"""
STEP = """\

  planted:
    kind: hygiene
    purpose: answers
    about: account
    answers: [rosy_picture]
    dropped_by: [rosy_picture]
    under: {public_law: yes}
    who: {uk: ми, en: we}
    within_days: 30
    effort: 1
    do: {uk: Ніколи., en: Never.}
    success: {uk: Ніколи., en: Never.}
    name: {uk: Ніколи, en: Never}
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    rules = tmp_path_factory.mktemp("planted") / "rules"
    shutil.copytree(rules_folder(), rules)
    plant(
        rules,
        "never",
        "when: {complaints_open: {at_least: 2}}\nunless: {complaints_open: {above: 1}}",
    )
    plant(rules, "narrower", "when: {complaints_open: {at_least: 3}}")
    plant(
        rules, "opposite",
        "when: {complaints_open: {at_least: 1}}\n"
        "cases: [{name: one, given: {complaints_open: 1}, expect: holds}]",
        finding="trust_growing", strength="establishes",
    )  # fmt: skip
    plant(rules, "sound", "when: {complaints_open: {at_least: 1}, ours.trust_trend: falling}")
    strategies = rules / "strategies.yaml"
    text = strategies.read_text(encoding="utf-8")
    strategies.write_text(
        text.replace("strategies:\n", f"strategies:\n{STRATEGY}", 1), encoding="utf-8"
    )
    with (rules / "steps.yaml").open("a", encoding="utf-8") as steps:
        steps.write(STEP)
    return load_knowledge_base(rules)


def plant(
    rules: Path, name: str, body: str, finding: str = "complaint_waits",
    strength: str = "hints",
) -> None:  # fmt: skip
    text = RULE.format(name=name, body=body, finding=finding, strength=strength)
    (rules / "profitability" / f"{name}.yaml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def verdicts(planted: KnowledgeBase) -> list[Verdict]:
    return list(prove(planted, ()))


def of_kind(verdicts: list[Verdict], kind: str) -> list[str]:
    return [verdict.subject for verdict in verdicts if verdict.kind == kind]


def test_a_rule_that_its_exception_always_silences_never_holds(verdicts: list[Verdict]) -> None:
    assert of_kind(verdicts, "never holds") == ["never", "planted"]


def test_a_weaker_rule_with_a_higher_border_is_implied(verdicts: list[Verdict]) -> None:
    [found] = [v for v in verdicts if v.kind == "implied" and v.subject == "narrower"]

    assert found.is_fault
    assert "complaint_not_closed" in found.because
    assert "sound" not in of_kind(verdicts, "never holds")


def test_a_strategy_that_its_exception_always_silences_is_never_chosen(
    verdicts: list[Verdict],
) -> None:
    assert "planted" in of_kind(verdicts, "strategy never chosen")


def test_a_step_that_its_own_finding_drops_is_never_proposed(verdicts: list[Verdict]) -> None:
    assert "planted" in of_kind(verdicts, "step never proposed")


def test_a_status_without_a_rule_of_its_strength_is_never_reached(
    planted: KnowledgeBase, verdicts: list[Verdict]
) -> None:
    reached = set(of_kind(verdicts, "status never reached"))

    for name in planted.findings:
        strengths = {rule.strength for rule in planted.rules_for(name)}
        if name not in planted.strategy_findings:
            assert (f"{name}: possible" in reached) == ("hints" not in strengths)


def test_opposite_findings_are_established_by_one_account(
    planted: KnowledgeBase, verdicts: list[Verdict]
) -> None:
    [mirror] = [n for n, doc in planted.findings.items() if doc.mirror == "trust_growing"]
    pair = " and ".join(sorted((mirror, "trust_growing")))

    [found] = [v for v in verdicts if v.kind == "both of a pair" and v.subject == pair]

    assert found.witness is not None
    assert found.witness["complaints_open"] == 1
    assert "opposite" in found.because
    assert not found.is_fault
