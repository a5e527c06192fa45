"""Protect texts in CSV files from formula injection in spreadsheets.

A spreadsheet treats a cell that begins with = + - or @ as a formula, quoted or not. With another
delimiter it finds such a beginning after a comma or a semicolon as well. `guarded` puts an
apostrophe before each such place; `unguarded` removes it again, so nothing is lost. Numbers and
dates do not change.
"""

from __future__ import annotations

import re

#: Possible beginnings of a cell, and of a formula; the last four are full-width forms.
_BEGIN, _RUNS = r"(?:^|(?<=[;,\t\r\n]))", r"(?=[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20])"
_OPEN, _GUARD = re.compile(_BEGIN + _RUNS), re.compile(f"{_BEGIN}'{_RUNS}")
#: Finds any such place, without look-around, for libraries that do not support it.
ANY = r"(^|[;,\t\r\n])[\s']*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"


def guarded(text: str) -> str:
    """Return *text* as it is written to a CSV file."""
    return _OPEN.sub("'", text)


def unguarded(text: str) -> str:
    """Return the text from which `guarded` made *text*."""
    return _GUARD.sub("", text)
