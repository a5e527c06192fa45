"""The report on one case, in any form, for the consultant or the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.privacy.confidential import client_edition
from kam_expert.extras import needs
from kam_expert.outputs.roles import with_roles
from kam_expert.outputs.theme import Appearance

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.outputs.theme import Theme


@dataclass(frozen=True)
class ReportOptions:
    """The options of a report.

    Attributes:
        names: The ids of people whom the client edition names.
        reviewed_by: Who reviewed the client edition, and when.
        templates: A folder of templates that replace those of the same name.
    """

    client: bool
    names: tuple[str, ...]
    reviewed_by: str
    theme: Theme
    templates: Path | None
    lang: str


class Report:
    """The report on one case, in any form."""

    def __init__(
        self,
        case: Case,
        base: KnowledgeBase,
        day: date,
        engine: Engine,
        privacy: Privacy,
        options: ReportOptions,
    ) -> None:
        self.base = base
        self.options = options
        self.case = case
        self.edition = None
        if options.client:
            self.edition = client_edition(
                case,
                base,
                day,
                engine,
                privacy,
                names=options.names,
                reviewed_by=options.reviewed_by,
            )
            # Only data of the edition is kept, so that nothing else can get into the report.
            self.diagnosis = self.edition.diagnosis
            self.case = with_roles(self.edition, base, options.lang)
        else:
            self.diagnosis = diagnose(case, base, day, engine)

    def text(self, form: str) -> str:
        """Return the report as JSON, text or HTML."""
        if form == "json":
            from kam_expert.outputs.json_document import render_client_json, render_json

            if self.edition is not None:
                return render_client_json(self.edition, self.base)
            return render_json(self.diagnosis, self.case, self.base)
        if form == "text":
            from kam_expert.outputs.text import render_text

            return render_text(
                self.diagnosis, self.case, self.base, self.options.lang, self.edition
            )
        from kam_expert.outputs.html import render_report

        return render_report(
            self.diagnosis, self.case, self.base, self.options.lang, self._appearance(paper=False)
        )

    def pdf(self) -> bytes:
        """Return the report as a PDF document."""
        with needs("pdf", "a PDF"):
            from kam_expert.outputs.pdf import render_pdf
        return render_pdf(
            self.diagnosis, self.case, self.base, self.options.lang, self._appearance(paper=True)
        )

    def _appearance(self, *, paper: bool) -> Appearance:
        return Appearance(self.edition, self.options.theme, self.options.templates, paper)
