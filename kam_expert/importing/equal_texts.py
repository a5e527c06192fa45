"""Groups of texts that are equal except for case, legal form and the like.

A group is the positions of its texts in the list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kam_expert.facts.plain_text import one_alphabet

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

Groups = list[list[int]]
_WORD = re.compile(r"\w+")
_APOSTROPHES = str.maketrans("", "", "'’ʼ`")
_SITE = re.compile(r"(?:[a-z]+://)?(?:www\.)?([^/:?#\s]+)", re.IGNORECASE)


def domain_of(text: str) -> str | None:
    """Return the domain of a web site or an e-mail address."""
    found = _SITE.match(text.rpartition("@")[2])
    return found[1].casefold().strip(".") if found and "." in found[1] else None


def equal_companies(names: Iterable[str], legal_forms: Iterable[str]) -> Groups:
    """Return the groups of company names equal but for legal forms and the order of words."""
    forms = frozenset(form.casefold() for form in legal_forms)
    plain = (one_alphabet(name).casefold().translate(_APOSTROPHES) for name in names)
    return _groups(" ".join(sorted(set(_WORD.findall(name)) - forms)) for name in plain)


def equal_domains(sites: Iterable[str | None], free_mail: Sequence[str]) -> Groups:
    """Return the groups of sites with the same domain, other than those of free mail services."""
    domains = (site and domain_of(site) for site in sites)
    return _groups(None if domain in free_mail else domain for domain in domains)


def equal_texts(texts: Iterable[str | None]) -> Groups:
    """Return the groups of texts equal but for case."""
    return _groups(text and text.casefold() for text in texts)


def equal_texts_within(texts: Iterable[str], owners: Iterable[int]) -> Groups:
    """Return the groups of texts of one owner, equal but for case; below 0 means no owner."""
    pairs = zip(texts, owners, strict=True)
    return _groups(
        (owner, one_alphabet(text).casefold()) if text and owner >= 0 else None
        for text, owner in pairs
    )


def _groups(keys: Iterable[Hashable]) -> Groups:
    first: dict[Hashable, int] = {}
    groups: dict[Hashable, list[int]] = {}
    for position, key in enumerate(keys):
        if key and (before := first.setdefault(key, position)) != position:
            groups.setdefault(key, [before]).append(position)
    return sorted(groups.values())
