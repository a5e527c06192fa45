"""What events make of older answers: some no longer hold, of some it is not known.

An answer given before an event that voids it is unknown in both readings. An answer without a
date may be older or not: it holds in the working reading and is unknown in the strict one. So is
an answer given within the time in which an event happened whose day nobody reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import each_entity
from kam_expert.knowledge.values import any_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.event_documents import EventsDoc
    from kam_expert.knowledge.values import Truth

#: The kinds of entities that an event can concern, in the order of its ends.
CONCERNED = ("member", "person")


@dataclass(frozen=True)
class Event:
    """An event that has happened, or a change of which only an answer tells.

    Attributes:
        kind: Its kind.
        id: Of the event; of such an answer, the fact.
        first: The first day on which it can have happened.
        last: The last such day; the same if the day is known.
        whom: The kinds and ids of those concerned; true if it is known that they are.
        names: What the people concerned are called where they gave an answer, likewise.
        marked: Whether one of them has the mark; None if nobody said.
    """

    kind: str
    id: str
    first: date
    last: date
    whom: Mapping[tuple[str, str], bool]
    names: Mapping[str, bool]
    marked: Truth


@dataclass(frozen=True)
class Voided:
    """An answer that no longer holds.

    Attributes:
        kind: Of the entity that it is about.
        id: Of that entity.
        fact: The fact.
        side: Who gave it.
        answer: The answer.
        event: The first event after it that voids it.
    """

    kind: str
    id: str
    fact: str
    side: str
    answer: Answer
    event: Event


class Events:
    """The events of a case up to a day.

    Args:
        case: The facts.
        base: The rule base, which says what events void.
        day: The day of the diagnosis.
    """

    def __init__(self, case: Case, base: KnowledgeBase, day: date) -> None:
        self._base = base
        book = base.events
        self.happened = () if book is None else tuple(_happened(case, book, day))

    def standing(
        self, entity: Entity, fact: str, answers: Sequence[Answer]
    ) -> tuple[list[Answer], int]:
        """Return the answers that hold, and how many of them are no basis of the strict reading.

        Args:
            entity: Whom they are about.
            fact: The fact.
            answers: Oldest first, undated ones last.

        Returns:
            The answers in the same order, and the number of the last one that may be void; it
            hides those before it.
        """
        kept = []
        doubtful = 0
        for answer in answers:
            events = self._voiding(entity, fact, answer)
            if any(_is_older(answer, event) for event, sure in events if sure):
                continue
            kept.append(answer)
            if any(answer.as_of is None or answer.as_of < event.last for event, _ in events):
                doubtful = len(kept)
        return kept, doubtful

    def voided(self, case: Case) -> Iterator[Voided]:
        """Yield the answers of *case* that no longer hold."""
        for entity in each_entity(case) if self.happened else ():
            for side, told in (("ours", entity.ours), ("theirs", entity.theirs)):
                for fact, answers in told.items():
                    for answer in answers:
                        events = [
                            event
                            for event, sure in self._voiding(entity, fact, answer)
                            if sure and _is_older(answer, event)
                        ]
                        if events:
                            first = min(events, key=lambda event: (event.first, event.id))
                            yield Voided(entity.kind, entity.id, fact, side, answer, first)

    def _voiding(self, entity: Entity, fact: str, answer: Answer) -> list[tuple[Event, bool]]:
        """Return the events that void answers like this one, and whether they certainly do."""
        book = self._base.events
        if book is None or entity.kind == "event" or fact in book.lasting:
            return []
        kinds = self._base.voided_by.get(fact, frozenset())
        subjects = _subjects(entity)
        found = []
        for event in self.happened:
            voids = book.kinds[event.kind].voids
            reasons: list[Truth] = []
            if voids.by and answer.by:
                reasons.append(event.names.get(answer.by))
            if voids.about:
                reasons += [event.whom.get(subject) for subject in subjects]
            reasons = [False if reason is None else reason or None for reason in reasons]
            if event.kind in kinds:
                reasons.append(event.marked if voids.marked else True)
            truth = any_of(reasons)
            if truth is not False:
                found.append((event, truth is True))
        return found


def _is_older(answer: Answer, event: Event) -> bool:
    return answer.as_of is not None and answer.as_of < event.first


def _subjects(entity: Entity) -> tuple[tuple[str, str], ...]:
    """Return the people and members whom an answer about *entity* is about."""
    if entity.kind == "link":
        return tuple(zip(CONCERNED, entity.ends or (), strict=True))
    return ((entity.kind, entity.id),)


def _happened(case: Case, book: EventsDoc, day: date) -> Iterator[Event]:
    told = list(_told(case, book, day))
    yield from told
    for fact in book.same_as:
        yield from _untold(case, book, fact, told, day)


def _told(case: Case, book: EventsDoc, day: date) -> Iterator[Event]:
    """Yield the events of the case that have happened."""
    people = {person.id: person for person in case.people or ()}
    for event in case.events or ():
        kind, on = (
            _last(_past(event.ours.get(key, ()), day)) for key in (book.keys.kind, book.keys.day)
        )
        if kind not in book.kinds or not isinstance(on, date) or on > day:
            continue
        whom = [(k, end) for k, end in zip(CONCERNED, event.ends or (), strict=True) if end]
        concerned = [people[end] for k, end in whom if k == "person" and end in people]
        marked = any_of(_was_marked(person, book.mark, day) for person in concerned)
        names = dict.fromkeys(_names(concerned), True)
        yield Event(kind, event.id, on, on, dict.fromkeys(whom, True), names, marked)


def _untold(
    case: Case, book: EventsDoc, fact: str, told: Sequence[Event], day: date
) -> Iterator[Event]:
    """Yield the change of which the answer to *fact* tells, unless an event tells of it."""
    same = book.same_as[fact]
    answers = _past(case.account.ours.get(fact, ()), day)
    if not answers or answers[-1].value != same.value:
        return
    last = answers[-1].as_of or day
    first = last - timedelta(days=same.days)
    kinds = (same.kind, *same.or_kinds)
    if any(e.marked and e.kind in kinds and first <= e.first <= last for e in told):
        return
    former: dict[str, bool] = {}
    names: dict[str, bool] = {}
    for person in case.people or ():
        marks = _past(person.ours.get(book.mark, ()), day)
        sure = any(a.value == "yes" and a.as_of is not None and a.as_of < last for a in marks)
        if sure or not marks:
            former[person.id] = sure
            for name in _names([person]):
                names[name] = names.get(name, False) or sure
    whom = {("person", identity): sure for identity, sure in former.items()}
    yield Event(same.kind, fact, first, last, whom, names, True)


def _last(answers: Sequence[Answer]) -> Any:
    return answers[-1].value if answers else None


def _past(answers: Sequence[Answer], day: date) -> list[Answer]:
    return [answer for answer in answers if answer.as_of is None or answer.as_of <= day]


def _was_marked(person: Entity, mark: str, day: date) -> Truth:
    """Return whether somebody was ever marked; None if nobody said anything of it."""
    marks = _past(person.ours.get(mark, ()), day)
    return any(answer.value == "yes" for answer in marks) if marks else None


def _names(people: Iterable[Entity]) -> set[str]:
    return {name for person in people for name in (person.id, person.name) if name}
