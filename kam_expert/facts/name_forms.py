"""Find a person's name in texts: whole, by word, and in every grammatical case.

The search is for the words of a name that begin with a capital. Ukrainian names are declined, so
it looks for the stem of each word with the endings of names. It prefers a false match to a missed
one. A word in lower case is usually not a name (a price, a hope), so these matches are separate.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Replaces a name.
MARK = "[…]"
_APOSTROPHES = "’'ʼ`"
_WORD = re.compile(rf"[^\W\d_]+(?:[{_APOSTROPHES}][^\W\d_]+)*")
#: Characters of scripts without spaces between words.
_RUN_ON = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_CYRILLIC = re.compile("[а-яіїєґ]", re.IGNORECASE)
#: Of nouns, of adjectives, and of possessives.
_ENDINGS = (
    "а|я|о|е|є|и|і|ї|у|ю|ь|й|ом|ем|єм|ою|ею|єю|ам|ям|ами|ями|ах|ях|ові|еві|єві|"
    "ого|его|ому|ему|им|ім|їм|их|іх|ими|ій|їй|ий|ої|еї|"
    r"(?:ів|їв|ов|ев|єв|ин|їн|чин)\w{0,3}"
)
_LAST = "аеєиіїоуюяйь"
#: A consonant before an ending may become another one: Ольга, Ользі.
_CHANGES = {"г": "гзж", "к": "кцч", "х": "хсш"}
_SHORT = 2
_LONG = 4


class NameForms:
    """Finds one person in texts.

    Args:
        identity: The id, which texts may use.
        names: All names of the person.
    """

    def __init__(self, identity: str, names: Iterable[str]) -> None:
        names = {name.strip() for name in names if name.strip()}
        self._whole = {identity, *names}
        # The longest comes first; otherwise a word would be cut out of a full name.
        longest = sorted(names, key=lambda name: (-len(name), name))
        ways = [rf"(?i:{_spelt(name)})" for name in longest if len(name) > 1]
        ways += sorted({form for name in names for form in _forms(name)})
        if len(identity) > _SHORT or not identity.isalpha():
            ways.append(re.escape(identity))
        run_on = "|".join(re.escape(name) for name in longest if _RUN_ON.search(name))
        some = "|".join(ways) or "(?!)"
        self._sure = re.compile(rf"(?<!\w)(?:{some})(?!\w)|{run_on or '(?!)'}")
        self._perhaps = re.compile(self._sure.pattern, re.IGNORECASE)

    def are_in(self, text: str) -> bool:
        """Return whether *text* names the person."""
        return text.strip() in self._whole or self._sure.search(text) is not None

    def may_be_in(self, text: str) -> bool:
        """Return whether *text* names the person if lowercase words count as names."""
        return text.strip() in self._whole or self._perhaps.search(text) is not None

    def without(self, text: str) -> str:
        """Return *text* with `MARK` for the person's names; empty if it was only a name."""
        if text.strip() in self._whole:
            return ""
        left = self._sure.sub(MARK, text)
        return "" if left != text and not left.replace(MARK, "").strip() else left


def _spelt(word: str) -> str:
    """Return a pattern of *word* in which all apostrophes are equal."""
    return "".join(
        f"[{_APOSTROPHES}]" if letter in _APOSTROPHES else re.escape(letter) for letter in word
    )


def _forms(name: str) -> Iterator[str]:
    words = _WORD.findall(name)
    if any(word[0].islower() for word in words):
        return  # a role, whose words are everybody's
    for word in words:
        if len(word) == 1:
            continue
        for form in {word, word.upper()}:
            yield _declined(form) if _CYRILLIC.search(word) else _spelt(form)


def _declined(word: str) -> str:
    small = word.lower()
    if len(word) <= _SHORT:
        return _spelt(word)
    if small.endswith(("ець", "єць")) and len(word) > _LONG:
        # Коломієць, Коломійця; Гребінець, Гребінця.
        between = "й?" if small.endswith("єць") else ""
        return rf"{_spelt(word[:-3])}(?i:[еє]ць|{between}ц(?:{_ENDINGS}))"
    if small.endswith(("ий", "ій")) and len(word) > _LONG:
        # Зелінський, Зелінського; but Віталій, Віталія.
        return rf"{_spelt(word[:-2])}(?i:[иі]?(?:{_ENDINGS}))"
    if small[-1] in _LAST:
        stem = _spelt(word[:-2]) + _changing(word[-2])
    else:
        # A closed syllable opens: Федір, Федора.
        stem = re.sub("([ІіЇї])([^аеєиіїоуюя]+)$", r"[\1оеєОЕЄ]\2", _spelt(word))
    return rf"{stem}(?i:{_ENDINGS})?"


def _changing(letter: str) -> str:
    others = _CHANGES.get(letter.lower())
    if others is None:
        return _spelt(letter)
    return f"[{others if letter.islower() else others.upper()}]"
