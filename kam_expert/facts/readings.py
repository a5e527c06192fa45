"""The two readings of a case: what conditions see of each entity.

The working reading assumes what people ordinarily assume; the strict reading assumes none of it.
`docs/rule-language.md` has the table of the differences.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kam_expert.facts.alike import alike
from kam_expert.facts.case import Answer, Case, Entity
from kam_expert.facts.contradictions import Contradiction, contradictions_of
from kam_expert.facts.entity_view import EntityView
from kam_expert.facts.events import Events, Voided
from kam_expert.facts.promises import promised
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.values import Truth


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
            self._contradictions = contradictions_of(self)
        return self._contradictions


@lru_cache(maxsize=8)
def _gap_entities(names: tuple[str, ...]) -> tuple[Entity, ...]:
    # The same for every case of a rule base, and many readings are made of one case.
    return tuple(Entity("gap", name) for name in names)
