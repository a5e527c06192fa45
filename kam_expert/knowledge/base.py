"""The checked knowledge base: the content of ``rules/``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.errors import Problem
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.documents import (
        EventsDoc,
        FindingDoc,
        GapDoc,
        ImpossibleDoc,
        ShownDoc,
        StatementsDoc,
        StepDoc,
        StepsDoc,
        Text,
        VocabularyDoc,
    )
    from kam_expert.knowledge.rule import Rule, Threshold
    from kam_expert.knowledge.stage import StageModel
    from kam_expert.knowledge.vocabulary import Fact


@dataclass(frozen=True, repr=False)
class KnowledgeBase:
    """The rules, and the facts, findings and steps that they name.

    Attributes:
        strata: The findings in the order of evaluation: rules of one stratum read only findings of
            earlier strata. The stage is settled before ``stage_stratum``.
        themes: The title of each theme, in the order of reports.
        shown: The facts about people that a report shows.
        first_questions: The facts to ask first about a new account, in order.
        events: What events of each kind void; None if the rule base has none.
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
    statements: StatementsDoc
    findings: Mapping[str, FindingDoc]
    groups: Mapping[str, Text]
    step_book: StepsDoc
    stage_model: StageModel
    rules: tuple[Rule, ...]
    strata: tuple[tuple[str, ...], ...]
    stage_stratum: int
    thresholds: tuple[Threshold, ...]
    shown: ShownDoc
    first_questions: tuple[str, ...]
    events: EventsDoc | None = None
    problems: tuple[Problem, ...] = field(default=())

    @property
    def steps(self) -> Mapping[str, StepDoc]:
        """Return the steps by id."""
        return self.step_book.steps

    @property
    def gaps(self) -> Mapping[str, GapDoc]:
        """Return the declared pairs of answers."""
        return self.vocabulary.gaps

    @property
    def impossible_texts(self) -> Mapping[str, ImpossibleDoc]:
        """Return the declared impossible combinations."""
        return self.vocabulary.impossible

    def rules_for(self, finding: str) -> tuple[Rule, ...]:
        """Return the rules that may conclude *finding*."""
        return self._by_finding.get(finding, ())

    def rule(self, name: str) -> Rule:
        """Return the rule of that name. Raises KamError with the nearest name."""
        for rule in self.rules:
            if rule.name == name:
                return rule
        known = [rule.name for rule in self.rules]
        raise KamError(f'unknown rule "{name}".{did_you_mean(name, known)}')

    def __repr__(self) -> str:
        """Return a short description."""
        return f"<KnowledgeBase {self.version}, {len(self.rules)} rules, {self.digest[:12]}>"

    def __post_init__(self) -> None:
        by_finding: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            if rule.status != "retired":
                by_finding[rule.finding] = (*by_finding.get(rule.finding, ()), rule)
        object.__setattr__(self, "_by_finding", by_finding)
        object.__setattr__(self, "voided_by", self._voided_by())

    def _voided_by(self) -> Mapping[str, frozenset[str]]:
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

    _by_finding: Mapping[str, tuple[Rule, ...]] = field(
        default_factory=dict, init=False, repr=False
    )
    #: By fact, the kinds of events after which older answers no longer hold.
    voided_by: Mapping[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False)
