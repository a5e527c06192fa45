"""The notes of the client edition, and the names of people in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.client_edition import ClientEdition, Role


def with_roles(edition: ClientEdition, base: KnowledgeBase, lang: str) -> Case:
    """Return the case of a client edition with roles in place of names."""
    said = translator(lang).gettext
    roles: dict[str, str] = dict(base.shown.roles.items())

    def called(entity: Entity) -> Entity:
        role = edition.roles[entity.kind, entity.id]
        fact = base.facts.get(roles.get(entity.kind, ""))
        words = {
            "person": said("contact %(number)s"),
            "member": said("colleague %(number)s"),
        }[entity.kind]
        label = fact.doc.values.get(role.does or "") if fact else None
        return replace(
            entity,
            name=role.name or _label(words, role, None if label is None else label.get(lang)),
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


def edition_notes(edition: ClientEdition, lang: str) -> list[str]:
    """Return the notes of a client edition, one paragraph each."""
    said = translator(lang)
    changed = edition.would_change
    notes = [
        said.gettext(
            "Client edition. What is known or thought of individual people is not in it; nor are "
            "conclusions about them."
        ),
        said.ngettext(
            "Without any facts about people %(num)d conclusion would be different.",
            "Without any facts about people %(num)d conclusions would be different.",
            changed,
        )
        % {"num": changed}
        if changed
        else said.gettext("Without any facts about people all conclusions here would be the same."),
    ]
    if edition.confidential:
        notes.append(
            said.gettext(
                "A conclusion that rests on such facts says so; its other grounds are shown."
            )
        )
    if edition.reviewed_by:
        notes.append(
            said.gettext("Read by a second reader: %(who)s.") % {"who": edition.reviewed_by}
        )
    return notes
