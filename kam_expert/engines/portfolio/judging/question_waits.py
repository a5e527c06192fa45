"""What a condition waits for, as columns: the counterpart of `kam_expert.engines.unknowns`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.evaluation import EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import Elements, Number, is_true, not_false
from kam_expert.engines.unknowns import ENDS
from kam_expert.facts.case import LISTS
from kam_expert.facts.columns import COMPLETE
from kam_expert.facts.computed import form_of
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kam_expert.engines.portfolio.judging.expressions import Expr, Value
    from kam_expert.engines.portfolio.judging.portfolio_rules import PortfolioRules
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.conditions.terms import Members
    from kam_expert.knowledge.vocabulary import Fact


@dataclass(frozen=True)
class Wait:
    """What a condition waits for where *flag* is set.

    Attributes:
        fact: A fact and the side to answer it, or a list and nothing; None for everything in
            *inner*.
        inner: What members of a list wait for, or the entity that has the fact.
        frame: The frame of *inner*.
    """

    flag: str
    fact: tuple[str, str] | None = None
    inner: tuple[Wait, ...] = ()
    frame: str = ""


class Waits:
    """Compiles what conditions wait for in the strict reading.

    Args:
        rules: The compiled rules, to whose plan the columns are added.
    """

    def __init__(self, rules: PortfolioRules) -> None:
        self.rules = rules
        self.base = rules.base
        self.x = rules.x
        self._number = 0
        self._computed: dict[tuple[str, str], tuple[Wait, ...]] = {}

    def column(self, frame: str, build: Callable[[], Expr]) -> str:
        """Add a column with a numbered name; return the name."""
        self._number += 1
        return self.rules.make(frame, f"q{self._number}", build)

    def always(self, frame: str) -> str:
        """Return a column that is set everywhere."""
        return self.rules.make(frame, "always", lambda: self.x.true)

    def of_condition(
        self, condition: Condition, place: EvaluationPlace, above: str | None = None
    ) -> list[Wait]:
        """Return what `unknowns` yields, where everything from *above* down is unknown."""
        rules, frame = self.rules, place.frame
        truth = rules.column(condition, place, "s")

        def unknown() -> Expr:
            here = rules.col(truth).is_null()
            return here if above is None else here & rules.col(above)

        here = self.column(frame, unknown)
        if not isinstance(condition, Leaf):
            children = condition.children()
            return [wait for child in children for wait in self.of_condition(child, place, here)]
        term = condition.term
        if term.members is not None:
            return self._of_list(term.members, here)
        if len(term.answers) == 1:
            return self.of_fact(term.answers[0], place, here)
        return [wait for ref in term.answers for wait in self._unless_exact(ref, place, here)]

    def _of_list(self, read: Members, here: str) -> list[Wait]:
        member = EvaluationPlace(LISTS[read.of])
        meant = self._meant(read.where, member)
        waits = [
            wait
            for condition in read.conditions
            for wait in self.of_condition(condition, member, meant)
        ]
        waits += [wait for ref in read.refs for wait in self._unless_exact(ref, member, meant)]
        growing = self._growing(read.of, here)
        return [*growing, Wait(here, inner=tuple(waits), frame=member.frame)]

    def _meant(self, where: Condition, member: EvaluationPlace) -> str:
        column = self.rules.column(where, member, "s")
        return self.column(member.frame, lambda: not_false(self.rules.col(column)))

    def _growing(self, of: str, here: str) -> list[Wait]:
        """Return a list that may have unknown members, unless it is declared incomplete."""
        if of not in COMPLETE:
            return []

        def may_grow() -> Expr:
            listed, said = (self.rules.col(f"{of}_{word}") for word in ("listed", "complete"))
            return not_false(said) & ~(listed & is_true(said))

        grows = self.column("account", may_grow)
        inner = []
        for end in ENDS if of == "links" else ():
            unnamed = self._without(grows, f"{end}_listed")
            inner.append(Wait(unnamed, (f"complete.{end}", "ours")))
        for wait in tuple(inner):
            grows = self._without(grows, wait.flag)
        inner.append(Wait(grows, (f"complete.{of}", "ours")))
        return [Wait(here, inner=tuple(inner), frame="account")]

    def _without(self, flag: str, other: str) -> str:
        return self.column("account", lambda: self.rules.col(flag) & ~self.rules.col(other))

    def _unless_exact(self, ref: Ref, place: EvaluationPlace, here: str) -> list[Wait]:
        def inexact() -> Expr:
            return self.rules.col(here) & ~self._exact(self.rules.read(ref, place, "s"))

        return self.of_fact(ref, place, self.column(place.frame, inexact))

    def _exact(self, value: Value) -> Expr:
        if isinstance(value, Number):
            exact = ~value.exact().is_null()
            return exact if value.word is None else exact | ~value.word.is_null()
        if isinstance(value, Elements):
            settled = self.x.all_of(~has.is_null() for has in value.has.values())
            bounded = self.x.true if value.unbounded is None else ~value.unbounded
            return is_true(value.known() & settled & bounded)
        return value.known()

    def of_fact(self, ref: Ref, place: EvaluationPlace, here: str) -> list[Wait]:
        """Return what `of_fact` yields where *here* is set."""
        if ref.name == "gap":
            gap = self.base.gaps[place.gap or ""]
            pair = (Ref(gap.ours, "ours"), Ref(gap.theirs, "theirs"))
            return [wait for part in pair for wait in self._unless_exact(part, place, here)]
        if ref.name in ENGINE_FACTS:
            return []
        fact = self.base.facts[ref.name]
        if fact.doc.parts:
            parts = [Ref(part, ref.side, ref.path) for part in fact.doc.parts]
            return [wait for part in parts for wait in self._unless_exact(part, place, here)]
        before = fact.doc.asked_after
        first = before and self._unless_exact(Ref(before, ref.side, ref.path), place, here)
        return [*(first or ()), *self._of_fact(fact, ref, place, here)]

    def _of_fact(self, fact: Fact, ref: Ref, place: EvaluationPlace, here: str) -> list[Wait]:
        side = {"us": "ours", "customer": "theirs"}.get(fact.doc.asked_of, ref.side)
        key = (ref.name, "ours" if side == "ours" else "theirs")
        if fact.doc.from_lists:
            waits = self._of_computed(fact, Ref(ref.name, ref.side), key)
        else:
            if fact.kind == place.frame and not ref.path:
                return [Wait(here, key)]
            waits = (Wait(self.always(fact.kind), key),)
        return [Wait(here, inner=waits, frame=fact.kind)]

    def _of_computed(self, fact: Fact, plain: Ref, key: tuple[str, str]) -> tuple[Wait, ...]:
        """Return what a fact computed from a list waits for; *key* is its stated answer."""
        here = (plain.name, plain.side)
        if here not in self._computed:
            self._computed[here] = tuple(self._parts(fact, plain, key))
        return self._computed[here]

    def _parts(self, fact: Fact, plain: Ref, key: tuple[str, str]) -> Iterator[Wait]:
        rules, place = self.rules, EvaluationPlace(fact.kind)
        declared = fact.doc.computed or {}
        form, of = form_of(declared)

        def unstated() -> Expr:
            stated = rules.stated(plain, "w").known()
            return ~rules.computed(fact, "s")[1] & ~stated

        yield Wait(self.column(fact.kind, unstated), key)
        yield from self._growing(of, self.always(fact.kind))
        member = EvaluationPlace(LISTS[of])
        where = self.base.computed_where.get(fact.name)
        waits = [] if where is None else self.of_condition(where, member)
        path, _, name = str(declared.get("of", "")).rpartition(".")
        if name and form != "percent":
            meant = self.always(member.frame) if where is None else self._meant(where, member)
            waits += self._unless_exact(Ref(name, path=path), member, meant)
        yield Wait(self.always(fact.kind), inner=tuple(waits), frame=member.frame)
        if form == "percent":
            listed = self.column(fact.kind, lambda: self._listed(of, fact.kind))
            yield from self._unless_exact(Ref(name), place, listed)

    def _listed(self, of: str, frame: str) -> Expr:
        column = f"{of}_listed"
        home = frame == "account"
        return self.rules.col(column) if home else self.rules.lifted(frame, "account", column)
