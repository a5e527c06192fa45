"""Counts over the members of a list, and whether every one satisfies a condition, as columns."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.computed_columns import ComputedColumns
from kam_expert.engines.portfolio.judging.evaluation import EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import (
    Expr,
    Number,
    Word,
    is_true,
    not_false,
)
from kam_expert.engines.portfolio.judging.fact_columns import stem
from kam_expert.facts.case import LISTS

if TYPE_CHECKING:
    from kam_expert.knowledge.conditions.condition import Condition, Ref
    from kam_expert.knowledge.conditions.member_terms import Count, Every


class MemberColumns(ComputedColumns):
    """The columns of terms about members."""

    @abstractmethod
    def column(self, condition: Condition, place: EvaluationPlace, reading: str) -> str:
        """Return the truth of *condition* as a column of its own on the frame of *place*."""

    def _flags(self, where: Condition, of: str, reading: str) -> tuple[str, str, str]:
        """Return columns of the members: whether one counts, certainly counts, and may count."""
        member = LISTS[of]
        key = self.column(where, EvaluationPlace(member), reading)
        sure = self.make(member, f"sure {key}", lambda: is_true(self.col(key)))
        perhaps = self.make(member, f"perhaps {key}", lambda: not_false(self.col(key)))
        return key, sure, perhaps

    def count(self, term: Count, frame: str, reading: str) -> Number:
        """Return how many members satisfy the condition of *term*."""
        more = self.may_grow(frame, term.of, reading)
        _, sure, perhaps = self._flags(term.where, term.of, reading)
        if term.by is None:
            return self.bounds(frame, term.of, (sure, perhaps), more)
        return self._distinct(term.of, term.by, frame, (sure, perhaps), more, reading)

    def _distinct(  # noqa: PLR0913 -- what a count of distinct values is made of
        self,
        of: str,
        by: Ref,
        frame: str,
        flags: tuple[str, str],
        more: Expr,
        reading: str,
    ) -> Number:
        member = LISTS[of]
        sure, perhaps = flags
        key = f"{stem(by)}~{reading} {sure}"

        def exact() -> Expr:
            value = self.read(by, EvaluationPlace(member), reading)
            if isinstance(value, Word):
                return value.text
            if isinstance(value, Number):
                return value.exact()
            # A set counts as one value: its elements joined.
            return self.x.library.concat_str(
                [
                    self.x.cast(self.x.cast(not_false(has), "Int8"), "String")
                    for has in value.has.values()
                ]
            )

        value = self.make(member, f"value {key}", exact)
        columns = {
            "sure": lambda: self.x.when(self.col(sure)).then(self.col(value)),
            "all": lambda: self.x.when(self.col(perhaps)).then(self.col(value)),
        }
        unique = {}
        for word, build in columns.items():
            column = self.make(member, f"{word} value {key}", build)
            hole = self.make(
                member, f"no {word} value {key}", lambda c=column: self.col(c).is_null()
            )
            kinds = self.col(self.gathered(frame, of, column, "n_unique"))
            # A null counts as one more distinct value.
            holes = self.col(self.any_member(frame, of, hole))
            unique[word] = kinds - self.x.cast(holes, "Int32")
        blank = self.make(
            member, f"blank {key}", lambda: self.col(perhaps) & self.col(value).is_null()
        )
        at_all = self.make(
            member, f"blank sure {key}", lambda: self.col(sure) & self.col(value).is_null()
        )
        blanks = self.tally(frame, of, blank)
        none = (unique["sure"] == 0) & self.col(self.any_member(frame, of, at_all))
        low = self.x.when(none).then(self.x.lit(1)).otherwise(unique["sure"])
        return Number(self.x, low, self.x.when(~more).then(unique["all"] + blanks))

    def every(self, term: Every, frame: str, reading: str) -> Expr:
        """Return whether every member that counts satisfies the condition of *term*."""
        member = LISTS[term.of]
        more = self.may_grow(frame, term.of, reading)
        where, sure, perhaps = self._flags(term.where, term.of, reading)
        passes = self.column(term.satisfies, EvaluationPlace(member), reading)
        name = f"{where} {passes}"
        fails = self.make(
            member, f"fails {name}", lambda: self.col(sure) & ~not_false(self.col(passes))
        )
        doubt = self.make(
            member,
            f"doubt {name}",
            lambda: (~self.col(where) | self.col(passes)).is_null(),  # noqa: PLW0108 -- notes what it reads when called
        )
        failed, doubted, some, maybe = (
            self.col(self.any_member(frame, term.of, flag))
            for flag in (fails, doubt, sure, perhaps)
        )
        open_ = self.x.null("Boolean")
        settled = (
            self.x.when(~maybe)
            .then(self.x.false)
            .otherwise(self.x.when(some & ~doubted).then(self.x.true))
        )
        return (
            self.x.when(failed)
            .then(self.x.false)
            .otherwise(self.x.when(more).then(open_).otherwise(settled))
        )
