"""Why a finding or stage is not concluded, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.path_text import PathText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.results.inquiry import RuleNot, Shortfall, StageNot, WhyNot


class WhyNotText(PathText):
    """What failed, what is unknown, and what it would take."""

    def why_not(self, answers: Sequence[WhyNot]) -> str:
        """Return why a finding is not concluded, for each entity it could be about."""
        self._head()
        for answer in answers:
            self._why_not(answer)
        return self.lines.text()

    def _why_not(self, answer: WhyNot) -> None:
        said = self.words.finding(answer.finding) + self.words.in_brackets(answer.about)
        self.lines.add(f"{said} – {self.words.status(answer.status)} [{answer.finding}]")
        if not answer.rules:
            self.lines.add(self._("No rule is left that could conclude more."), 4)
        for number, rule in enumerate(answer.rules, 1):
            self._rule_not(rule, number)

    def _rule_not(self, rule: RuleNot, number: int) -> None:
        strength = self.words.strength(rule.strength)
        self.lines.add(
            f"[{self._('rule %(rule)s', rule=rule.rule)}: {strength}]", 4, f"{number}. "[:4]
        )
        for shortfall in rule.failed:
            self._shortfall(shortfall, "✗ ")
        for shortfall in rule.unknown:
            self._shortfall(shortfall, "? ")
        for premise in rule.excepted:
            said = f"{self.words.subject(premise)}: {self.words.found(premise)}"
            self.lines.add(self._("an exception applies: %(exception)s", exception=said), 8, "✗ ")
        for place, way in enumerate(rule.sets):
            word = self._("it would take") if not place else self._("or")
            self.lines.add(f"{word}: {'; '.join(map(self.words.change, way))}", 8, "→ ")
        if rule.would_be:
            status = self.words.status(rule.would_be)
            self.lines.add(self._("then it would be: %(status)s", status=status), 8)

    def _shortfall(self, shortfall: Shortfall, mark: str) -> None:
        premise, words = shortfall.premise, self.words
        asks = words.asks(premise)
        either = f"{self._('either')} " if premise.alternative else ""
        said = f"{either}{words.subject(premise)}: {asks}".rstrip(": ")
        said += f"; {self._('found: %(value)s', value=words.found(premise))}"
        if shortfall.by:
            by = words.number(shortfall.by)
            short = {
                "steps": self._("steps apart: %(by)s", by=by),
                "members": self._("missing or too many: %(by)s", by=by),
            }.get(shortfall.unit or "", self._("apart by %(by)s", by=by))
            said += f" ({short})"
        self.lines.add(said, 8, mark)

    def stage_not(self, answer: StageNot) -> str:
        """Return why the relationship is not in a stage."""
        self._head()
        stage, verdict = self.words.stage(answer.stage), self.words.stage(answer.verdict)
        if answer.stage == answer.verdict:
            self.lines.add(self._("The stage is already %(stage)s", stage=stage))
            return self.lines.text()
        self.lines.add(self._("The stage is %(now)s, not %(stage)s", stage=stage, now=verdict))
        if answer.needed:
            said = self._("features seen: {seen}, needed: {needed}")
            self.lines.add(said.format(seen=answer.seen, needed=answer.needed))
        if answer.barring:
            self.lines.title(self._("What rules it out"))
            for name in answer.barring:
                self.lines.add(f"{self.words.finding(name)} [{name}]", 4, "✗ ")
        for model in self.base.stage_model.stages:
            unseen = {missing.finding for missing in answer.missing} & set(model.core)
            if model.name == answer.stage and len(model.core) - len(unseen) < model.core_needed:
                names = "; ".join(self.words.finding(name) for name in model.core)
                self.lines.add(
                    self._("It rests on these, and too few are seen: %(names)s", names=names)
                )
        if answer.missing:
            self.lines.title(self._("Features not seen, the nearest first"))
            for missing in answer.missing:
                self._missing(missing)
        self._ways(answer.paths)
        return self.lines.text()

    def _missing(self, missing: WhyNot) -> None:
        status = self.words.status(missing.status)
        name = f"{self.words.finding(missing.finding)} – {status} [{missing.finding}]"
        self.lines.add(name, 4, "? " if missing.status == "open" else "✗ ")
        for rule in missing.rules[:1]:
            for way in rule.sets[:1]:
                self.lines.add("; ".join(map(self.words.change, way)), 8, "→ ")
