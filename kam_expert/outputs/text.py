"""A diagnosis as text for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.brief import brief_of
from kam_expert.outputs.interface import translator
from kam_expert.outputs.plan_text import add_plan
from kam_expert.outputs.roles import edition_notes
from kam_expert.outputs.stage_words import nearness, other_stages
from kam_expert.outputs.strategy_words import shown_strategy
from kam_expert.outputs.terminal import Lines
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis, Finding
    from kam_expert.results.edition import ReaderEdition

_QUESTIONS_SHOWN = 10


def render_text(
    diagnosis: Diagnosis,
    case: Case,
    base: KnowledgeBase,
    lang: str,
    edition: ReaderEdition | None = None,
) -> str:
    """Return the diagnosis as lines of at most 80 columns, with a final line break.

    For an edition, pass the diagnosis and case of that edition.
    """
    return _Page(diagnosis, case, base, lang, edition).render()


class _Page:
    def __init__(
        self,
        diagnosis: Diagnosis,
        case: Case,
        base: KnowledgeBase,
        lang: str,
        edition: ReaderEdition | None,
    ) -> None:
        self.diagnosis = diagnosis
        self.edition = edition
        self.base = base
        self.lang = lang
        self.words = Words(base, case, lang, diagnosis.day)
        self.tr: Callable[[str], str] = translator(lang).gettext
        self.lines = Lines()

    def render(self) -> str:
        self._head()
        self._brief()
        self._verdicts()
        concluded = [f for f in self.diagnosis.findings if f.status in ("established", "likely")]
        self._causes()
        main = {(f.id, f.about) for cause in self.diagnosis.causes for f in cause.findings}
        troubles = [f for f in concluded if f.severity != "info" and (f.id, f.about) not in main]
        self._findings(
            self.tr("What else stands in the way") if main else self.tr("What stands in the way"),
            troubles,
        )
        good = [f for f in concluded if f.severity == "info"]
        self._findings(self.tr("What else is seen"), good)
        maybe = [f for f in self.diagnosis.findings if f.status == "possible"]
        self._findings(self.tr("Possible, worth asking about"), maybe)
        add_plan(self.lines, self.diagnosis, self.words)
        self._questions()
        return self.lines.text()

    def _head(self) -> None:
        d = self.diagnosis
        self.lines.add(f"{d.account_name} – {self.words.dated(d.day)}")
        case = self.words.case
        if case.owner:
            self.lines.add(f"{self.tr('Owner')}: {case.owner}")
        if case.segment:
            self.lines.add(f"{self.tr('Segment')}: {case.segment}")
        self.lines.rule()

    def _brief(self) -> None:
        """Add the first page of a report, without its map."""
        page = brief_of(self.diagnosis, self.words.case, self.base, self.lang)
        self.lines.add(page.lead)
        for text in (page.cause, page.verdict):
            if text:
                self.lines.add(text)
        parts = (
            (
                self.tr("Where we agree") if page.joint else self.tr("Why"),
                [f"{reason.says} {reason.evidence}" for reason in page.reasons],
            ),
            (self.tr("Where we see things differently"), page.differences),
            (
                self.tr("What to do together")
                if page.joint
                else self.tr("What to do, by importance"),
                [move.says for move in page.moves],
            ),
        )
        for title, texts in parts:
            if texts:
                self.lines.title(title)
            for number, text in enumerate(texts, 1):
                self.lines.add(text, 4, f"{number}. ")
        self.lines.title(self.tr("What to find out"))
        self.lines.add(page.find_out)

    def _verdicts(self) -> None:
        """Add stage and strategy in detail, and the notes of an edition."""
        if self.diagnosis.edition is not Edition.CUSTOMER:
            self.lines.title(self.tr("Stage and strategy"))
            self._stage()
            self._strategy()
        if self.edition is not None:
            self.lines.gap()
            for text in edition_notes(self.edition, self.lang):
                self.lines.add(text)

    def _stage(self) -> None:
        d = self.diagnosis
        model = self.base.stage_model
        stage = self.words.stage_and_certainty(d.stage.verdict, firm=d.stage.firm)
        self.lines.add(f"{self.tr('Stage')}: {stage}")
        if d.stage.leaning:
            self.lines.add(f"{self.tr('Leaning')}: {model.title(d.stage.leaning).get(self.lang)}")
        for said in (other_stages(d.stage, self.words), *nearness(d.stage, self.words)):
            if said:
                self.lines.add(said)
        for name, (seen, needed) in d.stage.reached.items():
            title = model.title(name).get(self.lang)
            features = self.tr("features seen: {seen}, needed: {needed}")
            self.lines.add(f"{title} – {features.format(seen=seen, needed=needed)}", 2)
        self.lines.add(model.says(d.stage.verdict).get(self.lang))

    def _strategy(self) -> None:
        shown = shown_strategy(self.diagnosis.strategy, self.words)
        if shown is None:
            return
        self.lines.add(f"{self.tr('Strategy')}: {shown.name} ({shown.certainty})")
        if shown.by_rules:
            by_rules = f"{shown.by_rules} ({shown.certainty_by_rules})"
            self.lines.add(f"{self.tr('Why this one')}: {shown.reason}", 2)
            self.lines.add(f"{self.tr('By the rules')}: {by_rules}", 2)
        self.lines.add(shown.says, 2)
        for title, parts in (
            (self.tr("Because"), shown.because),
            (self.tr("Also applies, after this one"), shown.passed_over),
            (self.tr("Could also be"), shown.could_be),
            (self.tr("Would change with"), shown.changed_by),
        ):
            if parts:
                self.lines.add(f"{title}: {'; '.join(parts)}", 2)

    def _findings(self, title: str, findings: list[Finding]) -> None:
        if not findings:
            return
        self.lines.title(title)
        for found in findings:
            self._finding(found)

    def _finding(self, found: Finding) -> None:
        mark = {"established": "●", "likely": "◐"}.get(found.status, "○")
        self.lines.add(self.words.headline(found), 4, f"{mark} ")
        status = self.words.status_and_certainty(found.status, firm=found.firm)
        self.lines.add(f"[{status}; {found.id}]", 4)

    def _causes(self) -> None:
        if not self.diagnosis.causes:
            return
        self.lines.title(self.tr("Main causes"))
        for cause in self.diagnosis.causes:
            # One sentence may be about several pairs of answers.
            for found in {self.words.headline(f): f for f in cause.findings}.values():
                self._finding(found)
            if cause.rests:
                rests = "; ".join(self.words.alike(found) for found in cause.followers)
                follows = self.tr("Usually follows from it")
                self.lines.add(f"{follows}: {rests}", 4)

    def _questions(self) -> None:
        asked = self.diagnosis.open_questions
        if not asked:
            return
        self.lines.title(self.tr("What is not known"))
        for question in asked[:_QUESTIONS_SHOWN]:
            ask = self.words.asked(question, self.diagnosis.edition)
            whom = self.words.whom_to_ask(question.asked_of, self.diagnosis.edition)
            whom = whom[:1].lower() + whom[1:]
            self.lines.add(f"{ask} [{question.name}; {whom}]", 4, "? ")
            for voided in self.diagnosis.voided if question.why == "voided" else ():
                if (voided.fact, voided.about) == (question.name, question.about):
                    self.lines.add(self.words.voided(voided), 4)
        if len(asked) > _QUESTIONS_SHOWN:
            more = self.tr("and {count} more questions; see the report")
            self.lines.add(more.format(count=len(asked) - _QUESTIONS_SHOWN), 4)
