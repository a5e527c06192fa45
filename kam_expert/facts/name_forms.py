"""Find a person's name in texts: whole, by word, and in every grammatical case.

Words of a name that begin with a capital are surely the name. It prefers a false match to a missed
one. Words that may be the name, such as one in lower case (a price, a hope), are in
`kam_expert.facts.near_names`; a person decides about them.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from kam_expert.facts.folding import fold
from kam_expert.facts.name_paradigms import dictionary_forms, is_known_name, rule_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Replaces a name.
MARK = "[…]"
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
CYRILLIC = re.compile("[а-яіїєґ]", re.IGNORECASE)
#: Characters of scripts without spaces between words.
_RUN_ON = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
#: Parts of names that are written small.
_PARTICLES = {
    *("al", "bin", "da", "de", "del", "della", "den", "der", "di", "du", "el", "ibn", "la", "le"),
    *("van", "von", "ван", "да", "де", "дер", "ла", "фон"),
}
_SHORT = 2


class NameForms:
    """Finds one person in texts.

    Args:
        identity: The id, which texts may use.
        names: All names of the person.
        also: Words that a person called names too, in any case of letters.
    """

    def __init__(self, identity: str, names: Iterable[str], also: Iterable[str] = ()) -> None:
        names = {fold(name).text.strip() for name in names if name.strip()}
        also = {fold(word).text.strip() for word in also if word.strip()}
        self._whole = {fold(identity).text, *names}
        #: The words of the names in lower case, the first name first.
        self.words = tuple(dict.fromkeys(w for name in sorted(names) for w in words_of(name)))
        self.names = tuple(sorted(names))
        # The longest comes first; otherwise a word would be cut out of a full name.
        phrases = sorted(
            {n for n in names if len(n) > 1} | also, key=lambda name: (-len(name), name)
        )
        ways = [rf"(?i:{_spaced(phrase)})" for phrase in phrases]
        if len(identity) > _SHORT or not identity.isalpha():
            ways.append(re.escape(fold(identity).text))
        run_on = "|".join(re.escape(name) for name in phrases if _RUN_ON.search(name))
        self._phrases = re.compile(
            rf"(?<!\w)(?:{'|'.join(ways) or '(?!)'})(?!\w)|{run_on or '(?!)'}"
        )
        self.is_form = lru_cache(maxsize=4096)(self._is_form)

    def are_in(self, text: str) -> bool:
        """Return whether *text* names the person."""
        return text.strip() in self._whole or next(self._spans(text), None) is not None

    def without(self, text: str) -> str:
        """Return *text* with `MARK` for the person's names; empty if it was only a name."""
        if text.strip() in self._whole:
            return ""
        left, done = [], 0
        for start, end in self.spans(text):
            left += [text[done:start], MARK]
            done = end
        if not done:
            return text
        shown = "".join([*left, text[done:]])
        return shown if shown.replace(MARK, "").strip() else ""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where *text* names the person: start and end, in order, without overlap."""
        found: list[tuple[int, int]] = []
        for start, end in sorted(self._spans(text)):
            if found and start < found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((start, end))
        return found

    @cached_property
    def forms(self) -> frozenset[str]:
        """All forms of the words from the dictionary, in lower case."""
        return frozenset(form for word in self.words for form in _listed(word))

    @cached_property
    def _rules(self) -> re.Pattern[str]:
        cyrillic = [rule_pattern(word) for word in self.words if CYRILLIC.search(word)]
        return re.compile("|".join(cyrillic) or "(?!)")

    def _is_form(self, word: str) -> bool:
        return word in self.forms or self._rules.fullmatch(word) is not None

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        folded = fold(text)
        for found in self._phrases.finditer(folded.text):
            yield folded.original(found.start()), folded.original(found.end())
        if not self.words:
            return
        for found in WORD.finditer(folded.text):
            word = found[0]
            if not word[0].islower() and self.is_form(word.lower()):
                yield folded.original(found.start()), folded.original(found.end())


def words_of(name: str) -> Iterator[str]:
    """Yield the words of a folded name in lower case; none of a role, whose words are general."""
    words = [word for word in WORD.findall(name) if word not in _PARTICLES]
    small = [word for word in words if word[0].islower()]
    if small and not all(CYRILLIC.search(word) and is_known_name(word) for word in words):
        return
    yield from (word.lower() for word in words if len(word) > 1)


def _listed(word: str) -> Iterable[str]:
    if CYRILLIC.search(word):
        return dictionary_forms(word)
    return (word, f"{word}s", f"{word}es", f"{word}'s", f"{word}s's")


def _spaced(phrase: str) -> str:
    return r"\s+".join(re.escape(part) for part in phrase.split())
