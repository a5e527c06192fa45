"""The report as a document: tagged, in order, the same bytes each time, and readable as text."""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import page
import pypdf
import pytest
from fontTools.ttLib import TTFont
from page_fill import fills
from pypdf.generic import NameObject

from kam_expert import cli
from kam_expert.outputs.pdf import pdf_of
from kam_expert.outputs.pdf_fonts import FAMILIES
from kam_expert.resources import rules_folder
from tests.sampling import few_of

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = rules_folder().parent / "examples" / "two_sides_disagree.yaml"
#: What makes a short document.
SHORT = EXAMPLE.with_stem("almost_nothing_known")
A4 = (595, 842)


@cache
def document(edition: str, lang: str, folder: Path, case: Path = EXAMPLE) -> bytes:
    path = folder / f"{edition}.{lang}.pdf"
    words = ["kam", "diagnose", case, "-o", path, "--edition", edition, "--lang", lang]
    before, sys.argv = sys.argv, [*map(str, words), "--date", "2026-11-23"]
    try:
        cli.main()
    finally:
        sys.argv = before
    return path.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


def reader(edition: str, lang: str, folder: Path) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(document(edition, lang, folder)))


@cache
def sheets_of(edition: str, lang: str, folder: Path) -> list[str]:
    """Return the text of each page, with its lines joined."""
    pages = reader(edition, lang, folder).pages
    return [" ".join(sheet.extract_text().split()) for sheet in pages]


def elements(node: Any) -> list[Any]:
    """Return every element of the structure tree."""
    found = []
    waiting = [node]
    while waiting:
        here = waiting.pop().get_object()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            if "/S" in here:
                found.append(here)
            if "/K" in here:
                waiting.append(here["/K"])
    return found


#: Two editions, and with --all each one in both languages.
EVERY = pytest.mark.parametrize(
    ("edition", "lang"),
    few_of(
        [
            ("consultant", "uk"),
            ("client", "en"),
            ("customer", "uk"),
            ("consultant", "en"),
            ("client", "uk"),
            ("customer", "en"),
        ]
    ),
)
CASES = pytest.mark.parametrize(("edition", "lang"), [("consultant", "uk"), ("client", "en")])


@EVERY
def test_it_says_of_itself_what_a_tagged_document_must(
    edition: str, lang: str, folder: Path
) -> None:
    made = reader(edition, lang, folder)
    root: Any = made.trailer["/Root"]

    assert root["/Lang"] == lang
    assert root["/MarkInfo"]["/Marked"] is not None
    assert bool(root["/MarkInfo"]["/Marked"])
    assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_object().get_data()
    assert {tuple(round(float(x)) for x in sheet.mediabox[2:]) for sheet in made.pages} == {A4}
    assert {sheet.get("/Tabs") for sheet in made.pages} == {"/S"}


@EVERY
def test_it_passes_every_check_of_pdf_ua(edition: str, lang: str, folder: Path) -> None:
    profile = page.ValidationProfile.PDF_UA_1
    verdict = page.validate_pdf_bytes(document(edition, lang, folder), profile=profile)

    assert [f"{failure.rule_id}: {failure.message}" for failure in verdict.failures] == []
    assert verdict.is_compliant
    assert verdict.rules.total > 100


@pytest.mark.parametrize("broken", ["mark", "item"])
def test_the_checker_finds_what_is_wrong(broken: str, folder: Path) -> None:
    made = pypdf.PdfWriter(clone_from=reader("client", "en", folder))
    root: Any = made.root_object
    if broken == "mark":
        del root["/MarkInfo"]
    else:
        bodies = [e for e in elements(root["/StructTreeRoot"]["/K"]) if e["/S"] == "/LBody"]
        bodies[0][NameObject("/S")] = NameObject("/P")
    written = io.BytesIO()
    made.write(written)
    profile = page.ValidationProfile.PDF_UA_1

    assert not page.validate_pdf_bytes(written.getvalue(), profile=profile).is_compliant


@EVERY
def test_what_repeats_on_each_page_is_no_content(edition: str, lang: str, folder: Path) -> None:
    sheets: list[Any] = [*reader(edition, lang, folder).pages]
    streams = [sheet["/Contents"].get_object().get_data() for sheet in sheets]

    assert {data.count(b"/Artifact\n<</Type /Pagination>>\nBDC") for data in streams} == {2}


@CASES
def test_a_link_and_a_header_say_what_they_lead_to(edition: str, lang: str, folder: Path) -> None:
    made = reader(edition, lang, folder)
    root: Any = made.trailer["/Root"]
    links = [a.get_object() for sheet in made.pages for a in sheet.get("/Annots") or []]
    headers = [e for e in elements(root["/StructTreeRoot"]["/K"]) if e["/S"] == "/TH"]
    said = {str(link["/Dest"]): str(link["/Contents"]) for link in links}

    assert said["people"] == {"uk": "Люди та зв’язки", "en": "People and ties"}[lang]
    # A statement has a one-letter name, also for screen readers.
    assert not {name for name, words in said.items() if words == name and len(name) > 3}
    assert {str(e["/A"]["/Scope"]) for e in headers} == {"/Row", "/Column"}


def test_every_section_has_a_bookmark(folder: Path) -> None:
    marks = str(reader("client", "en", folder).outline)

    assert all(words in marks for words in ("Who talks to whom", "Plan", "Appendix"))


@CASES
def test_headings_lists_tables_and_links_are_tagged(edition: str, lang: str, folder: Path) -> None:
    made = reader(edition, lang, folder)
    root: Any = made.trailer["/Root"]
    found = elements(root["/StructTreeRoot"]["/K"])
    kinds = Counter(element["/S"] for element in found)
    links = [a.get_object() for sheet in made.pages for a in sheet.get("/Annots") or []]

    assert kinds["/H1"] == 1
    assert kinds["/H2"] >= 8
    assert kinds["/H3"]
    assert kinds["/LI"] > 20
    assert kinds["/TH"] >= 3
    assert all(element.get("/Alt") for element in found if element["/S"] == "/Figure")
    assert len(links) > 50
    assert all("/Contents" in link and "/StructParent" in link for link in links)


@EVERY
def test_every_font_says_which_letters_it_draws(edition: str, lang: str, folder: Path) -> None:
    resources: list[Any] = [page["/Resources"] for page in reader(edition, lang, folder).pages]
    fonts = [font.get_object() for held in resources for font in held.get("/Font", {}).values()]

    assert fonts
    assert all("/ToUnicode" in font for font in fonts)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("uk", ("Стадія відносин", "Що стоїть на заваді", "План", "Зміст")),
        ("en", ("Stage of the relationship", "What stands in the way", "Plan", "Contents")),
    ],
)
def test_the_text_can_be_taken_out(lang: str, words: tuple[str, ...], folder: Path) -> None:
    edition = "consultant" if lang == "uk" else "client"
    pages = sheets_of(edition, lang, folder)
    text = " ".join(pages)

    assert all(word in text for word in words)
    assert f"2 / {len(pages)}" in pages[1]


def test_all_letters_and_signs_can_be_taken_out() -> None:
    letters = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
    signs = "п’ять пʼять ₴ 5 ≥ 3 ≤ 2 ≈ ≠ ↺ ⚠ ✓ → «–» …"
    text = f"{letters} {letters.upper()} {signs}"
    families = ", ".join(f'"{family}"' for family in FAMILIES)
    page_text = f"<html lang=uk><title>А</title><body style='font-family: {families}'>{text}"

    made = pypdf.PdfReader(io.BytesIO(pdf_of(page_text, date(2026, 11, 23))))

    assert " ".join(made.pages[0].extract_text().split()) == text
    assert fonts_of(made) <= {family.replace(" ", "-") for family in FAMILIES}


def test_the_letter_i_has_its_dot() -> None:
    made = pypdf.PdfReader(io.BytesIO(pdf_of(
        "<html lang=uk><title>А</title><body style='font-family: FiraGO'>іп", date(2026, 11, 23)
    )))  # fmt: skip
    fonts: Any = made.pages[0]["/Resources"]
    [font] = [font.get_object() for font in fonts["/Font"].values()]
    said = font["/ToUnicode"].get_object().get_data().decode("latin1")
    glyphs = dict(re.findall(r"<(\w{4})> <(\w{4})>", said))
    file = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]["/FontFile2"]
    drawn = TTFont(io.BytesIO(file.get_object().get_data()))
    number = {letter: int(glyph, 16) for glyph, letter in glyphs.items()}
    top = {
        letter: drawn["glyf"][drawn.getGlyphName(number[letter])].yMax
        for letter in ("0456", "043f")
    }

    assert top["0456"] > 1.2 * top["043f"]


@EVERY
def test_a_report_has_the_fonts_of_the_package_only(edition: str, lang: str, folder: Path) -> None:
    found = fonts_of(reader(edition, lang, folder))

    assert "FiraGO" in found
    assert found <= {family.replace(" ", "-") for family in FAMILIES}


def fonts_of(made: pypdf.PdfReader) -> set[str]:
    """Return the names of the font families, without the mark of a subset and the weight."""
    pages: list[Any] = list(made.pages)
    held: list[Any] = [sheet["/Resources"].get("/Font", {}) for sheet in pages]
    names = [str(font.get_object()["/BaseFont"]) for fonts in held for font in fonts.values()]
    return {name.partition("+")[2].removesuffix("-Bold") for name in names}


@EVERY
def test_the_first_page_of_the_report_is_page_one_and_no_page_gapes(
    edition: str, lang: str, folder: Path
) -> None:
    first, second, *_ = sheets_of(edition, lang, folder)
    contents = {"uk": "Зміст", "en": "Contents"}[lang]
    find_out = {"uk": "Що з’ясувати", "en": "What to find out"}[lang]

    assert find_out in first
    assert contents not in first
    assert contents in second
    full = [fill for fill, ends in fills(document(edition, lang, folder))[1:] if not ends]
    assert min(full) >= 2 / 3


def test_every_reason_is_open(folder: Path) -> None:
    text = " ".join(sheets_of("consultant", "uk", folder))

    assert "↺" in text


def test_a_firms_footer_is_on_every_page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theme = folder / "theme.yaml"
    theme.write_text("name: Порада і Ко\nfooter: Довірено клієнтові\n", encoding="utf-8")
    path = folder / "themed.pdf"
    words = ["kam", "diagnose", SHORT, "--theme", theme, "--edition", "client", "-o", path]
    monkeypatch.setattr(sys, "argv", list(map(str, words)))
    cli.main()

    texts = [sheet.extract_text() for sheet in pypdf.PdfReader(path).pages]
    assert all("Довірено клієнтові" in text for text in texts)
    assert page.is_pdf_compliant(str(path), profile=page.ValidationProfile.PDF_UA_1)


def test_it_names_no_machine_and_bears_the_day_of_the_diagnosis(folder: Path) -> None:
    told: Any = reader("client", "en", folder).metadata

    assert set(told) == {"/Title", "/Producer", "/CreationDate", "/ModDate"}
    assert told["/CreationDate"] == "D:20261123"
    assert str(told["/Title"]).endswith("diagnosis of the relationship")


def test_the_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()

    assert document("client", "en", one, SHORT) == document("client", "en", other, SHORT)


def test_the_clients_document_has_no_profiles(folder: Path) -> None:
    text = " ".join(sheets_of("client", "en", folder))

    assert "The profile has four sides" not in text
    assert "client edition" in text


def test_a_pdf_needs_a_file_and_one_case(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, message in (
        (["--format", "pdf"], "a PDF needs -o FILE.pdf\n"),
        ([str(EXAMPLE), "--pdf", "x.pdf"],
         "--pdf takes one case; for several use --format pdf -o FOLDER\n"),
    ):  # fmt: skip
        monkeypatch.setattr(sys, "argv", ["kam", "diagnose", str(EXAMPLE), *words])
        with pytest.raises(SystemExit):
            cli.main()
        assert capsys.readouterr().err == message
