"""Workbooks that people filled in are a source like any other.

With --all in the other format of tables.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from kam_expert.cli import kam
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.documents import parse_date
from kam_expert.outputs.case_workbook import case_workbook
from tests.sampling import few_of

if TYPE_CHECKING:
    from click.testing import Result

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


def run(source: Path, *more: str | Path) -> Result:
    return CliRunner().invoke(kam, ["import", "workbook", str(source), *map(str, more)])


@pytest.fixture
def books(tmp_path: Path, base: KnowledgeBase) -> tuple[Path, list[Case]]:
    """Write the examples as workbooks."""
    cases = [read_case(path, base) for path in EXAMPLES]
    (tmp_path / "books").mkdir()
    for path, case in zip(EXAMPLES, cases, strict=True):
        (tmp_path / "books" / f"{path.stem}.xlsx").write_bytes(case_workbook(base, "uk", case))
    return tmp_path / "books", cases


def test_a_folder_of_workbooks_becomes_its_cases(
    books: tuple[Path, list[Case]], tmp_path: Path, base: KnowledgeBase
) -> None:
    folder, cases = books
    done = run(folder, "-o", tmp_path / "out", "--lang", "en")
    made = [read_case(path, base) for path in (tmp_path / "out").glob("*.yaml")]

    assert done.exit_code == 0
    assert f"{len(cases)} accounts" in done.output
    assert {case.account.id: case for case in made} == {case.account.id: case for case in cases}


@pytest.mark.parametrize("form", few_of(["csv", "parquet"], 1))
def test_their_tables_are_the_cases_too(
    form: str, books: tuple[Path, list[Case]], tmp_path: Path, base: KnowledgeBase
) -> None:
    folder, cases = books
    with zipfile.ZipFile(tmp_path / "books.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for path in folder.iterdir():
            file.write(path, f"../../{path.name}")
    run(tmp_path / "books.zip", "-o", tmp_path / "out", "--tables", form)
    day = parse_date("2026-10-31")
    assert day is not None

    with open_source(tmp_path / "out", base, day) as source:
        list(source.chunks())
        assert source.rejected == []
        for case in cases:
            made = source.case(case.account.id)
            # The portfolio adds what it works out of all accounts.
            ours = {k: v for k, v in made.account.ours.items() if v[0].by != "portfolio"}
            assert ours == case.account.ours
            assert (made.people, made.team, made.links) == (case.people, case.team, case.links)


def test_explain_names_the_sheet_and_cell(books: tuple[Path, list[Case]], tmp_path: Path) -> None:
    done = run(books[0] / "public_buyer.xlsx", "-o", tmp_path / "out", "--explain")

    assert "<- public_buyer.xlsx: 'Наші відповіді'!C" in done.stdout


def test_all_faults_of_all_workbooks_are_told_at_once_or_skipped(
    books: tuple[Path, list[Case]], tmp_path: Path
) -> None:
    folder, cases = books
    (folder / "again.xlsx").write_bytes((folder / "public_buyer.xlsx").read_bytes())
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 and nothing more")

    done = run(folder, "-o", tmp_path / "out")
    assert isinstance(done.exception, KamError)
    first, second = str(done.exception).splitlines()
    assert first.startswith("broken.xlsx: is not a workbook")
    assert "public_buyer.xlsx" in second
    assert "also in again.xlsx" in second
    assert not (tmp_path / "out").exists()

    done = run(folder, "-o", tmp_path / "out", "--skip-bad", "--lang", "en")
    assert done.exit_code == 1
    assert len(list((tmp_path / "out").glob("*.yaml"))) == len(cases)
    rejected = (tmp_path / "out" / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["file"] for line in rejected} == {"broken.xlsx", "public_buyer.xlsx"}
    assert "broken.xlsx (workbook): 1 rows = 0 used + 1 rejected + 0 left out" in done.output


def test_what_is_for_exports_is_refused(books: tuple[Path, list[Case]], tmp_path: Path) -> None:
    done = run(books[0], "-o", tmp_path / "out", "--dates", "dmy")

    assert "--dates is for exports" in str(done.exception)


def test_a_folder_without_workbooks_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("id\n")

    assert "no workbook (.xlsx)" in str(run(tmp_path / "in", "-o", tmp_path / "out").exception)
