"""The report on one case, in any form and edition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.extras import needs
from kam_expert.outputs.theme import PLAIN, Appearance

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.app.edition_maker import EditionMaker, MadeEdition
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.theme import Theme


@dataclass(frozen=True)
class Report:
    """The report on one case, to be written in any form.

    Attributes:
        made: The diagnosis and the facts as the reader may see them.
        templates: A folder of templates that replace those of the same name.
    """

    made: MadeEdition
    base: KnowledgeBase
    lang: str
    theme: Theme = PLAIN
    templates: Path | None = None

    @classmethod
    def of(
        cls,
        case: Case,
        maker: EditionMaker,
        lang: str,
        theme: Theme = PLAIN,
        templates: Path | None = None,
    ) -> Report:
        """Diagnose an account for the reader of the *maker*."""
        return cls(maker.made(case, lang), maker.base, lang, theme, templates)

    def text(self, form: str) -> str:
        """Return the report as JSON, text or HTML."""
        made, base, lang = self.made, self.base, self.lang
        if form == "json":
            from kam_expert.outputs.json_document import render_edition_json, render_json

            if made.edition is not None:
                return render_edition_json(made.edition, base)
            return render_json(made.diagnosis, made.case, base)
        if form == "text":
            from kam_expert.outputs.text import render_text

            return render_text(made.diagnosis, made.case, base, lang, made.edition)
        from kam_expert.outputs.html import render_report

        return render_report(made.diagnosis, made.case, base, lang, self._appearance(paper=False))

    def pdf(self) -> bytes:
        """Return the report as a PDF document."""
        with needs("pdf", "a PDF"):
            from kam_expert.outputs.pdf import render_pdf
        made = self.made
        return render_pdf(
            made.diagnosis, made.case, self.base, self.lang, self._appearance(paper=True)
        )

    def _appearance(self, *, paper: bool) -> Appearance:
        return Appearance(self.made.edition, self.theme, self.templates, paper)
