"""The truth of conditions in settled readings, each evaluated once for each view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.conditions.logic import Connective
from kam_expert.knowledge.conditions.member_terms import ListTerm

if TYPE_CHECKING:
    from kam_expert.knowledge.conditions.condition import Condition, View
    from kam_expert.knowledge.values import Truth


class Truths:
    """Caches the truth of conditions.

    Conditions and views are compared by identity, as hashing a tree takes as long as evaluating
    it; so both must live at least as long as this. Findings and the stage must be settled.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Truth] = {}

    def of(self, condition: Condition, view: View) -> Truth:
        """Return the truth of *condition* for *view*."""
        key = id(condition), id(view)
        if key not in self._known:
            self._known[key] = self._evaluated(condition, view)
        return self._known[key]

    def _evaluated(self, condition: Condition, view: View) -> Truth:
        if isinstance(condition, Connective):
            return condition.joined(self.of(part, view) for part in condition.parts)
        if isinstance(condition, Leaf) and isinstance(condition.term, ListTerm):
            return condition.term.truth(view, condition.tests, self.of)
        return view.truth_of(condition)  # it may be known since the case was settled
