"""Mutants: what is changed, which cases notice it, and the cases that would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kam_expert.engines.rule_cases import readings_of
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.node_edits import as_written, replaced
from kam_expert.knowledge.rule import RuleCase
from kam_expert.resources import rules_folder
from kam_expert.workshop.mutation_report import as_document, lines, report
from kam_expert.workshop.sources import RuleSources
from kam_expert.workshop.trial import Score, Trial
from tests.command import run_kam
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from pathlib import Path

RULE = "profitability/volume_falls.yaml"


@pytest.fixture(scope="module")
def trial() -> Trial:
    return Trial(RuleSources(rules_folder(), shipped_base()))


def without_case(rules: Path, file: str, name: str) -> Path:
    """Remove a case from a rule in a copy of the rule base."""
    path = rules / file
    before, _, after = path.read_text(encoding="utf-8").partition(f"  - name: {name}\n")
    assert after
    rest = after.partition("  - name: ")
    path.write_text(f"{before}{rest[1]}{rest[2]}", encoding="utf-8")
    return rules


def test_a_mutant_survives_once_its_only_case_is_gone(rules_copy: Path) -> None:
    without_case(rules_copy, RULE, "we want no more ourselves")

    found = report(rules_copy, load_knowledge_base(rules_copy), ["volume_falls"])

    said = {str(mutant): witness for mutant, witness in found.survivors}
    witness = said["without “we_want_more: no”"]
    assert witness is not None
    assert (witness.outcome, witness.mutated) == ("silent", "holds")
    assert witness.given["we_want_more"] == "no"


def test_a_strength_is_seen_by_the_status_of_the_finding(trial: Trial) -> None:
    written = next(w for w in trial.sources.rules if w.name == "volume_falls")
    tried = [m for m, _ in trial.mutants(written) if m.kind == "strength"]

    survivors = [m for m, _ in trial.run([written], Score()) if m.kind == "strength"]

    assert [m.now for m in tried] == ["suggests"]  # a rating that grows stale establishes nothing
    assert survivors == []


@pytest.mark.long
def test_each_kind_of_change_is_made(trial: Trial) -> None:
    score = Score()
    list(trial.run(trial.written(), score))

    table = list(score.lines())

    assert [line[:22].strip() for line in table[1:]] == [
        "threshold", "operator", "dropped condition", "dropped exception", "dropped word",
        "added word", "side", "strength", "all",
    ]  # fmt: skip


def test_a_changed_definition_is_tried_on_the_rules_that_read_it(trial: Trial) -> None:
    written = next(w for w in trial.sources.definitions if w.name == "active_link")

    tried = list(trial.mutants(written))

    assert {m.kind for m, _ in tried} == {"threshold", "operator"}
    assert all("live_tie_without_backup" in changed.concerned for _, changed in tried)
    assert all(trial.notices(changed) for _, changed in tried)


def test_the_report_is_text_and_json(rules_copy: Path) -> None:
    without_case(rules_copy, RULE, "we want no more ourselves")
    found = report(rules_copy, load_knowledge_base(rules_copy), ["volume_falls"])

    text = "\n".join(lines(found, with_survivors=True))
    document = as_document(found)

    assert "volume_falls: if this were without “we_want_more: no”, no case would notice" in text
    assert "this one would: {given: {" in text
    survivor = next(s for s in document["survivors"] if s["was"] == "we_want_more: no")
    assert survivor["case"]["expect"] == "silent"
    assert document["score"]["threshold"] == {
        "mutants": 2, "noticed": 2, "equivalent": 0,
    }  # fmt: skip
    assert json.dumps(document)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    result = run_kam("rules", "mutate", "volume_fall")

    assert result.status == 2
    assert 'nothing with mutants is named "volume_fall". Did you mean "volume_falls"?' in result.err


def test_to_read_a_case_leaves_it_as_it_was_written() -> None:
    base = shipped_base()
    rule = base.rule("facts_that_cannot_both_hold")
    case = next(case for case in rule.cases if "people" in case.given)
    given = replaced(case.given, ("is_main_contact",), "yes", "yes")  # shares the list of people
    before = as_written(case.given)

    for _ in range(2):
        readings_of(rule, RuleCase("", given, "", case.place), base)

    assert as_written(case.given) == before
