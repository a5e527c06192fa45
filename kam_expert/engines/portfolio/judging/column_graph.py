"""Columns that depend on columns: what to compute on which frame, and in what order.

A frame has one row for each entity of a kind. A column is made from columns of its own frame, is
lifted from the frame of the row's owner, or gathers the rows that belong to it.
The plan is filled without data; running it makes as few passes as the dependencies allow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kam_expert.engines.portfolio.judging.nodes import Gathered, Lift, Make

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kam_expert.engines.portfolio.judging.frames import Frame, Frames
    from kam_expert.engines.portfolio.judging.nodes import Gather, Node


#: The column that numbers the rows of each frame; other frames refer to it by the same name.
KEYS = {
    "account": "account",
    "person": "person",
    "member": "member",
    "link": "link",
    "decision": "decision",
    "event": "event",
}


@dataclass
class ColumnGraph:
    """The columns to compute; frame and name identify a node.

    Attributes:
        library: Adds columns to frames.
        given: The columns that each frame has before anything is computed.
    """

    library: Frames
    given: Mapping[str, frozenset[str]]
    nodes: dict[tuple[str, str], Node] = field(default_factory=dict)

    def add(self, node: Node) -> str:
        """Add *node* unless it exists; return the name of its column."""
        if "." in node.name:
            raise AssertionError(f"Spark would look for a part of a column: {node.name}")
        self.nodes.setdefault((node.frame, node.name), node)
        return node.name

    def lift(self, frame: str, source: str, column: str) -> str:
        """Return the name of a column of *source* on *frame*."""
        return self.add(Lift(frame, f"{source}: {column}", source, column))

    def gather(self, frame: str, source: str, column: str, how: Gather) -> str:
        """Return the name of a column of *frame* that gathers *column* over *source*."""
        return self.add(Gathered(frame, f"{how}({source}: {column})", source, column, how))

    def needed(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Node]:
        """Return the nodes that *wanted* columns depend on, with their own."""
        found: dict[tuple[str, str], Node] = {}
        todo = list(wanted)
        while todo:
            key = todo.pop()
            node = self.nodes.get(key)
            if node is None or key in found:
                continue
            found[key] = node
            todo.extend(_read_by(node))
        return found

    def run(
        self, frames: Mapping[str, Frame], wanted: Iterable[tuple[str, str]]
    ) -> dict[str, Frame]:
        """Compute *wanted* columns.

        Args:
            frames: The frames by kind, with their keys and the given columns.
            wanted: Frame and name of each column.

        Returns:
            The frames with the wanted columns and those that were never needed here; columns of
            facts and intermediate steps are dropped.
        """
        asked = list(wanted)
        result = dict(frames)
        there = {frame: set(columns) for frame, columns in self.given.items()}
        pending = {
            key: node for key, node in self.needed(asked).items() if key[1] not in there[key[0]]
        }
        used = {key for node in pending.values() for key in _read_by(node)}
        while pending:
            before = len(pending)
            self._make(result, there, pending)
            self._fetch(result, there, pending)
            if len(pending) == before:
                missing = sorted(pending)[:5]
                raise AssertionError(f"columns rest on each other or on nothing: {missing}")
            keep = {*asked, *(key for node in pending.values() for key in _read_by(node))}
            for frame, columns in there.items():
                gone = {c for c in columns if (frame, c) in used and (frame, c) not in keep}
                result[frame] = self.library.drop(result[frame], gone)
                there[frame] = columns - gone
            used |= keep
        return result

    def _make(
        self,
        frames: dict[str, Frame],
        there: dict[str, set[str]],
        pending: dict[tuple[str, str], Node],
    ) -> None:
        while True:
            ready: dict[str, list[Make]] = {}
            for node in pending.values():
                if isinstance(node, Make) and node.needs <= there[node.frame]:
                    ready.setdefault(node.frame, []).append(node)
            if not ready:
                return
            for frame, nodes in ready.items():
                frames[frame] = self.library.make(frames[frame], nodes)
                self._done(nodes, there, pending)

    def _fetch(
        self,
        frames: dict[str, Frame],
        there: dict[str, set[str]],
        pending: dict[tuple[str, str], Node],
    ) -> None:
        ready: dict[tuple[str, str, bool], list[Any]] = {}
        for node in pending.values():
            if not isinstance(node, Make) and node.column in there[node.source]:
                lifts = isinstance(node, Lift)
                ready.setdefault((node.frame, node.source, lifts), []).append(node)
        before = dict(frames)
        for (frame, source, lifts), nodes in ready.items():
            fetch = self.library.lift if lifts else self.library.gather
            key = KEYS[source if lifts else frame]
            frames[frame] = fetch(frames[frame], before[source], key, nodes)
            self._done(nodes, there, pending)

    @staticmethod
    def _done(
        nodes: Iterable[Node],
        there: dict[str, set[str]],
        pending: dict[tuple[str, str], Node],
    ) -> None:
        for node in nodes:
            there[node.frame].add(node.name)
            del pending[node.frame, node.name]


def _read_by(node: Node) -> Iterable[tuple[str, str]]:
    if isinstance(node, Make):
        return [(node.frame, name) for name in node.needs]
    return [(node.source, node.column)]
