"""Check before an edition is written that it depends on nothing that its reader may not see.

Each hidden fact of each entity is varied, and so are names, notes and the agreed plan; the case is
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
    from collections.abc import Callable, Iterator

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
    for what, variant in _variants(case, redaction):
        if seen(variant) != expected:
            raise KamError(
                f"the {redaction.edition} edition would depend on {what}, which its reader may not "
                "see; it is not written"
            )


def _variants(case: Case, redaction: Redaction) -> Iterator[tuple[str, Case]]:
    """Yield cases that differ in one thing that is hidden, each with its name."""
    for kind in ("account", *LISTS.values()):
        hidden = [
            fact
            for fact in redaction.base.facts.values()
            if fact.kind == kind and not redaction.is_shown(fact.name)
        ]
        for entity in case.entities(kind):
            who = f"{entity.kind} {entity.id}"
            for fact in hidden:
                for value in _others(fact, entity):
                    answers = {**entity.ours, fact.name: (Answer(value),)}
                    yield f"{fact.name} of {who}", _with(case, replace(entity, ours=answers))
    yield "comments", replace(case, notes=replace(case.notes, comments=(_TEXT,)))
    yield "owner and segment", replace(case, owner=_TEXT, segment=_TEXT)
    noted = {step: StepNote(owner=_TEXT, due=note.due, hide=note.hide)
             for step, note in case.notes.steps.items()}  # fmt: skip
    yield "owners of steps", replace(case, notes=replace(case.notes, steps=noted))
    remarks = (replace(entry, note=_TEXT, evidence=_TEXT) for entry in case.plan)
    yield "remarks in the plan", replace(case, plan=tuple(remarks))


def _others(fact: Fact, entity: Entity) -> Iterator[Any]:
    """Yield values of a fact other than that of an entity: the next lower and higher one."""
    given = entity.ours.get(fact.name, ())
    value = given[-1].value if given else None
    words = fact.words()
    if fact.doc.type == "date":
        yield (value if isinstance(value, date) else date(2020, 1, 1)) + timedelta(days=1)
    elif words:
        others = [word for word in words if word != value]
        for word in dict.fromkeys((others[0], others[-1]) if others else ()):
            yield frozenset((word,)) if fact.doc.type == "set" else word
    elif fact.is_number:
        bounds = bounds_of(value)
        yield 1 if bounds is None else bounds[0] + 1
    else:
        yield _TEXT


def _with(case: Case, entity: Entity) -> Case:
    """Return a case with an entity in place of that of the same kind and id."""
    if entity.kind == "account":
        return replace(case, account=entity)
    name = next(name for name, kind in LISTS.items() if kind == entity.kind)
    changed: dict[str, Any] = {
        name: tuple(entity if e.id == entity.id else e for e in getattr(case, name))
    }
    return replace(case, **changed)
