"""Texts in CSV files that spreadsheets open: none of them may run there as a formula.

A spreadsheet takes a cell that begins with = + - or @ for a formula, quoted or not, and one set to
another separator finds such a beginning behind a comma or a semicolon too. So an apostrophe stands
before each such place. Who reads the file with a program takes it away again: one apostrophe before
such a beginning, and no other, so nothing is lost. Numbers and dates stand as they are.
"""

from __future__ import annotations

import re

#: Where a cell may begin, and what a spreadsheet runs; the last four are the wide forms.
_BEGIN, _RUNS = r"(?:^|(?<=[;,\t\r\n]))", r"(?=[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20])"
_OPEN, _GUARD = re.compile(_BEGIN + _RUNS), re.compile(f"{_BEGIN}'{_RUNS}")
#: The same without looking round, for libraries whose patterns cannot: whether there is any.
ANY = r"(^|[;,\t\r\n])[\s']*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"


def guarded(text: str) -> str:
    """Return *text* as it stands in a CSV file."""
    return _OPEN.sub("'", text)


def unguarded(text: str) -> str:
    """Return the text that `guarded` made *text* of."""
    return _GUARD.sub("", text)
