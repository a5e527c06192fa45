"""Convert cells of a workbook to values of a case file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kam_expert.facts.answer_text import answer_texts, written
from kam_expert.facts.plain_text import folded
from kam_expert.facts.workbook_sheets import as_text

if TYPE_CHECKING:
    from kam_expert.errors import Place
    from kam_expert.facts.answer_text import AnswerText
    from kam_expert.facts.workbook_sheets import WorkbookErrors
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact


class CellValues:
    """Converts cells to values; invalid ones are counted in *faults*."""

    def __init__(self, base: KnowledgeBase, faults: WorkbookErrors) -> None:
        self.texts = answer_texts(base.facts)
        self.faults = faults

    def value(self, fact: Fact, value: Any, place: Place) -> tuple[Any, str]:
        """Return a cell as a value of a case file, and its raw text.

        A text that is not a value is returned as it is; the case reader says what is wrong.
        """
        raw = as_text(value)
        reader = self.texts[fact.name]
        if isinstance(value, float) and fact.is_number:
            read: Any = int(value) if value.is_integer() and abs(value) < 1e15 else value  # noqa: PLR2004 -- as in `as_text`
        elif fact.doc.type == "text":
            read = raw = _text(reader, raw)
        else:
            read = self._read(reader, raw, place)
            return read, raw
        self._check(fact, read, raw, place)
        return read, raw

    def _read(self, reader: AnswerText, text: str, place: Place) -> Any:
        try:
            told = reader.read(text)
        except ValueError as error:
            self.faults.foresee(place, str(error))
            return text
        # Only the case reader compares the currencies of amounts.
        return text if told.currency else written(told.value)

    def _check(self, fact: Fact, value: Any, raw: str, place: Place) -> None:
        try:
            fact.read(value, raw)
        except ValueError as error:
            self.faults.foresee(place, str(error))


def _text(reader: AnswerText, text: str) -> str:
    """Return the text of a cell; a quoted text is never a label."""
    word = reader.word(text)
    if word is not None:
        return word
    if folded(text) in ("unknown", "невідомо"):
        return "unknown"
    said = _json_text(text) if text.startswith('"') else None
    return said if isinstance(said, str) else text


def _json_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
