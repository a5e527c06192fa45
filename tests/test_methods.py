"""What holds for every method: the rules of `methods/` pass what the rules of `rules/` pass."""

from __future__ import annotations

import re
import zipfile
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
from tests.shipped import shipped_base

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


def test_a_new_method_passes_and_travels_in_one_file(tmp_path: Path) -> None:
    mine, pack, again = tmp_path / "mine", tmp_path / "mine.zip", tmp_path / "again.zip"
    made = run_kam("method", "new", mine)
    checked = run_kam("rules", "check", "--rules", mine)
    tested = run_kam("rules", "test", "--rules", mine)
    packed = run_kam("method", "pack", mine, "-o", pack)
    run_kam("method", "pack", mine, "-o", again)
    case = tmp_path / "case.yaml"
    case.write_text("account: {id: a, name: A}\nfacts: {late_deliveries_12m: 5}\n")
    told = run_kam("diagnose", case, "--rules", pack, "--lang", "en", "--date", str(DAY))

    assert [made.status, checked.status, tested.status, packed.status] == [0] * 4
    assert "3 rules (3 reviewed)" in checked.out
    assert "mine 0.1.0, 11 files" in packed.out
    assert pack.read_bytes() == again.read_bytes()
    assert "It is likely that deliveries are often late." in told.out
    assert run_kam("rules", "check", "--rules", pack).out == checked.out
    # What is there is not overwritten.
    assert run_kam("method", "new", mine).status == 2


@pytest.fixture(scope="module")
def starter_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pack = tmp_path_factory.mktemp("pack") / "starter.zip"
    assert run_kam("method", "pack", ROOT / "methods" / "starter", "-o", pack).status == 0
    return pack


def _with(pack: Path, changed: Path, name: str, data: bytes) -> None:
    """Write a pack with one file replaced or added."""
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, data)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("facts.yaml", b"facts: {}\n", "was altered"),
        ("service/more.yaml", b"rule: more\n", "was altered"),
        ("pack.json", b"{", "cannot be read"),
        ("pack.json", b'{"format": 9, "name": "m", "version": "1", "digest": "0"}', "format 9"),
        ("../out.yaml", b"x: y\n", "no file of a method"),
        ("run.py", b"print()\n", "no file of a method"),
    ],
)
def test_an_altered_pack_is_refused_in_one_line(
    name: str, data: bytes, told: str, starter_pack: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.zip"
    _with(starter_pack, changed, name, data)
    done = run_kam("rules", "check", "--rules", changed)

    assert (done.status, done.out) == (2, "")
    assert told in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.98])
def test_a_damaged_pack_is_refused_in_one_line(
    kept: float, starter_pack: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.zip"
    data = starter_pack.read_bytes()
    damaged.write_bytes(data[: int(len(data) * kept)])
    done = run_kam("rules", "check", "--rules", damaged)

    assert (done.status, done.out) == (2, "")
    assert "is not a pack of a method, or is damaged" in done.err
    assert done.err.count("\n") == 1


def test_a_method_with_problems_is_not_packed(tmp_path: Path) -> None:
    mine, pack = tmp_path / "mine", tmp_path / "mine.zip"
    run_kam("method", "new", mine)
    (mine / "service" / "customer_says_yes.yaml").unlink()
    done = run_kam("method", "pack", mine, "-o", pack)

    assert done.status == 2
    assert "not packed, 1 problem" in done.err
    assert not pack.exists()


#: Ids that are ordinary English in code, with what they mean there.
ORDINARY = {
    "answers": "of a questionnaire; what a step answers", "build": "a command of mkdocs",
    "commitment": "plain word", "conflict": "two edits of one version",
    "content": "a kind of statement", "currency": "of an amount, as the methods name it",
    "decision": "a kind of thing in a case", "decisions": "a list of a case",
    "end": "of a range, of a text",
    "event_day": "the day of an event", "events": "a list of a case", "find_out": "part of a brief",
    "fragile": "facts on which a verdict rests", "is_main_contact": "a method of the page",
    "joint": "an audience", "keep": "how long something is kept", "key": "of a mapping",
    "learn": "a command", "level": "of a trend", "limit": "of a number of rows",
    "main_contact": "a role that `shown` declares",
    "needs": "a key of steps.yaml", "obstacle": "a finding that is in the way",
    "order": "a key of steps.yaml and portfolio.yaml", "people": "a list of a case",
    "person": "a kind of thing in a case", "person_data": "a module about personal data",
    "plan": "the plan of an account", "rules": "a folder, a command", "stage": "of a diagnosis",
    "service": "a part of the live session", "strategy": "of a diagnosis",
    "support": "a kind of step that is no move of its own",
    "team": "a list of a case", "tie": "a link on the map", "unit": "of a number",
    "value": "of an answer", "working": "shown while something is made",
}  # fmt: skip
#: Words in comments and docstrings that give an example of a form.
EXAMPLES = {
    "trust_other": {"condition.py", "scope.py"},
    "person_left": {"case_reader.py"},
}
SUFFIXES = {".py", ".html", ".j2", ".js", ".css", ".txt", ".svg"}


def ids_of(base: KnowledgeBase) -> set[str]:
    """Return every id that a method declares."""
    book = base.step_book
    return {
        *base.facts, *base.findings, *base.stage_model.names, *base.themes, *base.definitions,
        *(s.id for s in base.strategies), *base.steps, *book.kinds, *book.purposes, *book.cautions,
        *book.needs, *book.under, *base.groups, *base.chapters.docs, *base.statements.statements,
        *(base.events.kinds if base.events else ()), *(rule.name for rule in base.rules),
    }  # fmt: skip


def every_id() -> set[str]:
    starter = load_knowledge_base(ROOT / "methods" / "starter")
    return ids_of(shipped_base()) | ids_of(quality()) | ids_of(starter)


def test_no_program_template_or_script_names_what_a_method_declares() -> None:
    ids = every_id() - set(ORDINARY)
    # An id of several words is one anywhere; a single word only where it is quoted or marked up.
    pattern = re.compile(r"\b[^\W_]+_\w+\b|(?<=[\"'`>])[^\W_]+(?=[\"'`<])")
    folders = (ROOT / "kam_expert", ROOT / "reports")
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES]
    named = {
        f"{path.relative_to(ROOT)}: {word}"
        for path in [*files, ROOT / "run.py"]
        for word in pattern.findall(path.read_text(encoding="utf-8"))
        if word in ids and path.name not in EXAMPLES.get(word, ())
    }

    assert len(ids) > 400
    assert all(re.fullmatch(r"[^\W_]\w*", one) for one in ids)
    assert len(files) > 300
    assert named == set()


def test_every_ordinary_word_is_an_id_of_some_method() -> None:
    assert set(ORDINARY) | set(EXAMPLES) <= every_id()
