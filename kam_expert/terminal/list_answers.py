"""Answers about lists: a person, pairs in contact, or whether the list is complete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kam_expert.facts.case import LISTS, link_id
from kam_expert.facts.edits import AddEntity, SetComplete, SetListed
from kam_expert.terminal.typed_answer import AlreadyThereError, NotUnderstoodError

if TYPE_CHECKING:
    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit

_ALL = ("all", "that is all", "всі", "усі", "це всі", "це все")
_MORE = ("more", "not all", "ще", "не всі", "не усі", "є ще")
_NOBODY = ("none", "nobody", "нікого", "немає", "нікого немає", "ніхто")
_PAIR = re.compile(r"(\d+)\s*[-–—:/]\s*(\d+)")
#: Characters of a name or role.
_NAME_LENGTH = 200


def list_edits(typed: str, of: str, case: Case) -> list[Edit]:
    """Return the edits for an answer about the list *of*.

    Raises:
        NotUnderstoodError: It is not a new name, pairs of numbers or one of the known words.
        AlreadyThereError: It names only what is in the list already.
    """
    word = typed.casefold().strip(" .!")
    listed = getattr(case, of)
    if word in _NOBODY and not listed:
        return [SetListed(of, listed=True), SetComplete(of, complete=True)]
    if word in (*_ALL, *_MORE):
        if listed is None and word in _ALL:
            raise NotUnderstoodError(typed)
        return [SetComplete(of, complete=word in _ALL)]
    return _pairs(typed, case) if of == "links" else [_new_entity(typed, of, case)]


def _new_entity(typed: str, of: str, case: Case) -> Edit:
    name = " ".join(typed.split())
    kind = LISTS[of]
    taken = {entity.id for entity in case.entities(kind)}
    names = {entity.name.casefold() for entity in case.entities(kind)}
    if name.casefold() in names:
        raise AlreadyThereError(typed)
    if not any(c.isalpha() for c in name) or len(name) > _NAME_LENGTH:
        raise NotUnderstoodError(typed)
    number = next(n for n in range(1, len(taken) + 2) if f"{kind[0]}{n}" not in taken)
    return AddEntity(kind, f"{kind[0]}{number}", name)


def _pairs(typed: str, case: Case) -> list[Edit]:
    team, people = case.team or (), case.people or ()
    known = {link.id for link in case.links or ()}
    found: dict[str, Edit] = {}
    for part in filter(
        None, re.split(r"(?:[,;]|(?<!\s)\s)\s*(?=\d+\s*[-–—:/])", typed.strip(" ,;"))
    ):
        pair = _PAIR.fullmatch(part.strip())
        if not pair or not (1 <= int(pair[1]) <= len(team) and 1 <= int(pair[2]) <= len(people)):
            raise NotUnderstoodError(part)
        ends = (team[int(pair[1]) - 1].id, people[int(pair[2]) - 1].id)
        if link_id(*ends) not in known:
            found[link_id(*ends)] = AddEntity("link", ends=ends)
    if not found:
        raise AlreadyThereError(typed) if _PAIR.search(typed) else NotUnderstoodError(typed)
    return list(found.values())


def pairs_listed(case: Case) -> str:
    """Return the pairs that are listed already, as they are typed; empty without any."""
    team, people = ([e.id for e in listed or ()] for listed in (case.team, case.people))
    ends = [link.ends for link in case.links or () if link.ends is not None]
    return ", ".join(f"{team.index(ours) + 1}-{people.index(theirs) + 1}" for ours, theirs in ends)
