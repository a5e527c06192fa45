"""How full the pages of PDF reports are: a table of all examples in both languages.

    python benchmarks/page_fill.py [EXAMPLE …] [--edition client]

A page that ends a part (the next one begins with a heading of a section) and the last page may be
less full than the others. Fill is the height from the top margin to the lowest text, without the
footer, as a share of the text area.
"""

from __future__ import annotations

import argparse
import io
from datetime import date
from pathlib import Path
from typing import Any

import pypdf

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.report import Report
from kam_expert.engines.settling import PlainEngine
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.resources import rules_folder

ROOT = Path(__file__).parent.parent
DAY = date(2026, 11, 23)
#: Points: top of the text area, its bottom, and where the footer begins.
TOP, BOTTOM, FOOTER = 842 - 57, 62, 56


def fills(document: bytes) -> list[tuple[float, bool]]:
    """Return the fill of each page, and whether it ends a part."""
    reader = pypdf.PdfReader(io.BytesIO(document))
    headings = {
        (reader.get_destination_page_number(mark), round(float(mark.top or 0)))
        for mark in _marks(reader.outline)
    }
    found = []
    for number, page in enumerate(reader.pages):
        places: list[float] = []

        def place(
            text: str, cm: list[float], tm: list[float], *_: Any, places: list[float] = places
        ) -> None:
            y = tm[5] * cm[3] + cm[5]
            if text.strip() and y > FOOTER:
                places.append(y)

        page.extract_text(visitor_text=place)
        lowest = min(places, default=TOP)
        next_begins = any(
            where == number + 1 and top > TOP - 30 for where, top in headings
        ) or number + 1 == len(reader.pages)
        found.append(((TOP - lowest) / (TOP - BOTTOM), next_begins))
    return found


def _marks(outline: list[Any], depth: int = 0) -> list[Any]:
    """Return the bookmarks of sections: those of the first two levels."""
    marks: list[Any] = []
    for entry in outline:
        if isinstance(entry, list):
            marks += _marks(entry, depth + 1)
        elif depth <= 1:
            marks.append(entry)
    return marks


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", nargs="*")
    parser.add_argument("--edition", type=Edition, choices=list(Edition), default="consultant")
    wanted = parser.parse_args()
    base = load_knowledge_base(rules_folder())
    privacy = load_privacy(rules_folder(), base)
    maker = EditionMaker(base, DAY, PlainEngine(), privacy, wanted.edition)
    names = wanted.examples or sorted(path.stem for path in (ROOT / "examples").glob("*.yaml"))
    print(f"{'example':28} lang pages  least full page inside a part")
    for name in names:
        case = read_case(ROOT / "examples" / f"{name}.yaml", base, f"{name}.yaml")
        for lang in LANGUAGES:
            pages = fills(Report.of(case, maker, lang).pdf())
            inside = [(fill, n) for n, (fill, ends) in enumerate(pages, 1) if not ends and n > 1]
            least = min(inside, default=(1.0, 0))
            print(
                f"{name:28} {lang:4} {len(pages):5}  {least[0]:4.0%} (page {least[1]})", flush=True
            )


if __name__ == "__main__":
    main()
