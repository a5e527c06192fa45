"""Nothing that an edition must not hold is in any file that is made of it."""

from __future__ import annotations

import base64
import html
import json
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from kam_expert.app.plan_output import FORMS, TASKS, PlanOutput
from kam_expert.app.report import Report
from kam_expert.cli import kam
from kam_expert.engines.planning import PlanLimits
from kam_expert.engines.portfolio.writing.plain_table import parquet
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.case_workbook import case_workbook
from kam_expert.outputs.crm_tasks import to_do
from kam_expert.outputs.diagnosis_tables import TABLES, diagnosis_tables
from kam_expert.outputs.step_calendar import step_calendar
from kam_expert.outputs.table_files import csv_text, json_lines, tables_workbook
from tests.privacy.canaries import Planted, figures_in, found, readable
from tests.privacy.editions import DAY, maker_for, report
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.facts.case import Case

BASE = shipped_base()
OTHERS = (Edition.CLIENT, Edition.CUSTOMER)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return Planted(tmp_path_factory.mktemp("planted"), "diamond_with_conductor")


def files(case: Case, edition: Edition, lang: str) -> Iterator[tuple[str, str | bytes]]:
    """Yield every file that can be made of an edition, with a name."""
    maker = maker_for(edition)
    made = maker.made(case, lang)
    whole = Report(made, BASE, lang)
    for form in ("html", "json", "text"):
        yield f"report.{form}", whole.text(form)
    plan = PlanOutput.of(case, maker, PlanLimits(), lang)
    for form in (*dict.fromkeys(FORMS.values()),):
        yield f"plan.{'xlsx' if form == 'xlsx' else form}", plan.written(form)
    for crm in TASKS:
        yield f"{crm}.csv", plan.written("csv", crm)
    if lang == "uk":
        yield "report.pdf", whole.pdf()
    tables = diagnosis_tables(made.diagnosis, made.case, BASE, lang)
    for name, rows in tables.items():
        yield f"{name}.csv", csv_text(rows, list(TABLES[name]))
        yield f"{name}.jsonl", json_lines(rows, list(TABLES[name]))
        yield f"{name}.parquet", parquet(rows, TABLES[name])
    columns = {name: list(TABLES[name]) for name in tables}
    yield "tables.xlsx", tables_workbook(tables, columns, DAY)
    every = [(made.diagnosis.account_name, row) for row in to_do(tables, everything=True)]
    yield "steps.calendar", step_calendar(every, DAY, lang)
    yield "case.xlsx", case_workbook(BASE, lang, made.case, edition=edition)


@pytest.mark.parametrize("edition", OTHERS)
@pytest.mark.parametrize("lang", ["uk", "en"])
def test_no_file_of_an_edition_has_a_canary(
    planted: Planted, lang: str, edition: Edition, tmp_path: Path
) -> None:
    for name, content in files(planted.case, edition, lang):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        assert planted.found_in(readable(path), edition) == [], name


@pytest.mark.parametrize("edition", OTHERS)
def test_no_file_of_a_portfolio_has_a_canary(
    planted: Planted, tmp_path: Path, edition: Edition
) -> None:
    run = tmp_path / "run"
    for form in ("csv", "parquet"):
        words = ["portfolio", str(planted.path.parent), "-o", str(run), "--edition", str(edition)]
        result = CliRunner().invoke(kam, [*words, "--everything", "--format", form])
        if edition is Edition.CUSTOMER:
            assert "none of them may read of the others" in str(result.exception)
            assert not run.exists()
            continue
        assert result.exit_code == 0, result.output
        assert planted.found_in(result.output.encode(), edition) == []
        for path in run.rglob("*"):
            assert found(planted.canaries, path.name.encode()) == []
            if path.is_file():
                assert planted.found_in(readable(path), edition) == [], path.name


def test_the_consultant_reads_the_canaries(planted: Planted) -> None:
    page = html.unescape(report(planted.case, edition=Edition.CONSULTANT).text("html"))
    seen = {what for canary, what in planted.canaries.items() if canary in page}
    figures = {figure: what for figure, (what, _) in planted.figures.items()}

    told = ("name of a person", "name of a member", "by", "comment", "file", "decision name")
    assert seen >= set(told)
    assert figures_in(figures, page.encode())


def test_the_client_reads_figures_of_the_account(planted: Planted) -> None:
    ours = {figure: what for figure, (what, readers) in planted.figures.items()
            if readers == "supplier"}  # fmt: skip
    told = report(planted.case).text("json").encode()

    assert figures_in(ours, told)


def test_a_canary_is_found_in_whatever_form(planted: Planted) -> None:
    canary, what = next(iter(planted.canaries.items()))
    forms = (
        canary.encode("utf-16-le"),
        html.escape(canary).encode(),
        quote(canary).encode(),
        json.dumps(canary).encode(),
        base64.b64encode(f"xx{canary}xx".encode()),
        canary.encode().hex().upper().encode(),
    )

    for form in forms:
        assert what in found({canary: what}, b"before " + form + b" after"), form


@pytest.mark.parametrize(
    "text",
    ["71000000", "71 000 000", "71,000,000", "71\u00a0000\u00a0000", "71&nbsp;000&nbsp;000",
     "1951-03-04", "19510304", "4 березня 1951", "March 4, 1951", "<v>18691</v>"],
)  # fmt: skip
def test_a_number_or_day_is_found_in_whatever_form(text: str) -> None:
    assert figures_in({71_000_000: "it", date(1951, 3, 4): "it"}, text.encode()) == ["it"]


def test_a_case_file_named_after_a_person_names_no_report(planted: Planted, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    words = ["diagnose", str(planted.path), "--edition", "client", "-o", str(folder)]
    result = CliRunner().invoke(kam, [*words, "--format", "html"])

    assert result.exit_code == 0, result.output
    assert [path.name for path in folder.iterdir()] == ["soniachnyi-mlyn.client.html"]
