"""Workbooks that are not .xlsx: OpenDocument, and web pages that are called .xls."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kam_expert.importing.import_result import Imported

    Bring = Callable[..., Imported]

MAPPING = """\
system: firms
accounts:
  - {from: firms, id: id, name: name, facts: {revenue_12m: turnover, on_key_list: key}}
"""
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
)
KIND = b"application/vnd.oasis.opendocument.spreadsheet"


def cell(value: object, more: str = "") -> str:
    kind = "float" if isinstance(value, int) else "string"
    told = f' office:value="{value}"' if kind == "float" else ""
    return (
        f'<table:table-cell office:value-type="{kind}"{told}{more}>'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def sheet(path: Path, rows: list[str]) -> Path:
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{OFFICE}" '
        f'xmlns:table="{TABLE}" xmlns:text="{TEXT}"><office:body><office:spreadsheet>'
        f'<table:table table:name="firms">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", KIND)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
    return path


def revenues(imported: Imported) -> dict[str, object]:
    return {
        case.account.id: case.account.ours["revenue_12m"][-1].value
        for case in imported.made.cases()
        if "revenue_12m" in case.account.ours
    }


HEADS = [cell("id") + cell("name") + cell("turnover") + cell("key")]
EMPTY = '<table:table-cell table:number-columns-repeated="1000"/>'


def test_an_open_document_sheet_is_read(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    rows = [cell(f"f{n}") + cell(f"Firm {n}") + cell(1000 * n) + cell("так") for n in range(1, 4)]
    sheet(tmp_path / "firms.ods", [*HEADS, *(row + EMPTY for row in rows)])

    assert revenues(bring(tmp_path)) == {"f1": 1000, "f2": 2000, "f3": 3000}


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([cell("x", ' table:number-columns-repeated="16000"')] * 200, "cells, which is too large"),
        ([cell("x" * 5_000_000, ' table:number-columns-repeated="16"')], "million characters"),
        (["<table:table-cell>" * 300], "is damaged"),
    ],
)
def test_a_small_file_that_is_a_large_sheet_is_refused(
    rows: list[str], what: str, tmp_path: Path, bring: Bring
) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    sheet(tmp_path / "firms.ods", rows)

    with pytest.raises(KamError, match=what):
        bring(tmp_path)


PAGE = """<html><head><meta charset="utf-8"><style>td {{}}</style></head><body>
<table border=1><tr><th>ID<th>Name</th><th>Turnover</th><th>Key</tr>
<tr><td>a</td><td>Альфа &amp; Co<br>Київ</td><td>1&nbsp;200</td><td>Так</td></tr>
<tr><td>b<td>{name}</td><td>300</td><td></td></tr></table><table><tr><td>alone</table></body>"""


def test_a_web_page_under_the_name_of_a_workbook_is_read(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    nested = "<table><tr><td>Beta</td></tr></table>"
    (tmp_path / "firms.xls").write_text(PAGE.format(name=nested), encoding="utf-8")
    imported = bring(tmp_path)

    assert revenues(imported) == {"a": 1200, "b": 300}
    assert [case.account.name for case in imported.made.cases()] == ["Альфа & Co Київ", "Beta"]


def test_cells_of_a_page_that_span_rows(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    (tmp_path / "firms.xls").write_text(
        "<html><table><tr><td>id<td>key<td>name<td>turnover"
        "<tr><td>a<td rowspan=2>yes<td>Ash<td>5</tr><tr><td>b<td>Birch<td>7</tr>"
        "<tr><td>c<td>no<td>Cedar<td>9</table></html>",
        encoding="utf-8",
    )
    imported = bring(tmp_path)

    assert [case.account.name for case in imported.made.cases()] == ["Ash", "Birch", "Cedar"]
    assert revenues(imported) == {"a": 5, "b": 7, "c": 9}


def test_a_page_in_an_old_encoding_is_read(tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    text = PAGE.format(name="Бета, товариство з обмеженою відповідальністю, місто Полтава")
    (tmp_path / "firms.xls").write_bytes(text.replace("utf-8", "windows-1251").encode("cp1251"))

    assert next(iter(bring(tmp_path).made.cases())).account.name == "Альфа & Co Київ"


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", b"plain text"])
def test_what_is_no_workbook_is_named(content: bytes, tmp_path: Path, bring: Bring) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    (tmp_path / "firms.xls").write_bytes(content)

    with pytest.raises(KamError, match=r"firms\.xls"):
        bring(tmp_path)
