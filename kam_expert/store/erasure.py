"""A person taken out of everything that a history says, as if they had not been there.

Names are found in free texts whole and, of names in capitals, word by word with other endings:
Ukrainian declines them. Rather a word too many goes than one too few.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.facts.case import LISTS, each_entity, link_id
from kam_expert.facts.edits import (
    AddEntity,
    RemoveEntity,
    Rename,
    SetAccount,
    SetAnswer,
    SetBelongs,
    SetComments,
    SetStepNote,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase

#: What stands where a name stood.
MARK = "[…]"
_ENDS = {"member": 0, "person": 1}
#: Letters that a Ukrainian name may end in and lose, at times with the one before: Ольга, Ользі.
_ENDINGS = "аеєиіїоуюяйь"
_SHORT = 2


class Erasure:
    """Takes one person out of cases and edits; before that, it has to learn all their names."""

    def __init__(self, kind: str, identity: str, base: KnowledgeBase) -> None:
        """Raise KamError when *kind* is no kind of people."""
        if kind not in _ENDS:
            known = ", ".join(_ENDS)
            raise KamError(f'"{shortened(kind)}" is no kind of people; these are {known}')
        self._base = base
        self._kind = kind
        self._id = identity
        self._found = False
        self._links: set[str] = set()
        self._names: set[str] = set()
        self._pattern = re.compile("(?!)")

    def learn(self, case: Case | None, edits: Iterable[Edit]) -> None:
        """Note the names and the links that the person has in one version."""
        for entity in () if case is None else each_entity(case):
            self._meet(entity.kind, entity.id, entity.name, entity.ends)
        for edit in edits:
            if isinstance(edit, AddEntity):
                self._meet(edit.kind, edit.id.strip(), edit.name, edit.ends)
            elif isinstance(edit, Rename):
                self._meet(edit.kind, edit.id, edit.name)

    def ready(self) -> None:
        """Have learned everything. Raises KamError when no version had such a person."""
        if not self._found:
            raise KamError(f'no version has a {self._kind} "{shortened(self._id)}"')
        words = {re.escape(name) for name in self._names}
        whole = "|".join(sorted(words, key=len, reverse=True)) or "(?!)"
        parts = {part for name in self._names for part in _parts(name)}
        if len(self._id) > _SHORT or not self._id.isalpha():
            parts.add(re.escape(self._id))
        # The longest first, or a word would be cut out of a full name.
        some = "|".join(sorted(parts, key=len, reverse=True)) or "(?!)"
        self._pattern = re.compile(rf"(?<!\w)(?:(?i:{whole})|{some})(?!\w)")

    def text(self, text: str) -> str:
        """Give *text* without the person's names; empty when it was nothing else."""
        left = self._pattern.sub(MARK, text)
        return "" if left != text and not left.replace(MARK, "").strip() else left

    def case(self, case: Case) -> Case:
        """Give *case* without the person."""
        parts: dict[str, Any] = {}
        for name in LISTS:
            listed = getattr(case, name)
            if listed:
                left = tuple(self._entity(e) for e in listed if not self._is_gone(e.kind, e.id))
                parts[name] = left or None
        steps = {
            step: replace(note, owner=self._or_none(note.owner))
            for step, note in case.notes.steps.items()
        }
        comments = tuple(self.text(comment) or MARK for comment in case.notes.comments)
        notes = replace(case.notes, comments=comments, steps=steps)
        owner, segment = self.text(case.owner), self.text(case.segment)
        account = self._entity(case.account)
        return replace(case, account=account, notes=notes, owner=owner, segment=segment, **parts)

    def edits(self, edits: Iterable[Edit]) -> tuple[Edit, ...]:
        """Give *edits* without what they did to the person, and without the person's names."""
        return tuple(self._edit(edit) for edit in edits if not self._is_about(edit))

    def _meet(
        self, kind: str, identity: str, name: str, ends: tuple[str, str] | None = None
    ) -> None:
        if ends is not None and ends[_ENDS[self._kind]] == self._id:
            self._links.add(link_id(*ends))
        elif (kind, identity) == (self._kind, self._id):
            self._found = True
            if name.strip():
                self._names.add(name.strip())

    def _is_gone(self, kind: str, identity: str) -> bool:
        if kind == "link":
            return identity in self._links
        return (kind, identity.strip()) == (self._kind, self._id)

    def _is_about(self, edit: Edit) -> bool:
        match edit:
            case SetAnswer():
                return self._is_gone(edit.slot.kind, edit.slot.id)
            case AddEntity() if edit.ends:
                return link_id(*edit.ends) in self._links
            case AddEntity() | RemoveEntity() | Rename():
                return self._is_gone(edit.kind, edit.id)
            case SetBelongs():
                return self._is_gone("person", edit.person)
            case _:
                return False

    def _edit(self, edit: Edit) -> Edit:
        match edit:
            case SetAnswer():
                by, value = self._or_none(edit.by), self._value(edit.slot.fact, edit.value)
                return replace(edit, by=by, value=value)
            case AddEntity(kind="decision") | Rename(kind="decision"):
                return replace(edit, name=self.text(edit.name) or MARK)
            case SetAccount():
                owner, segment = self._or_empty(edit.owner), self._or_empty(edit.segment)
                return replace(edit, owner=owner, segment=segment)
            case SetComments():
                comments = tuple(self.text(comment) or MARK for comment in edit.comments)
                return replace(edit, comments=comments)
            case SetStepNote():
                return replace(edit, owner=self._or_none(edit.owner))
            case _:
                return edit

    def _entity(self, entity: Entity) -> Entity:
        ours, theirs = self._answers(entity.ours), self._answers(entity.theirs)
        named = entity.kind == "decision" and entity.name
        name = self.text(entity.name) or MARK if named else entity.name
        return replace(entity, name=name, ours=ours, theirs=theirs)

    def _answers(self, told: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
        return {
            fact: tuple(
                replace(a, value=self._value(fact, a.value), by=self._or_none(a.by))
                for a in answers
            )
            for fact, answers in told.items()
        }

    def _value(self, fact: str, value: Any) -> Any:
        # The words of a vocabulary name nobody, though somebody may be called like one.
        if isinstance(value, str) and self._base.facts[fact].doc.type == "text":
            return self.text(value) or MARK
        return value

    def _or_none(self, text: str | None) -> str | None:
        return self.text(text or "") or None

    def _or_empty(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)


def _parts(name: str) -> Iterator[str]:
    """Give patterns for the words of a name in capitals; Ukrainian ones with other endings."""
    words = re.findall(r"\w+", name)
    if not all(word[0].isupper() for word in words):
        return  # a role, whose words are everybody's
    for word in words:
        if not re.search("[а-яіїєґ]", word):
            yield re.escape(word)
        elif len(word) > _SHORT:
            ending = 0 if word[-1] not in _ENDINGS else 1 if len(word) <= _SHORT + 2 else 2
            yield rf"{re.escape(word[: len(word) - ending])}\w{{0,4}}"
