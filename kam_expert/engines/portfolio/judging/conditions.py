"""Conditions as columns: one for each reading, on the frame of the condition's entity."""

from __future__ import annotations

from abc import abstractmethod
from datetime import date
from functools import cached_property, singledispatchmethod
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.distances import distance
from kam_expert.engines.portfolio.judging.evaluation import EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import Expr, Number, Value, Word, not_false
from kam_expert.engines.portfolio.judging.member_columns import MemberColumns
from kam_expert.engines.portfolio.judging.operators import passes
from kam_expert.knowledge.conditions.conclusion_terms import (
    FindingCount,
    FindingTruth,
    StageTruth,
    VerdictTruth,
)
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.fact_terms import (
    Change,
    DaysSince,
    DaysUntil,
    Difference,
    LastTwo,
    Unanswered,
)
from kam_expert.knowledge.conditions.fact_terms import Value as ValueTerm
from kam_expert.knowledge.conditions.leaf import Leaf, leaves, refs
from kam_expert.knowledge.conditions.logic import AnyOf, NoneOf
from kam_expert.knowledge.conditions.member_terms import Count, Every
from kam_expert.knowledge.conditions.operators import Test
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.conditions.terms import Term


Tests = tuple[Test, ...]


class ConditionColumns(MemberColumns):
    """The columns of conditions."""

    @cached_property
    def _columns_of(self) -> dict[tuple[int, EvaluationPlace, str], str]:
        return {}

    @cached_property
    def _conditions(self) -> list[Condition]:
        return []  # kept alive, as their identities are keys

    @cached_property
    def _definitions(self) -> dict[int, tuple[str, str]]:
        # A definition is one object wherever it is used; its first name counts.
        found = [*self.base.definitions.items()][::-1]
        return {id(condition): (name, home) for name, (home, condition) in found}

    def differs(self, condition: Condition) -> bool:
        """Return whether the readings can disagree about a condition."""
        for leaf in leaves(condition):
            term = leaf.term
            if term.members or term.findings or term.reads_stage or term.reads_history:
                return True
            aged = (ref.name for ref in term.refs if term.reads_age)
            if any(self.base.facts[name].doc.type != "date" for name in aged):
                return True
        return any(ref.name in ENGINE_FACTS or self.fact_differs(ref) for ref in refs(condition))

    def truth(self, condition: Condition, place: EvaluationPlace, reading: str) -> Expr:
        """Return the truth of *condition* in one reading."""
        if id(condition) not in self._definitions:
            return self._truth(condition, place, reading)
        name, home = self._definitions[id(condition)]
        if reading == "s" and not self.differs(condition):
            reading = "w"
        column = self.make(
            home,
            f"is {name}~{reading}",
            lambda: self._truth(condition, EvaluationPlace(home), reading),
        )
        return self.at(place.frame, home, column)

    def _truth(self, condition: Condition, place: EvaluationPlace, reading: str) -> Expr:
        if isinstance(condition, Leaf):
            return self._term(condition.term, condition.tests, place, reading)
        parts = [self.truth(part, place, reading) for part in condition.children()]
        if isinstance(condition, AnyOf):
            return self.x.any_of(parts)
        return ~self.x.any_of(parts) if isinstance(condition, NoneOf) else self.x.all_of(parts)

    def column(self, condition: Condition, place: EvaluationPlace, reading: str) -> str:
        """Return the truth of *condition* as a column of its own on the frame of *place*."""
        if reading == "s" and not self.differs(condition):
            reading = "w"
        key = (id(condition), place, reading)
        if key not in self._columns_of:
            self._conditions.append(condition)
            name = f"c{len(self._conditions)}~{reading}"
            name = self.make(place.frame, name, lambda: self.truth(condition, place, reading))
            self._columns_of[key] = name
        return self._columns_of[key]

    # Terms

    def _tested(self, value: Value, tests: tuple[Test, ...]) -> Expr:
        """Return whether a value passes tests; dates are days since in the frames."""
        return passes(value, [self._dated(test) for test in tests])

    def _dated(self, test: Test) -> Test:
        """Return *test* with dates as days since, as they are in the frames."""
        if test.op not in ("is", "not"):
            return test
        items = ((self.day - i).days if isinstance(i, date) else i for i in test.operand)
        return Test(test.op, tuple(items))

    def _number(self, ref: Ref, place: EvaluationPlace, reading: str) -> Number:
        value = self.read(ref, place, reading)
        assert isinstance(value, Number)  # noqa: S101 -- the parser saw to it
        return value

    def _read(self, ref: Ref, place: EvaluationPlace, reading: str) -> Value:
        if ref.name not in ENGINE_FACTS:
            return self.read(ref, place, reading)
        if ref.name == "gap":
            assert place.gap is not None  # noqa: S101 -- the parser saw to it
            return Word(self.x, self._gap(place.gap, reading))
        if ref.name == "customer_answers":
            here = "customer_answers"
            return Number(self.x, self.at(place.frame, "account", here))
        low, high = self.contradictions(reading)
        least = self.at(place.frame, "account", low)
        return Number(self.x, least, None if high is None else self.x.null("Int32"))

    def _gap(self, name: str, reading: str) -> Expr:
        """Return whether the answers of a declared pair differ: yes, no or null."""
        gap, place = self.base.gaps[name], EvaluationPlace("account")
        ours = self.read(Ref(gap.ours, "ours"), place, reading)
        theirs = self.read(Ref(gap.theirs, "theirs"), place, reading)
        far = distance(self.base.facts[gap.ours], ours, theirs) >= gap.threshold.value
        no = self.x.when(~far).then(self.x.lit("no"))
        if self.base.facts[gap.ours].doc.parts:  # they have gaps of their own, where they hold
            sides = [Ref(gap.ours, side) for side in ("ours", "theirs")]
            answered = self.x.any_of(self.parts_answered(side) for side in sides)
            held = self.x.any_of(self.parts_answered(side, reading) for side in sides)
            no = self.x.when((~far & ~answered) | held).then(self.x.lit("no"))
            far &= ~answered
        return self.x.when(far).then(self.x.lit("yes")).otherwise(no)

    @singledispatchmethod
    def _term(self, term: Term, tests: Tests, place: EvaluationPlace, reading: str) -> Expr:
        """Return whether a term passes tests; each class of term is registered below."""
        raise NotImplementedError(term, tests, place, reading)

    @_term.register(ValueTerm)
    def _value(self, term: ValueTerm, tests: Tests, place: EvaluationPlace, reading: str) -> Expr:
        return self._tested(self._read(term.ref, place, reading), tests)

    @_term.register(DaysSince)
    def _days(self, term: DaysSince, tests: Tests, place: EvaluationPlace, reading: str) -> Expr:
        ref = term.ref
        if self.base.facts[ref.name].doc.type != "date":
            return passes(Number(self.x, self.age(ref, place, reading)), tests)
        value = self._number(ref, place, reading)
        passed = passes(Number(self.x, value.low, value.high), tests)
        if value.word is None:
            return passed
        return self.x.when(value.word.is_null()).then(passed).otherwise(self.x.false)

    @_term.register(DaysUntil)
    def _left(self, term: DaysUntil, tests: Tests, place: EvaluationPlace, reading: str) -> Expr:
        value = self._number(term.ref, place, reading)
        passed = passes(Number(self.x, -value.low), tests)
        if value.word is None:
            return passed
        return self.x.when(value.word.is_null()).then(passed).otherwise(self.x.false)

    @_term.register(LastTwo)
    def _both(self, term: LastTwo, tests: Tests, place: EvaluationPlace, reading: str) -> Expr:
        now, before = self.last_two(term.ref, place, reading)
        passed = self.x.all_of(self._tested(value, tests) for value in (before, now))
        return self.x.when(before.known()).then(passed)

    @_term.register(Change)
    def _change(self, term: Change, tests: Tests, place: EvaluationPlace, reading: str) -> Expr:
        now, before = self.last_two(term.ref, place, reading)
        assert isinstance(now, Number)  # noqa: S101 -- the parser saw to it
        assert isinstance(before, Number)  # noqa: S101 -- as above
        [test] = tests
        if test.op in ("at_least", "at_most"):
            more, by = Difference.compared(test)
            before = before if term.of == 100 else before.share(Number(self.x, self.x.lit(term.of)))  # noqa: PLR2004 -- per cent
            if not by:
                return ~(before.exceeds(now, 0) if more else now.exceeds(before, 0))
            return now.exceeds(before, by) if more else before.exceeds(now, by)
        rising, falling = now.exceeds(before, 0), before.exceeds(now, 0)
        said = {"above": rising, "below": falling, "is": ~(rising | falling)}
        return said[test.op]

    @_term.register(Unanswered)
    def _unanswered(
        self, term: Unanswered, tests: Tests, place: EvaluationPlace, reading: str
    ) -> Expr:
        del tests, reading
        return ~self.read(term.ref, place, "w").known()

    @_term.register(Difference)
    def _difference(
        self, term: Difference, tests: Tests, place: EvaluationPlace, reading: str
    ) -> Expr:
        [test] = tests
        more, by = term.compared(test)
        mine, other = (self._number(ref, place, reading) for ref in (term.ref, term.other))
        if term.percent is not None:
            other = other.share(self._number(term.percent, place, reading))
        return mine.exceeds(other, by) if more else other.exceeds(mine, by)

    @_term.register(Count)
    def _count(self, term: Count, tests: Tests, place: EvaluationPlace, reading: str) -> Expr:
        return passes(self.count(term, place.frame, reading), tests)

    @_term.register(Every)
    def _every(self, term: Every, tests: Tests, place: EvaluationPlace, reading: str) -> Expr:
        del tests
        return self.every(term, place.frame, reading)

    @_term.register(FindingTruth)
    def _finding(
        self, term: FindingTruth, tests: Tests, place: EvaluationPlace, reading: str
    ) -> Expr:
        del tests
        return self.x.any_of(self.finding(name, place, reading) for name in term.names)

    @_term.register(FindingCount)
    def _findings(
        self, term: FindingCount, tests: Tests, place: EvaluationPlace, reading: str
    ) -> Expr:
        found = [self.finding(name, place, reading) for name in term.names]
        most = self.x.total([not_false(truth) for truth in found])
        return passes(Number(self.x, self.x.total(found), most), tests)

    @_term.register(StageTruth)
    def _stage(self, term: StageTruth, tests: Tests, place: EvaluationPlace, reading: str) -> Expr:
        del tests
        return self.stage_in(term.names, place, reading)

    @_term.register(VerdictTruth)
    def _verdict(
        self, term: VerdictTruth, tests: Tests, place: EvaluationPlace, reading: str
    ) -> Expr:
        del tests
        return self.verdict_in(term.names, place, reading)

    # Conclusions: these come from `findings`

    @abstractmethod
    def finding(self, name: str, place: EvaluationPlace, reading: str) -> Expr:
        """Return where a finding about the same thing, or its account, is likely or better."""

    @abstractmethod
    def stage_in(self, names: frozenset[str], place: EvaluationPlace, reading: str) -> Expr:
        """Return where the stage is one of *names*."""

    @abstractmethod
    def verdict_in(self, names: frozenset[str], place: EvaluationPlace, reading: str) -> Expr:
        """Return where the diagnosis names one of *names* as the stage."""

    @abstractmethod
    def contradictions(self, reading: str) -> tuple[str, str | None]:
        """Return the columns of the minimum and (if bounded) maximum number of contradictions."""
