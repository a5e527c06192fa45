"""Find, correct, erase and expire the data about one person in a case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.facts.case import LISTS, Answer, each_entity
from kam_expert.facts.denylist import free_texts, texts_of
from kam_expert.facts.edit_things import ends_of
from kam_expert.facts.name_forms import MARK, NameForms
from kam_expert.facts.named_people import without_person
from kam_expert.facts.ordering import plan_in_order
from kam_expert.facts.plan_privacy import PlanErasure
from kam_expert.knowledge.about import About
from kam_expert.knowledge.values import UNKNOWN, bounds_of
from kam_expert.knowledge.yaml_reader import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.knowledge.privacy import Privacy

_BLOCKS = {"person": "people", "member": "team"}


@dataclass(frozen=True)
class Held:
    """An answer about a person: their own, of one of their links, or of the main contact."""

    about: About
    fact: str
    answer: Answer


@dataclass(frozen=True)
class Mention:
    """A free text that names a person, with its place."""

    where: str
    text: str


def find_person(case: Case, identity: str) -> Entity:
    """Return the person or team member with that id.

    ``person:ID`` and ``member:ID`` distinguish two with the same id. Raises KamError.
    """
    kind, _, name = identity.partition(":")
    kinds = [kind] if name and kind in _BLOCKS else list(_BLOCKS)
    wanted = name if name and kind in _BLOCKS else identity
    found = [e for k in kinds for e in case.entities(k) if e.id == wanted]
    if len(found) > 1:
        raise KamError(
            f'"{shortened(wanted)}" is on each side; say person:{wanted} or member:{wanted}'
        )
    if not found:
        known = [e.id for k in kinds for e in case.entities(k)]
        near = did_you_mean(wanted, known)
        raise KamError(f'nobody in the case has the id "{shortened(wanted)}".{near}')
    return found[0]


class PersonData:
    """One person in one case.

    Args:
        case: The facts.
        person: From `find_person`.
        privacy: Decides which facts are about people.
        also: Words of texts that name the person too.
    """

    def __init__(
        self, case: Case, person: Entity, privacy: Privacy, also: Iterable[str] = ()
    ) -> None:
        self.case = case
        self.person = person
        self.privacy = privacy
        self.forms = NameForms(person.id, [person.name], also)

    def held(self) -> tuple[Held, ...]:
        """Return every answer about the person: own, of links and events, and as main contact."""
        entities = [self.person, *self._links(), *self._events()]
        found = [
            Held(About(entity.kind, entity.id), fact, answer)
            for entity in entities
            for fact, answers in entity.ours.items()
            for answer in answers
        ]
        account = self.case.account
        return (
            *found,
            *(
                Held(About("account", account.id), fact, answer)
                for side in (account.ours, account.theirs)
                for fact, answers in side.items()
                if self._is_of_main_contact(fact)
                for answer in answers
            ),
        )

    def _links(self) -> list[Entity]:
        end = 0 if self.person.kind == "member" else 1
        return [x for x in self.case.links or () if x.ends and x.ends[end] == self.person.id]

    def _events(self) -> list[Entity]:
        concerned = (self.person.kind, self.person.id)
        return [event for event in self.case.events or () if concerned in ends_of(event.ends)]

    def _is_of_main_contact(self, fact: str) -> bool:
        """Return whether a fact of the account is about this person, as its main contact."""
        base = self.privacy.base
        mark = base.shown.main_contact
        told = self.person.ours.get(mark, ()) if mark else ()
        return bool(told) and told[-1].value == "yes" and base.facts[fact].doc.privacy != "account"

    def mentions(self) -> tuple[Mention, ...]:
        """Return the free texts that name the person."""
        own = {f"{self.person.id}: {fact}" for fact in self.person.ours}
        return tuple(
            Mention(where, text)
            for where, text in free_texts(self.case)
            if text and self.forms.are_in(text) and where not in own
        )

    def proposed(self, proposals: Iterable[ProposedAnswer]) -> tuple[ProposedAnswer, ...]:
        """Return the proposals about the person, and those with a text that names the person."""
        entities = (self.person, *self._links(), *self._events())
        about = {(entity.kind, entity.id) for entity in entities}
        return tuple(
            found
            for found in proposals
            if (found.edit.slot.kind, found.edit.slot.id) in about
            or (
                found.edit.slot.kind == "account" and self._is_of_main_contact(found.edit.slot.fact)
            )
            or any(map(self.forms.are_in, texts_of([found.edit])))
        )

    def erased(self) -> Case:
        """Return the case without all data about the person.

        Their entry, ties and events go, and the free texts that name them. The lists they stood in
        are no longer complete: somebody is missing, which is not the same as being nobody.
        """
        case, person = self.case, self.person
        block = _BLOCKS[person.kind]
        gone = {link.id for link in self._links()}
        left = {
            block: tuple(e for e in case.entities(person.kind) if e.id != person.id) or None,
            "links": None
            if case.links is None
            else tuple(link for link in case.links if link.id not in gone) or None,
        }
        events = {event.id for event in self._events()}
        kept = tuple(event for event in case.events or () if event.id not in events)
        complete = dict(case.complete)
        for name, listed in left.items():
            if listed is None:
                complete.pop(name, None)
            elif name == block or gone:
                complete[name] = False
        parts: dict[str, Any] = {}
        for name in LISTS:
            listed = left[name] if name in left else getattr(case, name)
            if name == "events":
                listed = case.events and (kept or None)
            parts[name] = listed and tuple(map(self._without_name, listed))
        notes = case.notes
        plan = PlanErasure(
            person.id,
            (entry.id for entry in case.plan),
            self.forms.are_in,
            lambda text: self._kept(text) or "",
        )
        return replace(
            case,
            account=self._without_name(case.account),
            **parts,
            complete=complete,
            notes=replace(
                notes,
                comments=tuple(text for text in notes.comments if not self.forms.are_in(text)),
                steps={
                    step: replace(note, owner=self._kept(note.owner))
                    for step, note in notes.steps.items()
                },
                strategy=notes.strategy
                and replace(notes.strategy, reason=self._kept(notes.strategy.reason) or MARK),
            ),
            plan=plan_in_order(map(plan.entry, case.plan)),
            owner=self._kept(case.owner) or "",
            segment=self._kept(case.segment) or "",
        )

    def _kept(self, text: str | None) -> str | None:
        return None if text and self.forms.are_in(text) else text

    def _without_name(self, entity: Entity) -> Entity:
        facts, are_in = self.privacy.base.facts, self.forms.are_in

        def left_of(fact: str, value: Any) -> Any:
            if not isinstance(value, str) or not are_in(value):
                return value
            names = fact in facts and facts[fact].doc.names is not None
            return without_person(value, are_in) if names else ""

        def answers(told: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
            left = {}
            for fact, given in told.items():
                kept = tuple(
                    replace(answer, value=value, by=self._kept(answer.by))
                    for answer in given
                    if (value := left_of(fact, answer.value)) != ""
                )
                if kept and not (entity.kind == "account" and self._is_of_main_contact(fact)):
                    left[fact] = kept
            return left

        name = entity.name
        if entity.kind == "decision":
            name = self._kept(name) or ""
        return replace(entity, name=name, ours=answers(entity.ours), theirs=answers(entity.theirs))

    def corrected(self, fact: str, text: str, day: date) -> Case:
        """Return the case with one fact or name of the person corrected.

        Args:
            fact: A fact of the person, ``name``, or ``ID.fact`` of the tie with somebody.
            text: The value as in a case file; ``unknown`` removes the answers.
            day: The day of the correction.

        Raises:
            KamError: The fact or tie does not exist, or the value is invalid for it.
        """
        if fact == "name":
            return self._replaced(replace(self.person, name=text.strip()))
        other, _, name = fact.rpartition(".")
        entity = self._tie(other) if other else self.person
        known = self.privacy.base.facts.get(name)
        if known is None or known.kind != entity.kind:
            facts = [n for n, f in self.privacy.base.facts.items() if f.kind == entity.kind]
            near = did_you_mean(name, [*facts, "name"])
            raise KamError(f'unknown fact "{shortened(name)}" about a {entity.kind}.{near}')
        try:
            value = known.read(read_text(text, "value"), text)
        except ValueError as error:
            raise KamError(str(error)) from None
        answers = {key: given for key, given in entity.ours.items() if key != name}
        if value is not UNKNOWN:
            answers[name] = (Answer(value, as_of=day),)
        return self._replaced(replace(entity, ours=answers))

    def _tie(self, other: str) -> Entity:
        for link in self._links():
            if other in (link.ends or ()):
                return link
        known = [end for link in self._links() for end in link.ends or () if end != self.person.id]
        near = did_you_mean(other, known)
        raise KamError(f'{self.person.id} has no tie with "{shortened(other)}".{near}')

    def _replaced(self, entity: Entity) -> Case:
        block = "links" if entity.kind == "link" else _BLOCKS[entity.kind]
        listed = getattr(self.case, block)
        parts: dict[str, Any] = {block: tuple(entity if e.id == entity.id else e for e in listed)}
        return replace(self.case, **parts)

    # Expiry

    def last_contact(self, fallback: date) -> date:
        """Return the day of the last known contact.

        Args:
            fallback: The date of answers without a date. If no contact is known, the result is
                the latest date of any answer about the person.
        """
        found = []
        names = {name for kind in self.privacy.last_contact.values() for name in kind}
        for entity in (self.person, *self._links()):
            for fact in names & set(entity.ours):
                for answer in entity.ours[fact]:
                    days = bounds_of(answer.value)
                    if days is not None:
                        told = answer.as_of or fallback
                        found.append(told - timedelta(days=min(int(days[0]), 36_500)))
        dated = [h.answer.as_of for h in self.held() if h.answer.as_of is not None]
        return max(found or dated or [fallback])

    def judgements(self) -> tuple[str, ...]:
        """Return the assessments of the person."""
        return tuple(
            dict.fromkeys(h.fact for h in self.held() if self.privacy.is_judgement(h.fact))
        )

    def without_judgements(self) -> Case:
        """Return the case without the assessments of the person."""
        gone = set(self.judgements())

        def left(told: Mapping[str, tuple[Answer, ...]]) -> dict[str, tuple[Answer, ...]]:
            return {fact: given for fact, given in told.items() if fact not in gone}

        case = self._replaced(replace(self.person, ours=left(self.person.ours)))
        account = case.account
        return replace(
            case, account=replace(account, ours=left(account.ours), theirs=left(account.theirs))
        )


def newest_day(case: Case) -> date | None:
    """Return the latest date in *case*; None if nothing has a date."""
    days = [
        answer.as_of
        for entity in each_entity(case)
        for side in (entity.ours, entity.theirs)
        for given in side.values()
        for answer in given
        if answer.as_of is not None
    ]
    return max(days, default=None)
