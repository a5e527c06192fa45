"""Lines for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
import unicodedata

WIDTH = 80


class Lines:
    """Text that is wrapped when it is added, without control characters."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, text: str, indent: int = 0, first: str = "") -> None:
        """Add a paragraph.

        Args:
            text: The words.
            indent: Number of spaces before each line.
            first: A mark at the end of the indent of the first line.
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
        """Add a horizontal line."""
        self._lines.append("─" * WIDTH)

    def text(self) -> str:
        """Return all lines, with a final line break."""
        return "\n".join(self._lines) + "\n"
