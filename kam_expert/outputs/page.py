"""The parts of a diagnosis for the report template, in the order and grouping of the page."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.about import About
from kam_expert.knowledge.status import at_least_likely
from kam_expert.outputs.brief import brief_of
from kam_expert.outputs.pieces import Fired, QuestionShown, Shared, ThresholdShown
from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.report_people import ReportPeople
from kam_expert.outputs.roles import edition_name, edition_notes
from kam_expert.outputs.stage_words import nearness, other_stages
from kam_expert.outputs.strategy_words import StrategyShown, shown_strategy
from kam_expert.outputs.topics import Topic, Topics, sorted_topics
from kam_expert.results.diagnosis import alike

if TYPE_CHECKING:
    from kam_expert.knowledge.advice_documents import StepDoc
    from kam_expert.knowledge.rule import Threshold
    from kam_expert.outputs.brief_parts import Brief
    from kam_expert.outputs.evidence import Evidence, Origin
    from kam_expert.outputs.plan_shown import MoveShown, PlanShown
    from kam_expert.results.diagnosis import Finding, Premise, Reason, VoidedAnswer
    from kam_expert.results.plan import LeftStep, Move

#: Number of questions to each side that are shown in full; the others only by name.
_QUESTIONS = 6
#: Number of conclusions that a question lists; the others are counted.
_CHANGES = 5


class ReportPage(ReportPeople):
    """The data of the report template, in the order of the page."""

    changes_shown = _CHANGES

    @functools.cached_property
    def topics(self) -> Topics:
        """Return the conclusions by topic."""
        return sorted_topics(self.diagnosis, self.base)

    # Conclusions

    @functools.cached_property
    def brief(self) -> Brief:
        """Return the first page."""
        return brief_of(self.diagnosis, self.case, self.base, self.words.lang)

    @functools.cached_property
    def strategy(self) -> StrategyShown | None:
        """Return the strategy in words; None for the customer."""
        return shown_strategy(self.diagnosis.strategy, self.words)

    def other_obstacles(self) -> tuple[tuple[Finding, ...], ...]:
        """Return the obstacles that are neither a main cause nor follow from one."""
        causes = self.diagnosis.causes
        told = {(f.id, f.about) for c in causes for f in (*c.findings, *c.rests)}
        return alike(
            f
            for f in self.diagnosis.concluded()
            if (f.id, f.about) not in told and self.base.is_obstacle(f.id, f.severity, f.status)
        )

    def reasons(self, finding: Finding) -> list[Reason]:
        """Return the reasons of a conclusion that are not open."""
        return [reason for reason in finding.reasons if reason.outcome != "open"]

    def evidence(self, reason: Reason, topic: Topic) -> list[Evidence]:
        """Return the evidence for a reason of a topic."""
        return self._evidence.of(reason, topic.findings)

    def needs_words(self, evidence: list[Evidence]) -> bool:
        """Return whether the evidence needs the sentence of the rule to be clear."""
        return not evidence or not all(e.speaks for e in evidence)

    def exceptions(self, topic: Topic) -> list[str]:
        """Return the exceptions that are known not to apply.

        Exceptions that the report mentions elsewhere, as a reversal or an assumption, are left out.
        """
        if any(a.is_of_rule for f in topic.findings for a in f.assumes):
            return []
        said = {(r.about, r.fact) for f in topic.findings for r in f.reversed_by}
        return list(
            dict.fromkeys(
                self.words.subject(premise)
                for finding in topic.findings
                for reason in self.reasons(finding)
                for premise in reason.premises
                if premise.exception
                and premise.holds is False
                and (premise.about, premise.fact) not in said
            )
        )

    def reversals(self, topic: Topic) -> list[str]:
        """Return the reversals of a finding that have no mark at a condition."""
        return self._evidence.spoken_reversals(topic.first, self.reasons(topic.first))

    def by_rule(self, topic: Topic) -> list[Shared]:
        """Return the reasons of a topic's findings, grouped by rule."""
        rules: dict[str, list[tuple[Finding, Reason]]] = {}
        for finding in topic.findings:
            for reason in self.reasons(finding):
                rules.setdefault(reason.rule, []).append((finding, reason))
        shown = []
        for pairs in rules.values():
            each = []
            for finding, reason in pairs:
                others = (f for f in topic.findings if f is not finding)
                each.append((finding.about, self._evidence.of(reason, (finding, *others))))
            asked = {tuple((e.subject, e.asked) for e in found) for _, found in each}
            plain = all(len(e.found) == 1 and e.speaks for _, found in each for e in found)
            everybody = len(rules) == 1 and len(pairs) == len(topic.findings)
            shown.append(Shared(pairs[0][1], tuple(each), len(asked) == 1 and plain, everybody))
        return shown

    def edition_name(self) -> str:
        """Return the name of the edition."""
        return edition_name(self.diagnosis.edition, self.words.lang)

    def edition_notes(self) -> list[str]:
        """Return the notes of the edition; empty for the consultant's."""
        return [] if self.edition is None else edition_notes(self.edition, self.words.lang)

    def steps_of(self, topic: Topic) -> list[int]:
        """Return the places of the moves that answer a conclusion."""
        return [m.move.place for m in self.plan.moves if topic.first.id in m.move.because]

    def says_meaning(self, topic: Topic) -> bool:
        """Return whether the meaning is shown with the conclusion and not only with its step."""
        serious = topic.first.severity == "high" and at_least_likely(topic.first.status)
        return serious or not self.steps_of(topic)

    def assumptions(self, topic: Topic) -> list[str]:
        """Return the assumptions of a topic that have no mark at a condition."""
        shown = [reason for finding in topic.findings for reason in self.reasons(finding)]
        return self._evidence.spoken_assumptions(topic.findings, shown)

    def answers(self, finding: Finding) -> dict[str, Premise]:
        """Return the two answers of a gap by side."""
        found: dict[str, Premise] = {}
        for reason in finding.reasons:
            for premise in reason.premises:
                if premise.side:
                    found.setdefault(premise.side, premise)
        return found

    def answer_origin(self, premise: Premise) -> Origin | None:
        """Return the origin of one answer of a gap."""
        return self.sources.of(premise.side, premise.origin)

    def features(self, group: str) -> dict[str, list[str]]:
        """Return the features of a stage by state: seen, open, not seen."""
        by_state: dict[str, list[str]] = {"seen": [], "open": [], "not_seen": []}
        for feature in self.diagnosis.stage.features:
            if feature.group == group:
                likely = at_least_likely(feature.status)
                state = "seen" if likely else "not_seen" if feature.status == "absent" else "open"
                by_state[state].append(feature.finding)
        return by_state

    def standing_vetoes(self) -> list[str]:
        """Return the findings that bar a stage."""
        return [v.finding for v in self.diagnosis.stage.vetoes if at_least_likely(v.status)]

    def other_stages(self) -> str:
        """Return the sentence on the other stages that answers can lead to."""
        return other_stages(self.diagnosis.stage, self.words)

    def nearness(self) -> list[str]:
        """Return what the stage hangs on."""
        return nearness(self.diagnosis.stage, self.words)

    # Steps and questions

    @functools.cached_property
    def plan(self) -> PlanShown:
        """Return the plan in words."""
        return shown_plan(self.diagnosis, self.words)

    def docs(self, entry: Move | LeftStep) -> list[StepDoc]:
        """Return the steps that are one move, as the rule base has them."""
        return [self.base.steps[name] for name in entry.steps]

    def whom(self, entry: Move | LeftStep) -> list[About]:
        """Return whom a move or a step is about; nobody for the account."""
        return [about for about in entry.about if about.kind != "account"]

    def replaced(self, move: MoveShown) -> list[str]:
        """Return the steps in whose place a move is proposed."""
        return list(dict.fromkeys(step.instead_of for step in move.steps if step.instead_of))

    @functools.cached_property
    def cautions(self) -> dict[str, str]:
        """Return a letter for each caution, except cautions that belong to every step."""
        always = self.base.step_book.always
        used = dict.fromkeys(
            name
            for move in self.plan.moves
            for step in move.steps
            for name in step.cautions
            if name not in always
        )
        return {name: chr(ord("a") + index) for index, name in enumerate(used)}

    def caution_letters(self, move: MoveShown) -> list[str]:
        """Return the letters of the cautions of a move."""
        names = dict.fromkeys(name for step in move.steps for name in step.cautions)
        return [self.cautions[name] for name in names if name in self.cautions]

    def questions(self) -> dict[str, tuple[list[QuestionShown], list[QuestionShown]]]:
        """Return the questions by side: the most useful ones, and the others."""
        groups: dict[tuple[str, str, str], list[Any]] = {}
        for question in self.diagnosis.open_questions:
            key = (question.asked_of, question.name, question.about.kind)
            groups.setdefault(key, []).append(question)
        by_side: dict[str, list[QuestionShown]] = {}
        for (side, fact, kind), group in groups.items():
            changes = dict.fromkeys(name for q in group for name in q.could_change)
            abouts = () if kind == "account" else tuple(q.about for q in group)
            by_side.setdefault(side, []).append(QuestionShown(fact, abouts, tuple(changes)))
        return {
            side: (by_side[side][:_QUESTIONS], by_side[side][_QUESTIONS:])
            for side in ("us", "customer", "both")
            if side in by_side
        }

    def voided(self, question: QuestionShown) -> list[VoidedAnswer]:
        """Return the answers to a question that no longer hold after an event."""
        account = About("account", self.diagnosis.account_id)
        abouts = question.abouts or (account,)
        return [v for v in self.diagnosis.voided if v.fact == question.fact and v.about in abouts]

    def voided_besides(self) -> list[VoidedAnswer]:
        """Return the answers that no longer hold and that no question shown asks for again."""
        parts = self.questions().values()
        shown = [v for full, _ in parts for question in full for v in self.voided(question)]
        return [v for v in self.diagnosis.voided if v not in shown]

    # Appendix

    def cited_statements(self) -> frozenset[str]:
        """Return the ids of the statements in the appendix."""
        return frozenset(
            cite
            for finding in self.diagnosis.concluded()
            for reason in self.reasons(finding)
            for cite in reason.cites
        )

    def fired(self) -> dict[str, list[Fired]]:
        """Return the rules that held or were assumed, by the first statement that they cite.

        Rules without a statement have the empty key.
        """
        found: dict[str, dict[str, Fired]] = {}
        for finding in self.diagnosis.concluded():
            for reason in self.reasons(finding):
                cite = reason.cites[0] if reason.cites else ""
                rules = found.setdefault(cite, {})
                rules[reason.rule] = Fired(reason.rule, reason.cites, finding.id)
        cited = {c for rules in found.values() for rule in rules.values() for c in rule.cites}
        ordered = [name for name in self.base.statements.statements if name in cited]
        return {
            name: list(found.get(name, {}).values())
            for name in (*ordered, *([""] if "" in found else []))
        }

    def numbers_of(self, rule: str) -> list[Threshold]:
        """Return the thresholds that a rule defines."""
        return [t for t in self.base.thresholds if t.owner == rule]

    @functools.cached_property
    def _reasons_shown(self) -> set[str]:
        return set()

    def reason_once(self, threshold: Threshold) -> str:
        """Return the reason for a threshold; empty if the page has shown it before."""
        reason = threshold.reason[self.words.lang]
        if reason in self._reasons_shown:
            return ""
        self._reasons_shown.add(reason)
        return reason

    def thresholds(self) -> list[ThresholdShown]:
        """Return the thresholds of gaps, stages and definitions.

        Thresholds with the same value and reason form one entry.
        """
        gaps = {f"gaps.{f.about.fact}" for f in self.topics.gaps}
        owners = gaps | set(self.base.vocabulary.definitions)
        shown: dict[tuple[float, str, bool], list[str]] = {}
        for threshold in self.base.thresholds:
            if threshold.owner in owners or threshold.owner.partition(".")[0] == "stages":
                reason = threshold.reason[self.words.lang]
                key = (threshold.value, reason, threshold.overridden)
                shown.setdefault(key, []).append(f"{threshold.owner}.{threshold.name}")
        return [ThresholdShown(*key, tuple(names)) for key, names in shown.items()]

    def statement(self, name: str) -> str:
        """Return our wording of a statement of the source."""
        return self.base.statements.statements[name].says.get(self.words.lang)
