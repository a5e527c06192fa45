"""Cells that refer to one kind or another, cells with a fallback, and people who name people."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.importing.import_result import Imported

MAPPING = """\
system: firms
missing_columns: allowed
ids: {of: 6, first: 3}
team: [{from: team, id: mid, name: member}]
accounts:
  - {from: firms, id: id, name: name}
people:
  - from: people
    id: pid
    name: person
    account: {column: firm, otherwise: [parent]}
    email: {column: mail, otherwise: [second]}
    facts: {reports_to: boss}
activities:
  - from: visits
    person: {column: about, only: {kind: contact}}
    account: {column: about, only: {kind: company}}
    member: ours
    date: {column: day, otherwise: [noted]}
contact: {days: link_last_two_way_days, count: link_exchanges_90d}
"""
FIRMS = "id,name\nfir,Fir\noak,Oak\n"


def brought(
    files: Callable[..., Path], bring: Callable[..., Imported], **texts: str
) -> tuple[Imported, dict[str, Any]]:
    files(".yaml", mapping=MAPPING)
    team = "mid,member\nm1,Olena\n"
    imported = bring(files(firms=FIRMS, team=team, **texts), day=date(2026, 10, 20))
    people = {p.id: p for case in imported.made.cases() for p in case.people or ()}
    return imported, {
        key: p.ours["reports_to"][-1].value for key, p in people.items() if "reports_to" in p.ours
    }


def test_a_person_reports_to_a_person_by_id_address_or_name(
    files: Callable[..., Path], bring: Callable[..., Imported]
) -> None:
    people = (
        "pid,person,firm,parent,mail,second,boss\n"
        "100,Ann,fir,,ann@fir.example,,none\n"
        "200,Ben,,fir,,ben@fir.example,100zzz\n"
        "300,Cid,fir,,,,Ben\n"
        "400,Dee,fir,,,,BEN@fir.example\n"
        "500,Eva,fir,,,,the new director\n"
        "600,Fay,oak,,,,Ann\n"
        "700,Gus,oak,,,,99912345\n"
        "800,Ben,oak,,,,800\n"
    )
    imported, reports = brought(files, bring, people=people)

    assert reports == {
        "100": "none", "200": "100", "300": "200", "400": "200", "500": "the new director",
    }  # fmt: skip
    told = {cell.value: cell.reason for cell in imported.cells.found}
    assert set(told) == {"Ann", "99912345", "800"}
    assert "another account" in told["Ann"]


def test_another_column_says_what_a_cell_refers_to(
    files: Callable[..., Path], bring: Callable[..., Imported]
) -> None:
    visits = (
        "about,kind,ours,day,noted\n"
        "100,contact,m1,2026-10-01,\n"
        "100,Contact,m1,,2026-10-03\n"
        "fir,company,m1,2026-10-02,\n"
        "zzz,lead,m1,2026-10-02,\n"
    )
    imported, _ = brought(files, bring, people="pid,person,firm\n100,Ann,fir\n", visits=visits)

    (counts,) = (c for c in imported.counts if c.table.startswith("visits"))
    assert (counts.used, counts.rejected) == (2, 0)
    (case,) = (c for c in imported.made.cases() if c.account.id == "fir")
    (link,) = case.links or ()
    assert link.ours["link_exchanges_90d"][-1].value == 2
