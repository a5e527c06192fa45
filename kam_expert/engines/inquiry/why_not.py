"""Why a finding, or a stage, is not concluded: what failed, by how much, and what is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.engines.inquiry.counterfactual import LEVERS, one_of_each, path
from kam_expert.engines.inquiry.fact_sets import FactSets
from kam_expert.engines.inquiry.memo_table import Landscape
from kam_expert.engines.reasons import Explainer, gap_premises
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.conditions.logic import AnyOf, NoneOf
from kam_expert.results.inquiry import RuleNot, Shortfall, StageNot, WhyNot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.engines.inquiry.variants import Variants
    from kam_expert.engines.settling import Key
    from kam_expert.facts.readings import EntityView
    from kam_expert.knowledge.conditions.condition import Condition
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.status import Outcome
    from kam_expert.results.diagnosis import Premise

#: The maximum of facts in an answer to "what would it take".
_AT_MOST = 3
_SETS_SHOWN = 3


def why_not(variants: Variants, key: Key) -> WhyNot:
    """Return why a finding is not concluded.

    Args:
        variants: The account as it is.
        key: The finding, and the kind and id of its entity.

    Returns:
        Each rule that is silent or open, the nearest first. Any fact may change in the search,
        also one that nobody can change.
    """
    return _Explainer(variants).why_not(key)


def stage_not(variants: Variants, stage: str) -> StageNot:
    """Return why the relationship is not in *stage*."""
    explain = _Explainer(variants)
    paths = path(variants, stage)
    account = variants.case.account
    missing = [explain.why_not((name, "account", account.id)) for name in paths.missing]
    model = next((s for s in variants.base.stage_model.stages if s.name == stage), None)
    return StageNot(
        stage=stage,
        verdict=variants.now.verdict,
        seen=len(model.features) - len(missing) if model else 0,
        needed=model.needed if model else 0,
        missing=tuple(sorted(missing, key=lambda found: _distance(found.rules[:1]))),
        barring=paths.barring,
        paths=paths,
    )


def _distance(rules: tuple[RuleNot, ...]) -> tuple[Any, ...]:
    """Return the distance of the nearest rule from being true."""
    for rule in rules:
        size = len(rule.sets[0]) if rule.sets else _AT_MOST + 1
        return size, len(rule.failed), len(rule.unknown), len(rule.excepted)
    return (_AT_MOST + 2,)


class _Explainer:
    def __init__(self, variants: Variants) -> None:
        self._variants = variants
        self._explain = Explainer(variants.now.readings)
        self._landscape = Landscape(variants, (*LEVERS, "none"))
        self._sets = FactSets(self._landscape)

    def why_not(self, key: Key) -> WhyNot:
        now = self._variants.now
        entity = next(e for e in now.readings.entities(key[1]) if e.id == key[2])
        view = now.readings.view(entity, strict=False)
        settled = now.findings.get(key)
        rules = [
            self._rule(rule, outcome, key, view)
            for rule, outcome in now.outcomes.get(key, [])
            if outcome.working is not True
        ]
        rules.sort(key=lambda rule: _distance((rule,)))
        status = "absent" if settled is None else settled.status
        return WhyNot(key[0], view.about, status, tuple(rules))

    def _rule(self, rule: Rule, outcome: Outcome, key: Key, view: EntityView) -> RuleNot:
        asked = [*self._missed(rule, view)]
        ways = []
        if not rule.about_knowledge:  # no answer makes a fact unknown
            found = self._landscape.rule_ways(rule, key, _AT_MOST)
            ways = one_of_each(self._landscape, found)
        would_be = None
        if ways:
            would_be = self._landscape.settled(ways[0]).findings[key].status
        return RuleNot(
            rule=rule.name,
            cites=rule.cites,
            strength=rule.strength,
            outcome=outcome.word,
            failed=tuple(self._shortfall(p) for p in asked if p.holds is False),
            unknown=tuple(Shortfall(p, None, None) for p in asked if p.holds is None),
            excepted=tuple(self._excepted(rule, view)),
            sets=tuple(self._sets.ordered(way) for way in ways[:_SETS_SHOWN]),
            would_be=would_be,
        )

    def _missed(self, rule: Rule, view: EntityView) -> Iterator[Premise]:
        if rule.kind == "gap":
            yield from gap_premises(view.readings, view.entity)
        else:
            yield from self._unmet(rule.when, view, wanted=True, alternative=False)

    def _unmet(
        self, condition: Condition, view: EntityView, *, wanted: bool, alternative: bool
    ) -> Iterator[Premise]:
        """Yield the parts that keep *condition* from being *wanted*, with alternatives."""
        if self._explain.truths.of(condition, view) is wanted:
            return
        if isinstance(condition, Leaf):
            for premise in self._explain.premises(condition, view, alternative=alternative):
                if premise.holds is not wanted:
                    yield premise
            return
        # One part is enough for an alternative to be true, and for a conjunction to be false.
        one_is_enough = wanted is isinstance(condition, AnyOf)
        part_wanted = wanted is not isinstance(condition, NoneOf)
        for part in condition.children():
            loose = alternative or one_is_enough
            yield from self._unmet(part, view, wanted=part_wanted, alternative=loose)

    def _excepted(self, rule: Rule, view: EntityView) -> Iterator[Premise]:
        if rule.unless is not None and self._explain.truths.of(rule.unless, view) is True:
            for premise in self._explain.premises(rule.unless, view):
                if premise.holds is True:
                    yield premise

    def _shortfall(self, premise: Premise) -> Shortfall:
        actual = premise.actual
        fact = self._variants.base.facts.get(premise.fact or "")
        for op, limit in premise.asks.items():
            numbers = isinstance(actual, int | float) and isinstance(limit, int | float)
            if op in ("at_least", "above", "at_most", "below") and numbers:
                counted = (premise.fact or "").startswith("count:")
                return Shortfall(premise, abs(limit - actual), "members" if counted else "number")
            if op == "is" and fact is not None and fact.rank(actual) is not None:
                ranks = [r for word in limit if (r := fact.rank(word)) is not None]
                mine = fact.rank(actual)
                if ranks and mine is not None:
                    return Shortfall(premise, min(abs(r - mine) for r in ranks), "steps")
        return Shortfall(premise, None, None)
