"""The accounts of an import as rows of the tables that `kam portfolio` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import link_id
from kam_expert.facts.columns import OWN
from kam_expert.facts.importing.lists import NOBODY
from kam_expert.facts.importing.made import SOURCE
from kam_expert.facts.tables import as_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from kam_expert.facts.importing.made import Made
    from kam_expert.facts.importing.store import Listed, Told

Line = tuple[Any, ...]


def table_rows(made: Made) -> Iterator[tuple[str, tuple[str, ...], Iterable[Line]]]:
    """Give each table with its columns and its rows.

    Every fact has an origin, so it stands in the history; the other tables say who is there.
    """
    store = made.store
    ids, people, team = store.accounts.ids, store.people, store.team
    yield (
        "accounts",
        ("account", "name", "owner", "segment"),
        (
            (identity, store.accounts.names[at] or identity, made.owner_of(at), made.segment_of(at))
            for at, identity in enumerate(ids)
        ),
    )
    yield "people", ("account", "person", "name"), _people(made)
    yield (
        "team",
        ("account", "member", "name"),
        (
            (identity, team.ids[m], team.names[m])
            for at, identity in enumerate(ids)
            for m in made.team_of(at)
        ),
    )
    yield (
        "links",
        ("account", "member", "person"),
        (
            (ids[at], team.ids[m], people.ids[p])
            for at, pairs in made.links.items()
            for m, p in pairs
        ),
    )
    yield "history", OWN["history"], _history(made)


def _people(made: Made) -> Iterator[Line]:
    ids, people = made.store.accounts.ids, made.store.people
    own = people.more.get("account", ())
    for account, person, name in zip(own, people.ids, people.names, strict=True):
        if account != NOBODY:
            yield ids[account], person, name
    for account, at in made.further():
        yield ids[account], people.ids[at], people.names[at]


def _history(made: Made) -> Iterator[Line]:
    store = made.store
    ids, people, team = store.accounts.ids, store.people, store.team
    yield from _facts(made, store.accounts, "account", range(len(ids)), frozenset())
    pairs = dict.fromkeys(
        (*made.further(), *store.belongs, *store.said_of_pairs, *made.of_person)
    )
    special = {person for _, person in pairs}
    own = people.more.get("account", ())
    yield from _facts(made, people, "person", own, special)
    pairs |= {(own[person], person): None for person in special if own[person] != NOBODY}
    for account, person in sorted(pairs):
        for told in made.said_of(account, person):
            yield _line(made, ids[account], "person", people.ids[person], told)
    for at, identity in enumerate(ids):
        for m in made.team_of(at):
            for told in team.told(m):
                yield _line(made, identity, "member", team.ids[m], told)
    for at, links in made.links.items():
        for (m, p), link in links.items():
            of = link_id(team.ids[m], people.ids[p])
            for told in link:
                yield _line(made, ids[at], "link", of, told)


def _facts(
    made: Made, listed: Listed, kind: str, accounts: Sequence[int], but: Collection[int]
) -> Iterator[Line]:
    """Give the facts of a long list, fact by fact: what is the same for many is made once."""
    ids, of = made.store.accounts.ids, listed.ids if kind != "account" else None
    for fact, values in listed.facts.items():
        texts: dict[Any, str] = {}
        ends: dict[int, tuple[str, str]] = {}
        for at, value in enumerate(values):
            if value is None or accounts[at] == NOBODY or at in but:
                continue
            text = texts.get(value)
            if text is None:
                text = texts[value] = as_text(value)
            table = listed.tables[at]
            around = ends.get(table)
            if around is None:
                column = listed.columns[table, fact]
                around = ends[table] = (
                    f"{made.store.tables[table].shown}, row ",
                    f", column {column}" if column else "",
                )
            yield (
                ids[accounts[at]], kind, of[at] if of else "", fact, "ours", text, SOURCE,
                f"{around[0]}{listed.rows[at] + 1}{around[1]}", listed.as_of[at] or made.day or "",
            )  # fmt: skip


def _line(made: Made, account: str, kind: str, of: str, told: Told) -> Line:
    day = made.as_of(told)
    value = as_text(told.value)
    return account, kind, of, told.fact, "ours", value, SOURCE, made.by(told), day or ""
