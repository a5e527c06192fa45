"""Erase expired assessments of a person from the whole history of an account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.facts.edits import AddEntity, SetAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase


class Expiry:
    """Erases the assessments of one person from cases and edits, as `Erasure` does the person."""

    def __init__(self, kind: str, identity: str, base: KnowledgeBase) -> None:
        self._base = base
        self._whose = (kind, identity)
        self._found = False
        self._was_main_contact = False

    def learn(self, case: Case | None, edits: Iterable[Edit]) -> None:
        """Collect whether one version has the person, and whether as the main contact."""
        mark = self._base.shown.main_contact
        for entity in () if case is None else case.entities(self._whose[0]):
            if entity.id == self._whose[1]:
                self._found = True
                told = entity.ours.get(mark or "", ())
                self._was_main_contact |= any(answer.value == "yes" for answer in told)
        for edit in edits:
            if isinstance(edit, AddEntity):
                self._found |= (edit.kind, edit.id.strip()) == self._whose
            elif isinstance(edit, SetAnswer) and edit.slot.fact == mark and edit.value == "yes":
                self._was_main_contact |= (edit.slot.kind, edit.slot.id) == self._whose

    def ready(self) -> None:
        """Finish learning. Raises KamError if no version has such a person."""
        if not self._found:
            kind, identity = self._whose
            raise KamError(f'no version has a {kind} "{shortened(identity)}"')

    def text(self, text: str) -> str:
        """Return *text* unchanged: an author is not an assessment."""
        return text

    def case(self, case: Case) -> Case:
        """Return *case* without the assessments."""
        left: dict[str, Any] = {
            name: tuple(map(self._without, listed))
            for name, kind in (("people", "person"), ("team", "member"))
            if kind == self._whose[0] and (listed := getattr(case, name))
        }
        return replace(case, account=self._without(case.account), **left)

    def edits(self, edits: Iterable[Edit]) -> tuple[Edit, ...]:
        """Return *edits* without those that set an assessment."""
        return tuple(
            edit
            for edit in edits
            if not (
                isinstance(edit, SetAnswer)
                and self._is_gone(edit.slot.kind, edit.slot.id, edit.slot.fact)
            )
        )

    def _is_gone(self, kind: str, identity: str, fact: str) -> bool:
        theirs = (kind, identity) == self._whose or (kind == "account" and self._was_main_contact)
        return theirs and self._base.facts[fact].doc.privacy == "assessment"

    def _without(self, entity: Entity) -> Entity:
        def left(told: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
            return {
                fact: given
                for fact, given in told.items()
                if not self._is_gone(entity.kind, entity.id, fact)
            }

        return replace(entity, ours=left(entity.ours), theirs=left(entity.theirs))
