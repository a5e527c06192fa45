"""What holds for every method: the rules of `methods/` pass what the rules of `rules/` pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.forward_chaining import ForwardChainingEngine
from kam_expert.engines.portfolio.judging import column_cases
from kam_expert.engines.portfolio.judging.column_accounts import results_on_columns
from kam_expert.engines.rule_cases import CaseRun, missing_cases, run_cases
from kam_expert.engines.settling import PlainEngine
from kam_expert.engines.whole_accounts import account_problems, compared, readable, results
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.accounts import WholeAccount, read_accounts
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.integrity import sweep
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.outputs.json_document import DiagnosisDocument, as_data
from kam_expert.schemas import schemas
from tests.command import run_kam

if TYPE_CHECKING:
    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

ROOT = Path(__file__).parents[1]
QUALITY = ROOT / "methods" / "relationship_quality"
DAY = date(2026, 11, 23)
#: The stage of each example.
STAGES = {
    "brewery_and_glassworks": "solid",
    "dairy_that_feels_trapped": "fragile",
    "supplier_speaks_alone": "undetermined",
}


@cache
def quality() -> KnowledgeBase:
    return load_knowledge_base(QUALITY)


def examples() -> dict[str, Case]:
    return {
        path.stem: read_case(path, quality(), path.name)
        for path in sorted(QUALITY.glob("examples/*.yaml"))
    }


def test_the_rules_pass_the_check_of_the_rule_base() -> None:
    base = quality()
    missing = [problem for rule in base.rules for problem in missing_cases(rule, base)]

    assert [*sweep(base), *missing, *account_problems(QUALITY, base)] == []
    assert 20 <= sum(rule.finding not in base.strategy_findings for rule in base.rules) <= 30


def test_every_case_of_a_rule_passes_on_every_engine() -> None:
    base = quality()
    engines: dict[str, Engine] = {"plain": PlainEngine(), "experta": ForwardChainingEngine(base)}
    runs = [*run_cases(base, engines), *column_cases.run_cases(base)]
    failed = [run for run in runs if not (isinstance(run, CaseRun) and run.passed)]

    assert len(runs) > 400
    assert failed == []


def test_whole_accounts_have_the_expected_diagnosis_on_every_engine() -> None:
    base = quality()
    accounts, problems = read_accounts(QUALITY, base)
    read, unread = readable(accounts, base)
    engines: dict[str, Engine] = {"plain": PlainEngine(), "experta": ForwardChainingEngine(base)}
    columns = {"polars": results_on_columns(read, base)}

    assert (len(read), problems, unread) == (6, (), {})
    assert [c.failures for c in compared(read, base, engines, columns)] == [()] * 6


def test_examples_and_random_accounts_are_judged_alike_on_three_engines() -> None:
    base = quality()
    cases = {
        **examples(),
        **{f"r{n}": built(random_case(base, Random(n)), base) for n in range(12)},
    }
    first = read_accounts(QUALITY, base)[0][0]
    read: list[tuple[WholeAccount, Case]] = [
        (replace(first, name=name, day=DAY), case) for name, case in cases.items()
    ]
    plain = list(results(read, base, PlainEngine()))

    assert list(results(read, base, ForwardChainingEngine(base))) == plain
    assert results_on_columns(read, base) == plain
    assert {n: r.stage for n, r in zip(cases, plain, strict=True) if n in STAGES} == STAGES
    assert {r.stage for r in plain} >= {"developing", "undetermined"}


@pytest.mark.parametrize("name", STAGES)
def test_a_diagnosis_has_the_published_shape(name: str) -> None:
    base, case = quality(), examples()[name]
    data = as_data(diagnose(case, base, DAY, PlainEngine()), case, base)

    assert DiagnosisDocument.model_validate(data).stage.verdict == STAGES[name]
    condition = schemas(base)["rule.schema.json"]["$defs"]["condition"]["properties"]
    assert {"theirs.keeps_word", "tension", "open_dispute_days"} <= set(condition)


@pytest.mark.parametrize("edition", Edition)
@pytest.mark.parametrize("lang", ["uk", "en"])
def test_a_report_is_written_in_every_edition_and_language(
    edition: Edition, lang: str, tmp_path: Path
) -> None:
    example = QUALITY / "examples" / "dairy_that_feels_trapped.yaml"
    page = tmp_path / "report.html"
    done = run_kam(
        "diagnose", example, "--rules", QUALITY, "--date", str(DAY),
        "--edition", edition.value, "--lang", lang, "-o", page,
    )  # fmt: skip

    assert done.status == 0, done.err
    text = page.read_text(encoding="utf-8")
    stage = next(s for s in quality().stage_model.stages if s.name == "fragile").title.get(lang)
    assert (stage in text) == (edition is not Edition.CUSTOMER)


def test_a_session_asks_what_the_method_says_to_ask(tmp_path: Path) -> None:
    case = tmp_path / "new.yaml"
    done = run_kam(
        "session",
        case,
        "--rules",
        QUALITY,
        "--lang",
        "en",
        "--date",
        str(DAY),
        lines="Nova\n3\nstop\n",
    )

    assert done.status == 0, done.err
    assert "How often do you and the customer plan the work together?" in done.out
    assert "joint_planning" in case.read_text(encoding="utf-8")


def test_other_commands_take_another_method(tmp_path: Path) -> None:
    example = QUALITY / "examples" / "dairy_that_feels_trapped.yaml"
    own: tuple[str | Path, ...] = ("--rules", QUALITY, "--date", str(DAY), "--lang", "en")
    outputs = {
        "plan": run_kam("plan", example, *own),
        "why": run_kam("why", example, "trust_low", *own),
        "path": run_kam("path", example, *own),
        "new": run_kam("new", tmp_path / "new.yaml", "--rules", QUALITY),
        "template": run_kam("template", tmp_path / "form.xlsx", "--rules", QUALITY),
        "portfolio": run_kam(
            "portfolio", QUALITY / "examples", "-o", tmp_path / "all", "--rules", QUALITY
        ),
    }

    assert {name: r.status for name, r in outputs.items()} == dict.fromkeys(outputs, 0)
    assert "Settle the oldest dispute" in outputs["plan"].out
    assert "word_not_kept" in outputs["why"].out
    assert "3 accounts judged, 0 rejected" in outputs["portfolio"].err
    assert "Полагодити" in (tmp_path / "all" / "portfolio.html").read_text("utf-8")
    # A new case asks nothing that the method does not know.
    assert "decision:" not in (tmp_path / "new.yaml").read_text("utf-8")
