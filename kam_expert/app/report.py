"""The report on one case, in any form and edition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.privacy.editions import edition_of
from kam_expert.extras import needs
from kam_expert.knowledge.audience import Edition
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
        names: The ids of people whom an edition for other readers names.
        reviewed_by: Who reviewed such an edition, and when.
        templates: A folder of templates that replace those of the same name.
    """

    edition: Edition
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
        if options.edition is not Edition.CONSULTANT:
            self.edition = edition_of(
                case,
                base,
                day,
                engine,
                privacy,
                options.edition,
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
            from kam_expert.outputs.json_document import render_edition_json, render_json

            if self.edition is not None:
                return render_edition_json(self.edition, self.base)
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
