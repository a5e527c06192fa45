"""What to ask next, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.answer_words import answers_said
from kam_expert.outputs.inquiry_text import InquiryText

if TYPE_CHECKING:
    from kam_expert.results.diagnosis import OpenQuestion
    from kam_expert.results.inquiry import AnswerEffect, Questioning


class AskText(InquiryText):
    """Questions with the effect of their answers."""

    def questioning(self, answer: Questioning) -> str:
        """Return the questions to ask next, those with a known effect in full."""
        self._head()
        if answer.stop == "all":
            self.lines.add(self._("No further answer changes anything."))
        elif answer.stop == "stage":
            self.lines.add(self._("No further answer changes the stage."))
        shown = zip(answer.questions, answer.effects, strict=False)
        for number, (question, effect) in enumerate(shown, 1):
            self._question(question, effect, number)
        more = len(answer.questions) - len(answer.effects)
        if more > 0:
            self.lines.add(self._("Further questions: %(count)s", count=more))
        return self.lines.text()

    def _question(self, question: OpenQuestion, effect: AnswerEffect, number: int) -> None:
        self.lines.add(f"{self.words.asked(question)} [{question.name}]", 4, f"{number}. "[:4])
        self.lines.add(self.words.whom_to_ask(question.asked_of), 4)
        answers = answers_said(question.name, self.words)
        self.lines.add(self._("Answer: %(answers)s", answers=answers), 4)
        said = (
            (self._("stage features it settles"), effect.features),
            (self._("stage features it confirms"), effect.confirms),
            (self._("stage features it settles with other answers"), effect.helps),
            (self._("what else it settles"), effect.findings),
        )
        for label, names in said:
            if names:
                found = ", ".join(self.words.changed(name) for name in names)
                self.lines.add(f"{label}: {found}", 4)
        if not any(names for _, names in said):
            self.lines.add(self._("Matters only after another answer"), 4)
        if effect.could_be:
            found = ", ".join(self.words.stage(name) for name in effect.could_be)
            self.lines.add(self._("could lead to the stage: %(stages)s", stages=found), 4)
