"""The people of both firms and what joins them, as the map of people shows them."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.facts.named_people import named_by
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.facts.case import Entity
    from kam_expert.outputs.picture import Tie
    from kam_expert.outputs.report_people import ReportPeople

#: The kind and the id of a person or a member.
Key = tuple[str, str]
SIDES = ("person", "member")


def key_text(key: Key) -> str:
    """Return a key as the pages write it: ``person:p1``."""
    return ":".join(key)


def key_in(text: str) -> Key | None:
    """Return the key that *text* is; None if it is none."""
    kind, _, identity = text.partition(":")
    return (kind, identity) if kind in SIDES and identity else None


def html_id(key: Key) -> str:
    """Return the HTML id of a card. A hash, as ids of people may hold any character."""
    return f"c{hashlib.sha256(key_text(key).encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class Card:
    """A person or a member on the map.

    Attributes:
        column: The function, as a word of the vocabulary; None if unknown.
        row: The level of the post; None if unknown.
        voice: The say in the decision, in words; empty if unknown or not of this side.
        weight: From 0 to 1, how much the say, or else the level, counts.
        openness: The score and its maximum; None if unknown.
        contact: When somebody of the other firm last talked to them, in words; empty if unknown.
        goal: What we want to reach with the person and by when; empty without a goal.
        main: Whether this is the main contact.
        active: Whether there is a live tie; None if unknown.
    """

    key: Key
    name: str
    column: str | None
    row: str | None
    voice: str
    weight: float
    openness: tuple[int, int] | None
    contact: str
    goal: str
    main: bool
    active: bool | None

    @property
    def kind(self) -> str:
        """Return ``person`` or ``member``."""
        return self.key[0]

    @property
    def html_id(self) -> str:
        """Return the HTML id."""
        return html_id(self.key)

    @property
    def text(self) -> str:
        """Return the key as the pages write it."""
        return key_text(self.key)


@dataclass(frozen=True)
class Line:
    """What joins two cards.

    Attributes:
        kind: ``active``, ``inactive`` or ``unknown`` for a tie by its state; ``wanted`` for one
            that is to be; ``above`` (one reports to the other) or ``heard`` (one listens to the
            other).
        id: Of the link; empty if it is none.
        age: When the two last talked, in words; empty if unknown.
        exchanges: How often they talked lately; None if unknown.
    """

    kind: str
    one: Key
    other: Key
    id: str = ""
    age: str = ""
    exchanges: float | None = None

    @property
    def is_tie(self) -> bool:
        """Return whether two people of the two firms talk or talked."""
        return self.kind in ("active", "inactive", "unknown")


class MapModel:
    """The cards and lines of one account in one language.

    Args:
        report: The account as a report shows it.
    """

    def __init__(self, report: ReportPeople) -> None:
        self.report = report
        self.case = report.case
        self.base = report.base
        self.words = report.words
        self.drawn = self.base.shown.map
        self._ = translator(report.words.lang).gettext

    @functools.cached_property
    def cards(self) -> dict[Key, Card]:
        """Return the cards: the customer’s people, then ours."""
        return {
            (kind, entity.id): self._card(entity)
            for kind in SIDES
            for entity in self.case.entities(kind)
        }

    @functools.cached_property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines: ties first, then wanted ties, then lines within the customer."""
        ties = tuple(self._tie(tie) for tie in self.report.ties)
        tied = {(line.one, line.other) for line in ties}
        return (*ties, *self._wanted(tied), *self._inner("above"), *self._inner("heard"))

    @functools.cached_property
    def ties(self) -> tuple[Line, ...]:
        """Return the ties."""
        return tuple(line for line in self.lines if line.is_tie)

    def column_fact(self, kind: str) -> str | None:
        """Return the fact whose values are the columns of a side."""
        return {str(of): name for of, name in self.base.shown.roles.items()}.get(kind)

    def row_fact(self, kind: str) -> str | None:
        """Return the fact whose values are the rows of a side."""
        return {str(of): name for of, name in self.drawn.levels.items()}.get(kind)

    def column_words(self, kind: str) -> list[str]:
        """Return the words for columns in the order of the vocabulary."""
        return self._fact_words(self.column_fact(kind))

    def row_words(self, kind: str) -> list[str]:
        """Return the words for rows, the highest level first."""
        return list(reversed(self._fact_words(self.row_fact(kind))))

    def title(self, fact: str | None, word: str | None) -> str:
        """Return the title of a column or row."""
        if fact is None or word is None:
            return self._("not known")
        return self.words.value(fact, word)

    def name_of(self, key: Key) -> str:
        """Return the name on a card."""
        card = self.cards.get(key)
        return card.name if card else key[1]

    def lines_of(self, key: Key) -> list[Line]:
        """Return the lines that lead to a card."""
        return [line for line in self.lines if key in (line.one, line.other)]

    def _fact_words(self, name: str | None) -> list[str]:
        fact = self.base.facts.get(name or "")
        return [] if fact is None else fact.words()

    def _card(self, entity: Entity) -> Card:
        person = entity.kind == "person"
        voice, row = self.drawn.voice or "", self.row_fact(entity.kind) or ""
        return Card(
            key=(entity.kind, entity.id),
            name=" ".join(self.words.called(entity).split()),
            column=self._word(entity, self.column_fact(entity.kind)),
            row=self._word(entity, row),
            voice=self.report.said(entity, voice) if person else "",
            weight=self._weight(entity, *((voice, row) if person else (row,))),
            openness=self._openness(entity) if person else None,
            contact=self._contact(entity),
            goal=self._goal(entity) if person else "",
            main=person and self.report.is_main_contact(entity),
            active=self._active(entity),
        )

    def _word(self, entity: Entity, fact: str | None) -> str | None:
        value = self.report.read(entity, fact) if fact else None
        return value if isinstance(value, str) else None

    def _weight(self, entity: Entity, *names: str) -> float:
        """Return the rank of the first of several ordered facts that is known, from 0 to 1."""
        for name in names:
            fact = self.base.facts.get(name)
            rank = None if fact is None else fact.rank(self.report.read(entity, name))
            if fact is not None and rank is not None:
                return rank / max(1, len(fact.doc.values) - 1)
        return 0.0

    def _openness(self, entity: Entity) -> tuple[int, int] | None:
        fact = self.base.facts.get(self.drawn.openness or "")
        value = None if fact is None else self.report.read(entity, fact.name)
        limits = None if fact is None else fact.doc.range
        if not isinstance(value, int) or limits is None or limits.max is None:
            return None
        return value, int(limits.max)

    def _contact(self, entity: Entity) -> str:
        """Return the shortest time since the last contact in words."""
        told = [(line.facts.get(self.drawn.tie_age or ""), self.drawn.tie_age) for line in
                self.report.ties if entity in (line.member, line.person)]  # fmt: skip
        if entity.kind == "person" and self.drawn.last_contact:
            told.append(
                (self.report.read(entity, self.drawn.last_contact), self.drawn.last_contact)
            )
        days = [value for value, _ in told if isinstance(value, int | float)]
        said = [self.words.value(name, value) for value, name in told if value is not None and name]
        if not days:
            return self._("talked: %(time)s") % {"time": said[0]} if said else ""
        if min(days) < 1:
            return self._("talked today")
        return self._("talked %(days)s ago") % {"days": self.words.days(min(days))}

    def _goal(self, entity: Entity) -> str:
        goal = self.base.shown.goal
        what = self.report.read(entity, goal.what) if goal else None
        if goal is None or what is None or what == "none":
            return ""
        day = self.report.said(entity, goal.by)
        said = self.report.said(entity, goal.what)
        return self._("%(goal)s by %(day)s") % {"goal": said, "day": day} if day else said

    def _active(self, entity: Entity) -> bool | None:
        states = [t.active for t in self.report.ties if entity in (t.member, t.person)]
        if True in states:
            return True
        return None if None in states else False

    def _tie(self, tie: Tie) -> Line:
        days = tie.facts.get(self.drawn.tie_age or "")
        age = "" if days is None else self.words.value(self.drawn.tie_age or "", days)
        ends = ("member", tie.member.id), ("person", tie.person.id)
        return Line(tie.state, *ends, tie.link.id, age, tie.exchanges)

    def _wanted(self, tied: set[tuple[Key, Key]]) -> Iterator[Line]:
        told: dict[tuple[Key, Key], None] = {}
        for name in self.drawn.wanted:
            for person, named in self._named(name):
                told.setdefault((("member", named.id), ("person", person.id)))
        yield from (Line("wanted", *ends) for ends in told if ends not in tied)

    def _inner(self, kind: str) -> Iterator[Line]:
        for person, named in self._named(getattr(self.drawn, kind)):
            if person != named:
                yield Line(kind, ("person", person.id), ("person", named.id))

    def _named(self, name: str | None) -> Iterator[tuple[Entity, Entity]]:
        """Yield each person and whom an answer about them names."""
        fact = self.base.facts.get(name or "")
        for person in self.case.people or () if fact is not None else ():
            value = self.report.read(person, fact.name) if fact else UNKNOWN
            if fact is not None:
                yield from ((person, e) for e in named_by(fact, value, self.case).entities)

    def strangers(self) -> list[tuple[Card, str]]:
        """Return each person with the words of an answer that name nobody on the lists."""
        found = []
        for name in (self.drawn.above, self.drawn.heard, *self.drawn.wanted):
            fact = self.base.facts.get(name or "")
            for person in self.case.people or () if fact is not None else ():
                value: Any = self.report.read(person, fact.name) if fact else None
                others = named_by(fact, value, self.case).others if fact else ()
                found += [(self.cards["person", person.id], other) for other in others]
        return list(dict.fromkeys(found))
