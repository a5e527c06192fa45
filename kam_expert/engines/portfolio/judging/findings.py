"""Rules, findings, the stage and contradictions as columns."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.conditions import ConditionColumns
from kam_expert.engines.portfolio.judging.evaluation import READINGS, EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import (
    Elements,
    Expr,
    Number,
    Value,
    is_true,
    not_false,
)
from kam_expert.facts.columns import CHOSEN
from kam_expert.facts.computed import is_share
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from kam_expert.engines.portfolio.judging.frames import Frames
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.stage import Stage
    from kam_expert.knowledge.vocabulary import Fact

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


class PortfolioRules(ConditionColumns):
    """Compiles a rule base: the status of every finding, and the stage."""

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

    # The stage ----------------------------------------------------------------------------------

    def _truths(self, names: Sequence[str], reading: str) -> list[Expr]:
        return [self.finding(name, EvaluationPlace("account"), reading) for name in names]

    def _contact_known(self) -> Expr:
        names = self.base.stage_model.contact_facts
        if not names:
            return self.x.true
        place = EvaluationPlace("account")
        return self.x.any_of(self.read(Ref(name), place, "w").known() for name in names)

    def count_of(self, stage: Stage, reading: str, *, open_too: bool = False) -> str:
        """Return the column of the number of features of *stage* that are true (or may be)."""
        name = f"features {stage.name}~{reading}{'?' if open_too else ''}"

        def build() -> Expr:
            found = self._truths(stage.features, reading)
            return self.x.total([not_false(f) for f in found] if open_too else found)

        return self.make("account", name, build)

    def settled_count(self, reading: str) -> str:
        """Return the column of the number of settled features."""
        names = self.base.stage_model.features
        return self.make(
            "account",
            f"settled~{reading}",
            lambda: self.x.total([~truth.is_null() for truth in self._truths(names, reading)]),
        )

    def _barred(self, stage: Stage, reading: str, flag: Callable[[Expr], Expr]) -> Expr:
        return self.x.any_of(flag(truth) for truth in self._truths(stage.vetoes, reading))

    def _core(self, stage: Stage, reading: str, flag: Callable[[Expr], Expr]) -> Expr:
        """Return the number of features of the core that pass *flag*."""
        return self.x.total([flag(truth) for truth in self._truths(stage.core, reading)])

    def verdict(self) -> str:
        """Return the column of the stage's name."""
        model = self.base.stage_model

        def build() -> Expr:
            reached = [self.col(self.count_of(s, "w")) >= s.needed for s in model.stages]
            number = self.x.total(reached)
            enough = self.col(self.settled_count("w")) >= (
                model.settled_share * len(model.features)
            )
            word = (
                self.x.when((number == 0) & ~enough)
                .then(self.x.lit(UNDETERMINED))
                .otherwise(self.x.lit(model.between))
            )
            for stage, here in zip(model.stages, reached, strict=True):
                alone = here & (number == 1) & ~self._barred(stage, "w", is_true)
                if stage.core_needed > 0:
                    alone = alone & (self._core(stage, "w", is_true) >= stage.core_needed)
                word = self.x.when(alone).then(self.x.lit(stage.name)).otherwise(word)
            known = self._contact_known()
            return self.x.when(known).then(word).otherwise(self.x.lit(UNDETERMINED))

        return self.make("account", "stage", build)

    def possible(self, verdict: str, reading: str) -> str:
        """Return the column of whether open features and vetoes allow *verdict*.

        As `StageModel.possible` says it for one account.
        """
        model = self.base.stage_model

        def unreached(but: Stage | None = None) -> Expr:
            return self.x.all_of(
                self.col(self.count_of(stage, reading)) < stage.needed
                for stage in model.stages
                if stage is not but
            )

        def build() -> Expr:
            can = {
                s.name: self.col(self.count_of(s, reading, open_too=True)) >= s.needed
                for s in model.stages
            }
            if verdict == UNDETERMINED:
                few = self.col(self.settled_count(reading)) < (
                    model.settled_share * len(model.features)
                )
                return (unreached() & few) | ~self._contact_known()
            if verdict == model.between:
                two = self.x.total(list(can.values())) >= 2  # noqa: PLR2004 -- two stages at once
                barred = self.x.any_of(
                    can[s.name] & self._may_be_barred(s, reading) for s in model.stages
                )
                return unreached() | two | barred
            stage = next(s for s in model.stages if s.name == verdict)
            return self._may_be(stage, reading) & unreached(stage)

        return self.make("account", f"possible {verdict}~{reading}", build)

    def _may_be_barred(self, stage: Stage, reading: str) -> Expr:
        """Return where answers can reach a reachable stage and bar it."""
        vetoed = self._barred(stage, reading, not_false)
        if stage.core_needed <= 0:
            return vetoed
        others = [name for name in stage.features if name not in stage.core]
        most = self.x.total([not_false(truth) for truth in self._truths(others, reading)])
        core, few = self._core(stage, reading, not_false), self.x.lit(stage.core_needed - 1)
        most = most + self.x.when(core < stage.core_needed).then(core).otherwise(few)
        lacking = self._core(stage, reading, is_true) < stage.core_needed
        return vetoed | (lacking & (most >= stage.needed))

    def _may_be(self, stage: Stage, reading: str) -> Expr:
        """Return where answers can reach a stage without barring it."""
        # An open feature that is a veto too must turn out false.
        features, core = (
            [name for name in names if name not in stage.vetoes]
            for names in (stage.features, stage.core)
        )

        def most(names: Sequence[str]) -> Expr:
            return self.x.total([not_false(truth) for truth in self._truths(names, reading)])

        here = (most(features) >= stage.needed) & ~self._barred(stage, reading, is_true)
        return here & (most(core) >= stage.core_needed) if stage.core_needed > 0 else here

    def margin(self) -> str:
        """Return the column of how many features can fall away before the stage does, or null."""

        def build() -> Expr:
            found: Expr = self.x.null("Int32")
            for stage in self.base.stage_model.stages:
                spare = self.col(self.count_of(stage, "w")) - stage.needed
                if stage.core_needed > 0:
                    core = self._core(stage, "w", is_true) - stage.core_needed
                    spare = self.x.when(core < spare).then(core).otherwise(spare)
                here = self.col(self.verdict()) == stage.name
                found = self.x.when(here).then(spare).otherwise(found)
            return self.x.cast(found, "Int32")

        return self.make("account", "margin", build)

    def verdicts(self) -> tuple[str, ...]:
        """Return every verdict, in display order."""
        return (*self.base.stage_model.names, UNDETERMINED)

    def stage_firm(self) -> str:
        """Return the column of whether the stage is firm."""

        def build() -> Expr:
            ways = self.x.total([self.col(self.possible(v, "s")) for v in self.verdicts()])
            same = self.x.any_of(
                (self.col(self.verdict()) == v) & self.col(self.possible(v, "s"))
                for v in self.base.stage_model.names
            )
            return same & (ways == 1)

        return self.make("account", "stage firm", build)

    def leaning(self) -> str:
        """Return the column of the leaning of an undetermined account, or null."""
        model = self.base.stage_model

        def build() -> Expr:
            shares = []
            for stage in model.stages:
                found = self._truths(stage.features, "w")
                known = self.x.total([~truth.is_null() for truth in found])
                share = self.col(self.count_of(stage, "w")) / known
                shares.append(self.x.when(known > 0).then(share).otherwise(self.x.lit(0.0)))
            asked = (self.col(self.verdict()) == UNDETERMINED) & (
                self.col(self.settled_count("w")) >= model.leaning_from
            )
            word: Expr = self.x.null("String")
            for index, stage in enumerate(model.stages):
                ahead = self.x.all_of(
                    shares[index] > share for i, share in enumerate(shares) if i != index
                )
                leads = asked & ahead & (shares[index] > 0) & ~self._barred(stage, "w", is_true)
                word = self.x.when(leads).then(self.x.lit(stage.name)).otherwise(word)
            return word

        return self.make("account", "leaning", build)

    def stage_in(self, names: frozenset[str], place: EvaluationPlace, reading: str) -> Expr:
        """Return where the stage is one of *names*."""

        def build() -> Expr:
            inside = self.x.any_of(
                self.col(self.possible(v, reading)) for v in self.verdicts() if v in names
            )
            outside = self.x.any_of(
                self.col(self.possible(v, reading)) for v in self.verdicts() if v not in names
            )
            return self.x.decided(~outside, ~inside)

        name = f"stage in {' '.join(sorted(names))}~{reading}"
        column = self.make("account", name, build)
        return self.at(place.frame, "account", column)

    def verdict_in(self, names: frozenset[str], place: EvaluationPlace, reading: str) -> Expr:
        """Return where the diagnosis names one of *names* as the stage."""

        def build() -> Expr:
            named = self.x.any_of(self.col(self.verdict()) == name for name in sorted(names))
            if reading == "w":
                return named
            inside, outside = (
                self.x.any_of(
                    self.col(self.possible(v, reading))
                    for v in self.verdicts()
                    if (v in names) is among
                )
                for among in (True, False)
            )
            return self.x.decided(named & ~outside, ~named & ~inside)

        name = f"verdict in {' '.join(sorted(names))}~{reading}"
        return self.at(place.frame, "account", self.make("account", name, build))

    # The strategy -------------------------------------------------------------------------------

    def strategy_is(self, name: str) -> str:
        """Return the column of whether a strategy counts: chosen, or else given by the rules."""

        def build() -> Expr:
            given = self.col(self.status(Subject(name, "account"))) >= STATUSES.index("likely")
            if CHOSEN not in self.plan.given["account"]:
                return given
            chosen = self.col(CHOSEN)
            return self.x.when(chosen.is_null()).then(given).otherwise(is_true(chosen == name))

        return self.make("account", f"strategy is {name}", build)

    def may_be(self, name: str) -> str:
        """Return the column of whether missing answers allow a strategy."""
        subject = Subject(name, "account")
        return self.make(
            "account",
            f"may be {name}",
            lambda: not_false(self.col(self.likely_of(subject, "s"))),
        )

    def strategy(self) -> str:
        """Return the column of the strategy that counts, as its place in the order."""

        def build() -> Expr:
            place: Expr = self.x.lit(0)
            for number, strategy in enumerate(self.base.strategies):
                here = self.col(self.strategy_is(strategy.id))
                place = self.x.when(here).then(self.x.lit(number)).otherwise(place)
            return place

        return self.make("account", "strategy", build)

    # Contradictions -----------------------------------------------------------------------------

    def contradictions(self, reading: str) -> tuple[str, str | None]:
        """Return the columns of the minimum and (if bounded) maximum number of contradictions."""

        def build() -> Expr:
            parts = [
                *self._impossible(reading),
                *self._mirrored(reading),
                *self._miscounted(reading),
            ]
            return functools.reduce(operator.add, parts, self.x.lit(0))

        name = self.make("account", f"contradictions~{reading}", build)
        return name, None if reading == "w" else name

    def _impossible(self, reading: str) -> Iterator[Expr]:
        place = EvaluationPlace("account")
        for condition in self.base.impossible.values():
            found = is_true(self.truth(condition, place, "w"))
            if reading == "s":
                found = found & is_true(self.truth(condition, place, "s"))
            yield self.x.cast(found, "Int32")

    def _mirrored(self, reading: str) -> Iterator[Expr]:
        for subject in self.subjects:
            mirror = self.base.findings[subject.finding].mirror
            if mirror is None or mirror < subject.finding:
                continue
            other = Subject(mirror, subject.frame, subject.gap)
            if other not in self._rules:
                continue
            readings = READINGS if reading == "s" else ("w",)

            def both(
                one: Subject = subject, two: Subject = other, over: tuple[str, ...] = readings
            ) -> Expr:
                return self.x.all_of(
                    is_true(self.col(self.likely_of(s, r))) for s in (one, two) for r in over
                )

            if subject.frame == "account":
                yield self.x.cast(both(), "Int32")
                continue
            name = self.make(subject.frame, f"mirrored {subject.key}~{reading}", both)
            yield self.col(self.plan.gather("account", subject.frame, name, "count"))

    def _miscounted(self, reading: str) -> Iterator[Expr]:
        for fact in self.base.facts.values():
            if not fact.doc.from_lists or fact.doc.is_next_day:
                continue

            def differs(fact: Fact = fact) -> Expr:
                stated = self.stated(Ref(fact.name), "w")
                found = self._disagree(fact, stated, self.computed(fact, "w")[0])
                if reading == "s":
                    found = found & self._disagree(fact, stated, self.computed(fact, "s")[0])
                return found

            if fact.kind == "account":
                yield self.x.cast(differs(), "Int32")
                continue
            name = self.make(fact.kind, f"miscounted {fact.name}~{reading}", differs)
            yield self.col(self.plan.gather("account", fact.kind, name, "count"))

    def _disagree(self, fact: Fact, stated: Value, counted: Value) -> Expr:
        """Return where the stated value contradicts the counted one, without nulls."""
        if isinstance(stated, Elements) and isinstance(counted, Elements):
            known = stated.known() & counted.known()
            differ = self.x.any_of(is_true(counted.has[n] != stated.has[n]) for n in counted.has)
            return is_true(known) & differ
        assert isinstance(stated, Number)  # noqa: S101 -- all other forms give numbers
        assert isinstance(counted, Number)  # noqa: S101 -- as above
        form = fact.doc.computed
        assert form is not None  # noqa: S101 -- asked of computed facts only
        high = counted.low if counted.high is None else counted.high
        stated_high = stated.low if stated.high is None else stated.high
        slack = 1 if is_share(form) else 0  # people round shares, but not counts
        above = is_true(stated.low > high + slack)
        below = is_true(stated_high < counted.low - slack)
        return above | below
