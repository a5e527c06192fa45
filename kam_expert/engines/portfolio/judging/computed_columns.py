"""Facts computed from lists, as columns: the counterpart of `facts.computed`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.evaluation import EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import (
    Elements,
    Expr,
    Number,
    Value,
    Word,
    chosen,
    is_true,
    not_false,
    rebuilt,
)
from kam_expert.engines.portfolio.judging.fact_columns import FactColumns
from kam_expert.facts.case import LISTS
from kam_expert.facts.computed import form_of
from kam_expert.knowledge.conditions.condition import Ref

if TYPE_CHECKING:
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.vocabulary import Fact

_NEVER = float("inf")


class ComputedColumns(FactColumns, ABC):
    """The columns of facts, computed ones included."""

    @abstractmethod
    def truth(self, condition: Condition, place: EvaluationPlace, reading: str) -> Expr:
        """Return the truth of *condition* in one reading."""

    def value(self, ref: Ref, reading: str) -> Value:
        """Return the value of a fact on its own frame; lists have priority over a stated total."""
        fact = self.base.facts[ref.name]
        if not fact.doc.from_lists:
            return super().value(ref, reading)
        counted, basis = self.computed(fact, reading)
        if fact.doc.is_next_day:
            return self._day(ref, (counted, basis), reading)
        if reading == "s":
            return counted
        return chosen(basis, counted, self.stated(ref, reading))

    def computed(self, fact: Fact, reading: str) -> tuple[Value, Expr]:
        """Return *fact* as the lists give it, and where it has a basis."""
        form = fact.doc.computed
        assert form is not None  # noqa: S101 -- asked of computed facts only
        what, of = form_of(form)
        frame, member = fact.kind, LISTS[of]
        basis = self.listed(frame, of)
        more = self.may_grow(frame, of, reading)
        where = self.base.computed_where.get(fact.name)
        key = f"{fact.name}~{reading}"
        sure, perhaps = self._meant(where, member, reading, key)
        match what:
            case "count":
                value: Value = self.bounds(frame, of, (sure, perhaps), more)
            case "distinct":
                end = form["by"]
                ends = [
                    self.make(
                        end, f"has {flag}", lambda f=flag: self.col(self.any_member(end, of, f))
                    )
                    for flag in (sure, perhaps)
                ]
                lists = {"person": "people", "member": "team"}[end]
                value = self.bounds(frame, lists, (ends[0], ends[1]), more)
            case "set":
                return self._set_of(fact, (sure, perhaps), more, basis, reading), basis
            case "percent":
                whole = self.read(Ref(form["of"]), EvaluationPlace(frame), reading)
                assert isinstance(whole, Number)  # noqa: S101 -- a share of a number
                basis = basis & whole.known()
                value = self._percent(of, frame, (sure, perhaps), more, whole, reading)
            case "next":
                value = self._next(fact, sure, reading)
                # Without a day to come a stated one counts.
                basis = basis & value.known()
            case _:
                value = self._numbers(what, fact, (sure, perhaps), more, reading)
        return rebuilt(value, lambda _, expr: self.x.when(basis).then(expr)), basis

    def _meant(
        self, where: Condition | None, member: str, reading: str, key: str
    ) -> tuple[str, str]:
        """Return columns on *member*: where it certainly counts, and where it may."""
        place = EvaluationPlace(member)
        sure = self.make(
            member,
            f"sure {key}",
            lambda: self.x.true if where is None else is_true(self.truth(where, place, reading)),
        )
        perhaps = self.make(
            member,
            f"perhaps {key}",
            lambda: self.x.true if where is None else not_false(self.truth(where, place, reading)),
        )
        return sure, perhaps

    def _set_of(
        self, fact: Fact, flags: tuple[str, str], more: Expr, basis: Expr, reading: str
    ) -> Elements:
        form = fact.doc.computed or {}
        of = form["set"]
        member, path_name = LISTS[of], form["of"]
        path, _, name = path_name.rpartition(".")
        ref, place = Ref(name, path=path), EvaluationPlace(LISTS[of])
        key = f"{fact.name}~{reading}"
        sure, perhaps = flags

        def of_member() -> Word:
            value = self.read(ref, place, reading)
            assert isinstance(value, Word)  # noqa: S101 -- a set is made of words
            return value

        blank = self.make(member, f"blank {key}", lambda: self.col(perhaps) & ~of_member().known())
        open_ = self.col(self.any_member(fact.kind, of, blank)) | more
        known = basis if reading == "w" else basis & ~more
        has = {}
        for word in fact.doc.values:
            surely = self.make(
                member,
                f"sure {word} {key}",
                lambda word=word: self.col(sure) & is_true(of_member().text == word),
            )
            maybe = self.make(
                member,
                f"perhaps {word} {key}",
                lambda word=word: self.col(perhaps) & is_true(of_member().text == word),
            )
            in_it = self.col(self.any_member(fact.kind, of, surely))
            may_be = self.col(self.any_member(fact.kind, of, maybe))
            has[word] = self.x.when(known).then(self.x.decided(in_it, ~may_be & ~open_))
        return Elements(self.x, has, self.x.when(known).then(open_), known)

    def _percent(  # noqa: PLR0913 -- what a share is made of
        self,
        of: str,
        frame: str,
        flags: tuple[str, str],
        more: Expr,
        whole: Number,
        reading: str,
    ) -> Number:
        size = whole.exact()
        usable = is_true(size != 0)
        if reading == "s":
            usable = usable & ~more
        hundred = self.x.lit(100.0)

        def share(flag: str) -> Expr:
            part = 100 * self.tally(frame, of, flag) / size
            return self.x.when(part > hundred).then(hundred).otherwise(part)

        low, high = (share(flag) for flag in flags)
        high = self.x.when(more).then(hundred).otherwise(high)
        return Number(self.x, self.x.when(usable).then(low), self.x.when(usable).then(high))

    def _day(self, ref: Ref, told: tuple[Value, Expr], reading: str) -> Value:
        """Return the next day, else the stated one, else the word for that; see `otherwise`."""
        fact, (counted, basis) = self.base.facts[ref.name], told
        form = fact.doc.computed or {}
        value = chosen(basis, counted, self.stated(ref, reading))
        if "else" not in form:
            return value
        assert isinstance(value, Number)  # noqa: S101 -- a date
        member = LISTS[form["next"]]
        where = self.base.computed_where.get(fact.name)
        sure, perhaps = self._meant(where, member, reading, f"{fact.name}~{reading}")

        def open_() -> Expr:
            day = self.read(Ref(form["of"]), EvaluationPlace(member), reading)
            return self.col(perhaps) & (~self.col(sure) | ~day.known())

        column = self.make(member, f"may be {fact.name}~{reading}", open_)
        may_be = self.col(self.any_member(fact.kind, form["next"], column))
        none = ~basis & ~self.stated(ref, "w").known() & ~may_be
        word = self.x.lit(form["else"])
        held = self.x.null("String") if value.word is None else value.word
        return Number(self.x, value.low, value.high, self.x.when(none).then(word).otherwise(held))

    def _next(self, fact: Fact, sure: str, reading: str) -> Number:
        """Return the earliest day to come; dates are days since, so the largest up to 0."""
        form = fact.doc.computed or {}
        ref, member = Ref(form["of"]), LISTS[form["next"]]

        def to_come() -> Expr:
            day = self.read(ref, EvaluationPlace(member), reading)
            assert isinstance(day, Number)  # noqa: S101 -- a date
            return self.x.when(self.col(sure) & is_true(day.low <= 0)).then(day.low)

        column = self.make(member, f"to come {fact.name}~{reading}", to_come)
        return Number(self.x, self.col(self.gathered(fact.kind, form["next"], column, "max")))

    def _numbers(
        self, what: str, fact: Fact, flags: tuple[str, str], more: Expr, reading: str
    ) -> Number:
        form = fact.doc.computed or {}
        _, of = form_of(form)
        member, key = LISTS[of], f"{fact.name}~{reading}"
        path, _, name = form["of"].rpartition(".")
        ref = Ref(name, path=path)
        sure, perhaps = flags

        def exact() -> Expr:
            value = self.read(ref, EvaluationPlace(member), reading)
            assert isinstance(value, Number)  # noqa: S101 -- the parser saw to it
            return self.x.when(self.col(perhaps)).then(value.exact())

        amount = self.make(member, f"exact {key}", exact)
        blank = self.make(
            member,
            f"blank {key}",
            lambda: self.col(perhaps) & (self.col(amount).is_null() | ~self.col(sure)),
        )
        frame = fact.kind
        usable = ~more & ~self.col(self.any_member(frame, of, blank))
        some = self.col(self.any_member(frame, of, perhaps))
        if what == "minimum":
            least = self.col(self.gathered(frame, of, amount, "min"))
            never = self.x.lit(_NEVER)
            return Number(
                self.x, self.x.when(usable).then(self.x.when(some).then(least).otherwise(never))
            )
        most = self.col(self.gathered(frame, of, amount, "max"))
        whole = self.plan.gather(frame, self.between(frame, member), amount, "sum")
        share = 100 * most / self.col(whole)
        return Number(
            self.x, self.x.when(usable & some & is_true(self.col(whole) != 0)).then(share)
        )
