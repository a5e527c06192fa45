"""Every physical type in every column of every table is judged, or rejected with row and column.

With --all every column of further tables, and tables without rows; else one column of each kind of
cells.
"""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.errors import KamError, ProblemsError
from kam_expert.facts.columns import OWN, TABLES, columns
from tests.sampling import few_of

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 1)
NOON = datetime(2026, 1, 2, 12)  # noqa: DTZ001 -- a naive time is what a table has
#: A value of each type; all columns of a table get it at once.
TYPES: list[tuple[Any, Any]] = [
    (pl.Null, None), (pl.Boolean, True), (pl.Int8, 1), (pl.Int64, 1), (pl.Int128, 1),
    (pl.UInt8, 1), (pl.UInt64, 1), (pl.Float32, 1), (pl.Float64, 1),
    (pl.Decimal(10, 2), Decimal(1)),
    (pl.String, "a"), (pl.Categorical, "a"), (pl.Enum(["a", "b"]), "a"), (pl.Date, NOON.date()),
    (pl.Datetime("us"), NOON), (pl.Datetime("ms", "Europe/Kyiv"), NOON), (pl.Datetime("ns"), NOON),
    (pl.Binary, b"\xff\0"), (pl.Duration("us"), timedelta(1)), (pl.Time, time(3)),
    (pl.List(pl.String), ["a"]), (pl.List(pl.Int64), [1]), (pl.List(pl.Null), [None]),
    (pl.Array(pl.String, 2), ["a", "b"]), (pl.List(pl.List(pl.String)), [["a"]]),
    (pl.List(pl.Struct({"a": pl.Int64})), [{"a": 1}]), (pl.Struct({"a": pl.String}), {"a": "x"}),
]  # fmt: skip
REJECTED = (pl.Binary, pl.Duration, pl.Time, pl.Struct)


def read(folder: Path, base: KnowledgeBase) -> tuple[int, list[dict[str, Any]]]:
    """Return how many accounts a folder has, and what is rejected."""
    with open_source(folder, base, DAY) as source:
        for _ in source.chunks():
            pass
        return source.total, source.rejected


def tried(kinds: dict[str, str], table: str, *, every: bool) -> list[str]:
    """Return the columns that a test tries: all, or those of no fact and the first of each kind."""
    of_kind: dict[tuple[str, bool], str] = {}
    for name, words in kinds.items():
        of_kind.setdefault((words.partition(":")[0], ":" in words), name)
    return [name for name in kinds if every or name in OWN[table] or name in of_kind.values()]


@pytest.mark.parametrize("table", few_of(TABLES, 3))
@pytest.mark.parametrize("rows", few_of([1, 0], 1))
def test_no_type_of_a_column_ends_in_a_traceback(
    tmp_path: Path, base: KnowledgeBase, table: str, rows: int, *, every: bool
) -> None:
    kinds = tried(columns(base)[table], table, every=every)
    pl.DataFrame({"account": ["a"]}).write_parquet(tmp_path / "accounts.parquet")

    for dtype, value in TYPES:
        frame = pl.DataFrame([pl.Series(name, [value] * rows, dtype=dtype) for name in kinds])
        if table != "accounts" and dtype in (pl.String, pl.Null):
            frame = frame.with_columns(pl.Series("account", ["a"] * rows, dtype=pl.String))
        frame.write_parquet(tmp_path / f"{table}.parquet")
        try:
            _, rejected = read(tmp_path, base)
        except ProblemsError as error:
            said = [problem.message for problem in error.problems]
            assert rows, dtype
            assert all(message.startswith("row 1, column ") for message in said), dtype
            if dtype in REJECTED:
                assert len(said) == len(kinds), dtype
        else:
            assert not (rows and dtype in REJECTED), dtype
            assert all(fault["row"] == 1 and fault["column"] for fault in rejected if rows), dtype


def test_the_first_row_with_a_value_is_named(tmp_path: Path, base: KnowledgeBase) -> None:
    spans = pl.Series([None, None, timedelta(1)], dtype=pl.Duration("us"))
    frame = pl.DataFrame({"account": ["a", "b", "c"], "tenure_months": spans})
    frame.write_parquet(tmp_path / "accounts.parquet")

    with pytest.raises(KamError, match='row 3, column "tenure_months" of accounts has durations'):
        read(tmp_path, base)


def test_an_empty_column_of_any_type_is_not_known(tmp_path: Path, base: KnowledgeBase) -> None:
    nothing = pl.Series([None], dtype=pl.Struct({"a": pl.Int64}))
    frame = pl.DataFrame({"account": ["a"], "tenure_months": nothing})
    frame.write_parquet(tmp_path / "accounts.parquet")

    assert read(tmp_path, base) == (1, [])


def test_a_list_of_words_is_a_set(tmp_path: Path, base: KnowledgeBase) -> None:
    name = next(f.name for f in base.facts.values() if f.doc.type == "set" and f.kind == "account")
    word = base.facts[name].doc.values
    frame = pl.DataFrame({"account": ["a", "b"], name: [[next(iter(word))], ["no such word"]]})
    frame.write_parquet(tmp_path / "accounts.parquet")

    _, rejected = read(tmp_path, base)

    assert [(fault["account"], fault["row"], fault["column"]) for fault in rejected] == [
        ("b", 2, name)
    ]


@pytest.mark.parametrize("accounts", [[None], [None, None], [None, "a"]])
def test_a_row_without_an_account_is_rejected(
    tmp_path: Path, base: KnowledgeBase, accounts: list[str | None]
) -> None:
    pl.DataFrame({"account": ["a"]}).write_parquet(tmp_path / "accounts.parquet")
    frame = pl.DataFrame({"account": accounts, "decision": ["d1"] * len(accounts)})
    frame.write_parquet(tmp_path / "decisions.parquet")

    _, rejected = read(tmp_path, base)

    assert [(f["row"], f["column"], f["reason"]) for f in rejected] == [
        (row, "account", "no account has this id")
        for row, account in enumerate(accounts, 1)
        if account is None
    ]


def test_a_named_pipe_is_refused_at_once(tmp_path: Path, base: KnowledgeBase) -> None:
    os.mkfifo(tmp_path / "accounts.csv")

    with pytest.raises(KamError, match="is not a file; save the table as a file"):
        read(tmp_path, base)
