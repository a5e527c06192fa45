"""Which answers must change for another result of a condition.

A branch set holds at least one of the answers that any solution changes: a conjunction that fails
cannot come true unless its failing part does. A search that changes one answer of the branch set
at a time, and looks again, misses no solution.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kam_expert.engines.truths import Truths
from kam_expert.facts.changes import Slot, slot_of
from kam_expert.facts.computed import form_of, is_listed
from kam_expert.knowledge.conditions.condition import Ref
from kam_expert.knowledge.conditions.leaf import Leaf, leaves
from kam_expert.knowledge.conditions.logic import All, AnyOf, NoneOf
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kam_expert.engines.settling import Key, Settlement
    from kam_expert.facts.readings import EntityView
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.rule import Rule

#: Returns whether a value is worth trying.
Worth = Callable[[Any], bool]
#: A slot, and the values worth trying there.
Branch = tuple[Slot, Worth]


def _any_value(value: Any) -> bool:
    del value
    return True


class Branches:
    """Finds branch sets in one settled account.

    Args:
        settlement: The account with the changes made so far.
    """

    def __init__(self, settlement: Settlement) -> None:
        self._settlement = settlement
        self._readings = settlement.readings
        self._truth = Truths().of

    def of_finding(self, key: Key, *, likely: bool) -> dict[Slot, list[Worth]]:
        """Return the branch set to make a finding likely, or no longer likely."""
        found: dict[Slot, list[Worth]] = {}
        for slot, worth in self._of_finding(key, likely=likely):
            found.setdefault(slot, []).append(worth)
        return found

    def of_open(self, key: Key) -> dict[Slot, list[Worth]]:
        """Return the branch set to settle an open finding."""
        found: dict[Slot, list[Worth]] = {}
        for slot, worth in self._of_open(key):
            found.setdefault(slot, []).append(worth)
        return found

    def _of_open(self, key: Key) -> Iterator[Branch]:
        view = self._view(key)
        for rule, outcome in self._settlement.outcomes.get(key, []):
            if outcome.working is None:
                yield from self._rule_true(rule, view)
                yield from self._rule_false(rule, view)

    def of_rule(self, rule: Rule, key: Key) -> dict[Slot, list[Worth]]:
        """Return the branch set to make a rule true."""
        found: dict[Slot, list[Worth]] = {}
        for slot, worth in self._rule_true(rule, self._view(key)):
            found.setdefault(slot, []).append(worth)
        return found

    def _view(self, key: Key) -> EntityView:
        entity = next(e for e in self._readings.entities(key[1]) if e.id == key[2])
        return self._readings.view(entity, strict=False)

    def _of_finding(self, key: Key, *, likely: bool) -> Iterator[Branch]:
        view = self._view(key)
        outcomes = self._settlement.outcomes.get(key, [])
        if likely:
            for rule, outcome in outcomes:
                if outcome.working is not True:
                    yield from self._rule_true(rule, view)
            return
        true = [(rule, outcome) for rule, outcome in outcomes if outcome.working is True]
        strong = [rule for rule, outcome in true if outcome.strength != "hints"]
        # All strong rules must become false, so the first must; of hints, one of a pair.
        for rule in strong[:1] or [rule for rule, _ in true]:
            yield from self._rule_false(rule, view)

    def _rule_true(self, rule: Rule, view: EntityView) -> Iterator[Branch]:
        if rule.kind == "gap":
            yield from self._gap(view)
        elif rule.unless is not None and (
            self._truth(rule.unless, view) is True or self._truth(rule.when, view) is True
        ):
            yield from self._branch(rule.unless, view, want=False)
        else:
            yield from self._branch(rule.when, view, want=True)

    def _rule_false(self, rule: Rule, view: EntityView) -> Iterator[Branch]:
        if rule.kind == "gap":
            yield from self._gap(view)
            return
        yield from self._branch(rule.when, view, want=False)
        if rule.unless is not None:
            yield from self._branch(rule.unless, view, want=True)

    def _gap(self, view: EntityView) -> Iterator[Branch]:
        gap = self._readings.base.gaps[view.entity.id]
        account = self._readings.case.account.id
        for side, name in (("ours", gap.ours), ("theirs", gap.theirs)):
            for asked in self._readings.base.facts[name].doc.parts or (name,):
                yield Slot("account", account, asked, side), _any_value

    def _branch(self, condition: Condition, view: EntityView, *, want: bool) -> Iterator[Branch]:
        """Yield the branch set for *condition* to become *want*, which it is not."""
        if self._truth(condition, view) is want:
            return
        match condition:
            case All():
                yield from self._joined(condition.parts, view, want=want, whole=want)
            case AnyOf():
                yield from self._joined(condition.parts, view, want=want, whole=not want)
            case NoneOf():
                yield from self._joined(condition.parts, view, want=not want, whole=want)
            case Leaf():
                yield from self._leaf(condition, view, want=want)

    def _joined(
        self, parts: Sequence[Condition], view: EntityView, *, want: bool, whole: bool
    ) -> Iterator[Branch]:
        """Branch over parts that must all be *want* (*whole*: one that is not), or over any.

        A part with the opposite truth must change before the whole can even be open, which may be
        enough; an open part need not change.
        """
        wrong = [part for part in parts if self._truth(part, view) is not want]
        if whole:
            contrary = [part for part in wrong if self._truth(part, view) is not None]
            wrong = (contrary or wrong)[:1]
        for part in wrong:
            yield from self._branch(part, view, want=want)

    def _leaf(self, leaf: Leaf, view: EntityView, *, want: bool | None) -> Iterator[Branch]:
        """Yield the answers that can make a leaf *want*; None for every answer that it reads."""
        term = leaf.term

        def worth(value: Any) -> bool:
            return leaf.check(value) is want

        for ref in term.answers:
            exactly = term.by_value and want is not None
            yield from self._slot(ref, view, worth if exactly else _any_value)
        if term.members is not None:
            for member in view.group(term.members.of)[0]:
                for condition in term.members.conditions:
                    for inner in leaves(condition, members=False):
                        yield from self._leaf(inner, member, want=None)
                for ref in term.members.refs:
                    yield from self._slot(ref, member)
        for name in term.findings:
            yield from self._finding(name, view, want=None if term.counted else want)

    def _slot(self, ref: Ref, view: EntityView, worth: Worth = _any_value) -> Iterator[Branch]:
        if ref.name not in ENGINE_FACTS:
            here = view.holder(ref)
            parts = self._readings.base.facts[ref.name].doc.parts
            for part in parts:
                yield from self._slot(Ref(part, ref.side, ref.path), view)
            if parts:
                return
            slot = slot_of(Ref(ref.name, ref.side), here)
            yield slot, worth
            if self._may_be_theirs(ref, slot):
                yield slot._replace(side="theirs"), worth
            yield from self._inputs(ref, here)

    def _may_be_theirs(self, ref: Ref, slot: Slot) -> bool:
        """Return whether the customer's answer does what ours does, and leaves something as it is.

        Either side's answer is the value of a bare fact. The two differ only where some condition
        reads our own.
        """
        base = self._readings.base
        fact = base.facts[ref.name]
        both = slot.kind == "account" and fact.bare and fact.doc.asked_of == "both"
        return both and ref.side == "bare" and slot.side == "ours" and ref.name in base.read_of_us

    def _inputs(self, ref: Ref, here: EntityView) -> Iterator[Branch]:
        """Yield the answers of members that a computed fact depends on."""
        if not here.is_computed(ref.name) or not is_listed(here, ref.name):
            return
        base = self._readings.base
        declared = base.facts[ref.name].doc.computed or {}
        form, of = form_of(declared)
        where = base.computed_where.get(ref.name)
        path, _, fact = str(declared.get("of", "")).rpartition(".")
        for member in here.group(of)[0]:
            if where is not None:
                for leaf in leaves(where, members=False):
                    yield from self._leaf(leaf, member, want=None)
            if fact and form != "percent":
                yield from self._slot(Ref(fact, path=path), member)
        if form == "percent":
            yield from self._slot(Ref(fact), here)

    def _finding(self, name: str, view: EntityView, *, want: bool | None) -> Iterator[Branch]:
        key = self._key(name, view)
        truth = view.finding(name)
        if truth is not True and want is not False:
            yield from self._of_finding(key, likely=True)
        if truth is True and want is not True:
            yield from self._of_finding(key, likely=False)
        if truth is None and want is not True:
            yield from self._of_open(key)

    def _key(self, name: str, view: EntityView) -> Key:
        if self._readings.base.findings[name].about == "account":
            return name, "account", self._readings.case.account.id
        return name, view.entity.kind, view.entity.id
