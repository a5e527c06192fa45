"""The skeleton of a rule: it loads and passes as written, whatever fact it starts from."""

# ruff: noqa: E501 -- a table row is on one line

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from kam_expert.cli import kam
from kam_expert.engines.rule_cases import CaseRun, missing_cases, run_cases
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import KamError
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.skeleton import skeleton
from kam_expert.resources import rules_folder

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase

TESTABLE = {"choice", "ordered", "set", "yes_no", "integer", "number"}


@pytest.fixture(scope="module")
def written(base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """A rule base with two skeletons for each fact, called reviewed: a usual one, one of gaps."""
    rules = _copy(tmp_path_factory.mktemp("base"))
    for about_knowledge in (False, True):
        findings = {
            doc.about: name
            for name, doc in base.findings.items()
            if name not in base.strategy_findings
            if (doc.about_knowledge is not None) == about_knowledge
        }
        for fact in base.facts.values():
            if fact.kind in findings and fact.doc.type in TESTABLE and not fact.doc.parts:
                place = f"quality/new_{fact.name}_{about_knowledge}".lower()
                made = skeleton(base, place, findings[fact.kind], "hints", fact.name)
                text = made.text.replace("status: draft", "status: reviewed")
                (rules / made.file).write_text(text, encoding="utf-8")
    return load_knowledge_base(rules)


def _copy(folder: Path) -> Path:
    return Path(shutil.copytree(rules_folder(), folder / "rules"))


def test_every_testable_fact_gives_a_rule_whose_cases_pass(
    base: KnowledgeBase, written: KnowledgeBase
) -> None:
    new = [rule for rule in written.rules if rule.name.startswith("new_")]
    names = frozenset(rule.name for rule in new)

    failed = [
        f"{run.rule.name}: {run.case.name}" if isinstance(run, CaseRun) else str(run)
        for run in run_cases(written, {"plain": PlainEngine()}, names)
        if not (isinstance(run, CaseRun) and run.passed)
    ]

    kinds = {doc.about for doc in base.findings.values()}
    tested = {
        f.name
        for f in base.facts.values()
        if f.kind in kinds and f.doc.type in TESTABLE and not f.doc.parts
    }
    assert {name for rule in new for name in rule.fact_names} == tested
    assert failed == []


def test_a_skeleton_has_all_cases_that_a_reviewed_rule_owes(written: KnowledgeBase) -> None:
    new = [rule for rule in written.rules if rule.name.startswith("new_")]

    assert [str(problem) for rule in new for problem in missing_cases(rule, written)] == []


def test_without_a_fact_it_starts_from_one_of_its_theme(base: KnowledgeBase) -> None:
    made = skeleton(base, "trust/word_not_kept", "fragile_satisfaction", "suggests")

    assert base.facts[made.fact].doc.theme == "trust"
    assert "finding: fragile_satisfaction, strength: suggests}" in made.text


@pytest.mark.parametrize(
    ("place", "finding", "fact", "message"),
    [
        ("trsut/a", "barricade", None, 'unknown theme "trsut". Did you mean "trust"?'),
        ("trust/a", "baricade", None, 'unknown finding "baricade". Did you mean "barricade"?'),
        ("trust/a", "barricade", "trust_othr", 'unknown fact "trust_othr". Did you mean "trust_other"?'),
        ("trust/a", "barricade", "open_to_us", "open_to_us is about the person, not the account as the finding is"),
        ("trust/a", "barricade", "partnership_start",
         "partnership_start is a date; start from another fact and edit the rule"),
        ("../a", "barricade", None, '"../a": write theme/name in lower-case letters, digits and _'),
        ("trust/bad_news_late", "barricade", None,
         "rules/butterfly/bad_news_late.yaml: a rule of this name exists; choose another name"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_answered_with_the_nearest(
    base: KnowledgeBase, place: str, finding: str, fact: str | None, message: str
) -> None:
    with pytest.raises(KamError) as caught:
        skeleton(base, place, finding, "hints", fact)

    assert str(caught.value) == message


# The commands


def run(*arguments: str) -> Result:
    return CliRunner().invoke(kam, arguments)


def test_new_writes_a_draft_that_leaves_the_base_without_problems(
    rules_copy: Path, *, every: bool
) -> None:
    rules = str(rules_copy)
    made = run("rules", "new", "trust/word", "--finding", "barricade", "--rules", rules)

    assert made.exit_code == 0
    assert "kam rules test word" in made.output
    assert "status: draft" in (rules_copy / "trust/word.yaml").read_text(encoding="utf-8")
    assert run("rules", "test", "word", "--rules", rules).exit_code == 0
    # tests/test_contributing.py checks a rule base with a rule that began as a draft.
    if every:
        assert run("rules", "check", "--rules", rules).exit_code == 0
    assert load_knowledge_base(rules_copy).rule("word").status == "draft"


def test_new_leaves_a_file_that_is_there_as_it_is(rules_copy: Path) -> None:
    ask = ("rules", "new", "trust/word", "--finding", "barricade", "--rules", str(rules_copy))
    run(*ask)
    file = rules_copy / "trust/word.yaml"
    edited = file.read_text(encoding="utf-8") + "# mine\n"
    file.write_text(edited, encoding="utf-8")

    again = run(*ask)

    assert "rules/trust/word.yaml: a rule of this name exists" in str(again.exception)
    assert file.read_text(encoding="utf-8") == edited


def test_schemas_are_written_beside_the_rule_base(rules_copy: Path) -> None:
    folder = rules_copy.parent / "schemas"
    missing = run("rules", "schemas", "--rules", str(rules_copy))
    folder.mkdir()
    made = run("rules", "schemas", "--rules", str(rules_copy))

    assert str(missing.exception) == f"{folder}: no such folder; make it, or name one with --output"
    assert made.exit_code == 0
    published = Path(__file__).parents[2] / "schemas"
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == {
        f.name: f.read_bytes() for f in published.iterdir()
    }
