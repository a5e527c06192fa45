"""The checked knowledge base: the content of ``rules/``."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, unknown_name
from kam_expert.knowledge.chapters import Chapters
from kam_expert.knowledge.conditions.leaf import refs
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.readers import STAGE, Readers
from kam_expert.knowledge.status import at_least_likely

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.errors import Problem
    from kam_expert.knowledge.advice_documents import StepDoc, StepsDoc
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.documents import Severity, Text
    from kam_expert.knowledge.event_documents import EventsDoc
    from kam_expert.knowledge.fact_documents import (
        FromPlanDoc,
        GapDoc,
        ImpossibleDoc,
        VocabularyDoc,
    )
    from kam_expert.knowledge.finding_documents import FindingDoc, GroupDoc, StatementsDoc
    from kam_expert.knowledge.plan_documents import PlanDoc
    from kam_expert.knowledge.rule import Rule, Threshold
    from kam_expert.knowledge.shown_documents import ShownDoc
    from kam_expert.knowledge.stage import StageModel
    from kam_expert.knowledge.strategy import Strategy
    from kam_expert.knowledge.vocabulary import Fact


@dataclass(frozen=True, repr=False, eq=False)
class KnowledgeBase:
    """The rules, and the facts, findings and steps that they name.

    Attributes:
        done_when: By step, the condition that its success has come about.
        strata: The findings in the order of evaluation: rules of one stratum read only findings of
            earlier strata. The stage is settled before ``stage_stratum``.
        themes: The title of each theme, in the order of reports.
        shown: The facts about people that a report shows.
        first_questions: The facts to ask first about a new account, in order.
        strategies: In order; the first whose condition holds is the strategy of an account.
        events: What events of each kind void; None if the rule base has no events.
        chapters: The chapters of a meeting; none in a rule base without them.
        definition_rules: Definitions that have cases, as rules that conclude nothing.
    """

    name: Text
    version: str
    digest: str
    facts: Mapping[str, Fact]
    vocabulary: VocabularyDoc
    themes: Mapping[str, Text]
    definitions: Mapping[str, tuple[str, Condition]]
    computed_where: Mapping[str, Condition]
    impossible: Mapping[str, Condition]
    done_when: Mapping[str, Condition]
    statements: StatementsDoc
    findings: Mapping[str, FindingDoc]
    groups: Mapping[str, GroupDoc]
    step_book: StepsDoc
    plan: PlanDoc
    stage_model: StageModel
    rules: tuple[Rule, ...]
    strata: tuple[tuple[str, ...], ...]
    stage_stratum: int
    thresholds: tuple[Threshold, ...]
    shown: ShownDoc
    first_questions: tuple[str, ...]
    strategies: tuple[Strategy, ...] = ()
    events: EventsDoc | None = None
    chapters: Chapters = field(default_factory=Chapters)
    definition_rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    @property
    def steps(self) -> Mapping[str, StepDoc]:
        """Return the steps by id."""
        return self.step_book.steps

    def days_before(self, step: str, kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the dates before which a step about something of a *kind* is done.

        The first give it its place in the plan as well. The others only limit the day: dates of
        somebody else, and the end of what it is about.
        """
        before = self.steps[step].days_before
        own = tuple(day for day in before if self.facts[day].kind in (kind, "account"))
        ends = tuple(day for about, day in self.step_book.ends.items() if about == kind)
        return own, (*(day for day in before if day not in own), *ends)

    @property
    def currency(self) -> str | None:
        """Return the fact that says in which currency the amounts of an account are."""
        return self.vocabulary.currency

    @property
    def gaps(self) -> Mapping[str, GapDoc]:
        """Return the declared pairs of answers."""
        return self.vocabulary.gaps

    @property
    def impossible_texts(self) -> Mapping[str, ImpossibleDoc]:
        """Return the declared impossible combinations."""
        return self.vocabulary.impossible

    @property
    def folder(self) -> str:
        """Return the name of the folder that the rule base was read from."""
        return next((rule.file.partition("/")[0] for rule in self.rules), "rules")

    def strategy(self, name: str) -> Strategy | None:
        """Return the strategy of that id."""
        return next((strategy for strategy in self.strategies if strategy.id == name), None)

    @cached_property
    def totals(self) -> tuple[Fact, ...]:
        """Return the facts computed from lists that somebody may have stated otherwise."""
        facts = self.facts.values()
        return tuple(f for f in facts if f.doc.from_lists and not f.doc.is_next_day)

    @cached_property
    def mirrors(self) -> Mapping[str, str]:
        """Return one finding of each pair of opposites with the other."""
        named = {name: doc.mirror for name, doc in self.findings.items() if doc.mirror is not None}
        return {name: mirror for name, mirror in named.items() if name <= mirror}

    @cached_property
    def readers(self) -> Readers:
        """Return who may read which fact, finding and step."""
        before, after = (
            [name for stratum in part for name in stratum]
            for part in (self.strata[: self.stage_stratum], self.strata[self.stage_stratum :])
        )
        return Readers(
            facts=self.facts,
            findings=self.findings,
            steps=self.steps,
            rules=self.rules_for,
            order=[*before, STAGE, *after],
            stage_findings=self.stage_model.findings_read,
        )

    @cached_property
    def from_plan(self) -> Mapping[str, FromPlanDoc]:
        """Return what the agreed plan tells of facts that nobody answered, by fact."""
        return {
            name: fact.doc.from_plan
            for name, fact in self.facts.items()
            if fact.doc.from_plan is not None
        }

    @cached_property
    def strategy_findings(self) -> frozenset[str]:
        """Return the findings that are strategies, or the conditions of strategies."""
        return frozenset(name for s in self.strategies for name in s.finding_names)

    @cached_property
    def read_of_us(self) -> frozenset[str]:
        """Return the facts of which some condition reads our own answer."""
        read = (refs(part) for rule in self.rules for part in rule.conditions())
        return frozenset(ref.name for each in read for ref in each if ref.side == "ours")

    @cached_property
    def strategy_conditions(self) -> frozenset[str]:
        """Return the findings that are conditions of strategies."""
        return frozenset(s.applies for s in self.strategies if s.applies is not None)

    def obstacle_severities(self, finding: str) -> tuple[Severity, ...]:
        """Return the severities with which *finding* is an obstacle; empty if it never is.

        A finding about the answers says nothing about the account. A minor one about a person, or
        about what is not known, is a detail.
        """
        doc = self.findings[finding]
        group = self.groups.get(doc.group)
        if (doc.obstacle or (group.obstacle if group else "yes")) == "no":
            return ()
        minor = doc.about_knowledge is not None or doc.about == "person"
        return SEVERITIES[: SEVERITIES.index("low" if minor else "info")]

    def is_obstacle(self, finding: str, severity: str, status: str) -> bool:
        """Return whether a finding with that severity and status is an obstacle."""
        return at_least_likely(status) and severity in self.obstacle_severities(finding)

    def is_gap(self, finding: str) -> bool:
        """Return whether *finding* is about pairs of answers."""
        return any(rule.kind == "gap" for rule in self.rules_for(finding))

    def rules_for(self, finding: str) -> tuple[Rule, ...]:
        """Return the rules that may conclude *finding*."""
        return self._by_finding.get(finding, ())

    def rule(self, name: str) -> Rule:
        """Return the rule of that name. Raises KamError with the nearest name."""
        for rule in self.rules:
            if rule.name == name:
                return rule
        known = [rule.name for rule in self.rules]
        raise KamError(unknown_name("rule", name, known))

    def __repr__(self) -> str:
        """Return a short description."""
        return f"<KnowledgeBase {self.version}, {len(self.rules)} rules, {self.digest[:12]}>"

    @cached_property
    def _by_finding(self) -> Mapping[str, tuple[Rule, ...]]:
        found: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            if rule.status != "retired":
                found[rule.finding] = (*found.get(rule.finding, ()), rule)
        return found

    @cached_property
    def voided_by(self) -> Mapping[str, frozenset[str]]:
        """Return the kinds of events that void answers to a fact, by fact."""
        kinds = {} if self.events is None else self.events.kinds
        found = {
            name: frozenset(
                kind
                for kind, doc in kinds.items()
                if name in doc.voids.facts
                or (
                    fact.kind in ("account", "decision")
                    and fact.doc.theme in doc.voids.themes
                    and name not in doc.voids.besides
                )
            )
            for name, fact in self.facts.items()
        }
        return {name: voiding for name, voiding in found.items() if voiding}
