"""Faults planted in a rule base are found, each with a witness or a proof.

With --all more accounts may refute a verdict about the shipped method, and better answers are tried
in every whole account, else in each eighth one.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest
from portfolio_engine import DAY, tables

from kam_expert.engines.portfolio.summing.rule_changes import judgements
from kam_expert.engines.rule_cases import outcome_of, readings_of
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import Place
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.rule import RuleCase
from kam_expert.resources import methods_folder, rules_folder
from kam_expert.workshop.dead_parts import stages_never_reached
from kam_expert.workshop.improvements import Improvements
from kam_expert.workshop.prove import prove
from kam_expert.workshop.sources import RuleSources
from tests.command import run_kam
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.workshop.verdict import Verdict

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
  {name}:
    name: {{uk: Ніколи, en: Never}}
    says: {{uk: Ніколи., en: Never.}}
    when:
      account_status: prospect
    {unless}
    first: [key]
    cases:
      - name: a prospect
        given: {{account_status: prospect}}
        expect: {expect}
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
FINDING = """\
  planted:
    about: account
    group: risk
    cites: []
    severity: low
    name: {uk: Ніколи, en: never}
    headline:
      established: {uk: Ніколи., en: Never.}
      likely: {uk: Ніколи., en: Never.}
      possible: {uk: Ніколи., en: Never.}
    means: {uk: Ніколи., en: Never.}
"""
DEFINITION = """\
definitions:
  planted:
    for: account
    when:
      complaints_open: {at_least: 3}
      any: [{complaints_open: 0}, {complaints_open: 1}]
    says: {uk: ніколи, en: never}
"""
IMPOSSIBLE = """\
impossible:
  planted:
    when:
      account_status: prospect
      none: [{account_status: {not: established}}]
    says: {uk: ніколи, en: never}
"""
GAP = """\
gaps:
  planted:
    ours: bad_news_shared
    theirs: bad_news_shared
    threshold: {value: 4, we_chose: {uk: багато, en: a lot}}
"""
#: The rules: name, body, finding, strength.
RULES = (
    (
        "never", "when: {complaints_open: {at_least: 2}}\nunless: {complaints_open: {above: 1}}",
        "volume_lens", "hints",
    ),
    ("narrower", "when: {complaints_open: {at_least: 3}}", "complaint_waits", "hints"),
    (
        "opposite",
        (
            "when: {complaints_open: {at_least: 1}}\n"
            "cases: [{name: one, given: {complaints_open: 1}, expect: holds}]"
        ),
        "trust_growing", "establishes",
    ),
    (
        "narrow_for_two_reasons", "when: {complaints_open: {at_least: 1}, on_key_list: yes}",
        "complaint_waits", "hints",
    ),
    ("by_definition", "when: {is: planted}", "rosy_picture", "suggests"),
    (
        "contradictory",
        (
            "when: {account_status: prospect, revenue_12m: {at_least: 5}}\n"
            "cases: [{name: so, given: {account_status: prospect, revenue_12m: 9}, expect: holds}]"
        ),
        "rosy_picture", "suggests",
    ),
    (
        "off_the_scale",
        (
            "when: {satisfaction_rating: {at_most: $scale}, complaint_recovered: yes}\n"
            "thresholds: {scale: {value: 9, we_chose: {uk: усі, en: all}}}"
        ),
        "rosy_picture", "suggests",
    ),
    (
        "written_one_way", "when: {any: [{tenure_months: 2}, {tenure_months: {at_least: 3}}]}",
        "planted", "hints",
    ),
    (
        "written_another_way", "when: {tenure_months: {above: 1}}\nunless: {tenure_months: 1}",
        "planted", "hints",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> RuleSources:
    rules = tmp_path_factory.mktemp("planted") / "rules"
    shutil.copytree(rules_folder(), rules)
    for name, body, finding, strength in RULES:
        text = RULE.format(name=name, body=body, finding=finding, strength=strength)
        (rules / "profitability" / f"{name}.yaml").write_text(text, encoding="utf-8")
    silenced = STRATEGY.format(
        name="silenced", unless="unless: {account_status: [prospect, lost]}", expect="silent"
    )
    shadowed = STRATEGY.format(name="shadowed", unless="", expect="holds")
    _put(rules / "strategies.yaml", "strategies:\n", f"strategies:\n{silenced}")
    _put(rules / "strategies.yaml", "  leave:\n", f"{shadowed}  leave:\n")
    for block in (DEFINITION, IMPOSSIBLE, GAP):
        _put(rules / "facts.yaml", "\n" + block.partition("\n")[0] + "\n", "\n" + block)
    for file, text in (("steps", STEP), ("findings", FINDING)):
        with (rules / f"{file}.yaml").open("a", encoding="utf-8") as written:
            written.write(text)
    return RuleSources(rules, load_knowledge_base(rules))


def _put(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def base(planted: RuleSources) -> KnowledgeBase:
    return planted.base


@pytest.fixture(scope="module")
def verdicts(planted: RuleSources) -> list[Verdict]:
    return list(prove(planted, ()))


def of_kind(verdicts: list[Verdict], kind: str) -> dict[str, str]:
    return {verdict.subject: verdict.because for verdict in verdicts if verdict.kind == kind}


def test_what_never_holds_is_proved_and_nothing_else(verdicts: list[Verdict]) -> None:
    found = of_kind(verdicts, "never holds")

    assert set(found) == {
        "never", "silenced", "by_definition", "contradictory",
        "definition planted", "impossible planted", "gap planted",
    }  # fmt: skip
    assert found["contradictory"] == (
        "wherever it holds, the impossible combination prospect_with_revenue does"
    )
    assert found["gap planted"] == "no two answers are more than 3 apart"


def test_a_weaker_rule_that_asks_for_more_is_implied(verdicts: list[Verdict]) -> None:
    found = of_kind(verdicts, "implied")

    for name in ("narrower", "narrow_for_two_reasons"):
        assert found.pop(name) == "wherever it holds, complaint_not_closed does, and says no less"
    assert set(found) == {"written_one_way", "written_another_way"}


def test_two_rules_of_one_meaning_imply_each_other_however_they_are_written(
    verdicts: list[Verdict],
) -> None:
    found = of_kind(verdicts, "implied")

    assert {"written_one_way", "written_another_way"} < set(found)
    assert "written_another_way" in found["written_one_way"]
    assert "written_one_way" in found["written_another_way"]


def test_a_threshold_outside_the_scale_has_no_effect(verdicts: list[Verdict]) -> None:
    assert set(of_kind(verdicts, "threshold without effect")) == {"off_the_scale.scale"}


def test_a_strategy_that_another_shadows_or_its_exception_silences_is_never_chosen(
    verdicts: list[Verdict],
) -> None:
    found = of_kind(verdicts, "strategy never chosen")

    assert "silenced" in found
    assert found["shadowed"] == "wherever it applies, out_of_scope does, and comes first"


def test_a_step_that_its_own_finding_drops_is_never_proposed(verdicts: list[Verdict]) -> None:
    # Without whole accounts more steps are not seen; with them the shipped method has none.
    assert "planted" in of_kind(verdicts, "step never proposed")


def test_a_status_that_no_answers_give_is_found(
    base: KnowledgeBase, verdicts: list[Verdict]
) -> None:
    reached = of_kind(verdicts, "status never reached")

    assert {"planted: established", "planted: likely"} <= set(reached)
    assert "planted: possible" not in reached
    # The only rule that hints at it never holds.
    assert {r.name for r in base.rules_for("volume_lens") if r.strength == "hints"} == {"never"}
    assert "volume_lens: possible" in reached


def test_opposite_findings_are_established_by_one_account(
    base: KnowledgeBase, verdicts: list[Verdict]
) -> None:
    mirror = base.findings["trust_growing"].mirror
    assert mirror is not None
    pair = " and ".join(sorted((mirror, "trust_growing")))

    [found] = [v for v in verdicts if v.kind == "both of a pair" and v.subject == pair]

    assert not found.is_fault
    assert found.witness is not None
    case = RuleCase("", found.witness, "", Place("the witness"))
    first, _, rest = found.because.partition(" and ")
    for name in (first, rest.partition(" both hold")[0]):
        rule = base.rule(name)
        readings = readings_of(rule, case, base)
        assert outcome_of(rule, readings, PlainEngine()) == "holds"
        assert not [c for c in readings.contradictions() if c.kind == "impossible"]


def test_a_stage_that_bars_itself_is_never_reached() -> None:
    base = shipped_base()
    last = base.stage_model.stages[-1]
    changes = ({"vetoes": last.features[:1]}, {"core_needed": len(last.core) + 1}, {"share": 1.0})

    assert list(stages_never_reached(base, ())) == []
    for change in changes:
        stages = (*base.stage_model.stages[:-1], replace(last, **change))
        changed = replace(base, stage_model=replace(base.stage_model, stages=stages))
        [found] = stages_never_reached(changed, ())
        assert (found.subject, found.is_fault) == (last.name, True)
        assert list(stages_never_reached(changed, (last.name,))) == []


def test_the_shipped_method_has_no_such_fault_and_no_account_refutes_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, every: bool
) -> None:
    if not every:
        worsenings = Improvements.worsenings
        monkeypatch.setattr(
            Improvements, "worsenings", lambda self, accounts: worsenings(self, accounts[::8])
        )
    done = run_kam("rules", "prove", "--json")
    found = json.loads(done.out)
    never = {v["subject"] for v in found if v["kind"] == "status never reached"}
    base, gone = shipped_base(), set()
    tables(tmp_path / "accounts", base, 2_000 if every else 500)

    for judged in judgements(tmp_path / "accounts", base, DAY):
        for name in base.findings:
            if name in judged.columns:
                statuses = judged[name].cast(pl.String).unique().to_list()
                gone |= {f"{name}: {status}" for status in statuses}

    assert [v for v in found if v["fault"]] == []
    assert done.status == 0
    assert len(never) > 50
    assert len(gone) > 200
    assert not never & gone


def test_the_second_method_has_no_such_fault() -> None:
    found = run_kam("rules", "prove", "--rules", methods_folder() / "relationship_quality")

    assert found.out.splitlines()[-1].startswith("0 faults; ")
    assert found.status == 0
