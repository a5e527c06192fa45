"""Check before an edition is written that it depends on nothing that its reader may not see.

The hidden facts of each entity are varied, and so are comments, owners and remarks; the case is
redacted again. An edition is made from the redacted case alone, so it is enough to compare this.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.facts.case import LISTS, Answer, StepNote
from kam_expert.knowledge.values import bounds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.redacted import Redaction
    from kam_expert.knowledge.vocabulary import Fact

_TEXT = "Another text"


def check_disclosure(case: Case, redaction: Redaction, seen: Callable[[Case], Any]) -> None:
    """Check that what a reader sees is the same whatever is hidden from them.

    Args:
        case: The facts.
        redaction: Decides what is hidden.
        seen: Returns all that an edition is made from.

    Raises:
        KamError: The edition would depend on something hidden; the message names it.
    """
    expected = seen(case)
    for entity, values in _other_answers(case, redaction):
        if seen(_with_answers(case, entity, values)) != expected:
            # The facts were varied at once; one by one, they say which of them is seen.
            shown = (
                name
                for name, value in values.items()
                if seen(_with_answers(case, entity, {name: value})) != expected
            )
            what = next(shown, "hidden facts")
            raise _refused(f"{what} of {entity.kind} {entity.id}", redaction)
    for what, variant in _other_texts(case):
        if seen(variant) != expected:
            raise _refused(what, redaction)


def _refused(what: str, redaction: Redaction) -> KamError:
    return KamError(
        f"the {redaction.edition} edition would depend on {what}, which its reader may not "
        "see; it is not written"
    )


def _other_texts(case: Case) -> Iterator[tuple[str, Case]]:
    """Yield cases with other comments, owners and remarks in the plan, each with what differs."""
    yield "comments", replace(case, notes=replace(case.notes, comments=(_TEXT,)))
    yield "owner and segment", replace(case, owner=_TEXT, segment=_TEXT)
    noted = {step: StepNote(owner=_TEXT, due=note.due, hide=note.hide)
             for step, note in case.notes.steps.items()}  # fmt: skip
    yield "owners of steps", replace(case, notes=replace(case.notes, steps=noted))
    remarks = (replace(entry, note=_TEXT, evidence=_TEXT) for entry in case.plan)
    yield "remarks in the plan", replace(case, plan=tuple(remarks))


def _other_answers(case: Case, redaction: Redaction) -> Iterator[tuple[Entity, dict[str, Any]]]:
    """Yield each entity with another value of each fact of it that is hidden.

    It is yielded once more with the second values if any of these facts has two.
    """
    for kind in ("account", *LISTS.values()):
        hidden = [
            fact
            for fact in redaction.base.facts.values()
            if fact.kind == kind and not redaction.is_shown(fact.name)
        ]
        for entity in case.entities(kind):
            others = {fact.name: _others(fact, entity) for fact in hidden}
            for place in range(max(map(len, others.values()), default=0)):
                yield entity, {name: found[min(place, len(found) - 1)]
                               for name, found in others.items() if found}  # fmt: skip


def _others(fact: Fact, entity: Entity) -> list[Any]:
    """Return one or two values of a fact other than that of an entity; none if it has one value."""
    given = entity.ours.get(fact.name, ())
    value = given[-1].value if given else None
    words = fact.words()
    if fact.doc.type == "date":
        return [(value if isinstance(value, date) else date(2020, 1, 1)) + timedelta(days=1)]
    if words:
        others = [word for word in words if word != value]
        ends = dict.fromkeys((*others[:1], *others[-1:]))
        return [frozenset((word,)) if fact.doc.type == "set" else word for word in ends]
    if fact.is_number:
        bounds = bounds_of(value)
        return [1 if bounds is None else bounds[0] + 1]
    return [_TEXT]


def _with_answers(case: Case, entity: Entity, values: Mapping[str, Any]) -> Case:
    """Return a case in which an entity has other answers of ours."""
    answers = {name: (Answer(value),) for name, value in values.items()}
    return _with(case, replace(entity, ours={**entity.ours, **answers}))


def _with(case: Case, entity: Entity) -> Case:
    """Return a case with an entity in place of that of the same kind and id."""
    if entity.kind == "account":
        return replace(case, account=entity)
    name = next(name for name, kind in LISTS.items() if kind == entity.kind)
    changed: dict[str, Any] = {
        name: tuple(entity if e.id == entity.id else e for e in getattr(case, name))
    }
    return replace(case, **changed)
