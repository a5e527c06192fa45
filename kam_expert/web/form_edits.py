"""The edits that a form about one account asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.facts.answer_form import SOURCES
from kam_expert.facts.case import LISTS, Entity, link_id
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import (
    AddEntity,
    RemoveEntity,
    Rename,
    SetAccount,
    SetAnswer,
    SetBelongs,
    SetComments,
    SetComplete,
    SetListed,
    SetStepNote,
    SetTarget,
)
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.interface import translator
from kam_expert.web.answer_form import read_value
from kam_expert.web.failures import Missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.web.request import RequestContext

_THREE = {"yes": True, "no": False, "unknown": None}
_NEW_IDS = {"person": "p", "member": "m", "decision": "d"}


def _slot(visit: RequestContext, case: Case) -> Slot:
    form = visit.form
    slot = Slot(form.text("kind"), form.text("id"), form.text("fact"), form.text("side"))
    fact = visit.desk.base.facts.get(slot.fact)
    here = any(entity.id == slot.id for entity in case.entities(slot.kind))
    sides = {"us": ("ours",), "customer": ("theirs",)}
    if fact is None or fact.kind != slot.kind or not here:
        raise Missing
    if slot.side not in sides.get(fact.doc.asked_of, ("ours", "theirs")):
        raise Missing
    return slot


def sent_value(visit: RequestContext, slot: Slot) -> Any:
    """Return the answer that a form brings. Raises KamError in the language of the visitor."""
    form = visit.form
    if "unknown" in form:
        return UNKNOWN
    fact = visit.desk.base.facts[slot.fact]
    sent = form.texts("value") or [form.text("typed")]
    value = read_value(fact, sent, visit.lang)
    if value is UNKNOWN:
        _ = translator(visit.lang).gettext
        raise KamError(_("Choose or type an answer, or press “Not known”."))
    return value


def sent_day(visit: RequestContext, name: str) -> date | None:
    """Return a date of a form; None where the field was left empty."""
    text = visit.form.text(name)
    day = parse_date(text)
    if text and day is None:
        _ = translator(visit.lang).gettext
        raise KamError(_("“%(text)s” is not a date.") % {"text": text[:40]})
    return day


def _answer(visit: RequestContext, case: Case) -> list[Edit]:
    slot = _slot(visit, case)
    value = sent_value(visit, slot)
    if value is UNKNOWN:
        # Whoever says so speaks of now; an older answer would stand on otherwise.
        return [SetAnswer(slot, UNKNOWN, by=visit.form.text("by") or None)]
    source = visit.form.text("source")
    return [
        SetAnswer(
            slot,
            value,
            source=source if source in SOURCES else None,
            by=visit.form.text("by") or None,
            as_of=sent_day(visit, "as_of"),
        )
    ]


# People, team, ties, decisions


def _complete(visit: RequestContext, case: Case) -> list[Edit]:
    del case
    return [SetComplete(_list(visit), _THREE.get(visit.form.text("complete")))]


def _listed(visit: RequestContext, case: Case) -> list[Edit]:
    del case
    empty = visit.form.text("listed") == "yes"
    # Whoever knows that nobody is on a list knows that it has an end.
    return [SetListed(_list(visit), empty), SetComplete(_list(visit), True if empty else None)]


def _list(visit: RequestContext) -> str:
    name = visit.form.text("list")
    if name not in LISTS:
        raise Missing
    return name


def _add(visit: RequestContext, case: Case) -> list[Edit]:
    kind = visit.form.text("kind")
    if kind == "link":
        ends = (visit.form.text("member"), visit.form.text("person"))
        name = link_id(*ends)
        if any(link.id == name for link in case.links or ()):
            raise KamError(translator(visit.lang).gettext("These two are tied already."))
        return [AddEntity("link", ends=ends), *_answers_in(visit, Entity("link", name))]
    if kind not in _NEW_IDS:
        raise Missing
    name = visit.form.text("name")
    if not name:
        raise KamError(translator(visit.lang).gettext("Type a name or a role."))
    return [AddEntity(kind, _new_id(kind, case), name)]


def _new_id(kind: str, case: Case) -> str:
    taken = {entity.id for entity in case.entities(kind)}
    number = len(taken) + 1
    while f"{_NEW_IDS[kind]}{number}" in taken:
        number += 1
    return f"{_NEW_IDS[kind]}{number}"


def entity_sent(visit: RequestContext, case: Case) -> Entity:
    """Return the person, member, link or decision that a form is about. Raises Missing."""
    kind, identity = visit.form.text("kind"), visit.form.text("id")
    for entity in case.entities(kind):
        if entity.id == identity and kind != "account":
            return entity
    raise Missing


def _take_away(visit: RequestContext, case: Case) -> list[Edit]:
    entity = entity_sent(visit, case)
    return [RemoveEntity(entity.kind, entity.id)]


def _row(visit: RequestContext, case: Case) -> list[Edit]:
    """Return what differs in a row of a table from what the visitor saw in it."""
    entity = entity_sent(visit, case)
    name = visit.form.text("name") if "name" in visit.form else entity.name
    renamed: list[Edit] = []
    if name != entity.name:
        renamed.append(Rename(entity.kind, entity.id, name))
    return [*renamed, *_answers_in(visit, entity)]


def _answers_in(visit: RequestContext, entity: Entity) -> list[Edit]:
    """Return the answers in the cells of a row that are other than what *entity* has."""
    form, today = visit.form, visit.desk.today()
    edits: list[Edit] = []
    for fact in visit.desk.base.facts.values():
        field = f"f-{fact.name}"
        if fact.kind != entity.kind or field not in form:
            continue
        value = read_value(fact, form.texts(field), visit.lang)
        told = [a for a in entity.ours.get(fact.name, ()) if a.as_of is None or a.as_of <= today]
        if value == (told[-1].value if told else UNKNOWN):
            continue
        slot = Slot(entity.kind, entity.id, fact.name)
        as_of = None if value is UNKNOWN else today
        edits.append(SetAnswer(slot, value, by=visit.session.name or None, as_of=as_of))
    return edits


def _belongs(visit: RequestContext, case: Case) -> list[Edit]:
    person = entity_sent(visit, case)
    known = {decision.id for decision in case.decisions or ()}
    chosen = frozenset(name for name in visit.form.texts("decision") if name in known)
    return [SetBelongs(person.id, None if "all" in visit.form else chosen)]


# What reports carry


def _account(visit: RequestContext, case: Case) -> list[Edit]:
    del case
    form = visit.form
    edits: list[Edit] = []
    if "name" in form:
        edits.append(SetAccount(form.text("name"), form.text("owner"), form.text("segment")))
    if "target" in form:
        target = form.text("target")
        edits.append(SetTarget(target or None))
    return edits


def _comments(visit: RequestContext, case: Case) -> list[Edit]:
    del case
    texts = [text.replace("\r\n", "\n").strip() for text in visit.form.texts("comment")]
    return [SetComments(tuple(text for text in texts if text))]


def _step(visit: RequestContext, case: Case) -> list[Edit]:
    del case
    step = visit.form.text("step")
    if step not in visit.desk.base.steps:
        raise Missing
    hide = visit.form.text("hide") == "yes"
    return [SetStepNote(step, visit.form.text("owner") or None, sent_day(visit, "due"), hide)]


#: The address of each form within an account, and what it changes.
ACTIONS: dict[str, Callable[[RequestContext, Case], list[Edit]]] = {
    "answer": _answer,
    "complete": _complete,
    "listed": _listed,
    "add": _add,
    "take-away": _take_away,
    "row": _row,
    "belongs": _belongs,
    "account": _account,
    "comments": _comments,
    "step": _step,
}
