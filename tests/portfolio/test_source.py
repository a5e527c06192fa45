"""What a source of tables or case files hands to the engine: all answers of all accounts.

With --all every format and more accounts.
"""

from __future__ import annotations

import csv
import json
import random
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import random_case

from kam_expert.engines.portfolio.reading.needs import KINDS, Needs, needs_of
from kam_expert.engines.portfolio.reading.order import starts_of
from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.errors import KamError, ProblemsError
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.columns import TABLE_OF
from kam_expert.facts.readings import Readings
from kam_expert.facts.tables import as_text, rows_of
from kam_expert.knowledge.values import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kam_expert.engines.portfolio.reading.chunk_layout import ChunkFrames
    from kam_expert.engines.portfolio.reading.portfolio_source import PortfolioSource
    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

DAY = date(2026, 11, 1)
Held = tuple[list["Answer"], int]
FORMATS = ("parquet", "arrow", "csv")
#: Every format in a run of all tests, one in others.
ONE_FORMAT = ["csv", *(pytest.param(form, marks=pytest.mark.long) for form in FORMATS[:2])]
Rows = dict[str, list[dict[str, Any]]]


# A portfolio, written down ----------------------------------------------------------------------


def as_column(values: list[Any]) -> pl.Series:
    """Return a column of the type that fits: lists, numbers, else text."""
    given = [value for value in values if value is not None]
    if given and all(isinstance(value, list) for value in given):
        return pl.Series(values, dtype=pl.List(pl.String))
    if given and all(type(value) in (int, float) for value in given):
        return pl.Series(values, dtype=pl.Float64)
    if any(isinstance(value, bool) for value in given):
        return pl.Series(values)
    return pl.Series([None if v is None else as_text(v) for v in values], dtype=pl.String)


def write(folder: Path, rows: Rows, form: str = "parquet") -> Path:
    """Write tables; those without rows are left out."""
    folder.mkdir(exist_ok=True)
    for table, listed in rows.items():
        if not listed:
            continue
        columns = list(dict.fromkeys(key for row in listed for key in row))
        if form == "csv":
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(
                    {key: as_text(cell) for key, cell in row.items()} for row in listed
                )
            continue
        frame = pl.DataFrame({c: as_column([row.get(c) for row in listed]) for c in columns})
        if form == "parquet":
            frame.write_parquet(folder / f"{table}.parquet", row_group_size=50)
        else:
            frame.write_ipc(folder / f"{table}.arrow")
    return folder


def case_files(folder: Path, base: KnowledgeBase, count: int, seed: int) -> list[Case]:
    """Write random case files; give the cases."""
    chance = random.Random(seed)
    folder.mkdir(exist_ok=True)
    cases = []
    for number in range(count):
        data = random_case(base, chance, rich=number % 2 == 1)
        data["account"] = {"id": f"a{number:02}", "name": f"A {number}", "owner": "О. К."}
        path = folder / f"{number:03}.json"
        path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        cases.append(read_case(path, base))
    return cases


def all_rows(cases: Sequence[Case]) -> Rows:
    """Return the rows of many cases."""
    rows: Rows = {}
    for case in cases:
        for table, listed in rows_of(case).items():
            rows.setdefault(table, []).extend(listed)
    return rows


def read_all(source: PortfolioSource) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all chunks, each with the ids of what its numbers stand for."""
    found: dict[str, list[dict[str, Any]]] = {}
    for frames in source.chunks():
        for table, listed in with_ids(frames).items():
            found.setdefault(table, []).extend(listed)
    return found


def with_ids(frames: ChunkFrames) -> dict[str, list[dict[str, Any]]]:
    names: dict[str, dict[int, str]] = {}
    for kind, table in (
        ("account", "accounts"), ("person", "people"), ("member", "team"),
        ("decision", "decisions"), ("event", "events"),
    ):  # fmt: skip
        frame = getattr(frames, table)
        assert frame[kind].is_unique().all()
        names[kind] = dict(zip(frame[kind], frame[f"{kind}_id"], strict=True))
    found = {}
    for table in ("accounts", "people", "team", "links", "decisions", "events", "belongs"):
        found[table] = [
            {key: names[key].get(cell) if key in names else cell for key, cell in row.items()}
            for row in getattr(frames, table).to_dicts()
        ]
    return found


# The expected result, computed from the cases by other means --------------------------------------


def shown(fact: Fact, prefix: str, value: Any, *, banded: bool) -> dict[str, Any]:
    """Return the columns of one value, None for no value."""
    doc = fact.doc
    if doc.type == "set":
        return {f"{prefix}__is__{v}": None if value is None else v in value for v in doc.values}
    if not fact.is_number and doc.type != "date":
        return {prefix: value}
    word = value if isinstance(value, str) else None
    made: dict[str, Any] = {f"{prefix}__word": word} if doc.also else {}
    if doc.type == "date":
        return {prefix: (DAY - value).days if isinstance(value, date) else None, **made}
    low, high = value, value
    if isinstance(value, Interval):
        low, high = value.low, value.high
    made[prefix] = None if word else low
    return {**made, f"{prefix}__hi": high} if banded else made


def expected(
    source: PortfolioSource, fact: Fact, prefix: str, answers: Sequence[Answer], held: Held
) -> dict[str, Any]:
    """Return the columns of one side's answers to a fact.

    Args:
        source: With the layout of the columns.
        fact: The fact.
        prefix: Of the columns.
        answers: All answers up to the day.
        held: Those that no event voided, and how many are in doubt.
    """
    banded, needs = fact.name in source.layout.banded, source.layout.needs
    past, doubtful = held
    made = shown(fact, prefix, past[-1].value if past else None, banded=banded)
    if fact.name in needs.age:
        day = past[-1].as_of if past else None
        made[f"{prefix}__age"] = None if day is None else (DAY - day).days
    if fact.name in needs.trend:
        before = past[-2].value if len(past) > 1 else None
        made |= shown(fact, f"{prefix}__before", before, banded=banded)
        if not past or doubtful < len(past):
            dated = all(a.as_of is not None for a in past)
            made[f"{prefix}__dated"] = dated and (
                not past or doubtful != len(past) - 1 or not doubtful
            )
    if fact.name in source.layout.doubted:
        if past:  # where there is no answer, its flag means nothing
            made[f"{prefix}__doubt"] = doubtful == len(past)
        made[f"{prefix}__gone"] = len(past) < len(answers)
    return made


def expected_entity(source: PortfolioSource, entity: Entity, readings: Readings) -> dict[str, Any]:
    """Return the columns of all facts of a thing that are needed."""
    layout = source.layout
    made: dict[str, Any] = {}
    for name in layout.needs.values[entity.kind]:
        fact = layout.base.facts[name]
        for prefix in layout.sides(fact):
            told = entity.theirs if prefix.endswith("__theirs") else entity.ours
            given = told.get(name, ())
            past = [a for a in given if a.as_of is None or a.as_of <= DAY]
            held = readings.standing(entity, name, given)
            made |= expected(source, fact, prefix, past, held)
            if prefix in readings.promised and not held[0]:
                of_plan = [readings.promised[prefix]]
                gone = {key: flag for key, flag in made.items() if key == f"{prefix}__gone"}
                made |= expected(source, fact, prefix, of_plan, (of_plan, 1)) | gone
    return made


def assert_same(
    found: dict[str, list[dict[str, Any]]], cases: Sequence[Case], source: PortfolioSource
) -> None:
    base = source.layout.base
    accounts = {row["account"]: row for row in found["accounts"]}
    assert sorted(accounts) == sorted(case.account.id for case in cases)
    rest: dict[tuple[str, ...], dict[str, Any]] = {}
    for kind, table in TABLE_OF.items():
        keys = ("member", "person") if kind == "link" else (kind,)
        for row in found[table]:
            rest[kind, row["account"], *(row[key] for key in keys)] = row
    entities = 0
    for case in cases:
        account = case.account
        row = accounts[account.id]
        assert row["name"] == account.name
        for name in ("people", "team", "links", "decisions", "events"):
            assert row[f"{name}_listed"] == (getattr(case, name) is not None)
        for name in ("people", "team", "links"):
            assert row[f"{name}_complete"] == case.complete.get(name)
        readings = Readings(case, base, DAY)
        assert row["customer_answers"] == readings.customer_answers()
        for kind in KINDS:
            for entity in case.entities(kind):
                entities += 1
                ends = entity.ends if kind == "link" else None
                row = rest[kind, account.id, *(ends or (entity.id,))]
                wanted = expected_entity(source, entity, readings)
                flags = {key for key in wanted if key.endswith(("__doubt", "__gone"))}
                # A flag that is not there is not set.
                assert {k: bool(row[k]) if k in flags else row[k] for k in wanted} == wanted
                if kind == "event":
                    assert (row["member"] or "", row["person"] or "") == entity.ends
        belongs = {
            (row["decision"], row["person"])
            for row in found["belongs"]
            if row["account"] == account.id
        }
        assert belongs == {
            (decision.id, person.id)
            for decision in case.decisions or ()
            for person in case.people or ()
            if person.decisions is None or decision.id in person.decisions
        }
    assert entities == len(rest)


def test_a_folder_of_cases_gives_what_the_cases_say(tmp_path: Path, base: KnowledgeBase) -> None:
    cases = case_files(tmp_path / "cases", base, 19, seed=1)
    with open_source(tmp_path / "cases", base, DAY) as source:
        assert_same(read_all(source), cases, source)
        assert source.rejected == []
        assert source.total == 19


@pytest.mark.parametrize("form", ONE_FORMAT)
@pytest.mark.parametrize("chunk", [4, 100])
def test_tables_give_what_the_cases_say(
    tmp_path: Path, base: KnowledgeBase, form: str, chunk: int, *, every: bool
) -> None:
    cases = case_files(tmp_path / "cases", base, 15 if every else 9, seed=2)
    folder = write(tmp_path / "tables", all_rows(cases), form)
    with open_source(folder, base, DAY, chunk_accounts=chunk) as source:
        assert_same(read_all(source), cases, source)
        assert source.rejected == []


@pytest.mark.parametrize("form", ONE_FORMAT)
def test_the_order_of_rows_says_nothing(
    tmp_path: Path, base: KnowledgeBase, form: str, *, every: bool
) -> None:
    cases = case_files(tmp_path / "cases", base, 15 if every else 9, seed=3)
    rows = all_rows(cases)
    for listed in rows.values():
        random.Random(4).shuffle(listed)
    with open_source(write(tmp_path / "t", rows, form), base, DAY, chunk_accounts=4) as source:
        assert_same(read_all(source), cases, source)
        assert source.rejected == []
        assert source.counts["people"]["used"] == len(rows["people"])


def test_the_account_of_a_portfolio_is_the_one_of_its_case_file(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    cases = case_files(tmp_path / "cases", base, 7, seed=5)
    folder = write(tmp_path / "tables", all_rows(cases), "parquet")
    for path in (tmp_path / "cases", folder):
        with open_source(path, base, DAY, chunk_accounts=3) as source:
            for case in cases:
                again = source.case(case.account.id)
                assert again.digest() == case.digest()
                assert again.notes == case.notes
            with pytest.raises(KamError, match="unknown account"):
                source.case("nobody")


def tables(folder: Path, **frames: pl.DataFrame) -> Path:
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def first_chunk(folder: Path, base: KnowledgeBase, **asked: Any) -> ChunkFrames:
    with open_source(folder, base, DAY, **asked) as source:
        (frames,) = source.chunks()
        assert source.rejected == []
        return frames


@pytest.mark.parametrize(
    "words",
    [
        pl.Series(["low", None, "unknown", " "]),
        pl.Series(["low", None, "unknown", ""], dtype=pl.Categorical),
        pl.Series(["low", None, "unknown", ""], dtype=pl.Enum(["unknown", "", "low"])),
    ],
)
def test_words_may_have_any_type(tmp_path: Path, base: KnowledgeBase, words: pl.Series) -> None:
    accounts = pl.DataFrame({"account": list("abcd"), "account_attractiveness": words})
    needs = needs_of(base, ["account_attractiveness"])
    frames = first_chunk(tables(tmp_path, accounts=accounts), base, needs=needs)
    assert frames.accounts["account_attractiveness"].to_list() == ["low", None, None, None]


def test_cells_may_have_the_types_of_a_database(tmp_path: Path, base: KnowledgeBase) -> None:
    accounts = pl.DataFrame(
        {
            "account": [7, 8],
            "on_key_list": [True, None],
            "partnership_start": [date(2026, 10, 22), None],
            "introductions_asked_12m": pl.Series([3, None], dtype=pl.UInt8),
            "trust_other": pl.Series([3.0, None], dtype=pl.Float32),
            "strategy_sources": [[], ["finance"]],
            "people_complete": [True, False],
        }
    )
    found = first_chunk(tables(tmp_path, accounts=accounts), base).accounts
    assert found["account_id"].to_list() == ["7", "8"]
    assert found["name"].to_list() == ["7", "8"]
    assert found["on_key_list"].to_list() == ["yes", None]
    assert found["partnership_start"].to_list() == [10, None]
    assert found["introductions_asked_12m"].to_list() == [3, None]
    assert found["trust_other"].to_list() == [3, None]
    assert found["strategy_sources__is__finance"].to_list() == [False, True]
    assert found["people_complete"].to_list() == [True, False]


def test_only_facts_with_bands_have_an_upper_bound(tmp_path: Path, base: KnowledgeBase) -> None:
    accounts = pl.DataFrame({
        "account": ["a", "b"],
        "introductions_asked_12m": ["2..4", "3"],
        "introductions_granted_12m": ["1", "0"],
    })  # fmt: skip
    folder = tables(tmp_path, accounts=accounts)
    with open_source(folder, base, DAY, chunk_accounts=1) as source:
        chunks = list(source.chunks())
    highs = [frames.accounts["introductions_asked_12m__hi"].item() for frames in chunks]
    assert highs == [4, 3]
    assert all("introductions_granted_12m__hi" not in f.accounts.columns for f in chunks)
    assert {tuple(frames.accounts.columns) for frames in chunks} == {
        tuple(source.layout.columns("accounts"))
    }


def test_ranks_are_of_the_whole_portfolio(tmp_path: Path, base: KnowledgeBase) -> None:
    """Twenty of known revenue; one of a band and one of none, which keep what was stated."""
    revenue = [str(100 * n) for n in range(1, 21)] + ["1..5", None]
    accounts = pl.DataFrame(
        {
            "account": [f"a{n:02}" for n in range(22)],
            "revenue_12m": revenue,
            "revenue_rank_pct": ["50"] * 22,
            "gross_margin_pct": ["10"] * 22,
            "cost_to_serve_12m": ["0"] * 22,
            "cost_to_serve_known": ["measured"] * 19 + ["estimated"] * 3,
        }
    )
    with open_source(tables(tmp_path, accounts=accounts), base, DAY, chunk_accounts=6) as source:
        found = pl.concat(frames.accounts for frames in source.chunks())
        case = source.case("a00")
    assert found["revenue_rank_pct"].to_list() == [5.0 * n for n in range(1, 21)] + [50, 50]
    # Nineteen measured costs are too few.
    assert found["net_profit_rank_pct"].null_count() == 22
    (answer,) = case.account.ours["revenue_rank_pct"]
    assert (answer.value, answer.by) == (5, "portfolio")


def shares_of(tmp_path: Path, base: KnowledgeBase, revenue: list[str | None]) -> list[Any]:
    count = len(revenue)
    accounts = pl.DataFrame(
        {
            "account": [f"a{n:02}" for n in range(count)],
            "revenue_12m": revenue,
            "sales_share_pct": ["34", *[None] * (count - 1)],
        }
    )
    with open_source(tables(tmp_path, accounts=accounts), base, DAY, chunk_accounts=7) as source:
        found = pl.concat(frames.accounts for frames in source.chunks())
        stated, worked_out = source.case("a00"), source.case("a01")
    shares = [case.account.ours.get("sales_share_pct", ()) for case in (stated, worked_out)]
    assert [[(a.value, a.by) for a in answers] for answers in shares] == [
        [(34, None)],
        [(share, "portfolio") for share in found["sales_share_pct"][1:2].drop_nulls()],
    ]
    return found["sales_share_pct"].to_list()


def test_a_share_is_of_the_whole_portfolio_where_it_is_not_stated(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    """One of twenty-one is unknown, which is little enough."""
    shares = shares_of(tmp_path, base, ["100", "300", *["200"] * 18, None])

    assert shares == [34, 7.5, *[5.0] * 18, None]


@pytest.mark.parametrize("known", [19, 21])
def test_a_share_needs_enough_known_values_and_few_unknown_ones(
    tmp_path: Path, base: KnowledgeBase, known: int
) -> None:
    """Nineteen are too few; of twenty-three, two unknown are too many."""
    revenue = ["100"] * known + [None] * (2 if known > 20 else 0)

    assert shares_of(tmp_path, base, revenue) == [34, *[None] * (len(revenue) - 1)]


@pytest.mark.parametrize("chunk", [4, 100])
def test_ranks_are_those_of_the_account_whoever_is_rejected(
    tmp_path: Path, base: KnowledgeBase, chunk: int
) -> None:
    revenue = [str(100 * n) for n in range(1, 26)]
    revenue[2] = "much"  # the third is rejected, and all behind it move up
    accounts = pl.DataFrame({"account": [f"a{n:02}" for n in range(25)], "revenue_12m": revenue})

    with open_source(
        tables(tmp_path, accounts=accounts), base, DAY, chunk_accounts=chunk
    ) as source:
        found = pl.concat(frames.accounts for frames in source.chunks())

    ranks = dict(zip(found["account_id"], found["revenue_rank_pct"], strict=True))
    assert "a02" not in ranks
    assert ranks["a00"] == pytest.approx(100 / 24)
    assert ranks["a03"] == pytest.approx(300 / 24)
    assert ranks["a24"] == pytest.approx(100)


def test_a_rank_reads_the_answer_of_the_day(tmp_path: Path, base: KnowledgeBase) -> None:
    names = [f"a{n:02}" for n in range(20)]
    accounts = pl.DataFrame({"account": names})
    said = [("2026-01-01", 1.0, 0), ("2026-12-01", 0.0, 100)]
    rows = [
        (name, day, str(n * up + flat)) for n, name in enumerate(names) for day, up, flat in said
    ]
    history = pl.DataFrame(rows, schema=["account", "as_of", "value"], orient="row").with_columns(
        kind=pl.lit("account"), fact=pl.lit("revenue_12m"), side=pl.lit("ours")
    )
    frames = first_chunk(tables(tmp_path, accounts=accounts, history=history), base)
    assert frames.accounts["revenue_rank_pct"].to_list() == [5.0 * n for n in range(1, 21)]


def test_a_table_in_the_order_of_accounts_is_not_split(tmp_path: Path, base: KnowledgeBase) -> None:
    """Any order of the accounts: it need not be that of their ids."""
    ids = ["a2", "a10", "a1", "a3"]
    people = pl.DataFrame({"account": ids * 2, "person": ["p"] * 4 + ["q"] * 4})
    folder = tables(tmp_path, accounts=pl.DataFrame({"account": ids}), people=people)
    for ordered in (False, True):
        if ordered:
            place = pl.col("account").replace_strict(ids, range(4))
            tables(tmp_path, people=people.sort(place, maintain_order=True))
        with open_source(folder, base, DAY, chunk_accounts=3) as source:
            temporary = source.temporary
            assert (temporary / "split_people").is_dir() != ordered
            people_of = [(row["account"], row["person"]) for row in read_all(source)["people"]]
        assert sorted(people_of) == sorted(zip(people["account"], people["person"], strict=True))
        assert not temporary.exists()


def test_nothing_stays_behind_when_opening_fails(
    tmp_path: Path, base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    (tmp_path / "accounts.csv").write_text("account,trust\na,1\n")
    with pytest.raises(ProblemsError):
        open_source(tmp_path, base, DAY)
    assert list(place.iterdir()) == []


def test_a_spreadsheet_may_part_columns_by_semicolons(tmp_path: Path, base: KnowledgeBase) -> None:
    text = 'account;trust_other;strategy_sources\n a ;3;"finance; users"\n'
    (tmp_path / "accounts.csv").write_text(text)
    found = first_chunk(tmp_path, base).accounts
    assert found.select("account_id", "trust_other").rows() == [("a", 3)]
    assert found["strategy_sources__is__users"].to_list() == [True]


def test_all_columns_are_there_without_any_table_but_accounts(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    with open_source(
        tables(tmp_path, accounts=pl.DataFrame({"account": ["a"]})), base, DAY
    ) as source:
        (frames,) = source.chunks()
        for table in ("accounts", "people", "team", "links", "decisions", "events"):
            assert dict(getattr(frames, table).schema) == source.layout.columns(table)
    assert frames.belongs.columns == ["account", "decision", "person"]


def test_needs_are_what_rules_read(base: KnowledgeBase) -> None:
    needs = needs_of(base)
    assert isinstance(needs, Needs)
    read = {name for rule in base.rules for name in rule.fact_names} & set(base.facts)
    assert read <= set().union(*needs.values.values())
    assert needs.trend >= {"trust_other"}
    assert all(base.facts[name].doc.fresh_days is None or name in needs.age for name in read)
    for kind, names in needs.values.items():
        assert {base.facts[name].kind for name in names} <= {kind}


@given(accounts=st.integers(0, 5000), most=st.integers(1, 600))
def test_chunks_hold_every_account_once_and_none_too_many(accounts: int, most: int) -> None:
    starts = starts_of(accounts, most)

    sizes = [end - start for start, end in pairwise(starts)]
    assert (starts[0], starts[-1]) == (0, accounts)
    assert max(sizes) <= most
    assert min(sizes) > 0 or accounts == 0
    # Not many more than are needed, and one where one will do.
    assert len(sizes) <= -(-accounts // most) + 4 if accounts > most else len(sizes) == 1


def test_the_first_and_the_last_chunks_are_small() -> None:
    starts = starts_of(1_000_000, 100_000)

    sizes = [end - start for start, end in pairwise(starts)]
    assert sizes[:2] == [25_000, 50_000] == sizes[-1:-3:-1]
    assert min(sizes[2:-2]) > 90_000
