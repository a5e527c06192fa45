"""Make standard streams safe for text that their encoding cannot hold."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

_HANDLER = "kam_plain"
#: Signs of the reports, and what stands for them where an encoding lacks them.
_PLAIN = {
    "─": "-", "━": "-", "│": "|", "●": "*", "◐": "o", "○": "o", "•": "*", "▪": "*", "■": "#",
    "□": "o",
    "–": "-", "—": "-", "−": "-", "‑": "-", "…": "...", "“": '"', "”": '"', "„": '"', "«": '"',
    "»": '"', "’": "'", "‘": "'", "ʼ": "'", "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "≠": "!=",
    "×": "x", "✓": "v", "✗": "x", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "·": "-", "▸": ">",
    "▾": "v", "△": "^", "▲": "^", "▼": "v", "║": "|", "І": "I", "і": "i", "Ї": "I", "ї": "i",
    "Ґ": "Г", "ґ": "г", "Є": "Е", "є": "е", "₴": "UAH",
}  # fmt: skip


def safe_streams() -> None:
    """Let no text end in an error of encoding.

    A stream whose encoding has Cyrillic letters keeps it, and signs that it lacks are replaced. A
    file or a pipe of another encoding gets UTF-8; a terminal gets question marks.
    """
    codecs.register_error(_HANDLER, _replaced)
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if _holds(stream.encoding, "Жж") or stream.isatty():
            stream.reconfigure(errors=_HANDLER)
        else:
            stream.reconfigure(encoding="utf-8", errors=_HANDLER)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def _holds(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    plain = []
    for letter in error.object[error.start : error.end]:
        near = _PLAIN.get(letter) or unicodedata.normalize("NFKD", letter)[:1]
        fits = near != letter and _holds(error.encoding, near)
        plain.append(near if fits else "?")
    return "".join(plain), error.end
