"""The systems whose exports are read without a mapping of one's own: small files in their shape."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from kam_expert.errors import KamError
from kam_expert.importing.mapping import load_mapping, systems
from kam_expert.importing.proposal import propose
from tests.command import run_kam

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.importing.import_result import Imported
    from kam_expert.knowledge.base import KnowledgeBase

    Bring = Callable[..., Imported]
    Told = Callable[[Imported], dict[tuple[str, str, str], Any]]

SHAPES = Path(__file__).parent / "shapes"
#: By system, its files. Each has the firms Oak and Elm, and Petra Novak, who buys for Oak.
EXPORTS: dict[str, dict[str, str]] = {
    "dynamics": {
        "accounts": "(Do Not Modify) Account,(Do Not Modify) Row Checksum,"
        "(Do Not Modify) Modified On,Account Name,Main Phone,Owner,Status\n"
        "a1,xx,11/1/2026 9:00,Oak,,Marko Bondar,Active\n"
        "a2,yy,10/25/2026 9:00,Elm,,Marko Bondar,Active\n",
        "contacts": "(Do Not Modify) Contact,Full Name,Email,Company Name,Job Title,Status\n"
        "c1,Petra Novak,petra@oak.com,Oak,Purchasing Manager,Active\n",
        "appointments": "Subject,Required Attendees,Owner,Start Time,Activity Status\n"
        "Talk,Petra Novak; Room 1,Marko Bondar,10/26/2026 10:00,Completed\n"
        "Plan,Petra Novak,Marko Bondar,10/27/2026 10:00,Canceled\n",
    },
    "pipedrive": {
        "organizations-1": "Organization - ID,Organization - Name,Organization - Owner\n"
        "1,Oak,Marko\n2,Elm,Marko\n",
        "people-1": "Person - ID,Person - Name,Person - Organization,Person - Email - Work,"
        "Person - Job title\n1,Petra Novak,Oak,petra@oak.com,Purchasing Manager\n",
        "activities-1": "Activity - Done,Activity - Type,Activity - Due date,"
        "Activity - Contact person,Activity - Organization,Activity - Assigned to user\n"
        "Done,Meeting,2026-10-26,Petra Novak,Oak,Marko\n"
        "To do,Meeting,2026-10-27,Petra Novak,Oak,Marko\n"
        "Done,Task,2026-10-28,Petra Novak,Oak,Marko\n",
    },
    "zoho": {
        "Accounts_2026_11_01": "Record Id,Account Name,Account Owner.id,Account Owner,Industry,"
        "Account Type\nzcrm_1,Oak,zcrm_9,Marko,Food,Customer\n"
        "zcrm_2,Elm,zcrm_9,Marko,Food,Prospect\n",
        "Contacts_2026_11_01": "Record Id,Contact Owner,First Name,Last Name,Account Name.id,"
        "Account Name,Email,Title,Department\n"
        "zcrm_3,Marko,Petra,Novak,zcrm_1,Oak,petra@oak.com,Manager,Purchasing\n",
        "Meetings_2026_11_01": "Record Id,Title,From,To,Contact Name.id,Contact Name,Host\n"
        "zcrm_5,Talk,2026-10-26 10:00:00,2026-10-26 11:00:00,zcrm_3,Petra Novak,Marko\n",
    },
    "odoo": {
        "Contact (res.partner)": "External ID,Name,Is a Company,Related Company,Email,"
        "Job Position,Salesperson\nbase.1,Oak,True,,,,Marko\nbase.2,Elm,True,,,,Marko\n"
        "base.3,Petra Novak,False,Oak,petra@oak.com,Purchasing Manager,\n",
        "calendar.event": "Meeting Subject,Start,Attendees,Organizer\n"
        'Talk,2026-10-26 10:00:00,"Petra Novak,Marko",Marko\n',
    },
    "suitecrm": {
        "Accounts": '"Name","ID","Website","Industry","Type","Assigned to"\n'
        '"Oak","a1","","","Customer","marko"\n"Elm","a2","","","Customer","marko"\n',
        "Contacts": '"First Name","Last Name","ID","Account Name","Title","Email Address"\n'
        '"Petra","Novak","c1","Oak","Purchasing Manager","petra@oak.com"\n',
        "Meetings": '"Subject","Status","Start Date","Contacts","Assigned to"\n'
        '"Talk","Held","2026-10-26 10:00","Petra Novak","marko"\n'
        '"Plan","Planned","2026-10-27 10:00","Petra Novak","marko"\n',
    },
    "bitrix24": {
        "company": "ID;Тип компанії;Назва компанії;Відповідальний;Річний оборот\n"
        "1;Клієнт;Oak;Марко;1 250 000|UAH\n2;Клієнт;Elm;Марко;\n3;Постачальник;Fir;Марко;\n",
        "contact": "ID;Ім’я;Прізвище;Посада;Компанія;Робочий e-mail\n"
        "7;Petra;Novak;Менеджер із закупівель;Oak;petra@oak.com\n",
    },
    "google-contacts": {
        "contacts": "First Name,Middle Name,Last Name,Organization Name,Organization Title,"
        "Organization Department,E-mail 1 - Label,E-mail 1 - Value\n"
        "Petra,,Novak,Oak,Manager,Purchasing,Work,petra@oak.com\nAnn,,Elm,Elm,,,,\nMum,,,,,,,\n",
    },
    "outlook-contacts": {
        "contacts": '"First Name","Last Name","Company","Department","Job Title","E-mail Address"\n'
        '"Petra","Novak","Oak","Purchasing","Manager","petra@oak.com"\n"Ann","Lee","Elm","","",""\n',
    },
}
WITH_MEETINGS = ("dynamics", "pipedrive", "zoho", "odoo", "suitecrm")


@pytest.fixture(params=EXPORTS)
def system(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_an_export_is_read(system: str, tmp_path: Path, bring: Bring, told: Told) -> None:
    for name, text in EXPORTS[system].items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    imported = bring(tmp_path, system, day=date(2026, 11, 5))
    cases = {case.account.name: case for case in imported.made.cases()}
    (petra,) = [person for person in cases["Oak"].people or () if person.name == "Petra Novak"]

    assert set(cases) == {"Oak", "Elm"}
    assert {f: a[0].value for f, a in petra.ours.items() if f in ("function", "seniority")} == {
        "function": "procurement", "seniority": "manager",
    }  # fmt: skip
    assert imported.rejected == []
    days = [v for (_, _, f), v in told(imported).items() if f == "link_last_two_way_days"]
    assert days == ([10] if system in WITH_MEETINGS else [])


def test_every_mapping_is_valid(base: KnowledgeBase) -> None:
    assert set(systems()) >= {"salesforce", "npsp", "hubspot", *EXPORTS}
    for system in systems():
        load_mapping(system, None, base)


def drafted(source: Path, base: KnowledgeBase, folder: Path) -> Path:
    path = folder / "draft.yaml"
    path.write_text(propose(source, base).text, encoding="utf-8")
    return path


def test_a_draft_reads_what_the_mapping_reads(
    system: str, tmp_path: Path, bring: Bring, told: Told, base: KnowledgeBase
) -> None:
    (tmp_path / "in").mkdir()
    for name, text in EXPORTS[system].items():
        (tmp_path / "in" / f"{name}.csv").write_text(text, encoding="utf-8")
    draft = drafted(tmp_path / "in", base, tmp_path)
    known, new = (
        bring(tmp_path / "in", name, mapping, day=date(2026, 11, 5))
        for name, mapping in ((system, None), ("csv", draft))
    )

    assert told(new) == told(known)
    assert [case.account.name for case in new.made.cases()] == [
        case.account.name for case in known.made.cases()
    ]


@pytest.mark.parametrize(
    ("system", "shape"),
    [
        ("salesforce", "salesforce"),
        ("salesforce", "salesforce_tree"),
        ("hubspot", "hubspot_lists"),
        ("hubspot", "hubspot_api"),
        ("csv", "orders"),
        ("csv", "one_json"),
    ],
)
def test_a_draft_of_a_shape_reads_its_accounts_and_people(
    system: str,
    shape: str,
    tmp_path: Path,
    bring: Bring,
    base: KnowledgeBase,
) -> None:
    wishes = {"leave_out": ("household",)} if shape == "salesforce_tree" else {}
    known = bring(SHAPES / shape, system, **wishes)
    (tmp_path / "in").mkdir()
    for path in (SHAPES / shape).iterdir():
        if path.name != "mapping.yaml":
            shutil.copy(path, tmp_path / "in")
    draft = drafted(tmp_path / "in", base, tmp_path)
    new = bring(tmp_path / "in", "csv", draft, day=known.day, **wishes)

    assert [
        (case.account.id, sorted(p.name for p in case.people or ())) for case in new.made.cases()
    ] == [
        (case.account.id, sorted(p.name for p in case.people or ())) for case in known.made.cases()
    ]


def test_tables_of_one_name_stay_apart_in_a_draft(
    tmp_path: Path, bring: Bring, base: KnowledgeBase
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "contacts.csv").write_text(
        "id,first_name,last_name,company\n1,Petra,Novak,Oak\n2,Ann,Lee,Elm\n3,Bo,Ek,Elm\n"
    )
    (tmp_path / "in" / "export.json").write_text(
        '{"users": [{"id": "u1", "name": "Marko", "email": "m@ours.example"}],'
        ' "companies": [{"id": "c1", "name": "Fir", "user_id": "u1"}],'
        ' "contacts": [{"id": "9", "name": "Ivan Bo", "company_id": "c1"}]}'
    )
    draft = drafted(tmp_path / "in", base, tmp_path)
    imported = bring(tmp_path / "in", "csv", draft)

    # The firms of the first table are in no table of firms; those of the second are.
    assert {
        case.account.name: [person.name for person in case.people or ()]
        for case in imported.made.cases()
    } == {"Oak": ["Petra Novak"], "Elm": ["Ann Lee", "Bo Ek"], "Fir": ["Ivan Bo"]}
    assert [case.owner for case in imported.made.cases() if case.account.name == "Fir"] == ["Marko"]


#: Shapes that no mapping of ours is for, in lines of cells. Each has the firms Oak and Elm; Petra
#: Novak buys for Oak, and Marko looks after it.
UNSEEN: dict[str, dict[str, str]] = {
    # A board: each group has a title and the heading again.
    "monday": {
        "Firms": "Firms\n\nActive\nName;Owner;Website\nOak;Marko;oak.example\n\n"
        "Quiet\nName;Owner;Website\nElm;Olena;",
        "Contacts": "Contacts\n\nPeople\nName;Account;Title;Email\n"
        "Petra Novak;Oak;Purchasing Manager;petra@oak.example",
    },
    # A reference is shown as the id and the name.
    "netsuite": {
        "CustomersResults": "Internal ID;ID;Company Name;Sales Rep;Last Modified\n"
        "11;CUST1;Oak;Marko;11/1/2026 9:10 am\n12;CUST2;Elm;Marko;10/25/2026 9:00 am",
        "ContactsResults": "Internal ID;Name;Company;Job Title\n"
        "21;Petra Novak;CUST1 Oak;Purchasing Manager",
    },
    # A report: titles, totals, a signature.
    "bas": {
        "Продажі": "Відомість за контрагентами\nПеріод:;01.01.2026 – 31.10.2026\n\n"
        "Контрагент;Код за ЄДРПОУ;Основний менеджер;Оборот, тис. грн\n"
        "Oak;30012345;Marko;1 250,5\nElm;30054321;Marko;980,25\nВсього;;;2 230,75\n\n"
        "Відповідальний: Гнатюк О.",
        "Контактні особи": "Контактні особи\n\nКонтрагент;ПІБ;Посада\n"
        "Oak;Petra Novak;менеджерка із закупівель\nРазом: 1",
    },
    "freshsales": {
        "Accounts": "Id;Name;Industry type;Sales owner\n1;Oak;Food;Marko\n2;Elm;;Marko",
        "Contacts": "Id;First name;Last name;Job title;Emails;Account name;Last contacted time\n"
        "7;Petra;Novak;Purchasing Manager;petra@oak.example;Oak;2026-10-26T09:00:00+02:00",
    },
    # Firms and people in one table.
    "zendesk_sell": {
        "contacts": "id;owner_name;is_organisation;organisation_id;name;first_name;last_name;"
        "title\n"
        "1;Marko;true;;Oak;;;\n2;Marko;true;;Elm;;;\n"
        "3;Marko;false;1;Petra Novak;Petra;Novak;Purchasing Manager",
    },
}


@pytest.mark.parametrize("name", UNSEEN)
def test_a_draft_of_an_unknown_system_runs_unchanged(
    name: str, tmp_path: Path, bring: Bring, base: KnowledgeBase
) -> None:
    (tmp_path / "in").mkdir()
    for stem, lines in UNSEEN[name].items():
        with xlsxwriter.Workbook(str(tmp_path / "in" / f"{stem}.xlsx")) as book:
            sheet = book.add_worksheet(stem)
            for row, line in enumerate(lines.split("\n")):
                for column, cell in enumerate(line.split(";")):
                    sheet.write_string(row, column, cell)
    imported = bring(
        tmp_path / "in", "csv", drafted(tmp_path / "in", base, tmp_path), day=date(2026, 11, 5)
    )
    cases = {case.account.name: case for case in imported.made.cases()}
    (petra,) = cases["Oak"].people or ()

    assert set(cases) == {"Oak", "Elm"}
    assert (petra.name, cases["Oak"].owner) == ("Petra Novak", "Marko")
    assert {f: a[0].value for f, a in petra.ours.items() if f in ("function", "seniority")} == {
        "function": "procurement", "seniority": "manager",
    }  # fmt: skip
    assert imported.rejected == []


def test_a_draft_of_nested_records(tmp_path: Path, bring: Bring, base: KnowledgeBase) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "firms.json").write_text(
        '{"data": {"customers": [{"id": "1", "attributes": {"name": "Oak"},'
        ' "owner": {"name": "Marko"}, "contacts": [{"id": "7", "name": "Ann"}]}]}}'
    )
    (tmp_path / "in" / "people.json").write_text(
        '[{"id": "8", "name": {"first": "Petra", "last": "Novak"}, "account": {"id": "1"}}]'
    )
    found = propose(tmp_path / "in", base)
    imported = bring(tmp_path / "in", "csv", drafted(tmp_path / "in", base, tmp_path))

    (case,) = imported.made.cases()
    assert (case.account.name, case.owner) == ("Oak", "Marko")
    assert [person.name for person in case.people or ()] == ["Petra Novak"]
    (question,) = found.questions
    assert "records inside (contacts)" in question


def test_what_a_table_is_not_is_said(tmp_path: Path, base: KnowledgeBase) -> None:
    """A place with an id and a name is not an account; leads and suppliers are named as such."""
    for name, text in {
        "Account": "id,Name,CreatedDate\nA1,Oak,2026-11-01\nA2,The Ortega Household,2026-11-02\n",
        "Contact": "id,FirstName,LastName,AccountId\nC1,Petra,Novak,#A1\nC2,Ann,Lee,#A2\n",
        "Place__c": "id,Name\n1,Kyiv\n2,Lviv\n",
        "Lead_Data": "id,FirstName,LastName,Company\nL1,No,Body,Beech\n",
        "suppliers": "id,Name\nS1,Seller\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(text)
    found = propose(tmp_path, base)

    (question,) = found.questions
    assert question.startswith("Account.csv: rows that may be a household: 1; choose --leave-out")
    for line in (
        'reference_mark: "#"',
        'recorded: ["CreatedDate"]',
        '  lead: ["Lead_Data"]',
        '  supplier: ["suppliers"]',
        '  not_understood: ["Place__c"]',
        "`kam import salesforce` reads such tables",
    ):
        assert line in found.text
    assert found.ready == "salesforce"


def test_ids_in_two_tables_of_one_kind_are_asked_about(tmp_path: Path, base: KnowledgeBase) -> None:
    for name in ("customers 2025", "customers 2026"):
        (tmp_path / f"{name}.csv").write_text("Code,Customer,Manager\n1,Oak,Marko\n2,Elm,Marko\n")

    (question,) = propose(tmp_path, base).questions
    assert question.startswith("customers 2025.csv and customers 2026.csv: ids in both: 2;")


def test_tables_without_a_heading_are_named(tmp_path: Path, base: KnowledgeBase) -> None:
    (tmp_path / "Store.csv").write_text("292\tOak\t279\t2014-09-12\n294\tElm\t276\t2014-09-12\n")

    with pytest.raises(KamError, match=r"Store\.csv: no line with names .*files: {Store"):
        propose(tmp_path, base)


def test_a_table_of_ones_own_with_lines_above_its_heading(
    tmp_path: Path, bring: Bring, told: Told, base: KnowledgeBase
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "контакти.csv").write_text(
        "Контакти на 01.11.2026;;;;;\n;;;;;\n"
        "Клієнт;Контактна особа;Посада;Ел. пошта;Останній контакт;Примітка\n"
        "ТОВ Явір;Петра Новак;начальниця відділу закупівель;p@yavir.ua;25.10.2026;\n"
        "ТОВ Явір;Іван Бо;директор;i@yavir.ua;01.10.2026;добрий\n"
        "ПП Клен;Ганна Ко;;h@klen.ua;;\n",
        encoding="cp1251",
    )
    draft = drafted(tmp_path / "in", base, tmp_path)
    imported = bring(tmp_path / "in", "csv", draft, day=date(2026, 11, 5))

    assert [case.account.name for case in imported.made.cases()] == ["ТОВ Явір", "ПП Клен"]
    said = {(of.rpartition("-")[2], fact): v for (_, of, fact), v in told(imported).items()}
    assert said["1", "function"] == "procurement"
    assert (said["1", "last_two_way_days"], said["2", "last_two_way_days"]) == (11, 35)
    assert "heading in line 3" in draft.read_text(encoding="utf-8")


def test_columns_that_disagree_are_asked_about(tmp_path: Path, base: KnowledgeBase) -> None:
    (tmp_path / "customers.csv").write_text(
        'Code,Customer,Revenue,Credit limit,Share\n4.8E+17,Oak,"1.234,5 UAH",5 USD,0.4\n'
        '2,Elm,"10,5 EUR","1,250.75",0.9\n'
    )
    (tmp_path / "people.csv").write_text("Contact,Customer\nPetra,Oak\n")
    questions = " ".join(propose(tmp_path, base).questions)

    for part in (
        "a spreadsheet shortened the ids",
        "columns disagree about the decimal separator",
        'column "Revenue": amounts in EUR, UAH',
        'column "Share": percent or fractions of one?',
    ):
        assert part in questions


def test_a_draft_is_written_and_says_what_to_decide(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, text in EXPORTS["zoho"].items():
        (tmp_path / "in" / f"{name}.csv").write_text(text)
    done = run_kam("import", "--propose", tmp_path / "in", "-o", tmp_path / "draft.yaml")

    assert (done.status, done.err) == (
        0,
        f"""\
`kam import zoho` reads such tables without a draft
{tmp_path / "draft.yaml"}: questions to answer in it: 1
  no column says when records were changed; give the day of the export: --date
""",
    )
    assert "named as in zoho" in (tmp_path / "draft.yaml").read_text()
    assert (
        run_kam("import", "--propose", tmp_path / "in", "-o", tmp_path / "draft.docx").status == 2
    )
