"""What people are called: by their names, else by their roles, else by their ids."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kam_expert.facts.plan_subjects import owner_named

if TYPE_CHECKING:
    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase

_LISTS = (("person", "people"), ("member", "team"))


def callings(case: Case, base: KnowledgeBase, lang: str) -> dict[tuple[str, str], str]:
    """Return what each person and member is called, by kind and id.

    Somebody without a name is called by the words for what they do and at what level. The id
    follows where several without a name share them, and is all there is where nothing is known.
    """
    found: dict[tuple[str, str], str] = {}
    for kind, name in _LISTS:
        listed: tuple[Entity, ...] = getattr(case, name) or ()
        roles = {e.id: _role(e, base, lang) for e in listed if not e.name}
        shared = Counter(roles.values())
        for entity in listed:
            role = roles.get(entity.id, "")
            known = f"{role}, {entity.id}" if role and shared[role] > 1 else role
            found[kind, entity.id] = entity.name or known or entity.id
    return found


def owner_called(case: Case, base: KnowledgeBase, lang: str, typed: str) -> str:
    """Return the id of who has that name or is called by that role; other text unchanged."""
    owner = owner_named(case, typed)
    called = {
        said.casefold(): identity for (_, identity), said in callings(case, base, lang).items()
    }
    return called.get(owner.casefold(), owner)


def _role(entity: Entity, base: KnowledgeBase, lang: str) -> str:
    """Return what somebody does and at what level, such as "quality, director"; else empty."""
    roles: dict[str, str] = dict(base.shown.roles.items())
    levels: dict[str, str] = dict(base.shown.map.levels.items())
    parts = []
    for facts in (roles, levels):
        name = facts.get(entity.kind, "")
        answers = entity.ours.get(name)
        fact = base.facts.get(name)
        label = fact.doc.values.get(str(answers[-1].value)) if fact and answers else None
        if label is not None:
            parts.append(label.get(lang))
    return ", ".join(parts)
