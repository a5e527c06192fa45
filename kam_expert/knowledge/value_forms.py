"""The form of the values of a fact: what the reader accepts, and the same as JSON Schema.

Each type of fact has one class with both. The case reader, the published schema of case files,
tables and workbooks take the form from here.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from kam_expert.errors import did_you_mean, shortened
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.values import UNKNOWN, Interval

if TYPE_CHECKING:
    from kam_expert.knowledge.fact_documents import FactDoc

Schema = dict[str, Any]
_BAND = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\.\.(-?[0-9]+(?:\.[0-9]+)?)\Z")
DATE: Schema = {
    "type": "string",
    "format": "date",
    "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
}
SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
#: The schema compares the ends of a band below this number.
_COMPARED = 100


class WordForm:
    """One of the declared words; the base of the other forms.

    Attributes:
        words: The words in the order of ``facts.yaml``.
    """

    def __init__(self, name: str, doc: FactDoc) -> None:
        self.name, self.doc = name, doc
        self.words = ["yes", "no"] if doc.type == "yes_no" else [*doc.values, *doc.also]

    def read(self, value: Any, raw: str = "") -> Any:
        """Return the value of *value*, which is written as *raw*.

        Returns:
            A word, number, date, text, frozenset, Interval, or UNKNOWN for null, ``unknown`` and a
            blank text.

        Raises:
            ValueError: The value is invalid; the message says what is valid.
        """
        if value is None or value == "unknown":
            return UNKNOWN
        if isinstance(value, list | dict):
            what = "list" if isinstance(value, list) else "mapping"
            raise ValueError(f"{self.name} takes one value, not a {what}")  # noqa: TRY004 -- one error type for the caller
        if isinstance(value, str) and value in self.doc.also:
            return value
        return self._read(value, raw)

    def schema(self) -> Schema:
        """Return the JSON Schema of what `read` accepts."""
        words = [*self.doc.also, "unknown", None]
        return {"anyOf": [*self._schemas(), {"enum": words}]}

    def _read(self, value: Any, raw: str) -> Any:
        if isinstance(value, bool):
            value = "yes" if value else "no"
        word = value if isinstance(value, str) else raw or str(value)
        if word not in self.words:
            raise ValueError(self._not_a_value(word))
        return word

    def _schemas(self) -> list[Schema]:
        truths = [truth for word, truth in (("yes", True), ("no", False)) if word in self.words]
        return [{"enum": [*self.words, *truths]}]

    def _not_a_value(self, word: object) -> str:
        return (
            f'"{shortened(word)}" is not a value of {self.name}; it is one of '
            f"{', '.join(self.words)}.{did_you_mean(word, self.words)}"
        )


class SetForm(WordForm):
    """A list of declared words, a single word, or ``none``."""

    def read(self, value: Any, raw: str = "") -> Any:  # noqa: ARG002 -- as in the base
        """Return the value of *value*, as in `WordForm.read`."""
        items = value if isinstance(value, list) else [value]
        for item in items:
            alone = item is None or item in self._alone()
            if alone and len(items) > 1:
                word = "unknown" if item is None else item
                raise ValueError(f'"{word}" cannot be combined with other values of {self.name}')
            if alone:
                return frozenset() if item == "none" else UNKNOWN
            if not isinstance(item, str) or item not in self.doc.values:
                raise ValueError(self._not_a_value(item))
        return frozenset(items)

    def _alone(self) -> list[str]:
        return ["unknown", *([] if "none" in self.doc.values else ["none"])]

    def schema(self) -> Schema:
        """Return the JSON Schema of what `read` accepts."""
        words, alone = list(self.doc.values), [*self._alone(), None]
        return {
            "anyOf": [
                {"enum": [*words, *alone]},
                {"type": "array", "items": {"enum": words}},
                {"type": "array", "items": {"enum": alone}, "minItems": 1, "maxItems": 1},
            ]
        }


class NumberForm(WordForm):
    """A number, or a band of numbers such as ``2..9``."""

    def _read(self, value: Any, raw: str) -> Any:  # noqa: ARG002 -- as in the base
        if isinstance(value, str):
            band = _BAND.match(value)
            if not band:
                raise ValueError(f'{self.name} takes a number, not "{shortened(value)}"')
            low, high = (self._number(float(part)) for part in band.groups())
            if low > high:
                raise ValueError(f"{self.name}: in the band {value} the first end is larger")
            return Interval(low, high).settled()
        if isinstance(value, bool):
            raise ValueError(f"{self.name} takes a number, not {str(value).lower()}")  # noqa: TRY004 -- one error type for the caller
        return self._number(value)

    def _number(self, value: float) -> float:
        if not math.isfinite(value):
            raise ValueError(f"{self.name} takes a number, not {value}")
        if self.doc.type == "integer" and value != int(value):
            raise ValueError(f"{self.name} takes a whole number, not {value}")
        low, high = self._limits()
        if not (low is None or value >= low) or not (high is None or value <= high):
            limits = "" if low is None else f" from {low:g}"
            limits += "" if high is None else f" to {high:g}"
            raise ValueError(f"{self.name} takes a number{limits}, not {value:g}")
        return int(value) if value == int(value) else value

    def _limits(self) -> tuple[float | None, float | None]:
        return (self.doc.range.min, self.doc.range.max) if self.doc.range else (None, None)

    def _schemas(self) -> list[Schema]:
        low, high = self._limits()
        number: Schema = {"type": "integer" if self.doc.type == "integer" else "number"}
        if low is not None:
            number["minimum"] = low
        if high is not None:
            number["maximum"] = high
        return [number, {"type": "string", "pattern": self._band_pattern()}]

    def _band_pattern(self) -> str:
        """Return the pattern of a band.

        It compares whole ends below 100 that are written plainly, with each other and with the
        limits. Of ends with decimals, leading zeros or a minus it checks the form only.
        """
        low, high = self._limits()
        first = 0 if low is None else max(0, math.ceil(low))
        last = _COMPARED - 1 if high is None else min(_COMPARED - 1, math.floor(high))
        large = "[1-9][0-9]{2,}" if high is None else str(_COMPARED) if high >= _COMPARED else ""
        bands = [
            rf"{end}\.\.(?:{'|'.join([*_from(end, last), *filter(None, [large])])})"
            for end in range(first, last + 1)
        ]
        if large:
            bands.append(rf"{large}\.\.{large}")
        sign = "-?" if low is None or low < 0 else ""
        decimals = r"\.0+" if self.doc.type == "integer" else r"\.[0-9]+"
        any_end = rf"(?:{sign}[0-9]+(?:{decimals})?|-0+(?:\.0+)?)"
        unchecked = rf"(?:{sign}0[0-9]+(?:{decimals})?|{sign}[0-9]+{decimals}|-0+(?:\.0+)?"
        unchecked += rf"|-[0-9]+(?:{decimals})?)" if sign else ")"
        bands += [rf"{unchecked}\.\.{any_end}", rf"{any_end}\.\.{unchecked}"]
        return f"^(?:{'|'.join(bands)})$"


def _from(end: int, last: int) -> list[str]:
    """Return patterns that together match the whole numbers from *end* to *last*, below 100."""
    patterns = []
    for ten in range(end // 10, last // 10 + 1):
        low, high = max(end, 10 * ten) % 10, min(last, 10 * ten + 9) % 10
        patterns.append(f"{ten or ''}{low if low == high else f'[{low}-{high}]'}")
    return patterns


class DateForm(WordForm):
    """A date as YYYY-MM-DD."""

    def _read(self, value: Any, raw: str) -> Any:  # noqa: ARG002 -- as in the base
        day = parse_date(value)
        if day is None:
            also = f" or {', '.join(self.doc.also)}" if self.doc.also else ""
            raise ValueError(
                f'{self.name} takes a date as YYYY-MM-DD{also}, not "{shortened(value)}"'
            )
        return day

    def _schemas(self) -> list[Schema]:
        return [DATE]


class TextForm(WordForm):
    """Any text; a blank text means unknown."""

    def _read(self, value: Any, raw: str) -> Any:
        text = raw or str(value)
        return text if text.strip() else UNKNOWN

    def _schemas(self) -> list[Schema]:
        return [SCALAR]


_FORMS: dict[str, type[WordForm]] = {
    "set": SetForm,
    "integer": NumberForm,
    "number": NumberForm,
    "date": DateForm,
    "text": TextForm,
}


def form_of(name: str, doc: FactDoc) -> WordForm:
    """Return the form of the values of a fact."""
    return _FORMS.get(doc.type, WordForm)(name, doc)
