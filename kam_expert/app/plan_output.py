"""The plan of one account in every form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.extras import needs
from kam_expert.outputs.theme import PLAIN, Appearance

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.app.edition_maker import EditionMaker, MadeEdition
    from kam_expert.engines.planning import PlanLimits
    from kam_expert.engines.settling import Engine
    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.theme import Theme

#: The forms of a plan by the suffix of the file.
FORMS = {
    ".html": "html", ".htm": "html", ".pdf": "pdf", ".xlsx": "xlsx", ".ics": "calendar",
    ".csv": "csv", ".json": "json", ".txt": "text",
}  # fmt: skip
TASKS = ("salesforce", "hubspot")


@dataclass(frozen=True)
class PlanOutput:
    """The plan of one account, to be written in any form."""

    made: MadeEdition
    base: KnowledgeBase
    lang: str
    theme: Theme = PLAIN

    @classmethod
    def of(
        cls, case: Case, maker: EditionMaker, limits: PlanLimits, lang: str, theme: Theme = PLAIN
    ) -> PlanOutput:
        """Diagnose an account and make its plan within limits, for the reader of the *maker*."""
        return cls(maker.made(case, lang, limits), maker.base, lang, theme)

    def written(self, form: str, tasks: str | None = None) -> str | bytes:
        """Return the plan in a form.

        Args:
            form: A value of `FORMS`.
            tasks: A CRM of `TASKS` for tasks in its columns, in CSV or a workbook.
        """
        diagnosis, case, base = self.made.diagnosis, self.made.case, self.base
        if form == "text":
            from kam_expert.outputs.plan_text import render_plan

            return render_plan(diagnosis, case, base, self.lang)
        if form == "json":
            from kam_expert.outputs.json_plan import render_plan_json

            return render_plan_json(diagnosis, case, base)
        if form == "html":
            from kam_expert.outputs.plan_html import render_plan_page

            return render_plan_page(diagnosis, case, base, self.lang, Appearance(theme=self.theme))
        if form == "pdf":
            return self._pdf()
        return self._table(form, tasks)

    def _pdf(self) -> bytes:
        from kam_expert.outputs.plan_html import render_plan_page

        with needs("pdf", "a PDF"):
            from kam_expert.outputs.pdf import pdf_of
        look = Appearance(theme=self.theme, paper=True)
        diagnosis = self.made.diagnosis
        page = render_plan_page(diagnosis, self.made.case, self.base, self.lang, look)
        return pdf_of(page, diagnosis.day)

    def _table(self, form: str, tasks: str | None) -> str | bytes:
        from kam_expert.outputs import crm_tasks
        from kam_expert.outputs.diagnosis_tables import TABLES, diagnosis_tables
        from kam_expert.outputs.table_files import csv_text, tables_workbook

        diagnosis, day = self.made.diagnosis, self.made.diagnosis.day
        tables = diagnosis_tables(diagnosis, self.made.case, self.base, self.lang)
        moves = crm_tasks.to_do(tables)
        if form == "calendar":
            from kam_expert.outputs.step_calendar import step_calendar

            return step_calendar([(diagnosis.account_name, m) for m in moves], day, self.lang)
        name, rows, columns = "plan", tables["plan"], list(TABLES["plan"])
        if tasks is not None:
            rows = crm_tasks.tasks(tasks, diagnosis, moves)
            name, columns = tasks, list(crm_tasks.COLUMNS[tasks])
        if form == "csv":
            return csv_text(rows, columns)
        return tables_workbook({name: rows}, {name: columns}, day)


def place_in_plan(
    case: Case,
    base: KnowledgeBase,
    day: date,
    engine: Engine,
    step: str,
    limits: PlanLimits,
    form: str,
    lang: str,
) -> str:
    """Return why a step has its place in the plan, as ``text`` or ``json``."""
    from kam_expert.engines.plan_place import place_of
    from kam_expert.outputs.place_words import render_place, render_place_json

    diagnosis, place = place_of(case, base, day, engine, step, limits)
    if form == "json":
        return render_place_json(place, diagnosis, case, base)
    return render_place(place, diagnosis, case, base, lang)
