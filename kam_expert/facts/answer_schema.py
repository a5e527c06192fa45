"""The form of the answers to a fact: how a case file writes them, and the same as JSON Schema.

An answer is a value, a value with its origin (the long form), or a list of dated long forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place, Problem, shortened, unknown_name, unknown_word
from kam_expert.facts.answer_text import AnswerText, Style, written
from kam_expert.facts.case import Answer, sorted_answers
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.value_forms import DATE, SCALAR, Schema
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.knowledge.yaml_reader import Map, Seq

if TYPE_CHECKING:
    from datetime import date

    from kam_expert.knowledge.vocabulary import Fact

SOURCES = ("observed", "said", "reported", "assumed")
LONG_FORM = ("value", "source", "by", "as_of")


def answer_schema(fact: Fact, value: Schema) -> Schema:
    """Return the JSON Schema of what `AnswerReader.answers` accepts, but for equal dates in a list.

    Args:
        fact: The fact.
        value: The schema of its values, or a reference to it.
    """
    long_form = {
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {
            "value": value,
            "source": {"enum": [*SOURCES, None]},
            "by": SCALAR,
            "as_of": {"anyOf": [DATE, {"type": "null"}]},
        },
    }
    return {
        "description": f"{fact.doc.ask.en} / {fact.doc.ask.uk}",
        "anyOf": [value, long_form, {"type": "array", "items": long_form, "minItems": 1}],
    }


class AnswerReader:
    """Reads the answers in a mapping of facts; mistakes are added to *problems*.

    Args:
        exact: Whether values must be written as the schema says; otherwise also as people write
            them, as `AnswerText` reads.
        currency: The only currency that amounts may be in; empty for any.
    """

    def __init__(self, *, exact: bool = True, currency: str = "") -> None:
        self.problems: list[Problem] = []
        self.exact = exact
        self._style = Style(currency=currency)
        self._texts: dict[str, AnswerText] = {}
        #: The currency of the amounts, and where it is named first.
        self._currency: tuple[str, Place] | None = None

    def fail(self, place: Place, message: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(place, message))

    def answers(self, fact: Fact, node: Map, key: str) -> tuple[Answer, ...]:
        """Return the answers at a key, oldest first; none if the answer is unknown."""
        value = node[key]
        if isinstance(value, Seq) and value and all(isinstance(item, Map) for item in value):
            answers = [self.long_form(fact, item, value.at(i)) for i, item in enumerate(value)]
            found = [answer for answer in answers if answer is not None]
            days = [answer.as_of for answer in found]
            if len(days) != len(set(days)):
                self.fail(node.at(key), f"{fact.name}: two values with the same date")
            return sorted_answers(found)
        if isinstance(value, Map):
            answer = self.long_form(fact, value, node.at(key))
        else:
            answer = self._answer(fact, value, node.raw[key], node.at(key))
        return () if answer is None else (answer,)

    def text(self, node: Map, key: str) -> str:
        """Return the text at a key; empty if it is missing or not a text."""
        value = node.get(key)
        if isinstance(value, Map | Seq):
            self.fail(node.at(key), f'"{key}" is a text')
            return ""
        return "" if value is None else node.raw[key].strip()

    def day(self, node: Map, key: str) -> date | None:
        """Return the date at a key; None if it is missing or invalid."""
        value = node.get(key)
        if value is None:
            return None
        day = parse_date(value)
        if day is None:
            self.fail(node.at(key), f'"{key}" is a date as YYYY-MM-DD, not "{shortened(value)}"')
        return day

    def long_form(self, fact: Fact, node: Map, place: Place) -> Answer | None:
        """Return an answer in its long form; None if it is unknown or has a mistake."""
        for key in node:
            if key not in LONG_FORM:
                self.fail(node.at(key), unknown_name("key", key, LONG_FORM))
        if "value" not in node:
            self.fail(place, f"{fact.name}: the long form needs a value")
            return None
        source = node.get("source")
        if source is not None and source not in SOURCES:
            self.fail(node.at("source"), unknown_word("source", source, SOURCES))
        return self._answer(
            fact,
            node["value"],
            node.raw["value"],
            node.at("value"),
            as_of=self.day(node, "as_of"),
            source=source if isinstance(source, str) else None,
            by=self.text(node, "by") or None,
        )

    def _answer(
        self, fact: Fact, value: Any, raw: str, place: Place, **origin: Any
    ) -> Answer | None:
        try:
            read = fact.read(value, raw)
        except ValueError as error:
            read = self._told(fact, value, raw, place, str(error))
        return None if read is UNKNOWN else Answer(read, place=place, **origin)

    def _told(self, fact: Fact, value: Any, raw: str, place: Place, why: str) -> Any:
        """Return a value that is written as people write it; UNKNOWN if it is none."""
        if fact.name not in self._texts:
            self._texts[fact.name] = AnswerText(fact)
        read = self._texts[fact.name].read
        is_set = isinstance(value, list) and fact.doc.type == "set"
        if (isinstance(value, list) and not is_set) or isinstance(value, dict | float | bool):
            self.fail(place, why)
            return UNKNOWN
        try:
            # One cell can hold several words.
            given = [str(item) for item in value] if is_set else [raw or str(value)]
            parts = [read(text, self._style) for text in given]
        except ValueError as error:
            self.fail(place, str(error) if not is_set and not self.exact else why)
            return UNKNOWN
        found = [part.value for part in parts]
        if is_set and (UNKNOWN in found or frozenset() in found):
            self.fail(place, why)
            return UNKNOWN
        read_as = frozenset().union(*found) if is_set else found[0]
        if self.exact:
            shown = written(read_as)
            shown = "unknown" if shown is None else shown
            words = f"[{', '.join(shown)}]" if isinstance(shown, list) else shown
            self.fail(place, f"{why.rstrip('.')}; write {words}")
            return UNKNOWN
        for currency in [part.currency for part in parts if part.currency]:
            before = self._currency = self._currency or (currency, place)
            if before[0] != currency:
                what = f"{currency}, but {before[1]} has {before[0]}"
                self.fail(place, f"amounts in two currencies: {what}; use one")
        return read_as
