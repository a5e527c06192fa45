"""Read dates as people and systems write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from kam_expert.errors import shortened
from kam_expert.facts.number_text import AmbiguousError, NotAValueError, SpecificError

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ].*)?\Z", re.DOTALL)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?:[T ,].*)?\Z", re.DOTALL)
#: A time of day after a date in words.
_TIME = r"(?:,? (?:at |о )?[0-9]{1,2}:[0-9]{2}.*)?\Z"
_DAY_NAMED = re.compile(r"([0-9]{1,2})[ -]([^\W\d_]{3,})\.?[ -]([0-9]{4})(?: р\.?)?" + _TIME)
_NAMED_DAY = re.compile(r"([^\W\d_]{3,})\.? ([0-9]{1,2}),? ([0-9]{4})" + _TIME)
_MONTHS = 12
#: The beginnings of the names of months.
_NAMES = (
    ("jan", "січ"), ("feb", "лют"), ("mar", "бер"), ("apr", "кві"), ("may", "тра"),
    ("jun", "чер"), ("jul", "лип"), ("aug", "сер"), ("sep", "вер"), ("oct", "жов"),
    ("nov", "лис"), ("dec", "гру"),
)  # fmt: skip
#: Milliseconds since 1970, as some systems write a time.
_CLOCK = re.compile(r"[0-9]{13}\Z")


def read_date(text: str, order: str | None = None) -> date:
    """Return the day of a date, with or without a time of day.

    Args:
        text: The text.
        order: ``dmy`` or ``mdy`` for dates such as 03/04/2026, or a pattern such as ``%d-%m-%y``;
            None if unknown. Dates with dots begin with the day unless the order says otherwise.

    Raises:
        NotAValueError: It is not a date, or not in this order.
        AmbiguousError: It is unclear which part is the month.
    """
    if order is not None and "%" in order:
        try:
            return datetime.strptime(text, order).date()  # noqa: DTZ007 -- a day has no time zone
        except ValueError:
            what = f'"{shortened(text)}" is not a date written as {order}'
            raise SpecificError(what) from None
    found = _YEAR_FIRST.match(text)
    if found:
        return _day(text, int(found[1]), int(found[3]), int(found[4]))
    if _CLOCK.match(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC).date()
    if found := _DAY_NAMED.match(text):
        return _day(text, int(found[3]), _month(found[2], text), int(found[1]))
    if found := _NAMED_DAY.match(text):
        return _day(text, int(found[3]), _month(found[1], text), int(found[2]))
    found = _YEAR_LAST.match(text)
    if not found:
        raise NotAValueError(f'"{shortened(text)}" is not a date such as 2026-11-01')
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    order = order or date_order(text)
    if order is None and first == second:
        order = "dmy"
    if order is None:
        raise AmbiguousError(
            f'"{shortened(text)}" is ambiguous: day and month, or month and day', "dates"
        )
    day, month = (first, second) if order == "dmy" else (second, first)
    return _day(text, year, month, day)


def date_order(text: str) -> str | None:
    """Return the order that a date shows, ``dmy`` or ``mdy``; None if it shows none."""
    found = _YEAR_LAST.match(text)
    if not found:
        return None
    first, second = int(found[1]), int(found[3])
    if found[2] == "." or first > _MONTHS:
        return "dmy"
    return "mdy" if second > _MONTHS else None


def _month(name: str, text: str) -> int:
    begins = name.casefold()[:3]
    for number, names in enumerate(_NAMES, 1):
        if begins in names:
            return number
    raise NotAValueError(f'"{shortened(text)}" is not a date such as 2026-11-01')


def _day(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotAValueError(f'invalid date "{shortened(text)}"') from None
