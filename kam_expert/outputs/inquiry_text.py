"""What all answers of inquiries share as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.inquiry_words import InquiryWords
from kam_expert.outputs.terminal import Lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


class InquiryText:
    """The text of one answer in one language.

    Args:
        base: The rule base.
        case: The account; the newer one of two versions.
        lang: ``uk`` or ``en``.
        day: The date of the diagnosis.
    """

    def __init__(self, base: KnowledgeBase, case: Case, lang: str, day: date) -> None:
        self.base = base
        self.lang = lang
        self.words = InquiryWords(base, case, lang, day)
        self.case = case
        self.lines = Lines()
        self._: Callable[..., str] = self.words._

    def _head(self, *days: date) -> None:
        said = " → ".join(map(self.words.dated, days or (self.words.day,)))
        self.lines.add(f"{self.case.account.name} – {said}")
        self.lines.rule()
