"""The report as a PDF document: tagged for readers who hear it, from the same templates.

WeasyPrint lays out what the templates make; this is its only door. Nothing is fetched: whatever is
in the page came with it.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from weasyprint import HTML
from weasyprint.urls import URLFetcher

from kam_expert.outputs.html import render_report
from kam_expert.outputs.pdf_tags import Tags

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.theme import Appearance
    from kam_expert.results.diagnosis import Diagnosis

#: The head of a row, which a browser knows by its place and this program does not.
_ROW = re.compile(r"(?<!<thead>)<tr><th(?=>)")


def render_pdf(
    diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str, look: Appearance
) -> bytes:
    """Return the report on one account as a tagged PDF (PDF/UA-1), every reason open.

    Args:
        diagnosis: What came out.
        case: The facts it came from.
        base: The rule base, which has the words.
        lang: ``uk`` or ``en``.
        look: The edition and the firm's own look; for ``paper``.

    Returns:
        The document. The same arguments and fonts give the same bytes: its dates are the day of
        the diagnosis, its number follows from what it says, and it names no machine or user.
    """
    page = _ROW.sub(r"\g<0> scope=row", render_report(diagnosis, case, base, lang, look))
    with _dated(diagnosis.day):
        document: bytes = HTML(
            string=page, base_url="about:blank", url_fetcher=URLFetcher(allowed_protocols=["data"])
        ).write_pdf(
            finisher=Tags(page),
            pdf_variant="pdf/ua-1",
            presentational_hints=True,  # the number that a list begins with is one
            pdf_identifier=hashlib.sha256(page.encode()).digest()[:16],
        )
    return document


@contextmanager
def _dated(day: date) -> Iterator[None]:
    """Have fonts that are cut down bear the day of the diagnosis, not the hour of the machine."""
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
