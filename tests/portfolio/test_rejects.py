from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.errors import CaseError, KamError
from kam_expert.facts.columns import TABLES
from kam_expert.facts.tables import as_text, case_of

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

DAY = date(2026, 11, 1)
Rows = dict[str, list[dict[str, Any]]]


def portfolio() -> Rows:
    """Return three sound accounts, a, b and c."""
    rows: Rows = {table: [] for table in TABLES}
    for account in "abc":
        key = {"account": account}
        rows["accounts"].append(
            {**key, "name": account.upper(), "account_status": "established",
             "introductions_asked_12m": "2", "trust_other": "3", "trust_other__theirs": "4",
             "partnership_start": "2024-01-10", "on_key_list": "yes", "strategy_sources": "none",
             "people_complete": "yes", "links_listed": "yes"}
        )  # fmt: skip
        rows["decisions"].append({**key, "decision": "d1", "dmu_style": "consensus"})
        rows["people"] += [
            {**key, "person": f"p{n}", "decisions": "d1", "authority": None} for n in (1, 2)
        ]
        rows["team"].append({**key, "member": "m1", "customer_facing": "yes"})
        rows["links"].append({**key, "member": "m1", "person": "p1", "link_exchanges_90d": "3"})
        rows["events"].append(
            {**key, "event": "e1", "person": "p1", "event_kind": "incident",
             "event_day": "2026-08-01"}
        )  # fmt: skip
        rows["history"].append(
            {**key, "kind": "account", "id": None, "fact": "satisfaction_rating",
             "side": "theirs", "value": "4", "source": "said", "by": "О. К.",
             "as_of": "2026-09-01"}
        )  # fmt: skip
        rows["notes"].append(
            {**key, "kind": "comment", "key": None, "value": "так", "due": None, "hide": None}
        )
        rows["plan"].append(
            {**key, "entry": "e1", "text": "Обід", "about": "p1;d1", "side": "theirs",
             "due": "2026-12-01", "status": "done", "done_on": "2026-10-20", "result": "worked"}
        )  # fmt: skip
    return rows


def write(folder: Path, rows: Rows, form: str) -> Path:
    for table, listed in rows.items():
        columns = list(dict.fromkeys(key for row in listed for key in row))
        frame = pl.DataFrame(
            {c: [None if r.get(c) is None else as_text(r[c]) for r in listed] for c in columns},
            schema=dict.fromkeys(columns, pl.String),
        )
        if form == "csv":
            frame.write_csv(folder / f"{table}.csv")
        else:
            frame.write_parquet(folder / f"{table}.parquet")
    return folder


def changed(table: str, row: int, **cells: str | None) -> Rows:
    rows = portfolio()
    rows[table][row - 1] |= cells
    return rows


def added(table: str, **cells: str | None) -> Rows:
    rows = portfolio()
    rows[table].append({"account": "b", **cells})
    return rows


def answer(**cells: str | None) -> Rows:
    about = {"kind": "account", "fact": "satisfaction_rating", "side": "theirs", "value": "4"}
    return added("history", **{**about, **cells})


#: What is wrong with account b; where the report of it points; a part of what it says.
FAULTS: list[tuple[Rows, str, int, str | None, str]] = [
    (changed("accounts", 2, account_status="establshed"), "accounts", 2, "account_status",
     'Did you mean "established"?'),
    (changed("accounts", 2, introductions_asked_12m="2.5"), "accounts", 2,
     "introductions_asked_12m", "takes a whole number, not 2.5"),
    (changed("accounts", 2, introductions_asked_12m="-1"), "accounts", 2,
     "introductions_asked_12m", "takes a number from 0, not -1"),
    (changed("accounts", 2, introductions_asked_12m="many"), "accounts", 2,
     "introductions_asked_12m", 'takes a number, not "many"'),
    (changed("accounts", 2, introductions_asked_12m="2 apples"), "accounts", 2,
     "introductions_asked_12m", "takes a number"),
    (changed("accounts", 2, introductions_asked_12m="1,234"), "accounts", 2,
     "introductions_asked_12m", '"1,234" is ambiguous: 1234 or 1.234'),
    (changed("accounts", 2, trust_other="3..2"), "accounts", 2, "trust_other",
     "the first end is larger"),
    (changed("accounts", 2, trust_other="3..9"), "accounts", 2, "trust_other", "not 9"),
    (changed("accounts", 2, trust_other__theirs="7"), "accounts", 2, "trust_other__theirs",
     "not 7"),
    (changed("accounts", 2, partnership_start="2024-02-30"), "accounts", 2, "partnership_start",
     "takes a date as YYYY-MM-DD or none"),
    (changed("accounts", 2, partnership_start="10/01/2024"), "accounts", 2, "partnership_start",
     "is ambiguous: day and month, or month and day"),
    (changed("accounts", 2, on_key_list="maybe"), "accounts", 2, "on_key_list",
     "it is one of yes, no"),
    (changed("accounts", 2, strategy_sources="users;none"), "accounts", 2, "strategy_sources",
     "cannot be combined with other values"),
    (changed("accounts", 2, strategy_sources="user"), "accounts", 2, "strategy_sources",
     "is not a value of strategy_sources"),
    (changed("accounts", 2, people_complete="partly"), "accounts", 2, "people_complete",
     "is not a value of people_complete"),
    (changed("accounts", 2, links_listed="7"), "accounts", 2, "links_listed", "links_listed"),
    (changed("people", 3, person=" "), "people", 3, "person", "has no id"),
    (changed("people", 4, person="p1"), "people", 3, "person", "duplicate id"),
    (changed("people", 4, authority="king"), "people", 4, "authority", "not a value"),
    (changed("people", 4, decisions="d1;d2"), "people", 4, "decisions", "no decision"),
    (changed("team", 2, member=None), "team", 2, "member", "has no id"),
    (changed("decisions", 2, dmu_style="vote"), "decisions", 2, "dmu_style", "not a value"),
    (added("decisions", decision="d1"), "decisions", 2, "decision", "duplicate id"),
    (changed("links", 2, person="p9"), "links", 2, "person", "unknown person"),
    (changed("links", 2, member=None), "links", 2, "member", "has no member"),
    (added("links", member="m1", person="p1"), "links", 2, None, "duplicate link"),
    (changed("links", 2, link_exchanges_90d="x"), "links", 2, "link_exchanges_90d",
     "takes a number"),
    (changed("events", 2, event=" "), "events", 2, "event", "has no id"),
    (added("events", event="e1"), "events", 2, "event", "duplicate id"),
    (changed("events", 2, person="p9"), "events", 2, "person", "unknown person"),
    (changed("events", 2, member="m9"), "events", 2, "member", "unknown member"),
    (changed("events", 2, event_kind="incidnet"), "events", 2, "event_kind",
     'Did you mean "incident"?'),
    (changed("events", 2, event_day="autumn"), "events", 2, "event_day", "takes a date"),
    (answer(fact="satisfaction"), "history", 4, "fact", "satisfaction_rating"),
    (answer(fact="authority"), "history", 4, "fact", "authority"),
    (answer(kind="firm"), "history", 4, "kind", "firm"),
    (answer(side="both"), "history", 4, "side", "both"),
    (answer(side=None), "history", 4, "side", "side"),
    (answer(side="ours"), "history", 4, "side", "asked of the customer"),
    (answer(value="9"), "history", 4, "value", "not 9"),
    (answer(source="heard"), "history", 4, "source", "heard"),
    (answer(as_of="autumn"), "history", 4, "as_of", "autumn"),
    (answer(as_of="2026-09-01"), "history", 2, "as_of", "same date"),
    (answer(fact="trust_other"), "history", 4, "as_of", "same date"),
    (answer(kind="person", side="ours", fact="authority", value="low", id="p9"), "history", 4,
     "id", "p9"),
    (answer(kind="link", side="ours", fact="link_exchanges_90d", id="m1→p2"), "history", 4, "id",
     "m1→p2"),
    (added("notes", kind="remark", value="?"), "notes", 4, "kind", "unknown kind of note"),
    (added("notes", kind="step", key="dance"), "notes", 4, "key", "unknown step"),
    (added("notes", kind="target_stage", value="marriage"), "notes", 4, "value", "stage"),
    (added("notes", kind="target_stage", value="butterfly", hide="yes"), "notes", 4, "hide",
     "takes no hide"),
    (added("notes", kind="step", key="$step", due="soon"), "notes", 4, "due", "date"),
    (added("notes", kind="step", key="$step", hide="perhaps"), "notes", 4, "hide", "yes or no"),
    (added("plan", text="x"), "plan", 4, "entry", "has no id"),
    (added("plan", entry="e1", text="x"), "plan", 2, "entry", "duplicate id"),
    (added("plan", entry="e2"), "plan", 4, "step", "a step or a text"),
    (added("plan", entry="e2", step="s", text="x"), "plan", 4, "text", "not both"),
    (changed("plan", 2, side="customer"), "plan", 2, "side", "unknown side"),
    (changed("plan", 2, status="don"), "plan", 2, "status", 'Did you mean "done"?'),
    (changed("plan", 2, result="well"), "plan", 2, "result", "unknown result"),
    (changed("plan", 2, due="soon"), "plan", 2, "due", "date as YYYY-MM-DD"),
    (changed("plan", 2, status="begun"), "plan", 2, "done_on", "belongs to an entry"),
    (changed("plan", 2, done_on=None), "plan", 2, "status", "needs done_on"),
    (added("plan", entry="e2", text="x", status="dropped"), "plan", 4, "status", "a reason"),
    (changed("plan", 2, begin="2026-12-02"), "plan", 2, "due", "due before it begins"),
    (changed("plan", 2, about="p1;p9"), "plan", 2, "about", "people, team or decisions"),
]  # fmt: skip


def resolved(rows: Rows, base: KnowledgeBase) -> Rows:
    """Put a step of the rule base in the place of ``$step``."""
    rows = copy.deepcopy(rows)
    for note in rows["notes"]:
        if note.get("key") == "$step":
            note["key"] = next(iter(base.steps))
    return rows


@dataclass(frozen=True)
class Faulty:
    """A portfolio in which each fault has an account of its own, between two sound ones."""

    rows: Rows
    #: By number of the fault: the row that its report points to.
    expected: list[int]


def all_faults(base: KnowledgeBase) -> Faulty:
    """Return every fault in one portfolio."""
    rows: Rows = {
        name: [r for r in listed if r["account"] == "a"] for name, listed in portfolio().items()
    }
    expected = []
    for number, (faulty, table, row, *_) in enumerate(FAULTS):
        told = faulty[table][row - 1]
        for name, listed in resolved(faulty, base).items():
            mine = [(r, faulty[name][at]) for at, r in enumerate(listed) if r["account"] == "b"]
            for own, source in mine:
                rows[name].append({**own, "account": f"b{number}"})
                if source is told:
                    expected.append(len(rows[name]))
    for name, listed in portfolio().items():
        rows[name] += [r for r in listed if r["account"] == "c"]
    return Faulty(rows, expected)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_fault_rejects_its_account_and_no_other(
    tmp_path: Path, base: KnowledgeBase, form: str
) -> None:
    faulty = all_faults(base)
    assert len(faulty.expected) == len(FAULTS)

    with open_source(write(tmp_path, faulty.rows, form), base, DAY) as source:
        (frames,) = source.chunks()

    assert frames.accounts["account_id"].to_list() == ["a", "c"]
    numbers = frames.accounts["account"].to_list()
    assert numbers == [0, 1]
    assert frames.people["person"].to_list() == [0, 1, 2, 3]
    assert frames.links.select("member", "person").rows() == [(0, 0), (1, 2)]
    assert frames.belongs["person"].to_list() == [0, 1, 2, 3]
    assert frames.accounts["trust_other"].to_list() == [3, 3]
    assert frames.accounts["satisfaction_rating__theirs"].to_list() == [4, 4]
    for name, each in (("people", 2), ("team", 1), ("links", 1), ("decisions", 1), ("belongs", 2)):
        assert getattr(frames, name)["account"].to_list() == [
            n for n in numbers for _ in range(each)
        ]
    assert {fault["account"] for fault in source.rejected} == {f"b{n}" for n in range(len(FAULTS))}
    for number, (_, table, _, column, says) in enumerate(FAULTS):
        told = [f for f in source.rejected if f["account"] == f"b{number}" and says in f["reason"]]
        place = (f"{table}.{form}", faulty.expected[number], column)
        assert told, (number, says)
        assert (told[0]["file"], told[0]["row"], told[0]["column"]) == place
    for name, counts in source.counts.items():
        assert counts["read"] == counts["used"] + counts["rejected"] == len(faulty.rows[name])
        assert counts["used"] == sum(row["account"] in ("a", "c") for row in faulty.rows[name])


@pytest.mark.parametrize("rows", [fault[0] for fault in FAULTS])
def test_a_faulty_account_is_no_case(base: KnowledgeBase, rows: Rows) -> None:
    rows = resolved(rows, base)
    mine = {name: [row for row in listed if row["account"] == "b"] for name, listed in rows.items()}

    with pytest.raises(CaseError):
        case_of(mine, base)


def test_the_value_is_named(tmp_path: Path, base: KnowledgeBase) -> None:
    rows = changed("accounts", 2, trust_other="9")
    with open_source(write(tmp_path, rows, "csv"), base, DAY) as source:
        list(source.chunks())
    (fault,) = source.rejected
    assert fault == {
        "account": "b",
        "file": "accounts.csv",
        "row": 2,
        "column": "trust_other",
        "value": "9",
        "reason": "trust_other takes a number from 1 to 5, not 9",
    }


def test_an_id_that_stands_twice_rejects_both_wherever_they_are(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    rows = portfolio()
    rows["accounts"].append({**rows["accounts"][0], "name": "A again"})
    with open_source(write(tmp_path, rows, "parquet"), base, DAY, chunk_accounts=2) as source:
        names = [name for frames in source.chunks() for name in frames.accounts["name"]]
    assert names == ["B", "C"]
    faults = [(fault["row"], fault["reason"]) for fault in source.rejected]
    assert faults == [(1, "duplicate account id"), (4, "duplicate account id")]
    assert source.counts["accounts"] == {"read": 4, "used": 2, "rejected": 2}
    assert source.counts["people"] == {"read": 6, "used": 4, "rejected": 2}


@pytest.mark.parametrize("chunk", [1, 100])
def test_rows_of_no_account_are_told_and_counted(
    tmp_path: Path, base: KnowledgeBase, chunk: int
) -> None:
    rows = portfolio()
    rows["people"].insert(0, {"account": "z", "person": "p1"})
    rows["links"].append({"account": None, "member": "m1", "person": "p1"})
    with open_source(write(tmp_path, rows, "parquet"), base, DAY, chunk_accounts=chunk) as source:
        found = [name for frames in source.chunks() for name in frames.accounts["account_id"]]
    assert found == ["a", "b", "c"]
    told = sorted((f["account"] or "", f["file"], f["row"], f["column"]) for f in source.rejected)
    assert told == [("", "links.parquet", 4, "account"), ("z", "people.parquet", 1, "account")]
    assert source.counts["people"] == {"read": 7, "used": 6, "rejected": 1}
    assert source.counts["links"] == {"read": 4, "used": 3, "rejected": 1}


def test_an_account_without_an_id_is_told(tmp_path: Path, base: KnowledgeBase) -> None:
    rows = portfolio()
    rows["accounts"].append({"account": None, "name": "?"})
    with open_source(write(tmp_path, rows, "csv"), base, DAY) as source:
        (frames,) = source.chunks()
    assert frames.accounts.height == 3
    assert [(f["row"], f["column"]) for f in source.rejected] == [(4, "account")]


def test_enough_of_an_accounts_faults_are_told(tmp_path: Path, base: KnowledgeBase) -> None:
    rows = portfolio()
    rows["people"] += [{"account": "b", "person": f"q{n}", "authority": "king"} for n in range(50)]
    with open_source(write(tmp_path, rows, "parquet"), base, DAY) as source:
        (frames,) = source.chunks()
    assert frames.accounts["account_id"].to_list() == ["a", "c"]
    assert len(source.rejected) == 20
    assert source.counts["people"]["rejected"] == 52


def test_a_case_file_that_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    (tmp_path / "one.yaml").write_text("account: {id: one, name: One}\n")
    (tmp_path / "two.yaml").write_text("account: {id: two}\nfacts:\n  trust_other: 9\n")
    (tmp_path / "three.json").write_text("{")
    (tmp_path / "four.yaml").write_text("account: {id: one}\n")
    with open_source(tmp_path, base, DAY) as source:
        (frames,) = source.chunks()
        assert source.total == 4
    assert frames.accounts.height == 0
    told = {(f["file"], f["row"], f["reason"]) for f in source.rejected}
    assert ("two.yaml", 3, "trust_other takes a number from 1 to 5, not 9") in told
    assert {file for file, _, _ in told} == {"one.yaml", "two.yaml", "three.json", "four.yaml"}
    assert source.counts["accounts"] == {"read": 4, "used": 0, "rejected": 4}


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("trust_othr", 'Did you mean "trust_other"?'),
        ("authority", "of people"),
        ("satisfaction_rating", "satisfaction_rating__theirs"),
    ],
)
def test_a_column_that_cannot_be_stops_the_run(
    tmp_path: Path, base: KnowledgeBase, column: str, says: str
) -> None:
    write(tmp_path, {"accounts": [{"account": "a", column: "1"}]}, "csv")
    with pytest.raises(KamError, match=r"accounts\.csv") as error:
        open_source(tmp_path, base, DAY)
    assert says in str(error.value)


def test_a_folder_without_accounts_stops_the_run(tmp_path: Path, base: KnowledgeBase) -> None:
    with pytest.raises(KamError, match="neither a table of accounts nor case files"):
        open_source(tmp_path, base, DAY)
    write(tmp_path, {"people": [{"account": "a", "person": "p"}]}, "csv")
    with pytest.raises(KamError, match="there is no table of accounts"):
        open_source(tmp_path, base, DAY)
    with pytest.raises(KamError, match="a folder"):
        open_source(tmp_path / "people.csv", base, DAY)


def test_a_table_in_two_files_stops_the_run(tmp_path: Path, base: KnowledgeBase) -> None:
    rows: Rows = {"accounts": [{"account": "a"}]}
    write(tmp_path, rows, "csv")
    write(tmp_path, rows, "parquet")
    with pytest.raises(KamError, match="keep one"):
        open_source(tmp_path, base, DAY)


def test_a_missing_key_column_stops_the_run(tmp_path: Path, base: KnowledgeBase) -> None:
    write(tmp_path, {"accounts": [{"account": "a"}], "links": [{"account": "a"}]}, "csv")
    with pytest.raises(KamError, match='the column "member" is missing'):
        open_source(tmp_path, base, DAY)


@pytest.mark.parametrize("name", ["accounts.parquet", "accounts.arrow", "accounts.csv"])
def test_a_table_that_is_none_stops_the_run(tmp_path: Path, base: KnowledgeBase, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00\xff not a table")
    with pytest.raises(KamError, match=name):
        open_source(tmp_path, base, DAY)
