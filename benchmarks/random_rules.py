"""Random rule bases over the vocabulary: chains, counts, exceptions, vetoes, both sides."""

from __future__ import annotations

import dataclasses
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

from random_cases import a_value

from kam_expert.errors import RuleBaseError
from kam_expert.knowledge.conditions.conclusion_terms import (
    FindingCount,
    FindingTruth,
    StageTruth,
    VerdictTruth,
)
from kam_expert.knowledge.conditions.condition import Condition, Ref
from kam_expert.knowledge.conditions.fact_terms import (
    Change,
    DaysSince,
    DaysUntil,
    Difference,
    LastTwo,
    Unanswered,
    Value,
)
from kam_expert.knowledge.conditions.leaf import Leaf
from kam_expert.knowledge.conditions.logic import EVERYTHING, All, AnyOf, NoneOf
from kam_expert.knowledge.conditions.member_terms import Count, Every
from kam_expert.knowledge.conditions.operators import Test
from kam_expert.knowledge.conditions.scope import GROUPS
from kam_expert.knowledge.strata import strata_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.knowledge.stage import StageModel
    from kam_expert.knowledge.vocabulary import Fact

_KINDS = ("account", "account", "account", "person", "member", "decision")
_STRENGTHS = ("establishes", "suggests", "hints", "hints")


def random_base(base: KnowledgeBase, random: Random, rules: int = 25) -> KnowledgeBase:
    """Return a rule base of random rules.

    Args:
        base: The rule base with vocabulary, findings, stages and steps.
        random: The random generator.
        rules: Number of rules to try; rules that would make a cycle are left out.
    """
    # From a generator of its own, so that the rules of a seed stay the same.
    own = Random(str(random.getstate()[1][:2]))
    base = dataclasses.replace(base, stage_model=_with_a_core(base.stage_model, own))
    maker = _Maker(base, random)
    kept: list[Any] = []
    strata, stage_stratum = base.strata, base.stage_stratum
    mirrored = frozenset(name for name, doc in base.findings.items() if doc.mirror)
    for number in range(rules):
        rule = maker.rule(number)
        try:
            strata, stage_stratum = strata_of(
                (*kept, rule), tuple(base.findings), base.stage_model, mirrored
            )
        except RuleBaseError:
            continue
        kept.append(rule)
    kept += maker.strategies()
    strata, stage_stratum = strata_of(kept, tuple(base.findings), base.stage_model, mirrored)
    return dataclasses.replace(base, rules=tuple(kept), strata=strata, stage_stratum=stage_stratum)


def _with_a_core(model: StageModel, random: Random) -> StageModel:
    """Return the stages with a random core of the last one; it may be a veto as well."""
    *others, last = model.stages
    core = tuple(random.sample(last.features, random.choice((0, 2, 3))))
    vetoes = (*last.vetoes, *random.sample(last.features, random.choice((0, 0, 1))))
    last = dataclasses.replace(
        last, core=core, core_needed=random.choice((0, 1, 2)) if core else 0, vetoes=vetoes
    )
    return dataclasses.replace(model, stages=(*others, last))


class _Maker:
    def __init__(self, base: KnowledgeBase, random: Random) -> None:
        self.base = base
        self.random = random
        self.staged = list(base.stage_model.findings_read)
        # No rule reads or concludes a strategy.
        self.findings = {
            name: doc for name, doc in base.findings.items() if name not in base.strategy_findings
        }
        self.about_knowledge = False

    def rule(self, number: int) -> Any:
        random, base = self.random, self.base
        # A method need not have findings about every kind.
        known = {doc.about for doc in self.findings.values()}
        kind = random.choice([kind for kind in _KINDS if kind in known])
        names = [name for name, doc in self.findings.items() if doc.about == kind]
        if kind == "account" and random.random() < 0.5:
            names = self.staged
        finding = random.choice(names)
        self.about_knowledge = base.findings[finding].about_knowledge is not None
        unless = self.condition(kind, 1) if random.random() < 0.3 else None
        return dataclasses.replace(
            base.rules[0],
            name=f"random_{number}",
            file=f"rules/random/random_{number:03}.yaml",
            kind=kind,
            when=self.condition(kind, 2),
            unless=unless,
            finding=finding,
            strength=random.choice(_STRENGTHS),
            status="reviewed",
            about_knowledge=self.about_knowledge,
            thresholds=(),
            cases=(),
        )

    def strategies(self) -> Iterator[Rule]:
        """Yield the rules of the strategies with random conditions."""
        self.about_knowledge = False
        earlier: tuple[str, ...] = ()
        for strategy in self.base.strategies:
            when = self.condition("account", 2) if strategy.applies else EVERYTHING
            unless = self.condition("account", 1) if self.random.random() < 0.3 else None
            if strategy.applies is None:
                unless = None
            yield from strategy.rules("rules/strategies.yaml", when, unless, earlier, ((), ()))
            if strategy.applies is not None:
                earlier = (*earlier, strategy.applies)

    def condition(self, kind: str, depth: int) -> Condition:
        random = self.random
        roll = random.random()
        if depth and roll < 0.4:
            parts = tuple(self.condition(kind, depth - 1) for _ in range(random.choice((2, 2, 3))))
            return random.choice((All, AnyOf, NoneOf))(parts)
        if depth and roll < 0.6 and GROUPS[kind]:
            return self.counted(kind, depth)
        if roll < 0.72 and kind != "link":
            return self.settled(kind)
        return self.fact_test(kind)

    def settled(self, kind: str) -> Condition:
        random, base = self.random, self.base
        names = [
            name
            for name, doc in self.findings.items()
            if doc.about in (kind, "account") and doc.about_knowledge is None
        ]
        roll = random.random()
        if roll < 0.5:
            return Leaf(FindingTruth(tuple(random.sample(names, random.choice((1, 1, 2))))))
        if roll < 0.75:
            some = tuple(random.sample(names, min(len(names), 4)))
            return Leaf(FindingCount("some", some), (Test("at_least", random.choice((1, 2))),))
        if roll < 0.9:
            stages = random.sample(base.stage_model.names, random.choice((1, 2)))
            return Leaf(random.choice((StageTruth, VerdictTruth))(frozenset(stages)))
        definitions = [
            name for name, (of, _) in base.definitions.items() if of in (kind, "account")
        ]
        if not definitions:
            return self.fact_test(kind)
        return base.definitions[random.choice(definitions)][1]

    def counted(self, kind: str, depth: int) -> Condition:
        random = self.random
        of = random.choice(list(GROUPS[kind]))
        member = GROUPS[kind][of]
        where = All(()) if random.random() < 0.2 else self.condition(member, depth - 1)
        if random.random() < 0.25:
            return Leaf(Every(of, where, self.condition(member, 0)))
        op, number = random.choice((("at_least", 1), ("at_least", 2), ("is", (0,)), ("at_most", 1)))
        by = None
        if random.random() < 0.3:
            facts = [f for f in self.facts(member) if f.kind == member and f.doc.type != "set"]
            facts = [f for f in facts if f.doc.type != "date" and not f.doc.also]
            by = Ref(random.choice(facts).name) if facts else None
        return Leaf(Count(of, where, by), (Test(op, number),))

    def facts(self, kind: str) -> list[Fact]:
        return [fact for fact in self.base.facts.values() if fact.kind in (kind, "account")]

    def ref(self, fact: Fact, kind: str) -> Ref:
        side = "bare"
        if fact.doc.asked_of == "both" and (not fact.bare or self.random.random() < 0.5):
            side = self.random.choice(("ours", "theirs"))
        del kind
        return Ref(fact.name, side)

    def fact_test(self, kind: str) -> Condition:
        random = self.random
        own = [fact for fact in self.facts(kind) if fact.kind == kind]
        fact = random.choice(own if own and random.random() < 0.8 else self.facts(kind))
        ref = self.ref(fact, kind)
        if kind == "link" and random.random() < 0.4:
            path = random.choice(("person", "member"))
            ends = [f for f in self.base.facts.values() if f.kind == path]
            if ends:
                fact = random.choice(ends)
                ref = Ref(fact.name, "bare", path)
        roll = random.random()
        if self.about_knowledge and roll < 0.3:
            return Leaf(Unanswered(ref))
        if roll < 0.12:
            test = Test(random.choice(("above", "below")), random.choice((0, 180)))
            is_date = self.base.facts[ref.name].doc.type == "date"
            days = random.choice((DaysSince, DaysUntil)) if is_date else DaysSince
            return Leaf(days(ref), (test,))
        tests = (self.test(fact),)
        if roll < 0.2:
            return Leaf(LastTwo(ref), tests)
        if fact.is_number and roll < 0.26:
            if random.random() < 0.5:
                return Leaf(Change(ref), (Test(*random.choice(list(Change.directions))),))
            op, of, by = random.choice(
                (
                    ("at_least", 100, 1),
                    ("at_most", 100, -1),
                    ("at_least", 110, 0),
                    ("at_most", 90, 0),
                )
            )
            return Leaf(Change(ref, of), (Test(op, by),))
        if fact.is_number and roll < 0.34:
            others = [f for f in self.facts(kind) if f.is_number and f.kind in (kind, "account")]
            other = self.ref(random.choice(others), kind)
            op, by = random.choice((("above", 0), ("below", 0), ("at_least", 2), ("at_most", -2)))
            stated = [f for f in others if f.doc.computed is None]
            share = stated and other.name in {f.name for f in stated} and random.random() < 0.3
            percent = self.ref(random.choice(stated), kind) if share else None
            return Leaf(Difference(ref, other, percent), (Test(op, by),))
        return Leaf(Value(ref), tests)

    def test(self, fact: Fact) -> Test:
        random = self.random
        if fact.doc.type == "set":
            words = list(fact.doc.values)
            some = tuple(random.sample(words, min(len(words), random.choice((1, 2)))))
            op = random.choice(("contains", "contains_any", "contains_all", "only", "size", "is"))
            if op == "size":
                return Test("size", (Test("at_least", random.choice((1, 2))),))
            return Test(op, (frozenset(some),) if op == "is" else some)
        value = a_value(fact, random)
        if fact.doc.type == "date":
            # Other conditions test the age of a date; this one tests a day or a word.
            if value in fact.doc.also:
                return Test("is", (value,))
            return Test("not", (date.fromisoformat(value),))
        if fact.is_number and not isinstance(value, str):
            op = random.choice(("at_least", "at_most", "above", "below", "is", "not"))
            return Test(op, (value,) if op in ("is", "not") else value)
        items = (value, random.choice(fact.words() or [value]))
        return Test(random.choice(("is", "is", "not")), tuple(dict.fromkeys(items)))
