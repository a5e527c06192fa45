"""A copy in other letters, with other delimiters or in a workbook has the same facts."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from property_search import examples

from kam_expert.importing.text_rows import encoding_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.importing.import_result import Imported

    Bring = Callable[..., Imported]
    FactsOf = Callable[[Imported], list[Case]]

SHAPES = Path(__file__).parent / "shapes"
OF = {"orders": "csv", "salesforce": "salesforce", "hubspot_lists": "hubspot"}
COPIES = {
    "with a mark": ("utf-8-sig", ",", "\n"),
    "utf-16": ("utf-16", ",", "\n"),
    "utf-16 without a mark": ("utf-16-le", ",", "\n"),
    "semicolons": ("utf-8", ";", "\r\n"),
    "tabs": ("utf-8", "\t", "\n"),
    "bars": ("utf-8", "|", "\n"),
    "cp1251 and semicolons": ("cp1251", ";", "\r\n"),
}


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def copy(  # noqa: PLR0913 -- how a file may be written
    source: Path, folder: Path, encoding: str, delimiter: str, end: str, decimal: str = "."
) -> Path:
    """Copy every CSV file of a source; numbers with decimals get another sign."""
    folder.mkdir()
    for path in source.iterdir():
        if path.suffix != ".csv":
            (folder / path.name).write_bytes(path.read_bytes())
            continue
        rows = [[_number(cell, decimal) for cell in row] for row in rows_of(path)]
        if encoding == "cp1251":
            # Letters that it does not have.
            rows = [[cell.replace("ü", "u").replace("ö", "o") for cell in row] for row in rows]
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
        (folder / path.name).write_bytes(out.getvalue().encode(encoding))
    return folder


def _number(cell: str, decimal: str) -> str:
    if decimal == "," and re.fullmatch(r"[0-9,]+\.[0-9]+", cell):
        return cell.replace(",", "").replace(".", ",")
    return cell


def plain(case: Case) -> str:
    return repr(case).replace("ü", "u").replace("ö", "o")


@pytest.mark.parametrize("name", OF)
@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_in_other_letters_and_delimiters_has_the_same_facts(
    name: str, kind: str, tmp_path: Path, bring: Bring, facts_of: FactsOf
) -> None:
    original = facts_of(bring(SHAPES / name, OF[name]))
    folder = copy(SHAPES / name, tmp_path / "copy", *COPIES[kind])

    copied = facts_of(bring(folder, OF[name]))

    assert list(map(plain, copied)) == list(map(plain, original))


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_a_copy_with_decimal_commas_has_the_same_facts(
    encoding: str, tmp_path: Path, bring: Bring, facts_of: FactsOf
) -> None:
    folder = copy(SHAPES / "orders", tmp_path / "copy", encoding, ";", "\n", ",")

    copied = facts_of(bring(folder))

    assert list(map(plain, copied)) == list(map(plain, facts_of(bring(SHAPES / "orders"))))


@pytest.mark.parametrize("name", OF)
def test_a_copy_as_a_workbook_has_the_same_facts(
    name: str, tmp_path: Path, bring: Bring, facts_of: FactsOf
) -> None:
    for path in (SHAPES / name).iterdir():
        if path.suffix == ".csv":
            with xlsxwriter.Workbook(tmp_path / f"{path.stem}.xlsx") as book:
                sheet = book.add_worksheet("Sheet1")
                for number, row in enumerate(rows_of(path)):
                    for column, cell in enumerate(row):
                        if re.fullmatch(r"[1-9][0-9]{0,8}(\.[0-9]+)?", cell):
                            sheet.write_number(number, column, float(cell))
                        elif cell:
                            sheet.write_string(number, column, cell)
        else:
            (tmp_path / path.name).write_bytes(path.read_bytes())

    copied = facts_of(bring(tmp_path, OF[name]))

    assert copied == facts_of(bring(SHAPES / name, OF[name]))


def test_a_copy_as_json_has_the_same_facts(tmp_path: Path, bring: Bring, facts_of: FactsOf) -> None:
    for path in (SHAPES / "orders").iterdir():
        if path.suffix == ".csv":
            header, *rows = rows_of(path)
            records = [dict(zip(header, row, strict=True)) for row in rows]
            text = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
            (tmp_path / f"{path.stem}.jsonl").write_text(text, encoding="utf-8")
        else:
            (tmp_path / path.name).write_bytes(path.read_bytes())

    copied = facts_of(bring(tmp_path))

    assert copied == facts_of(bring(SHAPES / "orders"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Назва;Місто\nТОВ «Калина»;Київ\nПП «Ґанок»;Їжакове\n", "cp1251"),
        ("Назва;Місто\nТОВ «Калина»;Київ\n", "utf-8"),
        ("plain,ascii\n", "utf-8"),
    ],
)
def test_the_encoding_is_told_from_the_letters(text: str, encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(text.encode(encoding))

    assert encoding_of(file) == encoding


CELL = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), include_characters=" "),
    min_size=1,
    max_size=30,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
@given(
    names=st.lists(CELL.map(str.strip).filter(bool), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
)
def test_names_come_through_any_delimiter_and_encoding(
    names: list[str], delimiter: str, encoding: str, tmp_path: Path, bring: Bring
) -> None:
    (tmp_path / "mapping.yaml").write_text(
        "system: s\naccounts: [{from: firms, id: id, name: name}]\n", encoding="utf-8"
    )
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([["id", "name"], *([str(n), name] for n, name in enumerate(names))])
    (tmp_path / "firms.csv").write_bytes(out.getvalue().encode(encoding))

    imported = bring(tmp_path)

    unknown = {"NULL", "null", "#N/A", "N/A", "n/a", "\\N", "NaN", "-", "—"}
    assert [case.account.name for case in imported.made.cases()] == [
        str(n) if name in unknown else name for n, name in enumerate(names)
    ]
