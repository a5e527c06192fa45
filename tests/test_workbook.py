"""The workbook holds what was found as text and numbers, and nothing in it runs."""

import dataclasses
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from portfolio_page import DAY, random_summary

from kam_expert.knowledge.base import KnowledgeBase
from kam_expert.knowledge.portfolio_view import PortfolioView, load_portfolio_view
from kam_expert.outputs import workbook
from kam_expert.outputs.workbook import write_workbook
from kam_expert.resources import rules_folder
from kam_expert.results.portfolio import PlanRow, PortfolioSummary, QuestionRow, StepRow

INJECTIONS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "{=1+1}",
    "http://example.org/",
    "mailto:a@example.org",
    "internal:Sheet2!A1",
    "12345",
    "W" * 40_000,
    "\u0000\u0008\ufffe\ud800 <&>",
)
_NAMESPACE = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Sheets = list[list[dict[str, str]]]
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def view(base: KnowledgeBase) -> PortfolioView:
    return load_portfolio_view(rules_folder(), base)


@pytest.fixture(scope="module")
def summary(base: KnowledgeBase, view: PortfolioView) -> PortfolioSummary:
    return random_summary(30, base, view)


def steps(base: KnowledgeBase, text: str) -> list[StepRow]:
    name = next(iter(base.steps))
    finding = next(iter(base.findings))
    step = StepRow(text, text, 1, name, "trust", text, date(2026, 12, 1), text, (finding,), ())
    return [step]


def questions(base: KnowledgeBase, text: str) -> list[QuestionRow]:
    fact = next(iter(base.facts))
    return [QuestionRow(text, text, fact, text, "customer", ("stage",))]


def moves(base: KnowledgeBase, text: str) -> list[PlanRow]:
    step = next(iter(base.steps))
    days = date(2026, 11, 2), date(2026, 12, 1)
    return [PlanRow(text, text, 1, step, (text,), text, *days, 2, (next(iter(base.findings)),))]


@pytest.fixture
def write(
    base: KnowledgeBase, view: PortfolioView, summary: PortfolioSummary, tmp_path: Path
) -> Write:
    """Write a workbook in which accounts bear the texts given, and give its path."""

    def written(*texts: str, lang: str = "en", name: str = "portfolio.xlsx") -> Path:
        rows = [
            dataclasses.replace(row, id=text, name=text, owner=text, segment=text)
            for row, text in zip(summary.rows, texts, strict=False)
        ] or list(summary.rows)
        told = texts[0] if texts else "acc"
        path = tmp_path / name
        details = steps(base, told), questions(base, told)
        write_workbook(path, summary, rows, moves(base, told), details, base, view, lang)
        return path

    return written


def read(path: Path) -> Sheets:
    """Return the cells of each sheet by row: type and text, parsed with the standard library."""
    with zipfile.ZipFile(path) as file:
        names = sorted(n for n in file.namelist() if n.startswith("xl/worksheets/sheet"))
        return [_rows(ET.fromstring(file.read(name))) for name in names]  # noqa: S314 -- ours


def _rows(sheet: ET.Element) -> list[dict[str, str]]:
    rows = []
    for row in sheet.iterfind(".//x:row", _NAMESPACE):
        cells = {}
        for cell in row.iterfind("x:c", _NAMESPACE):
            assert cell.find("x:f", _NAMESPACE) is None
            column = re.sub(r"\d", "", cell.get("r", ""))
            text = "".join(cell.itertext())
            kind = cell.get("t", "n")
            cells[column] = f"{kind}:{_ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)}"
        rows.append(cells)
    return rows


def test_no_text_becomes_a_formula_a_link_or_a_number(write: Write) -> None:
    path = write(*INJECTIONS)

    accounts = read(path)[0]
    for text, row in zip(INJECTIONS, accounts[1:], strict=True):
        shown = text.replace("\ufffe", "\ufffd").replace("\ud800", "\ufffd")
        shown = shown if len(shown) <= 32_767 else shown[:32_766] + "…"
        # A reader of XML takes every line end for \n.
        shown = shown.replace("\r", "\n") if "_x000D_" not in row["A"] else shown
        for column in "ABCD":
            kind, _, said = row[column].partition(":")
            assert kind == "inlineStr"
            assert said.replace("\r", "\n") == shown.replace("\r", "\n")


def test_nothing_in_the_file_refers_to_anything_outside(write: Write) -> None:
    with zipfile.ZipFile(write(*INJECTIONS)) as file:
        names = file.namelist()
        links = [n for n in names if n.startswith("xl/worksheets/_rels")]
        sheets = b"".join(file.read(n) for n in names if n.startswith("xl/worksheets/sheet"))

    assert links == []
    assert b"<f>" not in sheets
    assert b"hyperlink" not in sheets
    assert not any("external" in n or "vba" in n for n in names)


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_the_sheets_say_what_the_page_says(
    write: Write, summary: PortfolioSummary, base: KnowledgeBase, lang: str
) -> None:
    accounts, plans, next_steps, asked, obstacles, causes = read(write(lang=lang))

    assert [plans[1][column] for column in "AB"] == ["inlineStr:acc"] * 2

    assert len(accounts) == len(summary.rows) + 1
    first = summary.rows[0]
    assert accounts[1]["A"] == f"inlineStr:{first.id}"
    assert accounts[1]["E"] == f"inlineStr:{base.findings[first.strategy].name.get(lang)}"
    named = "; ".join(base.findings[name].name.get(lang) for name in first.causes)
    assert accounts[1]["G"] == f"inlineStr:{named}"
    assert accounts[1]["L"] == f"n:{first.seen}"
    assert accounts[1]["H"] == f"inlineStr:{base.stage_model.title(first.stage).get(lang)}"
    assert len(next_steps) == len(asked) == 2
    standing = [int(row["C"].removeprefix("n:")) for row in obstacles[1:]]
    assert standing == sorted(standing, reverse=True)
    assert sum(standing) == sum(count.standing for count in summary.findings)
    assert [(row["A"], row["C"]) for row in causes[1:]] == [
        (f"inlineStr:{base.findings[name].name.get(lang)}", f"n:{count}")
        for name, count in summary.causes.items()
    ]
    assert len(causes) > 2


def test_what_is_not_known_is_said_and_never_nought(
    write: Write, summary: PortfolioSummary
) -> None:
    accounts = read(write())[0]

    for row, cells in zip(summary.rows, accounts[1:], strict=True):
        if row.size is None:
            assert "O" not in cells
        if row.attractiveness is None:
            assert cells["K"] == "inlineStr:not known"


def test_rows_that_excel_cannot_hold_are_counted(
    base: KnowledgeBase,
    view: PortfolioView,
    summary: PortfolioSummary,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 11)

    left = write_workbook(tmp_path / "book.xlsx", summary, summary.rows, [], None, base, view, "en")

    assert left["accounts"] == len(summary.rows) - 10
    assert len(read(tmp_path / "book.xlsx")[0]) == 11


def test_the_same_results_give_the_same_bytes(write: Write) -> None:
    one, other = write(name="one.xlsx"), write(name="other.xlsx")

    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as file:
        assert DAY.isoformat().encode() in file.read("docProps/core.xml")
