"""Accounts from exports of other systems, on the page: counts first, then a confirmation."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.facts.case_writer import case_text
from kam_expert.store.users import UserRole
from tests.command import run_kam
from tests.web.conftest import EXAMPLES, Visitor, text_of
from tests.web.test_users import add_users, entered

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.store.store import Store

SALESFORCE, CUSTOMERS = EXAMPLES / "salesforce", EXAMPLES / "customers"


def packed(folder: Path) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for file in folder.glob("*.csv"):
            archive.write(file, file.name)
    return made.getvalue()


def read(
    visitor: Visitor,
    system: str,
    files: dict[str, bytes],
    mapping: bytes | None = None,
    **more: str,
) -> Any:
    sent: list[tuple[str, tuple[str, bytes]]] = [("files", one) for one in files.items()]
    if mapping is not None:
        sent.append(("mapping", ("mapping.yaml", mapping)))
    return visitor.post("/import", {"system": system, **more}, files=sent)


def word_of(page: Any) -> str:
    found = re.search(r'name=word value="([^"]+)"', page.text)
    assert found, text_of(page)
    return found[1]


def stored(store: Store) -> list[str]:
    return sorted(case_text(store.state(account.key).case) for account in store.accounts())


def of_the_command(folder: Path, *arguments: str | Path) -> list[str]:
    run_kam("import", *arguments, "-o", folder / "cases")
    return sorted(file.read_text(encoding="utf-8") for file in (folder / "cases").glob("*.yaml"))


@pytest.mark.parametrize("zipped", [True, False])
def test_the_accounts_are_those_of_the_command_and_come_after_the_confirmation(
    visitor: Visitor, tmp_path: Path, *, zipped: bool
) -> None:
    files = {file.name: file.read_bytes() for file in SALESFORCE.glob("*.csv")}
    page = read(visitor, "salesforce", {"export.zip": packed(SALESFORCE)} if zipped else files)

    rows = dict(re.findall(r"<th scope=row><bdi>(\w+)[^<]*</bdi><td>(\d+)<td>", page.text))
    assert {"Account": "3", "Contact": "4"}.items() <= rows.items()
    assert visitor.store.accounts() == ()

    visitor.post("/import/add", {"word": word_of(page)})

    expected = of_the_command(tmp_path, "salesforce", SALESFORCE)
    assert stored(visitor.store) == expected
    assert len(expected) > 1


def test_a_table_with_a_mapping_of_its_own(visitor: Visitor, tmp_path: Path) -> None:
    mapping = CUSTOMERS / "mapping.yaml"
    page = read(
        visitor,
        "csv",
        {"../../customers.csv": (CUSTOMERS / "customers.csv").read_bytes()},
        mapping.read_bytes(),
    )

    visitor.post("/import/add", {"word": word_of(page)})

    expected = of_the_command(tmp_path, "csv", CUSTOMERS / "customers.csv", "--mapping", mapping)
    assert stored(visitor.store) == expected


def test_what_is_here_already_is_not_added_again(visitor: Visitor) -> None:
    files = {"export.zip": packed(SALESFORCE)}
    page = read(visitor, "salesforce", files)
    word = word_of(page)
    visitor.post("/import/add", {"word": word})
    before = stored(visitor.store)

    twice = visitor.post("/import/add", {"word": word})
    again = read(visitor, "salesforce", files)

    assert twice.status_code == 422
    assert "Already here" in text_of(again)
    assert "name=word" not in again.text
    assert stored(visitor.store) == before


def test_faulty_rows_are_named_and_the_others_are_used(visitor: Visitor) -> None:
    lines = (SALESFORCE / "Contact.csv").read_text(encoding="utf-8-sig").splitlines()
    lines.append(lines[1])  # the id of another contact
    files = {file.name: file.read_bytes() for file in SALESFORCE.glob("*.csv")}
    page = read(visitor, "salesforce", files | {"Contact.csv": "\n".join(lines).encode()})

    assert "Rejected rows" in text_of(page)
    assert "Contact.csv, row 5 (line 6), column Id : duplicate id" in text_of(page)
    assert word_of(page)


@pytest.mark.parametrize(
    ("system", "files", "mapping", "said"),
    [
        ("salesforce", {}, None, "Choose the files"),
        ("salesforc", {"a.csv": b"a\n1\n"}, None, 'Did you mean "salesforce"'),
        ("salesforce", {"a.csv": b"a;b\n1;2\n"}, None, "no table of accounts"),
        ("csv", {"a.csv": b"a;b\n1;2\n"}, b"accounts: [", "mapping.yaml:2:1: not YAML"),
    ],
)
def test_what_cannot_be_read_is_said_without_a_path_of_the_server(
    visitor: Visitor, system: str, files: dict[str, bytes], mapping: bytes | None, said: str
) -> None:
    page = read(visitor, system, files, mapping)

    assert page.status_code == 422
    assert said in text_of(page)
    assert "kam_" not in text_of(page)


def test_a_reader_cannot_import(base: KnowledgeBase, store: Store) -> None:
    add_users(store)
    reader = entered(base, store, UserRole.READER)

    assert read(reader, "salesforce", {"export.zip": packed(SALESFORCE)}).status_code == 403
    assert "<form" not in reader.get("/import").text.partition("<main")[2]
