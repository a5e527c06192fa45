"""What the ties say: whose leaving cuts the network, whom we ought to meet, whom to ask.

An introduction is a suggestion to ask. It never leads around the main contact, who is asked or
informed first.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.facts.network import Network

if TYPE_CHECKING:
    from kam_expert.web.map_model import Card, Key, Line, MapModel


@dataclass(frozen=True)
class Leaving:
    """What is left when somebody leaves.

    Attributes:
        card: Who leaves.
        parts: The parts into which the network falls, the largest first.
        lost: The people of the customer with whom nobody of ours would be in contact.
        left: The people of the customer with whom somebody of ours would still be in contact.
    """

    card: Card
    parts: tuple[frozenset[Key], ...]
    lost: tuple[Card, ...]
    left: tuple[Card, ...]


@dataclass(frozen=True)
class Introduction:
    """Whom to ask for the way to somebody.

    Attributes:
        to: The person whom we ought to be in contact with.
        who: The members who are to be in contact; none if nobody was named.
        ask: Whom to ask: a colleague who knows or knew the person, or somebody of the customer;
            None if nobody we are in contact with can lead there.
        old: The tie that is to be taken up again, if there is one.
        line: How the one to ask and the person are joined: ``above``, ``heard``, ``main`` for
            the main contact, ``tie`` for a colleague.
        tell: The main contact, who hears of it first; None if it is the one to ask, or unknown.
    """

    to: Card
    who: tuple[Card, ...]
    ask: Card | None
    old: Line | None
    line: str
    tell: Card | None


class MapNetwork:
    """The network of live ties on a map.

    Args:
        model: The map.
    """

    def __init__(self, model: MapModel) -> None:
        self._model = model
        self._live = [line for line in model.ties if line.kind == "active"]
        self._network: Network[Key] = Network((line.one, line.other) for line in self._live)

    @functools.cached_property
    def cuts(self) -> tuple[Card, ...]:
        """Return those whose leaving cuts the network, who parts most people first."""
        found = [(self._parted(key), key) for key in self._network.cut_vertices()]
        found.sort(key=lambda pair: -pair[0])
        return tuple(self._model.cards[key] for _, key in found)

    @functools.cached_property
    def bridges(self) -> tuple[Line, ...]:
        """Return the ties without which the network falls apart."""
        ends = {frozenset(pair) for pair in self._network.bridges()}
        return tuple(line for line in self._live if frozenset((line.one, line.other)) in ends)

    def _parted(self, key: Key) -> int:
        """Return how many pairs of people lose their way to each other without *key*."""
        sizes = [len(part) for part in self._network.parts_without(key)]
        return (sum(sizes) ** 2 - sum(size**2 for size in sizes)) // 2

    @functools.cached_property
    def main(self) -> Card | None:
        """Return the main contact."""
        return next((card for card in self._model.cards.values() if card.main), None)

    def leaving(self, card: Card) -> Leaving:
        """Return what is left when somebody leaves."""
        left_ties = [line for line in self._live if card.key not in (line.one, line.other)]
        still = {line.other for line in left_ties}
        known = [c for c in self._reached() if c.key != card.key]
        return Leaving(
            card,
            self._network.parts_without(card.key),
            tuple(c for c in known if c.key not in still),
            tuple(c for c in known if c.key in still),
        )

    def _reached(self) -> list[Card]:
        reached = {line.other for line in self._live}
        return [card for key, card in self._model.cards.items() if key in reached]

    def by_one_tie(self) -> list[Line]:
        """Return the ties that are the only live one of a person, the weightiest person first."""
        ties: dict[Key, list[Line]] = {}
        for line in self._live:
            ties.setdefault(line.other, []).append(line)
        only = [found[0] for found in ties.values() if len(found) == 1]
        return sorted(only, key=lambda line: -self._model.cards[line.other].weight)

    @functools.cached_property
    def to_meet(self) -> tuple[Card, ...]:
        """Return the people without a live tie, who has most to say first."""
        cards = [c for c in self._model.cards.values() if c.kind == "person" and not c.active]
        return tuple(sorted(cards, key=lambda card: -card.weight))

    @functools.cached_property
    def key_tie(self) -> Line | None:
        """Return the tie to look at first.

        The only live one; else an old one to the weightiest person out of reach; else
        one that is alone in reaching somebody.
        """
        if len(self._live) == 1:
            return self._live[0]
        old = {line.other: line for line in reversed(self._model.ties) if line.kind != "active"}
        cold = [old[card.key] for card in self.to_meet if card.key in old]
        return next(iter((*cold, *self.by_one_tie())), None)

    def introductions(self) -> list[Introduction]:
        """Return whom to ask for the way to each person whom we ought to be in contact with.

        These are the people without a live tie, and those whom somebody of ours is to meet.
        """
        wanted: dict[Key, list[Key]] = {}
        for line in self._model.lines:
            if line.kind == "wanted":
                wanted.setdefault(line.other, []).append(line.one)
        others = [self._model.cards[key] for key in wanted if self._model.cards[key].active]
        return [self._introduction(card, wanted) for card in (*self.to_meet, *others)]

    def _introduction(self, to: Card, wanted: dict[Key, list[Key]]) -> Introduction:
        cards = self._model.cards
        who = tuple(cards[key] for key in wanted.get(to.key, ()))
        ties = [line for line in self._model.ties if line.other == to.key]
        if to.active:
            # A colleague of ours who talks to the person introduces the one who is to meet them.
            line = next(line for line in ties if line.kind == "active")
            return Introduction(to, who, cards[line.one], None, "tie", self._told(to))
        if ties:
            return Introduction(to, who, cards[ties[0].one], ties[0], "tie", self._told(to))
        inner = [line for line in self._model.lines if line.kind in ("above", "heard")]
        pairs = [(line.one, line.other) for line in inner]
        reached = [card.key for card in sorted(self._reached(), key=lambda card: not card.main)]
        way = Network(pairs).way(reached, to.key)
        if way:
            joined = next(line for line in inner if {line.one, line.other} == set(way[:2]))
            ask = cards[way[0]]
            return Introduction(to, who, ask, None, joined.kind, self._told(ask, to))
        main = self.main if self.main and self.main.active and self.main.key != to.key else None
        return Introduction(to, who, main, None, "main" if main else "", None)

    def _told(self, *others: Card) -> Card | None:
        return None if self.main in others else self.main

    def first(self) -> list[Card]:
        """Return the cards to look at first.

        The main contact, the ends of the tie to look at first, who holds most together, and who
        is out of reach and has most to say.
        """
        tie = self.key_tie
        ends = [] if tie is None else [self._model.cards[tie.one], self._model.cards[tie.other]]
        reach = [card for card in self.to_meet if card.weight > 0]
        main = [self.main] if self.main else []
        return list(dict.fromkeys([*main, *ends, *self.cuts[:1], *reach[:1]]))
