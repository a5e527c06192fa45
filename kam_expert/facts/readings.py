"""The two readings of a case: what conditions see of each entity.

The working reading assumes what people ordinarily assume; the strict reading assumes none of it.
`docs/rule-language.md` has the table of the differences.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kam_expert.facts.alike import alike
from kam_expert.facts.case import Answer, Case, Entity
from kam_expert.facts.computed import (
    compute,
    has_basis,
    is_share,
    lowest,
    otherwise,
)
from kam_expert.facts.distance import distance
from kam_expert.facts.events import Events, Voided
from kam_expert.facts.promises import promised
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.stage import truth_of_stage, truth_of_verdict
from kam_expert.knowledge.values import UNKNOWN, Interval, Truth, bounds_of, equals
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition

_BARE = "bare"
#: The side whose answer counts, by the side that is asked.
_SIDES = {"us": "ours", "customer": "theirs"}


@dataclass(frozen=True)
class Contradiction:
    """A contradiction.

    Attributes:
        kind: impossible (declared pair of facts), mirror (two findings), computed (a stated
            total against the counted one).
        name: The declared pair, the finding, or the fact.
        about: The kind and id of the entity.
        strict: Whether it holds in the strict reading too.
    """

    kind: str
    name: str
    about: tuple[str, str]
    other: str = ""
    strict: Truth = None


@dataclass
class Settlements:
    """The findings and stage settled so far; an engine fills it stratum by stratum."""

    findings: dict[tuple[str, str, str], tuple[Truth, Truth]] = field(default_factory=dict)
    stages: tuple[frozenset[str], frozenset[str]] | None = None
    verdict: str = ""

    def finding(self, name: str, kind: str, identity: str, *, strict: bool) -> Truth:
        """Return whether a finding is likely or better; false if no rule concludes it."""
        pair = self.findings.get((name, kind, identity), (False, False))
        return pair[1] if strict else pair[0]


class Readings:
    """One case on one day, read twice.

    Args:
        case: The facts.
        base: The rule base.
        day: Later answers are not seen.
        totals: Values that replace those computed from lists, by kind, id and fact, to find out
            what another total would change.
        before: Those of the case before a change. Which answers about an entity hold is taken from
            it where nothing changed that decides on it.
        touched: The names of all facts and lists that can differ from *before*, which has the same
            entities; the values of others are taken from it. By default nothing is.
    """

    def __init__(  # noqa: PLR0913 -- the last three are of a variant
        self,
        case: Case,
        base: KnowledgeBase,
        day: date,
        totals: Mapping[tuple[str, str, str], Any] = MappingProxyType({}),
        before: Readings | None = None,
        touched: frozenset[str] | None = None,
    ) -> None:
        self.case = case
        self.base = base
        self.day = day
        self.totals = totals
        self.events = Events(case, base, day)
        self.settled = Settlements()
        self.promised = promised(case.plan, base, day)
        decided = (self.events.happened, day, self.promised)
        self._before = (
            before
            if before and decided == (before.events.happened, before.day, before.promised)
            else None
        )
        self._untouched = self._before is not None and touched is not None
        self.touched = (touched or frozenset()).union(ENGINE_FACTS)
        self._views: dict[tuple[str, str, bool], EntityView] = {}
        self._told: dict[tuple[str, str, str, str], tuple[list[Answer], int]] = {}
        self._gaps = _gap_entities(tuple(base.gaps))
        self._contradictions: tuple[Contradiction, ...] | None = None
        self._links_of: dict[str, list[Entity]] = {}
        for link in case.links or ():
            for end in dict.fromkeys(link.ends or ()):
                self._links_of.setdefault(end, []).append(link)
        self._people = {person.id: person for person in case.people or ()}
        self._team = {member.id: member for member in case.team or ()}

    def view(self, entity: Entity, *, strict: bool) -> EntityView:
        """Return the view of *entity* in one reading."""
        key = (entity.kind, entity.id, strict)
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = EntityView(self, entity, strict=strict)
            first = self.first_alike(entity)
            if first is not None:
                view.share(self.view(first, strict=strict))
                return view
            before = {} if self._before is None else self._before._views  # noqa: SLF001 -- same class
            earlier = before.get(key)
            if earlier and earlier.entity is entity:
                view.share_answers(earlier)
            view.earlier = earlier if self._untouched else None
        return view

    @cached_property
    def _alike(self) -> dict[int, Entity]:
        if self._before is not None:
            return self._before._alike  # noqa: SLF001 -- same class
        return alike(self.case, self.events.happened)

    def first_alike(self, entity: Entity) -> Entity | None:
        """Return the first of those who are like *entity*; None for the first itself.

        Every condition has the same truth for them.
        """
        first = self._alike.get(id(entity))
        if first is None or (self._before is None and not self.totals):
            return first
        # The answers of one of them may have changed since.
        now = self._people if first.kind == "person" else self._team
        replaced = {key[:2] for key in self.totals}
        changed = replaced & {(entity.kind, entity.id), (first.kind, first.id)}
        return first if now.get(first.id) is first and not changed else None

    def entities(self, kind: str) -> tuple[Entity, ...]:
        """Return the entities that rules for *kind* are applied to."""
        if kind == "gap":
            return self._gaps
        return self.case.entities(kind)

    def is_true(self, condition: Condition, about: About) -> bool:
        """Return whether *condition* is true of an entity in the working reading."""
        entity = next(e for e in self.entities(about.kind) if e.id == about.id)
        return condition.evaluate(self.view(entity, strict=False)) is True

    def views(self, entities: Sequence[Entity], *, strict: bool) -> list[EntityView]:
        """Return the views of several entities."""
        return [self.view(entity, strict=strict) for entity in entities]

    def members(self, entity: Entity, of: str) -> tuple[Sequence[Entity], str]:
        """Return the members of one of the entity's lists, and the list it depends on."""
        case = self.case
        if entity.kind in ("account", "gap"):
            return getattr(case, of) or (), of
        if of == "events":
            end = 0 if entity.kind == "member" else 1
            return [e for e in case.events or () if e.ends and e.ends[end] == entity.id], of
        if of == "links" and entity.kind in ("person", "member"):
            end = 0 if entity.kind == "member" else 1
            links = self._links_of.get(entity.id, [])
            return [link for link in links if link.ends and link.ends[end] == entity.id], of
        if of == "decisions":
            mine = entity.decisions
            return [d for d in case.decisions or () if mine is None or d.id in mine], of
        people = [p for p in case.people or () if p.decisions is None or entity.id in p.decisions]
        if of == "people":
            return people, of
        ids = {person.id for person in people}
        return [link for link in case.links or () if link.ends and link.ends[1] in ids], of

    def may_grow(self, of: str, *, strict: bool) -> bool:
        """Return whether a list can have unknown members.

        An event that nobody reported is not a missing answer: it is added once learnt of.
        """
        if of == "events":
            return False
        if getattr(self.case, of) is None:
            return True
        said = self.case.complete.get(of)
        return said is not True if strict else said is False

    def at_end(self, link: Entity, path: str) -> Entity:
        """Return the person or the member of a link."""
        assert link.ends is not None  # noqa: S101 -- links have ends by construction
        return self._team[link.ends[0]] if path == "member" else self._people[link.ends[1]]

    def customer_answers(self) -> int:
        """Return the number of facts that the customer has answered."""
        account = self.case.account
        return sum(
            1
            for fact, answers in account.theirs.items()
            if self.standing(account, fact, answers)[0]
        )

    def standing(
        self, entity: Entity, fact: str, answers: Sequence[Answer]
    ) -> tuple[list[Answer], int]:
        """Return the answers up to the day that no event voided; see `Events.standing`."""
        day = self.day
        past = [a for a in answers if a.as_of is None or a.as_of <= day]
        if not past or not self.events.happened:
            return past, 0
        return self.events.standing(entity, fact, past)

    @cached_property
    def voided(self) -> tuple[Voided, ...]:
        """Return the answers that no longer hold."""
        return tuple(self.events.voided(self.case))

    def told(self, entity: Entity, fact: str, side: str) -> tuple[list[Answer], int]:
        """Return the answers of a side that still hold, found once for both readings."""
        answers = (entity.theirs if side == "theirs" else entity.ours).get(fact, ())
        if not answers:
            return [], 0
        key = (entity.kind, entity.id, fact, side)
        found = self._told.get(key)
        if found is None:
            found = self._told[key] = self.standing(entity, fact, answers)
        return found

    def contradictions(self) -> tuple[Contradiction, ...]:
        """Return the contradictions in the working reading, in a fixed order."""
        if self._contradictions is None:
            found = [*self._impossible(), *self._mirrored(), *self._miscounted()]
            self._contradictions = tuple(found)
        return self._contradictions

    def _impossible(self) -> list[Contradiction]:
        account = self.case.account
        found = []
        for name, condition in self.base.impossible.items():
            if condition.evaluate(self.view(account, strict=False)) is True:
                strict = condition.evaluate(self.view(account, strict=True))
                about = ("account", account.id)
                found.append(Contradiction("impossible", name, about, strict=strict))
        return found

    def _mirrored(self) -> list[Contradiction]:
        found = []
        settled, mirrors = self.settled.findings, self.base.mirrors
        both = sorted(key for key, pair in settled.items() if pair[0] is True and key[0] in mirrors)
        for name, kind, identity in both:
            strict, mirror = settled[name, kind, identity][1], mirrors[name]
            other = settled.get((mirror, kind, identity), (False, False))
            if other[0] is True:
                certain = True if strict is True and other[1] is True else None
                found.append(Contradiction("mirror", name, (kind, identity), mirror, certain))
        return found

    def _miscounted(self) -> list[Contradiction]:
        found = []
        for fact in self.base.totals:
            for entity in self.entities(fact.kind):
                if fact.name not in entity.ours and fact.name not in entity.theirs:
                    continue
                view = self.view(entity, strict=False)
                stated = view.stated(Ref(fact.name))
                counted = view.computed(fact.name)
                share = is_share(fact.doc.computed or {})
                if stated is UNKNOWN or counted is UNKNOWN or _agree(stated, counted, share=share):
                    continue
                strictly = self.view(entity, strict=True).computed(fact.name)
                certain = strictly is not UNKNOWN and not _agree(stated, strictly, share=share)
                about = (entity.kind, entity.id)
                found.append(Contradiction("computed", fact.name, about, strict=certain or None))
        return found


@lru_cache(maxsize=8)
def _gap_entities(names: tuple[str, ...]) -> tuple[Entity, ...]:
    # The same for every case of a rule base, and many readings are made of one case.
    return tuple(Entity("gap", name) for name in names)


def _agree(stated: Any, counted: Any, *, share: bool) -> bool:
    one, two = bounds_of(stated), bounds_of(counted)
    if one is not None and two is not None:
        # People round a share; they do not round a count.
        slack = 1 if share else 0
        above = two[1] is not None and one[0] > two[1] + slack
        return not above and not (one[1] is not None and one[1] < two[0] - slack)
    return equals(counted, stated) is not False


class EntityView:
    """One entity in one reading; implements `kam_expert.knowledge.conditions.condition.View`.

    A case does not change, so values read or computed are cached. Findings and the stage are not
    cached, because they are settled in the course of a diagnosis.
    """

    def __init__(self, readings: Readings, entity: Entity, *, strict: bool) -> None:
        self.readings = readings
        self.entity = entity
        self.strict = strict
        self._read: dict[Ref, Any] = {}
        self._computed: dict[str, Any] = {}
        self._found: dict[Ref, tuple[list[Answer], str]] = {}
        self._groups: dict[str, tuple[Sequence[EntityView], bool]] = {}
        self._truths: dict[int, tuple[Condition, Truth]] = {}
        #: The same view before a change; what the change does not touch is as it was there.
        self.earlier: EntityView | None = None

    def share(self, other: EntityView) -> None:
        """Share what is found out with *other*, the view of somebody who is alike."""
        self._read = other._read
        self._computed = other._computed
        self._found = other._found
        self._groups = other._groups
        self._truths = other._truths
        self.earlier = other.earlier

    def share_answers(self, other: EntityView) -> None:
        """Find with *other*, a view of the same entity and events, which answers hold."""
        self._found = other._found

    def changed(self, values: Mapping[Ref, Any]) -> EntityView:
        """Return this entity with other values of some facts."""
        other = EntityView(self.readings, self.entity, strict=self.strict)
        other._read = {**self._read, **values}
        other._groups = self._groups
        return other

    @cached_property
    def about(self) -> About:
        """Return the key of this entity: for a gap, of the account and the fact."""
        kind, identity = self.entity.kind, self.entity.id
        if kind != "gap":
            return About(kind, identity)
        gap = self.readings.base.gaps[identity]
        fact = gap.ours if gap.ours == gap.theirs else identity
        return About("account", self.readings.case.account.id, fact)

    def holder(self, ref: Ref) -> EntityView:
        """Return the view of the entity that holds the fact: its account, the end of a link."""
        readings = self.readings
        if ref.path:
            end = readings.at_end(self.entity, ref.path)
            return readings.view(end, strict=self.strict).holder(Ref(ref.name, ref.side))
        fact = readings.base.facts[ref.name]
        if fact.kind == "account" and self.entity.kind != "account":
            return readings.view(readings.case.account, strict=self.strict)
        return self

    def read(self, ref: Ref) -> Any:
        """Return the value of a fact in this reading."""
        value = self._read.get(ref)  # once: a Ref is hashed in Python. No value is None
        if value is None:
            if self.earlier is not None and ref.name not in self.readings.touched:
                value = self.earlier.read(ref)
            elif ref.name in ENGINE_FACTS:
                value = self._engine_fact(ref.name)
            else:
                value = self.holder(ref)._value(ref)  # noqa: SLF001 -- same class
            self._read[ref] = value
        return value

    def _value(self, ref: Ref) -> Any:
        if self.is_computed(ref.name):
            value = self.computed(ref.name)
            if value is not UNKNOWN or has_basis(self, ref.name):
                return value
            # A stated total is remembered and may be wrong; a stated day is a plain answer.
            if self.readings.base.facts[ref.name].doc.is_next_day:
                return self._day(ref)
            return UNKNOWN if self.strict else self.stated(ref)
        fact = self.readings.base.facts[ref.name]
        if fact.doc.parts and (self.strict or self.parts_answered(ref)):
            # What the parts will be can differ from the old answer, so that one is not certain.
            return lowest(fact, [self.read(Ref(part, ref.side)) for part in fact.doc.parts])
        return self.stated(ref)

    def _day(self, ref: Ref) -> Any:
        """Return the stated day, or what holds where nobody stated one."""
        stated = self.stated(ref)
        if stated is not UNKNOWN or self._working.stated(ref) is not UNKNOWN:
            return stated
        return otherwise(self, ref.name)

    def is_computed(self, name: str) -> bool:
        """Return whether a fact is computed from lists."""
        return self.readings.base.facts[name].doc.from_lists

    def parts_answered(self, ref: Ref) -> tuple[Ref, ...]:
        """Return the parts of which a fact is the lowest; none if no part is answered."""
        doc = self.readings.base.facts[ref.name].doc
        parts = tuple(Ref(part, ref.side) for part in doc.parts)
        return parts if any(self._working.read(part) is not UNKNOWN for part in parts) else ()

    def computed(self, name: str) -> Any:
        """Return the computed value, UNKNOWN if the lists are missing."""
        if name not in self._computed:
            totals = self.readings.totals
            key = (self.entity.kind, self.entity.id, name)
            self._computed[name] = totals[key] if key in totals else compute(self, name)
        return self._computed[name]

    def stated(self, ref: Ref) -> Any:
        """Return the stated value."""
        answer = self.answer(ref)
        return UNKNOWN if answer is None else answer.value

    def answer(self, ref: Ref) -> Answer | None:
        """Return the answer that counts in this reading, if there is one."""
        return self.answer_of_side(ref)[1]

    def side_of(self, ref: Ref) -> str:
        """Return the side whose answer counts: ours or theirs."""
        return self.holder(ref).answer_of_side(ref)[0]

    def answer_of_side(self, ref: Ref) -> tuple[str, Answer | None]:
        """Return the answer that counts in this reading, if any, and its side."""
        answers, side = self._answers(ref)
        return side, answers[-1] if answers else None

    def _answers(self, ref: Ref) -> tuple[list[Answer], str]:
        found = self._found.get(ref)
        if found is None:
            found = self._found[ref] = self._find_answers(ref)
        return found

    def _find_answers(self, ref: Ref) -> tuple[list[Answer], str]:
        fact = self.readings.base.facts[ref.name]
        entity, told = self.entity, self.readings.told
        side = _SIDES.get(fact.doc.asked_of, ref.side)
        answers: list[Answer] = []
        doubtful = 0
        if side != "ours":
            answers, doubtful = told(entity, ref.name, "theirs")
        if side == _BARE:
            side = "theirs" if answers or self.strict else "ours"
        if side == "ours":
            answers, doubtful = told(entity, ref.name, "ours")
        promised = self.readings.promised if entity.kind == "account" and side == "ours" else {}
        if not answers and ref.name in promised:
            # The plan tells what nobody said; it need not name everything.
            answers, doubtful = [promised[ref.name]], 1
        if self.strict:
            answers = answers[doubtful:]
        if self.strict and answers and not self._fresh(fact.doc.fresh_days, answers[-1]):
            answers = []
        return answers, side

    def _fresh(self, days: int | None, answer: Answer) -> bool:
        if days is None:
            return True
        return answer.as_of is not None and (self.readings.day - answer.as_of).days <= days

    def dated(self, ref: Ref) -> Sequence[tuple[date, Any]]:
        """Return the dated values of a fact, oldest first; undated is as of the day, if working."""
        answers, _ = self.holder(ref)._answers(ref)  # noqa: SLF001 -- same class
        if self.strict and any(answer.as_of is None for answer in answers):
            # The undated answer may be the last one or not, so the last two are unknown.
            return []
        today = self.readings.day
        return [(answer.as_of or today, answer.value) for answer in answers]

    def days_since(self, ref: Ref) -> Any:
        """Return whole days since a date fact's value, None for a word, else since the answer."""
        here = self.holder(ref)
        today = self.readings.day
        if self.readings.base.facts[ref.name].doc.type == "date":
            value = here.read(Ref(ref.name, ref.side))
            if isinstance(value, date):
                return (today - value).days
            return UNKNOWN if value is UNKNOWN else None
        answer = here.answer(ref)
        if answer is None or (answer.as_of is None and self.strict):
            return UNKNOWN
        return (today - (answer.as_of or today)).days

    def is_unanswered(self, ref: Ref) -> bool:
        """Return whether a fact is unanswered."""
        return self._working.read(ref) is UNKNOWN

    def group(self, of: str) -> tuple[Sequence[EntityView], bool]:
        """Return the members of a list, and whether there can be more."""
        if of not in self._groups:
            members, decides = self.readings.members(self.entity, of)
            views = self.readings.views(members, strict=self.strict)
            self._groups[of] = views, self.readings.may_grow(decides, strict=self.strict)
        return self._groups[of]

    def finding(self, name: str) -> Truth:
        """Return whether a finding about this entity, or its account, is likely or better."""
        about = self.readings.base.findings[name].about
        entity = self.entity
        if about == "account" and entity.kind != "account":
            entity = self.readings.case.account
        settled = self.readings.settled
        return settled.finding(name, entity.kind, entity.id, strict=self.strict)

    def stage(self, names: frozenset[str]) -> Truth:
        """Return whether the stage is one of *names*, by the bounds of this reading."""
        stages = self.readings.settled.stages
        if stages is None:
            return None
        return truth_of_stage(stages[self.strict], names)

    def verdict(self, names: frozenset[str]) -> Truth:
        """Return whether the diagnosis names one of *names* as the stage."""
        settled = self.readings.settled
        if settled.stages is None:
            return None
        possible = settled.stages[self.strict]
        return truth_of_verdict(settled.verdict, possible, names, strict=self.strict)

    def truth_of(self, condition: Condition) -> Truth:
        """Return the truth of a condition; one that facts alone decide is evaluated once.

        Conditions are compared by identity, as hashing a tree takes as long as evaluating it.
        """
        if condition.reads_conclusions:
            return condition.evaluate(self)
        known = self._truths.get(id(condition))
        if known is None:
            # It is kept, so that no other condition gets its identity.
            known = self._truths[id(condition)] = condition, self._evaluated(condition)
        return known[1]

    def _evaluated(self, condition: Condition) -> Truth:
        if self.earlier is not None and condition.names.isdisjoint(self.readings.touched):
            return self.earlier.truth_of(condition)
        # What the working reading leaves open, the strict reading leaves open too.
        if self.strict and self._working.truth_of(condition) is None:
            return None
        return condition.evaluate(self)

    @cached_property
    def _working(self) -> EntityView:
        """Return this entity in the working reading."""
        return self.readings.view(self.entity, strict=False) if self.strict else self

    def _engine_fact(self, name: str) -> Any:
        readings = self.readings
        if name == "customer_answers":
            return readings.customer_answers()
        if name == "gap":
            return self._gap()
        found = readings.contradictions()
        if not self.strict:
            return len(found)
        return Interval(sum(c.strict is True for c in found), None)

    def _gap(self) -> Any:
        base = self.readings.base
        gap = base.gaps[self.entity.id]
        account = self.readings.view(self.readings.case.account, strict=self.strict)
        sides = (Ref(gap.ours, side) for side in ("ours", "theirs"))
        parts = [part for side in sides for part in account.parts_answered(side)]
        if parts:
            # The parts have gaps of their own, unless each answer may be void.
            held = not self.strict or any(account.read(part) is not UNKNOWN for part in parts)
            return "no" if held else UNKNOWN
        ours = account.read(Ref(gap.ours, "ours"))
        theirs = account.read(Ref(gap.theirs, "theirs"))
        apart = distance(base.facts[gap.ours], ours, theirs)
        if apart is None:
            return UNKNOWN
        return "yes" if apart >= gap.threshold.value else "no"
