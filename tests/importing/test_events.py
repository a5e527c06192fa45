"""Events from a table of another system."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from kam_expert.engines.portfolio.reading.portfolio_source import open_source
from kam_expert.engines.portfolio.writing.imported_tables import write_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.importing.import_result import Imported
    from kam_expert.knowledge.base import KnowledgeBase

    Write = Callable[..., Path]
    Bring = Callable[..., Imported]

DAY = date(2026, 11, 1)
MAPPING = """\
system: events
accounts: [{from: firms, id: id, name: name}]
people: [{from: people, id: id, name: name, account: firm}]
events:
  - from: happened
    id: key
    account: firm
    person: who
    facts:
      event_kind: {column: what, values: {person_left: [left], contract_ends: [contract]}}
      event_day: when
"""
SOURCE = {
    "firms": "id,name\na,Alpha\nb,Beta\n",
    "people": "id,name,firm\np,Petra,a\n",
}
HAPPENED = "key,firm,who,what,when\ne1,a,p,left,2026-10-03\ne2,a,,contract,2026-12-31\n"


def test_rows_become_events_of_their_account(files: Write, bring: Bring) -> None:
    folder = files(**SOURCE, happened=HAPPENED)
    files(".yaml", mapping=MAPPING)

    alpha, beta = bring(folder, day=DAY).made.cases()

    assert beta.events is None
    assert [
        (e.id, e.ends, e.ours["event_kind"][0].value, e.ours["event_day"][0].value)
        for e in alpha.events or ()
    ] == [
        ("e1", ("", "p"), "person_left", date(2026, 10, 3)),
        ("e2", ("", ""), "contract_ends", date(2026, 12, 31)),
    ]


def test_their_tables_are_the_cases_too(
    files: Write, bring: Bring, base: KnowledgeBase, tmp_path: Path
) -> None:
    folder = files(**SOURCE, happened=HAPPENED)
    files(".yaml", mapping=MAPPING)
    imported = bring(folder, day=DAY)
    (tmp_path / "out").mkdir()

    write_tables(imported.made, tmp_path / "out", "parquet")

    assert pl.read_parquet(tmp_path / "out/events.parquet").rows() == [
        ("a", "e1", None, "p"),
        ("a", "e2", None, None),
    ]
    with open_source(tmp_path / "out", base, DAY) as source:
        [alpha, _] = imported.made.cases()
        assert source.case("a").events == alpha.events


def test_an_event_about_somebody_of_another_account_is_left_out(files: Write, bring: Bring) -> None:
    folder = files(**SOURCE, happened="key,firm,who,what,when\ne1,b,p,left,2026-10-03\n")
    files(".yaml", mapping=MAPPING)

    counts = {c.table: c.left_out for c in bring(folder, day=DAY).counts}

    assert counts["happened.csv"] == {"event_of_another_account": 1}


def test_two_rows_with_one_id_are_a_fault(files: Write, bring: Bring) -> None:
    folder = files(**SOURCE, happened=HAPPENED.replace("e2", "e1"))
    files(".yaml", mapping=MAPPING)

    rejected = bring(folder, day=DAY, skip_bad=True).rejected

    assert [fault.message for fault in rejected] == ['duplicate id "e1"']
