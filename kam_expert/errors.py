"""Errors that a user can mend: each names the place, the problem and the nearest right name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


#: Among more names than these it takes too long to look for the nearest.
_COMPARED = 1000
#: No name has more letters.
_LETTERS = 200


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file with a one-based line and column (0: the whole file)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return the place the way compilers do: ``file:line:column``."""
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, and where."""

    place: Place
    message: str

    def __str__(self) -> str:
        """Return one line: place, colon, message."""
        return f"{self.place}: {self.message}"


class KamError(Exception):
    """Bad input or usage. ``str()`` is fit to be shown to the user as it is."""


class ProblemsError(KamError):
    """Several problems found in one go, all of them reported."""

    #: A file with thousands of faults is one fault; the first ones are enough to find it.
    shown = 20

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep *problems* sorted by place, each once."""
        self.problems = tuple(sorted(set(problems)))
        lines = [str(problem) for problem in self.problems[: self.shown]]
        if len(self.problems) > self.shown:
            lines.append(f"... and {len(self.problems) - self.shown} more")
        super().__init__("\n".join(lines))


class RuleBaseError(ProblemsError):
    """The rule base is not fit to be used."""


class CaseError(ProblemsError):
    """A case file (the facts about one account) cannot be read."""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return `` Did you mean "x"?`` with the nearest of *known*, or an empty string."""
    text = str(name)[:_LETTERS]
    candidates = sorted(known)
    if len(candidates) > _COMPARED:
        return ""
    near = difflib.get_close_matches(text, candidates, n=1, cutoff=0.6)
    if not near:
        near = [c for c in candidates if len(text) > 2 and (text in c or c in text)][:1]  # noqa: PLR2004 -- shorter words are in everything
    return f' Did you mean "{near[0]}"?' if near else ""


def with_article(noun: str) -> str:
    """Return *noun* after "a" or "an", by its first letter."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def shortened(value: object, limit: int = 60) -> str:
    """Return *value* as one printable line of at most *limit* characters, for a message."""
    text = "".join(c if c.isprintable() else " " for c in str(value)[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"
