"""Rules and findings as columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.conditions import ConditionColumns
from kam_expert.engines.portfolio.judging.evaluation import EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import (
    Expr,
    is_true,
    not_false,
)
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from kam_expert.engines.portfolio.judging.frames import Frames
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule

_LIKELY = STATUSES.index("likely")


@dataclass(frozen=True)
class Subject:
    """A finding about one kind of entity; *gap* names its declared pair."""

    finding: str
    frame: str
    gap: str | None = None

    @property
    def key(self) -> str:
        """Return the stem of its columns."""
        return self.finding if self.gap is None else f"{self.finding}@{self.gap}"

    @property
    def place(self) -> EvaluationPlace:
        """Return where its rules are evaluated."""
        return EvaluationPlace(self.frame, self.gap)


class FindingColumns(ConditionColumns):
    """Compiles rules: their truths, and the status of every finding."""

    def __init__(
        self,
        base: KnowledgeBase,
        given: Mapping[str, frozenset[str]],
        day: date,
        library: Frames,
    ) -> None:
        super().__init__(base, given, day, library)
        self._rules: dict[Subject, list[Rule]] = {}
        for name in base.findings:
            for rule in base.rules_for(name):
                if rule.kind == "gap":
                    for gap in base.gaps:
                        subject = Subject(name, "account", gap)
                        self._rules.setdefault(subject, []).append(rule)
                else:
                    self._rules.setdefault(Subject(name, rule.kind), []).append(rule)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Return every finding with its subject, in the order of the rule base."""
        return tuple(self._rules)

    def rules_of(self, subject: Subject) -> Sequence[Rule]:
        """Return the rules that may conclude *subject*."""
        return self._rules.get(subject, ())

    # Rules --------------------------------------------------------------------------------------

    def rule(self, rule: Rule, place: EvaluationPlace, reading: str) -> str:
        """Return the column of a rule's truth."""
        if reading == "s" and rule.unless is None and not self.differs(rule.when):
            reading = "w"
        name = f"rule {rule.name}{'' if place.gap is None else f'@{place.gap}'}~{reading}"

        def build() -> Expr:
            when = self.truth(rule.when, place, reading)
            if rule.unless is None:
                return when
            unless = self.truth(rule.unless, place, reading)
            # In the working reading, an exception without an answer does not hold.
            return when & ~(is_true(unless) if reading == "w" else unless)

        return self.make(place.frame, name, build)

    def _held(
        self, subject: Subject, reading: str, flag: Callable[[Expr], Expr]
    ) -> dict[str, list[tuple[Rule, Expr]]]:
        held: dict[str, list[tuple[Rule, Expr]]] = {}
        for rule in self.rules_of(subject):
            column = self.rule(rule, subject.place, reading)
            held.setdefault(rule.strength, []).append((rule, flag(self.col(column))))
        return held

    @staticmethod
    def _apart(hints: Sequence[tuple[Rule, Expr]]) -> Iterator[Expr]:
        """Yield where two hints without a common fact hold."""
        for (one, first), (other, second) in combinations(hints, 2):
            if not one.fact_names & other.fact_names:
                yield first & second

    def _likely(self, subject: Subject, reading: str, flag: Callable[[Expr], Expr]) -> Expr:
        held = self._held(subject, reading, flag)
        strong = [*held.get("establishes", ()), *held.get("suggests", ())]
        return self.x.any_of([*(expr for _, expr in strong), *self._apart(held.get("hints", ()))])

    def _level(self, subject: Subject, flag: Callable[[Expr], Expr]) -> tuple[Expr, Expr, Expr]:
        """Return where the strict reading makes a finding established, likely and possible."""
        held = self._held(subject, "s", flag)
        sure = self.x.any_of(expr for _, expr in held.get("establishes", ()))
        hints = self.x.any_of(expr for _, expr in held.get("hints", ()))
        likely = self._likely(subject, "s", flag)
        return sure, likely, hints | likely

    # Findings -----------------------------------------------------------------------------------

    def status(self, subject: Subject) -> str:
        """Return the column of a finding's status, as its index in STATUSES."""

        def build() -> Expr:
            sure = self.x.any_of(
                is_true(self.col(self.rule(rule, subject.place, "s")))
                for rule in self.rules_of(subject)
                if rule.strength == "establishes"
            )
            held = self._held(subject, "w", is_true)
            hinted = self.x.any_of(expr for _, expr in held.get("hints", ()))
            open_ = self.x.any_of(
                self.col(self.rule(rule, subject.place, "w")).is_null()
                for rule in self.rules_of(subject)
            )
            level = (
                self.x.when(open_).then(self.x.lit(STATUSES.index("open"))).otherwise(self.x.lit(0))
            )
            for word, holds in (
                ("possible", hinted),
                ("likely", self._likely(subject, "w", is_true)),
                ("established", sure),
            ):
                level = self.x.when(holds).then(self.x.lit(STATUSES.index(word))).otherwise(level)
            return self.x.cast(level, "Int8")

        return self.make(subject.frame, f"status {subject.key}", build)

    def firm(self, subject: Subject) -> str:
        """Return the column of whether a finding's status is firm."""

        def build() -> Expr:
            if self.base.findings[subject.finding].about_knowledge is not None:
                return self.x.false
            low, high = self._level(subject, is_true), self._level(subject, not_false)
            return self.x.all_of(a == b for a, b in zip(low, high, strict=True))

        return self.make(subject.frame, f"firm {subject.key}", build)

    def severity_of(self, finding: str, frame: str) -> Expr:
        """Return a finding's severity for the rows of *frame*, as its index in SEVERITIES."""
        doc = self.base.findings[finding]
        level: Expr = self.x.lit(SEVERITIES.index(doc.severity))
        for variant in reversed(doc.variants):
            subject = Subject(variant.when, "account")
            if subject not in self._rules:
                continue
            flag = self.make(
                "account",
                f"likely account {variant.when}",
                lambda subject=subject: self.col(self.status(subject)) >= _LIKELY,
            )
            worst = SEVERITIES.index(variant.severity or doc.severity)
            level = (
                self.x.when(is_true(self.at(frame, "account", flag)))
                .then(self.x.lit(worst))
                .otherwise(level)
            )
        return level

    def likely_of(self, subject: Subject, reading: str) -> str:
        """Return the column of a finding's truth (likely or better) by the bounds of a reading."""
        return self.make(
            subject.frame,
            f"likely {subject.key}~{reading}",
            lambda: self.x.decided(
                self._likely(subject, reading, is_true),
                ~self._likely(subject, reading, not_false),
            ),
        )

    def finding(self, name: str, place: EvaluationPlace, reading: str) -> Expr:
        """Return where a finding about the same thing, or its account, is likely or better."""
        subject = Subject(name, self.base.findings[name].about)
        given = f"likely {subject.key}~{reading}" in self.plan.given[subject.frame]
        known = given or subject in self._rules
        if subject.frame not in (place.frame, "account") or not known:
            return self.x.false
        return self.at(place.frame, subject.frame, self.likely_of(subject, reading))
