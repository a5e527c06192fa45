"""The report as a tagged PDF document for screen readers, made from the same templates.

Only this module imports the layout of WeasyPrint. Nothing is loaded from the network.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from kam_expert.outputs.html import render_report
from kam_expert.outputs.pdf_fonts import ADDRESS, font_at, font_faces
from kam_expert.outputs.pdf_tags import Tags

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.theme import Appearance
    from kam_expert.results.diagnosis import Diagnosis

#: A row header. Browsers infer its scope from its position, WeasyPrint does not.
_ROW = re.compile(r"(?<!<thead>)<tr><th(?=>)")


def render_pdf(
    diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str, look: Appearance
) -> bytes:
    """Return the report on one account as a tagged PDF (PDF/UA-1) with all reasons expanded.

    Args:
        diagnosis: The diagnosis.
        case: The facts.
        base: The rule base with the texts.
        lang: ``uk`` or ``en``.
        look: The edition and the theme of the firm, with ``paper`` set.

    Returns:
        The document. The same arguments and fonts give the same bytes: its date is the day of the
        diagnosis, its identifier a hash of the page, and it names no machine or user.
    """
    page = _ROW.sub(r"\g<0> scope=row", render_report(diagnosis, case, base, lang, look))
    return pdf_of(page, diagnosis.day)


class _Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Returns the fonts of the package, and what the page itself holds."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return what is at an address. Raises ValueError for what would be loaded."""
        if url.startswith(ADDRESS):
            return URLFetcherResponse(url, font_at(url))
        return super().fetch(url, headers)


def pdf_of(page: str, day: date) -> bytes:
    """Return an HTML page as a tagged PDF that is dated by the day of the diagnosis."""
    fonts = FontConfiguration()
    fetcher = _Fetcher(allowed_protocols=["data"])
    faces = CSS(string=font_faces(), font_config=fonts, url_fetcher=fetcher)
    with _dated(day):
        document: bytes = HTML(
            string=page, base_url="about:blank", url_fetcher=fetcher
        ).write_pdf(
            stylesheets=[faces],
            font_config=fonts,
            finisher=Tags(page),
            pdf_variant="pdf/ua-1",
            presentational_hints=True,  # for the start number of lists
            pdf_identifier=hashlib.sha256(page.encode()).digest()[:16],
        )
    return document


@contextmanager
def _dated(day: date) -> Iterator[None]:
    """Set the time stamp of embedded fonts to the day of the diagnosis."""
    name = "SOURCE_DATE_EPOCH"
    before = os.environ.get(name)
    os.environ[name] = str((day.toordinal() - 719_163) * 86_400)  # days from 1970-01-01
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
