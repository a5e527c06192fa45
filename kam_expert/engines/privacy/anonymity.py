"""k-anonymity of a graph of ties, computed by colour refinement.

People are indistinguishable if they have the same ties to indistinguishable people. Somebody with a
small anonymity set can be identified by their ties even without a name.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

#: A person of either side: kind and id.
Node = tuple[str, str]


class TieGraph:
    """The graph of the ties of an account.

    Args:
        labels: What is shown of each person and member.
        ties: Pairs of people with the label of their tie.
    """

    def __init__(self, labels: Mapping[Node, str], ties: Iterable[tuple[Node, Node, str]]) -> None:
        self._labels = labels
        self._ties: dict[Node, list[tuple[str, Node]]] = {node: [] for node in labels}
        for one, other, label in ties:
            self._ties[one].append((label, other))
            self._ties[other].append((label, one))

    def smallest_anonymity_set(self, nodes: Iterable[Node]) -> int:
        """Return the size of the smallest anonymity set of any of *nodes*.

        Without nodes, it is the number of people.
        """
        colours = self._refined(self._labelled())
        sizes = Counter(colours.values())
        return min((sizes[colours[node]] for node in nodes), default=len(colours))

    def in_order(self) -> list[Node]:
        """Return everybody in an order that depends on the graph and not on the ids.

        Ties between indistinguishable people are broken by id. The picture does not depend on it,
        except for graphs so regular that no account has them.
        """
        colours = self._refined(self._labelled())
        while len(set(colours.values())) < len(colours):
            sizes = Counter(colours.values())
            shared = min(colour for colour, size in sizes.items() if size > 1)
            first = min(node for node, colour in colours.items() if colour == shared)
            split = {node: (colour, node != first) for node, colour in colours.items()}
            colours = self._refined(_ranked(split))
        return sorted(colours, key=colours.__getitem__)

    def _labelled(self) -> dict[Node, int]:
        return _ranked({node: (node[0], label) for node, label in self._labels.items()})

    def _refined(self, colours: dict[Node, int]) -> dict[Node, int]:
        """Split colours by the colours of neighbours until nothing changes."""
        count = len(set(colours.values()))
        while True:
            seen = {
                node: (
                    colour,
                    tuple(sorted((label, colours[other]) for label, other in self._ties[node])),
                )
                for node, colour in colours.items()
            }
            colours = _ranked(seen)
            if len(set(colours.values())) == count:
                return colours
            count = len(set(colours.values()))


def _ranked(keys: Mapping[Node, Any]) -> dict[Node, int]:
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys.values())))}
    return {node: ranks[key] for node, key in keys.items()}
