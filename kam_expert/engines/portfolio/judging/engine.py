"""The portfolio engine: a rule base compiled once, applied to frames of many accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kam_expert.engines.portfolio.judging.cause_plan import CauseColumns, CausePlan
from kam_expert.engines.portfolio.judging.portfolio_rules import PortfolioRules
from kam_expert.engines.portfolio.judging.question_plan import QuestionColumns, QuestionPlan
from kam_expert.engines.portfolio.judging.steps import StepColumns, StepPlan
from kam_expert.engines.portfolio.judging.weights import WeightColumns, weight_columns
from kam_expert.facts.columns import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from kam_expert.engines.portfolio.judging.finding_columns import Subject
    from kam_expert.engines.portfolio.judging.frames import Frame, Frames
    from kam_expert.engines.portfolio.reading.chunk_layout import ReadRequest
    from kam_expert.knowledge.base import KnowledgeBase


class Content(IntEnum):
    """How much a run computes of each account.

    ``FINDINGS``: stage, strategy and findings about the account. ``PLANS``: findings about people
    and decisions too, main causes and the plan. ``EVERYTHING``: every step and question too.
    """

    FINDINGS = 0
    PLANS = 1
    EVERYTHING = 2


@dataclass
class Program:
    """A rule base compiled for frames with certain columns.

    Attributes:
        findings: For each finding and kind of thing: status and firmness.
        stage: The columns of the stage, by their content.
        could_be: The stages, and where each is possible; ``strategies`` likewise.
        strategy: The strategy that counts, as its place in the order; None without strategies.
        wanted: Frame and name of each column of the result.
    """

    rules: PortfolioRules
    findings: dict[Subject, tuple[str, str]] = field(default_factory=dict)
    stage: dict[str, str] = field(default_factory=dict)
    could_be: tuple[tuple[str, str], ...] = ()
    strategies: tuple[tuple[str, str], ...] = ()
    steps: tuple[StepColumns, ...] = ()
    questions: tuple[QuestionColumns, ...] = ()
    causes: tuple[CauseColumns, ...] = ()
    weights: tuple[WeightColumns, ...] = ()
    strategy: str | None = None

    @cached_property
    def wanted(self) -> tuple[tuple[str, str], ...]:
        """Return every column of the result."""
        found = [
            (subject.frame, column)
            for subject, columns in self.findings.items()
            for column in columns
        ]
        found += [("account", column) for column in self.stage.values()]
        found += [("account", column) for _, column in (*self.could_be, *self.strategies)]
        found += [(step.frame, column) for step in self.steps for column in step.columns]
        found += [(q.frame, column) for q in self.questions for column in q.columns]
        found += [(cause.frame, cause.own) for cause in self.causes]
        found += [("account", cause.least) for cause in self.causes]
        found += [("account", column) for column in self._of_weights()]
        return tuple(dict.fromkeys(found))

    def _of_weights(self) -> Iterator[str]:
        for weight in self.weights:
            yield from weight.statuses
            if isinstance(weight.severity, str):
                yield weight.severity
        if self.strategy is not None:
            yield self.strategy


class PortfolioEngine:
    """Applies a rule base to many accounts at once.

    Args:
        base: The rule base.
        day: The date of the diagnosis.
        library: Adds columns to frames.
        content: How much to compute of each account.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        day: date,
        library: Frames,
        *,
        content: Content = Content.EVERYTHING,
    ) -> None:
        self.base = base
        self.day = day
        self.library = library
        self.content = content
        self._programs: dict[Any, Program] = {}

    def program(self, given: Mapping[str, frozenset[str]]) -> Program:
        """Return the rule base compiled for frames that have these columns."""
        key = frozenset(given.items())
        if key not in self._programs:
            self._programs[key] = self._compile(given)
        return self._programs[key]

    def prepare(self, layout: ReadRequest) -> Program:
        """Compile for the frames of a source with this layout, before they exist."""
        given = {kind: frozenset(layout.columns(table)) for table, kind in KINDS.items()}
        given["belongs"] = frozenset(("account", "decision", "person"))
        given["belongs_link"] = frozenset(("decision", "person", "link"))
        return self.program(given)

    def _compile(self, given: Mapping[str, frozenset[str]]) -> Program:
        rules = PortfolioRules(self.base, given, self.day, self.library)
        program = Program(rules)
        for subject in rules.subjects:
            if self.content < Content.PLANS and (
                subject.frame != "account" or subject.gap is not None
            ):
                continue
            program.findings[subject] = (rules.status(subject), rules.firm(subject))
        model = self.base.stage_model
        program.stage = {
            "stage": rules.verdict(),
            "firm": rules.stage_firm(),
            "leaning": rules.leaning(),
            "margin": rules.margin(),
            "contradictions": rules.contradictions("w")[0],
            **{f"reached__{s.name}": rules.count_of(s, "w") for s in model.stages},
            **{f"at_most__{s.name}": rules.count_of(s, "w", open_too=True) for s in model.stages},
        }
        program.could_be = tuple((v, rules.possible(v, "s")) for v in rules.verdicts())
        program.strategies = tuple(
            (strategy.id, rules.may_be(strategy.id)) for strategy in self.base.strategies
        )
        if self.content >= Content.PLANS:
            program.steps = StepPlan(rules).columns()
            program.causes = CausePlan(rules).columns()
            program.weights = weight_columns(rules)
            program.strategy = rules.strategy() if self.base.strategies else None
        if self.content >= Content.EVERYTHING:
            program.questions = QuestionPlan(rules).columns()
        return program

    def apply(self, frames: Mapping[str, Frame]) -> tuple[Program, dict[str, Frame]]:
        """Evaluate all rules on *frames*.

        Args:
            frames: By kind (account, person, member, link, decision, belongs), each with its keys
                and the columns of the facts that rules read.

        Returns:
            The compiled program, and the frames with its columns.
        """
        whole = dict(frames)
        belongs = frames["belongs"].select("decision", "person")
        links = frames["link"].select("link", "person")
        whole["belongs_link"] = belongs.join(links, on="person", how="inner")
        given = {kind: self.library.columns(frame) for kind, frame in whole.items()}
        program = self.program(given)
        return program, program.rules.plan.run(whole, program.wanted)
