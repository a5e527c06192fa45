"""Apply an edit to a case, or reject it.

A case file can hold every resulting case: written and read again, it is equal.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, did_you_mean, shortened, unknown_name, with_article
from kam_expert.facts.answer_schema import SOURCES
from kam_expert.facts.case import (
    ENDED,
    LISTS,
    Answer,
    Entity,
    StepNote,
    StrategyNote,
    link_id,
    sorted_answers,
)
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.edit_things import ends_of, list_of, tied_to
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
    SetListed,
    SetStepNote,
    SetStrategy,
    SetTarget,
)
from kam_expert.facts.ordering import in_order
from kam_expert.facts.plan_edits import with_plan, without_strangers
from kam_expert.knowledge.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

_MAY_BE_COMPLETE = ("people", "team", "links")


def apply_edit(case: Case, edit: Edit, base: KnowledgeBase) -> Case:
    """Return *case* with *edit* applied.

    Raises:
        KamError: The edit is invalid; names the nearest valid name.
    """
    match edit:
        case SetAnswer():
            return _answered(case, edit, base)
        case AddEntity():
            return _added(case, edit)
        case RemoveEntity():
            return _removed(case, edit)
        case Rename():
            return _with(case, _renamed(case, edit))
        case SetBelongs():
            person = _entity(case, "person", edit.person)
            return _with(case, replace(person, decisions=_decisions(case, edit.decisions)))
        case SetComplete():
            _one_of("list", edit.list, _MAY_BE_COMPLETE)
            others = {name: said for name, said in case.complete.items() if name != edit.list}
            said = {} if edit.complete is None else {edit.list: edit.complete}
            return replace(case, complete=others | said)
        case SetListed():
            return _listed(case, edit)
        case SetAccount():
            return _account(case, edit)
        case SetComments():
            comments = tuple(_text(comment) for comment in edit.comments)
            return replace(case, notes=replace(case.notes, comments=comments))
        case SetStepNote():
            return _noted(case, edit, base)
        case SetTarget():
            if edit.stage is not None:
                _one_of("stage", edit.stage, base.stage_model.names)
            return replace(case, notes=replace(case.notes, target_stage=edit.stage))
        case SetStrategy():
            return replace(case, notes=replace(case.notes, strategy=_strategy(edit, base)))
        case AddPlanEntry() | ChangePlanEntry() | RemovePlanEntry():
            return with_plan(case, edit, _text)


def _strategy(edit: SetStrategy, base: KnowledgeBase) -> StrategyNote | None:
    if edit.strategy is None:
        return None
    _one_of("strategy", edit.strategy, [strategy.id for strategy in base.strategies])
    reason = _text(edit.reason).strip()
    if not reason:
        raise KamError(f"the strategy {edit.strategy} needs a reason")
    return StrategyNote(edit.strategy, reason)


def _answered(case: Case, edit: SetAnswer, base: KnowledgeBase) -> Case:
    slot = edit.slot
    fact = base.facts.get(slot.fact)
    if fact is None or fact.kind != slot.kind:
        known = [name for name, fact in base.facts.items() if fact.kind == slot.kind]
        near = did_you_mean(slot.fact, known)
        raise KamError(
            f'unknown fact "{shortened(slot.fact)}" about {with_article(slot.kind)}.{near}'
        )
    _one_of("side", slot.side, ("ours", "theirs"))
    if slot.side == "theirs" and (slot.kind != "account" or fact.doc.asked_of == "us"):
        raise KamError(f'"{fact.name}" is asked of our side')
    if slot.side == "ours" and slot.kind == "account" and fact.doc.asked_of == "customer":
        raise KamError(f'"{fact.name}" is asked of the customer')
    if edit.source is not None:
        _one_of("source", edit.source, SOURCES)
    entity = _entity(case, slot.kind, slot.id)
    answers = dict(entity.ours if slot.side == "ours" else entity.theirs)
    after = _after(answers.get(fact.name, ()), edit, _checked(fact, edit.value))
    if after:
        answers[fact.name] = after
    else:
        answers.pop(fact.name, None)
    return _with(case, replace(entity, **_parts({slot.side: answers})))


def _after(answers: tuple[Answer, ...], edit: SetAnswer, value: Any) -> tuple[Answer, ...]:
    if value is UNKNOWN:
        return tuple(a for a in answers if edit.as_of is not None and a.as_of != edit.as_of)
    # An undated answer holds now and would come before the new one.
    others = [a for a in answers if a.as_of is not None and a.as_of != edit.as_of]
    by = _text(edit.by or "").strip() or None
    return sorted_answers([*others, Answer(value, edit.as_of, edit.source, by)])


def _checked(fact: Fact, value: Any) -> Any:
    """Return *value* if it is valid for this fact."""
    if value is UNKNOWN:
        return UNKNOWN
    told = value_data(value)
    try:
        read = fact.read(told, told if isinstance(told, str) else "")
    except ValueError as error:
        raise KamError(str(error)) from None
    return _text(read) if isinstance(read, str) else read


def _added(case: Case, edit: AddEntity) -> Case:
    name = list_of(edit.kind)
    entities = getattr(case, name) or ()
    if edit.kind == "link":
        if edit.ends is None:
            raise KamError("a link is added with the member and the person it leads to")
        for kind, end in ends_of(edit.ends):
            _entity(case, kind, end)
        entity = Entity("link", link_id(*edit.ends), ends=edit.ends)
    else:
        for kind, end in ends_of(edit.ends) if edit.kind == "event" else ():
            _entity(case, kind, end)
        identity = _text(edit.id).strip()
        if not identity:
            raise KamError(f"{with_article(edit.kind)} needs an id")
        belongs = _decisions(case, edit.decisions) if edit.kind == "person" else None
        name_of = "" if edit.kind == "event" else _text(edit.name).strip()
        ends = (edit.ends or ("", "")) if edit.kind == "event" else None
        entity = Entity(edit.kind, identity, name_of, decisions=belongs, ends=ends)
    if any(other.id == entity.id for other in entities):
        raise KamError(f'duplicate id "{shortened(entity.id)}" of {with_article(edit.kind)}')
    return replace(case, **_parts({name: in_order([*entities, entity])}))


def _removed(case: Case, edit: RemoveEntity) -> Case:
    gone = {
        (edit.kind, edit.id),
        *((entity.kind, entity.id) for entity in tied_to(case, edit.kind, edit.id)),
    }
    list_of(edit.kind)
    _entity(case, edit.kind, edit.id)
    parts: dict[str, Any] = {}
    for name, kind in LISTS.items():
        entities = getattr(case, name)
        if entities and any(kind == of for of, _ in gone):
            parts[name] = tuple(e for e in entities if (kind, e.id) not in gone) or None
    case = replace(case, **parts)
    if edit.kind == "decision":
        for person in case.people or ():
            if person.decisions and edit.id in person.decisions:
                case = _with(case, replace(person, decisions=person.decisions - {edit.id}))
    return without_strangers(case)


def _renamed(case: Case, edit: Rename) -> Entity:
    entity = _entity(case, edit.kind, edit.id)
    if edit.kind in ("account", *ENDED):
        raise KamError(f"{with_article(edit.kind)} has no name")
    return replace(entity, name=_text(edit.name).strip())


def _listed(case: Case, edit: SetListed) -> Case:
    _one_of("list", edit.list, tuple(LISTS))
    entities = getattr(case, edit.list)
    if entities and not edit.listed:
        raise KamError(f'"{edit.list}" has members; remove them first')
    return replace(case, **_parts({edit.list: entities or (() if edit.listed else None)}))


def _account(case: Case, edit: SetAccount) -> Case:
    told = {"name": edit.name, "owner": edit.owner, "segment": edit.segment}
    texts: dict[str, Any] = {
        key: _text(text).strip() for key, text in told.items() if text is not None
    }
    name = texts.pop("name", case.account.name) or case.account.id
    return replace(case, account=replace(case.account, name=name), **texts)


def _noted(case: Case, edit: SetStepNote, base: KnowledgeBase) -> Case:
    _one_of("step", edit.step, base.steps)
    note = StepNote(_text(edit.owner or "").strip() or None, edit.due, edit.hide)
    notes = {step: other for step, other in case.notes.steps.items() if step != edit.step}
    if note != StepNote():
        notes[edit.step] = note
    return replace(case, notes=replace(case.notes, steps=notes))


def _parts(of: dict[str, Any]) -> dict[str, Any]:
    return of  # mypy cannot type parts of several types


def _with(case: Case, entity: Entity) -> Case:
    """Return *case* with *entity* instead of the one with the same id."""
    if entity.kind == "account":
        return replace(case, account=entity)
    name = list_of(entity.kind)
    entities = getattr(case, name) or ()
    return replace(
        case, **_parts({name: tuple(entity if e.id == entity.id else e for e in entities)})
    )


def _entity(case: Case, kind: str, identity: str) -> Entity:
    _one_of("kind", kind, ("account", *LISTS.values()))
    entities = case.entities(kind)
    for entity in entities:
        if entity.id == identity:
            return entity
    raise KamError(unknown_name(kind, identity, [entity.id for entity in entities]))


def _decisions(case: Case, names: frozenset[str] | None) -> frozenset[str] | None:
    for name in sorted(names or ()):
        _entity(case, "decision", name)
    return names


def _one_of(what: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        raise KamError(unknown_name(what, word, known))


def _text(text: str) -> str:
    """Return *text* if it has only printable characters that UTF-8 can encode."""
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in text):
        raise KamError(f'"{shortened(text)}" has invalid characters')
    return text
