"""Who is tied to whom without names: whether anybody can be told by their place in the pattern.

People look alike when they are tied, in the same way, to people who look alike. Somebody who looks
like few others can be told by all who know who talks to whom, whatever they are called.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

#: Somebody of either side, by kind and id.
Node = tuple[str, str]


class Pattern:
    """The ties of an account.

    Args:
        labels: What is said of each person and member; alike for those who are to look alike.
        ties: Pairs of them with a word for their tie.
    """

    def __init__(self, labels: Mapping[Node, str], ties: Iterable[tuple[Node, Node, str]]) -> None:
        self._labels = labels
        self._ties: dict[Node, list[tuple[str, Node]]] = {node: [] for node in labels}
        for one, other, word in ties:
            self._ties[one].append((word, other))
            self._ties[other].append((word, one))

    def fewest_alike(self, nodes: Iterable[Node]) -> int:
        """Return how many look like that one of *nodes* whom the fewest look like.

        Themselves included; without any nodes, as many as there are people.
        """
        places = self._refined(self._labelled())
        alike = Counter(places.values())
        return min((alike[places[node]] for node in nodes), default=len(places))

    def in_order(self) -> list[Node]:
        """Return everybody in an order that follows from the pattern, and not from what ids say.

        Of those who look alike any is first; the picture is the same whoever it is, but for
        patterns so regular that no account has them.
        """
        places = self._refined(self._labelled())
        while len(set(places.values())) < len(places):
            alike = Counter(places.values())
            shared = min(place for place, count in alike.items() if count > 1)
            first = min(node for node, place in places.items() if place == shared)
            apart = {node: (place, node != first) for node, place in places.items()}
            places = self._refined(_ranked(apart))
        return sorted(places, key=places.__getitem__)

    def _labelled(self) -> dict[Node, int]:
        return _ranked({node: (node[0], said) for node, said in self._labels.items()})

    def _refined(self, places: dict[Node, int]) -> dict[Node, int]:
        """Tell apart all who are tied to people of different places, until nothing is new."""
        count = len(set(places.values()))
        while True:
            seen = {
                node: (
                    place,
                    tuple(sorted((word, places[other]) for word, other in self._ties[node])),
                )
                for node, place in places.items()
            }
            places = _ranked(seen)
            if len(set(places.values())) == count:
                return places
            count = len(set(places.values()))


def _ranked(looks: Mapping[Node, Any]) -> dict[Node, int]:
    ranks = {look: rank for rank, look in enumerate(sorted(set(looks.values())))}
    return {node: ranks[look] for node, look in looks.items()}
