"""Words that may be a person’s name without being one of its forms; a person decides about them.

Each word has the reason why it was found: written small, a stem, another script, initials, a short
form, a spelling mistake, a name with spaces within.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import permutations
from typing import TYPE_CHECKING, Literal

from kam_expert.facts.diminutives import DIMINUTIVES
from kam_expert.facts.folding import fold
from kam_expert.facts.name_forms import CYRILLIC, WORD
from kam_expert.facts.name_paradigms import dictionary_forms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.name_forms import NameForms

How = Literal["lowercase", "stem", "script", "initials", "diminutive", "spelling", "spaced"]

#: Characters of a sound that means nothing; of a stem; of a word that is searched within another or
#: with a mistake; of a word with two mistakes.
_SHORT, _STEM, _WITHIN, _LONG = 2, 4, 5, 9
_LATIN = {
    **dict(zip("абвгґдезийклмнопрстуфхц", "abvhgdeziiklmnoprstufhc", strict=True)),
    **dict(zip("іїєюяёыэ", "iieuaeie", strict=True)),
    **dict(zip("жчшщьъ'", ("zh", "ch", "sh", "sh", "", "", ""), strict=True)),
}
#: Applied in order: different spellings of one sound become equal.
_SOUNDS = (
    ("shch", "sh"), ("sch", "sh"), ("tch", "ch"), ("tsch", "ch"), ("cz", "ch"), ("sz", "sh"),
    ("zh", "j"), ("kh", "h"), ("ph", "f"), ("th", "t"), ("gh", "h"), ("ts", "c"), ("tz", "c"),
    ("ck", "k"), ("x", "ks"), ("q", "k"), ("w", "v"), ("g", "h"),
    ("ya", "a"), ("ia", "a"), ("ja", "a"), ("yu", "u"), ("iu", "u"), ("ju", "u"),
    ("ye", "e"), ("ie", "e"), ("je", "e"), ("yi", "i"), ("ou", "u"), ("oo", "u"), ("ee", "i"),
    ("y", "i"), ("j", "i"),
)  # fmt: skip


_VOWELS = "аеєиіїоуюяйь"
_AFFECTIONATE = r"(?:[оеє]?[чнс]ь?к|ус|юс|ун|юн|инк|иц|[иіє]?к)(?:а|у|і|и|о|ю|я|ою|ом|ові|ик\w*)?"


@dataclass(frozen=True)
class NearName:
    """A word of a text that may be the name, and why."""

    word: str
    how: How


class NearNames:
    """Finds what may be one person’s name in texts; what surely is one is not repeated."""

    def __init__(self, forms: NameForms) -> None:
        self._forms = forms
        self._how = lru_cache(maxsize=20_000)(self._find)
        self._words = forms.words

    def in_text(self, text: str) -> tuple[NearName, ...]:
        """Return the words of *text* that may be the name, in their order, without duplicates."""
        if not self._words:
            return ()
        folded = fold(text)
        sure = self._forms.spans(text)

        def is_sure(start: int, end: int) -> bool:
            start, end = folded.original(start), folded.original(end)
            return any(start < until and begin < end for begin, until in sure)

        found = {}
        for pattern, how in self._patterns:
            for match in pattern.finditer(folded.text):
                if not is_sure(*match.span()) and not self._is_one_word(match[0], how):
                    found[match.start()] = NearName(match[0], how)
        for match in WORD.finditer(folded.text):
            if match.start() not in found and not is_sure(*match.span()):
                reason = self._how(match[0])
                if reason is not None:
                    found[match.start()] = NearName(match[0], reason)
        return tuple(dict.fromkeys(found[start] for start in sorted(found)))

    def _is_one_word(self, found: str, how: How) -> bool:
        return how == "spaced" and found.isalpha()

    @cached_property
    def _patterns(self) -> tuple[tuple[re.Pattern[str], How], ...]:
        patterns: list[tuple[re.Pattern[str], How]] = []
        spaced = [r"[\s\W_]{0,3}".join(word) for word in self._words if len(word) >= _WITHIN]
        if spaced:
            pattern = rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)"
            patterns.append((re.compile(pattern, re.IGNORECASE), "spaced"))
        initials = {w for name in self._forms.names for w in _initials(name)}
        if initials:
            either = "|".join(sorted(initials, key=lambda way: (-len(way), way)))
            patterns.append((re.compile(rf"(?<!\w)(?:{either})(?!\w)"), "initials"))
        return tuple(patterns)

    def _find(self, word: str) -> How | None:
        small = word.lower()
        if self._forms.is_form(small):
            return "lowercase"
        if small in self._diminutives or self._affectionate.fullmatch(small):
            return "diminutive"
        if any(small.startswith(stem) for stem in self._stems) or any(
            name in small for name in self._words if len(name) >= _WITHIN
        ):
            return "stem"
        sound = sound_of(small)
        if bool(CYRILLIC.search(small)) not in self._scripts and self._sounds_like(sound):
            return "script"
        if not word[0].islower() and self._is_misspelt(small):
            return "spelling"
        return None

    def _sounds_like(self, sound: str) -> bool:
        if sound in self._sounds or any(sound.startswith(stem) for stem in self._sound_stems):
            return True
        return any(name in sound or _differ_little(name, sound) for name in self._long_sounds)

    def _is_misspelt(self, word: str) -> bool:
        return any(
            abs(len(form) - len(word)) <= 1 + (len(form) >= _LONG) and _differ_little(form, word)
            for form in self._forms.forms
            if len(form) >= _WITHIN
        )

    @cached_property
    def _diminutives(self) -> frozenset[str]:
        others = {other for word in self._words for other in DIMINUTIVES.get(word, ())}
        declined = (dictionary_forms(o) if CYRILLIC.search(o) else {o} for o in others)
        return frozenset().union(*declined)

    @cached_property
    def _affectionate(self) -> re.Pattern[str]:
        """Forms that no list has: Галочка of Галя, Орлик of Орел."""
        others = {other for word in self._words for other in DIMINUTIVES.get(word, ())}
        stems = {word.rstrip(_VOWELS) for word in {*self._words, *others} if CYRILLIC.search(word)}
        either = "|".join(sorted(stem for stem in stems if len(stem) > _SHORT))
        return re.compile(rf"(?:{either}){_AFFECTIONATE}" if either else "(?!)")

    @cached_property
    def _stems(self) -> tuple[str, ...]:
        return tuple(stem for word in self._words if len(stem := _stem(word)) >= _STEM)

    @cached_property
    def _scripts(self) -> frozenset[bool]:
        return frozenset(bool(CYRILLIC.search(word)) for word in self._words)

    @cached_property
    def _sounds(self) -> frozenset[str]:
        every = (*self._forms.forms, *self._diminutives)
        return frozenset(sound for word in every if len(sound := sound_of(word)) > _SHORT)

    @cached_property
    def _long_sounds(self) -> tuple[str, ...]:
        return tuple(sound for w in self._words if len(sound := sound_of(w)) >= _WITHIN)

    @cached_property
    def _sound_stems(self) -> tuple[str, ...]:
        return tuple(s for w in self._words if len(s := sound_of(_stem(w))) > _STEM)


def sound_of(word: str) -> str:
    """Return how a word in lower case sounds, the same for each way to spell it in two scripts."""
    latin = "".join(_LATIN.get(letter, letter) for letter in word)
    plain = unicodedata.normalize("NFD", latin)
    sound = "".join(letter for letter in plain if letter.isalpha())
    for spelling, one in _SOUNDS:
        sound = sound.replace(spelling, one)
    return re.sub(r"(.)\1+", r"\1", sound)


def _stem(word: str) -> str:
    return word[: max(_STEM, len(word) - 2)] if len(word) > _STEM else ""


def _initials(name: str) -> Iterator[str]:
    """Yield patterns of initials: О.П., О. П., ОП, П.О., O.P."""
    words = [word for word in WORD.findall(name) if word[0].isupper()]
    letters = [word[0] for word in words]
    if len(letters) < 2:  # noqa: PLR2004 -- one initial is any word
        return
    ways = [letters, letters[::-1]]
    if len(letters) > 2:  # noqa: PLR2004 -- of three words any two
        ways += map(list, permutations(letters, 2))
    for way in ways:
        latin = [_LATIN.get(letter.lower(), letter)[:1].upper() for letter in way]
        for each in (way, latin):
            if all(each):
                yield r"\.\s?".join(map(re.escape, each)) + r"\.?"
                yield "".join(map(re.escape, each))


def _differ_little(name: str, word: str) -> bool:
    """Return whether one mistake, or two in a long name, makes *word* of *name*."""
    allowed = 1 + (len(name) >= _LONG)
    if abs(len(name) - len(word)) > allowed:
        return False
    # Optimal string alignment: exchanged neighbours are one mistake.
    before: list[int] = []
    row = list(range(len(word) + 1))
    for i, letter in enumerate(name, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(word, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == word[j - 2] and other == name[i - 2]:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > allowed:
            return False
    return row[-1] <= allowed
