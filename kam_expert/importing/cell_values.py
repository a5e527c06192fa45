"""The values of cells: dates, numbers, values of facts.

A column has few different cells, so each is read once and looked up after that.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from kam_expert.errors import shortened
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kam_expert.importing.mapping_documents import ValueDoc
    from kam_expert.knowledge.vocabulary import Fact

#: The maximum length of an id, a name or a value of a fact.
LONGEST = 200
_REMEMBERED = 50_000
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ].*)?\Z", re.DOTALL)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?:[T ,].*)?\Z", re.DOTALL)
_MONTHS = 12
#: Milliseconds since 1970, as some systems write a time.
_CLOCK = re.compile(r"[0-9]{13}\Z")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?\Z")
#: Words of a list are prefixes, except those of at most this length.
_SHORT, _NO_LETTER = 3, r"(?!\w)"
_AROUND = " \u00a0\u202f%$€£₴"
_SPACES = re.compile("[ \u00a0\u202f’']")


@dataclass(frozen=True)
class Bad:
    """A cell that cannot be read, and the reason."""

    message: str


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


def read_day(text: str, order: str | None) -> date | Bad:
    """Return the day of a date, with or without a time of day.

    Args:
        text: The cell.
        order: ``dmy`` or ``mdy`` for dates such as 03/04/2026; None if unknown.
    """
    found = _YEAR_FIRST.match(text)
    if found:
        return _day(text, int(found[1]), int(found[3]), int(found[4]))
    if _CLOCK.match(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC).date()
    found = _YEAR_LAST.match(text)
    if not found:
        return Bad(f'"{shortened(text)}" is not a date such as 2026-11-01')
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if order is None:
        if found[2] == "." or first > _MONTHS or first == second:
            order = "dmy"
        elif second > _MONTHS:
            order = "mdy"
        else:
            return Bad(
                f'"{shortened(text)}" may be day and month or month and day; '
                "choose: --dates dmy or --dates mdy"
            )
    day, month = (first, second) if order == "dmy" else (second, first)
    return _day(text, year, month, day)


def _day(text: str, year: int, month: int, day: int) -> date | Bad:
    try:
        return date(year, month, day)
    except ValueError:
        return Bad(f'invalid date "{shortened(text)}"')


def read_number(text: str, decimal: str | None) -> float | Bad:
    """Return the number in a cell.

    Args:
        text: The cell, with or without a currency or percent sign.
        decimal: The decimal separator, ``point`` or ``comma``; None if unknown.
    """
    plain = _SPACES.sub("", text.strip(_AROUND))
    if decimal == "comma":
        plain = plain.replace(".", "").replace(",", ".")
    elif decimal == "point":
        plain = plain.replace(",", "")
    elif "," in plain:
        whole, _, rest = plain.rpartition(",")
        if "." in rest:
            plain = plain.replace(",", "")
        elif "." in whole or len(rest) != 3 or whole in ("0", "-0"):  # noqa: PLR2004 -- of 1,234
            plain = f"{whole.replace('.', '')}.{rest}"
        elif "," in whole:
            plain = plain.replace(",", "")
        else:
            return Bad(
                f'"{shortened(text)}" may have decimals or thousands; '
                "choose the decimal separator: --decimal point or --decimal comma"
            )
    if not _NUMBER.match(plain) or len(plain) > LONGEST:
        return Bad(f'"{shortened(text)}" is not a number')
    return float(plain)


def _pattern(words: list[str]) -> re.Pattern[str]:
    """Return a pattern that finds words by their prefixes; short ones, such as "it", whole."""
    found = [rf"(?<!\w){re.escape(w)}{'' if len(w) > _SHORT else _NO_LETTER}" for w in words]
    return re.compile("|".join(found), re.IGNORECASE)


class FactReader:
    """Reads the cells of one column as values of one fact.

    Attributes:
        unmatched: Cells that no list of the mapping has, with their counts.
    """

    def __init__(
        self,
        fact: Fact,
        doc: ValueDoc,
        words: Mapping[str, list[str]],
        order: str | None,
        decimal: str | None,
    ) -> None:
        self.fact, self.split = fact, doc.split
        self.order, self.decimal = order, decimal
        self.exact = {
            cell.casefold(): value for value, cells in doc.values.items() for cell in cells
        }
        listed = {**words, **doc.words}
        self.patterns = [(value, _pattern(words)) for value, words in listed.items()]
        self.unmatched: Counter[str] = Counter()
        self.memo = Memo(self._read)

    def _read(self, cell: str) -> Any:
        try:
            if self.fact.doc.type == "set":
                parts = [p for c in (cell.split(self.split) if self.split else [cell])
                         if (p := self._part(c.strip())) is not None]  # fmt: skip
                return self.fact.read(parts) if parts else None
            part = self._part(cell)
            if part is None or isinstance(part, Bad):
                return part
            value = self.fact.read(part, str(part))
        except ValueError as error:
            return Bad(str(error))
        return None if value is UNKNOWN else value

    def _part(self, cell: str) -> Any:
        if self.exact or self.patterns:
            value = self.exact.get(cell.casefold())
            if value is None:
                value = next((v for v, pattern in self.patterns if pattern.search(cell)), None)
            if value is None and self.exact:
                self.unmatched[shortened(cell)] += 1
            return value if value is None or not self.fact.is_number else float(value)
        if self.fact.is_number:
            return read_number(cell, self.decimal)
        if self.fact.doc.type == "date" and cell not in self.fact.doc.also:
            day = read_day(cell, self.order)
            return day if isinstance(day, Bad) else day.isoformat()
        if len(cell) > LONGEST:
            return Bad(f"is longer than {LONGEST} characters")
        return tidy(cell)
