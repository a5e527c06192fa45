"""Accounts and people that look like the same one: proposed, never made one here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kam_expert.facts.importing.lists import NOBODY
from kam_expert.facts.importing.references import domain_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.importing.mapping import SystemMapping
    from kam_expert.facts.importing.store import Listed, Store

_WORD = re.compile(r"\w+")
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
    by: dict[tuple[str, str], list[int]] = {}
    domains = accounts.more.get("domain") or [None] * len(accounts.ids)
    for at, (name, site) in enumerate(zip(accounts.names, domains, strict=True)):
        if key := company_key(name, forms):
            by.setdefault(("name", key), []).append(at)
        if (domain := domain_of(site) if site else None) and domain not in free:
            by.setdefault(("domain", domain), []).append(at)
    yield from _groups(store, accounts, "company", by)


def company_key(name: str, forms: frozenset[str]) -> str:
    """Give what is left of a company’s name without its legal form, its words in order."""
    plain = name.casefold().replace("'", "").replace("’", "").replace("ʼ", "")
    return " ".join(sorted(word for word in _WORD.findall(plain) if word not in forms))


def _people(store: Store) -> Iterator[dict[str, Any]]:
    people = store.people
    mails = [mail and mail.casefold() for mail in people.more.get("email") or ()]
    yield from _groups(store, people, "person", _shared("email", mails))
    own = people.more.get("account") or ()
    names = list(zip(own, map(str.casefold, people.names), strict=True))
    yield from _groups(store, people, "person", _shared("name", names))


def _shared(field: str, keys: list[Any]) -> dict[tuple[str, Any], list[int]]:
    """Give the places of keys that stand there more than once."""
    # Numbers take less memory than what they are made of; where two agree, the keys are looked at.
    if len(set(map(hash, keys))) == len(keys):
        return {}
    once: set[Any] = set()
    twice: set[Any] = set()
    for key in keys:
        (twice if key in once else once).add(key)
    by: dict[tuple[str, Any], list[int]] = {}
    for at, key in enumerate(keys):
        # Nobody is alike by having no e-mail, no name or no account.
        if key in twice and key and (isinstance(key, str) or (key[0] != NOBODY and key[1])):
            by.setdefault((field, key), []).append(at)
    return by


def _groups(
    store: Store, listed: Listed, kind: str, by: dict[tuple[str, Any], list[int]]
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
