"""Answers that name people: whom somebody reports to, who is to meet whom.

Such an answer is a text with ids or names between commas. It may name somebody who is not on the
list of people: that is worth knowing too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.vocabulary import Fact

_BETWEEN = re.compile(r"[,;\n]")


@dataclass(frozen=True)
class Named:
    """The people whom a text names.

    Attributes:
        entities: Those on the list, in the order of the text.
        others: The words for somebody who is not on it, or whose name several bear.
    """

    entities: tuple[Entity, ...]
    others: tuple[str, ...]


def people_in(text: str, entities: Sequence[Entity]) -> Named:
    """Return whom *text* names among *entities*: by id, else by a name that one of them bears."""
    found: list[Entity] = []
    others: list[str] = []
    for part in _parts(text, entities):
        entity = _find(part, entities)
        if entity is None:
            others.append(part)
        elif entity not in found:
            found.append(entity)
    return Named(tuple(found), tuple(dict.fromkeys(others)))


def named_by(fact: Fact, value: object, case: Case) -> Named:
    """Return the people whom an answer to *fact* names; nobody for another kind of fact."""
    if fact.doc.names is None or not isinstance(value, str) or value in fact.doc.also:
        return Named((), ())
    return people_in(value, getattr(case, fact.doc.names) or ())


def reference_text(identities: Sequence[str]) -> str:
    """Return the text that names people by their ids."""
    return ", ".join(identities)


def without_person(text: str, names_person: Callable[[str], bool]) -> str:
    """Return *text* without the parts that name a person; empty if nobody is left."""
    parts = [part.strip() for part in _BETWEEN.split(text)]
    if names_person(text.strip()) and len(parts) == 1:
        return ""
    return ", ".join(part for part in parts if part and not names_person(part))


def _parts(text: str, entities: Sequence[Entity]) -> list[str]:
    whole = text.strip()
    # An id or a name may hold a comma.
    if _find(whole, entities) is not None:
        return [whole]
    return [part for part in map(str.strip, _BETWEEN.split(whole)) if part]


def _find(word: str, entities: Sequence[Entity]) -> Entity | None:
    for entity in entities:
        if entity.id == word:
            return entity
    folded = " ".join(word.split()).casefold()
    named = [e for e in entities if " ".join(e.name.split()).casefold() == folded]
    return named[0] if len(named) == 1 else None
