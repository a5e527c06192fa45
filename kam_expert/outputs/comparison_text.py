"""What changed between two diagnoses, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.inquiry_text import InquiryText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.results.inquiry import ChangedPart, Comparison, FindingChange, StrategyChange


class ComparisonText(InquiryText):
    """A difference, with the facts that caused it."""

    def _strategy(self, change: StrategyChange | None) -> None:
        if change is None:
            return
        before, after = self.words.finding(change.before), self.words.finding(change.after)
        after += f" ({self.words.certainty(firm=change.firm_after)})"
        if not change.moved:
            self.lines.add(f"{self._('Strategy')}: {after}, {self._('as before')}")
            return
        before += f" ({self.words.certainty(firm=change.firm_before)})"
        self.lines.add(f"{self._('Strategy')}: {before} → {after}")
        self._because(change.because)

    def comparison(self, answer: Comparison) -> str:
        """Return the difference between two diagnoses."""
        self._head(*dict.fromkeys(answer.days))
        stage = answer.stage
        before = self.words.stage_and_certainty(stage.before, firm=stage.firm_before)
        after = self.words.stage_and_certainty(stage.after, firm=stage.firm_after)
        if stage.before == stage.after and stage.firm_before == stage.firm_after:
            self.lines.add(f"{self._('Stage')}: {after}, {self._('as before')}")
        else:
            said = f"{self._('Stage')}: {before} → {after}"
            turn = {True: self._("an improvement"), False: self._("a fall"), None: ""}[stage.better]
            self.lines.add(f"{said} – {turn}" if turn else said)
            self._because(stage.because)
        self._strategy(answer.strategy)
        self._parts(answer.parts)
        for title, better in (
            (self._("Improvements"), True),
            (self._("Falls"), False),
            (self._("Other changes"), None),
        ):
            changes = [change for change in answer.findings if change.better is better]
            if changes:
                self.lines.title(title)
                for change in changes:
                    self._finding_change(change)
        self._steps(answer)
        if answer.same:
            self.lines.add(self._("The diagnosis is unchanged."))
        return self.lines.text()

    def _parts(self, parts: Sequence[ChangedPart]) -> None:
        if parts:
            self.lines.title(self._("Changed facts"))
            for part in parts:
                self.lines.add(self.words.part(part), 4, "• ")

    def _because(self, parts: Sequence[ChangedPart]) -> None:
        if parts:
            said = "; ".join(self.words.part(part) for part in parts)
            self.lines.add(self._("because: %(parts)s", parts=said), 8)

    def _finding_change(self, change: FindingChange) -> None:
        words = self.words
        name = words.finding(change.id) + self.words.in_brackets(change.about)
        if change.before == change.after:
            turn = self._("now firm") if change.firm_after else self._("now provisional")
            self.lines.add(f"{name}: {words.status(change.after)}, {turn} [{change.id}]", 4, "• ")
            return
        statuses = words.status_change(change)
        self.lines.add(f"{name}: {statuses} [{change.id}]", 4, "• ")
        self._because(change.because)

    def _steps(self, answer: Comparison) -> None:
        for title, steps in (
            (self._("New steps"), answer.steps_new),
            (self._("Steps no longer needed"), answer.steps_gone),
            (self._("Steps that have to wait now"), answer.steps_held),
            (self._("Steps that no longer wait"), answer.steps_freed),
        ):
            if steps:
                self.lines.title(title)
                for step in steps:
                    doc = self.base.steps[step.id]
                    self.lines.add(
                        f"{doc.name.get(self.lang)}{self.words.in_brackets(step.about)}", 4, "• "
                    )
