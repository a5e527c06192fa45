"""The edits that a form about one account requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from kam_expert.errors import KamError, shortened
from kam_expert.facts.answer_schema import SOURCES
from kam_expert.facts.case import LISTS, Entity, link_id
from kam_expert.facts.changes import Slot
from kam_expert.facts.currency import currency_of
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
    SetStrategy,
    SetTarget,
)
from kam_expert.knowledge.documents import parse_date
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.interface import translator
from kam_expert.web.answer_form import asked_sides, read_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.facts.edits import Edit
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.web.request import RequestContext

_THREE = {"yes": True, "no": False, "unknown": None}
_NEW_IDS = {"person": "p", "member": "m", "decision": "d", "event": "e"}


def _slot(context: RequestContext, case: Case) -> Slot:
    form = context.form
    slot = Slot(form.text("kind"), form.text("id"), form.text("fact"), form.text("side"))
    fact = context.service.base.facts.get(slot.fact)
    known = case.entity(slot.kind, slot.id) is not None
    if fact is None or fact.kind != slot.kind or not known or slot.side not in asked_sides(fact):
        raise HTTPException(404)
    return slot


def submitted_value(context: RequestContext, fact: Fact, case: Case) -> Any:
    """Return the answer about *case* that a form sends; UNKNOWN for "not known".

    Raises:
        KamError: The form has no answer, or not one to *fact*; in the language of the visitor.
    """
    form = context.form
    if "unknown" in form:
        return UNKNOWN
    sent = form.texts("value") or [form.text("typed")]
    currency = currency_of(case, context.service.base)
    value = read_value(fact, sent, context.lang, currency)
    if value is UNKNOWN:
        _ = translator(context.lang).gettext
        raise KamError(_("Choose or type an answer, or press “Not known”."))
    return value


def form_day(context: RequestContext, name: str) -> date | None:
    """Return a date in a form; None if the field is empty. Raises KamError."""
    text = context.form.text(name)
    day = parse_date(text)
    if text and day is None:
        _ = translator(context.lang).gettext
        raise KamError(_("“%(text)s” is not a date.") % {"text": shortened(text)})
    return day


def _answer(context: RequestContext, case: Case) -> list[Edit]:
    slot = _slot(context, case)
    value = submitted_value(context, context.service.base.facts[slot.fact], case)
    if value is UNKNOWN:
        # Without a date it replaces an older answer, which would otherwise stay the current one.
        return [SetAnswer(slot, UNKNOWN, by=context.form.text("by") or None)]
    source = context.form.text("source")
    return [
        SetAnswer(
            slot,
            value,
            source=source if source in SOURCES else None,
            by=context.form.text("by") or None,
            as_of=form_day(context, "as_of"),
        )
    ]


# People, team, ties, decisions


def _complete(context: RequestContext, case: Case) -> list[Edit]:
    del case
    return [SetComplete(_list(context), _THREE.get(context.form.text("complete")))]


def _listed(context: RequestContext, case: Case) -> list[Edit]:
    del case
    empty = context.form.text("listed") == "yes"
    # A list that is known to be empty is complete.
    return [SetListed(_list(context), empty), SetComplete(_list(context), True if empty else None)]


def _list(context: RequestContext) -> str:
    name = context.form.text("list")
    if name not in LISTS:
        raise HTTPException(404)
    return name


def _add(context: RequestContext, case: Case) -> list[Edit]:
    kind = context.form.text("kind")
    if kind == "link":
        ends = (context.form.text("member"), context.form.text("person"))
        name = link_id(*ends)
        if any(link.id == name for link in case.links or ()):
            raise KamError(
                translator(context.lang).gettext("There is already a tie between these two.")
            )
        return [AddEntity("link", ends=ends), *_cell_answers(context, Entity("link", name))]
    if kind not in _NEW_IDS:
        raise HTTPException(404)
    if kind == "event":
        return _new_event(context, case)
    name = context.form.text("name")
    if not name:
        raise KamError(translator(context.lang).gettext("Type a name or a role."))
    entity = Entity(kind, _new_id(kind, case), name)
    return [AddEntity(kind, entity.id, name), *_cell_answers(context, entity)]


def new_names(context: RequestContext, case: Case) -> list[Edit]:
    """Return the edits for people and colleagues that a form names, one a line.

    A name that is on the list already is left out.
    """
    edits: list[Edit] = []
    for field, kind in (("team", "member"), ("people", "person")):
        known = {entity.name.casefold() for entity in case.entities(kind)}
        for line in re.split(r"[\n;]", context.form.text(field)):
            name = " ".join(line.split())
            if name and name.casefold() not in known:
                known.add(name.casefold())
                edits.append(AddEntity(kind, _new_id(kind, case, _added(edits, kind)), name))
    return edits


def _added(edits: list[Edit], kind: str) -> frozenset[str]:
    return frozenset(e.id for e in edits if isinstance(e, AddEntity) and e.kind == kind)


def _names(context: RequestContext, case: Case) -> list[Edit]:
    edits = new_names(context, case)
    if not edits:
        raise KamError(translator(context.lang).gettext("Type a name or a role."))
    return edits


def _ties(context: RequestContext, case: Case) -> list[Edit]:
    """Return the edits for the pairs that were ticked, which are in contact."""
    known = {link.id for link in case.links or ()}
    pairs = {
        link_id(member.id, person.id): (member.id, person.id)
        for member in case.team or ()
        for person in case.people or ()
    }
    ticked = [pair for pair in context.form.texts("pair") if pair in pairs.keys() - known]
    edits: list[Edit] = [AddEntity("link", ends=pairs[pair]) for pair in ticked]
    if "all" in context.form:
        edits += [] if edits or case.links else [SetListed("links", listed=True)]
        edits.append(SetComplete("links", complete=True))
    if not edits:
        raise KamError(translator(context.lang).gettext("Tick who is in contact with whom."))
    return edits


def _new_event(context: RequestContext, case: Case) -> list[Edit]:
    book, _ = context.service.base.events, translator(context.lang).gettext
    if book is None:
        raise HTTPException(404)
    ends = (context.form.text("member"), context.form.text("person"))
    event = Entity("event", _new_id("event", case), ends=ends)
    answers = _cell_answers(context, event)
    told = {e.slot.fact: e.value for e in answers if isinstance(e, SetAnswer)}
    if not {book.keys.kind, book.keys.day} <= told.keys():
        raise KamError(_("Choose what happens and on what day."))
    if book.kinds[told[book.keys.kind]].whom == "needed" and not any(ends):
        raise KamError(_("Choose whom the event concerns."))
    return [AddEntity("event", event.id, ends=ends), *answers]


def _new_id(kind: str, case: Case, added: frozenset[str] = frozenset()) -> str:
    taken = {entity.id for entity in case.entities(kind)} | added
    number = len(taken) + 1
    while f"{_NEW_IDS[kind]}{number}" in taken:
        number += 1
    return f"{_NEW_IDS[kind]}{number}"


def requested_entity(context: RequestContext, case: Case) -> Entity:
    """Return the person, member, link or decision that a form is about. Raises HTTPException."""
    return find_entity(case, context.form.text("kind"), context.form.text("id"))


def find_entity(case: Case, kind: str, identity: str) -> Entity:
    """Return a person, member, link or decision of an account. Raises HTTPException."""
    for entity in case.entities(kind):
        if entity.id == identity and kind != "account":
            return entity
    raise HTTPException(404)


def _remove(context: RequestContext, case: Case) -> list[Edit]:
    entity = requested_entity(context, case)
    return [RemoveEntity(entity.kind, entity.id)]


def _row(context: RequestContext, case: Case) -> list[Edit]:
    """Return the edits for the cells of a table row that differ from what the visitor saw."""
    entity = requested_entity(context, case)
    edits = _cell_answers(context, entity)
    name = context.form.text("name") if "name" in context.form else entity.name
    if name != entity.name:
        edits.insert(0, Rename(entity.kind, entity.id, name))
    return edits


def _place(context: RequestContext, case: Case) -> list[Edit]:
    """Return the edits that move a card of the map to a function and a level."""
    entity = requested_entity(context, case)
    shown = context.service.base.shown
    column, _, row = context.form.text("place").partition("|")
    names = [{str(of): name for of, name in facts.items()}.get(entity.kind)
             for facts in (shown.roles, shown.map.levels)]  # fmt: skip
    sent = {name: [word] for name, word in zip(names, (column, row), strict=True) if name}
    return _answers(context, entity, sent)


def _cell_answers(context: RequestContext, entity: Entity) -> list[Edit]:
    """Return the answers in the cells of a table row that differ from those of *entity*."""
    form = context.form
    facts = [fact for fact in context.service.base.facts.values() if fact.kind == entity.kind]
    fields = {fact.name: f"f-{fact.name}" for fact in facts}
    sent = {name: form.texts(field) for name, field in fields.items() if field in form}
    return _answers(context, entity, sent)


def _answers(
    context: RequestContext, entity: Entity, sent: Mapping[str, Sequence[str]]
) -> list[Edit]:
    """Return the answers, by fact as a form sends them, that differ from those of *entity*."""
    today = context.service.today()
    edits: list[Edit] = []
    for name, texts in sent.items():
        fact = context.service.base.facts[name]
        value = read_value(fact, texts, context.lang)
        answers = [a for a in entity.ours.get(fact.name, ()) if a.as_of is None or a.as_of <= today]
        if value == (answers[-1].value if answers else UNKNOWN):
            continue
        slot = Slot(entity.kind, entity.id, fact.name)
        # What happens, and when, does not grow old.
        as_of = None if value is UNKNOWN or entity.kind == "event" else today
        edits.append(SetAnswer(slot, value, by=context.visitor.name or None, as_of=as_of))
    return edits


def _belongs(context: RequestContext, case: Case) -> list[Edit]:
    person = requested_entity(context, case)
    known = {decision.id for decision in case.decisions or ()}
    chosen = frozenset(name for name in context.form.texts("decision") if name in known)
    return [SetBelongs(person.id, None if "all" in context.form else chosen)]


# Notes in the report


def _account(context: RequestContext, case: Case) -> list[Edit]:
    del case
    form = context.form
    edits: list[Edit] = []
    if "name" in form:
        edits.append(SetAccount(form.text("name"), form.text("owner"), form.text("segment")))
    if "target" in form:
        target = form.text("target")
        edits.append(SetTarget(target or None))
    return edits


def _comments(context: RequestContext, case: Case) -> list[Edit]:
    del case
    texts = [text.replace("\r\n", "\n").strip() for text in context.form.texts("comment")]
    return [SetComments(tuple(text for text in texts if text))]


def _strategy(context: RequestContext, case: Case) -> list[Edit]:
    del case
    strategy = context.form.text("strategy") or None
    if strategy and context.service.base.strategy(strategy) is None:
        raise HTTPException(404)
    return [SetStrategy(strategy, context.form.text("reason").strip() if strategy else "")]


def _step(context: RequestContext, case: Case) -> list[Edit]:
    del case
    step = context.form.text("step")
    if step not in context.service.base.steps:
        raise HTTPException(404)
    hide = context.form.text("hide") == "yes"
    return [SetStepNote(step, context.form.text("owner") or None, form_day(context, "due"), hide)]


#: By the address of a form within an account, the function that returns its edits.
ACTIONS: dict[str, Callable[[RequestContext, Case], list[Edit]]] = {
    "answer": _answer,
    "complete": _complete,
    "listed": _listed,
    "add": _add,
    "names": _names,
    "ties": _ties,
    "take-away": _remove,
    "row": _row,
    "place": _place,
    "belongs": _belongs,
    "account": _account,
    "comments": _comments,
    "strategy": _strategy,
    "step": _step,
}
