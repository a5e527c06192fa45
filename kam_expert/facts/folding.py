"""Fold a text for a search: without stress marks and invisible characters, one apostrophe.

A name may hide behind a stress mark (`Окса́на`), a soft hyphen, or a Latin letter that looks like a
Cyrillic one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ`‘′ʹ＇", "'"))
#: Latin letters that look like Cyrillic ones.
_LATIN, _CYRILLIC = "abcehikmopxtyABCEHIKMOPTXYïÏ", "аьсенікморхтуАВСЕНІКМОРТХУїЇ"
_LOOKS = dict(zip(_LATIN, _CYRILLIC, strict=True))
_CYRILLIC_LETTER = re.compile("[а-яіїєґ]", re.IGNORECASE)
_LATIN_LETTER = re.compile("[a-zà-ÿ]", re.IGNORECASE)
#: Combining and invisible characters.
_HIDDEN = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_WORD = re.compile(r"[^\W\d_]+")
#: Marks that are a part of a letter: й, ї.
_JOINED = {("и", "\u0306"): "й", ("і", "\u0308"): "ї", ("И", "\u0306"): "Й", ("І", "\u0308"): "Ї"}


@dataclass(frozen=True)
class Folded:
    """A folded text; *places* maps its offsets to the original, None if they are equal."""

    text: str
    places: tuple[int, ...] | None = None

    def original(self, offset: int) -> int:
        """Return the offset in the original of an offset in the folded text."""
        return offset if self.places is None else self.places[offset]


def fold(text: str) -> Folded:
    """Return *text* folded."""
    plain = text.translate(_APOSTROPHES)
    if plain.isascii():
        return Folded(plain)
    places: tuple[int, ...] | None = None
    if _HIDDEN.search(plain):
        plain, places = _without_hidden(plain)
    return Folded(_WORD.sub(_one_script, plain), places)


def _without_hidden(text: str) -> tuple[str, tuple[int, ...]]:
    kept: list[str] = []
    places: list[int] = []
    done = 0
    for found in _HIDDEN.finditer(text):
        at = found.start()
        kept += text[done:at]
        places += range(done, at)
        done = at + 1
        if kept:
            pair = (kept[-1], found[0])
            one = _JOINED.get(pair) or unicodedata.normalize("NFC", "".join(pair))
            if len(one) == 1:
                kept[-1] = one
    kept += text[done:]
    return "".join(kept), (*places, *range(done, len(text) + 1))


def _one_script(word: re.Match[str]) -> str:
    """Return a word that mixes two scripts in Cyrillic, as far as its letters look so."""
    letters = word[0]
    if not (_CYRILLIC_LETTER.search(letters) and _LATIN_LETTER.search(letters)):
        return letters
    return "".join(map(_looks, letters))


def _looks(letter: str) -> str:
    # Á in a Cyrillic word is an А with a stress mark.
    plain = letter if letter in _LOOKS else unicodedata.normalize("NFD", letter)[0]
    return _LOOKS.get(plain, letter)
