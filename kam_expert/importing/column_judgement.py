"""Judge a column as a whole by its cells: dates and their order, numbers, addresses, ids."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.facts.answer_text import UNKNOWN_WORDS
from kam_expert.facts.date_text import date_order, read_date
from kam_expert.facts.number_text import Amount, NotAValueError, amount, decimal_sign
from kam_expert.importing.row_references import SHORTENED

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.importing.table import SourceTable

_MOST = 20_000
_MOST_OF_THEM = 0.9
_EMAIL = re.compile(r"[^@\s;]+@[^@\s;]+\.[^@\s;]+\Z")
_SEVERAL = re.compile(r"[^;]+;[^;]+")


@dataclass
class Judgement:
    """What the cells of a column show.

    Attributes:
        words: What they are, for a comment; empty if nothing is certain.
        dates: The orders of dates that some cell shows.
        decimal: The decimal separators that some cell shows.
        currencies: The codes of the currencies of numbers.
        fractions: Whether all numbers lie between 0 and 1.
        shortened: Whether some id was shortened by a spreadsheet.
        separator: Between several values in a cell; empty if none has several.
        is_date: Whether most cells are dates.
    """

    words: str = ""
    dates: set[str] = field(default_factory=set)
    decimal: set[str] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)
    fractions: bool = False
    shortened: bool = False
    separator: str = ""
    is_date: bool = False


def judged(table: SourceTable, column: str) -> Judgement:
    """Return what the cells of a column show, by at most the first 20,000 different ones."""
    index = table.column(column)
    cells: dict[str, int] = {}
    if index is not None:
        for rows in table.open():
            for cell in rows.cells(index, frozenset()):
                if cell and cell.casefold() not in UNKNOWN_WORDS and len(cells) < _MOST:
                    cells[cell] = cells.get(cell, 0) + 1
    found = Judgement()
    if not cells:
        found.words = "empty"
        return found
    found.shortened = any(SHORTENED.match(cell) for cell in cells)
    found.separator = ";" if any(_SEVERAL.match(cell) for cell in cells) else ""
    if _share(cells, lambda cell: bool(_EMAIL.match(cell))):
        found.words = "e-mail addresses"
    elif _share(cells, _is_date):
        found.is_date = True
        found.dates = {order for cell in cells if (order := date_order(cell[:10]))}
        found.words = "dates"
    elif _share(cells, _is_number):
        found.decimal = {sign for cell in cells if (sign := decimal_sign(cell))}
        numbers = [number for cell in cells if (number := _amount(cell)) is not None]
        found.currencies = {n.currency for n in numbers if n.currency}
        found.fractions = bool(numbers) and all(abs(n.value) <= 1 for n in numbers) and any(
            n.value for n in numbers
        )  # fmt: skip
        found.words = "numbers"
        if found.currencies:
            found.words = f"amounts in {', '.join(sorted(found.currencies))}"
    return found


def _share(cells: dict[str, int], test: Callable[[str], bool]) -> bool:
    """Return whether most cells pass a test."""
    return sum(test(cell) for cell in cells) >= _MOST_OF_THEM * len(cells)


def _is_date(cell: str) -> bool:
    try:
        read_date(cell, date_order(cell[:10]) or "dmy")
    except NotAValueError:
        return False
    return not cell.isdigit()


def _is_number(cell: str) -> bool:
    return _amount(cell) is not None or cell.endswith("%")


def _amount(cell: str) -> Amount | None:
    """Return the number in a cell, by any decimal separator; None if it is none."""
    for decimal in (None, "point"):
        try:
            return amount(cell, None, decimal)
        except NotAValueError:
            continue
    return None
