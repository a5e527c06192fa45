"""Errors that a user can fix: each has the place, the problem and the nearest valid name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


#: With more names than this the search for the nearest one takes too long.
_COMPARED = 1000
#: The maximum length of a name, in characters.
_CHARACTERS = 200


@dataclass(frozen=True, order=True)
class Place:
    """A place in a file, with line and column from 1 (0: the whole file)."""

    file: str
    line: int = 0
    column: int = 0

    @property
    def name(self) -> str:
        """Return the name of the file without its folders."""
        return self.file.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]

    def __str__(self) -> str:
        """Return the place as ``file:line:column``."""
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Problem:
    """A problem and its place."""

    place: Place
    message: str

    def __str__(self) -> str:
        """Return one line: place, colon, message."""
        return f"{self.place}: {self.message}"


class KamError(Exception):
    """Invalid input or usage; ``str()`` is the message for the user."""


class ProblemsError(KamError):
    """Several problems, reported together."""

    #: The number of problems shown; thousands of problems usually have one cause.
    shown = 20

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep *problems* sorted by place, without duplicates."""
        self.problems = tuple(sorted(set(problems)))
        lines = [str(problem) for problem in self.problems[: self.shown]]
        if len(self.problems) > self.shown:
            lines.append(f"... and {len(self.problems) - self.shown} more")
        super().__init__("\n".join(lines))


class RuleBaseError(ProblemsError):
    """The rule base is invalid."""


class CaseError(ProblemsError):
    """A case (the facts about one account) is invalid."""


def nearest(name: object, known: Iterable[str]) -> str:
    """Return the nearest of *known*, in any case of its letters; empty if none is near."""
    text = str(name)[:_CHARACTERS].casefold()
    candidates = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    if len(candidates) > _COMPARED:
        return ""
    folded = sorted(candidates)
    near = difflib.get_close_matches(text, folded, n=1, cutoff=0.6)
    if not near:
        near = [c for c in folded if len(text) > 2 and (text in c or c in text)][:1]  # noqa: PLR2004 -- shorter words are part of many names
    return candidates[near[0]] if near else ""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return `` Did you mean "x"?`` with the nearest of *known*, or an empty string."""
    near = nearest(name, known)
    return f' Did you mean "{near}"?' if near else ""


def with_article(noun: str) -> str:
    """Return *noun* with "a" or "an"."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def shortened(value: object, limit: int = 60) -> str:
    """Return *value* as one printable line of at most *limit* characters, for a message."""
    text = "".join(c if c.isprintable() else " " for c in str(value)[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def unknown_name(what: str, name: object, known: Iterable[str]) -> str:
    """Return the message for a name that is not one of *known*, with the nearest of them."""
    return f'unknown {what} "{shortened(name)}".{did_you_mean(name, known)}'


def unknown_word(what: str, word: object, known: tuple[str, ...]) -> str:
    """Return the message for a word that is not one of *known*."""
    near = did_you_mean(word, known)
    return f'unknown {what} "{shortened(word)}"; it is one of {", ".join(known)}.{near}'
