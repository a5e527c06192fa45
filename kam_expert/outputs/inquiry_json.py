"""Answers of inquiries as JSON, with texts in both languages."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.facts.plan_entries import PlanEntry, entry_data
from kam_expert.knowledge.about import About
from kam_expert.outputs.inquiry_words import InquiryWords
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.plan_shown import move_name
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.results.diagnosis import Finding, NextStep, OpenQuestion
from kam_expert.results.inquiry import (
    Asserted,
    ChangedPart,
    FactSet,
    FindingChange,
    Questioning,
    WhyNot,
)
from kam_expert.results.later import Later
from kam_expert.results.plan import Move

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


def render_inquiry(answers: Mapping[str, Any], case: Case, base: KnowledgeBase, day: date) -> str:
    """Return answers as JSON.

    Args:
        answers: By their key, such as ``why_not``: data classes of `kam_expert.results.inquiry`,
            or lists of them.
        case: The account; the newer one of two versions.
        base: The rule base.
        day: The date of the diagnosis.
    """
    words = {lang: InquiryWords(base, case, lang, day) for lang in LANGUAGES}
    head = {
        "kam": 1,
        "account": {"id": case.account.id, "name": case.account.name},
        "date": day.isoformat(),
        "rule_base": {"version": base.version, "digest": base.digest},
        "facts_digest": case.digest(),
    }
    data = {**head, **_Data(base, words).of(dict(answers))}
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


class _Data:
    def __init__(self, base: KnowledgeBase, words: Mapping[str, InquiryWords]) -> None:
        self._base = base
        self._words = words

    def of(self, answer: Any) -> Any:
        """Return plain data for any part of an answer."""
        if isinstance(answer, About):
            plain = {"kind": answer.kind, "id": answer.id}
            return plain if answer.fact is None else {**plain, "fact": answer.fact}
        if isinstance(answer, PlanEntry):
            plans = {lang: PlanWords(words) for lang, words in self._words.items()}
            titles = {lang: plan.title(answer) for lang, plan in plans.items()}
            return {**entry_data(answer), "texts": titles}
        if isinstance(answer, Questioning):
            return self._questioning(answer)
        if dataclasses.is_dataclass(answer) and not isinstance(answer, type):
            fields = dataclasses.fields(answer)
            data = {field.name: self.of(getattr(answer, field.name)) for field in fields}
            texts = self._said(answer)
            return {**data, "texts": texts} if texts else data
        if isinstance(answer, list | tuple | Later):
            return [self.of(item) for item in answer]
        if isinstance(answer, dict):
            return {key: self.of(value) for key, value in answer.items()}
        return answer.isoformat() if isinstance(answer, date) else answer

    def _questioning(self, answer: Questioning) -> dict[str, Any]:
        """Return the questions, the first ones with what an answer does."""
        questions = self.of(answer.questions)
        for question, effect in zip(questions, answer.effects, strict=False):
            question.update(self.of(effect))
        return {"questions": questions, "stop": answer.stop}

    def _said(self, answer: Any) -> dict[str, str] | None:
        if isinstance(answer, Finding):
            return {lang: words.headline(answer) for lang, words in self._words.items()}
        if isinstance(answer, FindingChange):
            return self._both(self._base.findings[answer.id].name)
        if isinstance(answer, WhyNot):
            return self._both(self._base.findings[answer.finding].name)
        if isinstance(answer, Move):
            return {lang: move_name(answer, words) for lang, words in self._words.items()}
        if isinstance(answer, NextStep):
            return self._both(self._base.steps[answer.id].name)
        if isinstance(answer, OpenQuestion):
            return {lang: words.asked(answer) for lang, words in self._words.items()}
        if isinstance(answer, FactSet):
            return {lang: words.change(answer) for lang, words in self._words.items()}
        if isinstance(answer, Asserted) and answer.what in ("conclusion", "finding"):
            return self._both(self._base.findings[answer.name].name)
        if isinstance(answer, Asserted) and answer.what == "stage":
            return self._both(self._base.stage_model.title(answer.name))
        if isinstance(answer, ChangedPart):
            return {lang: words.part(answer) for lang, words in self._words.items()}
        return None

    @staticmethod
    def _both(text: Any) -> dict[str, str]:
        return {lang: text.get(lang) for lang in LANGUAGES}
