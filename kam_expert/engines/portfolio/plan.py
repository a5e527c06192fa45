"""Columns that depend on columns: what to compute on which frame, and in what order.

A frame has one row for each thing of a kind. A column is made from columns of its own frame, is
lifted from the frame of something that the row belongs to, or gathers the rows that belong to it.
The plan is filled without data; running it makes as few passes as the dependencies allow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kam_expert.engines.portfolio.values import Algebra, Expr

#: A lazy frame of the library in use.
Frame = Any

#: The column that numbers the rows of each frame; other frames refer to it by the same name.
KEYS = {
    "account": "account",
    "person": "person",
    "member": "member",
    "link": "link",
    "decision": "decision",
}
Gather = Literal["count", "sum", "any", "min", "max", "n_unique"]
FILL: dict[str, Any] = {"count": 0, "sum": 0, "any": False, "n_unique": 0}


@dataclass(frozen=True)
class Make:
    """A column from an expression over columns of the same frame."""

    frame: str
    name: str
    expr: Expr
    needs: frozenset[str]


@dataclass(frozen=True)
class Lift:
    """A column of what the row belongs to: a person's from the account, a link's from a person."""

    frame: str
    name: str
    source: str
    column: str


@dataclass(frozen=True)
class Gathered:
    """A column gathered over the rows of *source* that belong to the row."""

    frame: str
    name: str
    source: str
    column: str
    how: Gather


Node = Make | Lift | Gathered


@dataclass
class Plan:
    """What to compute; nodes are told apart by frame and name.

    Attributes:
        x: The words of the dataframe library.
        given: The columns that each frame has before anything is computed.
    """

    x: Algebra
    given: Mapping[str, frozenset[str]]
    nodes: dict[tuple[str, str], Node] = field(default_factory=dict)

    def add(self, node: Node) -> str:
        """Add *node* unless it is there; give the name of its column."""
        self.nodes.setdefault((node.frame, node.name), node)
        return node.name

    def lift(self, frame: str, source: str, column: str) -> str:
        """Give the name under which a column of *source* stands on *frame*."""
        return self.add(Lift(frame, f"{source}.{column}", source, column))

    def gather(self, frame: str, source: str, column: str, how: Gather) -> str:
        """Give the name of a column of *frame* that gathers *column* over *source*."""
        return self.add(Gathered(frame, f"{how}({source}.{column})", source, column, how))

    def needed(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Node]:
        """Give the nodes that *wanted* columns rest on, themselves included."""
        found: dict[tuple[str, str], Node] = {}
        todo = list(wanted)
        while todo:
            key = todo.pop()
            node = self.nodes.get(key)
            if node is None or key in found:
                continue
            found[key] = node
            if isinstance(node, Make):
                todo.extend((node.frame, name) for name in node.needs)
            else:
                todo.append((node.source, node.column))
        return found

    def run(
        self,
        frames: Mapping[str, Frame],
        wanted: Iterable[tuple[str, str]],
        settle: Callable[[Frame], Frame],
    ) -> dict[str, Frame]:
        """Compute *wanted* columns.

        Args:
            frames: The frames by kind, with their keys and the given columns.
            wanted: Frame and name of each column.
            settle: Called for each frame after a pass over it: computes it, so that later passes
                need not repeat the work.

        Returns:
            The frames with the wanted columns, and those that they rest on.
        """
        result = dict(frames)
        there = {frame: set(columns) for frame, columns in self.given.items()}
        pending = self.needed(wanted)
        pending = {key: node for key, node in pending.items() if key[1] not in there[key[0]]}
        while pending:
            changed = self._make(result, there, pending)
            changed |= self._join(result, there, pending)
            if not changed:
                missing = sorted(pending)[:5]
                raise AssertionError(f"columns rest on each other or on nothing: {missing}")
            for frame in changed:
                result[frame] = settle(result[frame])
        return result

    @staticmethod
    def _make(
        frames: dict[str, Frame],
        there: dict[str, set[str]],
        pending: dict[tuple[str, str], Node],
    ) -> set[str]:
        changed: set[str] = set()
        while True:
            ready: dict[str, list[Make]] = {}
            for node in pending.values():
                if isinstance(node, Make) and node.needs <= there[node.frame]:
                    ready.setdefault(node.frame, []).append(node)
            if not ready:
                return changed
            for frame, nodes in ready.items():
                made = [node.expr.alias(node.name) for node in nodes]
                frames[frame] = frames[frame].with_columns(*made)
                for node in nodes:
                    there[frame].add(node.name)
                    del pending[frame, node.name]
                changed.add(frame)

    def _join(
        self,
        frames: dict[str, Frame],
        there: dict[str, set[str]],
        pending: dict[tuple[str, str], Node],
    ) -> set[str]:
        ready: dict[tuple[str, str, str], list[Lift | Gathered]] = {}
        for node in pending.values():
            if not isinstance(node, Make) and node.column in there[node.source]:
                ready.setdefault((node.frame, node.source, type(node).__name__), []).append(node)
        before = dict(frames)
        for (frame, source, what), nodes in ready.items():
            if what == "Lift":
                key = KEYS[source]
                other = before[source].select(
                    self.x.col(key), *(self.x.col(n.column).alias(n.name) for n in nodes)
                )
                frames[frame] = frames[frame].join(other, on=key, how="left")
            else:
                key = KEYS[frame]
                gathered = [n for n in nodes if isinstance(n, Gathered)]
                other = before[source].group_by(key).agg(*(self._aggregate(n) for n in gathered))
                joined = frames[frame].join(other, on=key, how="left")
                filled = [
                    self.x.col(n.name).fill_null(FILL[n.how]) for n in gathered if n.how in FILL
                ]
                frames[frame] = joined.with_columns(*filled) if filled else joined
            for node in nodes:
                there[frame].add(node.name)
                del pending[frame, node.name]
        return {frame for frame, _, _ in ready}

    def _aggregate(self, node: Gathered) -> Expr:
        column = self.x.col(node.column)
        match node.how:
            case "count":
                made = self.x.cast(column, "Int32").sum()
            case "sum":
                made = column.sum()
            case "any":
                made = column.any()
            case "min":
                made = column.min()
            case "max":
                made = column.max()
            case "n_unique":
                made = column.n_unique()
        return made.alias(node.name)
