"""A portfolio for the firm that ordered the diagnosis: the same tables, made of its editions."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from agreement import DAY, random_accounts
from click.testing import CliRunner, Result
from edition_pairs import hidden_otherwise
from random_cases import built, random_case

from kam_expert.cli import kam
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.writing.diagnosis_rows import DiagnosisRows
from kam_expert.engines.portfolio.writing.run import judge
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.redacted import Redaction
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.portfolio_view import load_portfolio_view
from kam_expert.resources import rules_folder
from tests.privacy.canaries import readable
from tests.shipped import example, shipped_base

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BASE = shipped_base()
VIEW = load_portfolio_view(rules_folder(), BASE)
NAMES = ("two_sides_disagree", "barricaded_butterfly")


def run(*arguments: str | Path) -> Result:
    words = ["portfolio", *map(str, arguments), "--date", "2026-11-23", "--lang", "en"]
    return CliRunner().invoke(kam, words)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    for name in NAMES:
        (folder / f"{name}.yaml").write_text(case_text(example(name)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def done(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("portfolio") / "run"
    result = run(cases, "-o", folder, "--edition", "client", "--everything")
    assert result.exit_code == 0, result.output
    return folder


def rows(table: pl.DataFrame, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return rows as plain values: lists sorted, no empty text, no firmness of what is absent."""
    found = table.select(columns).to_dicts()
    for row in found:
        for name, value in row.items():
            absent = name.endswith("__firm") and row[name.removesuffix("__firm")] == "absent"
            if absent or value == "":
                row[name] = None
            elif isinstance(value, list):
                row[name] = sorted(value)
    return found


def test_tables_of_diagnoses_are_those_that_the_columns_give(tmp_path: Path) -> None:
    for name, data in random_accounts(BASE, Random(5), 6).items():
        (tmp_path / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    with open_source(tmp_path, BASE, DAY) as source:
        [(_, wanted)] = list(judge(source, BASE, DAY, view=VIEW))
        made = DiagnosisRows(BASE, VIEW)
        for account in wanted["accounts"]["account"]:
            case = source.case(account)
            made.add(diagnose(case, BASE, DAY, PlainEngine()), case)
    compared = 0
    for name, table in made.tables().items():
        viewed = set(VIEW.facts.values()) | {f"{fact}__hi" for fact in VIEW.facts.values()}
        own = [c for c in table.columns if c not in viewed]
        assert set(own) <= set(wanted[name].columns), name
        sort = str if name in ("decisions", "gaps", "asked") else lambda _: ""
        assert sorted(rows(table, own), key=sort) == sorted(rows(wanted[name], own), key=sort), name
        compared += table.height
    assert compared > 300


def test_the_plan_of_a_table_is_that_of_the_report(done: Path, cases: Path, tmp_path: Path) -> None:
    plan = pl.read_parquet(done / "plan.parquet")
    single = tmp_path / "single.json"
    words = ["diagnose", str(cases / f"{NAMES[1]}.yaml"), "--edition", "client", "-o", str(single)]
    assert CliRunner().invoke(kam, [*words, "--date", "2026-11-23"]).exit_code == 0
    told = json.loads(single.read_text("utf-8"))
    mine = plan.filter(pl.col("account") == told["account"]["id"])

    assert mine["step"].to_list() == [move["step"] for move in told["plan"]["moves"]]
    assert mine["place"].to_list() == [move["place"] for move in told["plan"]["moves"]]
    statuses = {f["id"]: f["status"] for f in told["findings"] if f["about"]["kind"] == "account"
                and "fact" not in f["about"]}  # fmt: skip
    row = pl.read_parquet(done / "accounts.parquet").filter(
        pl.col("account") == told["account"]["id"]
    )
    assert {name: row[name].item() for name in statuses} == statuses
    assert "open" in statuses.values()


def test_the_run_of_the_client_has_no_people_owners_or_findings_of_the_consultant(
    done: Path,
) -> None:
    names = {path.name.partition(".")[0] for path in done.iterdir()}
    accounts = pl.read_parquet(done / "accounts.parquet")
    manifest = json.loads((done / "manifest.json").read_text("utf-8"))
    hidden = {n for n, audience in BASE.readers.findings.items() if audience == "consultant"}

    assert not names & {"people", "team", "answers", "rejected", "candidates", "effort"}
    assert accounts["owner"].null_count() == accounts.height == 2
    assert not hidden & set(accounts.columns)
    assert not hidden & set(pl.read_parquet(done / "causes.parquet")["finding"])
    assert manifest["edition"] == "client"
    assert "source_rows" not in manifest
    page = (done / "portfolio.html").read_text("utf-8")
    assert "client edition" in page
    assert "Owner" not in page
    assert len(list((done / "reports").iterdir())) == 2


def test_portfolios_that_differ_in_what_is_hidden_give_the_same_files(tmp_path: Path) -> None:
    random = Random(3)
    redaction = Redaction(BASE, Edition.CLIENT)
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    for number in range(2):
        one, other = (built(random_case(BASE, random, contacts=3, rich=True), BASE) for _ in "ab")
        one = replace(one, account=replace(one.account, id=f"a{number}"))
        pair = one, hidden_otherwise(one, other, redaction)
        assert case_text(pair[0]) != case_text(pair[1])
        for folder, case in zip(folders, pair, strict=True):
            (folder / f"{number}.yaml").write_text(case_text(case), encoding="utf-8")
    runs = [folder.with_suffix(".run") for folder in folders]
    for folder, place in zip(folders, runs, strict=True):
        result = run(folder, "-o", place, "--edition", "client", "--format", "csv")
        assert result.exit_code == 0, result.output

    told = [{str(path.relative_to(place)): readable(path) for path in place.rglob("*.*")
             if path.is_file()} for place in runs]  # fmt: skip
    assert told[0].keys() == told[1].keys()
    assert [name for name in told[0] if told[0][name] != told[1][name]] == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--edition", "customer"), "none of them may read of the others"),
        (("--edition", "client", "--engine", "spark"), "--engine spark has no client edition"),
        (("--edition", "client", "--capacity", "20"), "whom the client edition does not name"),
    ],
)
def test_what_no_edition_can_tell_is_refused(
    cases: Path, tmp_path: Path, options: tuple[str, ...], why: str
) -> None:
    result = run(cases, "-o", tmp_path / "run", *options)

    assert why in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_a_run_is_compared_with_one_for_the_same_reader(
    cases: Path, done: Path, tmp_path: Path
) -> None:
    whole = run(cases, "-o", tmp_path / "whole", "--since", done, "--reports", "none")
    client = run(cases, "-o", tmp_path / "again", "--since", done, "--edition", "client")

    assert "is a run of the client edition, and this one is of the consultant" in str(
        whole.exception
    )
    assert client.exit_code == 0, client.output


def test_an_account_with_errors_is_told_and_its_row_is_in_no_file(
    cases: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "good.yaml").write_bytes((cases / f"{NAMES[1]}.yaml").read_bytes())
    (folder / "Iryna.yaml").write_text("kam: 1\naccount: {id: x}\nfacts: {tenure_months: Iryna}\n")
    result = run(folder, "-o", tmp_path / "run", "--edition", "client")

    assert result.exit_code == 1
    assert "Iryna.yaml:3" in result.output
    for path in (tmp_path / "run").rglob("*"):
        assert not path.is_file() or b"Iryna" not in readable(path)
