"""Columns of frames: computed, lifted from other frames, or gathered over lists."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.engines.portfolio.judging.column_graph import ColumnGraph
from kam_expert.engines.portfolio.judging.expressions import (
    Expr,
    Number,
    is_true,
    not_false,
)
from kam_expert.engines.portfolio.judging.nodes import Make
from kam_expert.facts.case import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from kam_expert.engines.portfolio.judging.frames import Frames
    from kam_expert.knowledge.base import KnowledgeBase

READINGS = ("w", "s")  # working, strict


@dataclass(frozen=True)
class EvaluationPlace:
    """Where a condition is evaluated: a frame, and for rules about gaps the gap."""

    frame: str
    gap: str | None = None


class Columns:
    """Columns that depend on columns.

    Args:
        base: The rule base.
        given: The columns that each frame has.
        day: The date of the diagnosis.
        library: Adds columns to frames, and builds expressions.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        given: Mapping[str, frozenset[str]],
        day: date,
        library: Frames,
    ) -> None:
        self.base = base
        self.day = day
        self.x = library.x
        self.plan = ColumnGraph(library, given)
        self._needs: dict[str, Expr] = {}
        self._same: dict[tuple[str, str], str] = {}

    def col(self, name: str) -> Expr:
        """Return a column of the current frame, and note that it is needed."""
        return self._needs.setdefault(name, self.x.col(name))

    @contextmanager
    def noting(self) -> Iterator[dict[str, Expr]]:
        """Collect the columns that expressions inside the block name."""
        before, self._needs = self._needs, {}
        try:
            yield self._needs
        finally:
            self._needs = before

    def make(self, frame: str, name: str, build: Any) -> str:
        """Add the column *name* unless it is there; *build* gives its expression.

        Returns:
            The name of the column, or of the existing column that *build* returns.
        """
        key = (frame, name)
        if key in self._same:
            return self._same[key]
        if key not in self.plan.nodes and name not in self.plan.given[frame]:
            with self.noting() as needs:
                expr = build()
            for other, column in needs.items():
                if expr is column:
                    self._same[key] = other
                    return other
            self.plan.add(Make(frame, name, expr, frozenset(needs)))
        return name

    def lifted(self, frame: str, source: str, column: str) -> Expr:
        """Return a column of another frame on *frame*."""
        return self.col(self.plan.lift(frame, source, column))

    def at(self, frame: str, source: str, column: str) -> Expr:
        """Return a column on *frame*, lifted if it is on another frame."""
        return self.col(column) if source == frame else self.lifted(frame, source, column)

    # Lists

    def listed(self, frame: str, of: str) -> Expr:
        """Return where a list was given."""
        return self.at(frame, "account", f"{of}_listed")

    def may_grow(self, frame: str, of: str, reading: str) -> Expr:
        """Return where a list may have unknown members; see `Readings.may_grow`."""

        def build() -> Expr:
            if of == "events":
                return ~self.x.true
            listed = self.col(f"{of}_listed")
            if of == "decisions":
                return ~listed if reading == "w" else self.x.true
            said = self.col(f"{of}_complete")
            closed = not_false(said) if reading == "w" else is_true(said)
            return ~(listed & closed)

        column = self.make("account", f"{of} may grow~{reading}", build)
        return self.at(frame, "account", column)

    def bounds(self, frame: str, of: str, flags: tuple[str, str], more: Expr) -> Number:
        """Return the numbers of members that certainly count (first flag) and that may count."""
        low, high = (self.tally(frame, of, flag) for flag in flags)
        return Number(self.x, low, self.x.when(~more).then(high))

    def tally(self, frame: str, of: str, flag: str) -> Expr:
        """Return the number of members whose *flag* is set."""
        return self.col(self.gathered(frame, of, flag, "count"))

    def any_member(self, frame: str, of: str, flag: str) -> str:
        """Return the column of whether any member has its *flag* set."""
        return self.gathered(frame, of, flag, "any")

    def gathered(self, frame: str, of: str, column: str, how: Any) -> str:
        """Gather a column over the members of a list of *frame*; return its name on *frame*."""
        member = LISTS[of]
        source = self.between(frame, member)
        if source != member:
            column = self.plan.lift(source, member, column)
        return self.plan.gather(frame, source, column, how)

    @staticmethod
    def between(frame: str, member: str) -> str:
        """Return the frame whose rows connect *member* with *frame*."""
        if {frame, member} == {"decision", "person"}:
            return "belongs"
        if {frame, member} == {"decision", "link"}:
            return "belongs_link"
        return member
