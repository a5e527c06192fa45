"""Settings that every workbook shares: limits of Excel, text cells, reproducible bytes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kam_expert.extras import needs

if TYPE_CHECKING:
    import io
    from datetime import date
    from pathlib import Path

MAX_ROWS = 1_048_576
MAX_CHARACTERS = 32_767
#: Excel refuses a file that contains these. XlsxWriter escapes the other control characters.
FORBIDDEN = re.compile("[\ud800-\udfff\ufffe\uffff]")


def new_workbook(target: Path | io.BytesIO, day: date, extra: str, **options: bool) -> Any:
    """Return an empty workbook of XlsxWriter.

    Args:
        target: Where the workbook is written when it is closed.
        day: Creation date in the file; the current time would make every file different.
        extra: The extra of this package that installs XlsxWriter.
        options: Further options of XlsxWriter.

    Raises:
        KamError: XlsxWriter is not installed.
    """
    with needs(extra, "a workbook"):
        import xlsxwriter  # noqa: PLC0415 -- optional dependency
    kinds = ("formulas", "urls", "numbers")
    text_only = {f"strings_to_{kind}": False for kind in kinds}
    book = xlsxwriter.Workbook(target, {**text_only, **options})
    book.set_properties({"created": datetime(day.year, day.month, day.day)})  # noqa: DTZ001 -- a workbook has no time zones
    return book
