"""Kinds of trouble in exports: each is read, left out by name, or reported with its place.

With --all in more encodings, and in the other language.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from kam_expert.errors import CaseError, KamError
from kam_expert.facts.answer_text import AnswerText
from kam_expert.facts.workbook_form import HEAD_ROWS, SHEETS
from kam_expert.facts.workbook_reader import read_workbook
from kam_expert.importing.corrections import read_corrections
from kam_expert.importing.mapping import load_shared
from kam_expert.importing.row_counts import SourceError
from kam_expert.outputs.imported import summary, write_imported
from tests.command import run_kam
from tests.sampling import few_of
from tests.shipped import shipped_base

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.importing.import_result import Imported
    from kam_expert.knowledge.base import KnowledgeBase

    Bring = Callable[..., Imported]
    Write = Callable[..., Path]
    Told = Callable[[Imported], dict[tuple[str, str, str], Any]]

MAPPING = """\
system: firms
missing_columns: allowed
team: [{from: team, id: mid, name: member}]
accounts:
  - from: firms
    id: id
    name: name
    facts:
      {revenue_12m: turnover, share_of_wallet_pct: share, on_key_list: key,
       partnership_start: since}
people:
  - from: people
    id: pid
    name: person
    account: {column: firm, by: any}
    facts:
      function: {column: title, named: functions}
      seniority: {column: title, named: seniority}
      last_two_way_days: LAST
activities:
  - from: visits
    person: {column: who, by: any}
    member: {column: ours, by: any}
    date: day
contact:
  {days: link_last_two_way_days, count: link_exchanges_90d, within_days: 90,
    person_days: last_two_way_days}
"""


@pytest.fixture
def take(files: Write, bring: Bring) -> Callable[..., Imported]:
    """Import tables given as texts; *last* is what the mapping says of the days since contact."""

    def run(last: str = "last", wishes: dict[str, Any] | None = None, **texts: str) -> Imported:
        files(".yaml", mapping=MAPPING.replace("LAST", last))
        return bring(files(**texts), **(wishes or {}))

    return run


def facts(told: dict[tuple[str, str, str], Any], fact: str) -> dict[str, Any]:
    return {of: value for (_, of, name), value in told.items() if name == fact}


# One cell


@pytest.mark.parametrize("cell", ["gold", "так-ні", "perhaps"])
def test_a_bad_cell_leaves_the_account_and_its_people(
    cell: str, take: Callable[..., Imported], told: Told
) -> None:
    imported = take(
        firms=f"id,name,key\nw,Willow,{cell}\no,Oak,Так\n", people="pid,person,firm\np,Petra,w\n"
    )

    assert imported.made.totals()["accounts"] == 2
    assert facts(told(imported), "on_key_list") == {"o": "yes"}
    (cell_,) = imported.cells.found
    assert (str(cell_.place), cell_.value, cell_.times) == (
        "firms.csv, row 1 (line 2), column key", cell, 1,
    )  # fmt: skip
    assert (imported.cells.read, imported.cells.known, imported.cells.unknown) == (2, 1, 0)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["2 400 000 грн", "UAH 81000", "15|UAH", "0,3 млн"], [2_400_000, 81_000, 15, 300_000]),
        (["€ 1.500", "2.500,75 EUR", "1 000 €"], [1500, 2500.75, 1000]),
        (["12,5", "1.234", "7"], [12.5, 1234, 7]),
    ],
)
def test_amounts_with_words_and_signs(
    cells: list[str], values: list[float], take: Callable[..., Imported], told: Told
) -> None:
    rows = "".join(f'f{n};F{n};"{cell}"\n' for n, cell in enumerate(cells))
    imported = take(firms=f"id;name;turnover\n{rows}")

    assert list(facts(told(imported), "revenue_12m").values()) == values


@pytest.mark.parametrize(
    ("heading", "cells", "values"),
    [
        # A unit in the heading holds for cells that name none.
        ("turnover, тис. грн", ["1 250,5", "2..3", "4 млн грн"], [1_250_500, "2000..3000", 4e6]),
        ("Turnover (k EUR)", ["1250", "€ 900", "1,5"], [1_250_000, 900, 1500]),
        ("turnover [USD]", ["7", "8 USD", "-"], [7, 8]),
    ],
)
def test_units_of_money_in_a_heading(
    heading: str, cells: list[str], values: list[Any], take: Callable[..., Imported], told: Told
) -> None:
    rows = "".join(f"f{n};F{n};{cell}\n" for n, cell in enumerate(cells))
    imported = take(firms=f"id;name;{heading}\n{rows}")

    assert list(facts(told(imported), "revenue_12m").values()) == values
    assert imported.made.currency in heading.replace("грн", "UAH")


def test_units_of_a_heading_and_of_cells_are_compared(take: Callable[..., Imported]) -> None:
    with pytest.raises(SourceError, match=r"amounts in different currencies: .*UAH.*EUR"):
        take(firms='id;name;"turnover, UAH"\na;A;5\nb;B;7 EUR\n')


def test_two_currencies_are_asked_about(take: Callable[..., Imported], told: Told) -> None:
    firms = "id;name;turnover\na;A;100 UAH\nb;B;5 USD\nc;C;7\n"
    with pytest.raises(SourceError, match=r'UAH \("100 UAH".* USD .*--currency UAH'):
        take(firms=firms)

    imported = take(firms=firms, wishes={"currency": "UAH"})
    assert facts(told(imported), "revenue_12m") == {"a": 100, "c": 7}
    assert [cell.reason for cell in imported.cells.found] == ['"5 USD" is not in UAH']
    assert imported.made.currency == "UAH"


@pytest.mark.parametrize("shares", [["0.425", "0.3", "0.98"], ["0,1", "1", "0"]])
def test_percentages_between_nought_and_one_are_asked_about(
    shares: list[str], take: Callable[..., Imported], told: Told
) -> None:
    rows = "".join(f'f{n};F{n};"{share}"\n' for n, share in enumerate(shares))
    with pytest.raises(SourceError, match="--percent whole or --percent fraction"):
        take(firms=f"id;name;share\n{rows}")

    read = {
        how: facts(
            told(take(firms=f"id;name;share\n{rows}", wishes={"percent": how})),
            "share_of_wallet_pct",
        )
        for how in ("whole", "fraction")
    }  # fmt: skip
    numbers = [float(share.replace(",", ".")) for share in shares]
    assert list(read["whole"].values()) == numbers
    assert list(read["fraction"].values()) == [pytest.approx(100 * n) for n in numbers]


def test_percent_signs_and_large_numbers_settle_percentages(
    take: Callable[..., Imported], told: Told
) -> None:
    one = take(firms="id,name,share\na,A,0.4%\nb,B,0.5 %\n")
    two = take(firms="id,name,share\na,A,0.4\nb,B,12\n")

    assert list(facts(told(one), "share_of_wallet_pct").values()) == [0.4, 0.5]
    assert list(facts(told(two), "share_of_wallet_pct").values()) == [0.4, 12]


@pytest.mark.parametrize(
    "word", ["н/д", "немає даних", "N/A", "невідомо", "не знаю", "-", "–", "tbd"]
)
def test_words_for_unknown(word: str, take: Callable[..., Imported], told: Told) -> None:
    imported = take(firms=f"id,name,turnover,share,key,since\na,A,{word},{word},{word},{word}\n")

    assert told(imported) == {}
    assert imported.cells.found == []
    assert (imported.cells.read, imported.cells.unknown) == (4, 4)


def test_the_whole_column_shows_the_order_of_dates(
    take: Callable[..., Imported], told: Told
) -> None:
    imported = take(firms="id,name,since\na,A,03/04/2026\nb,B,25/04/2026\n")

    assert list(facts(told(imported), "partnership_start").values()) == ["2026-04-03", "2026-04-25"]
    with pytest.raises(SourceError, match="choose: --dates dmy or --dates mdy"):
        take(firms="id,name,since\na,A,03/04/2026\nb,B,25/04/2026\nc,C,04/25/2026\n")


@pytest.mark.parametrize(
    ("days", "values"), [(["2026-11-10", ""], [10]), (["19.11.2026", "2026-12-01"], [1])]
)
def test_days_since_a_date(
    days: list[str], values: list[int], take: Callable[..., Imported], told: Told
) -> None:
    rows = "".join(f"p{n},P,a,{day}\n" for n, day in enumerate(days))
    texts = {"firms": "id,name\na,A\n", "people": f"pid,person,firm,last\n{rows}"}
    today = date(2026, 11, 20)

    counted = take("{days_since: last}", wishes={"day": today}, **texts)
    plain = take(wishes={"day": today}, **texts)

    assert list(facts(told(counted), "last_two_way_days").values()) == values
    assert all("days_since" in cell.reason for cell in plain.cells.found)
    assert len(plain.cells.found) == sum(map(bool, days))


def test_letters_of_two_alphabets(take: Callable[..., Imported], told: Told) -> None:
    imported = take(
        firms="id,name\na,ТОВ Явір\nb,ТОВ Явip\n",
        people="pid,person,firm,title\np,Оксана,a,Фахiвець вiддiлу закупiвель\n"
        "q,Q,ТОВ Явip,ІT директор\n",
        wishes={"skip_bad": True},
    )

    assert facts(told(imported), "function")["p"] == "procurement"
    assert [found["alike_in"] for found in imported.candidates] == [["name"]]
    assert imported.rejected[0].message.startswith('"ТОВ Явip" is the name of two accounts')


# One row


@pytest.mark.parametrize("identity", ["4.87688E+18", "1,2E+15", "7E+20"])
def test_ids_that_a_spreadsheet_shortened(identity: str, take: Callable[..., Imported]) -> None:
    with pytest.raises(SourceError, match=r"row 1 .* an id that a spreadsheet shortened"):
        take(firms=f'id;name\n"{identity}";A\nb;B\n', people=f'pid;person;firm\np;P;"{identity}"\n')


def test_ids_that_a_workbook_keeps_as_numbers(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace("LAST", "last"))
    with xlsxwriter.Workbook(str(tmp_path / "firms.xlsx")) as book:
        sheet = book.add_worksheet("firms")
        sheet.write_row(0, 0, ["id", "name"])
        sheet.write_row(1, 0, [4876880000000000123, "A"])

    with pytest.raises(SourceError, match=r"firms\.xlsx: firms!A2: .* a spreadsheet shortened"):
        bring(tmp_path)


@pytest.mark.parametrize(
    ("closing", "left_out"),
    [
        ('"Grand Totals (2 records)","",300\n\n"Confidential"\n"Generated By: Ann"\n',
         {"total_line": 1, "closing_line": 2}),
        ("Разом,,300\n", {"total_line": 1}),
        (",Всього:,300\n", {"total_line": 1}),
        ("Sum total 300\n", {"closing_line": 1}),
    ],
)  # fmt: skip
def test_lines_below_a_report_are_no_records(
    closing: str, left_out: dict[str, int], take: Callable[..., Imported]
) -> None:
    imported = take(firms=f"id,name,turnover\n001,A,100\n002,TotalEnergies,200\n{closing}")
    (counts,) = imported.counts

    assert (counts.used, counts.rejected, counts.left_out) == (2, 0, left_out)


def test_a_line_below_the_total_is_no_record(take: Callable[..., Imported]) -> None:
    """Reports fill all columns with delimiters; a signature then has one cell, as a record may."""
    imported = take(
        firms="id;name;turnover\na;Ash;1\nb;;2\nРазом;;3\nПідготувала: Гнатюк О.;;\n01.11.2026;;\n"
    )

    assert [case.account.id for case in imported.made.cases()] == ["a", "b"]
    (counts,) = [counts for counts in imported.counts if counts.table == "firms.csv"]
    assert counts.left_out == {"total_line": 1, "closing_line": 2}


def test_headings_with_letters_of_another_alphabet(
    take: Callable[..., Imported], told: Told
) -> None:
    imported = take(firms="id;nаme;turnоver;Кey\na;Ash;5;уes\n")  # Cyrillic а, о, К and у

    assert facts(told(imported), "on_key_list") == {"a": "yes"}
    assert [case.account.name for case in imported.made.cases()] == ["Ash"]
    assert facts(told(imported), "revenue_12m") == {"a": 5}


def test_quotes_of_a_name_do_not_matter(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(
        MAPPING.replace("account: firm", "account: {column: firm, by: name}")
    )
    (tmp_path / "firms.csv").write_text("id,name\na,ТОВ «Об'єднання Ясен»\n")
    (tmp_path / "people.csv").write_text('pid,person,firm\np,Ivan,"ТОВ ""Об’єднання Ясен"""\n')
    (case,) = bring(tmp_path).made.cases()

    assert [person.name for person in case.people or ()] == ["Ivan"]


def test_a_short_line_within_a_table_is_a_fault(take: Callable[..., Imported]) -> None:
    with pytest.raises(SourceError, match=r"row 2 \(line 3\): has 1 cells; the header has 2"):
        take(firms="id,name\na,A\nbroken\nb,B\n")


def test_commas_at_the_ends_of_lines_are_no_cells(take: Callable[..., Imported]) -> None:
    imported = take(firms="id,name,\na,A,\nb,B,,\n")

    assert imported.made.totals()["accounts"] == 2


@pytest.mark.parametrize(
    "above", ["Firms on 29.11.2026;;\n;;\n", '"A title, and\nmore"\n\n', "Shown:;turnovers\n"]
)
def test_lines_above_the_heading(above: str, take: Callable[..., Imported], told: Told) -> None:
    imported = take(firms=f"{above}id;name;turnover\na;A;lots\nb;B;5\n")

    assert facts(told(imported), "revenue_12m") == {"b": 5}
    assert "above the heading" in imported.counts[0].how
    line = above.count("\n") + 2
    assert f"(line {line})" in str(imported.cells.found[0].place)


def test_the_mapping_can_say_where_the_heading_is(files: Write, bring: Bring) -> None:
    files(".yaml", mapping=MAPPING.replace("LAST", "last") + "files: {firms: {header: 2}}\n")
    imported = bring(files(firms="id,name\nid,name,key\na,A,yes\n"))

    assert imported.cells.known == 1


def test_somebody_who_left_our_firm_costs_no_meeting(
    take: Callable[..., Imported], told: Told
) -> None:
    imported = take(
        team="mid,member\nm,Marko\n",
        firms="id,name\na,A\n",
        people="pid,person,firm\np,Petra,a\nq,Quentin,a\n",
        visits="who,ours,day\np,Former Colleague,2026-11-10\n"
        "q,Marko,2026-11-12\nq,api-user,2026-11-13\n",
        wishes={"day": date(2026, 11, 20)},
    )

    assert facts(told(imported), "last_two_way_days") == {"p": 10, "q": 7}
    assert {cell.value for cell in imported.cells.found} == {"Former Colleague", "api-user"}


def test_names_of_two_people_are_shown(take: Callable[..., Imported]) -> None:
    with pytest.raises(SourceError) as error:
        take(
            firms="id,name\na,A\n",
            people="pid,person,firm\np,Ann Lee,a\nq,Ann Lee,a\n",
            visits="who,ours,day\nAnn Lee,,2026-11-10\n",
        )

    assert str(error.value) == (
        'visits.csv, row 1 (line 2), column who: "Ann Lee" is the name of two people '
        "(people.csv, row 1 and people.csv, row 2); refer by id"
    )


@pytest.mark.parametrize("key", ["34115304713", "0015g00000ABCDE"])
def test_no_guess_between_ids_without_words(key: str, take: Callable[..., Imported]) -> None:
    other = key[:-2] + key[-1] + key[-2]
    with pytest.raises(SourceError) as error:
        take(firms=f"id,name\n{other},A\n", people=f"pid,person,firm\np,P,{key}\n")

    assert "Did you mean" not in str(error.value)


def test_a_guess_between_ids_of_words(take: Callable[..., Imported]) -> None:
    with pytest.raises(SourceError, match='Did you mean "willow"'):
        take(firms="id,name\nwillow,A\n", people="pid,person,firm\np,P,wilow\n")


# Titles


TITLES = {
    "помічниця генерального директора": ("specialist", None, "helper"),
    "Executive Assistant to the CFO": ("specialist", "finance", "helper"),
    "Радник президента": (None, None, "adviser"),
    "Former CEO": (None, None, "former"),
    "ex-Head of Procurement": (None, None, "former"),
    "Колишній директор": (None, None, "former"),
    "Голова профспілкового комітету": (None, None, "of_a_union"),
    "заступниця генерального директора": ("director", None, "deputy"),
    "Deputy Director of Production": ("manager", "operations_users", "deputy"),
    "Product Owner": (None, None, ""),
    "Owner": ("executive", "general_management", ""),
    "Головна бухгалтерка": ("director", "finance", ""),
    "Chief Engineer": ("director", "technical_rnd", ""),
    "Chief Procurement Officer": ("executive", "procurement", ""),
    "Начальниця відділу закупівель": ("manager", "procurement", ""),
    "Керівниця служби якості": ("director", "quality", ""),
    "EVP, Sales": ("executive", "sales_marketing", ""),
    "Head of Quality": ("director", "quality", ""),
    "Head Nurse": (None, None, ""),
    "Export Manager": ("manager", None, ""),
    "Import and Export Sales Director": ("director", "sales_marketing", ""),
    "ІТ директор": ("director", "it", ""),
    "бухгалтерка": ("specialist", "finance", ""),
    "Дослідник": (None, None, ""),
    "Заступниця головної бухгалтерки": ("manager", "finance", "deputy"),
    "Комерційна директорка": ("director", "sales_marketing", ""),
    "менеджерка зі збуту": ("manager", "sales_marketing", ""),
    "Purchasing Dept. Mgr.": ("manager", "procurement", ""),
    "Асистентка заступниці директора": ("specialist", None, "helper"),
    "Deputy Head of Logistics (retired)": (None, None, "former"),
    "Віцепрезидентка": ("executive", None, ""),
    "Завідувачка лабораторії": ("manager", "technical_rnd", ""),
}


def test_titles_are_evidence(
    take: Callable[..., Imported], told: Told, tmp_path: Path, base: KnowledgeBase
) -> None:
    rows = "".join(f'p{n},P{n},a,"{title}"\n' for n, title in enumerate(TITLES))
    imported = take(firms="id,name\na,A\n", people=f"pid,person,firm,title\n{rows}")
    said = told(imported)
    read = {
        title: (
            facts(said, "seniority").get(f"p{n}"),
            facts(said, "function").get(f"p{n}"),
            imported.titles.read[title].relation if imported.titles else "",
        )
        for n, title in enumerate(TITLES)
    }

    assert read == TITLES
    (case,) = imported.made.cases()
    sources = {a.source for p in case.people or () for given in p.ours.values() for a in given}
    assert sources == {"assumed"}
    write_imported(imported, tmp_path / "out")
    with (tmp_path / "out" / "titles.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = {row["title"]: row for row in csv.DictReader(file)}
    assert set(listed) == set(TITLES)
    assert listed["Chief Engineer"]["function"] == "technical_rnd"
    assert "titles that say nothing: 9" in "".join(
        summary(imported, load_shared(), base, tmp_path / "out", "en")
    )


# Corrections


def test_what_was_not_understood_can_be_corrected(
    take: Callable[..., Imported], told: Told, tmp_path: Path, base: KnowledgeBase
) -> None:
    texts = {
        "firms": "id,name,key,turnover\na,A,gold,=1+1\nb,B,gold,5\n",
        "people": "pid,person,firm,title\np,P,a,Guru\nq,Q,a,buyer\n",
    }
    write_imported(take(**texts), tmp_path / "out")
    cells, titles = (tmp_path / "out" / name for name in ("not_understood.csv", "titles.csv"))
    with cells.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["fact"], row["value"], row["times"]) for row in rows] == [
        ("revenue_12m", "'=1+1", "1"), ("on_key_list", "gold", "2"),
    ]  # fmt: skip
    fill(cells, {"gold": "так", "'=1+1": "2"}, "value", "read_as")
    fill(titles, {"Guru": "executive"}, "title", "seniority")

    corrected = read_corrections([cells, titles], base)
    imported = take(**texts, wishes={"corrected": corrected})

    assert facts(told(imported), "on_key_list") == {"a": "yes", "b": "yes"}
    assert facts(told(imported), "revenue_12m") == {"a": 2, "b": 5}
    assert facts(told(imported), "seniority") == {"p": "executive", "q": "specialist"}
    assert imported.cells.found == []
    (case, _) = imported.made.cases()
    # Somebody looked the titles through.
    assert (case.people or ())[0].ours["seniority"][0].source == "reported"


def fill(path: Path, put: dict[str, str], by: str, column: str) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row[column] = put.get(row[by], row[column])
    with path.open("w", encoding="utf-16", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def test_a_correction_that_is_no_value_is_told_with_its_place(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    path = tmp_path / "not_understood.csv"
    path.write_text("fact,value,read_as\non_key_list,gold,silver\nkey_list,x,yes\n")

    with pytest.raises(KamError) as error:
        read_corrections([path], base)
    place = "not_understood.csv, row {} (line {}), column read_as: "
    assert str(error.value).splitlines() == [
        f'{place.format(1, 2)}"silver" is not a value of on_key_list; it is one of yes, no.',
        f'{place.format(2, 3)}unknown fact "key_list". Did you mean "on_key_list"?',
    ]


# Whole files


@pytest.mark.parametrize(
    "content",
    ["<html><table><tr><td>id</td></tr></table></html>", "\ufeff<!DOCTYPE html>\n<table>"],
)
def test_a_web_page_without_rows_is_named(content: str, tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace("LAST", "last"))
    (tmp_path / "firms.xls").write_text(content, encoding="utf-8")

    with pytest.raises(KamError, match=r"firms\.xls \(no table with rows in it"):
        bring(tmp_path)


def test_files_that_are_not_read_are_named(take: Callable[..., Imported], tmp_path: Path) -> None:
    (tmp_path / "~$firms.xlsx").write_bytes(b"lock")
    (tmp_path / "old.xlsb").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "people.csv").write_bytes(b"")
    (tmp_path / "archive.PST").write_bytes(b"!BDN")
    (tmp_path / "one.msg").write_bytes(b"\xd0\xcf\x11\xe0")
    imported = take(firms="id,name\na,A\n")

    assert [name for name in imported.unread if "mapping" not in name] == [
        (
            "archive.PST (not read; turn it into mbox: readpst -o FOLDER FILE.pst, "
            "and name the files .mbox)"
        ),
        "old.xlsb (.xlsb is not supported; open it and save it as .xlsx)",
        "one.msg (not read; drag the message to a folder in Thunderbird and save it as .eml)",
        "~$firms.xlsx (the lock file of an open workbook)",
        "people.csv (empty)",
    ]


def test_cells_of_a_workbook_are_named_as_it_shows_them(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace("LAST", "last"))
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as book:
        sheet = book.add_worksheet("firms")
        sheet.write(0, 0, "Our firms")
        sheet.write_row(2, 0, ["id", "name", "turnover"])
        sheet.write_row(3, 0, ["a", "A", "lots"])
        sheet.write_row(5, 0, ["b", "B", 12.345])
        people = book.add_worksheet("people")
        people.write_row(0, 0, ["firm", "pid", "person"])
        people.merge_range(1, 0, 2, 0, "a")
        people.write_row(1, 1, ["p", "P"])
        people.write_row(2, 1, ["q", "Q"])
    imported = bring(tmp_path)

    assert str(imported.cells.found[0].place) == "book.xlsx: firms!C4"
    made = imported.made
    by = {(of, told.fact): made.by(told) for _, _, of, told in made.each_value()}  # type: ignore[arg-type] # each has its own
    assert by == {("b", "revenue_12m"): "book.xlsx: firms!C6"}
    assert [len(case.people or ()) for case in made.cases()] == [2, 0]


# Workbooks of one account


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """Write a filled-in workbook whose sheet of answers moved by rows and columns."""

    def written(down: int, right: int, mark: str = "kam:facts") -> Path:
        path = tmp_path / "acme.xlsx"
        with xlsxwriter.Workbook(str(path)) as file:
            account = file.add_worksheet("account")
            account.write_row(0, 0, ["kam:account", *SHEETS["account"][1:]])
            account.write_row(HEAD_ROWS, 0, ["id", "", "acme"])
            answers = file.add_worksheet("answers")
            answers.write_row(down, right, [mark, *SHEETS["facts"][1:]])
            answers.write_row(down + HEAD_ROWS, right, ["on_key_list", "", "так"])
            answers.write_row(down + HEAD_ROWS + 1, right, ["complaints_open", "", "many"])
        return path

    return written


@pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 0), (0, 1), (3, 2)])
def test_a_sheet_that_moved_is_read(
    down: int, right: int, book: Callable[..., Path], base: KnowledgeBase
) -> None:
    with pytest.raises(CaseError) as error:
        read_workbook(book(down, right), base, "acme.xlsx")

    (problem,) = str(error.value).splitlines()
    cell = f"{'ABCDE'[right + 2]}{down + HEAD_ROWS + 2}"
    assert problem == f'acme.xlsx: answers!{cell}: complaints_open takes a number, not "many"'


@pytest.mark.parametrize("mark", ["", "facts", "my answers"])
def test_a_sheet_without_its_mark_is_named(
    mark: str, book: Callable[..., Path], base: KnowledgeBase
) -> None:
    with pytest.raises(CaseError, match=r'answers: looks like a sheet of the form.*"kam:facts"'):
        read_workbook(book(0, 0, mark), base)


def test_a_sheet_of_which_only_the_headings_for_people_are_left_is_named(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    kinds = {"link": "links", "event": "events", "member": "team"}
    for kind, table in kinds.items():
        facts = [
            fact for fact in base.facts.values() if fact.kind == kind and not fact.doc.computed
        ]
        with xlsxwriter.Workbook(str(tmp_path / "acme.xlsx")) as file:
            account = file.add_worksheet("account")
            account.write_row(0, 0, ["kam:account", *SHEETS["account"][1:]])
            account.write_row(HEAD_ROWS, 0, ["id", "", "acme"])
            sheet = file.add_worksheet("rest")
            sheet.write_row(0, 0, ["Хто", *(fact.doc.short.uk for fact in facts)])
            sheet.write_row(1, 0, ["o", 3])

        with pytest.raises(
            CaseError, match=rf'rest: looks like a sheet of the form.*"kam:{table}"'
        ):
            read_workbook(tmp_path / "acme.xlsx", base)


# Output


@pytest.mark.parametrize("encoding", few_of(["cp1251", "ascii", "cp866", "cp1252", "koi8_u"]))
@pytest.mark.parametrize("lang", few_of(["uk", "en"], 1))
def test_output_in_any_encoding(encoding: str, lang: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("account: {id: a, name: Явір ✓}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "kam_expert.cli", "diagnose", "a.yaml", "--lang", lang],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    cyrillic = encoding not in ("cp1252", "ascii")
    assert done.stdout.decode(encoding if cyrillic else "utf-8").startswith(("Яв", "\nЯв"))


@pytest.mark.parametrize("name", ["report.docx", "report.md", "report.xlsx"])
def test_a_report_with_an_unknown_ending_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("account: {id: a}\n")
    done = run_kam("diagnose", tmp_path / "a.yaml", "-o", tmp_path / name)

    assert done.status == 2
    assert ".html, .htm, .json, .txt, .pdf" in done.err
    assert not (tmp_path / name).exists()


def test_a_case_under_the_name_of_a_workbook_is_refused(tmp_path: Path) -> None:
    done = run_kam("new", tmp_path / "a.xlsx")

    assert "kam template writes a workbook" in done.err


@pytest.mark.parametrize(("separator", "sign"), [("comma", b","), ("semicolon", b";")])
def test_csv_that_a_spreadsheet_opens(separator: str, sign: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "account: {id: a, name: Явір}\n"
        "facts: {introductions_asked_12m: 3, introductions_granted_12m: 0}\n",
        encoding="utf-8",
    )
    out = tmp_path / "findings.csv"
    run_kam("export", tmp_path / "a.yaml", "-o", out, "--separator", separator)

    data = out.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfaccount" + sign)
    assert "Явір" in data.decode("utf-8-sig") or b"a" + sign in data


@pytest.mark.parametrize(
    "text",
    ["account,name,звіт\nA1,Альфа,1\n", "account,name\nA1,Перша кондитерська фабрика\n"],
)
def test_tables_in_another_encoding_are_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "accounts.csv").write_bytes(text.encode("cp1251"))
    done = run_kam("portfolio", tmp_path / "in", "-o", tmp_path / "out")

    assert "accounts.csv: is not UTF-8 (it looks like cp1251); save it as UTF-8" in done.err


@pytest.mark.parametrize("encoding", ["cp1251", "koi8_u", "cp866"])
def test_one_word_shows_the_encoding_of_a_whole_export(
    encoding: str, tmp_path: Path, bring: Bring
) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace("LAST", "last"))
    (tmp_path / "firms.csv").write_bytes("id;name\nв;Калина\n".encode(encoding))
    (tmp_path / "people.csv").write_bytes("pid;person;firm\np;Ю;в\n".encode(encoding))
    imported = bring(tmp_path)

    (case,) = imported.made.cases()
    assert [case.account.name, *(p.name for p in case.people or ())] == ["Калина", "Ю"]
    assert all(counts.how.startswith(encoding) for counts in imported.counts)


def test_lists_of_two_objects_of_hubspot(tmp_path: Path, bring: Bring, told: Told) -> None:
    (tmp_path / "companies.csv").write_text("Record ID,Company name\n70,Oak\n71,Elm\n")
    (tmp_path / "contacts.csv").write_text(
        "Record ID - Contact,First Name,Last Name,Company name,Record ID - Company\n"
        "9,Ann,Lee,Oak,70\n"
    )
    (tmp_path / "more-contacts.csv").write_text(
        "Record ID,First Name,Last Name,Primary Company\n10,Ben,Moss,Elm\n"
    )
    (tmp_path / "all-contacts.csv").write_text(
        "Record ID - Contact,Last Name - Contact,Job Title - Contact,Record ID - Company\n"
        "11,Fir,Head of Quality,71\n"
    )
    imported = bring(tmp_path, "hubspot")

    assert [[p.name for p in case.people or ()] for case in imported.made.cases()] == [
        ["Ann Lee"], ["Ben Moss", "Fir"],
    ]  # fmt: skip
    assert facts(told(imported), "seniority") == {"11": "director"}


def test_reports_of_salesforce_by_their_labels(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "Account.csv").write_text(
        '"Account Name","Account ID","Account Owner","Type"\n'
        '"Oak","001000000000001","Ann","Prospect"\n'
    )
    (tmp_path / "Contact.csv").write_text(
        '"First Name","Last Name","Title","Contact ID","Account Name"\n'
        '"Ben","Moss","Buyer","003000000000001","Oak"\n'
    )
    imported = bring(tmp_path, "salesforce")

    (case,) = imported.made.cases()
    assert (case.account.id, case.owner) == ("001000000000001", "Ann")
    assert [p.name for p in case.people or ()] == ["Ben Moss"]


def test_counts_are_kept_as_data(take: Callable[..., Imported], tmp_path: Path) -> None:
    write_imported(take(firms="id,name,key\na,A,gold\n"), tmp_path / "out")

    (line,) = (tmp_path / "out" / "counts.jsonl").read_text().splitlines()
    assert json.loads(line)["used"] == 1


def test_a_reader_of_text_exists_for_every_fact(base: KnowledgeBase) -> None:
    assert all(AnswerText(fact).read("unknown").value is not None for fact in base.facts.values())


CELLS = st.sampled_from(
    ["", "так", "no", "gold", "н/д", "1,234", "12,5", "1 250 000 грн", "40..50", "x" * 300, "-",
     "4.8E+17", "03/04/2026", "2026-11-01", "0.4", "42 %", "Разом", "TRUE", "\u200b", "тaк"]
)  # fmt: skip


KEYS = st.sampled_from(["a", "b", "", "c", "Разом"])


@given(rows=st.lists(st.tuples(KEYS, CELLS, CELLS, CELLS), max_size=6))
def test_every_row_and_every_cell_is_counted(
    rows: list[tuple[str, ...]], tmp_path_factory: pytest.TempPathFactory, bring: Bring
) -> None:
    folder = tmp_path_factory.mktemp("counted")
    (folder / "mapping.yaml").write_text(MAPPING.replace("LAST", "last"), encoding="utf-8")
    lines = "".join(f"{key};F;{';'.join(cells)}\n" for key, *cells in rows)
    (folder / "firms.csv").write_text(f"id;name;turnover;share;key\n{lines}", encoding="utf-8")
    imported = bring(folder, skip_bad=True, percent="whole")
    cells = imported.cells
    missed = sum(cell.times for cell in cells.found if cell.fact)

    for counts in imported.counts:
        assert counts.read == counts.used + counts.rejected + sum(counts.left_out.values())
    assert cells.read == cells.known + cells.unknown + missed
    assert cells.read <= 3 * len(rows)


def column_read(
    cells: list[str], column: str, folder: Path, bring: Bring, told: Told
) -> list[Any] | str:
    """Return the values of a column of *cells*, or the option that the import asks for."""
    (folder / "mapping.yaml").write_text(MAPPING.replace("LAST", "last"), encoding="utf-8")
    rows = "".join(f'f{n}\tF\t"{cell}"\n' for n, cell in enumerate(cells))
    (folder / "firms.csv").write_text(f"id\tname\t{column}\n{rows}", encoding="utf-8")
    try:
        imported = bring(folder)
    except KamError as error:
        return "--decimal" if "--decimal" in str(error) else "--dates"
    assert imported.cells.read == imported.cells.known == len(cells)
    values = sorted(told(imported).items(), key=lambda one: one[0][1])
    # The cells may also tell in which currency the account is.
    return [value for (_, _, fact), value in values if fact != shipped_base().currency]


@given(
    hundredths=st.lists(st.integers(0, 10**9), min_size=1, max_size=6),
    decimal=st.sampled_from(",."),
    by=st.sampled_from(["", " ", "\u00a0", "\u202f", "’", "other"]),
    words=st.sampled_from(["{}", "{} грн", "UAH {}", "₴{}", "{}\u200b"]),
    whole=st.booleans(),
)
def test_a_column_of_amounts_is_read_as_written_or_asked_about(  # noqa: PLR0913 -- a form
    *, hundredths: list[int], decimal: str, by: str, words: str, whole: bool,
    tmp_path_factory: pytest.TempPathFactory, bring: Bring, told: Told,
) -> None:  # fmt: skip
    group = {",": ".", ".": ","}[decimal] if by == "other" else by
    cells = [
        f"{n // 100:,}".replace(",", group) + ("" if whole else f"{decimal}{n % 100:02}")
        for n in hundredths
    ]
    read = column_read(
        [words.format(cell) for cell in cells],
        "turnover",
        tmp_path_factory.mktemp("c"),
        bring,
        told,
    )

    # Without decimals 1.234 may be either.
    if read != "--decimal" or by != "other" or not whole:
        assert read == [n // 100 if whole else n / 100 for n in hundredths]


DATE_FORMS = [
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d 10:00",
    "words",
    "%b %d, %Y",
]
MONTHS = "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня"


@given(
    days=st.lists(st.dates(date(1980, 1, 1), date(2026, 11, 1)), min_size=1, max_size=5),
    form=st.sampled_from(DATE_FORMS),
)
def test_a_column_of_dates_is_read_as_written_or_asked_about(
    days: list[date], form: str, tmp_path_factory: pytest.TempPathFactory, bring: Bring, told: Told
) -> None:
    cells = [
        f"{day.day} {MONTHS.split()[day.month - 1]} {day.year} р."
        if form == "words"
        else day.strftime(form)
        for day in days
    ]
    read = column_read(cells, "since", tmp_path_factory.mktemp("c"), bring, told)

    if read != "--dates" or "/%Y" not in form or any(day.day > 12 for day in days):
        assert read == [day.isoformat() for day in days]


def test_parts_of_cells_sizes_and_patterns_of_dates(files: Write, bring: Bring, told: Told) -> None:
    mapping = """\
system: firms
dates: "%d-%b-%y"
accounts:
  - from: firms
    id: {column: about, take: json.key}
    name: name
    leave_out: {small: {sales: {at_most: 10}}}
    facts: {partnership_start: since}
people:
  - from: people
    name: who
    email: {column: who, take: email}
    account: {column: firm, take: json.key}
"""
    files(".yaml", mapping=mapping)
    imported = bring(
        files(
            firms="about;name;sales;since\n"
            '"{""key"": 7, ""x"": []}";Oak;1 250;05-Nov-25\n'
            '"{""key"": 8}";Elm;5;\n"{""key"": 9}";Fir;;05.11.2025\n',
            people='who;firm\nPetra <p@oak.com>;"{""key"": 7}"\n',
        )
    )

    assert [case.account.id for case in imported.made.cases()] == ["7", "9"]
    assert facts(told(imported), "partnership_start") == {"7": "2025-11-05"}
    made: Any = imported.made
    assert made.store.people.more["email"] == ["p@oak.com"]
    assert [cell.value for cell in imported.cells.found] == ["05.11.2025"]
    assert imported.counts[0].left_out == {"small": 1}


def test_a_heading_of_two_lines_with_merged_cells(tmp_path: Path, bring: Bring, told: Told) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    with xlsxwriter.Workbook(str(tmp_path / "firms.xlsx")) as book:
        sheet = book.add_worksheet("firms")
        sheet.merge_range("A1:A2", "id")
        sheet.merge_range("B1:B2", "name")
        sheet.merge_range("C1:D1", "money")
        sheet.write_row("C2", ["turnover", "credit"])
        sheet.write_row("A3", ["a", "Ash", 5, 1])
        sheet.write_row("A4", ["b", "Birch", 7, 2])
    imported = bring(tmp_path)

    assert [case.account.name for case in imported.made.cases()] == ["Ash", "Birch"]
    assert facts(told(imported), "revenue_12m") == {"a": 5, "b": 7}
    (case, _) = imported.made.cases()
    assert str(case.account.ours["revenue_12m"][0].place) == "firms.xlsx: firms!C3"


def test_lines_below_a_sheet_are_no_records(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace("LAST", "last"))
    with xlsxwriter.Workbook(str(tmp_path / "firms.xlsx")) as book:
        sheet = book.add_worksheet("firms")
        for number, row in enumerate(
            [["id", "name"], ["a", "A"], ["b"], ["Разом", "", 5], [], ["Confidential"], ["By Ann"]]
        ):
            sheet.write_row(number, 0, row)
    (counts,) = bring(tmp_path).counts

    assert (counts.used, counts.left_out) == (2, {"total_line": 1, "closing_line": 2})


def test_the_currency_that_cells_name_is_that_of_the_account(
    take: Callable[..., Imported], told: Told
) -> None:
    imported = take(firms="id;name;turnover\na;A;100 UAH\nb;B;5\nc;C;\n")

    assert facts(told(imported), "currency") == {"a": "UAH", "b": "UAH"}


def test_a_column_of_currencies_is_read_and_compared_with_the_amounts(
    files: Write, bring: Bring, told: Told
) -> None:
    mapping = MAPPING.replace("LAST", "last").replace(
        "{revenue_12m:", "{currency: currency, revenue_12m:", 1
    )
    files(".yaml", mapping=mapping)

    read = bring(files(firms="id;name;turnover;currency\na;A;100;EUR\nb;B;5;uah\n"))
    with pytest.raises(SourceError, match=r'"100 USD" is in USD.*account "a" are in EUR'):
        bring(files(firms="id;name;turnover;currency\na;A;100 USD;EUR\n"))

    assert facts(told(read), "currency") == {"a": "EUR", "b": "UAH"}
