"""Which texts of a long list are the same; run by its path, on another core.

What is asked comes by `marshal` on standard input, and so do the answers on standard output. It
imports nothing of this project, so that it starts at once wherever the file lies.
"""

from __future__ import annotations

import gc
import marshal
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

_WORD = re.compile(r"\w+")
_APOSTROPHES = str.maketrans("", "", "'’ʼ`")
_SITE = re.compile(r"(?:[a-z]+://)?(?:www\.)?([^/:?#\s]+)", re.IGNORECASE)
#: Keeps numbers that follow each other apart in a sum with a text.
_SPREAD = 1_000_003
#: Parts texts, which have no line breaks.
BETWEEN = "\n"


def company_key(name: str, forms: frozenset[str]) -> str:
    """Return what is left of a company’s name without its legal form, its words in order."""
    return _key(name.casefold().translate(_APOSTROPHES), forms)


def _key(name: str, forms: frozenset[str]) -> str:
    return " ".join(sorted(set(_WORD.findall(name)) - forms))


def domain_of(text: str) -> str | None:
    """Return the domain of a web site or an e-mail address."""
    found = _SITE.match(text.rpartition("@")[2])
    return found[1].casefold().strip(".") if found and "." in found[1] else None


def joined(texts: Sequence[str | None]) -> str:
    """Return texts as one, as they travel; nothing is an empty text."""
    try:
        return BETWEEN.join(texts)  # type: ignore[arg-type] # most lists have no gaps
    except TypeError:
        return BETWEEN.join([text or "" for text in texts])


def companies(names: str, but: Sequence[str]) -> list[list[int]]:
    """Return the places of names that are alike without legal forms and the order of words."""
    forms = frozenset(but)
    plain = names.casefold().translate(_APOSTROPHES).split(BETWEEN)
    return _shared([_key(name, forms) for name in plain])


def domains(sites: str, but: Sequence[str]) -> list[list[int]]:
    """Return the places of sites that have the same domain, but for those of everybody’s."""
    free = {*but, None}
    found = [site and domain_of(site) for site in sites.split(BETWEEN)]
    return _shared(["" if domain in free else domain for domain in found])


def texts(one: str) -> list[list[int]]:
    """Return the places of texts that are the same but for the case of letters."""
    return _shared(one.casefold().split(BETWEEN))


def texts_of(one: str, of: Sequence[int]) -> list[list[int]]:
    """Return the places of such texts that are of the same thing; below 0 is none."""
    folded = one.casefold().split(BETWEEN)
    # Numbers are made faster than pairs; where two agree, the pairs are looked at.
    marks = [
        hash(text) ^ thing * _SPREAD if text and thing >= 0 else None
        for text, thing in zip(folded, of, strict=True)
    ]
    groups: dict[tuple[int, str], list[int]] = {}
    if twice := _twice(marks) - {None}:
        for at, mark in enumerate(marks):
            if mark in twice:
                groups.setdefault((of[at], folded[at]), []).append(at)
    return [places for places in groups.values() if len(places) > 1]


def _shared(keys: Sequence[Hashable]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = {}
    if twice := _twice(keys) - {""}:
        for at, key in enumerate(keys):
            if key in twice:
                groups.setdefault(key, []).append(at)
    return list(groups.values())


def _twice(keys: Sequence[Hashable]) -> set[Hashable]:
    """Return the keys that stand there more than once."""
    seen: set[Hashable] = set()
    if len(set(keys)) == len(keys):
        return seen
    return {key for key in keys if key in seen or seen.add(key)}  # type: ignore[func-returns-value]


_JOBS: dict[str, Callable[..., list[list[int]]]] = {
    "companies": companies,
    "domains": domains,
    "texts": texts,
    "texts_of": texts_of,
}


def answers(asked: Sequence[tuple[Any, ...]]) -> list[list[list[int]]]:
    """Return for each job, a name of a function with what it takes, what the function gives."""
    return [_JOBS[name](*given) for name, *given in asked]


if __name__ == "__main__":
    gc.disable()  # nothing here goes in circles
    # From a file `marshal` reads every item for itself, and who asks would have to wait for it.
    marshal.dump(answers(marshal.loads(sys.stdin.buffer.read())), sys.stdout.buffer)  # noqa: S302 -- from our own process
