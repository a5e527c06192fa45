"""The values of cells: dates and values of facts.

A column has few different cells, so each is read once and looked up after that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.errors import shortened
from kam_expert.facts.answer_text import AnswerText, Style
from kam_expert.facts.date_text import read_date
from kam_expert.facts.number_text import AmbiguousError, NotAValueError, shifted
from kam_expert.facts.plain_text import folded, one_alphabet
from kam_expert.knowledge.values import UNKNOWN, Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from kam_expert.importing.mapping_documents import ValueDoc
    from kam_expert.knowledge.vocabulary import Fact

#: A cell that names a unit itself.
_LETTERS = re.compile(r"[^\W\d_]|[$€£₴₽₺%]")
#: The maximum length of an id, a name or a value of a fact.
LONGEST = 200
_REMEMBERED = 50_000
#: Words of a list are prefixes, except those of at most this length.
SHORT, NO_LETTER = 3, r"(?!\w)"
#: By what is ambiguous, how to settle it.
_CHOICES = {
    "dates": "choose: --dates dmy or --dates mdy",
    "decimal": "choose the decimal separator: --decimal point or --decimal comma",
}


@dataclass(frozen=True)
class Bad:
    """A cell that cannot be read, and the reason.

    Attributes:
        asked: Whether an option of the import would settle it.
        title: Whether it is a title, which the file of titles lists.
    """

    message: str
    asked: bool = False
    title: bool = False


@dataclass(frozen=True)
class CountedFrom:
    """A day that a fact counts the days since; the day of the export is known at the end."""

    day: date


class Memo(dict[str | None, Any]):
    """A memo of the values of cells; the value of an unknown cell is None.

    Attributes:
        faulty: Whether any cell is invalid.
    """

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__({None: None})
        self.read = read
        self.faulty = False

    def __missing__(self, cell: str) -> Any:
        """Read a cell for the first time."""
        if len(self) > _REMEMBERED:
            self.clear()
            self[None] = None
        value = self.read(cell)
        if isinstance(value, Bad):
            self.faulty = True
        self[cell] = value
        return value


def tidy(text: str) -> str:
    """Return *text* as one printable line: no control characters, no line breaks."""
    if text.isprintable():
        return text
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def read_day(
    text: str, order: str | None, judge: Callable[[], str | None] = lambda: None
) -> date | Bad:
    """Return the day of a date.

    Args:
        text: The cell.
        order: ``dmy`` or ``mdy``, if somebody stated it.
        judge: Returns the order that other cells show; asked only about an ambiguous date.
    """
    try:
        try:
            return read_date(text, order)
        except AmbiguousError:
            return read_date(text, judge())
    except NotAValueError as error:
        return _bad(error)


def _bad(error: NotAValueError) -> Bad:
    if isinstance(error, AmbiguousError):
        return Bad(f"{error}; {_CHOICES[error.option]}", asked=True)
    return Bad(str(error))


def patterns_of(lists: Mapping[str, list[str]]) -> list[tuple[str, re.Pattern[str]]]:
    """Return for each value a pattern that finds its words by their beginnings.

    Words of up to three letters, such as "it", are found whole.
    """
    return [(value, _pattern(words)) for value, words in lists.items()]


def _pattern(words: list[str]) -> re.Pattern[str]:
    found = [rf"(?<!\w){re.escape(w)}{'' if len(w) > SHORT else NO_LETTER}" for w in words]
    return re.compile("|".join(found), re.IGNORECASE)


class FactReader:
    """Reads the cells of one column as values of one fact.

    Args:
        fact: The fact.
        doc: What the mapping says of it.
        style: How numbers and dates are written, as far as somebody said.
        judge: Returns how the column as a whole writes them; asked only about ambiguous cells.
        titled: Reads a title, if the values come from the words of titles.
        corrected: By folded cell, what a person put in its place.
        currency: The code of the only currency to read; None for any.
        unit: Of amounts by the heading, such as ``k EUR``; it holds for cells that name none.

    Attributes:
        assumed: Whether a value rests on words found in a cell.
        currencies: The currencies in the column, each with its first cell.
    """

    def __init__(  # noqa: PLR0913 -- the parts of a column
        self,
        fact: Fact,
        doc: ValueDoc,
        style: Style,
        judge: Callable[[], Style],
        titled: Callable[[str], str | None] | None = None,
        corrected: Mapping[str, str] | None = None,
        currency: str | None = None,
        unit: str = "",
    ) -> None:
        self.fact, self.split, self.style, self.judge = fact, doc.split, style, judge
        self.since, self.percent = doc.days_since is not None, doc.percent
        self.text, self.titled = AnswerText(fact), titled
        self.corrected, self.currency, self.unit = corrected or {}, currency, unit
        self.exact = {folded(cell): value for value, cells in doc.values.items() for cell in cells}
        self.patterns = patterns_of(doc.words)
        self.assumed = False
        self.currencies: dict[str, str] = {}
        self._small: str | None = None
        self._larger = False
        self.memo = Memo(self._read)

    @property
    def fractions(self) -> str | None:
        """Return the first of the percentages if all lie between 0 and 1, else None."""
        return None if self._larger or self.percent == "whole" else self._small

    def _read(self, cell: str) -> Any:
        try:
            put = self.corrected.get(folded(cell))
            if put is not None:
                return self._known(self.text.read(put).value)
            value = self._known(self._cell(cell))
        except NotAValueError as error:
            return _bad(error)
        except ValueError as error:
            return Bad(str(error))
        return value

    @staticmethod
    def _known(value: Any) -> Any:
        return None if value is UNKNOWN else value

    def _cell(self, cell: str) -> Any:
        if len(cell) > LONGEST and self.fact.doc.type != "set":
            raise NotAValueError(f"is longer than {LONGEST} characters")
        if self.titled is None and not self.exact and not self.patterns:
            return self._since(cell) if self.since else self._plain(cell)
        parts = cell.split(self.split) if self.split else [cell]
        found = [value for part in parts if (value := self._listed(part.strip())) is not None]
        if not found:
            what = f'no list of the mapping has "{shortened(cell)}"'
            return Bad(what, title=self.titled is not None)
        if self.fact.doc.type == "set":
            return self.fact.read(found)
        return self.fact.read(float(found[0]) if self.fact.is_number else found[0], found[0])

    def _listed(self, cell: str) -> str | None:
        value = self.exact.get(folded(cell))
        if value is None and self.patterns:
            plain = one_alphabet(cell)
            value = next((v for v, pattern in self.patterns if pattern.search(plain)), None)
            self.assumed |= value is not None
        if value is None and self.titled is not None:
            value = self.titled(cell)
            self.assumed |= value is not None
        return value

    def _since(self, cell: str) -> CountedFrom:
        try:
            return CountedFrom(read_date(cell, self.style.dates))
        except AmbiguousError:
            return CountedFrom(read_date(cell, self.judge().dates))

    def _plain(self, cell: str) -> Any:
        if self.split and self.fact.doc.type == "set":
            cell = ";".join(cell.split(self.split))
        if self.unit and not _LETTERS.search(cell):
            cell = f"{cell} {self.unit}"
        try:
            told = self.text.read(cell, self.style)
        except AmbiguousError:
            told = self.text.read(cell, self.judge())
        except NotAValueError as error:
            if self.fact.doc.unit == "days" and "is a date" in str(error):
                raise NotAValueError(
                    f"{error}; for days since a date the mapping says days_since"
                ) from None
            raise
        if told.currency and self.currency not in (None, told.currency):
            raise NotAValueError(f'"{shortened(cell)}" is not in {self.currency}')
        if told.currency:
            self.currencies.setdefault(told.currency, cell)
        if self.fact.doc.unit == "percent" and not told.marked:
            return self._percent(cell, told.value)
        return told.value

    def _percent(self, cell: str, value: Any) -> Any:
        """Return a number without a percent sign; note whether it can be a fraction of one."""
        if not isinstance(value, int | float):
            self._larger |= isinstance(value, Interval) and (value.high or 0) > 1
            return value
        if self.percent == "fraction":
            if not -1 <= value <= 1:
                raise NotAValueError(f'"{shortened(cell)}" is not a fraction of one')
            return self.fact.read(shifted(value, 100))
        self._larger |= abs(value) > 1
        if value and self._small is None:
            self._small = cell
        return value
