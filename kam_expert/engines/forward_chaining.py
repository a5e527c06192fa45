"""Forward chaining on experta: one account, one run.

The answers about each entity enter the working memory as facts. Rules match these facts, and
each asserts what it concludes. When no rule of a stratum is left on the agenda, a rule of lower
priority settles the stratum: it asserts every finding about every entity, absent ones too. Another
opens the next stratum, whose rules match the asserted findings; the stage is asserted likewise.

People who are alike in all that a rule reads are one fact for it, and it fires once for them. A
finding that has the same status for several people is one fact too.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from kam_expert.engines import rete
from kam_expert.engines.rule_compiler import RuleCompiler
from kam_expert.engines.settling import Settlement, settle_stage, settle_stratum
from kam_expert.knowledge.about import About
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import Outcome, Settled
from kam_expert.results.inquiry import Asserted, Firing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kam_expert.engines.rule_compiler import Shape
    from kam_expert.engines.rule_parts import Field
    from kam_expert.engines.settling import Key, Truths
    from kam_expert.facts.case import Entity
    from kam_expert.facts.readings import Readings
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule

_ABSENT = Settled("absent", firm=True, working=False, strict=False)


class ForwardChainingEngine:
    """Applies a rule base with experta. Threads that share it run one after the other.

    Args:
        base: The rule base; its rules are compiled once.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._lock = threading.Lock()
        self._compiler = RuleCompiler(base)
        self._case: Settlement  # of the current run
        self._facts_read = 0  # in the current run
        self._rules = {
            rule.name: (stratum, rule)
            for stratum, names in enumerate(base.strata)
            for name in names
            for rule in base.rules_for(name)
        }
        namespace = self._control()
        for place, (stratum, rule) in enumerate(self._rules.values()):
            salience = len(self._rules) - place
            namespace[f"rule {rule.name}"] = self._compiler.compiled(rule, stratum, salience)
        self._class = type("_Engine", (rete.ChainingEngine,), namespace)
        self._engine = self._class()

    # Rules that lead from stratum to stratum

    def _control(self) -> dict[str, Any]:
        """Return the rules that settle and open strata, and the one for the stage."""
        strata, stage = len(self._base.strata), self._base.stage_stratum
        last = max(strata - 1, stage)
        first = len(self._rules) + 1
        open_ = rete.new_fact(
            rete.OpenStratum, number="number" << rete.P(lambda n: n < strata), given=False
        )
        settled = rete.new_fact(rete.SettledStratum, number="number" << rete.P(lambda n: n < last))
        features = rete.new_fact(rete.OpenStratum, number=stage, given=False)
        return {
            "settle the stage": rete.Rule(features, salience=first)(self._settle_stage),
            "settle a stratum": rete.Rule(open_, salience=0)(self._settle_stratum),
            "open a stratum": rete.Rule(settled, salience=-1)(self._open_stratum),
        }

    def _settle_stratum(self, engine: Any, number: int) -> None:
        concluded = {
            (fact["rule"], about): fact["truths"]
            for fact in self._unread(engine)
            if isinstance(fact, rete.ConclusionFact)
            for about in fact["about"]
        }
        silent: Truths = (False, False)
        found = settle_stratum(
            self._case,
            number,
            lambda rule, entity: concluded.get((rule.name, entity.id), silent),
        )
        for name in self._base.strata[number]:
            for entity in self._case.readings.entities(self._base.findings[name].about):
                found.setdefault((name, entity.kind, entity.id), _ABSENT)
        engine.declare(*self._findings(found))
        engine.declare(rete.new_fact(rete.SettledStratum, number=number))

    def _findings(self, found: Mapping[Key, Settled]) -> Iterator[Any]:
        """Yield a fact for each finding and status; for each entity where a rule reads it so."""
        alike: dict[Any, list[str]] = {}
        of_each = self._compiler.of_each
        for (name, kind, about), settled in found.items():
            key = name, kind, settled, about if name in of_each else None
            alike.setdefault(key, []).append(about)
        for (name, kind, settled, _), ids in alike.items():
            truths = settled.working, settled.strict
            of, status, firm = self._compiler.findings[name], settled.status, settled.firm
            yield rete.new_fact(
                of, kind=kind, about=tuple(ids), truths=truths, status=status, firm=firm
            )

    def _open_stratum(self, engine: Any, number: int) -> None:
        # Conditions on findings of list members read the asserted findings.
        self._case.readings.settled.findings.update(_findings_in(self._unread(engine)))
        engine.declare(rete.new_fact(rete.OpenStratum, number=number + 1, given=False))

    def _unread(self, engine: Any) -> list[Any]:
        """Return the facts asserted since the last call: those of one stratum."""
        found = list(islice(engine.facts.values(), self._facts_read, None))
        self._facts_read += len(found)
        return found

    def _settle_stage(self, engine: Any) -> None:
        settle_stage(self._case, self._base)
        stages, verdict = self._case.possible_stages, self._case.verdict
        engine.declare(rete.new_fact(rete.StageFact, stages=stages, verdict=verdict))

    # Running

    def settle(self, readings: Readings) -> Settlement:
        """Apply all rules to a case without settled findings."""
        with self._lock:
            return self._settled(readings)

    def _settled(self, readings: Readings) -> Settlement:
        self._case = Settlement(readings)
        first = rete.new_fact(rete.OpenStratum, number=0, given=False)
        self._run([*self._answers(readings, self._compiler.shapes.values()), first])
        readings.settled.findings = _findings_in(self._engine.facts.values())
        return self._case

    def apply(self, rule: Rule, readings: Readings) -> Iterable[tuple[Entity, Truths]]:
        """Apply one rule to a case where the findings and the stage that it reads are settled."""
        with self._lock:
            self._case = Settlement(readings)
            given = self._given(rule, readings)
            self._run([*self._answers(readings, [self._compiler.shape_of(rule)]), *given])
            concluded = {
                about: fact["truths"]
                for fact in self._engine.facts.values()
                if isinstance(fact, rete.ConclusionFact) and fact["rule"] == rule.name
                for about in fact["about"]
            }
        silent: Truths = (False, False)
        return [(e, concluded.get(e.id, silent)) for e in readings.entities(rule.kind)]

    def _given(self, rule: Rule, readings: Readings) -> Iterator[Any]:
        settled = readings.settled
        given = {}
        for name in rule.findings_read():
            for entity in readings.entities(self._base.findings[name].about):
                working, strict = (
                    settled.finding(name, entity.kind, entity.id, strict=reading)
                    for reading in (False, True)
                )
                key = (name, entity.kind, entity.id)
                given[key] = Settled("given", False, working, strict)
        yield from self._findings(given)
        anything = frozenset((*self._base.stage_model.names, UNDETERMINED))
        yield rete.new_fact(
            rete.StageFact, stages=settled.stages or (anything, anything), verdict=""
        )
        yield rete.new_fact(rete.OpenStratum, number=self._rules[rule.name][0], given=True)

    def _answers(self, readings: Readings, shapes: Iterable[Shape]) -> Iterator[Any]:
        """Yield facts with the answers about entities."""
        self._compiler.views.clear()
        of_kind: dict[str, list[Shape]] = {}
        for shape in shapes:
            of_kind.setdefault(shape.kind, []).append(shape)
        for kind, of in of_kind.items():
            fields = dict.fromkeys(field for shape in of for field in shape.fields)
            read: dict[str, dict[Field, Any]] = {}
            for entity in readings.entities(kind):
                views = readings.view(entity, strict=False), readings.view(entity, strict=True)
                self._compiler.views[kind, entity.id] = views
                first = readings.first_alike(entity)
                read[entity.id] = (
                    {field: field.value(views) for field in fields}
                    if first is None
                    else read[first.id]
                )
            for shape in of:
                yield from _alike(shape, read)

    def _run(self, facts: list[Any]) -> None:
        try:
            self._engine.reset()
            self._facts_read = 0
            self._engine.declare(*facts)
            self._engine.run()
        except BaseException:
            # Partial matches would otherwise fire in the next run.
            self._engine = self._class()
            raise

    def trace(self, readings: Readings) -> tuple[Settlement, tuple[Firing, ...]]:
        """Apply all rules as `settle` does, and return what fired with what it asserted."""
        with self._lock:
            settlement = self._settled(readings)
            return settlement, tuple(self._firings())

    def _firings(self) -> Iterator[Firing]:
        settled: list[Asserted] = []
        number = 0
        for fact in self._engine.facts.values():
            rule = None
            if isinstance(fact, rete.FindingFact):
                settled += [
                    Asserted("finding", fact.name, about, fact["status"], firm=fact["firm"])
                    for about in self._about(fact["kind"], fact["about"])
                ]
                continue
            if isinstance(fact, rete.ConclusionFact):
                rule = self._rules[fact["rule"]][1]
                outcome = Outcome(rule.strength, rule.fact_names, *fact["truths"]).word
                asserts = [
                    Asserted("conclusion", rule.finding, about, outcome)
                    for about in self._about(rule.kind, fact["about"])
                ]
            elif isinstance(fact, rete.StageFact):
                account = self._case.readings.case.account
                asserts = [Asserted("stage", fact["verdict"], About(account.kind, account.id))]
            elif isinstance(fact, rete.SettledStratum):
                asserts, settled = settled, []
            elif isinstance(fact, rete.OpenStratum) and fact["number"] > 0:
                asserts = [Asserted("stratum", str(fact["number"] + 1))]
            else:
                continue
            number += 1
            yield Firing(number, None if rule is None else rule.name, tuple(asserts))

    def _about(self, kind: str, ids: Iterable[str]) -> Iterator[About]:
        for identity in ids:
            views = self._compiler.views.get((kind, identity))
            yield About(kind, identity) if views is None else views[0].about


def _alike(shape: Shape, read: Mapping[str, dict[Field, Any]]) -> Iterator[Any]:
    """Yield a fact of *shape* for each entity, or for all that have the same values.

    The last one fires rules first, so the first entity comes last.
    """
    alike: dict[Any, list[str]] = {}
    for about, values in read.items():
        key = tuple([values[field] for field in shape.fields]) if shape.together else about
        alike.setdefault(key, []).append(about)
    for ids in reversed(alike.values()):
        values = read[ids[0]]
        fields = {field.name: values[field] for field in shape.fields}
        yield rete.new_fact(shape.answers, about=tuple(ids), **fields)


def _findings_in(facts: Iterable[Any]) -> dict[Key, Truths]:
    """Return the findings among asserted facts, with their truths."""
    return {
        (fact.name, fact["kind"], about): fact["truths"]
        for fact in facts
        if isinstance(fact, rete.FindingFact)
        for about in fact["about"]
    }


@lru_cache(maxsize=4)
def engine_of(base: KnowledgeBase) -> ForwardChainingEngine:
    """Return the engine of a rule base. The rules are compiled once and the engine is shared."""
    return ForwardChainingEngine(base)
