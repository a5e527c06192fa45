"""The parts of a diagnosis for the report template, in the order and grouping of the page."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Any

from kam_expert.facts.case import plain_value
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.about import About
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.brief import brief_of
from kam_expert.outputs.callings import callings
from kam_expert.outputs.evidence import Evidence, EvidenceBook, Origin, ShortWords
from kam_expert.outputs.picture import (
    NARROW,
    WIDE,
    Picture,
    PictureLayout,
    Tie,
    draw,
    shape_of,
    ties_of,
    ties_with_state,
)
from kam_expert.outputs.pieces import (
    Coverage,
    Fired,
    QuestionShown,
    Shared,
    ThresholdShown,
)
from kam_expert.outputs.plan_shown import shown_plan
from kam_expert.outputs.roles import edition_name, edition_notes
from kam_expert.outputs.stage_words import nearness, other_stages
from kam_expert.outputs.strategy_words import StrategyShown, shown_strategy
from kam_expert.outputs.topics import Topic, sorted_topics
from kam_expert.results.diagnosis import alike

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Answer, Case, Entity
    from kam_expert.knowledge.advice_documents import StepDoc
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Threshold
    from kam_expert.outputs.brief_parts import Brief
    from kam_expert.outputs.plan_shown import MoveShown, PlanShown
    from kam_expert.results.diagnosis import (
        Diagnosis,
        Finding,
        Premise,
        Reason,
        VoidedAnswer,
    )
    from kam_expert.results.edition import ReaderEdition
    from kam_expert.results.plan import LeftStep, Move

#: Number of questions to each side that are shown in full; the others only by name.
_QUESTIONS = 6
#: Number of conclusions that a question lists; the others are counted.
_CHANGES = 5


class ReportPage:
    """The data of the report template, in the order of the page."""

    changes_shown = _CHANGES

    def __init__(
        self,
        diagnosis: Diagnosis,
        case: Case,
        base: KnowledgeBase,
        lang: str,
        edition: ReaderEdition | None = None,
    ) -> None:
        self.edition = edition
        self.diagnosis = diagnosis
        self.case = case
        self.base = base
        self.words = ShortWords(base, case, lang, diagnosis.day)
        self._readings = Readings(case, base, diagnosis.day)
        self.topics = sorted_topics(diagnosis, base)
        self.shown = base.shown
        self._evidence = EvidenceBook(self.words, frozenset(self.shown.scales()))
        self.sources = self._evidence.sources
        self._reasons_shown: set[str] = set()

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

    # People and ties

    @functools.cached_property
    def ties(self) -> tuple[Tie, ...]:
        """Return the pairs of people."""
        if self.edition is not None:
            return ties_with_state(self.case, self.edition.ties)
        return ties_of(self.case, self.base, self.diagnosis.day)

    @functools.cached_property
    def picture(self) -> Picture:
        """Return the picture of the ties."""
        return self._drawn(WIDE)

    @functools.cached_property
    def narrow_picture(self) -> Picture:
        """Return the picture for the first page, which shows the first few people of each side."""
        return self._drawn(NARROW)

    def _drawn(self, layout: PictureLayout) -> Picture:
        roles: dict[tuple[str, str], str] = {}
        for kind, name in self.shown.roles.items():
            for entity in self.case.entities(kind):
                role = self.read(entity, name)
                if role is not None and entity.name:
                    roles[kind, entity.id] = self.words.value(name, role)
        main = {p.id for p in self.case.entities("person") if self.is_main_contact(p)}
        merged = self.edition is not None and self.edition.grouped
        one_pair = self.one_pair is not None
        shape = "groups" if merged else shape_of(self.ties, one_pair=one_pair)
        return draw(
            self.case,
            self.ties,
            callings(self.case, self.base, self.words.lang),
            roles,
            frozenset(main),
            shape=shape,
            layout=layout,
        )

    @functools.cached_property
    def one_pair(self) -> Finding | None:
        """Return the finding that one pair of people carries the contact, if it is likely."""
        return next(
            (
                found
                for found in self.diagnosis.findings
                if found.id in self.shown.one_pair and at_least_likely(found.status)
            ),
            None,
        )

    def is_main_contact(self, person: Entity) -> bool:
        """Return whether a person is known to be the main contact."""
        return self.shown.main_contact is not None and (
            self.read(person, self.shown.main_contact) == "yes"
        )

    def read(self, entity: Entity, name: str) -> Any:
        """Return a fact about a person as plain data; None if it is unknown."""
        if name not in self.base.facts:
            return None
        value = self._readings.view(entity, strict=False).read(Ref(name))
        return None if value is UNKNOWN else plain_value(value)

    def said(self, entity: Entity, name: str) -> str:
        """Return a fact about a person in words; empty if it is unknown."""
        value = self.read(entity, name)
        return "" if value is None or value == () else self.words.value(name, value)

    def bar(self, entity: Entity, name: str) -> tuple[int, str] | None:
        """Return a score from 0 to 4 and its meaning; None if the exact score is unknown."""
        fact = self.base.facts.get(name)
        value = self.read(entity, name)
        if fact is None or value is None:
            return None
        rank = fact.rank(value)
        if rank is not None:
            return rank, self.words.value(name, value)
        if not isinstance(value, int):
            return None
        anchor = fact.doc.anchors.get(str(value))
        return value, anchor.get(self.words.lang) if anchor else ""

    def origin(self, entity: Entity, name: str) -> Origin | None:
        """Return the origin of an answer about a person; None without an answer."""
        answer = self._readings.view(entity, strict=False).answer(Ref(name))
        return None if answer is None else self.sources.of("ours", _origin(answer))

    def tie_origins(self, tie: Tie) -> list[Origin]:
        """Return the distinct origins of the answers about a pair."""
        view = self._readings.view(tie.link, strict=False)
        answers = (view.answer(Ref(name)) for name in tie.facts)
        found = (self.sources.of("ours", _origin(answer)) for answer in answers if answer)
        return list(dict.fromkeys(origin for origin in found if origin))

    def answer_origin(self, premise: Premise) -> Origin | None:
        """Return the origin of one answer of a gap."""
        return self.sources.of(premise.side, premise.origin)

    def untied(self) -> list[Entity]:
        """Return the people of both sides without a tie."""
        tied = {(e.kind, e.id) for tie in self.ties for e in (tie.member, tie.person)}
        everyone = (*self.case.entities("member"), *self.case.entities("person"))
        return [entity for entity in everyone if (entity.kind, entity.id) not in tied]

    def coverage(self) -> Coverage | None:
        """Return the number of active ties between functions; None without people or ties."""
        theirs, ours = self.shown.roles.get("person"), self.shown.roles.get("member")
        if not self.case.people or self.case.links is None or theirs is None or ours is None:
            return None
        counted: Counter[tuple[str | None, str | None]] = Counter()
        unsure = set()
        for tie in self.ties:
            cell = self.read(tie.person, theirs), self.read(tie.member, ours)
            counted[cell] += tie.active is True
            if tie.active is None:
                unsure.add(cell)
        known = {self.read(person, theirs) for person in self.case.people}
        functions = self.base.facts[theirs].words()
        return Coverage(
            ours=self._in_order(ours, (self.read(m, ours) for m in self.case.team or ())),
            theirs=self._in_order(theirs, known),
            ties=counted,
            unsure=frozenset(unsure),
            missing=tuple(word for word in functions if word not in known),
        )

    def _in_order(self, name: str, values: Iterable[Any]) -> tuple[str | None, ...]:
        had = set(values)
        words = self.base.facts[name].words() if name in self.base.facts else []
        return (*(word for word in words if word in had), *([None] if None in had else []))

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


def _origin(answer: Answer) -> dict[str, Any]:
    origin: dict[str, Any] = {"source": answer.source, "by": answer.by}
    if answer.as_of:
        origin["as_of"] = answer.as_of.isoformat()
    if answer.place:
        origin["file"] = answer.place.file.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
        origin["line"] = answer.place.line
    return {key: value for key, value in origin.items() if value}
