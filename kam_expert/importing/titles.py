"""Read titles as evidence of level and function.

A word in a title is not the post: there are helpers of directors, former heads, and heads of
unions. So the relation of the person to the post is found first, then whole phrases, then words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.facts.plain_text import folded, one_alphabet
from kam_expert.importing.cell_values import NO_LETTER, SHORT, patterns_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from kam_expert.importing.mapping_documents import TitlesDoc

#: A phrase that decides that there is no value.
_NOTHING = "-"
#: Characters of a title that are read; a longer one is a text, and phrases in it take long.
_LONGEST = 300
_ANY_WORDS = r"(?:[\w&'-]+\s+){0,4}?"


@dataclass
class TitleReading:
    """What a title gave.

    Attributes:
        times: The number of cells with it.
        relation: The relation of the person to the post; empty for the holder of it.
        values: By fact, its value.
    """

    times: int = 0
    relation: str = ""
    values: dict[str, str] = field(default_factory=dict)


class Titles:
    """Reads titles by the words of the mappings.

    Attributes:
        read: By title, what it gave; counted with `count`.
    """

    def __init__(self, doc: TitlesDoc, lists: Mapping[str, Mapping[str, list[str]]]) -> None:
        self.doc = doc
        self.read: dict[str, TitleReading] = {}
        self._words = {name: patterns_of(lists[name]) for name in lists}
        self._phrases = {
            name: [(value, _phrases(words)) for value, words in phrases.items()]
            for name, phrases in doc.phrases.items()
        }
        self._relations = [
            (name, _phrases(relation.words), _phrases(relation.of))
            for name, relation in doc.relations.items()
        ]

    def count(self, titles: Counter[str | None]) -> None:
        """Count the cells of a column of titles."""
        for title, times in titles.items():
            if title is not None:
                self.read.setdefault(title, TitleReading()).times += times

    def value(self, title: str, name: str, fact: str) -> str | None:
        """Return the value of *fact* that the word list *name* gives for a title, None for none."""
        value, relation = self._value(folded(one_alphabet(title[:_LONGEST])), name)
        reading = self.read.setdefault(title, TitleReading())
        reading.relation = relation
        if value is not None:
            reading.values[fact] = value
        return value

    def nothing(self, title: str) -> bool:
        """Return whether a title gave no value of any fact."""
        return title not in self.read or not self.read[title].values

    def _value(self, title: str, name: str) -> tuple[str | None, str]:
        found = [
            (at.start(), at, relation, of)
            for relation, words, of in self._relations
            if (at := words.search(title)) is not None
        ]
        for _, _, relation, _ in found:
            if self.doc.relations[relation].nothing is not None:
                return None, relation
        if not found:
            return self._post(title, name), ""
        # The helper of a deputy is a helper, so the relation that comes first counts.
        _, at, relation, of = min(found, key=lambda one: one[0])
        doc = self.doc.relations[relation]
        own, post = f"{title[: at.start()]} {title[at.end() :]}".strip(), ""
        if (by := of.search(title)) is not None:
            own, post = title[: by.start()].strip(), title[by.end() :].strip()
        if name == self.doc.ranks:
            rank = self._post(post or own, name)
            return doc.ranks.get(rank or "") or doc.rank, relation
        value = self._post(own, name) or self._post(post, name)
        return (None if value in doc.not_values else value), relation

    def _post(self, title: str, name: str) -> str | None:
        for patterns in (self._phrases.get(name, ()), self._words[name]):
            for value, pattern in patterns:
                if pattern.search(title):
                    return None if value == _NOTHING else value
        return None


def _rest(word: str) -> str:
    """Return the pattern of what may follow the beginning of a word: short words are whole."""
    more = r"\w*" if len(word) > SHORT else NO_LETTER
    return rf"{more}\.?[\s,'-]*"


def _phrases(phrases: list[str]) -> re.Pattern[str]:
    """Return a pattern of phrases: words begin words, ``$`` ends a title, ``*`` is any words."""
    found = []
    for phrase in phrases:
        end = r"\s*(?:$|[,;/(|–-])" if phrase.endswith("$") else ""
        words = phrase.rstrip("$").split()
        parts = [
            _ANY_WORDS if word == "*" else f"{re.escape(folded(word))}{_rest(word)}"
            for word in words
        ]
        found.append(rf"(?<!\w){''.join(parts)}{end}")
    return re.compile("|".join(found) or "(?!)", re.IGNORECASE)
