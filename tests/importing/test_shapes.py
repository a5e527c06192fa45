"""Each shape of export gives its accounts, and every row of it is counted."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from kam_expert.engines.portfolio.writing.imported_tables import write_tables
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.tables import case_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.importing.import_result import Imported
    from kam_expert.knowledge.base import KnowledgeBase

    Shape = Callable[[str], Imported]
    Told = Callable[[Imported], dict[tuple[str, str, str], Any]]

SHAPES = sorted(path.name for path in (Path(__file__).parent / "shapes").iterdir())
TOTALS = {
    "salesforce": (3, 5, 3, 4, 0, 3),
    "salesforce_tree": (1, 2, 0, 0, 0, 0),
    "affiliations": (2, 2, 0, 0, 0, 0),
    "hubspot_lists": (2, 3, 1, 2, 0, 2),
    "hubspot_api": (1, 1, 1, 1, 0, 0),
    "headerless": (2, 2, 2, 0, 0, 0),
    "orders": (3, 3, 0, 0, 0, 0),
    "one_json": (1, 1, 1, 0, 0, 0),
    "procurement": (2, 1, 0, 0, 0, 0),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_gives_its_accounts_people_team_and_tasks(name: str, shape: Shape) -> None:
    assert tuple(shape(name).made.totals().values()) == TOTALS[name]


@pytest.mark.parametrize("name", SHAPES)
def test_every_row_is_used_rejected_or_left_out_for_a_reason(name: str, shape: Shape) -> None:
    for counts in shape(name).counts:
        assert counts.read > 0
        assert counts.read == counts.used + counts.rejected + sum(counts.left_out.values())


@pytest.mark.parametrize("name", SHAPES)
def test_the_case_files_of_a_shape_are_read_back_as_they_were(
    name: str, shape: Shape, base: KnowledgeBase, tmp_path: Path
) -> None:
    for case in shape(name).made.cases():
        file = tmp_path / "case.yaml"
        file.write_text(case_text(case), encoding="utf-8")

        assert read_case(file, base) == case


def tables_in(folder: Path) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for path in folder.iterdir():
        if path.suffix == ".csv":
            found[path.stem] = pl.read_csv(path, infer_schema=False).to_dicts()
        else:
            found[path.stem] = pl.read_parquet(path).to_dicts()
    return {
        name: [{key: cell for key, cell in row.items() if cell is not None} for row in rows]
        for name, rows in found.items()
    }


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("name", SHAPES)
def test_the_tables_of_a_shape_are_its_cases(
    name: str, form: str, shape: Shape, base: KnowledgeBase, tmp_path: Path
) -> None:
    imported = shape(name)
    write_tables(imported.made, tmp_path, form)
    rows = tables_in(tmp_path)

    for case in imported.made.cases():
        mine = {
            table: [row for row in listed if row["account"] == case.account.id]
            for table, listed in rows.items()
        }
        assert case_of(mine, base) == case


def test_salesforce_gives_facts_of_people_links_and_team(shape: Shape, told: Told) -> None:
    facts = told(shape("salesforce"))
    dairy, petra = "001000000000001AAA", "003000000000001AAA"

    assert facts[dairy, petra, "function"] == "procurement"
    assert facts[dairy, petra, "buying_influence"] == ["economic"]
    assert facts[dairy, "005000000000001AAA", "member_function"] == "account_manager"
    assert facts[dairy, f"005000000000001AAA→{petra}", "link_last_two_way_days"] == 11
    assert facts["001000000000002AAA", "001000000000002AAA", "account_status"] == "prospect"


def test_the_contract_that_is_in_force_and_ends_last_counts(shape: Shape) -> None:
    """A draft ends later, and the only contract of the second account is deleted."""
    cases = list(shape("salesforce").made.cases())
    ends = {case.account.id[:15]: case.account.ours.get("contract_end") for case in cases}

    (answer,) = ends["001000000000001"] or ()
    assert answer.value == date(2028, 3, 31)
    assert ends["001000000000002"] is None


def test_ids_of_fifteen_and_eighteen_characters_are_the_same(shape: Shape, told: Told) -> None:
    # The visit of 30 July is noted with short ids; it lies more than 90 days back.
    facts = told(shape("salesforce"))
    link = "005000000000001AAA→003000000000001AAA"

    assert facts["001000000000001AAA", link, "link_exchanges_90d"] == 1


def test_records_of_a_tree_refer_to_each_other_and_lie_in_each_other(shape: Shape) -> None:
    (case,) = shape("salesforce_tree").made.cases()

    assert [p.name for p in case.people or ()] == ["Petra Novak", "Nested Person"]


def test_a_person_may_belong_to_several_organisations(shape: Shape) -> None:
    cases = {case.account.id: case for case in shape("affiliations").made.cases()}

    assert [[p.id for p in case.people or ()] for case in cases.values()] == [["003A"], ["003A"]]


def test_a_person_of_several_companies_is_one_of_each(shape: Shape) -> None:
    cases = {case.account.id: case for case in shape("hubspot_lists").made.cases()}

    assert [p.id for p in cases["9001"].people or ()] == ["51", "52"]
    assert [p.id for p in cases["9003"].people or ()] == ["52"]


def test_the_owner_and_the_segment_are_kept(shape: Shape) -> None:
    (case,) = shape("hubspot_api").made.cases()
    first: Case = next(shape("salesforce").made.cases())

    assert case.owner == "Olena Hnatiuk"
    assert (first.owner, first.segment) == ("Олена Гнатюк", "Food")


def test_people_are_linked_by_the_domain_of_their_mail(shape: Shape) -> None:
    (case,) = shape("one_json").made.cases()

    assert [p.name for p in case.people or ()] == ["Ann Lee"]


def test_a_contact_point_that_is_the_organisation_itself_is_no_person(shape: Shape) -> None:
    cases = {case.account.name: case for case in shape("procurement").made.cases()}

    assert [p.name for p in cases["Лікарня №1"].people or ()] == ["Ганна Шевчук"]
    assert cases["Школа"].people is None


def test_each_fact_says_file_row_column_and_day(shape: Shape) -> None:
    case = next(shape("salesforce").made.cases())
    petra = (case.people or ())[0]
    (answer,) = petra.ours["function"]

    # Read from the words of a title.
    assert answer.source == "assumed"
    assert answer.by == "Contact.csv, row 1, column Title"
    assert str(answer.place) == answer.by
    assert str(answer.as_of) == "2026-10-02"


def test_of_several_columns_the_one_is_named_that_told_something(shape: Shape) -> None:
    case = next(shape("salesforce").made.cases())
    _, ivan, _ = case.people or ()

    assert ivan.ours["function"][0].by == "Contact.csv, row 2, column Department"
