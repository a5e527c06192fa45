"""A portfolio in buckets, judged independently: the results, and the errors for missing rows.

With --all all steps and questions too.
"""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from kam_expert.engines.portfolio.cluster.buckets import BUCKET, Buckets, Wanted, gather
from kam_expert.engines.portfolio.judging.engine import Content, PortfolioEngine
from kam_expert.engines.portfolio.judging.frames import PolarsFrames
from kam_expert.engines.portfolio.reading.needs import needs_of
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.reading.tables_in import find_tables
from kam_expert.engines.portfolio.writing.run import by_kind, write
from kam_expert.engines.portfolio.writing.run_files import MANIFEST, read_manifest, read_table
from kam_expert.errors import KamError
from kam_expert.knowledge.base import KnowledgeBase
from tests.shipped import examples_of, shipped_method

EXAMPLES = Path(__file__).parents[2] / "examples"
ACCOUNTS = len(list(EXAMPLES.glob("*.yaml")))
DAY = date(2026, 11, 1)
COUNT = 2
#: So many buckets that one is empty.
MANY = ACCOUNTS + 1


def spread(base: KnowledgeBase, folder: Path, count: int = COUNT) -> tuple[Buckets, dict[str, int]]:
    """Put the examples into buckets, as a cluster does; give how many rows each table has."""
    (folder / "given").mkdir(parents=True)
    tables = find_tables(EXAMPLES, base, folder / "given").tables
    files = {name: table.file for name, table in tables.items()}
    buckets = Buckets(folder, count, files, base, DAY, needs_of(base))
    buckets.begin(tables)
    rows = {}
    for name, table in tables.items():
        frame = table.scan.with_columns((pl.col("account").hash(1) % count).alias(BUCKET)).collect()
        rows[name] = frame.height
        for (number,), part in frame.partition_by(BUCKET, as_dict=True).items():
            place = folder / name / f"{BUCKET}={number}"
            place.mkdir(parents=True)
            part.drop(BUCKET).write_parquet(place / "part.parquet")
    return buckets, rows


@pytest.fixture
def buckets(base: KnowledgeBase, tmp_path: Path) -> Buckets:
    made, rows = spread(base, tmp_path / "shared" / "aside")
    return made.count_rows(rows)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "shared" / "run"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def content(*, every: bool) -> Content:
    return Content.EVERYTHING if every else Wanted().content


@pytest.fixture(scope="module")
def judged_once(
    base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory, content: Content
) -> Buckets:
    made, rows = spread(base, tmp_path_factory.mktemp("shared") / "aside")
    buckets = made.count_rows(rows)
    assert all(buckets.survey(number) for number in range(COUNT))
    banded = buckets.settle()
    wanted = Wanted(content=content)
    assert all(buckets.judge(number, banded, wanted) for number in range(COUNT))
    return buckets


@pytest.fixture
def judged(judged_once: Buckets, tmp_path: Path) -> Buckets:
    """Buckets whose results a test may take or spoil."""
    return replace(judged_once, folder=shutil.copytree(judged_once.folder, tmp_path / "aside"))


def test_rules_are_compiled_before_the_first_chunk_is_there() -> None:
    base = shipped_method("relationship_quality")  # a small one
    [*_, example] = examples_of(base)
    engine = PortfolioEngine(base, DAY, PolarsFrames(), content=Content.FINDINGS)
    with open_source(example.parent, base, DAY) as source:
        prepared = engine.prepare(source.layout)
        (applied,) = (engine.apply(by_kind(chunk))[0] for chunk in source.chunks())
    assert applied is prepared


def test_buckets_judged_apart_give_the_result_of_the_whole(
    base: KnowledgeBase, judged: Buckets, run: Path, tmp_path: Path, content: Content
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    with open_source(EXAMPLES, base, DAY) as source:
        write(source, base, DAY, whole, content=content)

    gather(judged, [], ACCOUNTS, run, "parquet")

    told = [dict(read_manifest(folder)) for folder in (run, whole)]
    for manifest in told:
        manifest["rows"].pop("asked", None)  # counts, separate for each bucket
    assert told[0] == told[1]
    for name in told[0]["rows"]:
        one, other = (read_table(folder, name).collect() for folder in (run, whole))
        keys = [column for column, kind in one.schema.items() if not isinstance(kind, pl.List)]
        assert one.sort(keys).equals(other.sort(keys)), name


def test_a_bucket_without_accounts_is_judged_like_the_others(
    base: KnowledgeBase, tmp_path: Path
) -> None:
    made, rows = spread(base, tmp_path / "shared" / "aside", MANY)
    buckets = made.count_rows(rows)
    empty = buckets.rows["accounts"].index(0)

    assert all(buckets.survey(number) for number in range(buckets.count))
    assert buckets.judge(empty, buckets.settle(), Wanted())
    assert pl.read_parquet(buckets.folder / "judged" / str(empty) / "accounts.parquet").is_empty()


def test_a_bucket_that_is_judged_twice_stands_there_once(judged: Buckets) -> None:
    before = {path: path.stat().st_mtime_ns for path in (judged.folder / "judged" / "0").iterdir()}

    assert judged.judge(0, frozenset(), Wanted())

    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert sorted(path.name for path in (judged.folder / "judged").iterdir()) == ["0", "1"]


def test_rows_that_did_not_arrive_are_told_with_what_to_do(
    base: KnowledgeBase, tmp_path: Path
) -> None:
    made, rows = spread(base, tmp_path / "shared" / "aside")
    shutil.rmtree(made.folder / "accounts")

    with pytest.raises(KamError) as told:
        made.count_rows(rows)

    first, second = str(told.value).splitlines()
    assert first == (
        f"{made.folder / 'accounts'}: 0 of {ACCOUNTS} rows arrived here; nothing was written"
    )
    assert str(tmp_path / "shared") in second
    assert "executors share" in second


@pytest.mark.parametrize("table", ["accounts", "people", "links"])
def test_who_does_not_see_a_bucket_says_so_and_writes_nothing(buckets: Buckets, table: str) -> None:
    full = next(n for n in range(COUNT) if buckets.rows[table][n])
    shutil.rmtree(buckets.folder / table / f"{BUCKET}={full}")

    assert not buckets.survey(full)
    assert not buckets.judge(full, frozenset(), Wanted())
    assert list((buckets.folder / "surveyed").iterdir()) == []
    assert list((buckets.folder / "judged").iterdir()) == []


def test_who_sees_no_folder_at_all_says_so_even_of_an_empty_bucket(
    base: KnowledgeBase, tmp_path: Path
) -> None:
    made, rows = spread(base, tmp_path / "shared" / "aside", MANY)
    buckets = made.count_rows(rows)
    empty = buckets.rows["accounts"].index(0)
    shutil.rmtree(buckets.folder)

    assert not buckets.survey(empty)
    assert not buckets.folder.exists()


def test_a_survey_that_did_not_arrive_stops_the_run(judged: Buckets) -> None:
    shutil.rmtree(judged.folder / "surveyed" / "1")

    with pytest.raises(KamError, match="the results of 1 of 2 tasks arrived here"):
        judged.settle()


def test_a_result_that_did_not_arrive_stops_the_run(judged: Buckets, run: Path) -> None:
    shutil.rmtree(judged.folder / "judged" / "1")

    with pytest.raises(KamError, match="the results of 1 of 2 tasks arrived here"):
        gather(judged, [], ACCOUNTS, run, "parquet")
    assert list(run.iterdir()) == []


def test_fewer_accounts_judged_than_were_read_stop_the_run(judged: Buckets, run: Path) -> None:
    with pytest.raises(KamError, match=f"tasks read {ACCOUNTS} of {ACCOUNTS + 1} accounts"):
        gather(judged, [], ACCOUNTS + 1, run, "parquet")
    assert not (run / MANIFEST).exists()
