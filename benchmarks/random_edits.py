"""Random valid edits of a case, for tests and benchmarks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from random_cases import DAYS, a_value

from kam_expert.facts.answer_schema import SOURCES
from kam_expert.facts.case import ENDED, LISTS, each_entity
from kam_expert.facts.changes import Slot
from kam_expert.facts.edits import (
    AddEntity,
    AddPlanEntry,
    ChangePlanEntry,
    Edit,
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
    SetTarget,
)
from kam_expert.facts.plan_edits import begun, done, dropped
from kam_expert.facts.plan_entries import PlanEntry
from kam_expert.knowledge.values import UNKNOWN, Interval

if TYPE_CHECKING:
    from random import Random

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

TEXTS = ("Олена", "a: b # c", "так; ні", "two\nlines", '"quoted"', "unknown", "null", " [x] ", "")


def random_edit(case: Case, base: KnowledgeBase, random: Random, *, few: int | None = None) -> Edit:
    """Return a random valid edit of *case*, only of the first *few* facts if it is given."""
    kinds = [_added, _added, _entity, _entity, _list, _note, _head, _plan, None, None, None]
    kind = random.choice(kinds)
    edit = kind and kind(case, base, random)
    if edit is not None:
        return edit
    known = {fact.kind for fact in base.facts.values()}
    asked = [entity for entity in each_entity(case) if entity.kind in known]
    return random_answer(random.choice(asked), base, random, few=few)


def random_answer(
    entity: Entity, base: KnowledgeBase, random: Random, *, few: int | None = None
) -> SetAnswer:
    """Return a random answer to a random question about *entity*, one of *few* if that is given."""
    facts = [fact for fact in base.facts.values() if fact.kind == entity.kind]
    fact = random.choice(facts[:few])
    asked = fact.doc.asked_of
    side = "theirs" if entity.kind == "account" and asked == "customer" else "ours"
    if entity.kind == "account" and asked == "both":
        side = random.choice(["ours", "theirs"])
    slot = Slot(entity.kind, entity.id, fact.name, side)
    return SetAnswer(
        slot,
        UNKNOWN if random.random() < 0.15 else _value(fact, random),
        random.choice([None, *SOURCES]),
        random.choice([None, *TEXTS]),
        _day(random),
    )


def _value(fact: Fact, random: Random) -> Any:
    if fact.doc.type == "text":
        text = random.choice(TEXTS)
        return fact.read(text, text)
    value = a_value(fact, random)
    if fact.doc.type == "number" and isinstance(value, int) and random.random() < 0.3:
        return Interval(value / 4, value / 2).settled() if value > 0 else value
    return fact.read(value, str(value))


def _day(random: Random) -> date | None:
    return random.choice([None, *map(date.fromisoformat, DAYS)])


def _added(case: Case, _: KnowledgeBase, random: Random) -> Edit | None:
    kind = random.choice(["person", "member", "decision", "link", "event"])
    if kind == "link":
        there = {link.ends for link in case.links or ()}
        pairs = [(m.id, p.id) for m in case.team or () for p in case.people or ()]
        free = [ends for ends in pairs if ends not in there]
        return AddEntity("link", ends=random.choice(free)) if free else None
    taken = {entity.id for entity in case.entities(kind)}
    free_ids = [f"{kind[0]}{number}" for number in range(8) if f"{kind[0]}{number}" not in taken]
    if not free_ids:
        return None
    if kind == "event":
        members, people = (["", *(e.id for e in case.entities(k))] for k in ("member", "person"))
        ends = random.choice([None, (random.choice(members), random.choice(people))])
        return AddEntity(kind, random.choice(free_ids), ends=ends)
    belongs = _some_decisions(case, random) if kind == "person" else None
    return AddEntity(kind, random.choice(free_ids), random.choice(TEXTS), decisions=belongs)


def _some_decisions(case: Case, random: Random) -> frozenset[str] | None:
    names = [decision.id for decision in case.decisions or ()]
    return random.choice([None, frozenset(name for name in names if random.random() < 0.5)])


def _entity(case: Case, _: KnowledgeBase, random: Random) -> Edit | None:
    entities = [entity for entity in each_entity(case) if entity.kind != "account"]
    if not entities:
        return None
    entity = random.choice(entities)
    if random.random() < 0.5:
        return RemoveEntity(entity.kind, entity.id)
    if entity.kind == "person" and random.random() < 0.5:
        return SetBelongs(entity.id, _some_decisions(case, random))
    return None if entity.kind in ENDED else Rename(entity.kind, entity.id, random.choice(TEXTS))


def _list(case: Case, _: KnowledgeBase, random: Random) -> Edit | None:
    if random.random() < 0.5:
        return SetComplete(
            random.choice(["people", "team", "links"]), random.choice([True, False, None])
        )
    empty = [name for name in LISTS if not getattr(case, name)]
    return SetListed(random.choice(empty), random.random() < 0.5) if empty else None


def _note(_: Case, base: KnowledgeBase, random: Random) -> Edit:
    if random.random() < 0.5:
        return SetComments(tuple(random.choices(TEXTS, k=random.randrange(3))))
    owner = random.choice([None, *TEXTS])
    return SetStepNote(random.choice(list(base.steps)), owner, _day(random), random.random() < 0.3)


def _head(_: Case, base: KnowledgeBase, random: Random) -> Edit:
    if random.random() < 0.5:
        return SetTarget(random.choice([None, *base.stage_model.names]))
    return SetAccount(*(random.choice([None, *TEXTS]) for _ in range(3)))


def _plan(case: Case, base: KnowledgeBase, random: Random) -> Edit:
    taken = {entry.id for entry in case.plan}
    ids = [e.id for name in ("people", "team", "decisions") for e in getattr(case, name) or ()]
    about = tuple(dict.fromkeys(random.choices(ids, k=2))) if ids and random.random() < 0.6 else ()
    if not case.plan or random.random() < 0.3:
        new = next(name for number in range(99) if (name := f"n{number}") not in taken)
        step = random.choice(["", *base.steps])
        text = "" if step else "Обід"
        return AddPlanEntry(PlanEntry(new, step, text, about, due=_day(random)))
    entry = random.choice(case.plan)
    day = random.choice([*map(date.fromisoformat, DAYS)])
    note = (("note", random.choice(TEXTS)), ("about", about), ("side", "theirs"))
    edits: list[Edit] = [
        begun(entry.id),
        done(entry.id, day, random.choice(["", "worked", "not"]), random.choice(TEXTS)),
        dropped(entry.id, "Не на часі"),
        ChangePlanEntry(entry.id, note),
        ChangePlanEntry(entry.id, (("begin", None), ("due", _day(random)))),
        RemovePlanEntry(entry.id),
    ]
    return random.choice(edits)
