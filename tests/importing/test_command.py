"""``kam import`` as a user meets it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from kam_expert.cli import kam
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.errors import KamError
from kam_expert.facts.case_reader import read_case
from kam_expert.importing.mapping import systems
from kam_expert.knowledge.documents import parse_date

if TYPE_CHECKING:
    from click.testing import Result

    from kam_expert.knowledge.base import KnowledgeBase

SHAPES = Path(__file__).parent / "shapes"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(kam, ["import", *map(str, arguments)])


def test_case_files_are_written_one_an_account(tmp_path: Path, base: KnowledgeBase) -> None:
    done = run("salesforce", SHAPES / "salesforce", "-o", tmp_path / "cases", "--lang", "en")

    cases = [read_case(path, base) for path in (tmp_path / "cases").glob("*.yaml")]
    assert done.exit_code == 0
    assert {case.account.name for case in cases} >= {"Brightwater Dairy, Ltd", "Калиновий Брід"}


def test_tables_are_judged_like_case_files(tmp_path: Path, base: KnowledgeBase) -> None:
    day = parse_date("2026-10-31")
    assert day is not None
    judged = []
    for form in ("--format=cases", "--format=tables", "--tables=csv"):
        run("salesforce", SHAPES / "salesforce", "-o", tmp_path / form, form)
        with open_source(tmp_path / form, base, day) as source:
            list(source.chunks())
            assert source.rejected == []
            judged.append(source.case("001000000000001AAA"))

    assert judged[0] == judged[1] == judged[2]
    assert (tmp_path / "--format=tables" / "people.parquet").is_file()
    assert (tmp_path / "--tables=csv" / "people.csv").is_file()


def test_the_counts_of_each_file_are_printed_and_kept(tmp_path: Path) -> None:
    done = run("salesforce", SHAPES / "salesforce", "-o", tmp_path / "out", "--lang", "en")
    kept = [
        json.loads(line)
        for line in (tmp_path / "out" / "counts.jsonl").read_text(encoding="utf-8").splitlines()
    ]

    totals = "3 accounts, 5 people, 3 team, 4 links; tasks in plans: 3; export of 31 October 2026"
    assert totals in done.output
    assert "Task.csv (utf-8, commas): 7 rows = 3 used + 0 rejected + 4 left out" in done.output
    for counts in kept:
        sums = counts["used"] + counts["rejected"] + sum(counts["left_out"].values())
        assert counts["read"] == sums


def test_the_counts_are_told_in_ukrainian(tmp_path: Path) -> None:
    done = run("salesforce", SHAPES / "salesforce", "-o", tmp_path / "out", "--lang", "uk")

    assert "клієнтів: 3, людей: 5, наших: 3, зв’язків: 4; завдань у планах: 3;" in done.output
    assert "рядків 7 = використано 3 + відхилено 0 + пропущено 4 (" in done.output
    assert "rows" not in done.output


def test_case_files_are_no_tables_of_parquet(tmp_path: Path) -> None:
    source = SHAPES / "salesforce"
    done = run("salesforce", source, "-o", tmp_path / "out", "--format=cases", "--tables=csv")

    assert "--tables is for --format tables" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_texts_that_a_spreadsheet_would_run_are_guarded_in_csv_and_read_back(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    texts = ["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "a;=1", "'x", "plain", "＝1", "Ltd, =1"]
    rows = "".join(f'"{text}{n}","{text}","{text}"\n' for n, text in enumerate(texts))
    (tmp_path / "Account.csv").write_text(f"Id,Name,Industry\n{rows}", encoding="utf-8")
    people = "".join(f'"{text}p{n}","{text}{n}","{text}","Buyer"\n' for n, text in enumerate(texts))
    people = f"Id,AccountId,LastName,Title\n{people}"
    (tmp_path / "Contact.csv").write_text(people, encoding="utf-8")
    cases = run("salesforce", tmp_path, "-o", tmp_path / "cases")
    assert cases.exit_code == 0
    ids = [read_case(path, base).account.id for path in (tmp_path / "cases").glob("*.yaml")]
    day = parse_date("2026-10-31")
    assert day is not None
    made = []
    for form in ("--tables=csv", "--tables=parquet"):
        run("salesforce", tmp_path, "-o", tmp_path / form, form)
        with open_source(tmp_path / form, base, day) as source:
            list(source.chunks())
            assert source.rejected == []
            made.append([source.case(one) for one in ids])

    assert made[0] == made[1]
    assert len(made[0]) == len(texts)
    with (tmp_path / "--tables=csv" / "people.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            assert not any(cell.lstrip()[:1] in tuple("=+-@＝") for cell in row)


def test_explain_names_file_row_and_column_of_each_fact(tmp_path: Path) -> None:
    done = run("salesforce", SHAPES / "salesforce", "-o", tmp_path / "out", "--explain")
    row = "person 003000000000001AAA: function = procurement  <- Contact.csv, row 1, column Title"

    assert f"001000000000001AAA {row}" in done.stdout


@pytest.mark.parametrize(
    ("lang", "asked"),
    [("en", "How consistently does the customer do what it tells you?"),
     ("uk", "Наскільки послідовно клієнт робить те, що вам каже?")],
)  # fmt: skip
def test_what_no_such_system_knows_is_asked(lang: str, asked: str, tmp_path: Path) -> None:
    done = run("hubspot", SHAPES / "hubspot_lists", "-o", tmp_path / "out", "--lang", lang)

    assert asked in done.output


def test_faulty_rows_are_refused_with_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "Account.csv").write_text("Id,Name\na,A\na,B\n")
    (tmp_path / "Contact.csv").write_text("Id,AccountId,LastName\nc,z,C\n")

    done = run("salesforce", tmp_path, "-o", tmp_path / "out")

    assert isinstance(done.exception, KamError)
    assert str(done.exception).splitlines() == [
        'Account.csv, row 2 (line 3), column Id: duplicate id "a", also in row 1',
        'Contact.csv, row 1 (line 2), column AccountId: unknown reference "z" to accounts.',
    ]
    assert not (tmp_path / "out").exists()


def test_faulty_rows_can_be_skipped_and_are_listed(tmp_path: Path) -> None:
    (tmp_path / "Account.csv").write_text("Id,Name\na,A\na,B\n")

    done = run("salesforce", tmp_path, "-o", tmp_path / "out", "--skip-bad")

    (fault,) = (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()
    assert done.exit_code == 1
    assert json.loads(fault) == {
        "file": "Account.csv",
        "row": 2,
        "column": "Id",
        "value": "a",
        "reason": 'duplicate id "a", also in row 1',
    }


def test_a_folder_of_other_things_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")

    done = run("salesforce", SHAPES / "salesforce", "-o", tmp_path / "out")

    assert "contains other files" in str(done.exception)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_an_earlier_import_is_replaced_as_a_whole(tmp_path: Path) -> None:
    run("salesforce", SHAPES / "salesforce", "-o", tmp_path / "out")
    run("hubspot", SHAPES / "hubspot_api", "-o", tmp_path / "out")

    assert [path.name for path in (tmp_path / "out").glob("*.yaml")] == ["9001.yaml"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_accounts_whose_ids_differ_in_case_only_have_files_of_their_own(tmp_path: Path) -> None:
    ids = ("aB", "Ab", "../x", "con", "a b", "aux.")
    rows = "".join(f"{name},{name}\n" for name in ids)
    (tmp_path / "Account.csv").write_text(f"Id,Name\n{rows}")

    run("salesforce", tmp_path / "Account.csv", "-o", tmp_path / "out")
    names = [path.name.lower() for path in (tmp_path / "out").glob("*.yaml")]

    assert len(set(names)) == len(ids)


def test_the_day_may_be_told_as_today(tmp_path: Path) -> None:
    source = SHAPES / "salesforce"

    assert run("salesforce", source, "-o", tmp_path / "out", "--date", "today").exit_code == 0
    assert "YYYY-MM-DD or today" in str(
        run("salesforce", source, "-o", tmp_path / "out", "--date", "soon").exception
    )


def test_the_help_names_the_systems() -> None:
    text = run("--help").output

    assert all(system in text for system in systems())
