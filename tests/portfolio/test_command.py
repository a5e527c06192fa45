"""`kam portfolio` from the command line: what it writes, what it refuses, what a kill leaves.

With --all further formats, and all steps and questions in chunks and in each format.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from python_calamine import load_workbook

from kam_expert.app.portfolio import how_many_reports, report_name
from kam_expert.cli import kam
from kam_expert.errors import KamError
from tests.sampling import few_of, some_of

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = "--date=2026-11-23"
EVERYTHING = ("--everything",)
#: Tables of a run; the last two only with everything.
WRITTEN = ("accounts", "plan", "steps", "questions")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(kam, ["portfolio", *map(str, arguments)])


def told(result: Result) -> str:
    """Return the error a user would see."""
    assert isinstance(result.exception, KamError | SystemExit), result.exception
    return str(result.exception)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("portfolio") / "run"
    result = run(EXAMPLES, "-o", folder, DAY, "--lang", "en", "--reports", "top:2", "--everything")
    assert result.exit_code == 0, result.output
    return folder


def test_tables_page_workbook_and_reports_are_written(done: Path) -> None:
    names = {path.name.partition(".")[0] for path in done.iterdir()}
    manifest = json.loads((done / "manifest.json").read_text("utf-8"))

    tables = {"accounts", "people", "team", "decisions", "gaps", "plan", "steps", "questions"}
    assert names >= {*tables, "manifest", "rejected", "portfolio", "reports"}
    assert (done / "portfolio.xlsx").read_bytes().startswith(b"PK")
    assert manifest["accounts"] == len(list(EXAMPLES.glob("*.yaml"))) == 10
    assert sum(manifest["stages"].values()) == 10
    for table in tables:
        assert manifest["rows"][table] == pl.read_parquet(done / f"{table}.parquet").height


def test_a_row_of_the_page_opens_the_report_of_the_account(done: Path) -> None:
    page = (done / "portfolio.html").read_text("utf-8")
    reports = sorted((done / "reports").iterdir())

    assert len(reports) == 2
    assert all(f'"reports/{path.name}"' in page for path in reports)


def test_a_report_is_the_same_as_that_of_the_single_account(done: Path, tmp_path: Path) -> None:
    cases = {path.stem: path for path in EXAMPLES.glob("*.yaml")}
    report = min((done / "reports").iterdir())
    account = report.stem
    [case] = [p for p in cases.values() if f"id: {account}" in p.read_text("utf-8")]
    single = tmp_path / "single.json"

    diagnosed = CliRunner().invoke(kam, ["diagnose", str(case), "-o", str(single), DAY])

    assert diagnosed.exit_code == 0
    verdict = json.loads(single.read_text("utf-8"))["stage"]
    row = pl.read_parquet(done / "accounts.parquet").filter(pl.col("account") == account)
    assert row["stage"].item() == verdict["verdict"]
    assert row["stage_firm"].item() == verdict["firm"]


@pytest.mark.parametrize("form", few_of(["jsonl", "csv"], 1))
def test_other_formats_hold_the_same_rows(
    done: Path, tmp_path: Path, form: str, *, every: bool
) -> None:
    rest = ("--format", form, "--reports", "none", *EVERYTHING[:every])
    result = run(EXAMPLES, "-o", tmp_path / "run", DAY, *rest)

    assert result.exit_code == 0, result.output
    assert not (tmp_path / "run" / "reports").exists()
    for table in some_of(WRITTEN, 2, every=every):
        path = tmp_path / "run" / f"{table}.{form}"
        read = (
            pl.read_csv(path) if form == "csv" else pl.read_ndjson(path, infer_schema_length=None)
        )
        assert read.height == pl.read_parquet(done / f"{table}.parquet").height
        assert "account" in read.columns


def test_what_moved_since_an_earlier_run_is_told(done: Path, tmp_path: Path) -> None:
    cases = Path(shutil.copytree(EXAMPLES, tmp_path / "cases"))
    case = cases / "barricaded_butterfly.yaml"
    text = case.read_text("utf-8")
    unheard = text[: text.index("\ncustomer:")] + text[text.index("\ndecision:") :]
    case.write_text(unheard, "utf-8")

    result = run(
        cases, "-o", tmp_path / "run", DAY, "--lang", "en", "--since", done, "--reports=none"
    )

    assert result.exit_code == 0, result.output
    page = (tmp_path / "run" / "portfolio.html").read_text("utf-8")
    before = (done / "portfolio.html").read_text("utf-8")
    assert "id=since" in page
    assert "id=since" not in before
    moved = page.split("id=since", 1)[1].split("<section", 1)[0]
    assert "Калиновий Брід" in moved
    assert "Сонячний Млин" not in moved


def test_in_chunks_the_result_is_the_same(done: Path, tmp_path: Path, *, every: bool) -> None:
    rest = ("--chunk", "7", "--reports", "none", *EVERYTHING[:every])
    result = run(EXAMPLES, "-o", tmp_path / "run", DAY, *rest)

    assert result.exit_code == 0, result.output
    for table in some_of(WRITTEN, 2, every=every):
        parts = sorted((tmp_path / "run" / f"{table}.parquet").iterdir())
        # Ten accounts: 1, 4, 4, 1.
        assert len(parts) == 4
        whole = pl.read_parquet(done / f"{table}.parquet")
        ids = ("account", "order", "place", "fact", "about", "asked_of")
        keys = [column for column in ids if column in whole.columns]
        assert pl.read_parquet(parts).sort(keys).equals(whole.sort(keys))


def test_a_run_writes_plans_and_no_other_steps_unless_asked(tmp_path: Path) -> None:
    result = run(EXAMPLES, "-o", tmp_path / "run", DAY, "--reports", "none")

    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"plan.parquet", "causes.parquet"} <= names
    assert not {"steps.parquet", "questions.parquet"} & names
    moves = pl.read_parquet(tmp_path / "run/plan.parquet")
    most = moves.group_by("account").len()["len"].max()
    assert isinstance(most, int)
    assert 3 <= most <= 5
    assert moves["account"].n_unique() == 10
    book = load_workbook(tmp_path / "run/portfolio.xlsx")
    rows = book.get_sheet_by_index(1).to_python()
    assert len(rows) == moves.height + 1
    assert rows[1][0] in set(moves["account"])
    assert [row[2] for row in rows[1:4]] == [1, 2, 3]


def test_a_bad_account_stops_no_other(tmp_path: Path) -> None:
    cases = Path(shutil.copytree(EXAMPLES, tmp_path / "cases"))
    (cases / "bad.yaml").write_text("kam: 1\naccount: {id: bad}\nfacts: {tenure: 3}\n", "utf-8")

    result = run(cases, "-o", tmp_path / "run", DAY, "--reports", "none")

    assert result.exit_code == 1
    assert "10 accounts judged, 1 rejected" in result.stderr
    [fault] = map(json.loads, (tmp_path / "run" / "rejected.jsonl").read_text("utf-8").splitlines())
    assert (fault["file"], fault["row"]) == ("bad.yaml", 3)
    assert 'Did you mean "tenure_months"?' in fault["reason"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere", "-o", "out"], "nowhere: a folder of tables or of case files is needed"),
        ([".", "-o", "out"], "contains neither a table of accounts nor case files"),
        ([str(EXAMPLES), "-o", "no/such/out"], "no such folder"),
        ([str(EXAMPLES), "-o", "out", "--reports", "some"], "--reports takes all, none or top:N"),
        ([str(EXAMPLES), "-o", "file.txt"], "is a file, a folder is needed"),
        ([str(EXAMPLES), "-o", "mine"], "is not a folder of results; it was not changed"),
        ([str(EXAMPLES), "-o", "out", "--since", "mine"], "is this the folder of a run?"),
        ([str(EXAMPLES)], "are needed"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").write_text("mine", "utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine", "utf-8")
    before = sorted(tmp_path.rglob("*"))

    result = run(*arguments, DAY)

    assert result.exit_code != 0
    assert says in (result.stderr + str(result.exception))
    assert sorted(tmp_path.rglob("*")) == before


def test_the_schema_names_every_column() -> None:
    result = run("--schema")

    assert result.exit_code == 0
    assert "\n  trust_other__theirs  " in result.output
    assert "\nhistory\n" in result.output


def test_a_killed_run_leaves_the_earlier_one_and_can_be_run_again(
    done: Path, tmp_path: Path
) -> None:
    place = Path(shutil.copytree(done, tmp_path / "run"))
    before = (place / "manifest.json").read_bytes()
    command = [sys.executable, "-m", "kam_expert.cli", "portfolio", str(EXAMPLES), "-o", str(place)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    process = subprocess.Popen([*command, "--reports", "all", "--chunk", "1"], env=environment)
    draft = tmp_path / ".run.part"
    deadline = time.monotonic() + 60
    while not any(draft.glob("accounts*")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert draft.is_dir()
    assert (place / "manifest.json").read_bytes() == before
    assert run(EXAMPLES, "-o", place, DAY, "--reports", "none").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_names_of_reports_are_safe_and_apart() -> None:
    ids = ["acme", "../../etc/passwd", "a/b", "a-b", "a b", "", ".", "ТОВ «Калина»", "x" * 300]

    names = [report_name(name) for name in ids]

    assert len(set(names)) == len(ids)
    assert report_name("acme") == "reports/acme.html"
    for name in names:
        assert name.count("/") == 1
        assert "/." not in name
        assert len(name.encode()) < 200


def test_the_number_of_reports_is_read() -> None:
    assert [how_many_reports(text) for text in ("all", "none", "top:7")] == [None, 0, 7]
