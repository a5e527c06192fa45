"""Text in lines that fit a picture: SVG does not wrap, and no font is measured here.

Widths are upper estimates, so that a line fits in every font that a reader’s machine may have.
"""

from __future__ import annotations

import unicodedata

_WIDEST = frozenset("WMШЩЖЮФЫ@%—")
_WIDE = frozenset("mwМшщжюфмы…")
_NARROW = frozenset("iljtfr.,:;'’`|!()[] -іїґ")
#: A word this short is not broken.
_SHORTEST = 3


def wrapped(text: str, width: float, size: float) -> tuple[str, ...]:
    """Return *text* in lines no wider than *width* at a font size.

    A word that is wider than a line is broken after its hyphen, else in the middle with a hyphen.
    """
    lines: list[str] = []
    for word in text.split():
        if lines and fits(f"{lines[-1]} {word}", width, size):
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines += _pieces(word, width, size)
    return tuple(lines)


def fitted(text: str, width: float, size: float) -> str:
    """Return *text*, truncated with … if it may be wider than *width* at a font size."""
    if fits(text, width, size):
        return text
    kept = ""
    for character in text:
        if not fits(f"{kept}{character}…", width, size):
            break
        kept += character
    return kept.rstrip() + "…"


def fits(text: str, width: float, size: float) -> bool:
    """Return whether *text* is surely no wider than *width* at a font size."""
    return sum(map(_character_width, text)) * size <= width


def _pieces(word: str, width: float, size: float) -> list[str]:
    if fits(word, width, size) or len(word) <= _SHORTEST:
        return [word]
    middle = len(word) // 2
    hyphens = [n for n in range(2, len(word) - 1) if word[n - 1] == "-"]
    cut = min(hyphens, key=lambda place: abs(place - middle), default=middle)
    head = word[:cut] if hyphens else f"{word[:cut]}-"
    return [*_pieces(head, width, size), *_pieces(word[cut:], width, size)]


def _character_width(character: str) -> float:
    """Return an upper estimate of the width of a character in em."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in ("W", "F") or ord(character) > 0x2FFF:  # noqa: PLR2004 -- wide scripts begin here
        return 1.15
    if character in _WIDEST:
        return 1.2
    if character in _WIDE:
        return 1.0
    if character in _NARROW:
        return 0.42
    return 0.8 if character.isupper() else 0.64
