"""What a PDF needs, imported when one is wanted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def pdf_libraries() -> Iterator[None]:
    """Import the output of PDF inside. Raises KamError where its libraries are missing."""
    try:
        yield
    except (ImportError, OSError) as missing:
        raise KamError(
            "a PDF needs WeasyPrint and its libraries: pip install kam-expert[pdf], and on "
            f"Debian libpango-1.0-0 and libpangoft2-1.0-0 ({missing})"
        ) from None
