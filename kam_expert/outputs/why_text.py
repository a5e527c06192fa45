"""Why a finding or stage is concluded, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.inquiry_text import InquiryText
from kam_expert.outputs.stage_words import nearness, other_stages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis, Finding, Premise, Reason
    from kam_expert.results.inquiry import Asserted, Firing, Why

_MARKS = {True: "✓", False: "✗", None: "?"}


class WhyText(InquiryText):
    """Reasons with what they found, and the rules that fired."""

    def __init__(self, base: KnowledgeBase, case: Case, lang: str, day: date) -> None:
        super().__init__(base, case, lang, day)
        #: The statements that reasons have named so far, and where each value was found first.
        self._cited: dict[str, None] = {}
        self._found: dict[str, str] = {}

    def why_each(self, answers: Sequence[Why], trace: Sequence[Firing] | None) -> str:
        """Return the reasons of findings, including those of the findings they depend on.

        The rules of *trace* follow in the order in which they fired.
        """
        self._head()
        said: set[tuple[str, About]] = set()
        for answer in answers:
            self._why(answer, "", said)
        if self._cited:
            self.lines.title(self._("What the statements of the source say"))
        for cited in self._cited:
            says = self.base.statements.statements[cited].says.get(self.lang)
            self.lines.add(f"{cited}: {says}", 4, "» ")
        return self._trace(trace)

    def _why(self, answer: Why, number: str, said: set[tuple[str, About]]) -> None:
        found = answer.finding
        words = self.words
        status = words.status_and_certainty(found.status, firm=found.firm)
        self.lines.add(words.headline(found))
        self.lines.add(f"[{status}; {found.id}{self.words.in_brackets(found.about)}]")
        said.add((found.id, found.about))
        for place, reason in enumerate(found.reasons, 1):
            self._reason(reason, found, f"{number}{place}")
        if found.assumes:
            self.lines.add(self._("Taken as given:"))
            for assumed in dict.fromkeys(map(words.assumption, found.assumes)):
                self.lines.add(assumed, 4, "– ")
        self._decide(found)
        if found.reversed_by:
            self.lines.add(self._("Any one of these would take it back:"))
            for reversal in dict.fromkeys(map(words.reversal, found.reversed_by)):
                self.lines.add(reversal, 4, "– ")
        for place, below in enumerate(answer.below, 1):
            if (below.finding.id, below.finding.about) in said:
                continue
            self.lines.title(
                self._("Why: %(finding)s", finding=words.finding(below.finding.id))
                + self.words.in_brackets(below.finding.about)
            )
            self._why(below, f"{number}{chr(96 + place)}.", said)

    def _reason(self, reason: Reason, found: Finding, number: str) -> None:
        words = self.words
        explained = (
            words.explain(reason, found)
            if found.status != "open"
            else self._("It would follow if what is marked here held:")
        )
        self.lines.add(explained, 4, f"{number}. "[:4].ljust(4))
        strength, outcome = words.strength(reason.strength), words.outcome(reason.outcome)
        rule = self._("rule %(rule)s", rule=reason.rule)
        if reason.cites:
            cited = ", ".join(reason.cites)
            rule = self._("%(rule)s, by statement %(statements)s", rule=rule, statements=cited)
        self.lines.add(f"[{rule}: {strength}; {outcome}]", 4)
        shown = [p for p in reason.premises if not p.exception or p.holds is not None]
        sides: dict[str, set[str | None]] = {}
        for premise in shown:
            sides.setdefault(words.subject(premise), set()).add(premise.side)
        place = 0
        for premise in shown:
            if premise.alternative and premise.holds is not True and reason.outcome != "open":
                continue  # another alternative holds
            place += 1
            subject = words.subject(premise)
            # The side is named where the rule reads the answers of both.
            side = f", {words.side(premise.side)}" if len(sides[subject]) > 1 else ""
            self._premise(premise, subject + side, f"{number}.{place} ")
        self._cited |= dict.fromkeys(reason.cites)

    def _premise(self, premise: Premise, subject: str, number: str) -> None:
        words = self.words
        holds = premise.holds
        if premise.exception:
            holds = None if holds is None else not holds
        asks = words.asks(premise)
        exception = f"{self._('unless')} " if premise.exception else ""
        asked = f"{exception}{subject}: {asks}" if asks else f"{exception}{subject}"
        found = words.found(premise)
        origin = words.origin(premise)
        self.lines.add(f"{number}{asked}", 8, f"{_MARKS[holds]} ")
        value = self._("found: %(value)s", value=found)
        if origin:
            first = self._found.setdefault(f"{subject}: {found} – {origin}", number.strip())
            seen = self._("as in %(number)s", number=first)
            value += f" – {origin if first == number.strip() else seen}"
        self.lines.add(value, 12)

    def _decide(self, found: Finding) -> None:
        """List the unknown facts that would decide the finding."""
        unknown = dict.fromkeys(
            self.words.subject(premise)
            for reason in found.reasons
            if reason.outcome == "open" or not found.firm
            for premise in reason.premises
            if premise.holds is None and premise.actual is None
        )
        if unknown:
            self.lines.add(self._("Not known; an answer would decide:"))
            for subject in unknown:
                self.lines.add(subject, 4, "? ")

    def why_stage(self, diagnosis: Diagnosis, trace: Sequence[Firing] | None) -> str:
        """Return the features and vetoes behind the stage, and the rules of *trace*."""
        stage = diagnosis.stage
        self._head()
        verdict = self.words.stage_and_certainty(stage.verdict, firm=stage.firm)
        self.lines.add(f"{self._('Stage')}: {verdict}")
        for said in (other_stages(stage, self.words), *nearness(stage, self.words)):
            if said:
                self.lines.add(said)
        for model in self.base.stage_model.stages:
            seen, needed = stage.reached[model.name]
            said = self._("features seen: {seen}, needed: {needed}")
            self.lines.title(
                f"{self.words.stage(model.name)}: {said.format(seen=seen, needed=needed)}"
            )
            for feature in stage.features:
                if feature.group == model.group:
                    self._feature(feature.finding, feature.status, firm=feature.firm)
        self.lines.title(self._("What would rule it out"))
        for veto in stage.vetoes:
            self._feature(veto.finding, veto.status, firm=veto.firm)
        return self._trace(trace)

    def _trace(self, firings: Sequence[Firing] | None) -> str:
        """Return what was said so far, then the rules that fired and what each asserted."""
        if firings is None:
            return self.lines.text()
        self.lines.title(self._("Rules in the order in which they fired"))
        for firing in firings:
            what = firing.asserts[0].what if firing.asserts else "finding"
            if firing.rule is not None:
                head = firing.rule
            elif what == "stratum":
                head = self._("Stratum %(number)s opens", number=firing.asserts[0].name)
            elif what == "stage":
                head = self._("The stage is settled")
            else:
                head = self._("The findings of the stratum are settled")
            self.lines.add(head, 6, f"{firing.number}. ")
            absent = [found for found in firing.asserts if found.status == "absent"]
            for asserted in firing.asserts:
                if what != "stratum" and (asserted.status != "absent" or len(absent) == 1):
                    self.lines.add(self._asserted(asserted, firing.rule), 8, "→ ")
            if len(absent) > 1:
                self.lines.add(self._("not seen: %(count)s", count=len(absent)), 8, "→ ")
        return self.lines.text()

    def _asserted(self, asserted: Asserted, rule: str | None) -> str:
        words = self.words
        if asserted.what == "stage":
            return words.stage(asserted.name)
        name = words.finding(asserted.name)
        if asserted.about is not None:
            fact = asserted.about.fact
            name += f": {words.fact(fact)}" if fact else self.words.in_brackets(asserted.about)
        if rule is None:
            status = words.status_and_certainty(asserted.status or "", firm=bool(asserted.firm))
            return f"{name} – {status} [{asserted.name}]"
        strength = words.strength(self.base.rule(rule).strength)
        silent = asserted.status == "silent"
        outcome = self._("silent") if silent else words.outcome(asserted.status or "")
        return f"{name} – {strength}; {outcome} [{asserted.name}]"

    def _feature(self, name: str, status: str, *, firm: bool) -> None:
        mark = {"established": "●", "likely": "◐", "possible": "○", "open": "?"}.get(status, "·")
        status_said = self.words.status_and_certainty(status, firm=firm)
        said = f"{self.words.finding(name)} – {status_said} [{name}]"
        self.lines.add(said, 4, f"{mark} ")
