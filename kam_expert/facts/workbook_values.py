"""Convert cells of a workbook to values of a case file.

People write numbers with a comma or with spaces, and words by their labels in either language.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from kam_expert.errors import shortened
from kam_expert.facts.workbook_form import Labels, items_of
from kam_expert.facts.workbook_sheets import as_text
from kam_expert.knowledge.yaml_reader import Map, Seq, scalar

if TYPE_CHECKING:
    from kam_expert.errors import Place
    from kam_expert.facts.workbook_sheets import WorkbookErrors
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

#: The maximum length of a number; patterns are slow on longer texts.
_LONGEST = 80
_COMMA = re.compile(r"-?\d+,\d+\Z")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+\Z")
_BAND = re.compile(r"\s*(?:\.\.|…|–)\s*")
_SPACES = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))")


def put(node: Map, key: str, value: Any, place: Place, raw: str = "") -> None:
    """Add an entry to a mapping, with its place and raw text."""
    node[key], node.places[key], node.raw[key] = value, place, raw


def append(items: Seq, value: Any, place: Place, raw: str = "") -> None:
    """Add an item to a list, with its place and raw text."""
    items.append(value)
    items.places.append(place)
    items.raw.append(raw)


class CellValues:
    """Converts cells to values; invalid ones are added to *faults*."""

    def __init__(self, base: KnowledgeBase, faults: WorkbookErrors) -> None:
        self.labels = {fact.name: Labels(fact) for fact in base.facts.values()}
        self.faults = faults

    def value(self, fact: Fact, value: Any, place: Place) -> tuple[Any, str]:
        """Return a cell as a value of a case file, and its raw text."""
        read, raw = self._cell_value(fact, value, place)
        try:
            fact.read(read, raw)
        except ValueError as error:
            self.faults.foresee(place, str(error))
        return read, raw

    def _cell_value(self, fact: Fact, value: Any, place: Place) -> tuple[Any, str]:
        labels = self.labels[fact.name]
        if isinstance(value, str):
            return self._text_value(fact, labels, value, place)
        raw = as_text(value)
        if isinstance(value, bool):
            return ("yes" if value else "no"), raw
        if isinstance(value, float) and fact.is_number:
            return (int(value) if value.is_integer() and abs(value) < 1e15 else value), raw  # noqa: PLR2004 -- as in `as_text`
        return (labels.word(raw) or raw if fact.doc.type != "set" else [raw]), raw

    def _text_value(self, fact: Fact, labels: Labels, text: str, place: Place) -> tuple[Any, str]:
        kind = fact.doc.type
        if kind == "text":
            # A quoted text is never a label.
            said = labels.word(text) or (_json_text(text) if text.startswith('"') else None)
            return (said, said) if isinstance(said, str) else (text, text)
        plain = text.strip()
        word = labels.word(plain)
        if word is not None and (kind != "set" or word == "unknown"):
            return word, word
        if not plain or kind == "set":
            return (self._set(labels, plain, place) if plain else None), text
        return (self._number(fact, plain, place) if fact.is_number else plain), plain

    @staticmethod
    def _set(labels: Labels, text: str, place: Place) -> Seq:
        # A cell cannot have more items than there are words; a longer text is one wrong word.
        one = labels.word(text) is not None or len(text) > _LONGEST * len(labels.words)
        seq = Seq(place)
        for item in [text] if one else items_of(text):
            word = labels.word(item) or item
            append(seq, word, place, word)
        return seq

    def _number(self, fact: Fact, text: str, place: Place) -> Any:
        """Return a number or a band as in a case file, from the ways people write numbers."""
        if len(text) > _LONGEST:
            return text
        ends = [self._plain(fact, end.strip(), place) for end in _BAND.split(text)]
        if None in ends:
            return None
        return scalar(str(ends[0])) if len(ends) == 1 else "..".join(map(str, ends))

    def _plain(self, fact: Fact, text: str, place: Place) -> str | None:
        plain = _SPACES.sub("", text)
        if fact.doc.unit == "percent":
            plain = plain.removesuffix("%").strip()
        if _THOUSANDS.match(plain):
            whole, part = plain.replace(",", ""), plain.replace(",", ".")
            if plain.count(",") == 1:
                self.faults.add(place, f'"{shortened(text)}" is ambiguous: {whole} or {part}')
                return None
            return whole
        return plain.replace(",", ".") if _COMMA.match(plain) else plain


def _json_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
