"""The grammatical forms of Ukrainian names: from a dictionary, and by rule for other names.

The dictionary is that of pymorphy3. Nobody says whether a name is a man’s or a woman’s, or whether
an adjective is a surname, so the forms of every reading of a word are joined. The rules cover names
that the dictionary lacks. They accept more than grammar allows: a missed form of a name is worse
than a false one.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymorphy3 import MorphAnalyzer

#: The apostrophe of folded texts; see `kam_expert.facts.folding`.
_APOSTROPHE = "'"
#: Of nouns, of adjectives, and of possessives (`Терещукова`).
_ENDINGS = (
    "а|я|о|е|є|и|і|ї|у|ю|ь|й|ом|ем|єм|ою|ею|єю|ам|ям|ами|ями|ах|ях|ові|еві|єві|"
    "ого|его|ому|ему|им|ім|їм|их|іх|ими|ій|їй|ий|ої|еї|ая|яя|"
    r"(?:ів|їв|ов|ев|єв|ин|їн|чин)\w{0,3}"
)
_VOWELS = "аеєиіїоуюя"
_CONSONANTS = "бвгґджзклмнпрстфхцчшщ"
#: A consonant before an ending may become another one: Ольга, Ользі; Заєць, Зайче.
_CHANGES = {"г": "гзж", "к": "кцч", "х": "хсш", "ц": "цч"}
#: Stems that no rule gives.
_IRREGULAR = {"лев": ("льв",), "швець": ("шевц",), "чернець": ("ченц",), "жнець": ("женц",)}
_SHORT = 2
_READINGS = ("Name", "Surn", "Patr")


@cache
def _analyzer() -> MorphAnalyzer:
    from pymorphy3 import MorphAnalyzer  # noqa: PLC0415 -- takes half a second, seldom needed

    return MorphAnalyzer(lang="uk")


@cache
def dictionary_forms(word: str) -> frozenset[str]:
    """Return the forms of a name in lower case, the word itself included."""
    return frozenset({word, *_dictionary_forms(word)})


def _dictionary_forms(word: str) -> Iterator[str]:
    for parse in _analyzer().parse(word):
        tag = parse.tag
        if tag.POS not in ("NOUN", "ADJF"):
            continue
        # Яків, but not of several yaks.
        if "nomn" in tag or parse.normal_form == word:
            yield from (form.word for form in parse.lexeme)


@cache
def is_known_name(word: str) -> bool:
    """Return whether the dictionary has a word in lower case as a name of a person."""
    return any(
        reading in parse.tag and parse.is_known
        for parse in _analyzer().parse(word)
        for reading in _READINGS
    )


@cache
def rule_pattern(word: str) -> str:
    """Return a pattern of the forms of a Cyrillic word in lower case, by rule."""
    if len(word) < _SHORT or (len(word) == _SHORT and word[-1] in _VOWELS):
        return re.escape(word)
    stems = "|".join(dict.fromkeys(_stems(word)))
    # Любов'ю, Нінеллю.
    double = f"(?:{_APOSTROPHE}|{re.escape(word.rstrip('ь')[-1])})ю|" if _is_closed(word) else ""
    return f"(?:{re.escape(word)}|(?:{stems})(?:{double}{_ENDINGS})?)"


def _is_closed(word: str) -> bool:
    return word.rstrip("ь")[-1:] in tuple(_CONSONANTS)


def _stems(word: str) -> Iterator[str]:
    """Yield patterns of what is before the endings; a stem alone is a form too (`Мух`)."""
    yield from _IRREGULAR.get(word, ())
    body = word.rstrip("ь")
    if word.endswith(("ий", "ій", "їй", "ая", "яя")) and len(word) > _SHORT + 1:
        # Зелінський, Зелінського; but Віталій, Віталія.
        yield rf"{re.escape(word[:-2])}[иії]?"
    elif word.endswith("ей"):
        # Соловей, Солов'я.
        yield rf"{re.escape(word[:-2])}[{_APOSTROPHE}е]?"
    elif not _is_closed(word):
        yield re.escape(word[:-2]) + _changing(word[-2])
        return
    elif word.endswith("ь"):
        yield re.escape(body)
    if not _is_closed(word):
        yield re.escape(word[:-1])
        return
    yield re.escape(body[:-1]) + _changing(body[-1])
    opened = re.fullmatch(rf"(.*)[іїоеє]([{_CONSONANTS}]+)", body)
    if opened is None:
        return
    before, after = opened[1], opened[2]
    # A closed syllable opens: Федір, Федора; Лебідь, Лебедя.
    yield rf"{re.escape(before)}[іїоеєьй]{re.escape(after[:-1])}{_changing(after[-1])}"
    if body[len(before)] in "оеє" and len(after) == 1 and before:
        # A vowel is dropped: Орел, Орла; Заєць, Зайця; Стрілець, Стрільця.
        yield rf"{re.escape(before)}[йь]?{_changing(after)}"


def _changing(letter: str) -> str:
    others = _CHANGES.get(letter)
    return re.escape(letter) if others is None else f"[{others}]"
