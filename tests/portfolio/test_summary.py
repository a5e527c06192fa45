"""The summary of a run is what the accounts, taken one by one, add up to.

With --all more random accounts in a run.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from agreement import DAY, random_accounts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from plain_summary import order_of, summary_of
from property_search import examples

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.portfolio.judging.engine import Content
from kam_expert.engines.portfolio.reading.needs import needs_of
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.summing import since as since_module
from kam_expert.engines.portfolio.summing import summary as summary_module
from kam_expert.engines.portfolio.summing.answer_changes import Changes
from kam_expert.engines.portfolio.summing.summary import summary
from kam_expert.engines.portfolio.writing.run import write
from kam_expert.engines.portfolio.writing.run_files import read_table
from kam_expert.engines.questions import QuestionOrder
from kam_expert.engines.settling import PlainEngine, settle_case
from kam_expert.errors import KamError
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.portfolio_view import load_portfolio_view
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.values import UNKNOWN, bounds_of
from kam_expert.results.portfolio import (
    AccountRow,
    FactChange,
    PortfolioSummary,
    QuestionCount,
    Standing,
)
from tests.shipped import folder_of, shipped_base, shipped_method

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.portfolio_view import PortfolioView
    from kam_expert.results.diagnosis import Diagnosis

BASE = shipped_base()
#: Accounts of the run that several tests read, with --all and without.
MANY, FEWER = 12, 7
#: A seed that fails cannot be made simpler.
ONCE = (Phase.explicit, Phase.reuse, Phase.generate)
Judged = list[tuple["Case", "Diagnosis"]]


@cache
def view_of(base: KnowledgeBase) -> PortfolioView:
    return load_portfolio_view(folder_of(base), base)


VIEW = view_of(BASE)


def about_account(base: KnowledgeBase) -> list[str]:
    return [name for name, doc in base.findings.items() if doc.about == "account"]


def run(
    place: Path,
    cases: Mapping[str, Any],
    *,
    base: KnowledgeBase = BASE,
    day: date = DAY,
    chunk: int = 1000,
    **options: Any,
) -> list[Case]:
    """Write a run of cases into a folder, by default with their plans; return them as read."""
    sources = place.parent / f"{place.name}-cases"
    sources.mkdir()
    place.mkdir()
    for number, (name, case) in enumerate(cases.items()):
        whole = {"kam": 1, **case, "account": {"name": name, **case.get("account", {}), "id": name}}
        (sources / f"{number}.json").write_text(json.dumps(whole), encoding="utf-8")
    needs = needs_of(base, view_of(base).facts.values())
    with open_source(sources, base, day, chunk, needs) as source:
        write(
            source,
            base,
            day,
            place,
            **{"view": view_of(base), **options},
        )
        return [source.case(name) for name in cases]


def judged_one_by_one(cases: list[Case], base: KnowledgeBase = BASE, day: date = DAY) -> Judged:
    """Judge each case on its own."""
    return [(case, diagnose(case, base, day, PlainEngine())) for case in cases]


def row_of(
    case: Case, diagnosis: Diagnosis, view: PortfolioView, base: KnowledgeBase = BASE
) -> AccountRow:
    """Return what the page shows of an account, from its diagnosis alone."""
    account = Readings(case, base, diagnosis.day).view(case.account, strict=False)
    answers = {part: account.read(Ref(fact)) for part, fact in view.facts.items()}
    said = {part: None if value is UNKNOWN else value for part, value in answers.items()}
    size = bounds_of(said["size"])
    found = {
        f.id: Standing(f.id, f.status, f.firm, f.severity)
        for f in diagnosis.findings
        if f.about.kind == "account" and f.about.fact is None
    }
    findings = tuple(found[name] for name in about_account(base) if name in found)
    obstacles = Counter(
        f.severity for f in findings if base.is_obstacle(f.finding, f.severity, f.status)
    )
    closest = base.stage_model.stages[-1]
    features = [f for f in diagnosis.stage.features if f.group == closest.group]
    # A hint makes a feature possible, also where nothing missing can make it likely.
    account_id = case.account.id
    settled = settle_case(case, base, diagnosis.day, PlainEngine()).findings
    assert diagnosis.strategy is not None
    return AccountRow(
        id=case.account.id,
        name=case.account.name,
        owner=case.owner or None,
        segment=case.segment or None,
        stage=diagnosis.stage.verdict,
        firm=diagnosis.stage.firm,
        leaning=diagnosis.stage.leaning,
        seen=sum(at_least_likely(f.status) for f in features),
        open=sum(settled[f.finding, "account", account_id].working is None for f in features),
        attractiveness=said["attractiveness"],
        competitor=said["competitor"],
        size=size[0] if size else None,
        currency=said.get("currency"),
        findings=findings,
        obstacles={word: obstacles[word] for word in ("high", "medium", "low")},
        strategy=diagnosis.strategy.effective,
        strategy_firm=diagnosis.strategy.found.firm,
        chosen=diagnosis.strategy.chosen is not None,
        causes=tuple(cause.first.id for cause in diagnosis.causes),
    )


def questions_of(judged: Judged, base: KnowledgeBase) -> tuple[QuestionCount, ...]:
    """Count questions by account, from the diagnoses alone."""
    counted = Counter(
        pair
        for _, diagnosis in judged
        if not diagnosis.stage.firm
        for pair in {
            (q.name, q.asked_of) for q in diagnosis.open_questions if "stage" in q.could_change
        }
    )
    order = QuestionOrder(base).places
    ranked = sorted(counted.items(), key=lambda item: (-item[1], order[item[0][0]], item[0]))
    return tuple(QuestionCount(*pair, number) for pair, number in ranked[:3])


def rows_of(judged: Judged, base: KnowledgeBase = BASE) -> list[AccountRow]:
    """Return what the page shows of each account."""
    return [row_of(case, diagnosis, view_of(base), base) for case, diagnosis in judged]


def expected(
    judged: Judged,
    rows: list[AccountRow],
    view: PortfolioView,
    like: PortfolioSummary,
    base: KnowledgeBase = BASE,
) -> PortfolioSummary:
    """Return the summary that plain Python makes of the same accounts."""
    return summary_of(
        rows, base, view, day=like.day, questions=questions_of(judged, base), files=like.files
    )


def random_view(base: KnowledgeBase, random: Random) -> PortfolioView:
    """Return another order of strategies."""
    view = view_of(base)
    return replace(view, strategies=tuple(random.sample(view.strategies, len(view.strategies))))


Many = tuple["Path", Judged, list[AccountRow]]


@pytest.fixture(scope="module")
def many(base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory, *, every: bool) -> Many:
    """A run of random accounts in two chunks, and each account judged on its own."""
    place = tmp_path_factory.mktemp("runs") / "many"
    accounts = random_accounts(base, Random(5), MANY if every else FEWER)
    cases = run(
        place, accounts, base=base, chunk=len(accounts) * 2 // 3, content=Content.EVERYTHING
    )
    judged = judged_one_by_one(cases, base)
    return place, judged, rows_of(judged, base)


@pytest.mark.every_method
def test_columns_add_up_to_what_the_accounts_do(base: KnowledgeBase, many: Many) -> None:
    place, judged, rows = many
    view = view_of(base)

    found = summary(place, base, view)

    assert found == expected(judged, rows, view, found, base)
    assert found.accounts == len(rows)
    assert len(found.questions) == 3
    assert sum(cell.accounts for cell in found.cells) == len(rows)
    assert sum(found.strategies.values()) == len(rows)


@pytest.mark.every_method
@settings(
    max_examples=examples(2), deadline=None, suppress_health_check=list(HealthCheck), phases=ONCE
)
@given(st.integers(0, 2**32))
def test_accounts_are_in_the_order_of_any_view(base: KnowledgeBase, many: Many, seed: int) -> None:
    place, judged, rows = many
    view = random_view(base, Random(seed))

    found = summary(place, base, view)

    assert found == expected(judged, rows, view, found, base)


@pytest.mark.every_method
def test_only_some_rows_are_shown_and_listed_rows_need_not_be_among_them(
    base: KnowledgeBase, many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, _, _ = many
    whole = summary(place, base, view_of(base))
    monkeypatch.setattr(summary_module, "MOST_ROWS", 3)

    few = summary(place, base, view_of(base))

    assert few.rows == whole.rows[:3]
    assert replace(few, rows=()) == replace(whole, rows=())


@pytest.mark.parametrize("form", ["csv", pytest.param("jsonl", marks=pytest.mark.long)])
def test_every_format_is_read_back_alike(tmp_path: Path, form: str, *, every: bool) -> None:
    number = 9 if every else 4
    cases = {f"0{name}": case for name, case in random_accounts(BASE, Random(6), number).items()}
    cases["007"] = cases.pop("0a3")
    judged = judged_one_by_one(
        run(tmp_path / "run", cases, form=form, chunk=number - 1, content=Content.EVERYTHING)
    )

    found = summary(tmp_path / "run", BASE, VIEW)

    assert found == expected(judged, rows_of(judged), VIEW, found)
    assert "007" in {row.id for row in found.rows}


@pytest.mark.every_method
def test_the_table_of_accounts_counts_obstacles_as_the_page_does(many: Many) -> None:
    place, _, rows = many
    table = read_table(place, "accounts").select("account", "severity_high", "severity_medium")

    counted = {name: counts for name, *counts in table.collect().iter_rows()}

    want = {row.id: [row.obstacles["high"], row.obstacles["medium"]] for row in rows}
    assert counted == want
    assert sum(high for high, _ in want.values())


@pytest.mark.every_method
def test_reports_and_other_files_are_named(base: KnowledgeBase, many: Many) -> None:
    place, _, _ = many

    found = summary(
        place, base, view_of(base), reports={"a3": "reports/a3.html"}, files=["page.xlsx"]
    )

    assert {row.report for row in found.rows if row.id == "a3"} == {"reports/a3.html"}
    assert {row.report for row in found.rows if row.id != "a3"} == {None}
    assert found.files[:2] == ("page.xlsx", "accounts.parquet")
    assert "rejected.jsonl" not in found.files  # it is empty


def test_a_run_of_no_account_has_an_empty_summary(tmp_path: Path) -> None:
    cases = {"a": {"facts": {"revenue_12m": "much"}}}
    (tmp_path / "run-cases").mkdir()
    (tmp_path / "run-cases/a.json").write_text(
        json.dumps({"kam": 1, "account": {"id": "a"}, **cases["a"]}), encoding="utf-8"
    )
    (tmp_path / "run").mkdir()
    with open_source(tmp_path / "run-cases", BASE, DAY) as source:
        write(source, BASE, DAY, tmp_path / "run", view=VIEW)

    found = summary(tmp_path / "run", BASE, VIEW)

    assert (found.accounts, found.rejected, found.rows, found.cells) == (0, 1, (), ())
    assert "rejected.jsonl" in found.files


def test_a_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KamError, match="is this the folder of a run"):
        summary(tmp_path, BASE, VIEW)


# Since an earlier run ------------------------------------------------------------------------


def changed(base: KnowledgeBase, cases: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return the cases with other ones in some places, some gone and some new."""
    random = Random(seed)
    other = random_accounts(base, random, len(cases))
    kept = {
        name: (case if random.random() < 0.6 else {**other[name], "account": case["account"]})
        for name, case in cases.items()
        if random.random() < 0.9
    }
    return {**kept, "new": next(iter(other.values()))}


@pytest.mark.every_method
@settings(
    max_examples=examples(1), deadline=None, suppress_health_check=list(HealthCheck), phases=ONCE
)
@given(seed=st.integers(0, 2**32))
def test_moves_are_what_the_diagnoses_of_both_days_differ_in(
    base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory, seed: int, *, every: bool
) -> None:
    view = view_of(base)
    folder = tmp_path_factory.mktemp("since")
    before, day = random_accounts(base, Random(seed), 8 if every else 5), date(2026, 8, 1)
    then = run(folder / "then", before, base=base, day=day)
    now = run(folder / "now", changed(base, before, seed), base=base, form="csv")
    old = {row.id: row for row in rows_of(judged_one_by_one(then, base, day), base)}
    rows = rows_of(judged_one_by_one(now, base), base)
    rows.sort(key=lambda row: order_of(base, view, row))

    found = summary(folder / "now", base, view, since=folder / "then").since

    assert found is not None
    both = [(old[row.id], row) for row in rows if row.id in old]
    assert (found.day, found.same_rules) == (day, True)
    assert found.stages == Counter((a.stage, b.stage) for a, b in both)
    assert (found.added, found.gone) == (len(rows) - len(both), len(old) - len(both))
    moved = [
        (a, b)
        for a, b in both
        if (a.stage, a.strategy) != (b.stage, b.strategy) or turned(a, b, base)
    ]
    moved.sort(
        key=lambda pair: (pair[0].stage == pair[1].stage, pair[0].strategy == pair[1].strategy)
    )
    assert found.changed == len(moved)
    assert [
        (move.id, move.name, move.stage, move.firm, move.strategy, move.findings)
        for move in found.moves
    ] == [
        (
            b.id,
            b.name,
            (a.stage, b.stage),
            (a.firm, b.firm),
            (a.strategy, b.strategy),
            turned(a, b, base),
        )
        for a, b in moved
    ]


def turned(
    before: AccountRow, now: AccountRow, base: KnowledgeBase
) -> tuple[tuple[str, str, str], ...]:
    """Return the findings that became likely or ceased to be."""
    was, are = ({f.finding: f.status for f in row.findings} for row in (before, now))
    pairs = [
        (name, was.get(name, "absent"), are.get(name, "absent")) for name in about_account(base)
    ]
    return tuple(p for p in pairs if at_least_likely(p[1]) != at_least_likely(p[2]))


def test_the_answers_that_explain_a_move_are_told(tmp_path: Path) -> None:
    link = {"member": "m", "person": "p"}
    before = {
        "facts": {
            "account_attractiveness": "high", "revenue_12m": "100..200",
            "strategy_sources": ["users"], "partnership_start": "2025-01-01",
        },
        "customer": {"competitor_presence": "none"},
        "people": [{"id": "p", "name": "Ada", "open_to_us": 2}, {"id": "q", "open_to_us": 2}],
        "team": [{"id": "m", "name": "Max"}],
        "links": [{**link, "link_last_two_way_days": 5}],
    }  # fmt: skip
    now = {
        "facts": {
            "account_attractiveness": "high", "revenue_12m": 150.5, "strategy_sources": [],
            "partnership_start": "none",
        },
        "customer": {"competitor_presence": "quoting"},
        "people": [{"id": "p", "name": "Ada", "open_to_us": 3}, {"id": "q", "open_to_us": 3}],
        "team": [{"id": "m", "name": "Max"}],
        "links": [{**link, "link_last_two_way_days": 90}],
    }  # fmt: skip
    run(tmp_path / "then", {"a": before}, day=date(2026, 8, 1))
    run(tmp_path / "now", {"a": now})

    found = Changes(tmp_path / "then", tmp_path / "now", pl.Series(["a"]), BASE)

    told = {(c.fact, c.side): c for c in found.of("a", [], restaged=False)}
    assert told == {
        (c.fact, c.side): c
        for c in (
            FactChange("strategy_sources", ["users"], []),
            FactChange("partnership_start", "2025-01-01", "none"),
            FactChange("competitor_presence", "none", "quoting", "theirs"),
            FactChange("open_to_us", 2, 3, about=("Ada", "q")),
            FactChange("link_last_two_way_days", 5, 90, about=("Max – Ada",)),
            FactChange("revenue_12m", "100..200", 150.5),
        )
    }
    narrow = found.of("a", ["competitor_exposed"], restaged=False)
    assert ("competitor_presence", "theirs") in {(c.fact, c.side) for c in narrow}
    assert "open_to_us" not in {c.fact for c in narrow}


def test_accounts_whose_strategy_moved_are_listed(tmp_path: Path) -> None:
    chosen = {"strategy": {"id": "develop", "reason": "a new plant"}}
    unattractive = {"facts": {"account_attractiveness": "low"}}
    run(tmp_path / "then", {"a": {}, "b": {"facts": {"account_attractiveness": "high"}}, "c": {}})
    run(tmp_path / "now", {"a": chosen, "b": unattractive, "c": {}})

    found = summary(tmp_path / "now", BASE, VIEW, since=tmp_path / "then").since

    assert found is not None
    assert found.changed == 2
    moves = {move.id: move for move in found.moves}
    assert moves["a"].strategy == ("find_out", "develop")
    assert moves["a"].findings == ()
    assert moves["b"].strategy == ("find_out", "stay")
    assert FactChange("account_attractiveness", "high", "low") in moves["b"].facts


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one account of which nothing is known."""
    place = tmp_path_factory.mktemp("runs") / "bare"
    run(place, {"a": {}}, form="csv")
    return place


def test_an_earlier_run_without_strategies_is_read(bare: Path, tmp_path: Path) -> None:
    then = shutil.copytree(bare, tmp_path / "then")
    accounts = then / "accounts.csv"
    old = pl.read_csv(accounts, infer_schema=False)
    old.drop([name for name in old.columns if name.startswith("strategy")]).write_csv(accounts)

    found = summary(bare, BASE, VIEW, since=then).since

    assert found is not None
    assert found.changed == 0


def test_other_rules_are_told_apart(bare: Path, tmp_path: Path) -> None:
    run(tmp_path / "then", {"a": {}, "b": {}})
    manifest = tmp_path / "then/manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace(BASE.digest, "other"), "utf-8")

    found = summary(bare, BASE, VIEW, since=tmp_path / "then").since

    assert found is not None
    assert not found.same_rules
    assert (found.added, found.gone, found.changed) == (0, 1, 0)


def test_only_the_first_moves_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = shipped_method("relationship_quality")  # a small one
    view = view_of(base)
    run(tmp_path / "then", random_accounts(base, Random(1), 8), base=base)
    run(tmp_path / "now", random_accounts(base, Random(2), 8), base=base)
    whole = summary(tmp_path / "now", base, view, since=tmp_path / "then").since
    monkeypatch.setattr(since_module, "MAX_MOVES", 2)

    few = summary(tmp_path / "now", base, view, since=tmp_path / "then").since

    assert whole is not None
    assert few == replace(whole, moves=whole.moves[:2])
    assert few.changed > 2
