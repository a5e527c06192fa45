"""Read an answer to a fact from text: the one reader behind every way in.

Imports, workbooks, tables, case files, the session, the pages and what-if read answers with
`AnswerText`. It accepts keys and labels in both languages, usual words for yes, no and unknown,
numbers and bands, dates. A way in may be stricter, but none has spellings of its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from kam_expert.errors import shortened
from kam_expert.facts.date_text import read_date
from kam_expert.facts.number_text import (
    CURRENCIES,
    Amount,
    NotAValueError,
    SpecificError,
    amount_or_band,
)
from kam_expert.facts.plain_text import folded, mixed_word, shape, visible
from kam_expert.knowledge.values import UNKNOWN, Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.vocabulary import Fact

_YES = (
    "yes", "y", "true", "так", "т", "да", "on", "✓", "✔", "☑", "✅", "+", "істина", "истина",
)  # fmt: skip
_NO = (
    "no", "n", "false", "ні", "н", "нет", "off", "✗", "✘", "❌", "☐", "хибність", "хиба", "ложь",
)  # fmt: skip
#: Digits are yes and no only where the fact is a question of yes and no.
_DIGITS = {"1": "yes", "1.0": "yes", "0": "no", "0.0": "no"}
_NONE = ("none", "немає", "жодного", "жодної", "нічого", "(none)", "[]")
#: The words for unknown in both languages, and what systems write for it.
UNKNOWN_WORDS = frozenset(
    (
        "unknown", "not known", "don't know", "do not know", "dont know", "n/a", "n.a.", "na",
        "not available", "not specified", "not set", "no data", "tbd", "?", "??", "-", "--",
        "null", "nan", "nil", "~", "\\n", "(blank)", "невідомо", "невідома", "невідомий",
        "не відомо", "не знаю", "не знаємо", "...", "…", "н/д", "н.д.", "н/в", "нд", "немає даних",
        "нема даних", "дані відсутні", "не вказано", "не визначено", "не заповнено",
        "неизвестно", "нет данных", "#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#num!",
        "#null!",
    )
)  # fmt: skip
_BETWEEN_ITEMS = re.compile(r"[;\n|]")
#: The maximum length of one item.
_LONGEST = 200


@dataclass(frozen=True)
class Style:
    """How a source writes values, as far as it is known.

    Attributes:
        dates: ``dmy`` or ``mdy``.
        decimal: ``point`` or ``comma``.
        currency: The code of the only currency that amounts may be in; empty for any.
    """

    dates: str | None = None
    decimal: str | None = None
    currency: str = ""


class Told(NamedTuple):
    """A value with its currency and mark.

    Attributes:
        value: As `Fact.read` returns it.
        currency: The code of a currency; empty if there is none.
        marked: Whether a percent sign follows a number.
    """

    value: Any
    currency: str = ""
    marked: bool = False


class AnswerText:
    """Reads answers to one fact from text."""

    def __init__(self, fact: Fact) -> None:
        self.fact = fact
        doc = fact.doc
        names: dict[str, list[str]] = {
            word: [word, text.uk, text.en, *CURRENCIES.get(word, ())]
            for word, text in {**doc.values, **doc.also}.items()
        }
        for band in doc.bands:
            names[f"{band.from_:g}..{band.to:g}"] = [band.label.uk, band.label.en]
        if doc.type == "yes_no":
            names = {"yes": [], "no": []}
        for word, spelt in (("yes", _YES), ("no", _NO), ("none", _NONE)):
            if word in names:
                names[word] += spelt
        self._words: dict[str, set[str]] = {}
        self._shapes: dict[str, set[str]] = {}
        for word, spelt_as in names.items():
            for name in spelt_as:
                self._words.setdefault(folded(name), set()).add(word)
                self._shapes.setdefault(shape(folded(name)), set()).add(word)
        self._scores = {
            folded(label): int(score)
            for score, text in doc.anchors.items()
            for label in (text.uk, text.en)
        }
        for digit, word in _DIGITS.items() if doc.type == "yes_no" else ():
            self._words[digit] = {word}

    def read(self, text: str, style: Style = Style()) -> Told:
        """Return the value of a text.

        Args:
            text: What somebody wrote.
            style: How numbers and dates are written, as far as it is known.

        Returns:
            The value; UNKNOWN for a blank text and a word for unknown.

        Raises:
            NotAValueError: The text is not a value of the fact.
            AmbiguousError: The text has two readings.
        """
        plain = visible(text)
        if not plain:
            return Told(UNKNOWN)
        word = self.word(plain)
        if word is not None:
            return Told(self._checked([word] if self.fact.doc.type == "set" else word))
        if folded(plain) in UNKNOWN_WORDS:
            return Told(UNKNOWN)
        if (score := self._scores.get(folded(plain))) is not None:
            return Told(self._checked(score))
        kind = self.fact.doc.type
        if kind == "text":
            return Told(self._checked(text.strip() if "\n" in text else plain))
        if kind == "set":
            return Told(self._set(text.strip()))
        try:
            if self.fact.is_number:
                return self._number(plain, style)
            if kind == "date":
                return Told(self._checked(read_date(plain, style.dates).isoformat()))
        except SpecificError:
            raise
        except NotAValueError:
            self._checked(plain)  # says it with the name of the fact
            raise
        raise NotAValueError(self._unknown_word(plain))

    def word(self, text: str) -> str | None:
        """Return the key that a text is or labels, None if it is neither or labels several."""
        if text in self.fact.words():
            return text
        plain = folded(text)
        found = (
            self._words.get(plain)
            or self._words.get(plain.rstrip("."))
            or (mixed_word(text) and self._shapes.get(shape(plain)))
        )
        return next(iter(found)) if found and len(found) == 1 else None

    def _checked(self, value: Any) -> Any:
        try:
            return self.fact.read(value, value if isinstance(value, str) else "")
        except ValueError as error:
            raise SpecificError(str(error)) from None

    def _unknown_word(self, text: str) -> str:
        try:
            self.fact.read(text, text)
        except ValueError as error:
            mixed = mixed_word(text)
            return f"{error}{f' Letters of two alphabets: {mixed}.' if mixed else ''}"
        return f'"{shortened(text)}" is not a value of {self.fact.name}'

    def _set(self, text: str) -> Any:
        if folded(text) in _NONE:
            return self._checked(["none"])
        items = _json_items(text)
        if items is None:
            items = [item for part in _BETWEEN_ITEMS.split(text) for item in self._items(part)]
        words = []
        for item in items:
            word = self.word(item)
            if word is None and folded(item) in UNKNOWN_WORDS:
                word = "unknown"
            if word is None and folded(item) in _NONE:
                word = "none"
            if word is None:
                raise NotAValueError(self._unknown_word(visible(item)))
            words.append(word)
        return self._checked(list(dict.fromkeys(words)))

    def _items(self, part: str) -> list[str]:
        """Return the items of a part of a set; a label may have a comma."""
        part = part.strip()
        if not part:
            return []
        if self.word(part) is not None or "," not in part or len(part) > 20 * _LONGEST:
            return [part]
        return [item.strip() for item in part.split(",") if item.strip()]

    def _number(self, text: str, style: Style) -> Told:
        if _is_date(text):
            raise SpecificError(f'"{shortened(text)}" is a date, not a number')
        found = amount_or_band(text, self.fact.doc.unit, style.decimal)
        ends = (found,) if isinstance(found, Amount) else found.ends
        currencies = {end.currency for end in ends} - {""}
        if len(currencies) > 1:
            raise SpecificError(f'"{shortened(text)}" has two currencies')
        if style.currency and not currencies <= {style.currency}:
            raise SpecificError(
                f'"{shortened(text)}" is in {"".join(currencies)}, and the amounts of this account '
                f"are in {style.currency}"
            )
        marked = any(end.marked for end in ends)
        if isinstance(found, Amount):
            return Told(self._checked(found.value), found.currency, marked)
        limits = self.fact.doc.range
        low = None if limits is None else limits.min
        high = None if limits is None else limits.max
        low = low if found.low is None else found.low.value
        high = high if found.high is None else found.high.value
        if low is None or high is None:
            end = "lower" if low is None else "upper"
            raise SpecificError(f'"{shortened(text)}" has no {end} end; write a band such as 2..9')
        band = f"{_written(low)}..{_written(high)}"
        return Told(self._checked(band), "".join(currencies), marked)


def _is_date(text: str) -> bool:
    try:
        read_date(text, "dmy")
    except NotAValueError:
        return False
    # Milliseconds since 1970 are a number as well.
    return not text.isdigit()


def answer_texts(facts: Mapping[str, Fact]) -> dict[str, AnswerText]:
    """Return the readers of all facts by name."""
    return {name: AnswerText(fact) for name, fact in facts.items()}


def written(value: Any) -> Any:
    """Return a value as a case file has it: a list for a set, text for bands and dates."""
    if value is UNKNOWN:
        return None
    if isinstance(value, Interval):
        return f"{_written(value.low)}..{_written(value.high)}"
    if isinstance(value, frozenset):
        return sorted(value) or ["none"]
    return value.isoformat() if isinstance(value, date) else value


def _written(number: float | None) -> str:
    assert number is not None  # noqa: S101 -- the ends of a band that was read are known
    return str(int(number)) if number == int(number) else repr(number)


def _json_items(text: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    try:
        items: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) and all(isinstance(i, str) for i in items) else None
