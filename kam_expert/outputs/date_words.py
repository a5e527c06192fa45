"""Dates in the one form in which people read them: the day, the month in full, the year."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from babel.dates import format_date

if TYPE_CHECKING:
    from datetime import date


# A page repeats the same few dates, and Babel parses its pattern each time.
@functools.lru_cache(maxsize=4096)
def dated(day: date, lang: str) -> str:
    """Return a date in words, such as "4 December 2026"."""
    return format_date(day, "d MMMM y", locale=lang)


@functools.lru_cache(maxsize=256)
def day_and_month(day: date, lang: str) -> str:
    """Return a date without its year, where a title has it."""
    return format_date(day, "d MMMM", locale=lang)
