"""The least change that reaches a stage or strategy, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.inquiry_text import InquiryText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.results.inquiry import FactSet, Fragility, Paths


class PathText(InquiryText):
    """The smallest sets of changes."""

    def paths(self, answer: Paths, fragile: Sequence[Fragility]) -> str:
        """Return the smallest sets of changes that reach a stage, and those that lose it."""
        self._head()
        is_strategy = self.base.strategy(answer.target) is not None
        named = self.words.finding if is_strategy else self.words.stage
        target, now = named(answer.target), named(answer.verdict)
        if answer.target != answer.verdict:
            self.lines.add(self._("From %(now)s to %(stage)s", now=now, stage=target))
            self._ways(answer)
        elif is_strategy:
            self.lines.add(self._("The strategy is already %(strategy)s", strategy=target))
        else:
            self.lines.add(self._("The stage is already %(stage)s", stage=target))
        if not is_strategy:
            self._fragile(fragile)
        return self.lines.text()

    def _ways(self, answer: Paths) -> None:
        self.lines.title(self._("The least change"))
        if not answer.ways:
            self.lines.add(self._("No change that anybody could make was found that leads there."))
            return
        size = len(answer.ways[0])
        said = self._("facts to change: %(count)s", count=size)
        proof = self._("fewer are not enough") if answer.proved else self._("the best found")
        self.lines.add(f"{said}; {proof}")
        for number, way in enumerate(answer.ways, 1):
            for place, change in enumerate(way):
                mark = f"{number}. "[:4] if not place else ""
                self._change(change, mark)

    def _change(self, change: FactSet, mark: str) -> None:
        self.lines.add(f"{self.words.change(change)} – {self._lever(change.lever)}", 4, mark)
        if change.two_dates:
            self.lines.add(self._("a trend: it takes answers on two dates"), 8)
        if change.steps:
            steps = ", ".join(self.base.steps[s].name.get(self.lang) for s in change.steps[:3])
            self.lines.add(self._("by the steps: %(steps)s", steps=steps), 8)

    def _lever(self, lever: str) -> str:
        """Return who can change a fact."""
        return {
            "ours": self._("we can change it"),
            "theirs": self._("the customer can change it"),
            "joint": self._("together"),
            "time": self._("only time"),
        }.get(lever, self._("nobody can change it"))

    def _fragile(self, fragile: Sequence[Fragility]) -> None:
        self.lines.title(self._("Single facts on which the present stage depends"))
        if not fragile:
            self.lines.add(self._("It depends on no single known fact."))
        for found in fragile:
            stage = self.words.stage(found.verdict)
            self.lines.add(f"{self.words.change(found.change)} ⇒ {stage}", 4, "• ")
