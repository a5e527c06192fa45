"""The report on one case, in any form, for the consultant or the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.privacy.confidential import client_edition
from kam_expert.errors import KamError
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
    """How a report is to be made.

    Attributes:
        names: The ids of people who may be named in the client edition.
        reviewed_by: Who read the client edition before, and when.
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

    def __init__(  # what a diagnosis takes, and how it is to be shown
        self,
        case: Case,
        base: KnowledgeBase,
        day: date,
        engine: Engine,
        privacy: Privacy,
        wishes: ReportOptions,
    ) -> None:
        self.base = base
        self.wishes = wishes
        self.case = case
        self.edition = None
        if wishes.client:
            self.edition = client_edition(
                case,
                base,
                day,
                engine,
                privacy,
                names=wishes.names,
                reviewed_by=wishes.reviewed_by,
            )
            # From here on nothing but the edition is known.
            self.diagnosis = self.edition.diagnosis
            self.case = with_roles(self.edition, base, wishes.lang)
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

            return render_text(self.diagnosis, self.case, self.base, self.wishes.lang, self.edition)
        from kam_expert.outputs.html import render_report

        return render_report(
            self.diagnosis, self.case, self.base, self.wishes.lang, self._look(paper=False)
        )

    def pdf(self) -> bytes:
        """Return the report as a PDF document."""
        try:
            from kam_expert.outputs.pdf import render_pdf
        except (ImportError, OSError) as missing:
            raise KamError(
                "a PDF needs WeasyPrint and its libraries: pip install kam-expert[pdf], and on "
                f"Debian libpango-1.0-0 and libpangoft2-1.0-0 ({missing})"
            ) from None
        return render_pdf(
            self.diagnosis, self.case, self.base, self.wishes.lang, self._look(paper=True)
        )

    def _look(self, *, paper: bool) -> Appearance:
        return Appearance(self.edition, self.wishes.theme, self.wishes.templates, paper)
