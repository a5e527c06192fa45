"""What a finding is about on the map: the cards and ties that its reasons name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.facts.computed import form_of
from kam_expert.facts.readings import Readings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.results.diagnosis import Finding, Premise
    from kam_expert.web.map_model import Key, MapModel

_PEOPLE = ("person", "member")


@dataclass(frozen=True)
class OnMap:
    """A finding with the cards and ties that it is about.

    Attributes:
        id: Of the finding.
        text: The headline.
        obstacle: Whether it is an obstacle.
        cards: The cards.
        links: The ids of the ties.
    """

    id: str
    text: str
    obstacle: bool
    cards: frozenset[Key]
    links: frozenset[str]


class FindingsOnMap:
    """Finds the cards and ties of findings.

    Args:
        model: The map.
    """

    def __init__(self, model: MapModel) -> None:
        self._model = model
        self._diagnosis = model.report.diagnosis
        self._readings = Readings(model.case, model.base, self._diagnosis.day)
        self._ends = {link.id: link.ends for link in model.case.links or ()}

    def all(self) -> list[OnMap]:
        """Return the conclusions that are about cards or ties, obstacles first."""
        merged: dict[str, list[Finding]] = {}
        for found in self._diagnosis.concluded():
            merged.setdefault(found.id, []).append(found)
        shown = [self._on_map(name, group) for name, group in merged.items()]
        shown = [on_map for on_map in shown if on_map.cards or on_map.links]
        return sorted(shown, key=lambda on_map: not on_map.obstacle)

    def _on_map(self, name: str, group: list[Finding]) -> OnMap:
        base = self._model.base
        things = {thing for found in group for thing in self._things(found)}
        links = frozenset(identity for kind, identity in things if kind == "link")
        ends = {
            end
            for link in links
            for end in zip(_PEOPLE[::-1], self._ends.get(link) or (), strict=False)
        }
        cards = {thing for thing in things if thing[0] in _PEOPLE} | ends
        return OnMap(
            name,
            self._model.words.headline(group[0]),
            any(base.is_obstacle(f.id, f.severity, f.status) for f in group),
            frozenset(cards),
            links,
        )

    def _things(self, found: Finding) -> Iterator[tuple[str, str]]:
        yield found.about.kind, found.about.id
        for reason in found.reasons:
            for premise in reason.premises if reason.outcome != "open" else ():
                if premise.holds is True:
                    yield premise.about.kind, premise.about.id
                    yield from self._counted(premise)

    def _counted(self, premise: Premise) -> Iterator[tuple[str, str]]:
        """Yield what a computed fact was computed from."""
        base = self._model.base
        fact = base.facts.get(premise.fact or "")
        if fact is None or not fact.doc.from_lists or fact.kind != "account":
            return
        where = base.computed_where.get(fact.name)
        for entity in getattr(self._model.case, form_of(fact.doc.computed or {})[1]) or ():
            view = self._readings.view(entity, strict=False)
            if where is None or where.evaluate(view) is True:
                yield entity.kind, entity.id
