"""The accounts of an import as the text of the tables that `kam portfolio` reads.

A million contacts make three million rows of history, so rows are put together as text at once.
"""

from __future__ import annotations

import re
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import link_id
from kam_expert.facts.columns import OWN
from kam_expert.facts.importing.lists import NOBODY
from kam_expert.facts.importing.made import SOURCE
from kam_expert.facts.tables import as_text, plain_cell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from kam_expert.facts.importing.made import Made
    from kam_expert.facts.importing.store import Listed, Told

_SPECIAL = re.compile(r'[",\r\n]|^\s|\s$')
_AT_ONCE = 20_000


def csv_tables(made: Made) -> Iterator[tuple[str, Iterator[str]]]:
    """Give each table with its text in pieces.

    Every fact has an origin, so it stands in the history; the other tables say who is there.
    """
    store = made.store
    ids, people, team = (
        _cells(listed.ids) for listed in (store.accounts, store.people, store.team)
    )
    names = _cells(store.accounts.names)
    accounts = (
        f"{of},{names[at] or of},{_cell(made.owner_of(at))},{_cell(made.segment_of(at))}\n"
        for at, of in enumerate(ids)
    )
    yield "accounts", _pieces("account,name,owner,segment\n", accounts)
    yield "people", _pieces("account,person,name\n", _people(made, ids, people))
    members = _cells(store.team.names)
    yield (
        "team",
        _pieces(
            "account,member,name\n",
            (f"{account},{team[m]},{members[m]}\n" for at, account in enumerate(ids)
             for m in made.team_of(at)),
        ),
    )  # fmt: skip
    links = (f"{ids[at]},{team[m]},{people[p]}\n" for at, of in made.links.items() for m, p in of)
    yield "links", _pieces("account,member,person\n", links)
    header = ",".join(OWN["history"]) + "\n"
    yield "history", _pieces(header, _history(made, ids, people))


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def _cells(texts: list[str]) -> list[str]:
    return [text if text.isalnum() else _cell(text) for text in texts]


def _pieces(header: str, lines: Iterable[str]) -> Iterator[str]:
    yield header
    coming = iter(lines)
    while piece := "".join(islice(coming, _AT_ONCE)):
        yield piece


def _people(made: Made, ids: list[str], people: list[str]) -> Iterator[str]:
    listed = made.store.people
    own, names = listed.more.get("account", ()), _cells(listed.names)
    for account, person, name in zip(own, people, names, strict=True):
        if account != NOBODY:
            yield f"{ids[account]},{person},{name}\n"
    for account, at in made.further():
        yield f"{ids[account]},{people[at]},{names[at]}\n"


def _history(made: Made, ids: list[str], of: list[str]) -> Iterator[str]:
    store = made.store
    people, team = store.people, store.team
    nothing = [""] * len(ids)
    yield from _facts(made, store.accounts, "account", range(len(ids)), ids, nothing, frozenset())
    pairs = dict.fromkeys((*made.further(), *store.belongs, *store.said_of_pairs, *made.of_person))
    special = {person for _, person in pairs}
    own = people.more.get("account", ())
    yield from _facts(made, people, "person", own, ids, of, special)
    pairs |= {(own[person], person): None for person in special if own[person] != NOBODY}
    for at, person in sorted(pairs):
        for told in made.said_of(at, person):
            yield _line(made, ids[at], "person", people.ids[person], told)
    for at, account in enumerate(ids):
        for m in made.team_of(at):
            for told in team.told(m):
                yield _line(made, account, "member", team.ids[m], told)
    for at, links in made.links.items():
        for (m, p), link in links.items():
            for told in link:
                yield _line(made, ids[at], "link", link_id(team.ids[m], people.ids[p]), told)


def _facts(  # noqa: PLR0913 -- what a row of the history is made of
    made: Made,
    listed: Listed,
    kind: str,
    accounts: Sequence[int],
    ids: list[str],
    of: list[str],
    but: Collection[int],
) -> Iterator[str]:
    """Give the facts of a long list, fact by fact: what is the same for many is made once."""
    numbers = [str(row + 1) for row in listed.rows]
    days = [str(day or made.day or "") for day in listed.as_of]
    heads = [
        None if account == NOBODY or at in but else f"{ids[account]},{kind},{one}"
        for at, (account, one) in enumerate(zip(accounts, of, strict=True))
    ]
    for fact, values in listed.facts.items():
        middles: dict[Any, str | None] = {
            value: f",{fact},ours,{_cell(as_text(plain_cell(value)))},{SOURCE},"
            for value in set(values)
            if value is not None
        }
        middles[None] = None
        for table, start, end in listed.runs:
            if (table, fact) not in listed.headers:
                continue
            part = slice(start, end)
            shown = f"{made.store.tables[table].shown}, row "
            around = [_around(shown, header) for header in listed.headers[table, fact]]
            which = listed.which.get(fact)
            # One of them may go on for ever.
            columns = zip(  # noqa: B905 -- as it says
                heads[part],
                [middles[value] for value in values[part]],
                repeat(around[0]) if which is None else [around[at] for at in which[part]],
                numbers[part],
                days[part],
            )
            yield from (
                f"{head}{middle}{before}{number}{after}{day}\n"
                for head, middle, (before, after), number, day in columns
                if head is not None and middle is not None
            )


def _around(start: str, header: str) -> tuple[str, str]:
    """Give what stands before and after the number of a row, in quotes as it holds a comma."""
    column = f", column {header}" if header else ""
    start, column = (text.replace('"', '""') for text in (start, column))
    return f'"{start}', f'{column}",'


def _line(made: Made, account: str, kind: str, of: str, told: Told) -> str:
    value, day = _cell(as_text(plain_cell(told.value))), made.as_of(told) or ""
    by = _cell(made.by(told))
    return f"{account},{kind},{_cell(of)},{told.fact},ours,{value},{SOURCE},{by},{day}\n"
