"""Lines for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
import unicodedata

WIDTH = 80


class Lines:
    """Text that is wrapped as it is added; control characters are left out."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, text: str, indent: int = 0, first: str = "") -> None:
        """Add a paragraph.

        Args:
            text: The words.
            indent: Blanks before each line.
            first: A mark that stands in the last of these before the first line.
        """
        clean = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf"))
        self._lines.extend(
            textwrap.wrap(
                clean,
                WIDTH,
                initial_indent=" " * (indent - len(first)) + first,
                subsequent_indent=" " * indent,
            )
        )

    def title(self, text: str) -> None:
        """Add a heading after an empty line."""
        self._lines += ["", text.upper()]

    def gap(self) -> None:
        """Add an empty line."""
        self._lines.append("")

    def rule(self) -> None:
        """Add a line across."""
        self._lines.append("─" * WIDTH)

    def text(self) -> str:
        """Return all lines, with a final line break."""
        return "\n".join(self._lines) + "\n"
