"""The facts that may be told about an account, and how a written value becomes a value."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.errors import did_you_mean, shortened
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.values import UNKNOWN, Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.documents import FactDoc

_BAND = re.compile(r"(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)\Z")

#: Scopes that stand under ``facts:`` in a case, as facts about the account as a whole.
ACCOUNT_SCOPES = ("account", "portfolio", "meeting", "team")
#: What the engine itself knows about a case; no one is asked.
ENGINE_FACTS = ("gap", "contradictions", "customer_answers")


@dataclass(frozen=True)
class Fact:
    """One fact of the vocabulary.

    Attributes:
        name: As in ``facts.yaml``.
        kind: What it is about: account, person, member, link or decision.
        doc: The entry of ``facts.yaml``.
    """

    name: str
    kind: str
    doc: FactDoc = field(repr=False)

    @property
    def is_number(self) -> bool:
        """Return whether values are numbers."""
        return self.doc.type in ("integer", "number")

    @property
    def bare(self) -> bool:
        """Return whether the two sides' answers may stand for each other."""
        return self.doc.sides == "one_voice"

    def words(self) -> list[str]:
        """Return the words that the fact takes as values, in order."""
        if self.doc.type == "yes_no":
            return ["yes", "no"]
        return [*self.doc.values, *self.doc.also]

    def rank(self, value: object) -> int | None:
        """Return the position of *value* among the values of an ordered fact."""
        if self.doc.type != "ordered" or not isinstance(value, str):
            return None
        order = list(self.doc.values)
        return order.index(value) if value in order else None

    def read(self, value: Any, raw: str = "") -> Any:
        """Turn a value as written into a value.

        Args:
            value: What stands in the file.
            raw: The same as written, for texts that look like numbers.

        Returns:
            A word, number, date, text, frozenset, Interval, or UNKNOWN for null, ``unknown`` and a
            blank text.

        Raises:
            ValueError: The value is not one of this fact; the message says what is.
        """
        if value is None or value == "unknown":
            return UNKNOWN
        if self.doc.type == "set":
            return self._read_set(value)
        if isinstance(value, list | dict):
            what = "list" if isinstance(value, list) else "mapping"
            raise ValueError(f"{self.name} takes one value, not a {what}")  # noqa: TRY004 -- a user's
        if isinstance(value, str) and value in self.doc.also:
            return value
        if self.is_number:
            return self._read_number(value)
        if self.doc.type == "date":
            return self._read_date(value)
        if self.doc.type == "text":
            text = raw or str(value)
            return text if text.strip() else UNKNOWN
        if isinstance(value, bool):
            value = "yes" if value else "no"
        word = value if isinstance(value, str) else raw or str(value)
        if word not in self.words():
            raise ValueError(self._not_a_value(word))
        return word

    def _not_a_value(self, word: object) -> str:
        known = self.words()
        return (
            f'"{shortened(word)}" is not a value of {self.name}; it is one of '
            f"{', '.join(known)}.{did_you_mean(word, known)}"
        )

    def _read_set(self, value: Any) -> Any:
        items = value if isinstance(value, list) else [value]
        if any(item is None or item == "unknown" for item in items):
            if len(items) > 1:
                raise ValueError(f'"unknown" cannot stand with other values of {self.name}')
            return UNKNOWN
        if "none" in items and "none" not in self.doc.values:
            if len(items) > 1:
                raise ValueError(f'"none" cannot stand with other values of {self.name}')
            return frozenset()
        for item in items:
            if not isinstance(item, str) or item not in self.doc.values:
                raise ValueError(self._not_a_value(item))
        return frozenset(items)

    def _read_number(self, value: Any) -> Any:
        if isinstance(value, str):
            band = _BAND.match(value)
            if not band:
                raise ValueError(f'{self.name} takes a number, not "{shortened(value)}"')
            low, high = (self._number(float(part)) for part in band.groups())
            if low > high:
                raise ValueError(f"{self.name}: the band {value} runs backwards")
            return Interval(low, high).settled()
        if isinstance(value, bool):
            raise ValueError(f"{self.name} takes a number, not {str(value).lower()}")  # noqa: TRY004 -- one error type for the caller
        return self._number(value)

    def _number(self, value: float) -> float:
        if not math.isfinite(value):
            raise ValueError(f"{self.name} takes a number, not {value}")
        if self.doc.type == "integer" and value != int(value):
            raise ValueError(f"{self.name} takes a whole number, not {value}")
        limits = self.doc.range
        if limits and (
            (limits.min is not None and value < limits.min)
            or (limits.max is not None and value > limits.max)
        ):
            low = "" if limits.min is None else f" from {limits.min:g}"
            high = "" if limits.max is None else f" to {limits.max:g}"
            raise ValueError(f"{self.name} takes a number{low}{high}, not {value:g}")
        return int(value) if value == int(value) else value

    def _read_date(self, value: Any) -> Any:
        day = parse_date(value)
        if day is None:
            also = f" or {', '.join(self.doc.also)}" if self.doc.also else ""
            raise ValueError(
                f'{self.name} takes a date as YYYY-MM-DD{also}, not "{shortened(value)}"'
            )
        return day


def facts_of(documents: Mapping[str, FactDoc]) -> dict[str, Fact]:
    """Return the facts by name, in the order of the file."""
    facts = {}
    for name, doc in documents.items():
        kind = "member" if doc.per_member else doc.scope
        facts[name] = Fact(name, "account" if kind in ACCOUNT_SCOPES else kind, doc)
    return facts
