"""Normalize text that people typed: invisible characters, spaces, letters of two alphabets."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ`´‘", "'"))
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_WORD = re.compile(r"[^\W\d_]+")
#: Latin letters and the Cyrillic letters that look the same.
_LATIN = "aeiopcxyABEIKMHOPCTXYsSjJ"
_CYRILLIC = "аеіорсхуАВЕІКМНОРСТХУѕЅјЈ"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
#: Of either case, because names are compared without it.
_SHAPES = str.maketrans(_CYRILLIC.casefold(), _LATIN.casefold())


class MixedWord(NamedTuple):
    """A word with letters of two alphabets; *at* is the number of the first odd letter, from 1."""

    word: str
    letter: str
    alphabet: str
    at: int

    def __str__(self) -> str:
        """Return the part of a message that shows the letter."""
        return f'"{self.word}" has a {self.alphabet} "{self.letter}" as letter {self.at}'


def visible(text: str) -> str:
    """Return *text* in NFC as one line, without invisible characters and double spaces."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def folded(text: str) -> str:
    """Return *text* normalized for comparison.

    Letter case, kinds of spaces, dashes and apostrophes do not matter, nor does an underscore for
    a space.
    """
    plain = visible(text).translate(_APOSTROPHES).translate(_DASHES).replace("_", " ")
    return " ".join(plain.split()).casefold()


def mixed_word(text: str) -> MixedWord | None:
    """Return the first word of *text* with both Latin and Cyrillic letters, None if there is none.

    The odd letters are those of the alphabet with fewer letters in the word.
    """
    if text.isascii():
        return None
    for found in _WORD.finditer(unicodedata.normalize("NFC", text)):
        word = found[0]
        kinds = ["Cyrillic" if _is_cyrillic(c) else "Latin" if c.isalpha() else "" for c in word]
        # In a tie the odd letters are those that come later.
        few, many = sorted(("Cyrillic", "Latin"), key=lambda k: (kinds.count(k), k == kinds[0]))
        if few in kinds and many in kinds:
            at = kinds.index(few)
            return MixedWord(word, word[at], few, at + 1)
    return None


def one_alphabet(text: str) -> str:
    """Return *text* with letters of the same shape replaced in words of two alphabets.

    A word becomes Cyrillic if all its Latin letters have a Cyrillic twin, else Latin if the
    same holds the other way round; other words do not change.
    """
    if text.isascii():
        return text

    def alike(found: re.Match[str]) -> str:
        word = found[0]
        if not (any(map(_is_cyrillic, word)) and any(c.isascii() for c in word)):
            return word
        cyrillic = word.translate(_TO_CYRILLIC)
        if all(map(_is_cyrillic, cyrillic)):
            return cyrillic
        latin = word.translate(_TO_LATIN)
        return word if any(map(_is_cyrillic, latin)) else latin

    return _WORD.sub(alike, text)


def shape(text: str) -> str:
    """Return *text* without letter case, with Latin letters for Cyrillic ones of the same shape.

    Texts that look the same have the same shape; it is for comparison only.
    """
    return text.casefold().translate(_SHAPES)


def _is_cyrillic(letter: str) -> bool:
    return "\u0400" <= letter <= "\u052f"
