"""The names and notes of editions, and the names of people in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.edition import ReaderEdition, Role


def with_roles(edition: ReaderEdition, base: KnowledgeBase, lang: str) -> Case:
    """Return the case of an edition with roles in place of names."""
    tr = translator(lang).gettext
    roles: dict[str, str] = dict(base.shown.roles.items())
    words = {
        ("person", True): tr("contact %(number)s"),
        ("member", True): tr("colleague %(number)s"),
        ("person", False): tr("their people"),
        ("member", False): tr("our people"),
    }

    def called(entity: Entity) -> Entity:
        role = edition.roles[entity.kind, entity.id]
        fact = base.facts.get(roles.get(entity.kind, ""))
        label = fact.doc.values.get(role.does or "") if fact else None
        does = None if label is None else label.get(lang)
        return replace(
            entity, name=role.name or _label(words[entity.kind, bool(role.number)], role, does)
        )

    case = edition.case
    return replace(
        case,
        people=None if case.people is None else tuple(map(called, case.people)),
        team=None if case.team is None else tuple(map(called, case.team)),
    )


def _label(words: str, role: Role, does: str | None) -> str:
    label = words % {"number": role.number}
    return f"{label} ({does})" if does else label


def edition_name(edition: Edition, lang: str) -> str:
    """Return the name of an edition."""
    tr = translator(lang).gettext
    return {
        Edition.CONSULTANT: tr("consultant’s edition"),
        Edition.CLIENT: tr("client edition"),
        Edition.CUSTOMER: tr("customer edition"),
    }[edition]


def edition_note(edition: Edition, lang: str) -> str:
    """Return what an edition is made from; empty for the consultant’s."""
    tr = translator(lang).gettext
    return {
        Edition.CONSULTANT: "",
        Edition.CLIENT: tr(
            "Client edition: for the firm that ordered the diagnosis. It is made without what is "
            "known or thought of individual people; nothing in it depends on that."
        ),
        Edition.CUSTOMER: tr(
            "Customer edition: for a joint review. It is made from what both sides know: their "
            "answers, agreed measures, commitments, and who talks to whom."
        ),
    }[edition]


def edition_notes(edition: ReaderEdition, lang: str) -> list[str]:
    """Return the notes of an edition, one paragraph each."""
    tr = translator(lang).gettext
    notes = [edition_note(edition.edition, lang)]
    if edition.reviewed_by:
        notes.append(tr("Read by a second reader: %(who)s.") % {"who": edition.reviewed_by})
    return notes
