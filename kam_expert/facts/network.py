"""The network of live ties: who holds it together, and what is left when somebody leaves.

The two searches are the textbook ones by depth first (Tarjan, Hopcroft), without recursion.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

Node = TypeVar("Node", bound="Hashable")


class Network(Generic[Node]):
    """An undirected network.

    Args:
        edges: Pairs of nodes; a pair that occurs twice counts once.
    """

    def __init__(self, edges: Iterable[tuple[Node, Node]]) -> None:
        self.neighbours: dict[Node, list[Node]] = {}
        for one, other in dict.fromkeys(edges):
            if other not in self.neighbours.setdefault(one, []):
                self.neighbours[one].append(other)
                self.neighbours.setdefault(other, []).append(one)
        self._cuts: list[Node] = []
        self._bridges: list[tuple[Node, Node]] = []
        seen: dict[Node, int] = {}
        for node in self.neighbours:
            if node not in seen:
                self._search(node, seen)

    def cut_vertices(self) -> tuple[Node, ...]:
        """Return the nodes without which a connected part falls apart, in the order of nodes."""
        cuts = set(self._cuts)
        return tuple(node for node in self.neighbours if node in cuts)

    def bridges(self) -> tuple[tuple[Node, Node], ...]:
        """Return the edges without which a connected part falls apart."""
        return tuple(self._bridges)

    def parts_without(self, gone: Node) -> tuple[frozenset[Node], ...]:
        """Return the parts into which the neighbours of *gone* fall without it, largest first."""
        parts: list[frozenset[Node]] = []
        for start in self.neighbours.get(gone, ()):
            if not any(start in part for part in parts):
                parts.append(frozenset(self._reached(start, {gone})))
        return tuple(sorted(parts, key=len, reverse=True))

    def way(self, starts: Iterable[Node], goal: Node) -> tuple[Node, ...]:
        """Return the shortest way from one of *starts* to *goal*; empty if there is none.

        Of ways of the same length it is the one whose start, then whose next node, comes first.
        """
        came: dict[Node, Node | None] = {
            start: None for start in starts if start in self.neighbours
        }
        queue = deque(came)
        while queue:
            node = queue.popleft()
            if node == goal:
                return tuple(reversed(list(_back(node, came))))
            for other in self.neighbours[node]:
                if other not in came:
                    came[other] = node
                    queue.append(other)
        return ()

    def _reached(self, start: Node, barred: set[Node]) -> set[Node]:
        seen, stack = {start}, [start]
        while stack:
            for other in self.neighbours[stack.pop()]:
                if other not in seen and other not in barred:
                    seen.add(other)
                    stack.append(other)
        return seen

    def _search(self, root: Node, order: dict[Node, int]) -> None:
        """Visit the part of *root* and note its cut vertices and bridges.

        *order* numbers the nodes as they are met; ``low`` is the lowest number that a node and
        those below it reach without the edge they came by.
        """
        low = {root: len(order)}
        order[root] = len(order)
        below_root = 0
        stack: list[tuple[Node, Node | None, Iterator[Node]]] = [
            (root, None, iter(self.neighbours[root]))
        ]
        while stack:
            node, came_from, others = stack[-1]
            for other in others:
                if other == came_from:
                    continue
                if other in order:
                    low[node] = min(low[node], order[other])
                    continue
                low[other] = order[other] = len(order)
                stack.append((other, node, iter(self.neighbours[other])))
                break
            else:
                stack.pop()
                if came_from is None:
                    continue
                low[came_from] = min(low[came_from], low[node])
                below_root += came_from == root
                if low[node] > order[came_from]:
                    self._bridges.append((came_from, node))
                if came_from != root and low[node] >= order[came_from]:
                    self._cuts.append(came_from)
        if below_root > 1:
            self._cuts.append(root)


def _back(node: Node, came: Mapping[Node, Node | None]) -> Iterator[Node]:
    step: Node | None = node
    while step is not None:
        yield step
        step = came[step]
