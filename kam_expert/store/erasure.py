"""Erase a person from the whole history of an account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, shortened
from kam_expert.facts.case import LISTS, each_entity, link_id
from kam_expert.facts.denylist import free_texts, texts_of
from kam_expert.facts.edits import (
    AddEntity,
    AddPlanEntry,
    ChangePlanEntry,
    RemoveEntity,
    RemovePlanEntry,
    Rename,
    SetAccount,
    SetAnswer,
    SetBelongs,
    SetComments,
    SetComplete,
    SetStepNote,
    SetStrategy,
)
from kam_expert.facts.name_forms import MARK, NameForms
from kam_expert.facts.named_people import without_person
from kam_expert.facts.ordering import plan_in_order
from kam_expert.facts.plan_privacy import PlanErasure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase

_ENDS = {"member": 0, "person": 1}
_LISTS = {"member": "team", "person": "people"}


def _own_id(kind: str, identity: str, ends: tuple[str, str]) -> str:
    return link_id(*ends) if kind == "link" else identity.strip()


class Erasure:
    """Erases one person with their links and events; `learn` must see all their names first."""

    def __init__(
        self, kind: str, identity: str, base: KnowledgeBase, also: Iterable[str] = ()
    ) -> None:
        """Raise KamError if *kind* is not a kind of people.

        Args:
            kind: ``person`` or ``member``.
            identity: The id.
            base: The rule base.
            also: Words of texts that name the person too.
        """
        if kind not in _ENDS:
            known = ", ".join(_ENDS)
            raise KamError(f'unknown kind "{shortened(kind)}"; it is one of {known}')
        self._base = base
        self._kind = kind
        self._id = identity
        self._found = False
        self._tied: set[tuple[str, str]] = set()
        self._names: set[str] = set()
        self._also = tuple(also)
        self._texts: dict[str, None] = {}
        self._entries: set[str] = set()
        self._was_main_contact = False
        #: Finds the person in texts, once `ready` has returned.
        self.forms = NameForms("", ())

    def learn(self, case: Case | None, edits: Iterable[Edit]) -> None:
        """Collect the names and links of the person in one version."""
        edits = tuple(edits)
        if case is not None:
            self._texts.update(dict.fromkeys(text for _, text in free_texts(case) if text))
        self._texts.update(dict.fromkeys(filter(None, texts_of(edits))))
        for entry in () if case is None else case.plan:
            self._entries.add(entry.id)
        for entity in () if case is None else each_entity(case):
            self._meet(entity.kind, entity.id, entity.name, entity.ends)
            for fact, answers in entity.ours.items():
                for answer in answers:
                    self._hear(entity.kind, entity.id, fact, answer.value)
        for edit in edits:
            if isinstance(edit, SetAnswer):
                self._hear(edit.slot.kind, edit.slot.id, edit.slot.fact, edit.value)
            elif isinstance(edit, AddEntity):
                self._meet(edit.kind, edit.id.strip(), edit.name, edit.ends)
            elif isinstance(edit, Rename):
                self._meet(edit.kind, edit.id, edit.name)
            elif isinstance(edit, AddPlanEntry):
                self._entries.add(edit.entry.id.strip())

    def ready(self) -> None:
        """Finish learning. Raises KamError if no version has such a person."""
        if not self._found:
            raise KamError(f'no version has a {self._kind} "{shortened(self._id)}"')
        self.forms = NameForms(self._id, self._names, self._also)
        self._plan = PlanErasure(self._id, self._entries, self.forms.are_in, self.text)

    @property
    def texts(self) -> tuple[str, ...]:
        """The different free texts of all versions."""
        return tuple(self._texts)

    def text(self, text: str) -> str:
        """Return *text* without the person's names; empty if it was only a name."""
        return self.forms.without(text)

    def case(self, case: Case) -> Case:
        """Return *case* without the person."""
        parts: dict[str, Any] = {}
        complete = dict(case.complete)
        for name in LISTS:
            listed = getattr(case, name)
            if listed:
                left = tuple(self._entity(e) for e in listed if not self._is_gone(e.kind, e.id))
                parts[name] = left or None
            if self._stood_in(name) and name in complete:
                # The list is now incomplete, not empty.
                complete[name] = False
                if listed and parts[name] is None:
                    del complete[name]
        steps = {
            step: replace(note, owner=self._or_none(note.owner))
            for step, note in case.notes.steps.items()
        }
        comments = self._comments(case.notes.comments)
        strategy = case.notes.strategy
        if strategy is not None:
            strategy = replace(strategy, reason=self._reason(strategy.reason))
        notes = replace(case.notes, comments=comments, steps=steps, strategy=strategy)
        owner, segment = self.text(case.owner), self.text(case.segment)
        account = self._entity(case.account)
        return replace(
            case,
            account=account,
            complete=complete,
            notes=notes,
            plan=plan_in_order(map(self._plan.entry, case.plan)),
            owner=owner,
            segment=segment,
            **parts,
        )

    def edits(self, edits: Iterable[Edit]) -> tuple[Edit, ...]:
        """Return *edits* without those about the person, and without the person's names."""
        return tuple(self._edit(edit) for edit in edits if not self._is_about(edit))

    def _meet(
        self, kind: str, identity: str, name: str, ends: tuple[str, str] | None = None
    ) -> None:
        if ends is not None and ends[_ENDS[self._kind]] == self._id:
            self._tied.add((kind, _own_id(kind, identity, ends)))
        elif (kind, identity) == (self._kind, self._id):
            self._found = True
            if name.strip():
                self._names.add(name.strip())

    def _hear(self, kind: str, identity: str, fact: str, value: Any) -> None:
        is_mark = fact == self._base.shown.main_contact and value == "yes"
        if is_mark and (kind, identity) == (self._kind, self._id):
            self._was_main_contact = True

    def _is_of_main_contact(self, fact: str) -> bool:
        """Return whether a fact of the account is about this person."""
        return self._was_main_contact and self._base.facts[fact].doc.privacy != "account"

    def _stood_in(self, name: str) -> bool:
        """Return whether a list had the person or one of their links."""
        return name == _LISTS[self._kind] or (
            name == "links" and any(kind == "link" for kind, _ in self._tied)
        )

    def _is_gone(self, kind: str, identity: str) -> bool:
        return (kind, identity.strip()) in {(self._kind, self._id), *self._tied}

    def _is_about(self, edit: Edit) -> bool:
        match edit:
            case SetAnswer():
                slot = edit.slot
                of_theirs = slot.kind == "account" and self._is_of_main_contact(slot.fact)
                return of_theirs or self._is_gone(slot.kind, slot.id)
            case SetComplete():
                return edit.complete is True and self._stood_in(edit.list)
            case AddEntity() if edit.ends:
                return (edit.kind, _own_id(edit.kind, edit.id, edit.ends)) in self._tied
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
                return replace(edit, comments=self._comments(edit.comments))
            case SetStepNote():
                return replace(edit, owner=self._or_none(edit.owner))
            case SetStrategy():
                return replace(edit, reason=self._reason(edit.reason))
            case AddPlanEntry():
                return replace(edit, entry=self._plan.entry(edit.entry))
            case ChangePlanEntry():
                values = self._plan.values(edit.values)
                return replace(edit, id=self._plan.id(edit.id), values=values)
            case RemovePlanEntry():
                return replace(edit, id=self._plan.id(edit.id))
            case _:
                return edit

    def _reason(self, reason: str) -> str:
        # A strategy without a reason cannot be read.
        return (self.text(reason) or MARK) if reason else ""

    def _comments(self, comments: Iterable[str]) -> tuple[str, ...]:
        # A note about a person is still about them without the name.
        return tuple(comment for comment in comments if not self.forms.are_in(comment))

    def _entity(self, entity: Entity) -> Entity:
        ours = self._answers(entity.ours, entity.kind)
        theirs = self._answers(entity.theirs, entity.kind)
        named = entity.kind == "decision" and entity.name
        name = self.text(entity.name) or MARK if named else entity.name
        return replace(entity, name=name, ours=ours, theirs=theirs)

    def _answers(
        self, told: Mapping[str, tuple[Answer, ...]], kind: str
    ) -> dict[str, tuple[Answer, ...]]:
        return {
            fact: tuple(
                replace(a, value=self._value(fact, a.value), by=self._or_none(a.by))
                for a in answers
            )
            for fact, answers in told.items()
            if not (kind == "account" and self._is_of_main_contact(fact))
        }

    def _value(self, fact: str, value: Any) -> Any:
        # A word of the vocabulary is never a name, even if it equals one.
        doc = self._base.facts[fact].doc
        if isinstance(value, str) and doc.names is not None:
            return without_person(value, self.forms.are_in) or MARK
        if isinstance(value, str) and doc.type == "text":
            return self.text(value) or MARK
        return value

    def _or_none(self, text: str | None) -> str | None:
        return self.text(text or "") or None

    def _or_empty(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)
