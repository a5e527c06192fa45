"""People and ties, as the report and the map of people show them."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.callings import callings
from kam_expert.outputs.evidence import EvidenceBook, ShortWords
from kam_expert.outputs.picture import NARROW, WIDE, draw, shape_of, ties_of, ties_with_state
from kam_expert.outputs.pieces import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.evidence import Origin
    from kam_expert.outputs.picture import Picture, PictureLayout, Tie
    from kam_expert.results.diagnosis import Diagnosis, Finding
    from kam_expert.results.edition import ReaderEdition


class ReportPeople:
    """What is known of the people of both sides, of their ties, and who said it."""

    def __init__(
        self,
        diagnosis: Diagnosis,
        case: Case,
        base: KnowledgeBase,
        lang: str,
        edition: ReaderEdition | None = None,
    ) -> None:
        self.edition = edition
        self.diagnosis = diagnosis
        self.case = case
        self.base = base
        self.words = ShortWords(base, case, lang, diagnosis.day)
        self._readings = Readings(case, base, diagnosis.day)
        self.shown = base.shown
        self._evidence = EvidenceBook(self.words, frozenset(self.shown.scales()))
        self.sources = self._evidence.sources

    @functools.cached_property
    def ties(self) -> tuple[Tie, ...]:
        """Return the pairs of people."""
        if self.edition is not None:
            return ties_with_state(self.case, self.edition.ties)
        return ties_of(self.case, self.base, self.diagnosis.day)

    @functools.cached_property
    def picture(self) -> Picture:
        """Return the picture of the ties."""
        return self._drawn(WIDE)

    @functools.cached_property
    def narrow_picture(self) -> Picture:
        """Return the picture for the first page, which shows the first few people of each side."""
        return self._drawn(NARROW)

    def _drawn(self, layout: PictureLayout) -> Picture:
        roles: dict[tuple[str, str], str] = {}
        for kind, name in self.shown.roles.items():
            for entity in self.case.entities(kind):
                role = self.read(entity, name)
                if role is not None and entity.name:
                    roles[kind, entity.id] = self.words.value(name, role)
        main = {p.id for p in self.case.entities("person") if self.is_main_contact(p)}
        merged = self.edition is not None and self.edition.grouped
        one_pair = self.one_pair is not None
        shape = "groups" if merged else shape_of(self.ties, one_pair=one_pair)
        return draw(
            self.case,
            self.ties,
            callings(self.case, self.base, self.words.lang),
            roles,
            frozenset(main),
            shape=shape,
            layout=layout,
        )

    @functools.cached_property
    def one_pair(self) -> Finding | None:
        """Return the finding that one pair of people carries the contact, if it is likely."""
        return next(
            (
                found
                for found in self.diagnosis.findings
                if found.id in self.shown.one_pair and at_least_likely(found.status)
            ),
            None,
        )

    def is_main_contact(self, person: Entity) -> bool:
        """Return whether a person is known to be the main contact."""
        return self.shown.main_contact is not None and (
            self.read(person, self.shown.main_contact) == "yes"
        )

    def read(self, entity: Entity, name: str) -> Any:
        """Return a fact about a person as plain data; None if it is unknown."""
        if name not in self.base.facts:
            return None
        value = self._readings.view(entity, strict=False).read(Ref(name))
        return None if value is UNKNOWN else plain_value(value)

    def said(self, entity: Entity, name: str) -> str:
        """Return a fact about a person in words; empty if it is unknown."""
        value = self.read(entity, name)
        return "" if value is None or value == () else self.words.value(name, value)

    def bar(self, entity: Entity, name: str) -> tuple[int, str] | None:
        """Return a score from 0 to 4 and its meaning; None if the exact score is unknown."""
        fact = self.base.facts.get(name)
        value = self.read(entity, name)
        if fact is None or value is None:
            return None
        rank = fact.rank(value)
        if rank is not None:
            return rank, self.words.value(name, value)
        if not isinstance(value, int):
            return None
        anchor = fact.doc.anchors.get(str(value))
        return value, anchor.get(self.words.lang) if anchor else ""

    def origin(self, entity: Entity, name: str) -> Origin | None:
        """Return the origin of an answer about a person; None without an answer."""
        answer = self._readings.view(entity, strict=False).answer(Ref(name))
        return None if answer is None else self.sources.of("ours", answer.origin())

    def tie_origins(self, tie: Tie) -> list[Origin]:
        """Return the distinct origins of the answers about a pair."""
        view = self._readings.view(tie.link, strict=False)
        answers = (view.answer(Ref(name)) for name in tie.facts)
        found = (self.sources.of("ours", answer.origin()) for answer in answers if answer)
        return list(dict.fromkeys(origin for origin in found if origin))

    def untied(self) -> list[Entity]:
        """Return the people of both sides without a tie."""
        tied = {(e.kind, e.id) for tie in self.ties for e in (tie.member, tie.person)}
        everyone = (*self.case.entities("member"), *self.case.entities("person"))
        return [entity for entity in everyone if (entity.kind, entity.id) not in tied]

    def coverage(self) -> Coverage | None:
        """Return the number of active ties between functions; None without people or ties."""
        theirs, ours = self.shown.roles.get("person"), self.shown.roles.get("member")
        if not self.case.people or self.case.links is None or theirs is None or ours is None:
            return None
        counted: Counter[tuple[str | None, str | None]] = Counter()
        unsure = set()
        for tie in self.ties:
            cell = self.read(tie.person, theirs), self.read(tie.member, ours)
            counted[cell] += tie.active is True
            if tie.active is None:
                unsure.add(cell)
        known = {self.read(person, theirs) for person in self.case.people}
        functions = self.base.facts[theirs].words()
        return Coverage(
            ours=self._in_order(ours, (self.read(m, ours) for m in self.case.team or ())),
            theirs=self._in_order(theirs, known),
            ties=counted,
            unsure=frozenset(unsure),
            missing=tuple(word for word in functions if word not in known),
        )

    def _in_order(self, name: str, values: Iterable[Any]) -> tuple[str | None, ...]:
        had = set(values)
        words = self.base.facts[name].words() if name in self.base.facts else []
        return (*(word for word in words if word in had), *([None] if None in had else []))
