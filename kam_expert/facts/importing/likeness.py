"""Accounts and people that look like the same one: proposed, never made one here."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from kam_expert.facts.importing.lists import NOBODY
from kam_expert.facts.importing.references import domain_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from kam_expert.facts.importing.mapping import SystemMapping
    from kam_expert.facts.importing.store import Listed, Store

_WORD = re.compile(r"\w+")
_APOSTROPHES = str.maketrans("", "", "'’ʼ`")
_MOST = 10_000
_MOST_ALIKE = 20


def look_alikes(store: Store, mapping: SystemMapping) -> list[dict[str, Any]]:
    """Give groups of accounts, and of people, that share a field that few should share.

    Accounts are alike by name (without the legal form, whatever the order of its words) or by
    domain; people by e-mail, or by name within an account. Which fields agree is said; that they
    are one is for a person to say.
    """
    found: list[dict[str, Any]] = []
    for group in (*_accounts(store, mapping), *_people(store)):
        if len(found) == _MOST:
            break
        found.append(group)
    return found


def _accounts(store: Store, mapping: SystemMapping) -> Iterator[dict[str, Any]]:
    accounts = store.accounts
    forms = frozenset(form.casefold() for form in mapping.shared.legal_forms)
    free = frozenset(mapping.shared.free_mail)
    names = [company_key(name, forms) for name in accounts.names]
    sites = [site and domain_of(site) for site in accounts.more.get("domain") or ()]
    domains = [None if domain in free else domain for domain in sites]
    yield from _groups(
        store, accounts, "company", _shared("name", names) | _shared("domain", domains)
    )


def company_key(name: str, forms: frozenset[str]) -> str:
    """Give what is left of a company’s name without its legal form, its words in order."""
    words = set(_WORD.findall(name.casefold().translate(_APOSTROPHES)))
    return " ".join(sorted(words - forms))


def _people(store: Store) -> Iterator[dict[str, Any]]:
    people = store.people
    mails = [mail and mail.casefold() for mail in people.more.get("email") or ()]
    yield from _groups(store, people, "person", _shared("email", mails))
    own = people.more.get("account") or ()
    # Nobody is alike by having no account or no name.
    names = [
        (account, name.casefold()) if name and account != NOBODY else None
        for account, name in zip(own, people.names, strict=True)
    ]
    yield from _groups(store, people, "person", _shared("name", names))


def _shared(field: str, keys: Sequence[Hashable]) -> dict[tuple[str, Hashable], list[int]]:
    """Give the places of keys that stand there more than once; None and an empty key do not."""
    # Numbers take less memory than what they are made of; where two agree, the keys are looked at.
    many = Counter(map(hash, keys))
    nothing = {hash(None), hash("")}
    twice = {number for number, count in many.items() if count > 1 and number not in nothing}
    by: dict[tuple[str, Hashable], list[int]] = {}
    if twice:
        for at, key in enumerate(keys):
            if hash(key) in twice:
                by.setdefault((field, key), []).append(at)
    return by


def _groups(
    store: Store, listed: Listed, kind: str, by: dict[tuple[str, Hashable], list[int]]
) -> Iterator[dict[str, Any]]:
    fields: dict[tuple[int, ...], list[str]] = {}
    for (field, _), places in by.items():
        if len(places) > 1:
            fields.setdefault(tuple(places), []).append(field)
    for alike, shared in fields.items():
        shown = alike[:_MOST_ALIKE]
        yield {
            "kind": f"same_{kind}?",
            "ids": [listed.ids[at] for at in shown],
            "names": [listed.names[at] for at in shown],
            "many": len(alike),
            "alike_in": sorted(shared),
            "where": [str(store.tables[listed.tables[at]].place(listed.rows[at])) for at in shown],
        }
