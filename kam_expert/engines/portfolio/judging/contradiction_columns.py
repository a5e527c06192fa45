"""The number of contradictions as columns."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.evaluation import READINGS, EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import Elements, Expr, Number, Value, is_true
from kam_expert.engines.portfolio.judging.finding_columns import FindingColumns, Subject
from kam_expert.facts.computed import is_share
from kam_expert.knowledge.conditions.condition import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.vocabulary import Fact


class ContradictionColumns(FindingColumns):
    """Compiles what is impossible, mirrored findings that both hold, and totals that differ."""

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
