"""What counts as contact, and who is a customer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.errors import KamError
from kam_expert.knowledge.documents import parse_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.importing.import_result import Imported
    from kam_expert.knowledge.base import KnowledgeBase

    Shape = Callable[[str], Imported]
    Write = Callable[..., Path]
    Bring = Callable[..., Imported]
    Told = Callable[[Imported], dict[tuple[str, str, str], Any]]

SHAPES = Path(__file__).parent / "shapes"
MEETINGS = """\
system: meetings
missing_columns: allowed
recorded: changed
team: [{from: team, id: id, name: name}]
accounts: [{from: firms, id: id, name: name, owner: owner}]
people: [{from: people, id: id, name: name, account: firm}]
activities: [{from: met, person: who, member: ours, date: day}]
contact: {days: link_last_two_way_days, count: link_exchanges_90d, person_days: last_two_way_days}
"""
SOURCE = {
    "team": "id,name\nm,Marko\n",
    "firms": "id,name,owner,changed\na,Alpha,m,2026-10-31\n",
    "people": "id,name,firm\np,Petra,a\n",
}


def left_out(imported: Imported) -> Counter[str]:
    counted: Counter[str] = Counter()
    for counts in imported.counts:
        counted.update(counts.left_out)
    return counted


@pytest.mark.parametrize(
    ("reason", "many"),
    [
        ("logged", 1),
        ("deferred", 1),
        ("done_long_ago", 1),
        ("planned", 1),
        ("cancelled", 1),
        ("one_way", 1),
        ("nobody_named", 1),
        ("same_meeting", 1),
        ("not_accepted", 1),
        ("of_ours", 1),
        ("person_account", 3),
        ("supplier", 2),
    ],
)
def test_what_is_no_contact_is_left_out_by_name(reason: str, many: int, shape: Shape) -> None:
    assert left_out(shape("salesforce"))[reason] == many


def test_only_meetings_that_were_held_count(shape: Shape) -> None:
    assert left_out(shape("hubspot_lists"))["not_held"] == 2


def test_days_are_counted_from_the_newest_record(shape: Shape) -> None:
    assert str(shape("salesforce").day) == "2026-10-31"


@pytest.mark.parametrize(("day", "expected"), [("2026-10-31", 11), ("2026-11-30", 41)])
def test_days_are_counted_from_the_day_that_was_told(
    day: str, expected: int, files: Write, bring: Bring, told: Told
) -> None:
    folder = files(**SOURCE, met="who,ours,day\np,m,2026-10-20\n")
    files(".yaml", mapping=MEETINGS)

    facts = told(bring(folder, day=parse_date(day)))

    assert facts["a", "m→p", "link_last_two_way_days"] == expected


def test_without_a_day_of_the_export_meetings_are_not_counted_from_today(
    files: Write, bring: Bring
) -> None:
    undated = {**SOURCE, "firms": "id,name,owner\na,A,m\n"}
    folder = files(**undated, met="who,ours,day\np,m,2026-10-20\n")
    files(".yaml", mapping=MEETINGS)

    with pytest.raises(KamError, match="give --date"):
        bring(folder)


@pytest.mark.parametrize(
    ("days", "within"), [(["2026-08-03"], 1), (["2026-08-02"], 0), (["2026-10-31"] * 2, 2)]
)
def test_exchanges_count_for_ninety_days(
    days: list[str], within: int, files: Write, bring: Bring, told: Told
) -> None:
    rows = "".join(f"p,m,{day}\n" for day in days)
    folder = files(**SOURCE, met=f"who,ours,day\n{rows}")
    files(".yaml", mapping=MEETINGS)

    assert told(bring(folder))["a", "m→p", "link_exchanges_90d"] == within


def test_a_meeting_where_nobody_wrote_down_who_of_ours_was_there_is_one_of_the_person(
    files: Write, bring: Bring, told: Told
) -> None:
    folder = files(**SOURCE, met="who,ours,day\np,,2026-10-20\n")
    files(".yaml", mapping=MEETINGS)

    imported = bring(folder)

    assert told(imported)["a", "p", "last_two_way_days"] == 11
    assert next(imported.made.cases()).links is None


def test_an_account_without_a_meeting_has_no_list_of_links(files: Write, bring: Bring) -> None:
    folder = files(**SOURCE, met="who,ours,day\np,m,2027-01-20\n")
    files(".yaml", mapping=MEETINGS)

    (case,) = bring(folder).made.cases()

    assert case.links is None
    assert [member.id for member in case.team or ()] == ["m"]


def test_a_part_in_something_of_another_account_is_flagged_and_not_merged(
    shape: Shape, told: Told
) -> None:
    imported = shape("salesforce")
    flags = [f for f in imported.candidates if f["kind"] == "role_on_another_account"]

    assert [(f["person"], f["role_on"]) for f in flags] == [
        ("003000000000001AAA", "001000000000002AAA")
    ]
    assert ("001000000000002AAA", "003000000000001AAA", "buying_influence") not in told(imported)


def test_look_alikes_are_proposed_and_stay_apart(shape: Shape) -> None:
    imported = shape("salesforce")
    alike = {f["kind"]: f["names"] for f in imported.candidates if "alike_in" in f}

    assert alike["same_company?"] == ["Brightwater Dairy, Ltd", "Ltd. Dairy Brightwater"]
    assert alike["same_person?"] == ["Petra Novak", "Petra Novak"]
    assert imported.made.totals()["accounts"] == 3


def test_households_are_asked_about(bring: Bring, shape: Shape) -> None:
    source = SHAPES / "salesforce_tree"
    with pytest.raises(KamError, match=r"Name: may be a household: choose --leave-out"):
        bring(source, "salesforce")

    assert bring(source, "salesforce", keep=("household",)).made.totals()["accounts"] == 2
    assert shape("salesforce_tree").made.totals()["accounts"] == 1


def test_a_supplier_and_its_people_are_no_customers(shape: Shape) -> None:
    for name in ("headerless", "orders", "salesforce", "hubspot_lists"):
        names = {p.name for case in shape(name).made.cases() for p in case.people or ()}

        assert left_out(shape(name))["supplier"] > 0
        assert not names & {"Charlotte Cooper", "Steel Seller"}


@pytest.mark.parametrize("sellers", [1, 30])
def test_without_people_of_the_customer_the_stage_is_undetermined(
    sellers: int, files: Write, bring: Bring, base: KnowledgeBase
) -> None:
    team = "".join(f"m{n},Seller {n}\n" for n in range(sellers))
    firms = "id,name,owner,changed\na,Alpha,m0,2026-10-31\n"
    folder = files(team=f"id,name\n{team}", firms=firms, people="id,name,firm\n")
    files(".yaml", mapping=MEETINGS)

    imported = bring(folder)
    (case,) = imported.made.cases()
    assert imported.day is not None

    assert case.people is None
    assert diagnose(case, base, imported.day, PlainEngine()).stage.verdict == "undetermined"


def test_a_seller_a_store_and_one_contact_make_no_partnership(
    shape: Shape, base: KnowledgeBase
) -> None:
    imported = shape("headerless")
    assert imported.day is not None
    for case in imported.made.cases():
        stage = diagnose(case, base, imported.day, PlainEngine()).stage

        assert stage.verdict == "undetermined"
