"""Reads a typed answer: a word, the number of a choice, a number, a band, a date, or several."""

from __future__ import annotations

import difflib
import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kam_expert.facts.answer_text import AnswerText, Style, written
from kam_expert.facts.number_text import AmbiguousError

if TYPE_CHECKING:
    from kam_expert.knowledge.documents import Text
    from kam_expert.knowledge.vocabulary import Fact

_LETTERS = {"en": "abcdefghijkl", "uk": "абвгґдеєжзик"}
#: Latin letters that look like the Cyrillic keys of choices.
_SAME_SHAPE = {"a": "а", "e": "е", "i": "і", "k": "к"}
#: What a text with two readings is, by the rules of the language.
_STYLES = {"en": Style(dates="dmy", decimal="point"), "uk": Style(dates="dmy", decimal="comma")}
_YES, _NO = ("yes", "y", "так", "т"), ("no", "n", "ні", "н")
_NONE = ("none", "0", "немає", "жодного", "нічого")
#: Letters of an unambiguous prefix.
_PREFIX = 3


class NotUnderstoodError(Exception):
    """The typed text is not an answer; *near* is the label of the nearest choice."""

    def __init__(self, typed: str, near: str | None = None) -> None:
        super().__init__(typed)
        self.typed = typed
        self.near = near


class AlreadyThereError(NotUnderstoodError):
    """What was typed is an answer that is there already."""


@dataclass(frozen=True)
class OfferedAnswer:
    """A choice.

    Attributes:
        key: The number or letter to type for it.
        value: The answer as in a case file.
        label: Its name in the language of the session.
        names: All texts that are read as this answer, in lower case.
    """

    key: str
    value: Any
    label: str
    names: tuple[str, ...]


def choices(fact: Fact, lang: str, yes_no: tuple[str, str]) -> tuple[OfferedAnswer, ...]:
    """Return the choices for *fact*; empty if any number or text is an answer.

    Args:
        fact: The fact.
        lang: ``uk`` or ``en``.
        yes_no: The words for yes and for no.
    """
    doc = fact.doc
    if doc.type == "yes_no":
        values = zip(("yes", "no"), yes_no, (_YES, _NO), strict=True)
        return tuple(
            OfferedAnswer(str(number), value, label, (*names, str(number)))
            for number, (value, label, names) in enumerate(values, 1)
        )
    numbers = map(str, itertools.count(1))
    # A typed number is an answer to a numeric fact, so its choices have letters for keys.
    keys = iter(_LETTERS[lang]) if fact.is_number or doc.type == "date" else numbers
    bands = [(f"{band.from_:g}..{band.to:g}", band.label) for band in doc.bands]
    words = [*bands, *doc.values.items(), *doc.also.items()]
    return tuple(_choice(next(keys), value, text, lang) for value, text in words)


def _choice(key: str, value: str, text: Text, lang: str) -> OfferedAnswer:
    names = {key, value.casefold(), text.uk.casefold(), text.en.casefold()}
    return OfferedAnswer(key, value, text.get(lang), tuple(names))


def read_answer(
    typed: str, fact: Fact, offered: tuple[OfferedAnswer, ...], lang: str, currency: str = ""
) -> Any:
    """Return the value of a typed answer; an amount may be in no other *currency*.

    Raises:
        NotUnderstoodError: It is not a value of the fact.
    """
    value: Any
    if fact.doc.type == "text":
        # No prefixes here: a text may begin like a choice.
        value = _named(typed, offered) or typed
    elif fact.doc.type == "set":
        value = _several(typed, offered)
    else:
        chosen = _chosen(typed, offered)
        value = chosen if chosen is not None else _written(typed, fact, offered, lang, currency)
    try:
        return fact.read(value, value if isinstance(value, str) else "")
    except ValueError:
        raise NotUnderstoodError(typed) from None


def _named(typed: str, offered: tuple[OfferedAnswer, ...]) -> Any:
    word = typed.casefold().strip(" .")
    for choice in offered:
        if word in choice.names or _SAME_SHAPE.get(word) == choice.key:
            return choice.value
    return None


def _chosen(typed: str, offered: tuple[OfferedAnswer, ...]) -> Any:
    named = _named(typed, offered)
    if named is not None:
        return named
    prefix = typed.casefold().strip(" .")
    if len(prefix) >= _PREFIX:
        matches = [c for c in offered if any(name.startswith(prefix) for name in c.names)]
        if len(matches) == 1:
            return matches[0].value
    return None


def _several(typed: str, offered: tuple[OfferedAnswer, ...]) -> list[Any]:
    if typed.casefold() in _NONE and _chosen(typed, offered) is None:
        return []
    whole = _chosen(typed, offered)
    if whole is not None:
        return [whole]
    parts = [part.strip() for part in re.split(r"[,;\n]", typed) if part.strip()]
    found: list[Any] = []
    for part in parts:
        one = _chosen(part, offered)
        # A label may have spaces; other text is split into words.
        words = [part] if one is not None else part.split()
        found += [one] if one is not None else [_require(word, offered) for word in words]
    if not found:
        raise NotUnderstoodError(typed)
    return list(dict.fromkeys(found))


def _require(word: str, offered: tuple[OfferedAnswer, ...]) -> Any:
    value = _chosen(word, offered)
    if value is None:
        raise _nearest(word, offered)
    return value


def _written(
    typed: str, fact: Fact, offered: tuple[OfferedAnswer, ...], lang: str, currency: str
) -> Any:
    text = AnswerText(fact)
    try:
        try:
            return written(text.read(typed, Style(currency=currency)).value)
        except AmbiguousError:
            style = replace(_STYLES[lang], currency=currency)
            return written(text.read(typed, style).value)
    except ValueError:
        raise _nearest(typed, offered) from None


def _nearest(typed: str, offered: tuple[OfferedAnswer, ...]) -> NotUnderstoodError:
    known = {name: choice.label for choice in offered for name in choice.names}
    near = difflib.get_close_matches(typed.casefold(), known, n=1, cutoff=0.6)
    return NotUnderstoodError(typed, known[near[0]] if near else None)
